"""The scalar reward model: padding-proof, saved and loaded exactly, and trainable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GraniteForCausalLM, PreTrainedTokenizerFast

from granite_rl.errors import DataError, PreflightError
from granite_rl.models.loading import save_hf
from granite_rl.models.reward_model import RewardModel, encode_for_scoring, pad_right


@pytest.fixture
def policy_path(
    tmp_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> Path:
    return save_hf(policy, policy.config, tokenizer, tmp_path / "policy")


def _chat(answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}]


CHATS = [_chat("Hello."), _chat("x" * 40), _chat(""), _chat("The answer is 46.")]


def test_scored_tokens_end_with_the_end_token(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.decode(encode_for_scoring(tokenizer, _chat("Hello."))) == (
        "<|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>\n"
        "<|start_of_role|>assistant<|end_of_role|>Hello.<|end_of_text|>"
    )


def test_conversation_must_end_with_the_assistant(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(DataError, match=r"messages\[2\]\.role: the last turn"):
        encode_for_scoring(tokenizer, [*_chat("x"), {"role": "user", "content": "?"}])


def scores_of(
    model: RewardModel,
    tokenizer: PreTrainedTokenizerFast,
    chats: Sequence[Sequence[Mapping[str, Any]]],
    batch_size: int = 64,
) -> list[float]:
    """Scores of conversations that end in an assistant turn."""
    encoded = [encode_for_scoring(tokenizer, chat) for chat in chats]
    return model.score_tokens(encoded, batch_size=batch_size)


def test_score_is_the_head_on_the_last_hidden_state(
    policy_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = RewardModel.init_from_policy(policy_path, seed=5)
    ids = torch.tensor([encode_for_scoring(tokenizer, _chat("Hello."))])
    hidden = policy.model(input_ids=ids).last_hidden_state[0, -1].double()
    expected = (hidden * model.score.weight[0].double()).sum().item()
    assert scores_of(model, tokenizer, [_chat("Hello.")])[0] == pytest.approx(expected, abs=1e-5)


def test_scores_do_not_depend_on_the_batch(
    policy_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = RewardModel.init_from_policy(policy_path, seed=5)
    together = scores_of(model, tokenizer, CHATS)
    alone = [scores_of(model, tokenizer, [chat], batch_size=1)[0] for chat in CHATS]
    assert together == pytest.approx(alone, abs=1e-5)
    assert len(set(together)) == len(CHATS)
    encoded = [encode_for_scoring(tokenizer, chat) for chat in CHATS]
    with torch.no_grad():
        zeros, nines = (model(*pad_right(encoded, pad_id)) for pad_id in (0, 9))
    assert torch.equal(zeros, nines)


def test_too_long_conversations_lose_their_beginning(
    policy_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = RewardModel.init_from_policy(policy_path, seed=5)
    ending = [{"role": "user", "content": "q" * 300}, *_chat("fine")[1:]]
    other = [{"role": "user", "content": "z" * 100 + "q" * 300}, *_chat("fine")[1:]]
    scores = scores_of(model, tokenizer, [ending, other])
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)


def test_round_trip_is_bit_exact(
    policy_path: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = RewardModel.init_from_policy(policy_path, seed=5)
    loaded = RewardModel.load(model.save(tmp_path / "rm", tokenizer))
    assert all(
        torch.equal(loaded.state_dict()[name], tensor)
        for name, tensor in model.state_dict().items()
    )
    assert scores_of(loaded, tokenizer, CHATS) == scores_of(model, tokenizer, CHATS)
    half = RewardModel.load(tmp_path / "rm", "bfloat16")
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}


def test_head_depends_on_the_seed_alone(policy_path: Path) -> None:
    torch.manual_seed(1)
    first = RewardModel.init_from_policy(policy_path, seed=5).score.weight
    torch.manual_seed(2)
    assert torch.equal(first, RewardModel.init_from_policy(policy_path, seed=5).score.weight)
    assert not torch.equal(first, RewardModel.init_from_policy(policy_path, seed=6).score.weight)


def test_policy_is_not_taken_for_a_reward_model(policy_path: Path) -> None:
    with pytest.raises(PreflightError, match="is not a reward model"):
        RewardModel.load(policy_path)


def test_learns_a_preference(policy_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    model = RewardModel.init_from_policy(policy_path, seed=5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    good = [encode_for_scoring(tokenizer, _chat(f"The answer is {n}.")) for n in range(16)]
    bad = [encode_for_scoring(tokenizer, _chat(f"Grüße {n}")) for n in range(16)]
    inputs = pad_right(good + bad)
    for _ in range(10):
        chosen, rejected = model(*inputs).chunk(2)
        loss = -torch.nn.functional.logsigmoid(chosen - rejected).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    unseen = scores_of(model, tokenizer, [_chat("The answer is 46."), _chat("Grüße 46")])
    assert unseen[0] > unseen[1]

"""A real engine where vLLM would schedule asynchronously, as it does by default on CUDA."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from granite_rl.actors.generator import Generator
from granite_rl.models.loading import load_policy
from granite_rl.types import GenerationRequest, Turn
from granite_rl.weight_sync.transports import create_sender
from tests.granite_rl.weight_sync.local import LocalReceivers, change, section, source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def generator(tiny_checkpoint: Path) -> Iterator[Generator]:
    """An engine on a platform that leaves the choice of scheduling to vLLM, which picks
    asynchronous unless told otherwise."""
    from vllm.platforms.cpu import CpuPlatform

    original: Callable[[Any], None] = CpuPlatform.check_and_update_config

    def like_cuda(config: Any) -> None:
        scheduling = config.scheduler_config.async_scheduling
        original(config)
        config.scheduler_config.async_scheduling = scheduling

    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CpuPlatform, "check_and_update_config", staticmethod(like_cuda))
        yield Generator(str(tiny_checkpoint), section("shared_memory"), 64, gpu=False)
    os.environ.clear()
    os.environ.update(before)


def collect(generator: Generator, count: int) -> list[Turn]:
    turns: list[Turn] = []
    while len(turns) < count:
        turns += generator.poll(60.0)
    return turns


def request(prompt: list[int], samples: int, tokens: int, group: int = 0) -> GenerationRequest:
    return GenerationRequest(
        key=(0, group),
        samples=tuple(range(samples)),
        prompt_ids=prompt,
        seeds=tuple(range(samples)),
        temperature=1.0,
        top_p=1.0,
        max_tokens=tokens,
        logprobs=True,
    )


def test_samples_that_end_by_themselves_carry_a_logprob_for_each_token(
    generator: Generator, tiny_checkpoint: Path
) -> None:
    model = load_policy(tiny_checkpoint, "float32").eval()
    receivers = LocalReceivers(generator)
    sender = create_sender("shared_memory", receivers)
    sender.connect()
    sender.send(source(model), 1)
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is 2 + 2?"}], add_generation_prompt=True
    )["input_ids"]
    generator.submit([request(list(prompt), 32, 32)], 1)
    turns = collect(generator, 32)
    ended = [turn for turn in turns if turn.finish == "stop"]
    assert ended, "some sample must end by the end token, or this tests nothing"
    for turn in turns:
        assert turn.logprobs is not None
        assert len(turn.logprobs) == len(turn.token_ids)
    for turn in ended:
        assert turn.token_ids[-1] == tokenizer.eos_token_id
    sender.close()


def test_an_update_in_mid_sample_is_noted_at_its_first_token(
    generator: Generator, tiny_checkpoint: Path
) -> None:
    """The oracle: the versions' own log-probabilities of the tokens that they say they sampled."""
    old = load_policy(tiny_checkpoint, "float32").eval()
    new = load_policy(tiny_checkpoint, "float32").eval()
    change(new, 7)
    receivers = LocalReceivers(generator)
    sender = create_sender("shared_memory", receivers)
    sender.connect()
    sender.send(source(old), 1)
    prompt = [3, 41, 7, 99, 120, 64, 8]
    generator.submit([request(prompt, 8, 50)], 1)
    sender.send(source(new), 2)
    crossed = 0
    for turn in collect(generator, 8):
        starts = {version: at for at, version in turn.versions}
        at = starts.get(2, len(turn.token_ids))
        crossed += 0 < at < len(turn.token_ids)
        with torch.no_grad():
            ids = torch.tensor([prompt + turn.token_ids])
            rows = slice(len(prompt) - 1, -1)
            chosen = torch.tensor(turn.token_ids)[:, None]
            by_old, by_new = (
                model(ids).logits[0, rows].log_softmax(-1).gather(1, chosen)[:, 0]
                for model in (old, new)
            )
        expected = torch.cat([by_old[:at], by_new[at:]])
        torch.testing.assert_close(torch.tensor(turn.logprobs), expected, atol=1e-4, rtol=0)
    assert crossed, "no sample was under way during the update"
    sender.close()

"""Tests the trainer role itself, on one and two ranks, against the brute force in float64.

Real processes, gloo, DeepSpeed and ZeRO 0, 2 and 3. The trainer computes in float32; on
gradients of size 0.1 the bound of 1e-6 still holds.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch

from granite_rl.actors.trainer import TokenSums
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.tokenizer import train_tokenizer
from granite_rl.training.launch import free_port, warm_up
from tests.granite_rl.algorithm import brute_force as oracle
from tests.granite_rl.algorithm import trainer_ranks
from tests.granite_rl.training.spawning import spawn

pytestmark = pytest.mark.slow
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make policy and reference checkpoints and a user's loss, then run every case on 1 and 2
    ranks."""
    path = tmp_path_factory.mktemp("trainer")
    tokenizer = train_tokenizer(["one two three four five six seven"] * 8, trainer_ranks.VOCABULARY)
    config = granite_config("tiny", vocab_size=trainer_ranks.VOCABULARY)
    config.num_hidden_layers = 2
    model = init_policy(config, 0)
    with torch.no_grad():
        # The policy halfway to uniform, so that random responses aren't absurd; the reference near.
        for name, noise in (("policy", 0.0), ("reference", 0.3)):
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.mul_(0.5 if name == "policy" else 1.0)
                    parameter.add_(torch.randn_like(parameter) * parameter.std() * noise)
            save_hf(model, config, tokenizer, path / name)
    (path / "users_loss.py").write_text(trainer_ranks.USERS_LOSS)
    return path


@pytest.fixture(scope="module", params=[1, 2], ids=["1 rank", "2 ranks"])
def ranks(request: pytest.FixtureRequest, directory: Path) -> int:
    """Return how many ranks did a step of every case and wrote its results."""
    count: int = request.param
    (directory / str(count)).mkdir()
    if count > 1:
        spawn(trainer_ranks.run, count, (count, free_port(), directory))
        return count
    # Also a process of its own (DeepSpeed's state is per process), from the server of the others.
    warm_up(2)
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=trainer_ranks.run, args=(0, 1, free_port(), directory))
    process.start()
    process.join(270)
    assert process.exitcode == 0
    return count


def expected(directory: Path, case: trainer_ranks.StepCase) -> oracle.Answer:
    changes = dict(case.changes)
    if changes.get("policy_loss") == "users_reinforce":
        changes["policy_loss"] = "importance_sampling"  # the same gradient on-policy
    policy, reference = (
        load_policy(directory / name, "float32").double() for name in ("policy", "reference")
    )
    return oracle.brute_force(
        policy, reference, trainer_ranks.make_groups(), oracle.section(**changes)
    )


@pytest.mark.parametrize("name", list(trainer_ranks.CASES))
def test_one_step_is_the_brute_force(directory: Path, ranks: int, name: str) -> None:
    answer = expected(directory, trainer_ranks.CASES[name])
    saved: list[dict[str, Any]] = [
        torch.load(directory / str(ranks) / f"{name}.{rank}.pt", weights_only=True)
        for rank in range(ranks)
    ]
    assert saved[0]["batches"] > ranks, "every rank has a micro-batch, and one has two"
    gradient = saved[0]["gradient"]
    assert gradient.keys() == answer.gradient.keys()
    assert max(float(value.abs().max()) for value in answer.gradient.values()) > 1e-2
    for key, value in answer.gradient.items():
        assert float((gradient[key] - value).abs().max()) < TOLERANCE, key
    sums = TokenSums()
    for one in saved:
        sums.add(TokenSums(**one["sums"]))
    assert sums.tokens == answer.trained_tokens
    if "users_reinforce" not in str(trainer_ranks.CASES[name]):  # its value is another
        assert sums.loss / saved[0]["denominator"] == pytest.approx(answer.loss, abs=TOLERANCE)
    known = [[a is None for a in group] for group in answer.advantages]
    assert [[a is None for a in group] for group in saved[0]["advantages"]] == known
    if name == "corrected":
        share = sums.importance_capped / sums.importance_ratios
        assert share == pytest.approx(answer.capped_fraction)
        assert 0 < share < 1
    else:
        assert sums.importance_ratios == 0

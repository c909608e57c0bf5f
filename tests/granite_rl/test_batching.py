"""Train batches: failed samples never train, order and denominators don't depend on the cutting."""

from __future__ import annotations

import numpy as np
import pytest

from granite_rl.batching import BatchBuilder
from granite_rl.config import AlgorithmSection
from granite_rl.controller import shuffle_rewards
from granite_rl.step_metrics import rollout_metrics
from granite_rl.types import Completion, PromptGroup, PromptRow, ScoredGroup, TrainBatch
from rewards.result import RewardResult


def algorithm(**changes: object) -> AlgorithmSection:
    fields: dict[str, object] = {
        "advantage": "grpo",
        "policy_loss": "regular",
        "norm_by_std": True,
        "clip_low": 0.2,
        "clip_high": 0.28,
        "kl_beta": 0.05,
        "kl_beta_per_domain": None,
        "kl_estimator": "k3",
        "overlong_buffer": 0,
        "overlong_penalty": 1.0,
    }
    return AlgorithmSection.model_validate(fields | changes)


def builder(
    rows: int = 2, row_tokens: int = 16, share_prompts: bool = True, **changes: object
) -> BatchBuilder:
    return BatchBuilder(
        algorithm=algorithm(**changes),
        row_tokens=row_tokens,
        rows=rows,
        pad_id=0,
        share_prompts=share_prompts,
        max_response_tokens=8,
        min_group_fraction=0.5,
        domains=("chat", "math"),
    )


def group(
    index: int, results: list[RewardResult], lengths: list[int], domain: str = "math"
) -> ScoredGroup:
    row = PromptRow("t", ({"role": "user", "content": "q"},), domain, {}, {}, domain, f"f:{index}")
    completions = [
        Completion(
            [100 * index + sample + 1] * n, [-0.5 * (sample + 1)] * n, "text", truncated=False
        )
        for sample, n in enumerate(lengths)
    ]
    return ScoredGroup(PromptGroup(index, row, [7, 8, 9], 0), completions, results, 0)


def scores(*values: float) -> list[RewardResult]:
    return [RewardResult(value) for value in values]


def by_token(batches: list[TrainBatch]) -> dict[int, list[tuple[float, float, float]]]:
    """(advantage, beta, rollout log-probability) of every trained token, by its id."""
    found: dict[int, list[tuple[float, float, float]]] = {}
    for batch in batches:
        assert batch.rollout_logprobs is not None
        values = zip(
            batch.packed.target_ids,
            batch.advantages,
            batch.kl_beta,
            batch.rollout_logprobs,
            strict=True,
        )
        for token, *rest in values:
            found.setdefault(int(token), []).append(tuple(round(float(v), 5) for v in rest))  # type: ignore[arg-type]
    return found


GROUPS = [
    group(0, scores(1, 0, 0), [2, 3, 4]),
    group(1, scores(0, 1, 1), [5, 1, 2], domain="chat"),
    group(2, scores(0.5, 0.5, 0.5), [1, 1, 1]),
]


@pytest.mark.parametrize("share_prompts", [True, False])
@pytest.mark.parametrize(("rows", "row_tokens"), [(1, 8), (2, 16), (8, 64)])
def test_cutting_differently_changes_no_token(
    rows: int, row_tokens: int, share_prompts: bool
) -> None:
    reference = by_token(list(builder(8, 128, share_prompts=False).batches(GROUPS)))
    other = builder(rows, row_tokens, share_prompts)
    assert by_token(list(other.batches(GROUPS))) == reference
    assert other.targets == 20
    assert sum(len(values) for values in reference.values()) == 20


def test_every_token_of_a_sample_carries_its_own_advantage() -> None:
    found = by_token(list(builder(kl_beta_per_domain={"chat": 0.2}).batches(GROUPS)))
    rewards = np.asarray([1.0, 0.0, 0.0])
    expected = (rewards - rewards.mean()) / (rewards.std(ddof=1) + 1e-6)
    for sample in range(3):
        for advantage, beta, logprob in found[sample + 1]:
            assert advantage == pytest.approx(expected[sample], abs=1e-4)
            assert beta == pytest.approx(0.05)
            assert logprob == pytest.approx(-0.5 * (sample + 1))
    assert all(beta == pytest.approx(0.2) for _, beta, _ in found[101])


def test_a_failed_sample_neither_trains_nor_counts_as_zero() -> None:
    results = [RewardResult(1.0), RewardResult.error("verifier died"), RewardResult(0.0)]
    built = builder()
    found = by_token(list(built.batches([group(0, results, [2, 2, 2])])))
    assert set(found) == {1, 3}
    assert found[1][0][0] == pytest.approx(0.70711, abs=1e-3), "the z-score of two samples"
    metrics = rollout_metrics(built.outcomes)
    assert metrics["reward/mean"] == 0.5
    assert metrics["rollout/failed"] == pytest.approx(1 / 3)
    assert metrics["rollout/failed/error"] == 1


def test_a_group_with_one_sample_left_is_dropped_and_counted() -> None:
    results = [RewardResult(1.0), RewardResult.error("x"), RewardResult(0.0, "timeout")]
    built = builder()
    assert list(built.batches([group(0, results, [2, 2, 2])])) == []
    assert built.targets == 0
    assert rollout_metrics(built.outcomes)["rollout/groups_dropped"] == 1


def test_a_wrong_format_teaches() -> None:
    results = [RewardResult(1.0), RewardResult.wrong_format("no box")]
    assert set(by_token(list(builder().batches([group(0, results, [2, 2])])))) == {1, 2}


def test_overlong_samples_are_punished_before_the_advantage() -> None:
    built = builder(overlong_buffer=4)
    list(built.batches([group(0, scores(1, 1), [2, 8])]))
    assert built.outcomes[0].rewards == [1.0, 0.0]
    assert not built.outcomes[0].zero_variance


def test_shuffling_keeps_the_batch_and_breaks_the_link() -> None:
    shuffled = shuffle_rewards(GROUPS, np.random.default_rng(0))
    before = sorted(r.score for g in GROUPS for r in g.results)
    assert sorted(r.score for g in shuffled for r in g.results) == before
    assert [r.score for g in shuffled for r in g.results] != [
        r.score for g in GROUPS for r in g.results
    ]
    assert [g.completions for g in shuffled] == [g.completions for g in GROUPS]

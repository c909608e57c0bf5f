"""Train batches: failed samples never train, order and denominators don't depend on the cutting."""

from __future__ import annotations

import numpy as np
import pytest

from granite_rl.config import AlgorithmSection
from granite_rl.rl.batching import TOO_FEW_SAMPLES, ZERO_VARIANCE, BatchBuilder
from granite_rl.rl.controller import shuffle_rewards
from granite_rl.rl.kl_penalty import with_kl_penalty
from granite_rl.rl.metrics import rollout_metrics
from granite_rl.types import (
    Completion,
    PackedBatch,
    PromptGroup,
    PromptRow,
    ScoredGroup,
    TrainBatch,
)
from rewards.result import RewardResult
from tests.granite_rl.algorithm.brute_force import section


def algorithm(**changes: object) -> AlgorithmSection:
    plain = {"kl_beta": 0.05, "kl_beta_per_domain": None}
    return section(**plain | changes)


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
    index: int,
    results: list[RewardResult],
    lengths: list[int],
    domain: str = "math",
    truncated: int | None = None,
) -> ScoredGroup:
    prompt = ({"role": "user", "content": "q"},)
    origin, tokens = f"f:{index}", (7, 8, 9)
    row = PromptRow("t", prompt, domain, {}, {}, domain, origin, token_ids=tokens)
    completions = [
        Completion(
            [100 * index + sample + 1] * n,
            [-0.5 * (sample + 1)] * n,
            "text",
            truncated=sample == truncated,
        )
        for sample, n in enumerate(lengths)
    ]
    return ScoredGroup(PromptGroup(index, row, 0), completions, results, 0)


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
    assert other.targets == other.denominator == 20
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
    assert built.targets == built.denominator == 0
    assert built.outcomes[0].reason == TOO_FEW_SAMPLES
    assert rollout_metrics(built.outcomes)["rollout/groups_dropped"] == 1


def test_a_wrong_format_teaches() -> None:
    results = [RewardResult(1.0), RewardResult.wrong_format("no box")]
    assert set(by_token(list(builder().batches([group(0, results, [2, 2])])))) == {1, 2}


def test_overlong_samples_are_punished_before_the_advantage() -> None:
    built = builder(overlong_buffer=4)
    list(built.batches([group(0, scores(1, 1), [2, 8])]))
    assert built.outcomes[0].rewards == [1.0, 0.0]
    assert not built.outcomes[0].zero_variance


@pytest.mark.parametrize(
    ("aggregation", "denominator", "weight"),
    [("token_mean", 20, 1.0), ("sequence_mean", 9, None), ("sequence_sum", 72, 1.0)],
)
def test_weights_and_denominator_are_the_aggregation(
    aggregation: str, denominator: int, weight: float | None
) -> None:
    built = builder(loss_aggregation=aggregation)
    batches = list(built.batches(GROUPS))
    assert built.denominator == denominator
    for batch in batches:
        lengths = np.bincount(batch.packed.target_sequence)[batch.packed.target_sequence]
        np.testing.assert_allclose(batch.weight, 1 / lengths if weight is None else weight)


def test_equal_rewards_can_be_dropped_and_then_count_nowhere() -> None:
    built = builder(zero_variance="drop", loss_aggregation="sequence_mean")
    assert set(by_token(list(built.batches(GROUPS)))) == {1, 2, 3, 101, 102, 103}
    assert built.denominator == 6
    assert [outcome.reason for outcome in built.outcomes] == [None, None, ZERO_VARIANCE]
    metrics = rollout_metrics(built.outcomes)
    assert metrics["rollout/groups_dropped"] == 1
    assert metrics["reward/mean"] == pytest.approx(4.5 / 9), "what was dropped was still earned"


def test_equal_rewards_are_kept_for_the_kl_term_by_default() -> None:
    found = by_token(list(builder().batches([GROUPS[2]])))
    assert found == {n: [(0.0, 0.05, -0.5 * (n - 200))] for n in (201, 202, 203)}


def test_a_masked_sample_counts_in_the_group_and_trains_no_token() -> None:
    cut_off = group(0, scores(1, 0, 0), [2, 3, 8], truncated=2)
    built = builder(overlong_masking=True)
    found = by_token(list(built.batches([cut_off])))
    assert set(found) == {1, 2}
    assert built.denominator == 5
    of_three = (1 - 1 / 3) / (np.std([1, 0, 0], ddof=1) + 1e-6)
    assert found[1][0][0] == pytest.approx(of_three, abs=1e-4)
    assert built.outcomes[0].rewards == [1.0, 0.0, 0.0]
    assert built.outcomes[0].advantages[2] is None
    assert set(by_token(list(builder().batches([cut_off])))) == {1, 2, 3}


def test_kl_in_the_reward_is_asked_for_once_a_group_and_taken_off_before_the_advantage() -> None:
    asked: list[list[int]] = []

    def sequence_kl(packed: PackedBatch) -> list[float]:
        lengths = np.bincount(packed.target_sequence).tolist()
        asked.append(lengths)
        return [0.5 * n for n in lengths]

    built = BatchBuilder(
        algorithm=algorithm(
            kl_in="reward",
            kl_beta=0.1,
            kl_beta_per_domain={"chat": 0.0},
            norm_by_std=False,
            zero_variance="drop",
        ),
        row_tokens=16,
        rows=2,
        pad_id=0,
        share_prompts=True,
        max_response_tokens=8,
        min_group_fraction=0.5,
        domains=("chat", "math"),
    )
    results = [RewardResult(1.0), RewardResult(0.0), RewardResult.error("x"), RewardResult(0.5)]
    groups = [group(0, results, [4, 0, 2, 3]), GROUPS[1], GROUPS[2]]
    batches = list(built.batches(with_kl_penalty(groups, built, sequence_kl)))
    assert asked == [[4, 2, 3]], "no beta, no variance: no forward pass"
    rewards = [1.0 - 0.1 * 2.0, 0.0, None, 0.5 - 0.1 * 1.5]
    assert built.outcomes[0].rewards == pytest.approx(rewards)
    mean = (0.8 + 0.0 + 0.35) / 3
    assert built.outcomes[0].advantages == pytest.approx([0.8 - mean, -mean, None, 0.35 - mean])
    assert all((batch.kl_beta == 0).all() for batch in batches), "and not in the loss as well"


def test_kl_in_the_reward_must_have_been_computed() -> None:
    with pytest.raises(ValueError, match="KL penalty was not computed"):
        list(builder(kl_in="reward").batches(GROUPS))


def test_shuffling_keeps_the_batch_and_breaks_the_link() -> None:
    shuffled = shuffle_rewards(GROUPS, np.random.default_rng(0))
    before = sorted(r.score for g in GROUPS for r in g.results)
    assert sorted(r.score for g in shuffled for r in g.results) == before
    assert [r.score for g in shuffled for r in g.results] != [
        r.score for g in GROUPS for r in g.results
    ]
    assert [g.completions for g in shuffled] == [g.completions for g in GROUPS]

"""Make train batches of scored groups, one group at a time and in prompt order.

The builder never looks ahead: what it emits depends on the groups so far and nothing else, so that
the same groups give the same micro-batches whether they arrived while others still generated or all
at once.

The rule for groups that lost samples (a generator or a verifier failed, not the model): these are
left out, the advantages are those of the samples that remain, and a group of which less than
``rollout.min_group_fraction`` remains, or fewer than two samples, is dropped and counted. A failed
sample is never a zero reward.

The loss aggregation is one weight per token and one denominator per step, both over what trains:

===============  ======================  ======================================
aggregation      weight of a token       denominator
===============  ======================  ======================================
token_mean       1                       trained tokens (DAPO, eq. 8)
sequence_mean    1 / tokens of sample    trained samples (GRPO, eq. 3)
sequence_sum     1                       max_response_tokens x trained samples
                                         (Dr. GRPO, arXiv 2503.20783)
===============  ======================  ======================================

Samples that train nothing (failed, dropped or masked) don't count. Masking truncated samples takes
their tokens out of the loss and leaves their rewards in the group's statistics (DAPO, section 3.4,
overlong filtering): their advantages are real, only their cut-off text teaches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from granite_rl.algorithm.advantages import group_advantages, is_zero_variance
from granite_rl.algorithm.overlong import overlong_penalty
from granite_rl.config import AlgorithmSection
from granite_rl.training.packing import SampleTokens, StreamingPacker
from granite_rl.types import Completion, PackedBatch, PromptGroup, ScoredGroup, TrainBatch

TOO_FEW_SAMPLES = "fewer than two samples carry a reward"
ZERO_VARIANCE = "all samples earned the same"


@dataclass(frozen=True)
class GroupOutcome:
    """Says what became of one group: the input of the step's metrics and of the rollout file."""

    scored: ScoredGroup
    rewards: list[float | None]
    """[samples] what the advantages are made of: the score after the overlong punishment and, with
    ``kl_in: reward``, the KL penalty; None where scoring failed."""
    advantages: list[float | None]
    """[samples]; None where the sample does not train."""
    zero_variance: bool
    """All samples earned the same, before any KL penalty."""
    reason: str | None
    """Why the whole group trains nothing; None: it is kept."""

    @property
    def dropped(self) -> bool:
        """Say whether the whole group was left out."""
        return self.reason is not None


@dataclass(frozen=True)
class _Sequence:
    """Per-sequence constants of the micro-batch under way."""

    advantage: float
    weight: float
    kl_beta: float
    domain: int
    rollout_logprobs: list[float] | None


class BatchBuilder:
    """Turns a step's scored groups into micro-batches.

    Args:
        algorithm: the ``algorithm`` section.
        row_tokens: capacity of a packed row.
        rows: rows of a micro-batch.
        pad_id: token id of unused positions.
        share_prompts: lay a group's prompt out once and let its samples branch off.
        max_response_tokens: where the overlong punishment reaches its full size.
        min_group_fraction: share of a group's samples that must have a verdict.
        domains: every domain of the run, in a fixed order.
    """

    def __init__(
        self,
        *,
        algorithm: AlgorithmSection,
        row_tokens: int,
        rows: int,
        pad_id: int,
        share_prompts: bool,
        max_response_tokens: int,
        min_group_fraction: float,
        domains: tuple[str, ...],
    ) -> None:
        self._algorithm = algorithm
        self._new_packer = partial(StreamingPacker, row_tokens, rows, pad_id)
        self._packer = self._new_packer()
        self._share_prompts = share_prompts
        self._max_response_tokens = max_response_tokens
        self._min_group_fraction = min_group_fraction
        self._domains = domains
        self._beta: Mapping[str, float] = algorithm.kl_beta_per_domain or {}
        self._open: list[_Sequence] = []
        self.outcomes: list[GroupOutcome] = []
        self.targets = 0
        """Trained tokens emitted or held so far."""
        self.sequences = 0
        """Samples that they belong to."""

    @property
    def denominator(self) -> int:
        """Return what the step's summed gradient is divided by, once the step is complete."""
        if self._algorithm.loss_aggregation == "token_mean":
            return self.targets
        if self._algorithm.loss_aggregation == "sequence_mean":
            return self.sequences
        return self.sequences * self._max_response_tokens

    @property
    def informative(self) -> int:
        """Count the groups so far whose samples earned different rewards."""
        return sum(not (item.dropped or item.zero_variance) for item in self.outcomes)

    def add(self, scored: ScoredGroup) -> Iterator[TrainBatch]:
        """Take one group; yields the micro-batches it completed."""
        outcome = self._outcome(scored)
        self.outcomes.append(outcome)
        domain = scored.group.row.domain
        beta = self._kl_beta(domain) if self._algorithm.kl_in == "loss" else 0.0
        samples: list[SampleTokens] = []
        for completion, advantage in zip(scored.completions, outcome.advantages, strict=True):
            if advantage is None or not completion.token_ids:
                continue
            sample = _trained(completion)
            samples.append(sample)
            tokens = completion.length
            weight = 1 / tokens if self._algorithm.loss_aggregation == "sequence_mean" else 1.0
            logprobs = completion.logprobs
            if logprobs is not None and completion.sampled is not None:
                pairs = zip(logprobs, completion.sampled, strict=True)
                logprobs = [value for value, ours in pairs if ours]
            self._open.append(
                _Sequence(advantage, weight, beta, self._domains.index(domain), logprobs)
            )
            self.targets += tokens
            self.sequences += 1
        for packed in self._pack(self._packer, scored.group, samples):
            yield self._emit(packed)

    def _pack(
        self, packer: StreamingPacker, group: PromptGroup, samples: list[SampleTokens]
    ) -> list[PackedBatch]:
        """Add a group's samples to a packer; returns the micro-batches that got full on the way."""
        prompt = group.row.token_ids
        if self._share_prompts:
            return packer.add_group(prompt, samples)
        full = [
            packer.add([*prompt, *sample.token_ids], [False] * len(prompt) + [*sample.target_mask])
            for sample in samples
        ]
        return [packed for packed in full if packed is not None]

    def _kl_beta(self, domain: str) -> float:
        return self._beta.get(domain, self._algorithm.kl_beta)

    def batches(self, groups: Iterable[ScoredGroup]) -> Iterator[TrainBatch]:
        """Yield all micro-batches of a step, each as soon as the groups so far fill it."""
        for group in groups:
            yield from self.add(group)
        yield from self.flush()

    def flush(self) -> Iterator[TrainBatch]:
        """Yield the last, partly filled micro-batch, if there is one."""
        rest = self._packer.flush()
        if rest is not None:
            yield self._emit(rest)

    def _emit(self, packed: PackedBatch) -> TrainBatch:
        # Every sequence has a target: the last one's index tells how many there are.
        count = int(packed.target_sequence[-1]) + 1
        sequences, self._open = self._open[:count], self._open[count:]
        index = packed.target_sequence
        logprobs: np.ndarray | None = None
        parts = [sequence.rollout_logprobs for sequence in sequences]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            logprobs = np.concatenate([np.asarray(part, dtype=np.float32) for part in known])

        def per_token(values: list[float]) -> npt.NDArray[np.float32]:
            return np.asarray(values, dtype=np.float32)[index]

        return TrainBatch(
            packed=packed,
            advantages=per_token([sequence.advantage for sequence in sequences]),
            weight=per_token([sequence.weight for sequence in sequences]),
            kl_beta=per_token([sequence.kl_beta for sequence in sequences]),
            rollout_logprobs=logprobs,
            domain=np.asarray([sequence.domain for sequence in sequences], dtype=np.int64)[index],
            domains=self._domains,
        )

    def reward_kl_beta(self, scored: ScoredGroup) -> float:
        """Return the factor of the KL that is taken off a group's rewards; 0: nothing is."""
        if self._algorithm.kl_in != "reward" or self._judge(scored, self._rewards(scored))[1]:
            return 0.0
        return self._kl_beta(scored.group.row.domain)

    def packed_alone(self, scored: ScoredGroup) -> list[PackedBatch]:
        """Pack all samples of a group that have tokens, apart from what the step trains."""
        packer = self._new_packer()
        samples = [_trained(item) for item in scored.completions if item.token_ids]
        full = self._pack(packer, scored.group, samples)
        rest = packer.flush()
        return full if rest is None else [*full, rest]

    def _judge(
        self, scored: ScoredGroup, rewards: Sequence[float | None]
    ) -> tuple[bool, str | None]:
        """Say whether a group has zero variance, and why it is dropped, if it is."""
        known = [reward for reward in rewards if reward is not None]
        size = len(rewards) + scored.lost
        if len(known) < max(2, math.ceil(self._min_group_fraction * size)):
            return False, TOO_FEW_SAMPLES
        zero_variance = is_zero_variance(known)
        dropped = zero_variance and self._algorithm.zero_variance == "drop"
        return zero_variance, ZERO_VARIANCE if dropped else None

    def _outcome(self, scored: ScoredGroup) -> GroupOutcome:
        rewards = self._rewards(scored)
        zero_variance, reason = self._judge(scored, rewards)
        if reason is not None:
            return GroupOutcome(scored, rewards, [None] * len(rewards), zero_variance, reason)
        rewards = self._less_kl(scored, rewards)
        values = iter(
            group_advantages(
                [reward for reward in rewards if reward is not None],
                estimator=self._algorithm.advantage,
                norm_by_std=self._algorithm.norm_by_std,
            )
        )
        advantages = [None if reward is None else next(values) for reward in rewards]
        if self._algorithm.overlong_masking:
            advantages = [
                None if completion.truncated else advantage
                for completion, advantage in zip(scored.completions, advantages, strict=True)
            ]
        return GroupOutcome(scored, rewards, advantages, zero_variance, None)

    def _rewards(self, scored: ScoredGroup) -> list[float | None]:
        """Scores after the overlong punishment; None where scoring failed."""
        rewards: list[float | None] = []
        for completion, result in zip(scored.completions, scored.results, strict=True):
            if not result.teaches:
                rewards.append(None)
                continue
            punishment = overlong_penalty(
                completion.length,
                max_length=self._max_response_tokens,
                buffer=self._algorithm.overlong_buffer,
                penalty=self._algorithm.overlong_penalty,
            )
            rewards.append(result.score + punishment)
        return rewards

    def _less_kl(self, scored: ScoredGroup, rewards: list[float | None]) -> list[float | None]:
        """With ``kl_in: reward``: rewards minus the KL penalty of the whole response.

        Raises:
            ValueError: the group did not come through `granite_rl.rl.kl_penalty`.
        """
        if self._algorithm.kl_in == "loss" or self._kl_beta(scored.group.row.domain) == 0:
            return rewards
        if scored.kl_penalty is None:
            raise ValueError("kl_in: reward, but the group's KL penalty was not computed")
        return [
            None if reward is None else reward - penalty
            for reward, penalty in zip(rewards, scored.kl_penalty, strict=True)
        ]


def _trained(completion: Completion) -> SampleTokens:
    """Return a completion as a sample that trains every token that the model sampled."""
    return SampleTokens(
        completion.token_ids, completion.sampled or [True] * len(completion.token_ids)
    )

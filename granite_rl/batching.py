"""From scored groups to train batches, one group at a time and in prompt order.

The builder never looks ahead: what it emits depends on the groups so far and nothing else, so that
the same groups give the same micro-batches whether they arrived while others still generated or all
at once.

The rule for groups that lost samples (a generator or a verifier failed, not the model): these are
left out, the advantages are those of the samples that remain, and a group of which less than
``rollout.min_group_fraction`` remains, or fewer than two samples, is dropped and counted. A failed
sample is never a zero reward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from granite_rl.algorithm.advantages import group_advantages, is_zero_variance
from granite_rl.algorithm.overlong import overlong_penalty
from granite_rl.config import AlgorithmSection
from granite_rl.training.packing import Sample, StreamingPacker
from granite_rl.types import PackedBatch, ScoredGroup, TrainBatch


@dataclass(frozen=True)
class GroupOutcome:
    """What became of one group: the input of the step's metrics and of the rollout file."""

    scored: ScoredGroup
    rewards: list[float | None]
    """[samples] reward after the overlong punishment; None where scoring failed."""
    advantages: list[float | None]
    """[samples]; None where the sample does not train."""
    zero_variance: bool
    dropped: bool


@dataclass(frozen=True)
class _Sequence:
    """Per-sequence constants of the micro-batch under way."""

    advantage: float
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
        self._packer = StreamingPacker(row_tokens, rows, pad_id)
        self._share_prompts = share_prompts
        self._max_response_tokens = max_response_tokens
        self._min_group_fraction = min_group_fraction
        self._domains = domains
        self._beta: Mapping[str, float] = algorithm.kl_beta_per_domain or {}
        self._open: list[_Sequence] = []
        self.outcomes: list[GroupOutcome] = []
        self.targets = 0
        """Trained tokens emitted or held so far: the step's denominator once it is complete."""

    @property
    def informative(self) -> int:
        """Groups so far whose samples earned different rewards."""
        return sum(not (item.dropped or item.zero_variance) for item in self.outcomes)

    def add(self, scored: ScoredGroup) -> Iterator[TrainBatch]:
        """Take one group; yields the micro-batches it completed."""
        outcome = self._outcome(scored)
        self.outcomes.append(outcome)
        domain = scored.group.row.domain
        prompt = scored.group.prompt_ids
        beta = self._beta.get(domain, self._algorithm.kl_beta)
        samples: list[Sample] = []
        for completion, advantage in zip(scored.completions, outcome.advantages, strict=True):
            if advantage is None or not completion.token_ids:
                continue
            sampled = completion.sampled or [True] * len(completion.token_ids)
            samples.append(Sample(completion.token_ids, sampled))
            logprobs = completion.logprobs
            if logprobs is not None and completion.sampled is not None:
                logprobs = [value for value, ours in zip(logprobs, sampled, strict=True) if ours]
            self._open.append(_Sequence(advantage, beta, self._domains.index(domain), logprobs))
            self.targets += completion.length
        if self._share_prompts:
            full: list[PackedBatch | None] = [*self._packer.add_group(prompt, samples)]
        else:
            full = [
                self._packer.add(
                    [*prompt, *sample.token_ids], [False] * len(prompt) + [*sample.target_mask]
                )
                for sample in samples
            ]
        for packed in full:
            if packed is not None:
                yield self._emit(packed)

    def batches(self, groups: Iterable[ScoredGroup]) -> Iterator[TrainBatch]:
        """All micro-batches of a step, each as soon as the groups so far fill it."""
        for group in groups:
            yield from self.add(group)
        yield from self.flush()

    def flush(self) -> Iterator[TrainBatch]:
        """The last, partly filled micro-batch, if there is one."""
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
        return TrainBatch(
            packed=packed,
            advantages=np.asarray([sequence.advantage for sequence in sequences], dtype=np.float32)[
                index
            ],
            kl_beta=np.asarray([sequence.kl_beta for sequence in sequences], dtype=np.float32)[
                index
            ],
            rollout_logprobs=logprobs,
            domain=np.asarray([sequence.domain for sequence in sequences], dtype=np.int64)[index],
            domains=self._domains,
        )

    def _outcome(self, scored: ScoredGroup) -> GroupOutcome:
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
        known = [reward for reward in rewards if reward is not None]
        size = len(rewards) + scored.lost
        if len(known) < max(2, math.ceil(self._min_group_fraction * size)):
            return GroupOutcome(
                scored, rewards, [None] * len(rewards), zero_variance=False, dropped=True
            )
        values = iter(
            group_advantages(
                known, estimator=self._algorithm.advantage, norm_by_std=self._algorithm.norm_by_std
            )
        )
        advantages = [None if reward is None else next(values) for reward in rewards]
        return GroupOutcome(scored, rewards, advantages, is_zero_variance(known), dropped=False)

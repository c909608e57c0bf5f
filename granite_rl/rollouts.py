"""From prompt groups to scored groups: generated and scored at once, delivered in prompt order.

Groups finish in any order. They are handed on strictly by their index, so that nothing downstream
(packing, gradient accumulation) depends on timing; a finished group waits for the ones before it in
a small buffer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ray

from granite_rl.actors.placement import LOST, wait_for
from granite_rl.actors.scoring import ScorerPool
from granite_rl.errors import InfrastructureError
from granite_rl.types import GenerationRequest, GenerationResult, PromptGroup, ScoredGroup
from granite_rl.weight_sync.bucket import BucketManifest
from rewards.result import RewardResult

if TYPE_CHECKING:
    from ray.actor import ActorHandle


@dataclass(frozen=True)
class Sampling:
    """How to sample a batch."""

    samples: int
    temperature: float
    top_p: float
    max_response_tokens: int
    max_context: int
    logprobs: bool
    evaluation: bool
    """Greedy, scored by the environments' own rubrics; no seeds are needed then."""


@dataclass
class RolloutTimes:
    """Where the time of a batch went, in seconds since its start."""

    generated_s: float = 0.0
    """Until the last group was generated."""
    scored_s: float = 0.0
    """Until the last group was scored."""
    finished: dict[int, float] = field(default_factory=dict)


class RolloutEngine:
    """All generators and scorers of a run.

    Args:
        generators: generator actors.
        scorers: reward workers and reward model.
        timeout_s: longest wait for the next finished group.
    """

    def __init__(
        self, generators: Sequence[ActorHandle], scorers: ScorerPool, timeout_s: float
    ) -> None:
        self._generators = list(generators)
        self._scorers = scorers
        self._timeout_s = timeout_s
        self.weight_version = -1
        """Version that every generator has."""

    def load_weights(self, manifest: BucketManifest, timeout_s: float) -> None:
        """Bring every generator to one version of the weights.

        Raises:
            InfrastructureError: a generator died or did not answer in time.
        """
        refs = {
            f"generator {index}": generator.load_weights.remote(manifest)
            for index, generator in enumerate(self._generators)
        }
        wait_for(refs, timeout_s, f"loading weights {manifest.version}")
        self.weight_version = manifest.version

    def statistics(self) -> list[dict[str, float]]:
        """What each generator's engine did since the last call (``EngineStatistics.collect``)."""
        refs = {
            f"generator {index}": actor.statistics.remote()
            for index, actor in enumerate(self._generators)
        }
        return list(wait_for(refs, self._timeout_s, "engine statistics").values())

    @property
    def reward_worker_restarts(self) -> int:
        """Reward workers that were killed or died, and were replaced."""
        return self._scorers.replaced_workers

    def run(
        self, groups: Sequence[PromptGroup], sampling: Sampling, times: RolloutTimes
    ) -> Iterator[ScoredGroup]:
        """Generate and score ``groups``, yielding each as soon as all before it have been yielded.

        Raises:
            InfrastructureError: nothing finished within the deadline; names the groups waited for.
        """
        begin = time.monotonic()
        by_key = {group.index: group for group in groups}
        outstanding = self._submit(groups, sampling)
        polls = {
            self._generators[index].poll.remote(self._timeout_s): index
            for index in outstanding
            if outstanding[index]
        }
        generated: dict[int, GenerationResult] = {}
        scored: dict[int, list[RewardResult]] = {}
        order = iter(groups)
        upcoming = next(order, None)
        while upcoming is not None:
            for result, index in self._wait(polls, outstanding, scored):
                generated[result.key] = result
                outstanding[index].discard(result.key)
                self._scorers.submit(by_key[result.key], result, evaluation=sampling.evaluation)
                times.generated_s = time.monotonic() - begin
            times.scored_s = time.monotonic() - begin
            while upcoming is not None and upcoming.index in scored:
                result = generated.pop(upcoming.index)
                verdicts = scored.pop(upcoming.index)
                times.finished[upcoming.index] = times.scored_s
                yield ScoredGroup(upcoming, result.completions, verdicts, result.weight_version)
                upcoming = next(order, None)

    def _submit(self, groups: Sequence[PromptGroup], sampling: Sampling) -> dict[int, set[int]]:
        """Deal groups out to the generators in turn; returns the keys each has outstanding."""
        shares: dict[int, list[GenerationRequest]] = {
            index: [] for index in range(len(self._generators))
        }
        for position, group in enumerate(groups):
            shares[position % len(self._generators)].append(
                GenerationRequest(
                    key=group.index,
                    prompt_ids=group.prompt_ids,
                    n=sampling.samples,
                    seed=None if sampling.evaluation else group.seed,
                    temperature=sampling.temperature,
                    top_p=sampling.top_p,
                    max_tokens=min(
                        sampling.max_response_tokens, sampling.max_context - len(group.prompt_ids)
                    ),
                    logprobs=sampling.logprobs,
                )
            )
        refs = {
            f"generator {index}": self._generators[index].submit.remote(share, self.weight_version)
            for index, share in shares.items()
            if share
        }
        wait_for(refs, self._timeout_s, "submitting prompts")
        return {index: {request.key for request in share} for index, share in shares.items()}

    def _wait(
        self,
        polls: dict[Any, int],
        outstanding: dict[int, set[int]],
        scored: dict[int, list[RewardResult]],
    ) -> list[tuple[GenerationResult, int]]:
        """Wait for the next event: finished groups of a generator, or verdicts (put into
        ``scored``)."""
        scoring = self._scorers.references()
        deadline = self._scorers.next_deadline()
        limit = (
            self._timeout_s
            if deadline is None
            else max(0.0, min(deadline - time.monotonic(), self._timeout_s))
        )
        ready, _ = ray.wait([*polls, *scoring], num_returns=1, timeout=limit)
        if ready:
            # Take everything else that is ready too.
            ready, _ = ray.wait(
                [*polls, *scoring], num_returns=len(polls) + len(scoring), timeout=0
            )
        elif deadline is None:
            waiting = sorted(key for keys in outstanding.values() for key in keys)
            raise InfrastructureError(
                f"no prompt group finished within {limit:g} s; waiting for groups {waiting}"
            )
        scored.update(
            self._scorers.collect([reference for reference in ready if reference not in polls])
        )
        results: list[tuple[GenerationResult, int]] = []
        for reference in [reference for reference in ready if reference in polls]:
            index = polls.pop(reference)
            try:
                finished = ray.get(reference)
            except LOST as error:
                raise InfrastructureError(
                    f"generator {index} died with groups {sorted(outstanding[index])} unfinished"
                ) from error
            if not finished:
                raise InfrastructureError(
                    f"generator {index} finished no group within {self._timeout_s:g} s; "
                    f"waiting for groups {sorted(outstanding[index])}"
                )
            results.extend((result, index) for result in finished)
            if len(outstanding[index]) > len(finished):
                polls[self._generators[index].poll.remote(self._timeout_s)] = index
        return results

"""Score prompt groups on reward workers that may hang or crash.

Groups wait in a queue while all workers are busy, and a free worker takes several at once: one call
for up to `JOB_SAMPLES` samples. One call a group would cost more than the verdicts: 2,200 calls for
2,200 held-out prompts instead of 35. A worker that misses its deadline or dies is killed and
replaced, and its job is scored again sample by sample, so that a poisoned sample costs its own
verdict (``timeout`` or ``error``) and no other's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import GetTimeoutError, RayTaskError

from granite_rl.actors.answers import LOST, failure, wait_for
from granite_rl.actors.logs import ACTOR_LOGS
from granite_rl.actors.reward_model_client import Question, RewardModelClient
from granite_rl.actors.reward_worker import ScoringItem
from granite_rl.actors.standby import STANDBY
from granite_rl.types import Key, PromptRow
from rewards.result import Reply, RewardResult

if TYPE_CHECKING:
    from ray.actor import ActorHandle


SampleKey = tuple[Key, tuple[int, ...]]
"""Some samples of a prompt group."""

JOB_SAMPLES = 64
"""Samples after which a job takes no further group."""

JOBS_PER_WORKER = 2
"""One that is being scored, and one that waits so that the worker never does."""


@dataclass(frozen=True)
class _ScoringGroup:
    key: SampleKey
    items: list[ScoringItem]
    question: Question | None
    """What the reward model was asked; None: nothing."""


@dataclass(frozen=True)
class _Job:
    groups: list[_ScoringGroup]
    items: list[ScoringItem]
    """Those of all groups, in order."""
    worker: ActorHandle
    verdicts: Any
    deadline: float


class ScorerPool:
    """Drives reward workers and, for environments that ask for it, the scalar reward model.

    Args:
        start_worker: starts one reward worker.
        workers: how many.
        batch_timeout_s: deadline of one job.
        reward_model: the scalar reward model, if there is one.
    """

    def __init__(
        self,
        start_worker: Callable[[], ActorHandle],
        workers: int,
        batch_timeout_s: float,
        reward_model: RewardModelClient | None = None,
    ) -> None:
        self._start_worker = start_worker
        self._workers = [start_worker() for _ in range(workers)]
        self._timeout_s = batch_timeout_s
        self._reward_model = reward_model
        self._queue: deque[_ScoringGroup] = deque()
        self._jobs: dict[Any, _Job] = {}
        self._replaced_workers = 0

    @property
    def restarts(self) -> int:
        """Count the workers and reward models that were killed or died, and were replaced."""
        models = 0 if self._reward_model is None else self._reward_model.restarts
        return self._replaced_workers + models

    def ready(self) -> dict[str, Any]:
        """Return references to what each worker and the reward model say of themselves once they
        have started; wait for them before scoring."""
        starting = {
            f"reward worker {index}": worker.describe.remote()
            for index, worker in enumerate(self._workers)
        }
        if self._reward_model is not None:
            starting["reward model"] = self._reward_model.describe()
        return starting

    def submit(
        self,
        key: SampleKey,
        row: PromptRow,
        actions: Sequence[tuple[str, ...]],
        *,
        max_turns: int,
        evaluation: bool,
    ) -> None:
        """Start scoring some samples of a prompt.

        Args:
            key: which; comes back with the verdicts.
            row: the prompt.
            actions: [samples] what the model has said in each of its turns so far.
            max_turns: turns after which the caller ends an episode.
            evaluation: held-out evaluation: the environment's own rubric counts, not the reward
                model.
        """
        fields = row.environment_fields()
        items = [ScoringItem(row.env_class, fields, said, max_turns) for said in actions]
        question, model = None, self._reward_model
        if model is not None and not evaluation and model.scores(row.env_class):
            question = model.ask(row.prompt, [said[-1] for said in actions])
        self._queue.append(_ScoringGroup(key, items, question))
        self._dispatch()

    def _dispatch(self) -> None:
        """Give queued groups to the workers that have room, the least busy first."""
        while self._queue:
            loads = [
                sum(job.worker is worker for job in self._jobs.values()) for worker in self._workers
            ]
            load = min(loads)
            if load >= JOBS_PER_WORKER:
                return
            groups = [self._queue.popleft()]
            items = list(groups[0].items)
            while self._queue and len(items) + len(self._queue[0].items) <= JOB_SAMPLES:
                groups.append(self._queue.popleft())
                items += groups[-1].items
            worker = self._workers[loads.index(load)]
            verdicts = worker.score.remote(items)
            deadline = time.monotonic() + self._timeout_s * (1 + load)
            self._jobs[verdicts] = _Job(groups, items, worker, verdicts, deadline)

    def references(self) -> list[Any]:
        """Return object references that turn ready when a job's verdicts are there."""
        return list(self._jobs)

    def next_deadline(self) -> float | None:
        """Return the monotonic time of the earliest deadline; None when nothing is being scored."""
        return min((job.deadline for job in self._jobs.values()), default=None)

    def collect(self, ready: Sequence[Any]) -> list[tuple[SampleKey, list[Reply]]]:
        """Return verdicts of the groups that are ready or whose deadline has passed, as (group key,
        results).

        Raises:
            InfrastructureError: a worker or the reward model was lost and can't be replaced.
        """
        now = time.monotonic()
        finished = [
            job
            for reference, job in self._jobs.items()
            if reference in ready or job.deadline <= now
        ]
        results = [result for job in finished for result in self._finish(job)]
        self._dispatch()
        return results

    def _finish(self, job: _Job) -> list[tuple[SampleKey, list[Reply]]]:
        # A replaced worker's other jobs have been queued again.
        if self._jobs.pop(job.verdicts, None) is None:
            return []
        try:
            replies: list[Reply] = ray.get(
                job.verdicts, timeout=0.0 if job.deadline <= time.monotonic() else 1
            )
        except (GetTimeoutError, *LOST):
            replies = self._one_by_one(job)
        except RayTaskError as error:
            raise failure(self._name(job.worker), job.verdicts, "scoring", error) from error
        rest = iter(replies)
        return [
            (group.key, self._with_model_scores(group, [next(rest) for _ in group.items]))
            for group in job.groups
        ]

    def _with_model_scores(self, group: _ScoringGroup, verdicts: list[Reply]) -> list[Reply]:
        if group.question is None or self._reward_model is None:
            return verdicts
        scores = self._reward_model.answer(group.question)
        # The rubric is kept as a component: where it falls while the reward model's score rises,
        # the policy has found a hole in the reward model.
        return [
            _with_rubric(score, verdict) for score, verdict in zip(scores, verdicts, strict=True)
        ]

    def _one_by_one(self, job: _Job) -> list[Reply]:
        position = self._workers.index(job.worker)
        self._replace(job.worker)
        budget = max(2.0, self._timeout_s / len(job.items))
        results: list[Reply] = []
        for item in job.items:
            worker = self._workers[position]
            try:
                verdicts = worker.score.remote([item])
                results.extend(ray.get(verdicts, timeout=budget))
            except GetTimeoutError:
                self._replace(worker)
                message = f"{item.env_class}: no verdict within {budget:g} s"
                results.append(RewardResult(0.0, "timeout", message=message))
            except LOST:
                self._replace(worker)
                results.append(
                    RewardResult.error(f"{item.env_class}: the worker died while scoring")
                )
            except RayTaskError as error:
                raise failure(self._name(worker), verdicts, "scoring", error) from error
        return results

    def _name(self, worker: ActorHandle) -> str:
        return f"reward worker {self._workers.index(worker)}"

    def _replace(self, worker: ActorHandle) -> None:
        """Kill a worker and put a fresh one in its place; other jobs it held are queued again.

        Raises:
            InfrastructureError: the fresh one does not start.
        """
        ACTOR_LOGS.keep(self._name(worker), worker._actor_id.hex())
        STANDBY.end(worker)
        self._replaced_workers += 1
        fresh, index = self._start_worker(), self._workers.index(worker)
        starting = {self._name(worker): fresh.describe.remote()}
        wait_for(starting, max(60.0, self._timeout_s), "replacing a reward worker")
        self._workers[index] = fresh
        # Not at once: while a poisoned job is taken apart, nothing else may delay its samples.
        for job in [job for job in self._jobs.values() if job.worker is worker]:
            del self._jobs[job.verdicts]
            self._queue.extendleft(reversed(job.groups))


def _with_rubric(score: RewardResult, verdict: Reply) -> Reply:
    """The reward model's score of a finished episode, the environment's verdict beside it."""
    if not isinstance(verdict, RewardResult):
        return verdict
    if not verdict.teaches:
        return score
    return replace(score, components={**score.components, "rubric": verdict.score})

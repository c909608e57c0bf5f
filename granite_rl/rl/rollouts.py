"""Generate, answer and score prompt groups, and deliver them in prompt order.

A sample is an episode: the model's turn is scored by the row's environment, which ends it with a
verdict or answers; an answer is appended as tokens and the model goes on. Most environments end
after one turn. What the model said is never encoded again.

Groups finish in any order. They are handed on strictly by their index, so that nothing downstream
(packing, gradient accumulation) depends on timing; a finished group waits for the ones before it in
a small buffer. Several batches may be in flight: what finishes for one while another is being
collected is kept.

Same seed, same bits: the first turns of a batch are queued in one call, and with ``deterministic``
later turns wait until all episodes of the batch have come as far, and are queued in one call too.
Without it they go on at once, and the last bits of a logit depend on who else was in vLLM's batch.

Samples past their deadline are given up. They are counted as lost and are part of nothing else: no
zero reward, no input to their group's mean (`granite_rl.rl.batching` says what becomes of a group
that lost some).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray

from granite_rl.actors.generator_pool import POLL_S, GeneratorPool
from granite_rl.actors.scoring import ScorerPool
from granite_rl.errors import InfrastructureError
from granite_rl.types import (
    Completion,
    GenerationRequest,
    Key,
    Message,
    PromptGroup,
    ScoredGroup,
    Turn,
)
from rewards.result import Reply, RewardResult


@dataclass(frozen=True)
class Sampling:
    """Says how to sample a batch."""

    samples: int
    temperature: float
    top_p: float
    max_response_tokens: int
    """Of an episode: what the model says in all its turns."""
    max_context: int
    logprobs: bool
    evaluation: bool
    """Greedy, scored by the environments' own rubrics; no seeds are needed then."""
    max_turns: int = 1
    """Turns after which an episode is over, whatever its environment says."""
    deterministic: bool = True
    deadline_s: float | None = None
    """Longest time from a group's submission to the end of its last sample; None: no limit but the
    generator's."""


@dataclass(frozen=True)
class RolloutTimes:
    """Says where the time of a batch went, in seconds since its start."""

    generated_s: float
    """Until the last turn was generated."""
    scored_s: float
    """Until the last group was scored."""


@dataclass
class _Episode:
    """Holds one sample under way."""

    token_ids: list[int] = field(default_factory=list)
    sampled: list[bool] = field(default_factory=list)
    logprobs: list[float] | None = None
    actions: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """What was said by both sides, for people."""
    versions: list[tuple[int, int]] = field(default_factory=list)
    truncated: bool = False
    result: RewardResult | None = None
    lost: bool = False

    @property
    def over(self) -> bool:
        """Say whether it has its verdict or is lost."""
        return self.lost or self.result is not None

    def add_turn(self, turn: Turn) -> None:
        """Append what the model said."""
        start = len(self.token_ids)
        self.token_ids += turn.token_ids
        self.sampled += [True] * len(turn.token_ids)
        if turn.logprobs is not None:
            self.logprobs = (self.logprobs or []) + turn.logprobs
        self.actions.append(turn.text)
        self.shown.append(turn.text)
        self.versions += [(start + at, version) for at, version in turn.versions]
        self.truncated = turn.finish == "length"

    def add_answer(self, messages: Sequence[Message], token_ids: Sequence[int]) -> None:
        """Append what the environment said."""
        self.token_ids += token_ids
        self.sampled += [False] * len(token_ids)
        if self.logprobs is not None:
            self.logprobs += [0.0] * len(token_ids)
        self.shown += [f"[{message['role']}] {message['content']}" for message in messages]

    def completion(self) -> Completion:
        """Return it as the trainer takes it."""
        return Completion(
            self.token_ids,
            self.logprobs,
            self.actions[-1],
            self.truncated,
            None if all(self.sampled) else self.sampled,
            tuple(self.actions),
            "\n".join(self.shown),
            tuple(self.versions),
        )


@dataclass
class _GroupState:
    """Holds a prompt group under way."""

    group: PromptGroup
    episodes: list[_Episode]
    generating: set[int]
    """Samples whose turn is with a generator."""
    turn: int = 1
    begun: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Say whether every sample has its verdict or is lost."""
        return all(episode.over for episode in self.episodes)


@dataclass
class RolloutBatch:
    """Holds the groups of one step, under way or finished."""

    number: int
    """Its own among all batches of an engine."""
    sampling: Sampling
    groups: dict[int, _GroupState]
    begun: float = field(default_factory=time.monotonic)
    generated_s: float = 0.0
    scored_s: float = 0.0
    held: list[GenerationRequest] = field(default_factory=list)
    """Later turns that wait until all episodes of the batch have come as far."""

    @property
    def times(self) -> RolloutTimes:
        """Return where its time has gone so far."""
        return RolloutTimes(self.generated_s, self.scored_s)


class RolloutEngine:
    """Turns prompt groups into scored groups on all generators and scorers of a run.

    Args:
        generators: who generates.
        scorers: reward workers and reward model.
        encode_answer: an environment's messages as the tokens that follow the model's turn, up to
            where it speaks again.
        timeout_s: longest time in which nothing at all happens.
    """

    def __init__(
        self,
        generators: GeneratorPool,
        scorers: ScorerPool,
        encode_answer: Callable[[Sequence[Message]], list[int]],
        timeout_s: float,
    ) -> None:
        self._generators = generators
        self._scorers = scorers
        self._encode_answer = encode_answer
        self._timeout_s = timeout_s
        self._numbers = itertools.count()
        self._batches: dict[int, RolloutBatch] = {}
        self._last_event = time.monotonic()

    def run(
        self,
        groups: Sequence[PromptGroup],
        sampling: Sampling,
        check: Callable[[], None] = lambda: None,
    ) -> Iterator[ScoredGroup]:
        """Generate and score ``groups``: `begin` and `collect` in one."""
        return self.collect(self.begin(groups, sampling), check)

    def begin(self, groups: Sequence[PromptGroup], sampling: Sampling) -> RolloutBatch:
        """Start generating groups as a batch, and return it."""
        number = next(self._numbers)
        under_way = {}
        requests = []
        for group in groups:
            samples = tuple(range(sampling.samples))
            under_way[group.index] = _GroupState(
                group, [_Episode() for _ in samples], generating=set(samples)
            )
            requests.append(_request((number, group.index), group, samples, [], sampling, 0))
        batch = self._batches[number] = RolloutBatch(number, sampling, under_way)
        self._last_event = time.monotonic()
        self._generators.submit(requests)
        return batch

    def collect(
        self, batch: RolloutBatch, check: Callable[[], None] = lambda: None
    ) -> Iterator[ScoredGroup]:
        """Yield the groups of a batch in their order, each once all before it have been yielded.

        Args:
            batch: which.
            check: called every few seconds at least; what it raises ends the batch.

        Raises:
            InfrastructureError: nothing happened within the deadline, saying what is waited for;
                or more generators were lost than the run allows.
        """
        self._last_event = time.monotonic()
        try:
            for group in batch.groups.values():
                while not group.over:
                    check()
                    self._advance()
                yield _scored(group)
        finally:
            self.drop(batch)

    def drop(self, batch: RolloutBatch) -> None:
        """Forget a batch and give up what is still under way; harmless for one collected."""
        if self._batches.pop(batch.number, None) is not None:
            self._generators.abort(
                ((batch.number, index), at)
                for index, group in batch.groups.items()
                for at in group.generating
            )

    def _advance(self) -> None:
        """Wait for the next event, or a moment, and do what follows from it."""
        references = [*self._generators.references(), *self._scorers.references()]
        now = time.monotonic()
        limits = [now + POLL_S, self._scorers.next_deadline(), self._next_deadline()]
        limit = max(0.0, min(at for at in limits if at is not None) - now)
        ready: list[Any] = []
        if references:
            ready, _ = ray.wait(references, num_returns=1, timeout=limit)
            if ready:
                # Take everything else that is ready too.
                ready, _ = ray.wait(references, num_returns=len(references), timeout=0)
        turns = self._generators.collect(ready)
        verdicts = self._scorers.collect(ready)
        for turn in turns:
            self._on_turn(turn)
        for (key, samples), results in verdicts:
            self._on_verdicts(key, samples, results)
        self._give_up_late()
        now = time.monotonic()
        if turns or verdicts:
            self._last_event = now
        elif now - self._last_event > 3 * self._timeout_s:
            raise InfrastructureError(
                f"no rollout made progress for {now - self._last_event:.0f} s; "
                + self._generators.waiting_for()
            )

    def _on_turn(self, turn: Turn) -> None:
        batch = self._batches.get(turn.key[0])
        if batch is None:
            return
        group = batch.groups[turn.key[1]]
        if turn.sample not in group.generating:
            return  # it was given up, and what became of it changes nothing
        group.generating.remove(turn.sample)
        group.episodes[turn.sample].add_turn(turn)
        batch.generated_s = time.monotonic() - batch.begun
        if not group.generating:
            self._score(turn.key, batch, group)

    def _score(self, key: Key, batch: RolloutBatch, group: _GroupState) -> None:
        """Have the environment look at the latest turn of every episode that goes on."""
        samples = tuple(at for at, episode in enumerate(group.episodes) if not episode.over)
        if samples:
            actions = [tuple(group.episodes[at].actions) for at in samples]
            self._scorers.submit(
                (key, samples),
                group.group.row,
                actions,
                max_turns=batch.sampling.max_turns,
                evaluation=batch.sampling.evaluation,
            )
        else:
            self._release_held(batch)

    def _on_verdicts(self, key: Key, samples: Sequence[int], verdicts: Sequence[Reply]) -> None:
        batch = self._batches.get(key[0])
        if batch is None:
            return
        group, sampling = batch.groups[key[1]], batch.sampling
        for at, verdict in zip(samples, verdicts, strict=True):
            episode = group.episodes[at]
            if isinstance(verdict, RewardResult):
                episode.result = verdict
                continue
            said = sum(episode.sampled)
            request = None
            if not episode.truncated and group.turn < sampling.max_turns:
                answer = self._encode_answer(verdict.messages)
                context = [*episode.token_ids, *answer]
                request = _request(key, group.group, (at,), context, sampling, said)
            if request is None or request.max_tokens < 1:
                # It said all it may say, and the environment still waits for an answer.
                episode.truncated = True
                why = f"no answer after {group.turn} turns and {said} tokens"
                episode.result = RewardResult.wrong_format(why)
                continue
            episode.add_answer(verdict.messages, answer)
            group.generating.add(at)
            batch.held.append(request)
        group.turn += 1
        batch.scored_s = time.monotonic() - batch.begun
        self._release_held(batch)

    def _release_held(self, batch: RolloutBatch) -> None:
        """Let episodes go on: at once, or in one call when all of the batch have come as far."""
        if not batch.held:
            return
        if batch.sampling.deterministic:
            waiting = {(request.key[1], at) for request in batch.held for at in request.samples}
            for index, group in batch.groups.items():
                for at, episode in enumerate(group.episodes):
                    if not episode.over and (index, at) not in waiting:
                        return
            batch.held.sort(key=lambda request: (request.key, request.samples))
        requests, batch.held = batch.held, []
        self._generators.submit(requests)

    def _next_deadline(self) -> float | None:
        """Monotonic time at which the next group is given up."""
        return min(
            (
                group.begun + batch.sampling.deadline_s
                for batch in self._batches.values()
                if batch.sampling.deadline_s is not None
                for group in batch.groups.values()
                if group.generating
            ),
            default=None,
        )

    def _give_up_late(self) -> None:
        now = time.monotonic()
        for number, batch in self._batches.items():
            if batch.sampling.deadline_s is None:
                continue
            for index, group in batch.groups.items():
                if group.generating and now > group.begun + batch.sampling.deadline_s:
                    late = sorted(group.generating)
                    self._generators.abort([((number, index), at) for at in late])
                    batch.held = [
                        request for request in batch.held if request.key != (number, index)
                    ]
                    for at in late:
                        group.episodes[at].lost = True
                    group.generating.clear()
                    self._score((number, index), batch, group)


def _request(
    key: Key,
    group: PromptGroup,
    samples: tuple[int, ...],
    said: Sequence[int],
    sampling: Sampling,
    sampled: int,
) -> GenerationRequest:
    """Return the request that continues some samples of a group.

    Args:
        key: of the group.
        group: the prompt.
        samples: which.
        said: tokens after the prompt.
        sampling: how.
        sampled: of these, the model's own.
    """
    context = [*group.row.token_ids, *said]
    # The position in the answer is part of the seed, so that a later turn draws afresh.
    seeds = tuple(group.seed + at + len(said) * _TURN_STRIDE for at in samples)
    return GenerationRequest(
        key=key,
        samples=samples,
        prompt_ids=context,
        seeds=None if sampling.evaluation else seeds,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=min(sampling.max_response_tokens - sampled, sampling.max_context - len(context)),
        logprobs=sampling.logprobs,
    )


_TURN_STRIDE = 1 << 20
"""Distance of the seeds of two turns: more than a group has samples."""


def _scored(group: _GroupState) -> ScoredGroup:
    whole = [episode for episode in group.episodes if episode.result is not None]
    versions = [version for episode in whole for _, version in episode.versions]
    return ScoredGroup(
        group.group,
        [episode.completion() for episode in whole],
        [episode.result for episode in whole if episode.result is not None],
        min(versions, default=-1),
        lost=len(group.episodes) - len(whole),
    )

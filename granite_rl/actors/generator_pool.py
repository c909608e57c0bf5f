"""Share requests out to all generators of a run, and replace those that are lost.

A generator that dies, or finishes nothing for `timeout_s`, is killed and replaced; the new one is
given the current weights and the lost samples again. Their randomness is a function of their seeds
(`granite_rl.actors.sampler`), so they come out as they would have. How often that may happen in a
run is bounded: a node that keeps killing its generators is a fault of the infrastructure, and the
run ends saying so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayTaskError

from granite_rl.actors.answers import LOST, in_words, wait_for
from granite_rl.actors.logs import ACTOR_LOGS
from granite_rl.actors.receivers import RayReceivers
from granite_rl.actors.restarts import RestartBudget
from granite_rl.actors.standby import STANDBY
from granite_rl.errors import InfrastructureError, UserError
from granite_rl.types import GenerationRequest, Key, Turn
from granite_rl.weight_sync.sender import SyncReport

if TYPE_CHECKING:
    from ray.actor import ActorHandle

POLL_S = 5.0
"""How long a generator's answer to a poll waits for something to finish."""


@dataclass
class _Replica:
    """Holds one generator and what it works on."""

    actor: ActorHandle
    index: int
    outstanding: dict[tuple[Key, int], GenerationRequest] = field(default_factory=dict)
    """Unfinished samples, each with the request that asked for it."""
    tokens: int = 0
    """Tokens that these may still take: prompt and longest answer."""
    poll: Any = None
    """Reference to the answer of the poll under way."""
    needs_weights: bool = False
    """It was replaced, and can't serve yet."""
    silent_s: float = 0.0
    """How long it has been waited for since it last finished something. Time in which nothing was
    collected doesn't count."""


class GeneratorPool:
    """Drives the generators of a run as one.

    Args:
        start: starts one generator.
        count: how many.
        workers: vLLM workers (tensor-parallel ranks) of each.
        timeout_s: longest time in which a busy generator finishes nothing.
        start_timeout_s: longest wait for a new generator.
        max_restarts: generators that may be replaced in the whole run.
        on_event: told of every replacement (kind, message).
    """

    def __init__(
        self,
        start: Callable[[], ActorHandle],
        count: int,
        *,
        workers: int = 1,
        timeout_s: float,
        start_timeout_s: float,
        max_restarts: int,
        on_event: Callable[[str, str], None],
    ) -> None:
        self._start = start
        self._replicas = [_Replica(start(), index) for index in range(count)]
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._budget = RestartBudget(max_restarts)
        self._on_event = on_event
        self._workers = workers
        self._send: Callable[[RayReceivers], SyncReport] | None = None
        self._receivers: RayReceivers | None = None
        self.weight_version = -1
        """Version that every generator has; -1 before the first."""
        self._looked = time.monotonic()

    @property
    def restarts(self) -> int:
        """Return how many generators were replaced so far."""
        return self._budget.used

    def describe(self) -> dict[str, Any]:
        """Return references to what each generator says of itself once it has started."""
        return {_name(replica): replica.actor.describe.remote() for replica in self._replicas}

    def load_weights(self, send: Callable[[RayReceivers], SyncReport]) -> None:
        """Bring every generator to one version of the weights.

        Args:
            send: sends them to all receivers it is given. Called again whenever a generator has
                been replaced, until the next call of this method: what it sends must not change.

        Raises:
            InfrastructureError: too many generators were lost.
        """
        self._send = send
        while True:
            report = send(self.receivers)
            for replica in self._replicas:
                if _name(replica) in report.failed:
                    self._replace(replica, f"got no weights: {report.failed[_name(replica)]}")
            if not report.failed:
                break
        self.weight_version = report.version
        for replica in self._replicas:
            if replica.needs_weights:
                replica.needs_weights = False
                lost, replica.outstanding = replica.outstanding, {}
                if lost:
                    self._hand_over(replica, _remaining(lost))

    @property
    def receivers(self) -> RayReceivers:
        """Return the generators for a weight sender; a new object when one was replaced."""
        if self._receivers is None:
            actors = {_name(replica): (replica.actor, self._workers) for replica in self._replicas}
            self._receivers = RayReceivers(actors, self._timeout_s)
        return self._receivers

    def statistics(self) -> list[dict[str, float]]:
        """Return what each engine did since the last call; nothing if a generator was just lost."""
        refs = {_name(replica): replica.actor.statistics.remote() for replica in self._replicas}
        try:
            return list(wait_for(refs, self._timeout_s, "engine statistics").values())
        except InfrastructureError:
            return []  # whoever asks for rollouts next finds out who it was, and replaces it

    def submit(self, requests: Sequence[GenerationRequest]) -> None:
        """Give requests to the generators: each to the one with the fewest tokens outstanding.

        With one call for all that is known, the assignment depends on nothing but the requests.
        """
        shares: dict[int, list[GenerationRequest]] = {}
        for request in requests:
            replica = min(self._replicas, key=lambda replica: (replica.tokens, replica.index))
            replica.tokens += _tokens(request)
            shares.setdefault(replica.index, []).append(request)
        for index, share in shares.items():
            self._hand_over(self._replicas[index], share)

    def abort(self, samples: Iterable[tuple[Key, int]]) -> None:
        """Give samples up; each is reported as ``aborted`` unless it is finished by then."""
        wanted = set(samples)
        for replica in self._replicas:
            chosen = wanted & replica.outstanding.keys()
            if chosen:
                replica.actor.abort.remote(chosen)

    def references(self) -> list[Any]:
        """Return object references that turn ready when samples have finished."""
        return [replica.poll for replica in self._replicas if replica.poll is not None]

    def collect(self, ready: Sequence[Any]) -> list[Turn]:
        """Return finished samples of the generators that are ready; replace those lost or hung.

        Raises:
            InfrastructureError: more generators were lost than the run allows.
        """
        turns: list[Turn] = []
        now = time.monotonic()
        waited, self._looked = min(now - self._looked, 2 * POLL_S), now
        for replica in self._replicas:
            if replica.poll is None:
                continue
            replica.silent_s += waited
            late = replica.silent_s > self._timeout_s + 2 * POLL_S
            if replica.poll not in ready:
                if late:
                    self._replace(replica, f"finished nothing within {self._timeout_s:g} s")
                continue
            try:
                finished: list[Turn] = ray.get(replica.poll)
            except LOST as error:
                self._replace(replica, f"died: {in_words(error)}")
                continue
            except RayTaskError as error:
                if isinstance(error.cause, UserError):
                    raise error.cause from None
                self._replace(replica, f"failed: {in_words(error)}")
                continue
            if finished:
                replica.silent_s = 0.0
            elif late:
                self._replace(replica, f"finished nothing within {self._timeout_s:g} s")
                continue
            for turn in finished:
                # One that was handed out again after a restart may be finished twice.
                request = replica.outstanding.pop((turn.key, turn.sample), None)
                if request is not None:
                    replica.tokens -= _tokens(request) // len(request.samples)
                    turns.append(turn)
            replica.poll = None
            if replica.outstanding:
                replica.poll = replica.actor.poll.remote(POLL_S)
            else:
                replica.tokens = 0
        self._recover()
        return turns

    def waiting_for(self) -> str:
        """Say which generator works on what, for a message."""
        busy = [
            f"generator {replica.index}: {len(replica.outstanding)} samples of groups "
            f"{sorted({key for key, _ in replica.outstanding})[:8]}"
            for replica in self._replicas
            if replica.outstanding
        ]
        return "; ".join(busy) or "no generator has anything to do"

    def _hand_over(self, replica: _Replica, requests: Sequence[GenerationRequest]) -> None:
        if not replica.outstanding:
            replica.silent_s = 0.0
        for request in requests:
            for sample in request.samples:
                replica.outstanding[request.key, sample] = request
        reference = replica.actor.submit.remote(list(requests), self.weight_version)
        try:
            wait_for({_name(replica): reference}, self._timeout_s, "submitting prompts")
        except InfrastructureError as error:
            self._replace(replica, error.message)
            self._recover()
            return
        if replica.poll is None:
            replica.poll = replica.actor.poll.remote(POLL_S)

    def _replace(self, replica: _Replica, why: str) -> None:
        message = f"generator {replica.index} {why}; unfinished: {len(replica.outstanding)} samples"
        kept = ACTOR_LOGS.keep(_name(replica), replica.actor._actor_id.hex())
        STANDBY.end(replica.actor)
        self._budget.spend(
            f"{message}; {self.restarts} generators were replaced in this run already", kept
        )
        self._on_event("generator_restarted", message)
        replica.actor, replica.poll = self._start(), None
        replica.needs_weights, self._receivers = True, None
        doing = "restarting a lost generator"
        wait_for({_name(replica): replica.actor.describe.remote()}, self._start_timeout_s, doing)

    def _recover(self) -> None:
        """Give generators that were replaced the weights, and what their predecessors had to do."""
        if self._send is not None and any(replica.needs_weights for replica in self._replicas):
            self.load_weights(self._send)


def _name(replica: _Replica) -> str:
    return f"generator {replica.index}"


def _tokens(request: GenerationRequest) -> int:
    return len(request.samples) * (len(request.prompt_ids) + request.max_tokens)


def _remaining(lost: dict[tuple[Key, int], GenerationRequest]) -> list[GenerationRequest]:
    """Return requests for exactly the lost samples, in their old order."""
    wanted: dict[int, list[int]] = {}
    requests = {id(request): request for request in lost.values()}
    for (_, sample), request in lost.items():
        wanted.setdefault(id(request), []).append(sample)
    rest = []
    for name, request in requests.items():
        samples = tuple(wanted[name])
        seeds = None
        if request.seeds is not None:
            seeds = tuple(request.seeds[request.samples.index(sample)] for sample in samples)
        rest.append(replace(request, samples=samples, seeds=seeds))
    return rest

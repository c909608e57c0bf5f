"""Keep actors between the stages that one process runs, so that they start once.

Starting a generator takes 15-20 s on two cores, and minutes at 30B, where kernels are compiled and
graphs captured; a next stage needs the same engine with other weights, which it is sent anyway
before its first rollout. The same goes for trainer ranks (they build a new DeepSpeed engine) and
reward workers. An actor is taken over only if it would be started with the same key: what it loads
once, its resources, its environment.

Off unless entered as a context manager; then everything a stage started is released with its Ray
session. Actors of a stage that failed are never kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ray.actor import ActorHandle


@dataclass(frozen=True)
class ActorSpec:
    """Describes an actor: its role, what it loads and its resources. Equal ones are alike."""

    role: str
    loads: Hashable
    """What it was made with and can't change any more."""
    cpus: float
    gpus: float


class Standby:
    """Holds the actors of this process's Ray session, busy or idle."""

    def __init__(self) -> None:
        self.keeps = False
        """Whether actors outlive the stage that started them."""
        self._busy: list[tuple[ActorSpec, ActorHandle]] = []
        self._idle: list[tuple[ActorSpec, ActorHandle]] = []

    def __enter__(self) -> Self:
        self.keeps = True
        return self

    def __exit__(self, *_: object) -> None:
        self.keeps = False

    def take(self, spec: ActorSpec, start: Callable[[], ActorHandle]) -> ActorHandle:
        """Return an idle actor of that description, or a new one."""
        for entry in self._idle:
            if entry[0] == spec:
                self._idle.remove(entry)
                break
        else:
            entry = (spec, start())
        self._busy.append(entry)
        return entry[1]

    def end(self, actor: ActorHandle) -> None:
        """Kill an actor."""
        import ray

        ray.kill(actor)
        self._busy = [entry for entry in self._busy if entry[1] is not actor]

    def end_idle_except(self, wanted: Iterable[ActorSpec]) -> None:
        """Kill the idle actors that the next stage has no use for: they would take up its room."""
        import ray

        specs = Counter(wanted)
        kept = []
        for spec, actor in self._idle:
            if specs[spec] > 0:
                specs[spec] -= 1
                kept.append((spec, actor))
            else:
                ray.kill(actor)
        self._idle = kept

    def idle_resources(self) -> dict[str, float]:
        """Return the CPUs and GPUs that idle actors hold: free for a stage that takes them over."""
        return {
            "CPU": sum(spec.cpus for spec, _ in self._idle),
            "GPU": sum(spec.gpus for spec, _ in self._idle),
        }

    def rest(self) -> None:
        """Make all actors idle, at the end of a stage that ended well."""
        self._idle += self._busy
        self._busy = []

    def forget(self) -> None:
        """Forget all actors, at the end of the Ray session."""
        self._busy, self._idle = [], []


STANDBY = Standby()
"""This process's: it has one Ray session, so there is one of these."""

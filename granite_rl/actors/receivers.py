"""Call the generators for a weight sender, with a deadline, and note which of them fail.

Passed to the trainer that sends, which then drives the generators without the controller between.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayError

from granite_rl.actors.answers import in_words

if TYPE_CHECKING:
    from ray.actor import ActorHandle


class RayReceivers:
    """Calls all generators at once.

    Args:
        generators: their handles by name, and the vLLM workers (tensor-parallel ranks) of each.
        timeout_s: longest wait for any one call.
    """

    def __init__(self, generators: Mapping[str, tuple[ActorHandle, int]], timeout_s: float) -> None:
        self._generators = dict(generators)
        self._timeout_s = timeout_s
        self.failed: dict[str, str] = {}

    @property
    def workers(self) -> Sequence[int]:
        """Return the number of vLLM workers of each generator that has not failed."""
        return [self._generators[name][1] for name in self._sound()]

    def begin(self) -> None:
        """Begin a new update, with those that failed in the last one."""
        self.failed = {}

    def initialize(self, infos: Sequence[dict[str, Any]]) -> RayPending:
        """Call ``init_weight_transfer``, for each generator with its own information."""
        calls = zip(self._sound(), infos, strict=True)
        return self._pending("init_weight_transfer", {name: (info,) for name, info in calls})

    def start(self, version: int) -> RayPending:
        """Call ``start_weight_update`` on all."""
        return self._all("start_weight_update", version)

    def update(self, info: dict[str, Any]) -> RayPending:
        """Call ``update_weights`` on all."""
        return self._all("update_weights", info)

    def finish(self, version: int) -> RayPending:
        """Call ``finish_weight_update`` on all."""
        return self._all("finish_weight_update", version)

    def _sound(self) -> list[str]:
        return [name for name in self._generators if name not in self.failed]

    def _all(self, method: str, argument: Any) -> RayPending:
        return self._pending(method, dict.fromkeys(self._sound(), (argument,)))

    def _pending(self, method: str, calls: Mapping[str, tuple[Any, ...]]) -> RayPending:
        refs = {
            name: getattr(self._generators[name][0], method).remote(*arguments)
            for name, arguments in calls.items()
        }
        return RayPending(refs, method, time.monotonic() + self._timeout_s, self.failed)


class RayPending:
    """Waits for a call that generators are working on; failures are noted, not raised."""

    def __init__(
        self, refs: Mapping[str, Any], method: str, deadline: float, failed: dict[str, str]
    ) -> None:
        self._refs = refs
        self._method = method
        self._deadline = deadline
        self._failed = failed

    def wait(self) -> None:
        """Wait until each has answered, failed or run out of time."""
        for name, ref in self._refs.items():
            try:
                ray.get(ref, timeout=max(0.0, self._deadline - time.monotonic()))
            except TimeoutError:
                self._failed[name] = f"{self._method}: no answer in time"
            except RayError as error:
                self._failed[name] = f"{self._method}: {in_words(error)}"

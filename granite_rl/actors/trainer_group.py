"""Call all trainer ranks of a run as one, and restore them together.

The ranks are one process group: a lost rank can't be replaced alone. So when one dies or stops
answering, the group is ended, started anew and set up from a checkpoint, and the controller goes
back to that checkpoint's step. How often is bounded for the whole run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray

from granite_rl.actors.answers import LOST, FailedActorError, LostActorError, in_words, wait_for
from granite_rl.actors.restarts import RestartBudget
from granite_rl.actors.standby import STANDBY
from granite_rl.actors.trainer import StepReport, Training
from granite_rl.errors import InfrastructureError
from granite_rl.training.balance import MicroBatchBalancer, work
from granite_rl.types import PackedBatch, TrainBatch
from granite_rl.weight_sync.sender import Receivers, SyncReport

if TYPE_CHECKING:
    from ray.actor import ActorHandle


NOTICE_S = 5.0
"""How long Ray may take to notice that an actor is gone."""


class TrainersLostError(InfrastructureError):
    """A rank died or did not answer in time: the group must be restored."""


class TrainerGroup:
    """Drives the trainer ranks of a stage as one.

    Args:
        start: starts all ranks.
        training: what they are set up for.
        references: actors of the frozen reference's own; none: every rank holds it.
        transport: how weights travel, ``generator.weight_sync``.
        start_timeout_s: longest wait for them to start and be set up.
        step_timeout_s: longest wait for anything else.
        max_restarts: times that the group may be restored in the whole run.
    """

    def __init__(
        self,
        start: Callable[[], list[ActorHandle]],
        training: Training,
        references: Sequence[ActorHandle] = (),
        *,
        transport: str,
        start_timeout_s: float,
        step_timeout_s: float,
        max_restarts: int,
    ) -> None:
        self._start = start
        self._training = training
        self._start_timeout_s = start_timeout_s
        self._step_timeout_s = step_timeout_s
        self._budget = RestartBudget(max_restarts)
        self._references = list(references)
        self._transport = transport
        self._connected: Receivers | None = None
        model = json.loads((training.model_path / "config.json").read_text(encoding="utf-8"))
        self._hidden = int(model["hidden_size"])
        self._ranks = start()
        self._begin_step()

    def setup(
        self, checkpoint: Path | None, check: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """Join the ranks, build engine and reference, restore a checkpoint; waits for all.

        Args:
            checkpoint: what they restore, if anything.
            check: called about twice a second; what it raises ends the wait.

        Returns:
            What each rank says of itself, by its name.
        """
        doing, first = "starting", "trainer rank 0"
        address = wait_for(
            {first: self._ranks[0].rendezvous.remote()}, self._start_timeout_s, doing, check
        )[first]
        saved = None if checkpoint is None else str(checkpoint)
        setups = {
            f"trainer rank {rank}": trainer.setup.remote(self._training, *address, saved)
            for rank, trainer in enumerate(self._ranks)
        }
        return wait_for(setups, self._start_timeout_s, doing, check)

    def restart(self, checkpoint: Path | None, why: str) -> None:
        """End what is left of the group, and set a new one up from a checkpoint.

        Raises:
            InfrastructureError: it was restored as often as the run allows.
        """
        for rank in self._ranks:
            STANDBY.end(rank)
        self._begin_step()
        self._budget.spend(
            f"{why}; the trainers were restored {self._budget.used} times in this run already",
            "actors/ in the run directory",
            "restorations",
        )
        self._ranks, self._connected = self._start(), None
        self.setup(checkpoint)

    def describe_references(self) -> dict[str, Any]:
        """Return references to what each of the reference's own actors says of itself."""
        return {
            f"reference {index}": actor.describe.remote()
            for index, actor in enumerate(self._references)
        }

    def train(self, batch: TrainBatch) -> None:
        """Hand a micro-batch to the rank with the least work so far; it is worked on at once.

        With actors of its own, the reference's answer goes straight to that rank: Ray hands it over
        when it is there.
        """
        number = self._balancer.assign(work(batch.packed, self._hidden))
        rank = self._ranks[number]
        name = f"trainer rank {number} (micro-batch {len(self._pending)})"
        if not self._references:
            self._pending[name] = rank.train.remote(batch)
            return
        shared = ray.put(batch)
        actor = self._references[len(self._pending) % len(self._references)]
        logprobs = actor.logprobs.remote(shared, self._training.temperature)
        self._pending[name] = rank.train.remote(shared, logprobs)

    def sequence_kl(self, packed: PackedBatch) -> list[float]:
        """Return [sequences] KL of packed responses to the reference, by the next rank to get work:
        under ZeRO 2 and 3 the others may be waiting for its backward pass."""
        rank = self._balancer.next_rank
        refs = {f"trainer rank {rank}": self._ranks[rank].sequence_kl.remote(packed)}
        answer: list[float] = self._wait(refs, "KL of a prompt group")[0]
        return answer

    def step(self, denominator: int, lr: float, step: int) -> list[StepReport]:
        """Wait for all micro-batches, then one optimizer step.

        Args:
            denominator: of the global batch's summed gradient.
            lr: learning rate.
            step: which, for messages.

        Raises:
            TrainersLostError: a rank died, or the deadline passed.
        """
        waited = self._pending
        for rank in self._balancer.ranks_to_pad():
            name = f"trainer rank {rank} (empty micro-batch {len(waited)})"
            waited[name] = self._ranks[rank].train.remote(None)
        self._begin_step()
        self._wait(waited, f"training step {step}")
        return self._on_all("step", denominator, lr, doing=f"optimizer step {step}")

    def send_weights(self, receivers: Receivers, version: int) -> SyncReport:
        """Bring the generators to the current weights.

        Raises:
            TrainersLostError: a rank died, or the deadline passed.
        """
        if receivers is not self._connected:
            transport = self._transport
            self._on_all("connect_generators", transport, receivers, doing="connecting generators")
            self._connected = receivers
        reports = self._on_all("send_weights", version, doing=f"sending weights {version}")
        return next(report for report in reports if isinstance(report, SyncReport))

    def save(self, directory: Path, step: int) -> None:
        """Write a checkpoint's files."""
        self._on_all("save", str(directory), doing=f"saving step {step}")

    def save_hf(self, directory: Path) -> None:
        """Write the policy as a Hugging Face checkpoint."""
        self._on_all("save_hf", str(directory), doing="writing the finished model")

    def _begin_step(self) -> None:
        self._pending: dict[str, Any] = {}
        lockstep = self._training.config.zero_stage >= 2
        self._balancer = MicroBatchBalancer(self._training.config.ranks, lockstep=lockstep)

    def _on_all(self, method: str, *arguments: Any, doing: str) -> list[Any]:
        refs = {
            f"trainer rank {rank}": getattr(trainer, method).remote(*arguments)
            for rank, trainer in enumerate(self._ranks)
        }
        return self._wait(refs, doing)

    def _wait(self, refs: dict[str, Any], doing: str) -> list[Any]:
        try:
            return list(wait_for(refs, self._step_timeout_s, doing).values())
        except LostActorError as error:
            if error.actor_id in {actor._actor_id.hex() for actor in self._references}:
                raise  # Ray has restarted it as often as it may, and no trainer is lost
            raise TrainersLostError(error.message, error.fix) from error
        except FailedActorError as error:
            # The death of a rank breaks the collective that the others are in, and what they say of
            # it may come first.
            dead = self._dead_ranks()
            if not dead:
                raise
            raise TrainersLostError(f"{doing}: {', '.join(dead)}") from error

    def _dead_ranks(self) -> list[str]:
        """Say of each rank that is gone that it died, and of what; a busy one counts as alive."""
        refs = {rank.__ray_ready__.remote(): index for index, rank in enumerate(self._ranks)}
        answered, _ = ray.wait(list(refs), num_returns=len(refs), timeout=NOTICE_S)
        dead = []
        for ref in answered:
            try:
                ray.get(ref)
            except LOST as error:
                dead.append(f"trainer rank {refs[ref]} died: {in_words(error)}")
        return dead

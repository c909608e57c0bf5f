"""Asks the reward model's actor for scores, and replaces it where it is lost.

How often a run may replace it is bounded: a reward model that keeps dying is a fault of the
infrastructure, not of the samples that it is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import GetTimeoutError, RayTaskError

from granite_rl.actors.answers import LOST, in_words, wait_for
from granite_rl.actors.logs import ACTOR_LOGS
from granite_rl.actors.restarts import RestartBudget
from granite_rl.actors.standby import STANDBY
from granite_rl.errors import UserError
from granite_rl.types import Message
from rewards.result import RewardResult

if TYPE_CHECKING:
    from ray.actor import ActorHandle

NAME = "reward model"


@dataclass(frozen=True)
class Question:
    """Holds completions of a prompt that the reward model was asked to score."""

    prompt: list[Message]
    completions: list[str]
    model: ActorHandle
    """The actor that was asked."""
    scores: Any
    """Reference to its answer."""


class RewardModelClient:
    """Asks the scalar reward model of a run.

    Args:
        start: starts its actor.
        scores: whether an environment is trained on its score.
        timeout_s: longest wait for an answer.
        start_timeout_s: longest wait for a new actor.
        max_restarts: times that it may be replaced in the whole run.
        on_event: told of every replacement (kind, message).
    """

    def __init__(
        self,
        start: Callable[[], ActorHandle],
        scores: Callable[[str], bool],
        *,
        timeout_s: float,
        start_timeout_s: float,
        max_restarts: int,
        on_event: Callable[[str, str], None],
    ) -> None:
        self.scores = scores
        self._start = start
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._budget = RestartBudget(max_restarts)
        self._on_event = on_event
        self._actor = start()

    @property
    def restarts(self) -> int:
        """Return how often it was replaced so far."""
        return self._budget.used

    def describe(self) -> Any:
        """Return a reference to what the actor says of itself once the model is loaded."""
        return self._actor.describe.remote()

    def ask(self, prompt: Sequence[Message], completions: Sequence[str]) -> Question:
        """Start scoring completions of a prompt."""
        said = list(completions)
        scores = self._actor.score.remote(list(prompt), said)
        return Question(list(prompt), said, self._actor, scores)

    def answer(self, question: Question) -> list[RewardResult]:
        """Return scores in the order of the completions; replace an actor that is lost or silent.

        Raises:
            InfrastructureError: it was replaced as often as the run allows, or can't start.
            UserError: as the reward model raised it.
        """
        while True:
            try:
                scores: list[RewardResult] = ray.get(question.scores, timeout=self._timeout_s)
            except GetTimeoutError:
                why = f"gave no answer within {self._timeout_s:g} s"
            except LOST as error:
                why = f"died: {in_words(error)}"
            except RayTaskError as error:
                if isinstance(error.cause, UserError):
                    raise error.cause from None
                failed = RewardResult.error(f"{NAME}: {in_words(error)}")
                return [failed] * len(question.completions)
            else:
                return scores
            if question.model is self._actor:
                self._replace(why)
            question = self.ask(question.prompt, question.completions)

    def _replace(self, why: str) -> None:
        """Kill the actor and start another, within the run's budget."""
        kept = ACTOR_LOGS.keep(NAME, self._actor._actor_id.hex())
        STANDBY.end(self._actor)
        self._budget.spend(
            f"the {NAME} {why}; it was replaced {self.restarts} times in this run already", kept
        )
        self._on_event("reward_model_restarted", f"the {NAME} {why}")
        self._actor = self._start()
        wait_for({NAME: self.describe()}, self._start_timeout_s, f"restarting the {NAME}")

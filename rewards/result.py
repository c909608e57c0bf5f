"""Define what a reward answers, and what an environment may answer instead.

The status decides who learns from the score. `ok` and `wrong_format` are verdicts about the
completion and teach; `timeout` and `error` are failures of the verifier and `skipped` means not
applicable: none of those three may enter a mean, so their score is only a placeholder of 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Status = Literal["ok", "wrong_format", "timeout", "error", "skipped"]
STATUSES: tuple[Status, ...] = get_args(Status)
TEACHING: frozenset[Status] = frozenset({"ok", "wrong_format"})

OBSERVER_ROLES = ("tool", "user", "system")
"""Who may speak between two turns of the model."""

MAX_OBSERVATION_CHARS = 20_000
"""What a message has beyond that is cut off: no context window has room for it."""

MAX_OBSERVATIONS = 16
"""Messages between two turns of the model."""


@dataclass(frozen=True)
class RewardResult:
    """Is one verdict on one completion.

    `score` lies in the reward's declared range. `components` are named parts for the logs and
    are not added up by anyone. `extracted` is what was taken for the answer, `message` says in
    words why the score is what it is. Both are kept short by their writers.
    """

    score: float
    status: Status = "ok"
    components: Mapping[str, float] = field(default_factory=dict)
    extracted: str | None = None
    message: str = ""

    @property
    def teaches(self) -> bool:
        """Tell whether the score is a verdict on the completion and may be averaged."""
        return self.status in TEACHING

    @classmethod
    def wrong_format(cls, message: str, extracted: str | None = None) -> RewardResult:
        """Return score 0: the answer is not where, or not as, the prompt asked for it."""
        return cls(0.0, "wrong_format", extracted=extracted, message=message)

    @classmethod
    def error(cls, message: str) -> RewardResult:
        """Return a placeholder score: the verifier failed or the row is broken."""
        return cls(0.0, "error", message=message)

    @classmethod
    def skipped(cls, message: str) -> RewardResult:
        """Return a placeholder score: the reward does not apply to this row."""
        return cls(0.0, "skipped", message=message)


class BadObservation(ValueError):
    """Says why what an environment said between two turns is no list of messages."""


@dataclass(frozen=True)
class Continue:
    """Is the environment's answer to a turn that did not end the episode.

    `messages` are `{"role", "content"}`, the roles among `OBSERVER_ROLES`.
    """

    messages: tuple[dict[str, str], ...]

    @classmethod
    def of(cls, observations: Any) -> Continue:
        """Check what an environment said; cut long messages and replace lone surrogates.

        A note says where a message is cut; no tokenizer takes a lone surrogate.

        Raises:
            BadObservation: it is no list of one to `MAX_OBSERVATIONS` messages of those roles.
        """
        if not isinstance(observations, list | tuple):
            raise BadObservation(f"observations: {type(observations).__name__}, wanted a list")
        if not 1 <= len(observations) <= MAX_OBSERVATIONS:
            raise BadObservation(
                f"observations: {len(observations)} messages, wanted 1 to {MAX_OBSERVATIONS}"
            )
        return cls(tuple(_message(index, given) for index, given in enumerate(observations)))


def _message(index: int, given: Any) -> dict[str, str]:
    role = given.get("role") if isinstance(given, Mapping) else None
    if not isinstance(role, str) or role not in OBSERVER_ROLES:
        raise BadObservation(
            f"observations[{index}].role: {role!r}"[:100]
            + f"; wanted {', '.join(OBSERVER_ROLES[:-1])} or {OBSERVER_ROLES[-1]}"
        )
    content = given.get("content")
    if not isinstance(content, str):
        raise BadObservation(
            f"observations[{index}].content: {type(content).__name__}, wanted text"
        )
    return {"role": role, "content": cut(content, MAX_OBSERVATION_CHARS)}


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of valid Unicode; a note says where some are missing."""
    if len(text) > limit:
        note = f"\n[cut: {len(text):,} characters in all]"
        text = text[: max(0, limit - len(note))] + note
    return text.encode("utf-8", "replace").decode()


Reply = RewardResult | Continue
"""What a turn of the model is answered with."""


def final(reply: Reply) -> RewardResult:
    """Return the verdict; an error where a caller of single turns meets an episode of several."""
    if isinstance(reply, RewardResult):
        return reply
    return RewardResult.error(
        "the environment asks for another turn, and only one was played: it needs rollouts of"
        " several turns"
    )

"""What a reward answers: a score together with how it came about.

The status decides who learns from the score. `ok` and `wrong_format` are verdicts about the
completion and teach; `timeout` and `error` are failures of the verifier and `skipped` means not
applicable: none of those three may enter a mean, so their score is only a placeholder of 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Status = Literal["ok", "wrong_format", "timeout", "error", "skipped"]
STATUSES: tuple[Status, ...] = get_args(Status)
TEACHING: frozenset[Status] = frozenset({"ok", "wrong_format"})


@dataclass(frozen=True)
class RewardResult:
    """One verdict on one completion.

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
        """Whether the score is a verdict on the completion and may be averaged."""
        return self.status in TEACHING

    @classmethod
    def wrong_format(cls, message: str, extracted: str | None = None) -> RewardResult:
        """The answer is not where, or not as, the prompt asked for it: score 0."""
        return cls(0.0, "wrong_format", extracted=extracted, message=message)

    @classmethod
    def error(cls, message: str) -> RewardResult:
        """The verifier failed or the row is broken: the score is a placeholder."""
        return cls(0.0, "error", message=message)

    @classmethod
    def skipped(cls, message: str) -> RewardResult:
        """The reward does not apply to this row: the score is a placeholder."""
        return cls(0.0, "skipped", message=message)

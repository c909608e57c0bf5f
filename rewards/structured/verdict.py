"""Score structured data: whether it has the wanted value and breaks no schema."""

from __future__ import annotations

from rewards.result import RewardResult


def verdict(text: str, *, equal: bool, broken: str | None, otherwise: str) -> RewardResult:
    """Score 1 if the data equal the wanted value and break no schema, else 0; both are components.

    Args:
        text: what was read, for the logs.
        equal: whether its value is the wanted one.
        broken: what breaks the schema, if anything does.
        otherwise: what to say when only the value is wrong.
    """
    message = "" if equal else otherwise
    if broken is not None:
        message = f"breaks the schema: {broken}"
    return RewardResult(
        float(broken is None and equal),
        components={"schema": float(broken is None), "value": float(equal)},
        extracted=text[:500],
        message=message,
    )

"""Choose samples for a person to read, and format them for W&B and TensorBoard.

The sample tables hold ``TABLE_SAMPLES`` samples of a step, dealt out over the domains, best and
worst of each in turn, so that a verifier that pays for nonsense is seen as soon as one that never
pays. All samples are in ``rollouts/``. What a model says is untrusted: in TensorBoard's text, which
is rendered as Markdown, it stands in an indented code block, where nothing is interpreted, with its
control characters escaped. W&B gets it as plain text cells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from granite_rl.runs.console import format_value, printable

Record = Mapping[str, Any]
"""One line of a rollout file."""

TABLE_SAMPLES = 16
TABLE_CHARACTERS = 2000
"""Characters of a prompt (its end) or a completion (its beginning) in a table."""

COLUMNS = (
    "step",
    "domain",
    "reward",
    "advantage",
    "status",
    "components",
    "truncated",
    "tokens",
    "prompt",
    "completion",
    "ground_truth",
    "message",
)


def by_reward(records: Sequence[Record], order: Literal["best", "worst"]) -> list[Record]:
    """Sort samples by reward, the best or the worst first; samples without a reward come last."""
    known = [record for record in records if record.get("reward") is not None]
    unknown = [record for record in records if record.get("reward") is None]
    return [*sorted(known, key=lambda item: item["reward"], reverse=order == "best"), *unknown]


def spread(records: Sequence[Record], count: int) -> list[Record]:
    """Return up to ``count`` samples, taken from the domains in turn, so that each is seen."""
    queues: dict[str, deque[Record]] = {}
    for record in records:
        queues.setdefault(str(record.get("domain")), deque()).append(record)
    chosen: list[Record] = []
    while queues and len(chosen) < count:
        for name in list(queues):
            chosen.append(queues[name].popleft())
            if not queues[name]:
                del queues[name]
    return chosen[:count]


def extremes(records: Sequence[Record], count: int) -> list[Record]:
    """Return up to ``count`` samples: of each domain the best, the worst, the second best, ..."""
    queues: dict[str, deque[Record]] = {}
    for record in by_reward(records, "best"):
        queues.setdefault(str(record.get("domain")), deque()).append(record)
    alternating = []
    for queue in queues.values():
        while queue:
            alternating.append(queue.popleft())
            if queue:
                alternating.append(queue.pop())
    return spread(alternating, count)


def components_text(record: Record) -> str:
    """Format the components of a reward: ``format 1.000  correct 0``."""
    components = record.get("components") or {}
    return "  ".join(f"{name} {number_text(value)}" for name, value in components.items())


def number_text(value: Any) -> str:
    """Format a number in few characters; a missing one is a dash."""
    return "-" if value is None else format_value(value)


def table_row(step: int, record: Record) -> list[Any]:
    """Return one table row with the columns ``COLUMNS``."""
    truth = record.get("ground_truth")
    return [
        step,
        str(record.get("domain")),
        record.get("reward"),
        record.get("advantage"),
        str(record.get("status")),
        components_text(record),
        bool(record.get("truncated")),
        record.get("tokens"),
        str(record.get("prompt"))[-TABLE_CHARACTERS:],
        str(record.get("completion"))[:TABLE_CHARACTERS],
        None if truth is None else str(truth)[:TABLE_CHARACTERS],
        str(record.get("message") or ""),
    ]


def markdown_table(step: int, records: Sequence[Record]) -> str:
    """Format the samples as Markdown for TensorBoard's text panel."""
    parts = []
    for record in records:
        row = dict(zip(COLUMNS, table_row(step, record), strict=True))
        head = [
            f"domain {row['domain']}  reward {number_text(row['reward'])}  "
            f"advantage {number_text(row['advantage'])}  {row['status']}  "
            f"{row['tokens']} tokens" + ("  truncated" if row["truncated"] else "")
        ]
        for name in ("components", "message", "prompt", "completion", "ground_truth"):
            if row[name]:
                head += [f"{name}:", *(f"  {line}" for line in str(row[name]).split("\n"))]
        # Four spaces make an indented code block; a line break would end it.
        parts.append("\n".join("    " + printable(line) for line in head))
    return "\n\n---\n\n".join(parts)

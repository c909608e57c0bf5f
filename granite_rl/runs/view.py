"""``granite-rl view RUN_DIR``: how a run stands and what the model says, as plain text.

Reads the run directory only, while the run writes or long after, and starts nothing. Lines fit 100
columns. Prompts and completions are untrusted text: control characters are escaped.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from granite_rl.errors import ConfigError
from granite_rl.runs.catalogue import SECTIONS, dashboard_order, lookup
from granite_rl.runs.console import format_value, printable
from granite_rl.runs.directory import iterate_runs, read_status
from granite_rl.runs.files import read_json_lines
from granite_rl.runs.lineage import lineage_chain
from granite_rl.runs.rollout_files import read_rollouts, rollout_files

WIDTH = 100
_EVENTS_SHOWN = 5
_PROMPT_LINES = 3


def main(argv: Sequence[str]) -> int:
    """Print a run directory; returns the exit code.

    Raises:
        ConfigError: there is no run, or no rollouts of the step that was asked for.
        DataError: a rollout file is malformed.
    """
    parser = argparse.ArgumentParser(
        prog="granite-rl view", description="Show a run: status, last metrics, sample rollouts."
    )
    parser.add_argument("run_dir", type=Path, help="a run directory, or a directory of runs")
    parser.add_argument("--step", type=int, help="show this step's metrics and rollouts")
    parser.add_argument("--samples", type=int, default=6, help="rollouts to show (default 6)")
    parser.add_argument("--domain", help="only rollouts of this domain")
    arguments = parser.parse_args(argv)
    runs = list(iterate_runs(arguments.run_dir))
    if not runs:
        raise ConfigError(
            f"{arguments.run_dir}: no run here (no status.json)", "name a directory like runs/demo"
        )
    if runs[0] != arguments.run_dir:
        print("\n".join(_overview(arguments.run_dir, runs)))
        return 0
    lines = [*_status(runs[0]), *_metrics(runs[0], arguments.step)]
    lines += _rollouts(runs[0], arguments.step, arguments.samples, arguments.domain)
    lines += _events(runs[0])
    if len(runs) > 1:
        lines += ["", "runs inside", *_overview(arguments.run_dir, runs[1:])]
    print("\n".join(lines))
    return 0


def _overview(root: Path, runs: Sequence[Path]) -> Iterator[str]:
    names = [str(run.relative_to(root)) for run in runs]
    width = max(len(name) for name in names)
    for name, run in zip(names, runs, strict=True):
        status = read_status(run) or {}
        yield f"{name:<{width}}  {status.get('state', '?'):<10} step {status.get('step', '?')}"


def _status(run: Path) -> Iterator[str]:
    status = read_status(run) or {}
    yield f"{run}: {status.get('kind')} {status.get('state')}, step {status.get('step')}"
    yield f"  started {status.get('started_at')}, updated {status.get('updated_at')}"
    chain = lineage_chain(run)
    if chain:
        origin = [chain[0].parent] if chain[0].parent is not None else []
        names = [*origin, *(link.stage for link in chain)]
        yield from _wrapped(" > ".join(names), "  lineage ", 1000)
    if status.get("error"):
        for line in str(status["error"]).splitlines():
            yield from _wrapped(line, "  error   ", 4)
    if status.get("next_command"):
        yield f"  next     {printable(str(status['next_command']))}"


def _metrics(run: Path, step: int | None) -> Iterator[str]:
    chosen: Mapping[str, Any] | None = None
    for record in read_json_lines(run / "metrics.jsonl"):
        if step is None or record.get("step") == step:
            chosen = record
    if chosen is None:
        if step is not None:
            raise ConfigError(f"{run}: metrics.jsonl has no step {step}")
        return
    yield ""
    yield f"metrics of step {chosen['step']}"
    names = sorted((name for name in chosen if "/" in name), key=dashboard_order)
    width = max((len(name) for name in names), default=0)
    section = ""
    for name in names:
        if name.partition("/")[0] != section:
            section = name.partition("/")[0]
            yield f"  {section}: {SECTIONS.get(section, 'not in the catalogue')}"
        metric = lookup(name)
        unit = "" if metric is None or metric.unit == "1" else metric.unit
        yield f"    {name:<{width}}  {format_value(chosen[name]):>8} {unit}".rstrip()


def _rollouts(run: Path, step: int | None, count: int, domain: str | None) -> Iterator[str]:
    files = rollout_files(run / "rollouts")
    if not files or count <= 0:
        return
    chosen = max(files) if step is None else step
    if chosen not in files:
        known = ", ".join(str(number) for number in list(files)[-8:])
        raise ConfigError(f"{run}: there are no rollouts of step {chosen}", f"steps: {known}")
    records = [
        record
        for record in read_rollouts(files[chosen])
        if domain is None or record.get("domain") == domain
    ]
    shown = _spread(records, count)
    yield ""
    yield f"rollouts of step {chosen} ({len(shown)} of {len(records)})"
    for record in shown:
        yield "-" * WIDTH
        yield from _sample(record)


def _spread(records: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Up to ``count`` samples, taken from the domains in turn, so that every domain is seen."""
    queues: dict[str, deque[dict[str, Any]]] = {}
    for record in records:
        queues.setdefault(str(record.get("domain")), deque()).append(record)
    chosen: list[dict[str, Any]] = []
    while queues and len(chosen) < count:
        for name in list(queues):
            chosen.append(queues[name].popleft())
            if not queues[name]:
                del queues[name]
    return chosen[:count]


def _sample(record: Mapping[str, Any]) -> Iterator[str]:
    head = [
        str(record.get("domain")),
        f"reward {_number(record.get('reward'))}",
        f"advantage {_number(record.get('advantage'))}",
        str(record.get("status")),
        f"{record.get('tokens')} tokens" + (", truncated" if record.get("truncated") else ""),
    ]
    yield printable("  ".join(head))
    components = record.get("components") or {}
    if components:
        parts = [f"{name} {_number(value)}" for name, value in components.items()]
        yield from _wrapped("  ".join(parts), "  parts  ", 3)
    yield from _wrapped(str(record.get("prompt")), "  prompt ", _PROMPT_LINES, tail=True)
    yield from _wrapped(str(record.get("completion")), "  says   ", 8)
    truth = record.get("ground_truth")
    if truth is not None:
        yield from _wrapped(str(truth), "  truth  ", _PROMPT_LINES)
    yield from _wrapped(str(record.get("origin")), "  from   ", 1)


def _number(value: Any) -> str:
    return "-" if value is None else format_value(value)


def _wrapped(text: str, label: str, most: int, *, tail: bool = False) -> Iterator[str]:
    """Escaped text in lines of at most WIDTH columns: the first ``most``, or with ``tail`` the
    last.

    Prompts are shown by their end, where the question is; everything else by its beginning.
    """
    escaped = printable(text)
    room = max(20, WIDTH - len(label) - 4)
    lines = textwrap.wrap(escaped, room, break_on_hyphens=False) or [""]
    if len(lines) > most:
        lines = ["... " + lines[-most], *lines[1 - most :]] if tail and most > 1 else lines[:most]
        if not tail:
            lines[-1] += " ..."
    for number, line in enumerate(lines):
        yield (label if number == 0 else " " * len(label)) + line


def _events(run: Path) -> Iterator[str]:
    last = deque(read_json_lines(run / "events.jsonl"), maxlen=_EVENTS_SHOWN)
    if not last:
        return
    yield ""
    yield "last events"
    for event in last:
        time = str(event.get("time"))[11:19]
        label = printable(f"  {time} {event.get('kind')}: ")
        yield from _wrapped(str(event.get("message")), label, 2)

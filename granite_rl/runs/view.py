"""Print how a run stands and what the model says: ``granite-rl view RUN_DIR``.

It only reads the run directory, while the run writes or later, and starts nothing. Lines fit 100
columns. Prompts and completions are untrusted text: control characters are escaped.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from granite_rl.errors import ConfigError
from granite_rl.runs.catalogue import SECTIONS, dashboard_order, lookup
from granite_rl.runs.console import format_value, printable
from granite_rl.runs.directory import iterate_runs, read_status
from granite_rl.runs.files import read_json_lines
from granite_rl.runs.lineage import lineage_chain
from granite_rl.runs.rollout_files import read_rollouts, rollout_files
from granite_rl.runs.samples import Record, by_reward, components_text, number_text, spread

WIDTH = 100
_EVENTS_SHOWN = 5
_PROMPT_LINES = 3


def main(argv: Sequence[str]) -> int:
    """Print a run directory; return the exit code.

    Raises:
        ConfigError: there is no run, or no rollouts of the step that was asked for.
        DataError: a rollout file is malformed.
    """
    parser = argparse.ArgumentParser(
        prog="granite-rl view", description="Show a run: status, last metrics, sample rollouts."
    )
    parser.add_argument("run_dir", type=Path, help="a run directory, or a directory of runs")
    parser.add_argument("--step", type=int, help="show this step's metrics and rollouts")
    parser.add_argument("-n", "--samples", type=int, default=6, help="rollouts to show (default 6)")
    parser.add_argument("--domain", help="only rollouts of this domain")
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--best", dest="order", action="store_const", const="best", help="highest rewards first"
    )
    order.add_argument(
        "--worst", dest="order", action="store_const", const="worst", help="lowest rewards first"
    )
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
    choice = _Choice(arguments.step, arguments.samples, arguments.domain, arguments.order)
    lines += _rollouts(runs[0], choice)
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
        state = printable(f"{status.get('state', '?'):<10} step {status.get('step', '?')}")
        yield f"{printable(name):<{width}}  {state}"


def _status(run: Path) -> Iterator[str]:
    status = read_status(run) or {}
    state = f"{status.get('kind')} {status.get('state')}, step {status.get('step')}"
    yield printable(f"{run}: {state}")
    yield printable(f"  started {status.get('started_at')}, updated {status.get('updated_at')}")
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
    yield printable(f"metrics of step {chosen['step']}")
    names = sorted((name for name in chosen if "/" in name), key=dashboard_order)
    width = max((len(name) for name in names), default=0)
    section = ""
    for name in names:
        if name.partition("/")[0] != section:
            section = name.partition("/")[0]
            yield f"  {printable(section)}: {SECTIONS.get(section, 'not in the catalogue')}"
        metric = lookup(name)
        unit = "" if metric is None or metric.unit == "1" else metric.unit
        yield f"    {printable(name):<{width}}  {format_value(chosen[name]):>8} {unit}".rstrip()


@dataclass(frozen=True)
class _Choice:
    """Holds which rollouts to show."""

    step: int | None
    count: int
    domain: str | None
    order: Literal["best", "worst"] | None


def _rollouts(run: Path, choice: _Choice) -> Iterator[str]:
    files = rollout_files(run / "rollouts")
    if not files or choice.count <= 0:
        return
    step = max(files) if choice.step is None else choice.step
    if step not in files:
        known = ", ".join(str(number) for number in list(files)[-8:])
        raise ConfigError(f"{run}: there are no rollouts of step {step}", f"steps: {known}")
    everything = read_rollouts(files[step])
    records: list[Record] = [
        record
        for record in everything
        if choice.domain is None or record.get("domain") == choice.domain
    ]
    if choice.domain is not None and not records:
        domains = ", ".join(sorted({str(record.get("domain")) for record in everything}))
        raise ConfigError(
            f"--domain {choice.domain}: step {step} has no such rollouts", f"domains: {domains}"
        )
    if choice.order is None:
        shown = spread(records, choice.count)
    else:
        shown = by_reward(records, choice.order)[: choice.count]
    yield ""
    order = "" if choice.order is None else f", {choice.order} first"
    yield f"rollouts of step {step} ({len(shown)} of {len(records)}{order})"
    for record in shown:
        yield "-" * WIDTH
        yield from _sample(record)


def _sample(record: Mapping[str, Any]) -> Iterator[str]:
    head = [
        str(record.get("domain")),
        f"reward {number_text(record.get('reward'))}",
        f"score {number_text(record.get('score'))}",
        f"advantage {number_text(record.get('advantage'))}",
        str(record.get("status")),
        f"{record.get('tokens')} tokens" + (", truncated" if record.get("truncated") else ""),
    ]
    yield printable("  ".join(head))
    if record.get("components"):
        yield from _wrapped(components_text(record), "  parts  ", 3)
    if record.get("message"):
        yield from _wrapped(str(record.get("message")), "  why    ", 2)
    yield from _wrapped(str(record.get("prompt")), "  prompt ", _PROMPT_LINES, tail=True)
    yield from _wrapped(str(record.get("completion")), "  says   ", 8)
    truth = record.get("ground_truth")
    if truth is not None:
        yield from _wrapped(str(truth), "  truth  ", _PROMPT_LINES)
    yield from _wrapped(str(record.get("origin")), "  from   ", 1)


def _wrapped(text: str, label: str, most: int, *, tail: bool = False) -> Iterator[str]:
    """Yield the first or last ``most`` lines of the escaped text, wrapped at WIDTH columns.

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

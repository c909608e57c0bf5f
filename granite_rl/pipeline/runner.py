"""Run the whole recipe as a chain of child processes.

Every step is a command that a person could have typed, with a run directory of its own; the
pipeline only decides what is due. A step that succeeded is skipped while its command and the
content of what it reads are unchanged; otherwise its old directory is moved aside (never deleted)
and it runs again, and so does everything behind it whose inputs thereby change. A step that was
interrupted is continued (every command carries ``run.resume=auto``). By default each step has a
process of its own, because Ray, vLLM and DeepSpeed leave state behind; the price is 10-40 s of
start-up per step on two cores. With ``keep_processes`` steps of one kind share a process, and RL
stages their actors too; what they compute is the same, bit for bit on CPU. Neighbours that don't
read each other's results may run side by side (``parallel_steps``): one imports on one core while
the other trains on the other.

The pipeline's own run directory holds ``pipeline.json`` (what was run with what inputs, and for
how long), ``logs/<step>.log``, and ``report.json`` and ``report.html``, rewritten after every
evaluation.
"""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from granite_rl.config import RunSection
from granite_rl.entry import configure, parse_arguments, to_yaml
from granite_rl.errors import ConfigError, DataError, ExitCode, Preempted, UserError
from granite_rl.evaluation.matrix import render_text
from granite_rl.evaluation.report import RECORD_NAME, write_report
from granite_rl.pipeline.children import ChildResult, ServingChild, StopForwarder, run_child
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import (
    Plan,
    Step,
    build_plan,
    check_external_inputs,
    check_reuse,
    content_hash,
    waves,
)
from granite_rl.pipeline.record import PipelineRecord, StepRecord
from granite_rl.runs.console import format_duration
from granite_rl.runs.directory import RunDirectory, read_status
from granite_rl.runs.files import read_json
from granite_rl.runs.ray_cluster import cluster_address

PROGRAM = "python -m granite_rl.pipeline"

DESCRIPTION = """Run the whole recipe: data, pre-training, SFT, reward model, four RL stages.

The pipeline always continues what it finds in run.dir: finished steps whose inputs are unchanged
are skipped, interrupted ones resume from their checkpoint, and a step whose command or inputs
changed runs again in a fresh directory (the old one is kept under .superseded/). To start afresh,
choose another run.dir. A table of what each stage did to each domain goes to report.html and
report.json in run.dir."""

EPILOG = """examples:
  python -m granite_rl.pipeline recipe=demo run.dir=runs/demo
  python -m granite_rl.pipeline recipe=demo run.dir=runs/demo --dry-run
  python -m granite_rl.pipeline recipe=demo run.dir=runs/short stages=[base,sft,multi_domain]
  python -m granite_rl.pipeline recipe=demo control=true run.dir=runs/demo-control \\
      reuse_from=runs/demo
  python -m granite_rl.pipeline recipe=demo run.dir=runs/x "overrides.math=['data.max_steps=5']"

exit codes: 0 done; 2 configuration; 3 preflight; 4 data; 75 stopped by a signal and resumable;
otherwise the code of the step that failed."""


_PRIOR_S = 60.0
"""Weight of the expected duration, in seconds; one short step that took twice as long says little.
"""


class StepFailedError(UserError):
    """Says that a step ended with an error; the pipeline ends with the same exit code."""

    def __init__(self, message: str, fix: str, code: int) -> None:
        super().__init__(message, fix)
        self.code = code


@dataclass(frozen=True)
class Due:
    """Says whether a step has to run, why, and with which inputs."""

    run: bool
    reason: str
    inputs: dict[str, str]
    fresh: bool = False
    """Whether to run in an empty directory, because what is there belongs to other inputs."""


def judge(step: Step, record: StepRecord | None) -> Due:
    """Decide whether a step is done, is to be continued, or is to be run afresh.

    Raises:
        DataError: an input doesn't exist.
    """
    inputs = {}
    for label, path in step.inputs.items():
        try:
            inputs[label] = content_hash(path)
        except DataError as error:
            raise DataError(f"{step.name}: {label}: {path} does not exist") from error
    status = read_status(step.directory) if step.resumable else None
    if record is None:
        if status is not None:
            return Due(True, f"{step.directory} was not made by this pipeline; checking it", inputs)
        return Due(True, "not run yet", inputs)
    if record.command[1:] != step.command[1:]:  # another path to Python is no change
        return Due(True, f"its command changed ({_changed(record, step)})", inputs, fresh=True)
    different = [label for label in inputs if record.inputs.get(label) != inputs[label]]
    if different:
        reason = f"what it reads changed: {', '.join(different[:3])}"
        return Due(True, reason + (" …" if len(different) > 3 else ""), inputs, fresh=True)
    state = record.state if status is None else str(status.get("state"))
    if record.state != "succeeded" or state != "succeeded":
        word = "continues" if step.resumable else "runs again"
        return Due(True, f"{word}: it had {_ended(record.state, state)}", inputs)
    missing = [path for path in step.outputs if not path.exists()]
    if missing:
        # A run that resumes makes its model again from its last checkpoint.
        return Due(True, f"{missing[0]} is missing", inputs, fresh=not step.resumable)
    return Due(False, "done, inputs unchanged", inputs)


def _changed(record: StepRecord, step: Step) -> str:
    old, new = set(record.command[1:]), set(step.command[1:])
    added = [part for part in step.command[1:] if part not in old]
    gone = [part for part in record.command[1:] if part not in new]
    words = [f"now {shlex.join(added)}"] if added else []
    words += [f"was {shlex.join(gone)}"] if gone else []
    text = ", ".join(words) or "other order"
    return text if len(text) <= 160 else text[:159] + "…"


def _ended(recorded: str, status: str) -> str:
    state = status if recorded == "succeeded" else recorded
    return {"running": "been interrupted", "preempted": "been stopped"}.get(state, state)


def shown(command: Sequence[str]) -> str:
    """Write a command as a person would type it in this directory."""
    program = Path(command[0])
    if program.is_absolute() and program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    return shlex.join([str(program), *command[1:]])


class Pipeline:
    """Runs the steps of a plan in order and records them."""

    def __init__(
        self,
        config: PipelineConfig,
        plan: Plan,
        run: RunDirectory,
        stop: StopForwarder,
        command: Sequence[str],
        out: TextIO | None = None,
    ) -> None:
        self.config = config
        self.plan = plan
        self.run = run
        self.stop = stop
        self.command = shown(command)
        self.out = sys.stdout if out is None else out
        self.record = PipelineRecord.load(run.path)
        self.record.describe(config, plan)
        self._began = time.monotonic()
        self._measured: dict[str, float] = {}
        self._kept: dict[str, ServingChild] = {}

    def execute(self) -> None:
        """Run every step that is due.

        Raises:
            StepFailedError: a step failed; nothing behind it was started.
            Preempted: a signal asked to stop.
        """
        done = 0
        try:
            # On a cluster steps would take each other's CPUs, and those left without are refused.
            side_by_side = 1 if cluster_address() is not None else self.config.parallel_steps
            for group in waves(self.plan.steps, side_by_side):
                if self.stop.requested:
                    raise self._preempted(group[0])
                self._run_wave(group, done)
                done += len(group)
                self._close_kept({step.kind for step in self.plan.steps[done:]})
        finally:
            self._close_kept(())
        self._say(f"\n{render_text(write_report(self.run.path))}\n")
        self._say(f"finished in {format_duration(time.monotonic() - self._began)}")

    def _run_wave(self, group: Sequence[Step], done: int) -> None:
        """Run those steps of a group that are due, side by side.

        When one fails the others are finished: what they make is needed anyway.
        """
        total = len(self.plan.steps)
        judged = [judge(step, self.record.steps.get(step.name)) for step in group]
        with ThreadPoolExecutor(len(group)) as pool:
            running = []
            for number, (step, due) in enumerate(zip(group, judged, strict=True), start=done + 1):
                title = f"[{number}/{total}] {step.name}"
                if not due.run:
                    self._say(f"{title}  {due.reason}")
                    continue
                self._say(f"{title}  {due.reason}  ({self._clock(done)})")
                entry = self._begin(step, due)
                process = self._process_for(step, group)
                running.append(pool.submit(self._run_step, step, entry, title, process))
        failures = [error for future in running if (error := future.exception()) is not None]
        if failures:
            raise failures[0]
        for step, due in zip(group, judged, strict=True):
            done += 1
            self.record.confirm(step)
            self.run.set_step(done)
            if step.evaluations and due.run:
                self._report(step)

    def _begin(self, step: Step, due: Due) -> StepRecord:
        if due.fresh:
            self._move_aside(step)
        entry = StepRecord(step.command, due.inputs, "running")
        previous = self.record.steps.get(step.name)
        entry.seconds = 0.0 if due.fresh or previous is None else previous.seconds
        self.record.steps[step.name] = entry
        self.record.save()
        self._say(f"  $ {shown(step.command)}")
        return entry

    def _process_for(self, step: Step, group: Sequence[Step]) -> ServingChild | None:
        """Return the process that a step shares with others of its kind; None: one of its own."""
        alone = [other.kind for other in group].count(step.kind) == 1
        if step.kind is None or not self.config.keep_processes or not alone:
            return None
        kept = self._kept.get(step.kind)
        if kept is None or not kept.alive:
            kept = self._kept[step.kind] = ServingChild()
        return kept

    def _close_kept(self, needed: Collection[str | None]) -> None:
        """End the kept processes in which no further step runs."""
        for kind in [kind for kind in self._kept if kind not in needed]:
            self._kept.pop(kind).close()

    def _run_step(
        self, step: Step, entry: StepRecord, title: str, process: ServingChild | None
    ) -> None:
        result = (run_child if process is None else process.run)(
            step.command,
            prefix=f"  {step.name} | ",
            log=self._log(step),
            stop=self.stop,
            grace_s=self.config.stop_grace_s,
            out=self.out,
        )
        entry.seconds += result.seconds
        entry.exit_code = result.exit_code
        missing = [path for path in step.outputs if not path.exists()]
        if result.exit_code == 0 and not missing:
            entry.state = "succeeded"
            self._measured[step.name] = result.seconds
        elif self.stop.requested or result.exit_code == ExitCode.PREEMPTED:
            entry.state = "preempted"
        else:
            entry.state = "failed"
        self.record.save()
        if entry.state == "preempted":
            raise self._preempted(step)
        if entry.state == "failed":
            raise self._failed(step, result, missing)
        self._say(f"{title}  finished in {format_duration(result.seconds)}")

    def _log(self, step: Step) -> Path:
        return self.run.path / "logs" / f"{step.name}.log"

    def _move_aside(self, step: Step) -> None:
        """Move a step's old results aside, so that a step that resumes does not find them."""
        if not step.directory.exists():
            return
        attic = step.directory.parent / ".superseded"
        attic.mkdir(mode=0o750, exist_ok=True)
        number = 1
        while (target := attic / f"{step.directory.name}-{number}").exists():
            number += 1
        step.directory.rename(target)
        self.run.event("superseded", f"{step.directory} moved to {target}", step_name=step.name)
        self._say(f"  the old {step.directory} is kept as {target}")

    def _failed(self, step: Step, result: ChildResult, missing: Sequence[Path]) -> StepFailedError:
        status = read_status(step.directory) if step.resumable else None
        said = str((status or {}).get("error") or "")
        if result.exit_code == 0:
            said = f"it ended without an error, but {missing[0]} was not written"
        lines = [
            f"step {step.name} failed with exit code {result.exit_code}"
            + (f": {said}" if said else "")
        ]
        lines.append(f"  where: {step.directory} (whole output: {self._log(step)})")
        if result.tail:
            lines.append("  its last lines:")
            lines += [f"    {line}" for line in result.tail[-12:]]
        fix = f"mend the cause, then continue with the same command: {self.command}"
        return StepFailedError("\n".join(lines), fix, result.exit_code or int(ExitCode.BUG))

    def _preempted(self, step: Step) -> Preempted:
        return Preempted(f"stopped at step {step.name}", f"continue with: {self.command}")

    def _report(self, step: Step) -> None:
        """Update the report, and print what the step did."""
        for transition in write_report(self.run.path).transitions():
            if transition.stage in step.evaluations:
                self._say(f"  {transition.sentence()}")

    def _clock(self, done: int) -> str:
        elapsed = f"elapsed {format_duration(time.monotonic() - self._began)}"
        left = self.remaining_seconds(done)
        return elapsed if left is None else f"{elapsed}, about {format_duration(left)} left"

    def remaining_seconds(self, done: int) -> float | None:
        """Estimate the seconds of the steps that are not done; None if one has no expectation.

        The expectations are scaled by how long this session's steps took compared with theirs.
        """
        expected = self.config.expected_seconds
        rest = []
        for step in self.plan.steps[done:]:
            before = self.record.steps.get(step.name)
            if before is not None and before.state == "succeeded":
                continue  # most likely skipped; if not, the estimate grows then
            if step.name not in expected:
                return None
            rest.append(expected[step.name])
        measured = {name: s for name, s in self._measured.items() if name in expected}
        planned = sum(expected[name] for name in measured)
        scale = (sum(measured.values()) + _PRIOR_S) / (planned + _PRIOR_S)
        return scale * sum(rest)

    def _say(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


def print_plan(config: PipelineConfig, plan: Plan) -> None:
    """Print what would run, with every command; inputs that earlier steps make are not checked."""
    record = PipelineRecord.load(config.run.dir)
    print(to_yaml(config).rstrip())
    print(f"\n{len(plan.steps)} steps into {config.run.dir}:")
    rerun = False
    for number, step in enumerate(plan.steps, start=1):
        try:
            due = judge(step, record.steps.get(step.name))
            verdict = "its inputs are made first" if rerun and not due.run else due.reason
        except DataError:
            due = Due(True, "not run yet", {})
            verdict = due.reason
        rerun = rerun or due.run
        print(f"[{number}/{len(plan.steps)}] {step.name}  {verdict}\n  $ {shown(step.command)}")


def run_pipeline(
    config: PipelineConfig, plan: Plan, command: Sequence[str], overrides: Sequence[str]
) -> int:
    """Run a plan in its run directory.

    Returns:
        0, 75 when stopped by a signal, or the exit code of the step that failed.
    """
    name = (
        re.sub(r"[^A-Za-z0-9._-]", "-", config.run.dir.absolute().name).lstrip("._-") or "pipeline"
    )
    section = RunSection(name=name, dir=config.run.dir, resume="auto", seed=config.run.seed)
    with (
        StopForwarder() as stop,
        RunDirectory.open(
            section,
            kind="pipeline",
            config_yaml=to_yaml(config),
            overrides=overrides,
            command=command,
        ) as run,
    ):
        pipeline = Pipeline(config, plan, run, stop, command)
        try:
            pipeline.execute()
        except StepFailedError as error:
            run.finish("failed", error.code, error.message, pipeline.command)
            print(f"error: {error}", file=sys.stderr, flush=True)
            return error.code
        except Preempted as error:
            run.finish("preempted", int(error.exit_code), error.message, pipeline.command)
            print(f"{error.message}; {error.fix}", file=sys.stderr, flush=True)
            return int(error.exit_code)
        run.finish("succeeded", 0)
        print(f"report: {config.run.dir / 'report.html'}", flush=True)
    return 0


def main(argv: Sequence[str]) -> int:
    """Run the pipeline; return the exit code."""
    arguments = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EPILOG)
    config = configure("pipeline", PipelineConfig, arguments.overrides)
    plan = build_plan(config)
    if config.reuse_from is not None:
        record = read_json(config.reuse_from / RECORD_NAME)
        if record is None:
            raise ConfigError(f"reuse_from: {config.reuse_from} holds no {RECORD_NAME}")
        check_reuse(config, record)
    check_external_inputs(plan)
    if arguments.dry_run:
        print_plan(config, plan)
        return 0
    command = [sys.executable, "-m", "granite_rl.pipeline", *arguments.overrides]
    return run_pipeline(config, plan, command, arguments.overrides)

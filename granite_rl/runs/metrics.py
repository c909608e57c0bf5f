"""Write a step's numbers to metrics.jsonl and to the tracking tools that were asked for.

``metrics.jsonl`` is the base layer: one line a step, written before anything else and enough to
redraw every chart. The others (W&B, TensorBoard, Prometheus) are adapters, and none may ever stop a
run: an adapter that raises is reported once, in events.jsonl and on stderr, and switched off. A
step of 80 metrics costs 0.2 ms for the line, 4 ms for W&B (which hands them to its own process) and
2 ms for TensorBoard, measured on one busy core.

W&B starts in 1 to 3 s, its import included, without a network when ``tracking.wandb_mode=offline``;
``wandb sync`` uploads later. It captures neither stdout nor machine and Git details, and its API
key comes from the environment alone.
"""

from __future__ import annotations

import math
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from granite_rl.config import TrackingSection
from granite_rl.runs.catalogue import lookup
from granite_rl.runs.directory import RunDirectory, now
from granite_rl.runs.files import (
    DIRECTORY_MODE,
    append_line,
    json_line,
    read_json_lines,
    write_atomic,
)
from granite_rl.runs.prometheus import PrometheusSink, metrics_address
from granite_rl.runs.redaction import redact_tree
from granite_rl.runs.samples import (
    COLUMNS,
    TABLE_SAMPLES,
    Record,
    extremes,
    markdown_table,
    table_row,
)
from granite_rl.runs.truncation import merge_line

_WANDB_INIT_TIMEOUT_S = 30.0


class Sink(Protocol):
    """Adapts a tracking tool: takes the metrics and samples of each step."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log one step's finite metrics."""

    def log_samples(self, step: int, records: Sequence[Record]) -> None:
        """Log some of a step's samples, in the form of the rollout file."""

    def close(self) -> None:
        """Write what is still buffered and end."""


class MetricLogger:
    """Writes each step's metrics to every sink of a run."""

    def __init__(
        self,
        run_dir: RunDirectory,
        tracking: TrackingSection,
        run_name: str,
        config: Mapping[str, Any],
        total_steps: int | None,
        *,
        prometheus: bool = False,
    ) -> None:
        """Open the sinks; one that can't be opened is reported and left out.

        Args:
            run_dir: the open run directory. Rewind it (``drop_metrics_after``) before this when the
                run continues from a checkpoint, so that TensorBoard hides the steps that are
                redone.
            tracking: which sinks, and how.
            run_name: name of the run in W&B.
            config: resolved configuration, stored in W&B without the environment's secrets.
            total_steps: planned steps, when known; stored beside the configuration.
            prometheus: serve gauges at the Ray node's metrics port; needs a connection to Ray.
        """
        self._run = run_dir
        self._sinks: dict[str, Sink] = {}
        self._reported: set[str] = set()
        self._steps: set[int | None] = {
            record.get("step") for record in read_json_lines(run_dir.metrics_path)
        }
        shown = redact_tree({**config, "total_steps": total_steps})
        if tracking.tensorboard:
            self._open(
                "tensorboard",
                lambda: _TensorBoardSink(run_dir.path / "tensorboard", run_dir.step + 1),
            )
        if tracking.wandb_mode != "disabled":
            self._open("wandb", lambda: _WandbSink(run_dir.path, tracking, run_name, shown))
        if prometheus:
            self._open("prometheus", lambda: self._prometheus(run_name))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log one step.

        Args:
            step: the optimizer step, counted from 1. A step that is logged again, such as with the
                evaluation after the last one, is added to its line: every step has exactly one.
            metrics: keys of the catalogue. Non-finite values are left out and reported; an unknown
            key     is logged, and reported once.

        Raises:
            OSError: metrics.jsonl can't be written.
        """
        finite = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
        record = {"step": step, "time": now(), **finite}
        if step in self._steps:
            merge_line(self._run.metrics_path, step, record)
        else:
            append_line(self._run.metrics_path, json_line(record))
            self._steps.add(step)
        dropped = [name for name in metrics if name not in finite]
        if dropped:
            values = {name: str(metrics[name]) for name in dropped}
            message = f"non-finite, left out: {', '.join(dropped)}"
            self._run.event("non_finite_metric", message, step=step, values=values)
            self._warn(f"non-finite {dropped}", f"step {step}: {message}")
        for name in metrics:
            if lookup(name) is None and name not in self._reported:
                self._report_unknown(name)
        for sink_name, sink in list(self._sinks.items()):
            self._guard(sink_name, partial(sink.log, step, finite))

    def rewind(self, step: int) -> None:
        """Remove what was logged after a step, because those steps are done again.

        Raises:
            OSError: metrics.jsonl can't be written.
        """
        self._run.drop_metrics_after(step)
        self._steps = {known for known in self._steps if known is None or known <= step}

    def log_samples(self, step: int, records: Sequence[Record]) -> None:
        """Show some samples of a step, with their rewards broken down, in W&B and TensorBoard.

        Args:
            step: the optimizer step that the samples train.
            records: all of its samples, as they stand in the rollout file.
        """
        chosen = extremes(records, TABLE_SAMPLES)
        for sink_name, sink in list(self._sinks.items()):
            self._guard(sink_name, partial(sink.log_samples, step, chosen))

    def close(self) -> None:
        """Close every sink; further calls do nothing."""
        for name, sink in list(self._sinks.items()):
            self._guard(name, sink.close)
        self._sinks.clear()

    def _prometheus(self, run_name: str) -> Sink:
        sink = PrometheusSink(run_name, self._run.kind)
        self._run.event("prometheus", f"gauges are served at {metrics_address()}")
        return sink

    def _open(self, name: str, factory: Callable[[], Sink]) -> None:
        def opened() -> None:
            self._sinks[name] = factory()

        self._guard(name, opened)

    def _guard(self, name: str, action: Callable[[], object]) -> None:
        """Run a sink's code; whatever it raises switches the sink off and lets the run go on."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a tracking tool may raise anything, and the
            # run is worth more than its charts: metrics.jsonl has the numbers.
            self._sinks.pop(name, None)
            message = f"{name} is switched off: {type(error).__name__}: {error}"
            self._run.event("tracking_failed", message, sink=name)
            self._warn(name, message)

    def _report_unknown(self, name: str) -> None:
        message = f"metric {name!r} is not in the catalogue (granite_rl/runs/catalogue.py)"
        self._run.event("unknown_metric", message)
        self._warn(name, message)

    def _warn(self, key: str, message: str) -> None:
        """Print one warning on stderr for each cause."""
        if key not in self._reported:
            self._reported.add(key)
            print(f"warning: {message}", file=sys.stderr, flush=True)


class _WandbSink:
    """Writes to one W&B run per run directory; a resumed run continues it under the same id."""

    def __init__(
        self, path: Path, tracking: TrackingSection, run_name: str, config: dict[str, Any]
    ) -> None:
        import wandb

        directory = path / "wandb"
        directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            disable_code=True,
            disable_job_creation=True,
            x_disable_meta=True,
            x_disable_stats=tracking.wandb_mode == "offline",
            x_save_requirements=False,
            init_timeout=_WANDB_INIT_TIMEOUT_S,
        )
        self._run = wandb.init(
            mode=tracking.wandb_mode,
            project=tracking.wandb_project,
            name=run_name,
            id=_stored_id(directory / "run_id.txt"),
            dir=str(path),
            config=config,
            resume="allow",
            reinit="create_new",
            settings=settings,
        )
        self._run.define_metric("*", step_metric="run/global_step")

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self._run.log({**metrics, "run/global_step": step})

    def log_samples(self, step: int, records: Sequence[Record]) -> None:
        import wandb

        table = wandb.Table(columns=list(COLUMNS), data=[table_row(step, r) for r in records])
        self._run.log({"samples": table, "run/global_step": step})

    def close(self) -> None:
        self._run.finish()


def _stored_id(path: Path) -> str:
    """Return the run's W&B id: made once, then read back by every session of the run."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        identifier = uuid.uuid4().hex[:12]
        write_atomic(path, identifier + "\n")
        return identifier


class _TensorBoardSink:
    """Writes event files under ``tensorboard/``; steps from ``first_step`` on hide older ones.

    TensorBoard's own file writer, with a step's scalars in one event: torch's ``SummaryWriter``
    costs an import of torch (seconds) and an event for each scalar (25 ms a step for 80 metrics
    on one busy core, against 2 ms).
    """

    def __init__(self, directory: Path, first_step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        self._writer = EventFileWriter(str(directory), flush_secs=10)
        started = SessionLog(status=SessionLog.SessionStatus.START)
        self._writer.add_event(Event(step=first_step, wall_time=time.time(), session_log=started))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
        summary = Summary(value=values)
        self._writer.add_event(Event(step=step, wall_time=time.time(), summary=summary))

    def log_samples(self, step: int, records: Sequence[Record]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.text.metadata import create_summary_metadata
        from tensorboard.util.tensor_util import make_tensor_proto

        text = make_tensor_proto([markdown_table(step, records)])
        metadata = create_summary_metadata(display_name="samples", description="")
        summary = Summary(value=[Summary.Value(tag="samples", tensor=text, metadata=metadata)])
        self._writer.add_event(Event(step=step, wall_time=time.time(), summary=summary))

    def close(self) -> None:
        self._writer.close()

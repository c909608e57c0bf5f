"""Record what a pipeline has run in ``pipeline.json`` of its run directory.

It is the memory behind "done, inputs unchanged", and what the report reads. Paths in it are
relative to the run directory, so that a directory of runs can be moved or copied as a whole.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from granite_rl.config import RL_STAGES
from granite_rl.evaluation.report import RECORD_NAME
from granite_rl.pipeline.config import STEPS, PipelineConfig
from granite_rl.pipeline.plan import Plan, Step
from granite_rl.runs.files import read_json, write_json


@dataclass
class StepRecord:
    """Holds how a step last ran."""

    command: tuple[str, ...]
    inputs: dict[str, str]
    """Content hashes of what it read, by name."""
    state: str
    """running, succeeded, failed or preempted."""
    seconds: float = 0.0
    """Wall-clock seconds of all its attempts on these inputs."""
    exit_code: int | None = None


_SAVING = threading.Lock()
"""Lock for saving: steps that run side by side may end, and be recorded, at the same time."""


@dataclass
class PipelineRecord:
    """Holds the content of ``pipeline.json``; ``save`` replaces the file as a whole."""

    directory: Path
    header: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, StepRecord] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path) -> PipelineRecord:
        """Read the record of a run directory; return an empty one where there is none."""
        document = read_json(directory / RECORD_NAME) or {}
        steps = {
            name: StepRecord(
                command=tuple(entry["command"]),
                inputs=dict(entry["inputs"]),
                state=str(entry["state"]),
                seconds=float(entry["seconds"]),
                exit_code=entry["exit_code"],
            )
            for name, entry in document.pop("steps", {}).items()
        }
        return cls(directory, document, steps)

    def describe(self, config: PipelineConfig, plan: Plan) -> None:
        """Set what the report needs to know of the plan.

        Evaluations enter one by one (``confirm``): an eval.json of an earlier start says nothing
        about this one until its step was found unchanged. Reused ones were checked beforehand.
        """
        reused = config.reuse_from is not None
        self.header = {
            "recipe": config.recipe,
            "seed": config.run.seed,
            "control": config.control,
            "reuse_from": self._relative(config.reuse_from) if config.reuse_from else None,
            "stages": list(config.wanted_stages),
            "evaluations": {
                stage: self._relative(path)
                for stage, path in plan.evaluations.items()
                if reused and stage not in RL_STAGES
            },
            "runs": {name: self._relative(path) for name, path in plan.runs.items()},
        }

    def confirm(self, step: Step) -> None:
        """Add a step's evaluations to the report, once it is done with its present inputs."""
        for stage, path in step.evaluations.items():
            self.header["evaluations"][stage] = self._relative(path)
        self.save()

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path.absolute(), self.directory.absolute())

    def save(self) -> None:
        """Write the record to ``pipeline.json``."""
        with _SAVING:
            ordered = sorted(
                self.steps, key=lambda name: STEPS.index(name) if name in STEPS else -1
            )
            steps = {name: vars(self.steps[name]) for name in ordered}
            write_json(self.directory / RECORD_NAME, {**self.header, "steps": steps})

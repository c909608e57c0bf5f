"""Commands that a run prints work when they are pasted into a shell."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from granite_rl import stage
from granite_rl.command_line.overrides import argument
from granite_rl.config import RunSection, StageConfig
from granite_rl.entry import configure, run_main
from granite_rl.rl.run import next_command
from granite_rl.runs.directory import RunDirectory, read_status, resume_command
from tests.granite_rl.stage_runs import stage_arguments

NASTY = "it's (1), a=b #é [x] {y} ~"


def test_the_next_command_of_a_stage_runs_from_a_shell(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, rows = tmp_path / NASTY, tmp_path / f"{NASTY}.jsonl"
    shutil.copyfile(any_rows, rows)
    given = ["stage=identity", *stage_arguments(tiny_checkpoint, rows, directory, 1)[1:]]
    config = configure("rl", StageConfig, given)
    section = RunSection(name="identity", dir=config.run.dir, resume="never", seed=0)
    with RunDirectory.open(
        section, kind="identity", config_yaml="", overrides=given, command=["x"]
    ) as run:
        shutil.copytree(tiny_checkpoint, run.hf)
        run.finish("succeeded", 0, next_command=next_command(config, run.hf))
    command = (read_status(directory) or {})["next_command"]
    python, dash_m, module, *arguments = shlex.split(command)
    assert (python, dash_m, module, arguments[0]) == ("python", "-m", "granite_rl.stage", "math")
    assert arguments.pop() == "data.train=FILE"
    assert run_main(stage.main, [*arguments, argument("data.train", rows), "--dry-run"]) == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    assert resolved["model"]["path"] == str(run.hf)
    assert resolved["data"]["train"] == [str(rows)]


def test_the_command_that_resumes_a_run_says_the_same_paths() -> None:
    typed = ["math", f"model.path=M/{NASTY}", "data.train=['a,b.jsonl',~/x=y.jsonl]"]
    typed += [f"run.dir=runs/{NASTY}", "run.resume=never"]
    command = shlex.split(resume_command(["python", "-m", "granite_rl.stage", *typed]))
    assert command[3:] == [*typed[:-1], "run.resume=auto"]
    config = configure("rl", StageConfig, ["stage=math", *command[4:]])
    assert config.run.dir == Path(f"runs/{NASTY}")
    assert config.data.train == (Path("a,b.jsonl"), Path.home() / "x=y.jsonl")

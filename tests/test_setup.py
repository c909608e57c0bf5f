"""Set-up without installing anything: what it refuses and skips, and that its targets exist."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOTSTRAP = ROOT / "scripts" / "bootstrap.sh"
SCRIPTS = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]


def bootstrap(venv: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BOOTSTRAP)],
        env=os.environ | {"VENV": str(venv)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_parse_and_may_be_run(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


def test_a_python_that_is_none_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    answer = bootstrap(tmp_path / "venv", PYTHON="/bin/false")
    assert answer.returncode == 3
    assert "PYTHON=/bin/false is not a Python" in answer.stderr
    assert not (tmp_path / "venv" / "bin").exists()


def test_a_machine_without_python_is_told_how_to_get_one(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "env", "dirname", "cat", "sha256sum", "cut", "mkdir", "flock", "uname"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True)
        (tools / tool).symlink_to(found.stdout.strip())
    answer = bootstrap(tmp_path / "venv", PATH=str(tools))
    assert answer.returncode == 3, answer.stderr
    assert "no Python ≥ 3.11" in answer.stderr
    assert "apt-get install python3.11" in answer.stderr


def test_an_environment_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    """The stamp is written as the script would; the fake interpreter proves that nothing is run."""
    text = BOOTSTRAP.read_text(encoding="utf-8")
    # Everything the script decides before its first installation, then the stamp it would write.
    head = text.split("# One set-up at a time")[0].replace(
        'cd "$(dirname "${BASH_SOURCE[0]}")/.."', f"cd {ROOT}"
    )
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text('#!/bin/sh\ntouch "$0.was-run"\nexit 1\n')
    (venv / "bin" / "python").chmod(0o755)
    stamp = subprocess.run(
        ["bash", "-c", head + '\nprintf %s "$want"'],
        env=os.environ | {"VENV": str(venv)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (venv / ".granite-rl-stamp").write_text(stamp)
    answer = bootstrap(venv)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert not (venv / "bin" / "python.was-run").exists()


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"setup", "demo", "demo-control", "test", "check", "bench"} <= targets
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        document = ROOT / name
        if document.is_file():
            named = set(re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE))
            assert named <= targets, name


def test_make_help_lists_the_targets() -> None:
    answer = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "make demo-control" in answer.stdout

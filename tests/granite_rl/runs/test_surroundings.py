"""Odd surroundings: a long TMPDIR, users without a home, files that hide our packages."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from granite_rl.errors import PreflightError
from granite_rl.runs import surroundings
from granite_rl.runs.surroundings import (
    LONGEST_SOCKET_PATH,
    RAY_SOCKET_NAME,
    ROOT,
    SOCKET_NAME,
    check_own_packages,
    home_problem,
    socket_directory,
)


def run(code: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python code in a directory, with our packages on the path behind it."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user may write, with a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o777)
        yield Path(directory)


@pytest.mark.parametrize("name", [SOCKET_NAME, RAY_SOCKET_NAME])
def test_sockets_fit_below_the_directory_that_is_chosen(
    name: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * LONGEST_SOCKET_PATH)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    chosen = socket_directory(name)
    assert chosen != str(deep)
    place = Path(tempfile.mkdtemp(dir=chosen))
    with socket.socket(socket.AF_UNIX) as listener:
        path = place / ("s" * (name - len(place.name) - 2))
        listener.bind(str(path))
    path.unlink()
    place.rmdir()


def test_without_a_short_directory_the_limit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("d" * 100)))
    monkeypatch.setattr(surroundings, "_SHORT_DIRECTORIES", ("/nowhere",))
    with pytest.raises(PreflightError, match="is too long for sockets") as caught:
        socket_directory(SOCKET_NAME)
    assert "of at most 67 bytes" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("home", "says"),
    [("/", "no place to write to"), ("/nowhere", "is not there"), (None, "no home")],
)
def test_a_user_without_a_home_gets_one(home: str | None, says: str, open_directory: Path) -> None:
    """As an unknown user, as containers have them; the modules are read before that."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    code = (
        "import getpass, os, pwd\nfrom pathlib import Path\n"
        "from granite_rl import doctor\nfrom granite_rl.runs import surroundings\n"
        "import rewards, envs, conf\n"
        "os.setgid(54321); os.setuid(54321)\n"
        "for _ in range(2): surroundings.prepare()\n"
        "print(Path.home(), getpass.getuser()); Path.home().joinpath('cache').touch()\n"
        "print(doctor.check_surroundings())\n"
    )
    variables = {"TMPDIR": str(open_directory)} | ({} if home is None else {"HOME": home})
    done = run(code, open_directory, **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{open_directory}/granite-rl-54321 uid54321\n")
    assert says in done.stdout
    assert "level='warn'" in done.stdout
    assert (open_directory / "granite-rl-54321").stat().st_mode & 0o777 == 0o700


def test_a_home_that_can_be_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home_problem() == ""
    surroundings.prepare()
    assert os.environ["HOME"] == str(tmp_path)


def test_our_packages_win_over_files_of_the_same_name(tmp_path: Path) -> None:
    for name in ("rewards.py", "envs.py", "sft.py"):
        (tmp_path / name).write_text("raise SystemExit('theirs')")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "__init__.py").write_text("raise SystemExit('theirs')")
    code = "import granite_rl.entry, rewards, envs, conf, sft.config\nprint(conf.__file__)"
    done = run(code, tmp_path)
    assert done.stdout == f"{ROOT / 'conf' / '__init__.py'}\n", done.stderr


def test_a_package_that_hides_ours_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_own_packages()
    (tmp_path / "envs.py").write_text("")
    code = "import envs, granite_rl.cli, sys; sys.exit(granite_rl.cli.main(['doctor']))"
    done = run(code, tmp_path)
    assert done.returncode == 3
    assert f"{tmp_path / 'envs.py'} hides granite-rl's own package 'envs'" in done.stderr

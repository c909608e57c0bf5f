"""Files named by path import what lies beside them, and are told when they would get another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewards import UnknownReward, get_reward
from rewards.sandbox.pool import RewardPool
from rewards.user_files import load_file_module

BESIDE = """
from rewards import reward
import {helper}

@reward("with_helper", timeout_s=5.0)
def with_helper(completion, ground_truth=None):
    return float({helper}.right(completion))

def lazily(completion):
    import {helper}_lazy
    return float({helper}_lazy.right(completion))

def reading(completion):
    from pathlib import Path
    return float(completion in Path(__file__).with_name("words.txt").read_text().split())

def relative(completion):
    return float(completion in open("words.txt").read().split())

def asking(completion):
    from urllib.request import urlopen
    return float(bool(urlopen("http://no-such-host.invalid", timeout=2)))

def calling(completion):
    import socket
    socket.create_connection(("10.0.0.1", 80), timeout=2)
    return 1.0

def writing(completion):
    open(__file__ + ".log", "w").write(completion)
    return 1.0
"""


@pytest.fixture(autouse=True)
def modules() -> Iterator[None]:
    """Forget what a test imported."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("_user_file_", "aid", "shared", "statistics_")):
            del sys.modules[name]


def written(directory: Path, helper: str, right: str) -> str:
    directory.mkdir(exist_ok=True)
    for name in (helper, f"{helper}_lazy"):
        (directory / f"{name}.py").write_text(f"def right(text):\n    return text == {right!r}\n")
    (directory / "words.txt").write_text("yes sure")
    (directory / "mine.py").write_text(BESIDE.format(helper=helper))
    return str(directory / "mine.py")


def test_it_imports_its_neighbour_at_its_top_and_in_a_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "here", "aid", "yes")
    monkeypatch.chdir(tmp_path)
    assert get_reward(f"{file}:with_helper").score("yes").score == 1.0
    assert get_reward(f"{file}:with_helper").score("no").score == 0.0
    assert get_reward(f"{file}:lazily").score("yes").score == 1.0
    assert str(tmp_path / "here") not in sys.path


def test_so_it_does_in_a_worker_and_it_reads_a_file_beside_it(tmp_path: Path) -> None:
    file = written(tmp_path / "here", "aid", "yes")
    asked = ("with_helper", "lazily", "reading", "relative", "writing", "asking", "calling")
    with RewardPool(1) as pool:
        results = pool.score([{"reward": f"{file}:{name}", "completion": "yes"} for name in asked])
        isolation = pool.isolation
    said = dict(zip(asked, results, strict=True))
    for name in asked[:3]:
        assert (said[name].status, said[name].score) == ("ok", 1.0), said[name].message
    assert said["relative"].status == "error"
    assert "Path(__file__).with_name('words.txt')" in said["relative"].message
    if not isolation.files:
        assert said["writing"].status == "error"
        assert "may read files and not write them" in said["writing"].message
    for name in ("asking", "calling") if not isolation.network else ():
        assert said[name].status == "error"
        assert "has no network, unless it says isolated=False" in said[name].message


def test_a_file_that_reads_a_relative_one_when_it_is_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.txt").write_text("yes")
    file = tmp_path / "mine.py"
    file.write_text("WORDS = open('words.txt').read()\ndef f(completion):\n    return 1.0\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(UnknownReward, match=r"FileNotFoundError.*with_name\('words.txt'\)"):
        get_reward(f"{file}:f")


def test_two_directories_with_one_name_are_refused(tmp_path: Path) -> None:
    """A module of that name can't be both; the second file would get the first one's."""
    first = written(tmp_path / "first", "shared", "yes")
    second = written(tmp_path / "second", "shared", "no")
    assert get_reward(f"{first}:with_helper").score("yes").score == 1.0
    with pytest.raises(UnknownReward, match=r"imports 'shared', which is .*first.*not .*second"):
        get_reward(f"{second}:with_helper")
    assert get_reward(f"{first}:lazily").score("yes").score == 1.0


def test_a_name_that_is_installed_is_refused_and_one_of_python_is_pythons(tmp_path: Path) -> None:
    (tmp_path / "hypothesis.py").write_text("x = 1\n")
    (tmp_path / "statistics.py").write_text("x = 1\n")
    (tmp_path / "taken.py").write_text("import hypothesis\n")
    (tmp_path / "fine.py").write_text("import statistics\nmean = statistics.mean([1, 3])\n")
    with pytest.raises(LookupError, match=r"imports 'hypothesis', which is .*site-packages"):
        load_file_module(tmp_path / "taken.py")
    assert load_file_module(tmp_path / "fine.py").mean == 2


def test_a_folder_of_data_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "aid_data").mkdir()
    (tmp_path / "mine.py").write_text(
        "try:\n    import aid_data\nexcept ImportError:\n    aid_data = None\n"
    )
    assert load_file_module(tmp_path / "mine.py").aid_data is None


def test_what_a_neighbour_imports_is_checked_too(tmp_path: Path) -> None:
    for place, value in (("first", 1), ("second", 2)):
        directory = tmp_path / place
        directory.mkdir()
        (directory / "shared_base.py").write_text(f"value = {value}\n")
        (directory / f"aid_{place}.py").write_text("from shared_base import value\n")
        (directory / "mine.py").write_text(f"from aid_{place} import value\n")
    assert load_file_module(tmp_path / "first" / "mine.py").value == 1
    with pytest.raises(LookupError, match=r"aid_second.py imports 'shared_base'"):
        load_file_module(tmp_path / "second" / "mine.py")

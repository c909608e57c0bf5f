"""What a reward prints is seen where somebody looks, and a slow import is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewards.sandbox.pool import RewardPool
from rewards.sandbox.watching import MAX_PRINTED_CHARS

REWARDS = """
import sys, time
from rewards import reward
print("loading talks")

@reward("talks", timeout_s=1.0)
def talks(completion):
    if completion == "much":
        print("x" * 1_000_000)
        print("never seen")
    elif completion == "hang":
        print("before it hangs")
        time.sleep(60)
    else:
        print("scoring", completion)
        print("unfinished", end="")
    return 1.0

@reward("slow", timeout_s=0.5)
def slow(completion):
    import slow_library
    return 1.0

@reward("declared", timeout_s=0.5, imports=("slow_library",))
def declared(completion):
    import slow_library
    return 1.0

@reward("failing", timeout_s=5.0)
def failing(completion):
    import failing_library
    return 1.0

@reward("absent", timeout_s=5.0)
def absent(completion):
    import no_such_library
    return 1.0

@reward("own_fault", timeout_s=5.0)
def own_fault(completion):
    import quick_library
    raise ValueError("mine")

@reward("crashing", timeout_s=5.0)
def crashing(completion):
    import crashing_library

@reward("temporary", timeout_s=5.0)
def temporary(completion):
    import tempfile
    if completion == "where":
        return float(bool(tempfile.gettempdir()))
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    return 1.0
"""
LIBRARIES = {
    "slow_library": "import time\ntime.sleep(1.5)\n",
    "failing_library": "open(__file__ + '.cache', 'w').write('x')\n",
    "crashing_library": "import os\nos._exit(1)\n",
    "quick_library": "",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    installed = tmp_path_factory.mktemp("installed")
    for name, text in LIBRARIES.items():
        (installed / f"{name}.py").write_text(text)
    (installed / "here").mkdir()
    (installed / "here" / "watched.py").write_text(REWARDS)
    return installed / "here" / "watched.py"


@pytest.fixture(scope="module")
def pool(file: Path) -> Iterator[RewardPool]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(file.parents[1]))
        with RewardPool(1, memory_mib=512) as made:
            yield made


def test_prints_reach_the_listener_with_their_item(file: Path) -> None:
    heard: list[tuple[str, str]] = []

    def listener(item: Any, text: str) -> None:
        heard.append((item["completion"], text))

    with RewardPool(1, listener=listener, cache_entries=0) as pool:
        texts = ["one", "much", "hang", "two"]
        results = pool.score([{"reward": f"{file}:talks", "completion": t} for t in texts])
    assert [result.status for result in results] == ["ok", "ok", "timeout", "ok"]
    by_item = {text: "\n".join(said for which, said in heard if which == text) for text in texts}
    assert "loading talks" in by_item["one"]
    assert by_item["one"].endswith("scoring one\nunfinished")
    assert "x" * 100 in by_item["much"]
    assert len(by_item["much"]) <= MAX_PRINTED_CHARS
    assert "never seen" not in by_item["much"]
    assert "before it hangs" in by_item["hang"], "the lines that matter most"
    assert "scoring two" in by_item["two"]


def test_without_a_listener_nothing_is_printed(
    file: Path, pool: RewardPool, capfd: pytest.CaptureFixture[str]
) -> None:
    (result,) = pool.score([{"reward": f"{file}:talks", "completion": "x"}])
    assert result.score == 1.0
    assert "scoring" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("name", "status", "advice"),
    [
        ("slow", "timeout", "slow_library"),
        ("failing", "error", "failing_library"),
        ("crashing", "error", "crashing_library"),
        ("absent", "error", None),
        ("own_fault", "error", None),
        ("declared", "ok", None),
    ],
)
def test_a_first_import_in_a_completions_time_is_named_where_it_is_to_blame(
    file: Path, pool: RewardPool, name: str, status: str, advice: str | None
) -> None:
    if name == "failing" and pool.isolation.files:
        pytest.skip(f"this kernel can't bar writing: {pool.isolation.files}")
    (result,) = pool.score([{"reward": f"{file}:{name}", "completion": "x"}])
    assert result.status == status, result.message
    if advice is None:
        assert "imports=" not in result.message
    else:
        assert f"imports=('{advice}',)" in result.message


def test_asking_for_the_temporary_directory_works_and_writing_there_is_refused_by_name(
    file: Path, pool: RewardPool
) -> None:
    where, write = pool.score(
        [{"reward": f"{file}:temporary", "completion": text} for text in ("where", "write")]
    )
    assert where.score == 1.0
    if not pool.isolation.files:
        assert write.status == "error"
        assert "may read files and not write them" in write.message


@pytest.mark.slow
def test_torch_can_be_imported_in_time_or_is_named(file: Path, tmp_path: Path) -> None:
    heavy = tmp_path / "heavy.py"
    heavy.write_text(
        "from rewards import reward\n"
        "@reward('patient', timeout_s=60.0)\n"
        "def patient(completion):\n"
        "    import torch\n    return float(torch.ones(2).sum() == 2)\n"
        "@reward('hasty', timeout_s=0.2)\n"
        "def hasty(completion):\n"
        "    import torch\n    return 1.0\n"
        "@reward('declared', timeout_s=1.0, imports=('torch',))\n"
        "def declared(completion):\n"
        "    import torch\n    return float(torch.ones(2).sum() == 2)\n"
    )
    with RewardPool(1, memory_mib=4096) as pool:
        hasty, patient, declared = pool.score(
            [
                {"reward": f"{heavy}:{n}", "completion": "x"}
                for n in ("hasty", "patient", "declared")
            ]
        )
    assert hasty.status == "timeout"
    assert "imports=('torch',)" in hasty.message
    assert (patient.status, patient.score) == ("ok", 1.0), patient.message
    assert (declared.status, declared.score) == ("ok", 1.0), declared.message

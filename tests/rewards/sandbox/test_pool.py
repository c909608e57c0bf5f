"""The pool survives everything that text, or a verifier, can do to it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewards.result import RewardResult
from rewards.sandbox.pool import RewardPool

HOSTILE = """
import ctypes, os, pathlib, signal, socket, subprocess, sys, time
from rewards import reward

@reward("hostile", range=(0.0, 1.0), timeout_s=0.5)
def hostile(completion: str, ground_truth=None) -> float:
    if completion == "hang":
        while True:
            pass
    if completion == "sleep":
        time.sleep(60)
    if completion == "deaf":
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            pass
    if completion == "exit":
        os._exit(0)
    if completion == "fork":
        os.fork()
        return 1.0
    if completion == "crash":
        ctypes.string_at(0)
    if completion == "memory":
        return float(len(bytearray(8 << 30)))
    if completion == "raise":
        raise RuntimeError("boom")
    if completion == "quit":
        raise SystemExit(3)
    if completion == "nan":
        return float("nan")
    if completion == "deep":
        return 1.0 if deep(0) else 0.0
    if completion == "chatter":
        print("x" * 1_000_000)
        os.write(1, b"y" * 1_000_000)
        return 1.0
    if completion == "file":
        pathlib.Path("left_behind").write_text("x")
        return 1.0
    if completion == "elsewhere":
        pathlib.Path(ground_truth).write_text("x")
        return 1.0
    if completion == "network":
        socket.create_connection(("127.0.0.1", int(ground_truth)), timeout=2)
        return 1.0
    if completion == "child":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        time.sleep(60)
    if completion == "parent":
        os.kill(os.getppid(), signal.SIGKILL)
        return 1.0
    if completion == "environment":
        return float("HOME" in os.environ)
    if completion == "pid":
        return os.getpid() / 1e9
    return float(completion == "good")

def deep(n):
    return deep(n + 1)

def load_model():
    # Needs a file, as libraries do that unpack their models.
    if not hasattr(sys, "model"):
        import tempfile
        with tempfile.TemporaryFile() as file:
            file.write(b"model")
        sys.model = "loaded"

@reward("heavy", imports=("heavy_library:load_model",))
def heavy(completion: str) -> float:
    return float(sys.model == "loaded")

@reward("broken", imports=("no_such_library",))
def broken(completion: str) -> float:
    return 1.0

@reward("judge", isolated=False, imports=("wave",))
def judge(completion: str) -> float:
    return float("HOME" in os.environ and "wave" in sys.modules)
"""


@pytest.fixture(scope="module")
def reward_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rewards") / "hostile.py"
    path.write_text(HOSTILE)
    return path


@pytest.fixture(scope="module")
def pool(reward_file: Path) -> Iterator[RewardPool]:
    with RewardPool(2, memory_mib=512) as made:
        yield made


def items(reward_file: Path, *completions: str, truth: Any = None) -> list[dict[str, Any]]:
    name = f"{reward_file}:hostile"
    return [{"reward": name, "completion": text, "ground_truth": truth} for text in completions]


def test_verdicts_come_back_in_order(pool: RewardPool, reward_file: Path) -> None:
    wanted = [index % 3 == 0 for index in range(500)]
    texts = ["good" if good else f"bad {index}" for index, good in enumerate(wanted)]
    results = pool.score(items(reward_file, *texts))
    assert [result.score for result in results] == [float(good) for good in wanted]
    assert {result.status for result in results} == {"ok"}


def test_a_process_that_a_reward_forks_gives_no_verdicts(
    pool: RewardPool, reward_file: Path
) -> None:
    texts = ["fork", "bad", "good", "fork", "good", "bad"] * 5
    results = pool.score(items(reward_file, *texts))
    assert [result.score for result in results] == [1.0, 0.0, 1.0, 1.0, 1.0, 0.0] * 5


@pytest.mark.parametrize(
    ("completion", "status"),
    [
        ("hang", "timeout"),
        ("sleep", "timeout"),
        ("deaf", "timeout"),
        ("child", "timeout"),
        ("exit", "error"),
        ("crash", "error"),
        ("memory", "error"),
        ("raise", "error"),
        ("quit", "error"),
        ("nan", "error"),
        ("deep", "error"),
    ],
)
def test_a_poisoned_item_costs_its_own_verdict(
    pool: RewardPool, reward_file: Path, completion: str, status: str
) -> None:
    begin = time.monotonic()
    results = pool.score(items(reward_file, *["good"] * 40, completion, *["good"] * 40))
    assert [result.score for result in results] == [1.0] * 40 + [0.0] + [1.0] * 40
    assert results[40].status == status
    assert results[40].message
    assert time.monotonic() - begin < 20


def test_an_asynchronous_reward_has_its_time_too(pool: RewardPool, tmp_path: Path) -> None:
    file = tmp_path / "waiting.py"
    file.write_text(
        "import asyncio\n"
        "from rewards import reward\n"
        "@reward('waiting', timeout_s=0.5)\n"
        "async def waiting(completion):\n"
        "    await asyncio.sleep(float(completion))\n"
        "    return 1.0\n"
    )
    texts = ["0", "0.01", "60", "0"]
    results = pool.score([{"reward": f"{file}:waiting", "completion": text} for text in texts])
    assert [result.status for result in results] == ["ok", "ok", "timeout", "ok"]


def test_every_item_may_be_poisoned(pool: RewardPool, reward_file: Path) -> None:
    before = pool.replaced
    results = pool.score(items(reward_file, *["exit"] * 30))
    assert {result.status for result in results} == {"error"}
    assert pool.replaced == before + 30


def test_output_of_a_verifier_is_no_answer(
    pool: RewardPool, reward_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert pool.score(items(reward_file, "chatter", "good"))[1].score == 1.0
    assert "xxx" not in capfd.readouterr().out


def test_nothing_can_be_written(pool: RewardPool, reward_file: Path, tmp_path: Path) -> None:
    if pool.isolation.files:
        pytest.skip(f"this kernel can't bar writing: {pool.isolation.files}")
    target = tmp_path / "x"
    (here,) = pool.score(items(reward_file, "file"))
    (there,) = pool.score(items(reward_file, "elsewhere", truth=str(target)))
    assert (here.status, there.status) == ("error", "error")
    assert "PermissionError" in here.message
    assert not target.exists()


def test_there_is_no_network(pool: RewardPool, reward_file: Path) -> None:
    import socket

    if pool.isolation.network:
        pytest.skip(f"this kernel can't bar the network: {pool.isolation.network}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (result,) = pool.score(items(reward_file, "network", truth=port))
    assert result.status == "error"
    assert "OSError" in result.message


def test_secrets_of_the_environment_stay_out(pool: RewardPool, reward_file: Path) -> None:
    assert "HOME" in os.environ
    assert pool.score(items(reward_file, "environment"))[0].score == 0.0


def test_a_reward_that_asks_for_them_keeps_environment_and_network(
    pool: RewardPool, reward_file: Path
) -> None:
    judged = {"reward": f"{reward_file}:judge", "completion": "x"}
    good, bad = items(reward_file, "good", "bad")
    results = pool.score([good, judged, bad, judged, good])
    assert [result.score for result in results] == [1.0, 1.0, 0.0, 1.0, 1.0]


def test_slow_imports_are_done_once_where_files_may_be_written(
    reward_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = reward_file.with_name("heavy_library.py")
    library.write_text(HOSTILE)
    monkeypatch.syspath_prepend(str(library.parent))
    heavy = {"reward": f"{library}:heavy", "completion": "x"}
    with RewardPool(2) as pool:
        results = pool.score([heavy, *items(reward_file, "good", "hang"), heavy, heavy])
    assert [result.score for result in results] == [1.0, 1.0, 0.0, 1.0, 1.0], results


def test_what_can_not_be_loaded_is_the_error_of_those_that_need_it(
    pool: RewardPool, reward_file: Path
) -> None:
    broken = {"reward": f"{reward_file}:broken", "completion": "x"}
    results = pool.score([*items(reward_file, "good"), broken, *items(reward_file, "good")])
    assert [result.status for result in results] == ["ok", "error", "ok"]
    assert "no_such_library" in results[1].message


def test_the_fork_server_is_out_of_reach(pool: RewardPool, reward_file: Path) -> None:
    """Killing it would cost all later replacements."""
    if pool.isolation.files:
        pytest.skip("needs Landlock's scopes")
    (result,) = pool.score(items(reward_file, "parent"))
    assert result.status == "error"
    assert pool.score(items(reward_file, "exit", "good"))[1].score == 1.0


def test_no_process_and_no_file_is_left(reward_file: Path) -> None:
    with RewardPool(2) as pool:
        pool.score(items(reward_file, "child", "good", "hang"))
        pids = [worker.pid for worker in pool._workers] + [pool._fork_server.pid]
        directory = Path(pool._directory.name)
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert not directory.exists()
    sleepers = [
        path.parent
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"time.sleep(600)" in _read(path)
    ]
    assert not sleepers, "a verifier's own child outlived it"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_pool_works_from_threads_and_asyncio(pool: RewardPool, reward_file: Path) -> None:
    batch = items(reward_file, *["good", "bad", "hang", "good"])
    wanted = [1.0, 0.0, 0.0, 1.0]
    seen: list[list[RewardResult]] = []
    threads = [threading.Thread(target=lambda: seen.append(pool.score(batch))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def some() -> list[list[RewardResult]]:
        return await asyncio.gather(*(asyncio.to_thread(pool.score, batch) for _ in range(2)))

    seen += asyncio.run(some())
    assert len(seen) == 5
    for results in seen:
        assert [result.score for result in results] == wanted
        assert results[2].status == "timeout"


def test_rows_that_are_no_json_are_errors(pool: RewardPool, reward_file: Path) -> None:
    batch = items(reward_file, "good", "good", truth=object())
    batch[0]["ground_truth"] = None
    batch.append({"reward": "no_such_reward", "completion": "x"})
    batch.append({"reward": "math", "completion": None})
    results = pool.score(batch)
    assert [result.status for result in results] == ["ok", "error", "error", "error"]
    assert "no_such_reward" in results[2].message


def test_lone_surrogates_and_huge_completions(pool: RewardPool, reward_file: Path) -> None:
    results = pool.score(items(reward_file, "\ud800", "good", "x" * 1_000_001))
    assert [result.status for result in results] == ["ok", "ok", "wrong_format"]


def test_equal_items_are_scored_once(pool: RewardPool, reward_file: Path) -> None:
    first = pool.score(items(reward_file, "pid", "raise"))
    hits = pool.cache_hits
    second = pool.score(items(reward_file, "pid", "raise"))
    assert first[0] == second[0]
    assert pool.cache_hits == hits + 1, "a failure is not remembered"


def test_failing_to_start_is_said() -> None:
    from rewards.sandbox.pool import PoolError

    with (
        RewardPool(1, target="no_such_module:prepare") as pool,
        pytest.raises(PoolError, match="exit code 1"),
    ):
        pool.score([{"reward": "math", "completion": "x"}])


def test_the_owner_dying_takes_everything_along(reward_file: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys, time; from rewards.sandbox.pool import RewardPool\n"
        "pool = RewardPool(1)\n"
        "pool.isolation\n"
        "print(pool._workers[0].pid, pool._fork_server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = owner.stdout.readline().split()
    assert len(pids) == 2
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its owner"
        time.sleep(0.02)

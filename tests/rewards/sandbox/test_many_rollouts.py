"""Ten thousand rollouts, two hundred of them hostile, all get a verdict, and none hangs."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from rewards.commands.attacks import FORMAT_BOMBS, INJECTIONS, RESOURCE_BOMBS
from rewards.sandbox.pool import RewardPool
from tests.rewards.sandbox.test_pool import HOSTILE

pytestmark = pytest.mark.slow

ROLLOUTS, POISONED, ATTACKS = 10_000, 40, 160

KINDS: tuple[tuple[str, Any, str, str], ...] = (
    ("math", "42", "\\boxed{42}", "\\boxed{41}"),
    ("mcq", "B", "The answer is B", "The answer is C"),
    ("json_schema", {"schema": {"type": "object"}, "value": {"a": 1}}, '{"a": 1}', '{"a": 2}'),
    (
        "sql",
        {
            "schema_sql": "CREATE TABLE t(x); INSERT INTO t VALUES (1), (2);",
            "gold_sql": "SELECT x FROM t",
        },
        "SELECT x FROM t",
        "SELECT 7",
    ),
    (
        "ifeval",
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
        "no such sign here",
        "a sign, here",
    ),
)


def test_none_is_lost_and_none_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = tmp_path / "hostile.py"
    hostile.write_text(HOSTILE.replace("timeout_s=0.5", "timeout_s=0.2"))
    rng = random.Random(0)
    rollouts: list[tuple[dict[str, Any], float | None]] = []
    for _ in range(ROLLOUTS - POISONED - ATTACKS):
        name, truth, right, wrong = rng.choice(KINDS)
        good = rng.random() < 0.5
        # A line of their own before the answer keeps the pool from remembering them.
        text = right if good else wrong
        text = f"{rng.random()}</think>{text}"
        rollouts.append(({"reward": name, "completion": text, "ground_truth": truth}, float(good)))
    attacks = INJECTIONS + FORMAT_BOMBS + RESOURCE_BOMBS
    for number in range(ATTACKS):
        name, truth, _, _ = KINDS[number % 4]  # every text follows some instruction
        text = attacks[number % len(attacks)]
        rollouts.append(({"reward": name, "completion": text, "ground_truth": truth}, 0.0))
    for number in range(POISONED):
        text = ("hang", "exit", "crash", "memory", "deaf")[number % 5]
        rollouts.append(({"reward": f"{hostile}:hostile", "completion": text}, None))
    rng.shuffle(rollouts)

    before = set(tmp_path.iterdir())
    begin = time.monotonic()
    with RewardPool(2, memory_mib=512) as pool:
        results = pool.score([item for item, _ in rollouts])
        pids = [worker.pid for worker in pool._workers]
    assert time.monotonic() - begin < 300
    assert len(results) == ROLLOUTS
    for (item, wanted), result in zip(rollouts, results, strict=True):
        if wanted is None:
            assert not result.teaches, item
        elif result.teaches:
            assert result.score == wanted, (item, result)
        else:
            assert wanted == 0.0, (item, result)
    assert set(tmp_path.iterdir()) == before | {tmp_path / "__pycache__"} & set(tmp_path.iterdir())
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]

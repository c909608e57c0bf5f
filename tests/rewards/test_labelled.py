"""Verifiers disagree with other people's labels no more often than stated, on shipped samples.

The whole sets and what to make of the disagreements: docs/verifiers.md.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from rewards import get_reward

SAMPLES = Path(__file__).parent / "labelled"
# Rows, false positives, false negatives, rows without a verdict.
EXPECTED = {
    "csv_spectrum": (12, 0, 1, 0),
    "json_schema": (32, 0, 0, 0),
    "sql": (30, 0, 1, 2),
    "tool_call": (15, 0, 0, 1),
    "yaml": (50, 2, 4, 0),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name == "sql" else ()) for name in EXPECTED],
)
def test_disagreements_with_labels_are_the_known_ones(name: str) -> None:
    rows, found = 0, Counter[str]()
    for line in (SAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        result = get_reward(row["reward"]).score(
            row["completion"], ground_truth=row["ground_truth"]
        )
        rows += 1
        if not result.teaches:
            found["error"] += 1
        elif (result.score > 0) != row["correct"]:
            found["FN" if row["correct"] else "FP"] += 1
    assert (rows, found["FP"], found["FN"], found["error"]) == EXPECTED[name]


def test_every_sample_is_used() -> None:
    assert {file.stem for file in SAMPLES.glob("*.jsonl")} == EXPECTED.keys()

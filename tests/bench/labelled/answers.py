"""Reads labelled short answers: our own row format, and GSM8K's model solutions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GSM8K_SOLVERS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read JSON lines that are rows already."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def gsm8k(path: Path) -> Iterator[dict[str, Any]]:
    """Read `example_model_solutions.jsonl` of github.com/openai/grade-school-math (MIT).

    Four solutions per problem become `math` rows with the text after "A:" boxed.
    """
    for record in rows(path):
        gold = record["ground_truth"].rsplit("A: ", 1)[-1].strip()
        for solver in GSM8K_SOLVERS:
            solution = record[solver]["solution"]
            answer = (
                solution.rsplit("A: ", 1)[-1] if "A: " in solution else solution.split("\n")[-1]
            )
            yield {
                "reward": "math",
                "completion": f"\\boxed{{{answer.strip()}}}",
                "ground_truth": gold,
                "correct": record[solver]["is_correct"],
            }

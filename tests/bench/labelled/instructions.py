"""Reads labelled responses to verifiable instructions: IFEval and its multilingual relatives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.labelled.answers import rows

# The published evaluation adds no key to its results, so kwargs are found by prompt and ids.
_Key = tuple[str, tuple[str, ...]]


def _key(record: dict[str, Any]) -> _Key:
    return record["prompt"], tuple(record["instruction_id_list"])


def ifeval(path: Path) -> Iterator[dict[str, Any]]:
    """Read a directory of `eval_results_strict.jsonl`, anywhere below it, with the prompts' files.

    The results are what the published `evaluation_main.py` writes; the kwargs stand in
    `*input_data.jsonl` of the same directory: `instruction_following_eval` of
    github.com/google-research/google-research (GPT-4's responses) and
    github.com/lightblue-tech/M-IFEval (seventeen models in Spanish, French and Japanese), both
    Apache-2.0. Every instruction is a row of its own; its id and the file are the row's name.
    """
    kwargs: dict[_Key, list[dict[str, Any]]] = {
        _key(record): record["kwargs"]
        for file in sorted(path.rglob("*input_data.jsonl"))
        for record in rows(file)
    }
    for file in sorted(path.rglob("eval_results_strict.jsonl")):
        for record in rows(file):
            given = kwargs[_key(record)]
            for n, (id, verdict) in enumerate(
                zip(record["instruction_id_list"], record["follow_instruction_list"], strict=True)
            ):
                yield {
                    "reward": "ifeval",
                    "name": f"{id} {file.parent.name}",
                    "completion": record["response"],
                    "ground_truth": {"instruction_id_list": [id], "kwargs": [given[n]]},
                    "correct": verdict,
                }

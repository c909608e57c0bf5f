"""Reads other people's labelled material as rows that `tests.bench.rewards_accuracy` scores.

One module per subject, one reader per format. A row is
`{"reward", "completion", "ground_truth", "correct", "extra_info": optional}`, or
`{"reward", "not_applicable": why}` for what a verifier is not made for. The data isn't part of this
repository; every reader says where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.labelled import (
    answers,
    instructions,
    languages,
    quantities,
    queries,
    structured,
    tool_calls,
)

Row = dict[str, Any]

READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "rows": answers.rows,
    "gsm8k": answers.gsm8k,
    "ifeval": instructions.ifeval,
    "scibench": quantities.scibench,
    "verieql": queries.verieql,
    "sqlsolver": queries.sqlsolver,
    "defog": queries.defog,
    "json-schema": structured.json_schema_suite,
    "json": structured.json_test_suite,
    "yaml": structured.yaml_suite,
    "csv": structured.csv_suite,
    "sentences": languages.sentences,
    "bfcl": tool_calls.bfcl,
    "bfcl-questions": tool_calls.bfcl_questions,
}

"""Structured output: the response is JSON, follows its schema, and says the right thing.

A schema alone pays for empty but valid JSON, so rows should carry the expected `value` as well;
then both must hold. The parser is stricter than `json.loads`: NaN and infinities, duplicate keys,
text around the JSON (a single code fence is allowed) and deep nesting are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import SchemaError

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning

MAX_CHARS = 100_000
MAX_DEPTH = 64

_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)


class NotJson(ValueError):
    """The text is not acceptable JSON; the message says why."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("duplicate keys")
    return found


def _no_constant(name: str) -> float:
    raise NotJson(f"{name} is not JSON")


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def parse_strict(text: str) -> Any:
    """Parse JSON, or raise `NotJson` for what lenient parsers let through."""
    if len(text) > MAX_CHARS:
        raise NotJson(f"longer than {MAX_CHARS} characters")
    # Counts brackets inside strings too: 64 of them in one string are no loss, and the count
    # keeps 100,000 nested '[' from raising RecursionError inside the parser.
    if _depth(text) > MAX_DEPTH:
        raise NotJson(f"nested deeper than {MAX_DEPTH}")
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except NotJson:
        raise
    except ValueError as problem:
        raise NotJson(str(problem)) from None


def same_value(given: Any, wanted: Any) -> bool:
    """Deep equality in JSON's terms: 1 == 1.0, but true is not 1; arrays are ordered."""
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(
            same_value(given[key], wanted[key]) for key in wanted
        )
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(same_value, given, wanted))
    return bool(given == wanted)


@lru_cache(maxsize=1024)
def _validator(schema_json: str) -> Any:
    """The validator of a schema; raises SchemaError. Checking one costs more than using it."""
    schema = json.loads(schema_json)
    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    kind.check_schema(schema)
    return kind(schema)


@reward("json_schema", range=(0.0, 1.0), timeout_s=2.0)
def json_schema(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """1 if the response is JSON that satisfies `schema` and, where given, equals `value`.

    `ground_truth` is `{"schema": {...}, "value": optional}`; the draft is taken from `$schema`
    and is 2020-12 without one.
    """
    schema = ground_truth.get("schema")
    if not isinstance(schema, dict):
        return RewardResult.error("json_schema: ground_truth has no 'schema' object")
    try:
        validator = _validator(json.dumps(schema, sort_keys=True))
    except SchemaError as problem:
        return RewardResult.error(f"json_schema: not a JSON schema: {problem.message}"[:300])
    text = after_reasoning(completion).strip()
    fenced = _FENCE.match(text)
    try:
        value = parse_strict(fenced[1] if fenced else text)
    except NotJson as problem:
        return RewardResult.wrong_format(f"not JSON: {problem}"[:200])
    broken = next(validator.iter_errors(value), None)
    equal = "value" not in ground_truth or same_value(value, ground_truth["value"])
    if broken is not None:
        message = f"breaks the schema: {broken.message}"[:200]
    else:
        message = "" if equal else "valid, but not the wanted value"
    return RewardResult(
        float(broken is None and equal),
        components={"schema": float(broken is None), "value": float(equal)},
        extracted=text[:500],
        message=message,
    )

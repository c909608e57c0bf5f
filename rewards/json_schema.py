"""The reward `json_schema` wants JSON that follows its schema and says the right thing.

A schema alone pays for empty but valid JSON, so rows should carry the expected `value` as well;
then both must hold. Parsing is strict (`rewards.structured.strict_json`), the validator neither
hangs nor fetches (`rewards.structured.schema`), and what may differ from `value` is up to the row
(`rewards.structured.compare`). Text around the JSON is refused; a single code fence is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rewards.reading.text import after_reasoning
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.structured.compare import BadRules, rules_of, same_value
from rewards.structured.schema import BadSchema, Undecided, breach_of
from rewards.structured.strict_json import NotJson, parse_strict, unfenced
from rewards.structured.verdict import verdict


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    """Write the wanted value; a schema alone doesn't say one.

    Raises:
        ValueError: the schema is `false`, so that nothing can be right: the row is broken.
    """
    if ground_truth["schema"] is False:
        raise ValueError("json_schema: the schema is false, which no value satisfies")
    if "value" not in ground_truth:
        return None
    return json.dumps(ground_truth["value"], ensure_ascii=False)


@reward("json_schema", range=(0.0, 1.0), timeout_s=2.0, gold=gold)
def json_schema(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the response is JSON that satisfies `schema` and, where given, equals `value`.

    `ground_truth` is `{"schema": {...}, "value": optional, "compare": optional,
    "check_formats": optional}`. The draft is taken from `$schema` and is 2020-12 without one; the
    schema may be `true`, which accepts any JSON, or `false`, which accepts none and pays nothing;
    `compare` holds the rules of `rewards.structured.compare`; `check_formats: true` makes `format`
    count. Components: `schema` and `value`, each 0 or 1.
    """
    if "schema" not in ground_truth:
        return RewardResult.error("json_schema: ground_truth has no 'schema'")
    formats = ground_truth.get("check_formats") is True
    try:
        breach = breach_of(ground_truth["schema"], check_formats=formats)
        rules = rules_of(ground_truth.get("compare"))
        own = breach(ground_truth["value"]) if "value" in ground_truth else None
    except BadSchema as problem:
        return RewardResult.error(f"json_schema: not a JSON schema: {problem}")
    except (BadRules, Undecided) as problem:
        return RewardResult.error(f"json_schema: {problem}"[:300])
    if own is not None:
        return RewardResult.error(f"json_schema: the row's own value breaks the schema: {own}")
    text = unfenced(after_reasoning(completion))
    try:
        value = parse_strict(text)
    except NotJson as problem:
        return RewardResult.wrong_format(f"not JSON: {problem}"[:200])
    try:
        equal = "value" not in ground_truth or same_value(value, ground_truth["value"], rules)
        broken = breach(value)
    except (BadSchema, BadRules) as problem:
        return RewardResult.error(f"json_schema: {problem}"[:300])
    except Undecided as problem:
        # A wrong value is wrong whatever the pattern says; otherwise it is not known.
        if not equal:
            return RewardResult(0.0, extracted=text[:500], message="not the wanted value")
        return RewardResult.error(f"json_schema: {problem}")
    return verdict(text, equal=equal, broken=broken, otherwise="valid, but not the wanted value")

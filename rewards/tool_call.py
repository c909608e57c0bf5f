"""The reward `tool_call` wants the right functions with the right arguments, and no others.

Two formats are read:

* `granite` (the default), as the chat template writes it: text, if any, and then one or more
  `<tool_call>{"name": ..., "arguments": {...}}</tool_call>` with nothing but blanks between and
  after them. The tags decide: servers split at them without looking at the JSON, so a tag inside
  a string must be escaped (`\\u003c`).
* `json`: the whole response is one call or an array of calls, each `{"name", "arguments"}` or
  OpenAI's `{"type": "function", "function": {"name", "arguments"}}`, where the arguments may be
  a string that holds JSON. A single code fence is allowed.

Arguments must be valid by the function's `parameters` and equal the gold's; one that is left out
counts as its declared `default`. Calls within a reasoning block are not calls. Where no call is
right, any text without one scores, in whatever syntax (`rewards.structured.foreign_calls`): whether
it is a good answer is another reward's question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.reading.text import after_reasoning
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.structured.compare import (
    BadRules,
    Rules,
    perfect_matching,
    rules_of,
    same_value,
)
from rewards.structured.foreign_calls import attempts_call
from rewards.structured.schema import BadSchema, Breach, Undecided, breach_of
from rewards.structured.strict_json import MAX_CHARS, NotJson, parse_strict, unfenced

# Below what `perfect_matching` takes.
MAX_CALLS = 64

_TAG = re.compile(r"</?tool_call>")


class NotACall(ValueError):
    """Says why the response is not calls in the wanted format."""


@dataclass(frozen=True)
class Call:
    """Is one call as the model made it."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class _Tool:
    breach: Breach
    parameters: frozenset[str]
    defaults: Mapping[str, Any]


@dataclass(frozen=True)
class _Wanted:
    call: Call
    rules: Rules


def _call_of(value: Any) -> Call:
    """Read a call from parsed JSON, in either of the two spellings."""
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        if value.get("type", "function") != "function":
            raise NotACall("a call of another type than 'function'")
        value = value["function"]
        if isinstance(value.get("arguments"), str):
            value = {**value, "arguments": parse_strict(value["arguments"])}
    if not isinstance(value, dict) or value.keys() != {"name", "arguments"}:
        raise NotACall("a call has exactly a 'name' and 'arguments'")
    if not isinstance(value["name"], str) or not isinstance(value["arguments"], dict):
        raise NotACall("'name' is a string and 'arguments' is an object")
    return Call(value["name"], value["arguments"])


def granite_calls(text: str) -> list[Call]:
    """Return the calls that a response makes between `<tool_call>` tags; none is an empty list.

    Raises:
        NotACall: tags don't pair up, there is text after a call, or what a pair holds is no call.
    """
    if len(text) > MAX_CHARS:
        raise NotACall(f"longer than {MAX_CHARS} characters")
    pieces = _TAG.split(text)
    tags = _TAG.findall(text)
    if tags != ["<tool_call>", "</tool_call>"] * (len(tags) // 2):
        raise NotACall("<tool_call> and </tool_call> don't pair up")
    if len(tags) // 2 > MAX_CALLS:
        raise NotACall(f"more than {MAX_CALLS} calls")
    if any(piece.strip() for piece in pieces[2::2]):
        raise NotACall("text between or after calls")
    try:
        return [_call_of(parse_strict(piece)) for piece in pieces[1::2]]
    except NotJson as problem:
        raise NotACall(f"not JSON: {problem}"[:200]) from None


def json_calls(text: str) -> list[Call]:
    """Return the calls of a response that is JSON as a whole.

    Raises:
        NotACall: it is not JSON, or holds something that is no call.
    """
    try:
        value = parse_strict(unfenced(text))
        if isinstance(value, dict) and value.keys() == {"tool_calls"}:
            value = value["tool_calls"]
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_CALLS:
            raise NotACall(f"more than {MAX_CALLS} calls")
        return [_call_of(one) for one in values]
    except NotJson as problem:
        raise NotACall(f"not JSON: {problem}"[:200]) from None


def _tools_of(declared: Any) -> dict[str, _Tool]:
    if not isinstance(declared, list):
        raise BadRules("'tools' is not a list")
    tools: dict[str, _Tool] = {}
    for tool in declared:
        function = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            raise BadRules("a tool without a name")
        if function["name"] in tools:
            raise BadRules(f"two tools are called {function['name']!r}")
        schema = function.get("parameters") or {"type": "object", "properties": {}}
        if not isinstance(schema, dict):  # arguments are an object, and what it holds is declared
            raise BadRules(f"the 'parameters' of {function['name']!r} are no object")
        breach = breach_of(schema)
        properties = schema.get("properties", {})
        tools[function["name"]] = _Tool(
            breach,
            frozenset(properties),
            {
                name: inner["default"]
                for name, inner in properties.items()
                if isinstance(inner, dict) and "default" in inner
            },
        )
    return tools


def _wanted_of(calls: Any, tools: Mapping[str, _Tool]) -> list[_Wanted]:
    if not isinstance(calls, list) or len(calls) > MAX_CALLS:
        raise BadRules(f"'calls' is not a list of at most {MAX_CALLS}")
    wanted = []
    for one in calls:
        if not isinstance(one, Mapping) or not {"name", "arguments"} <= one.keys():
            raise BadRules("a wanted call has a 'name' and 'arguments'")
        if not isinstance(one["arguments"], dict) or one["name"] not in tools:
            raise BadRules(f"the wanted call {one['name']!r} is none of a declared tool")
        broken = tools[one["name"]].breach(one["arguments"])
        if broken is not None:
            raise BadRules(f"the wanted call {one['name']!r} breaks its schema: {broken}")
        wanted.append(_Wanted(Call(one["name"], one["arguments"]), rules_of(one.get("compare"))))
    return wanted


def _matches(call: Call, wanted: _Wanted, tools: Mapping[str, _Tool]) -> bool:
    if call.name != wanted.call.name:
        return False
    defaults, right = tools[call.name].defaults, wanted.call.arguments
    # As they stand as well: what may be left out is right without its default, whatever that is.
    return same_value(call.arguments, right, wanted.rules) or same_value(
        {**defaults, **call.arguments}, {**defaults, **right}, wanted.rules
    )


def _resembles_call(text: str) -> bool:
    """Tell whether a response is JSON with a name and arguments, be they ill-formed."""
    try:
        value = parse_strict(unfenced(text))
    except NotJson:
        return False
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and {"name", "arguments"} <= one.keys() for one in values)


def _no_call(text: str, tools: Mapping[str, _Tool]) -> RewardResult:
    """Score a row where no call is right: some text, and nothing that tries to be a call."""
    if unfenced(text).strip() == "[]":
        return RewardResult(1.0, extracted="[]", message="an empty array of calls")
    try:
        attempt = bool(json_calls(text))
    except NotACall:
        attempt = _resembles_call(text) or attempts_call(
            text, {name: tool.parameters for name, tool in tools.items()}
        )
    if attempt:
        return RewardResult(0.0, extracted=text[:500], message="a call where none is right")
    if not text.strip():
        return RewardResult.wrong_format("says nothing")
    return RewardResult(1.0, extracted=text[:500])


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write the wanted calls in the row's format; where none is right, a sentence."""
    calls = [
        json.dumps({"name": call["name"], "arguments": call["arguments"]}, ensure_ascii=False)
        for call in ground_truth["calls"]
    ]
    if not calls:
        return "No tool is needed for that."
    if ground_truth.get("format") == "json":
        return f"[{', '.join(calls)}]"
    escaped = (call.replace("<", "\\u003c") for call in calls)
    return "\n".join(f"<tool_call>{call}</tool_call>" for call in escaped)


@reward("tool_call", range=(0.0, 1.0), timeout_s=2.0, gold=gold)
def tool_call(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the response makes exactly the wanted calls, else 0.

    `ground_truth` is `{"tools": [...], "calls": [{"name", "arguments", "compare": optional}]}`,
    optionally with `ordered` (false: calls are a bag) and `format` ("granite" or "json"). Tools
    are OpenAI's `{"type": "function", "function": {"name", "parameters"}}` or just the inner
    object; `calls` is empty where no call is right; `compare` holds the rules of
    `rewards.structured.compare`, with pointers into the arguments. Components: `names`, `valid`
    (by the tools' schemas) and `arguments`, each 0 or 1.
    """
    form, ordered = ground_truth.get("format", "granite"), ground_truth.get("ordered", False)
    if form not in ("granite", "json") or not isinstance(ordered, bool):
        return RewardResult.error("tool_call: 'format' is granite or json, 'ordered' a boolean")
    try:
        tools = _tools_of(ground_truth.get("tools"))
        wanted = _wanted_of(ground_truth.get("calls"), tools)
    except (BadRules, BadSchema, Undecided) as problem:
        return RewardResult.error(f"tool_call: {problem}"[:300])
    text = after_reasoning(completion)
    if not wanted:
        return _no_call(text, tools)
    try:
        calls = granite_calls(text) if form == "granite" else json_calls(text)
    except NotACall as problem:
        return RewardResult.wrong_format(str(problem), extracted=text[:500])
    if not calls:
        return RewardResult.wrong_format("no call", extracted=text[:500])
    try:
        return _verdict(text, calls, wanted, tools, ordered)
    except (BadRules, BadSchema, Undecided) as problem:
        return RewardResult.error(f"tool_call: {problem}"[:300])


def _verdict(
    text: str,
    calls: list[Call],
    wanted: list[_Wanted],
    tools: Mapping[str, _Tool],
    ordered: bool,
) -> RewardResult:
    mine, theirs = [c.name for c in calls], [w.call.name for w in wanted]
    names = mine == theirs if ordered else sorted(mine) == sorted(theirs)
    equal = False
    if names and ordered:
        equal = all(_matches(c, w, tools) for c, w in zip(calls, wanted, strict=True))
    elif names:
        equal = perfect_matching(
            len(calls), lambda left, right: _matches(calls[left], wanted[right], tools)
        )
    try:
        broken = _first_breach(calls, tools)
    except Undecided:
        if equal:
            raise
        broken = "a pattern that cannot be decided"  # wrong in any case
    message = "" if equal else "other arguments"
    if not names:
        message = f"calls {', '.join(mine)[:100]} instead of {', '.join(theirs)[:100]}"
    elif broken is not None:
        message = f"not valid: {broken}"[:200]
    return RewardResult(
        float(names and equal and broken is None),
        components={
            "names": float(names),
            "valid": float(broken is None),
            "arguments": float(equal),
        },
        extracted=text[:500],
        message=message,
    )


def _first_breach(calls: list[Call], tools: Mapping[str, _Tool]) -> str | None:
    for call in calls:
        if call.name not in tools:
            return f"{call.name[:60]!r} is not declared"
        broken = tools[call.name].breach(call.arguments)
        if broken is not None:
            return f"{call.name}: {broken}"
    return None

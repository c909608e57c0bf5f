"""Tool calls must be the right ones, with valid and wanted arguments, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "pattern": "^[A-Z]"},
                    "unit": {"enum": ["C", "F"], "default": "C"},
                    "days": {"type": "integer", "minimum": 1},
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    },
    {"name": "now"},
    {"name": "mail", "parameters": {"type": "object", "required": ["to"]}},
]
OSLO = {"name": "weather", "arguments": {"city": "Oslo"}}
ROME = {"name": "weather", "arguments": {"city": "Rome", "days": 3}}


def granite(*calls: Any) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


def score(completion: str, calls: list[Any], **row: Any) -> tuple[float, str]:
    gold = {"tools": TOOLS, "calls": calls, **row}
    result = get_reward("tool_call").score(completion, ground_truth=gold)
    return result.score, result.status


def changed(**arguments: Any) -> dict[str, Any]:
    return {"name": "weather", "arguments": {"city": "Oslo", **arguments}}


CASES: dict[str, tuple[str, list[Any], dict[str, Any], float, str]] = {
    "one call": (granite(OSLO), [OSLO], {}, 1.0, "ok"),
    "on one line": (f"<tool_call>{json.dumps(OSLO)}</tool_call>", [OSLO], {}, 1.0, "ok"),
    "text before": ("Let me see.\n" + granite(OSLO), [OSLO], {}, 1.0, "ok"),
    "after reasoning": (f"<think>{granite(ROME)}</think>{granite(OSLO)}", [OSLO], {}, 1.0, "ok"),
    "the default, said": (granite(changed(unit="C")), [OSLO], {}, 1.0, "ok"),
    "the default, not said": (granite(OSLO), [changed(unit="C")], {}, 1.0, "ok"),
    "not the default": (granite(OSLO), [changed(unit="F")], {}, 0.0, "ok"),
    "no arguments": (
        granite({"name": "now", "arguments": {}}),
        [{"name": "now", "arguments": {}}],
        {},
        1.0,
        "ok",
    ),
    "two calls in any order": (granite(ROME, OSLO), [OSLO, ROME], {}, 1.0, "ok"),
    "unless ordered": (granite(ROME, OSLO), [OSLO, ROME], {"ordered": True}, 0.0, "ok"),
    "ordered": (granite(OSLO, ROME), [OSLO, ROME], {"ordered": True}, 1.0, "ok"),
    "one call too few": (granite(OSLO), [OSLO, ROME], {}, 0.0, "ok"),
    "an extra call": (granite(OSLO, ROME), [OSLO], {}, 0.0, "ok"),
    "the same call twice": (granite(OSLO, OSLO), [OSLO], {}, 0.0, "ok"),
    "the same call instead of another": (granite(OSLO, OSLO), [OSLO, ROME], {}, 0.0, "ok"),
    "all calls there are, hedged": (
        granite(OSLO, {"name": "now", "arguments": {}}, {"name": "mail", "arguments": {"to": 1}}),
        [OSLO],
        {},
        0.0,
        "ok",
    ),
    "another function": (granite({"name": "now", "arguments": {}}), [OSLO], {}, 0.0, "ok"),
    "an undeclared function": (granite({"name": "rain", "arguments": {}}), [OSLO], {}, 0.0, "ok"),
    "the function in capitals": (granite({**OSLO, "name": "Weather"}), [OSLO], {}, 0.0, "ok"),
    "another argument": (granite(changed(city="Rome")), [OSLO], {}, 0.0, "ok"),
    "an additional argument": (granite(changed(days=1)), [OSLO], {}, 0.0, "ok"),
    "an unknown argument": (granite(changed(x=1)), [OSLO], {}, 0.0, "ok"),
    "a missing argument": (granite({"name": "weather", "arguments": {}}), [OSLO], {}, 0.0, "ok"),
    "a string for a number": (granite(changed(days="3")), [changed(days=3)], {}, 0.0, "ok"),
    "3.0 is 3": (granite(changed(days=3.0)), [changed(days=3)], {}, 1.0, "ok"),
    "ignored, but valid": (
        granite(changed(days=9)),
        [{**changed(days=3), "compare": {"ignore": ["/days"]}}],
        {},
        1.0,
        "ok",
    ),
    "ignored, and not valid": (
        granite(changed(days=0)),
        [{**changed(days=3), "compare": {"ignore": ["/days"]}}],
        {},
        0.0,
        "ok",
    ),
    "one of several right values": (
        granite(changed(days=5)),
        [{**changed(days=3), "compare": {"either": {"/days": [4, 5]}}}],
        {},
        1.0,
        "ok",
    ),
    "what may be left out is right without its default": (
        granite(OSLO),
        [{**changed(unit="F"), "compare": {"optional": ["/unit"]}}],
        {},
        1.0,
        "ok",
    ),
    "rules must not swap calls": (
        granite(changed(days=1), changed(days=3)),
        [{**changed(days=3), "compare": {"ignore": ["/days"]}}, changed(days=1)],
        {},
        1.0,
        "ok",
    ),
    "nothing": ("", [OSLO], {}, 0.0, "wrong_format"),
    "text only": ("It rains.", [OSLO], {}, 0.0, "wrong_format"),
    "only in reasoning": (
        f"<think>{granite(OSLO)}</think>It rains.",
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "without tags": (json.dumps(OSLO), [OSLO], {}, 0.0, "wrong_format"),
    "another template's tags": (
        f"<|tool_call|>[{json.dumps(OSLO)}]",
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "text after": (granite(OSLO) + "\nDone.", [OSLO], {}, 0.0, "wrong_format"),
    "text between": (
        granite(OSLO) + " and " + granite(ROME),
        [OSLO, ROME],
        {},
        0.0,
        "wrong_format",
    ),
    "unclosed": (granite(OSLO).removesuffix("</tool_call>"), [OSLO], {}, 0.0, "wrong_format"),
    "unopened": (granite(OSLO).removeprefix("<tool_call>"), [OSLO], {}, 0.0, "wrong_format"),
    "nested": (f"<tool_call>{granite(OSLO)}</tool_call>", [OSLO], {}, 0.0, "wrong_format"),
    "an array in tags": (granite([OSLO, ROME]), [OSLO, ROME], {}, 0.0, "wrong_format"),
    "no JSON": ("<tool_call>weather(Oslo)</tool_call>", [OSLO], {}, 0.0, "wrong_format"),
    "a fence in tags": (
        f"<tool_call>```json\n{json.dumps(OSLO)}\n```</tool_call>",
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "arguments as a string": (
        granite({"name": "weather", "arguments": '{"city": "Oslo"}'}),
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "parameters for arguments": (
        granite({"name": "weather", "parameters": {}}),
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "a third member": (granite({**OSLO, "id": 1}), [OSLO], {}, 0.0, "wrong_format"),
    "duplicate names": (
        '<tool_call>{"name": "now", "name": "weather", "arguments": {"city": "Oslo"}}</tool_call>',
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "NaN": (
        '<tool_call>{"name": "now", "arguments": {"x": NaN}}</tool_call>',
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "deep": (
        '<tool_call>{"name": "now", "arguments": ' + '{"a":' * 10_000,
        [OSLO],
        {},
        0.0,
        "wrong_format",
    ),
    "a thousand calls": (granite(*[OSLO] * 1000), [OSLO], {}, 0.0, "wrong_format"),
    "too long": (granite(OSLO) + " " * 200_000, [OSLO], {}, 0.0, "wrong_format"),
    "no call is right": ("It rains in Oslo.", [], {}, 1.0, "ok"),
    "no call is right, but one is made": (granite(OSLO), [], {}, 0.0, "ok"),
    "no call is right, but half of one is made": ("<tool_call>", [], {}, 0.0, "ok"),
    "no call is right, another template's": ("<|tool_call|>[]", [], {}, 0.0, "ok"),
    "no call is right, without tags": (json.dumps(OSLO), [], {}, 0.0, "ok"),
    "no call is right, and its arguments are none": (
        '[{"name": "weather", "arguments": 20}]',
        [],
        {},
        0.0,
        "ok",
    ),
    "no call is right, and JSON is the answer": ('{"name": "Oslo"}', [], {}, 1.0, "ok"),
    "no call is right, only thought of": (f"<think>{granite(OSLO)}</think>No.", [], {}, 1.0, "ok"),
    "no call is right, nor silence": ("<think>hm</think> \n", [], {}, 0.0, "wrong_format"),
    "json": (json.dumps(OSLO), [OSLO], {"format": "json"}, 1.0, "ok"),
    "json, an array": (json.dumps([ROME, OSLO]), [OSLO, ROME], {"format": "json"}, 1.0, "ok"),
    "json, OpenAI's": (
        json.dumps(
            {
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                    }
                ]
            }
        ),
        [OSLO],
        {"format": "json"},
        1.0,
        "ok",
    ),
    "json, bad JSON within": (
        json.dumps({"function": {"name": "weather", "arguments": "{"}}),
        [OSLO],
        {"format": "json"},
        0.0,
        "wrong_format",
    ),
    "json, with text": (
        "Sure: " + json.dumps(OSLO),
        [OSLO],
        {"format": "json"},
        0.0,
        "wrong_format",
    ),
    "json, an empty array": ("[]", [OSLO], {"format": "json"}, 0.0, "wrong_format"),
    "json, none is right": ("[]", [], {"format": "json"}, 1.0, "ok"),
    "json, none is right but one is made": (json.dumps([OSLO]), [], {"format": "json"}, 0.0, "ok"),
}


@pytest.mark.parametrize(
    ("text", "calls", "more", "wanted", "status"), CASES.values(), ids=CASES.keys()
)
def test_calls(
    text: str, calls: list[Any], more: dict[str, Any], wanted: float, status: str
) -> None:
    assert score(text, calls, **more) == (wanted, status)


def test_components_say_what_is_wrong() -> None:
    gold = {"tools": TOOLS, "calls": [OSLO]}

    def components(text: str) -> dict[str, float]:
        return dict(get_reward("tool_call").score(text, ground_truth=gold).components)

    assert components(granite(OSLO)) == {"names": 1.0, "valid": 1.0, "arguments": 1.0}
    assert components(granite(ROME)) == {"names": 1.0, "valid": 1.0, "arguments": 0.0}
    assert components(granite(changed(days=0))) == {"names": 1.0, "valid": 0.0, "arguments": 0.0}
    assert components(granite({"name": "x", "arguments": {}}))["names"] == 0.0


BROKEN: dict[str, dict[str, Any]] = {
    "no tools": {"tools": None},
    "a tool without a name": {"tools": [{"parameters": {}}]},
    "two tools of one name": {"tools": [{"name": "now"}, {"name": "now"}]},
    "a schema that is none": {"tools": [{"name": "weather", "parameters": {"type": "objekt"}}]},
    "a schema that is true": {"tools": [{"name": "weather", "parameters": True}]},
    "no calls": {"calls": None},
    "a call of no tool": {"calls": [{"name": "rain", "arguments": {}}]},
    "a call that is not valid": {"calls": [{"name": "weather", "arguments": {"city": "oslo"}}]},
    "a call without arguments": {"calls": [{"name": "now"}]},
    "an unknown rule": {"calls": [{**OSLO, "compare": {"any": []}}]},
    "an unknown format": {"format": "xml"},
}


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN.keys())
def test_broken_rows_are_errors(row: dict[str, Any]) -> None:
    gold = {"tools": TOOLS, "calls": [OSLO], **row}
    assert get_reward("tool_call").score(granite(OSLO), ground_truth=gold).status == "error"


def test_what_the_chat_template_writes_is_read() -> None:
    root = Path(__file__).resolve().parents[2]
    source = (root / "granite_rl/models/chat_template.jinja").read_text(encoding="utf-8")
    for tag in ("generation", "endgeneration"):  # transformers' own extension
        source = source.replace(f"{{%- {tag} -%}}", "")
    environment = jinja2.Environment()
    environment.filters["tojson"] = json.dumps  # as transformers has it: nothing is escaped
    template = environment.from_string(source)
    turn = {
        "role": "assistant",
        "content": "One moment.",
        "tool_calls": [{"type": "function", "function": call} for call in (OSLO, ROME)],
    }
    text = template.render(messages=[turn], tools=TOOLS)
    written = text.split("assistant<|end_of_role|>")[1].split("<|end_of_text|>")[0]
    assert written.startswith("One moment.\n<tool_call>")
    assert score(written, [OSLO, ROME], ordered=True) == (1.0, "ok")


@given(
    st.lists(st.sampled_from(["<tool_call>", "</tool_call>", "{", "}", '"name"', ":", "a", "\n"]))
)
def test_any_text_is_a_verdict(pieces: list[str]) -> None:
    assert score("".join(pieces), [OSLO])[0] == 0.0

"""JSON is parsed strictly, validated by harmless schemas, and compared with what a row relaxes."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import get_reward
from rewards.structured.compare import (
    BadRules,
    Rules,
    Tolerance,
    perfect_matching,
    rules_of,
    same_value,
)
from rewards.structured.strict_json import MAX_DIGITS, NotJson, parse_strict, unfenced

ANYTHING: dict[str, Any] = {"schema": {}}


def score(completion: str, gold: dict[str, Any]) -> tuple[float, str]:
    result = get_reward("json_schema").score(completion, ground_truth=gold)
    return result.score, result.status


ACCEPTED = {
    "plain": '{"a": [1, 2.5, "x", null, true]}',
    "white space around": ' \n{"a": 1}\n ',
    "one code fence": '```json\n{"a": 1}\n```',
    "a fence without a language": '```\n{"a": 1}\n```',
    "Windows line ends": '```json\r\n{"a": 1}\r\n```',
    "after reasoning": '<think>{"b": 2}</think>{"a": 1}',
    "a fence inside a string": '{"a": "```json"}',
    "a pair of surrogate escapes": '"\\ud83d\\ude00"',
    "a number as long as allowed": "1" * MAX_DIGITS,
    "zero in a long-winded way": "0.000e-99999",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_json_is_accepted(text: str) -> None:
    assert score(text, ANYTHING) == (1.0, "ok")


REFUSED = {
    "empty": "",
    "white space": " \n",
    "text before": 'Here: {"a": 1}',
    "text after": '{"a": 1} Hope that helps!',
    "two values": '{"a": 1} {"a": 1}',
    "two fences": '```json\n{"a": 1}\n```\n```json\n{"a": 1}\n```',
    "text before a fence": 'Sure:\n```json\n{"a": 1}\n```',
    "an unclosed fence": '```json\n{"a": 1}',
    "reasoning only": '<think>{"a": 1}</think>',
    "NaN": '{"a": NaN}',
    "Infinity": '{"a": Infinity}',
    "minus Infinity": '{"a": -Infinity}',
    "a float that is infinity": '{"a": 1e999999}',
    "a float that is zero but says otherwise": '{"a": 1e-999999}',
    "an integer of 100,000 digits": "1" * 100_000,
    "an integer past the limit": "1" * (MAX_DIGITS + 1),
    "a minus integer past the limit": "-" + "1" * (MAX_DIGITS + 1),
    "duplicate keys": '{"a": 2, "a": 1}',
    "duplicate keys, one escaped": '{"a": 2, "\\u0061": 1}',
    "duplicate keys deep inside": '[{"b": {"a": 2, "a": 1}}]',
    "100,000 open brackets": "[" * 100_000,
    "100,000 brackets": "[" * 50_000 + "]" * 50_000,
    "100,000 open objects": '{"a":' * 20_000,
    "longer than the limit": '"' + "a" * 200_000 + '"',
    "single quotes": "{'a': 1}",
    "a trailing comma": '{"a": 1,}',
    "a comment": '{"a": 1} // one',
    "a byte order mark": '\ufeff{"a": 1}',
    "an escaped lone surrogate": '{"a": "\\ud800"}',
    "an escaped lone surrogate as a key": '{"\\udc00": 1}',
    "a lone surrogate": '{"a": "\ud800"}',
    "a raw control character": '"\x00"',
    "a leading zero": "01",
    "non-Latin digits": "١",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_only_lenient_parsers_accept_is_wrong_format(text: str) -> None:
    assert score(text, ANYTHING) == (0.0, "wrong_format")


texts = st.text(st.characters(codec="utf-8"))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_what_is_written_is_read(value: Any) -> None:
    text = json.dumps(value)
    assert same_value(parse_strict(text), value)
    assert same_value(parse_strict(unfenced(f"```json\n{text}\n```")), value)


@given(st.text(max_size=200))
def test_parsing_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(NotJson):
        parse_strict(text)


DRAFT = "http://json-schema.org/draft-{}/schema#"
SCHEMAS: dict[str, tuple[dict[str, Any], str, float]] = {
    "2020-12 by default": ({"prefixItems": [{"type": "string"}]}, "[1]", 0.0),
    "draft 7 knows no prefixItems": (
        {"$schema": DRAFT.format("07"), "prefixItems": [{"type": "string"}]},
        "[1]",
        1.0,
    ),
    "draft 7 without the sharp": (
        {"$schema": "https://json-schema.org/draft-07/schema", "items": [{"type": "string"}]},
        "[1]",
        0.0,
    ),
    "draft 4 has boolean exclusiveMinimum": (
        {"$schema": DRAFT.format("04"), "minimum": 1, "exclusiveMinimum": True},
        "1",
        0.0,
    ),
    "draft 3 is left to jsonschema": (
        {"$schema": DRAFT.format("03"), "type": "object", "properties": {"a": {"required": True}}},
        "{}",
        0.0,
    ),
    "draft 3 with a pattern": (
        {"$schema": DRAFT.format("03"), "type": "string", "pattern": "^a+$"},
        '"aab"',
        0.0,
    ),
    "an integer may be written as 7.0": ({"type": "integer"}, "7.0", 1.0),
    "true is not 1": ({"const": 1}, "true", 0.0),
    "huge integers": ({"type": "integer", "minimum": 5}, "9" * 900, 1.0),
    "multipleOf of decimals": ({"multipleOf": 0.01}, "1.13", 1.0),
    "$ within patterns is the end": ({"pattern": "^a$"}, '"a\\n"', 0.0),
    "a reference inside the schema": (
        {"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}},
        '"x"',
        0.0,
    ),
    "an embedded resource": (
        {
            "$ref": "http://x.example/n",
            "$defs": {"n": {"$id": "http://x.example/n", "type": "null"}},
        },
        "null",
        1.0,
    ),
    "a schema that refers to itself": ({"$ref": "#"}, "1", 1.0),
    "formats are annotations": ({"format": "date"}, '"x"', 1.0),
}


@pytest.mark.parametrize(("schema", "text", "wanted"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_schemas(schema: dict[str, Any], text: str, wanted: float) -> None:
    assert score(text, {"schema": schema}) == (wanted, "ok")


# The schema, a text, what it scores: `true` accepts what JSON there is, `false` none.
BOOLEANS: dict[str, tuple[Any, str, float]] = {
    "true and an object": (True, '{"a": 1}', 1.0),
    "true and an array": (True, "[1, null]", 1.0),
    "true and null": (True, "null", 1.0),
    "true and false": (True, "false", 1.0),
    "true and a number": (True, "1.5", 1.0),
    "true and a fence": (True, '```json\n"x"\n```', 1.0),
    "false and an object": (False, "{}", 0.0),
    "false and an array": (False, "[]", 0.0),
    "false and null": (False, "null", 0.0),
    "false and false": (False, "false", 0.0),
    "false and a number": (False, "0", 0.0),
    "false and a string": (False, '""', 0.0),
    "a property that may be anything": ({"properties": {"a": True}}, '{"a": [1]}', 1.0),
    "a property that must not be": ({"properties": {"a": False}}, '{"a": 1}', 0.0),
    "a property that must not be, and is not": ({"properties": {"a": False}}, '{"b": 1}', 1.0),
    "no items": ({"items": False}, "[]", 1.0),
    "no items, but one": ({"items": False}, "[1]", 0.0),
    "items of a tuple": ({"prefixItems": [True, False]}, "[1]", 1.0),
    "items of a tuple, one too many": ({"prefixItems": [True, False]}, "[1, 2]", 0.0),
    "not true": ({"not": True}, "1", 0.0),
    "not false": ({"not": False}, "1", 1.0),
    "any of": ({"anyOf": [False, True]}, "1", 1.0),
    "all of": ({"allOf": [True, False]}, "1", 0.0),
    "one of, both": ({"oneOf": [True, True]}, "1", 0.0),
    "contains": ({"contains": True}, "[]", 0.0),
    "property names": ({"propertyNames": False}, '{"a": 1}', 0.0),
    "property names, none": ({"propertyNames": False}, "{}", 1.0),
    "a reference to false": ({"$ref": "#/$defs/no", "$defs": {"no": False}}, "1", 0.0),
    "a reference to true": ({"$ref": "#/$defs/ok", "$defs": {"ok": True}}, "1", 1.0),
    "additional properties": ({"additionalProperties": False}, '{"a": 1}', 0.0),
    "if and then": ({"if": True, "then": False}, "1", 0.0),
    "draft 6": ({"$schema": DRAFT.format("06"), "items": [True, False]}, "[1]", 1.0),
    "draft 6, one too many": (
        {"$schema": DRAFT.format("06"), "items": [True, False]},
        "[1, 2]",
        0.0,
    ),
    "draft 7": ({"$schema": DRAFT.format("07"), "properties": {"a": False}}, '{"a": 1}', 0.0),
    "draft 4, additional properties": (
        {"$schema": DRAFT.format("04"), "additionalProperties": False},
        '{"a": 1}',
        0.0,
    ),
    "draft 4, additional items": (
        {"$schema": DRAFT.format("04"), "items": [{}], "additionalItems": False},
        "[1, 2]",
        0.0,
    ),
    "draft 3, additional properties": (
        {"$schema": DRAFT.format("03"), "additionalProperties": False},
        '{"a": 1}',
        0.0,
    ),
}


@pytest.mark.parametrize(("schema", "text", "wanted"), BOOLEANS.values(), ids=BOOLEANS.keys())
def test_booleans_are_schemas(schema: Any, text: str, wanted: float) -> None:
    assert score(text, {"schema": schema}) == (wanted, "ok")


@pytest.mark.parametrize("text", ["", "true, false", "{", "Yes.", "NaN", '{"a": 1, "a": 2}'])
def test_what_true_accepts_must_be_json(text: str) -> None:
    assert score(text, {"schema": True}) == (0.0, "wrong_format")


def test_the_value_counts_beside_true() -> None:
    row = {"schema": True, "value": {"a": 1}}
    assert score('{"a": 1}', row) == (1.0, "ok")
    assert score('{"a": 2}', row) == (0.0, "ok")
    # 1 and 0 are no booleans, and in a cache of schemas they must not be taken for them.
    assert score("1", {"schema": 1})[1] == "error"
    assert score("1", {"schema": 0})[1] == "error"
    assert score("1", {"schema": None})[1] == "error"
    assert score("1", {"schema": "true"})[1] == "error"


def test_a_row_that_nothing_satisfies_is_broken() -> None:
    gold = get_reward("json_schema").gold
    assert gold is not None
    assert gold({"schema": True}, {}) is None
    for row in ({"schema": False}, {"schema": False, "value": 1}):
        with pytest.raises(ValueError, match="false, which no value satisfies"):
            gold(row, {})
    assert score("1", {"schema": False, "value": 1})[1] == "error"


def test_formats_count_if_the_row_says_so() -> None:
    gold = {"schema": {"format": "date"}, "check_formats": True}
    assert score('"x"', gold) == (0.0, "ok")
    assert score('"2024-02-29"', gold) == (1.0, "ok")
    assert score('"2023-02-29"', gold) == (0.0, "ok")


BROKEN_ROWS: dict[str, dict[str, Any]] = {
    "no schema": {"value": {}},
    "a schema that is none": {"schema": "object"},
    "an unknown type": {"schema": {"type": "objekt"}},
    "a pattern that is none": {"schema": {"pattern": "("}},
    "a wrong type of keyword": {"schema": {"minLength": -1}},
    "an unknown draft": {"schema": {"$schema": "http://nowhere.example/schema"}},
    "a file": {"schema": {"$ref": "file:///etc/passwd"}},
    "a dangling reference": {"schema": {"$ref": "#/$defs/none"}},
    "draft 3, a reference to elsewhere": {
        "schema": {"$schema": DRAFT.format("03"), "$ref": "http://127.0.0.1:9/x"}
    },
    "draft 3, formats": {
        "schema": {"$schema": DRAFT.format("03"), "format": "date"},
        "check_formats": True,
    },
    "draft 3, broken": {"schema": {"$schema": DRAFT.format("03"), "properties": 1}},
    "draft 3, patternProperties": {
        "schema": {"$schema": DRAFT.format("03"), "patternProperties": {"^(a+)+$": {}}}
    },
    "draft 4, a boolean as a property": {
        "schema": {"$schema": DRAFT.format("04"), "properties": {"a": True}}
    },
    "draft 4, a boolean as items": {"schema": {"$schema": DRAFT.format("04"), "items": False}},
    "draft 4, not true": {"schema": {"$schema": DRAFT.format("04"), "not": True}},
    "draft 3, a boolean as a property": {
        "schema": {"$schema": DRAFT.format("03"), "properties": {"a": True}}
    },
    "a value that breaks the schema": {"schema": {"type": "string"}, "value": 1},
    "an unknown rule": {"schema": {}, "value": 1, "compare": {"unsorted": []}},
    "an alternative that is no list": {"schema": {}, "value": 1, "compare": {"either": {"": 2}}},
    "no pointer": {"schema": {}, "value": 1, "compare": {"unordered": ["tags"]}},
    "an endless tolerance": {"schema": {}, "value": 1, "compare": {"tolerance": {"": 1e400}}},
}


@pytest.mark.parametrize("gold", BROKEN_ROWS.values(), ids=BROKEN_ROWS.keys())
def test_broken_rows_are_errors(gold: dict[str, Any]) -> None:
    assert score("{}", gold)[1] == "error"


@pytest.mark.parametrize("schema", ["2020-12", "03"])
def test_a_reference_is_never_fetched(schema: str) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def listen() -> None:
            try:
                server.accept()[0].close()
                asked.set()
            except TimeoutError:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        there = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        names = {
            "03": DRAFT.format("03"),
            "2020-12": "https://json-schema.org/draft/2020-12/schema",
        }
        gold = {"schema": {"$schema": names[schema], "$ref": there}}
        assert score("{}", gold)[1] == "error"
        listener.join()
    assert not asked.is_set()


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "^(a+)+$"},
        {"pattern": "^(a|a)*$"},
        {"pattern": "^(?=(a+)+$)a"},
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {"$schema": DRAFT.format("03"), "pattern": "^(a+)+$"},
    ],
)
def test_regex_bombs_are_harmless(schema: dict[str, Any]) -> None:
    bomb = "a" * 5_000 + "!"
    text = json.dumps({bomb: 1} if "patternProperties" in schema else bomb)
    start = time.process_time()
    assert score(text, {"schema": schema}) == (0.0, "ok")
    assert time.process_time() - start < 2.0


def test_a_pattern_that_cannot_be_decided_is_not_a_wrong_answer() -> None:
    schema = {"pattern": r"(a*)*\1b"}
    bomb = json.dumps("a" * 40)
    assert score(bomb, {"schema": schema})[1] == "error"
    # But a value that is not the wanted one is wrong in any case.
    assert score(bomb, {"schema": schema, "value": "b"}) == (0.0, "ok")


def test_components_tell_schema_and_value_apart() -> None:
    gold = {"schema": {"type": "object"}, "value": {"a": 1}}
    reward = get_reward("json_schema")
    assert reward.score('{"a": 2}', ground_truth=gold).components == {"schema": 1.0, "value": 0.0}
    assert reward.score("[]", ground_truth=gold).components == {"schema": 0.0, "value": 0.0}


# given, wanted, rules, whether they are the same
COMPARISONS: dict[str, tuple[Any, Any, dict[str, Any] | None, bool]] = {
    "1 is 1.0": (1, 1.0, None, True),
    "true is not 1": (True, 1, None, False),
    "true is not 1 inside": ([True], [1], None, False),
    "0 is not false": ({"a": 0}, {"a": False}, None, False),
    "null is not missing": ({"a": None}, {}, None, False),
    "the string 1 is not 1": ("1", 1, None, False),
    "big integers are exact": (10**17 + 1, 10**17, None, False),
    "arrays have an order": ([1, 2], [2, 1], None, False),
    "an unordered array": ({"t": [1, 2]}, {"t": [2, 1]}, {"unordered": ["/t"]}, True),
    "a bag counts duplicates": ({"t": [1, 1, 2]}, {"t": [1, 2, 2]}, {"unordered": ["/t"]}, False),
    "a bag is no subset": ({"t": [1]}, {"t": [1, 2]}, {"unordered": ["/t"]}, False),
    "true is not 1 in a bag": ({"t": [True]}, {"t": [1]}, {"unordered": ["/t"]}, False),
    "only the named array": ({"t": [1, 2]}, {"t": [2, 1]}, {"unordered": ["/u"]}, False),
    "the root": ([1, 2], [2, 1], {"unordered": [""]}, True),
    "a star is one step": (
        [{"t": [1, 2]}, {"t": [3, 4]}],
        [{"t": [2, 1]}, {"t": [4, 3]}],
        {"unordered": ["/*/t"]},
        True,
    ),
    "two stars are any depth": (
        [[[1, 2], 0]],
        [[0, [2, 1]]],
        {"unordered": ["/**"]},
        True,
    ),
    "bags in bags": (
        [{"t": [1, 2]}, {"t": [3]}],
        [{"t": [3]}, {"t": [2, 1]}],
        {"unordered": ["", "/*/t"]},
        True,
    ),
    "escapes in pointers": ({"a/b~": [1, 2]}, {"a/b~": [2, 1]}, {"unordered": ["/a~1b~0"]}, True),
    "an absolute tolerance": ({"p": 1.004}, {"p": 1}, {"tolerance": {"/p": 0.01}}, True),
    "past the tolerance": ({"p": 1.02}, {"p": 1}, {"tolerance": {"/p": 0.01}}, False),
    "a relative tolerance": ([1001], [1000], {"tolerance": {"/*": {"rel": 0.01}}}, True),
    "no tolerance for booleans": ([True], [1], {"tolerance": {"/*": 5}}, False),
    "no tolerance for strings": (["1"], [1], {"tolerance": {"/*": 5}}, False),
    "a number beyond doubles": ([10**400], [1], {"tolerance": {"/*": 5}}, False),
    "a gold beyond doubles": ([1.0], [10**400], {"tolerance": {"/*": {"rel": 1}}}, False),
    "an optional member may lack": ({}, {"n": 1}, {"optional": ["/n"]}, True),
    "an optional member may not be wrong": ({"n": 2}, {"n": 1}, {"optional": ["/n"]}, False),
    "optional names no extra member": ({"n": 2}, {}, {"optional": ["/n"]}, False),
    "an ignored member": ({"id": 9}, {"id": 1}, {"ignore": ["/id"]}, True),
    "an ignored member may lack or appear": ({"b": 1}, {"a": 1}, {"ignore": ["/a", "/b"]}, True),
    "one of several": ({"u": "metre"}, {"u": "m"}, {"either": {"/u": ["metre", 1]}}, True),
    "the gold's own": ({"u": "m"}, {"u": "m"}, {"either": {"/u": ["metre"]}}, True),
    "none of several": ({"u": "km"}, {"u": "m"}, {"either": {"/u": ["metre"]}}, False),
    "one of several, inside": (
        [{"u": [2]}, {"u": [3]}],
        [{"u": [1]}, {"u": [3]}],
        {"either": {"/0/u": [[2, 2], [2]]}},
        True,
    ),
    "taking the first fit would fail": (
        [1.0, 0.9],
        [1.0, 1.1],
        {"unordered": [""], "tolerance": {"/*": 0.15}},
        True,
    ),
    "no match at all": (
        [1.0, 0.5],
        [1.0, 1.1],
        {"unordered": [""], "tolerance": {"/*": 0.15}},
        False,
    ),
}


@pytest.mark.parametrize(
    ("mine", "gold", "rules", "same"), COMPARISONS.values(), ids=COMPARISONS.keys()
)
def test_comparison(mine: Any, gold: Any, rules: dict[str, Any] | None, same: bool) -> None:
    assert same_value(mine, gold, rules_of(rules)) is same
    wanted = (1.0, "ok") if same else (0.0, "ok")
    row = {"schema": {}, "value": gold, "compare": rules}
    assert score(json.dumps(mine), row) == wanted


@given(st.lists(json_values, max_size=5), st.randoms())
@settings(max_examples=50)
def test_a_shuffled_bag_is_the_same_bag(items: list[Any], rng: Any) -> None:
    shuffled = list(items)
    rng.shuffle(shuffled)
    exact = rules_of({"unordered": [""]})
    loose = Rules(unordered=((),), tolerance={("nowhere",): Tolerance(1.0)})
    assert same_value(shuffled, items, exact)
    assert same_value(shuffled, items, loose)
    assert same_value(items, items)


@given(st.integers(0, 6), st.data())
def test_matching_is_perfect_or_none(size: int, data: st.DataObject) -> None:
    edges = data.draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))))
    exists = any(all((i, p[i]) in edges for i in range(size)) for p in permutations(range(size)))
    assert perfect_matching(size, lambda a, b: (a, b) in edges) is exists


def test_a_bag_too_long_to_match_is_the_rows_fault() -> None:
    many = list(range(300))
    assert same_value(many[::-1], many, rules_of({"unordered": [""]}))
    loose = rules_of({"unordered": [""], "tolerance": {"/*": 0.1}})
    with pytest.raises(BadRules):
        same_value(many[::-1], many, loose)
    # Of another length they are different whatever the rules.
    assert not same_value(many[1:], many, loose)

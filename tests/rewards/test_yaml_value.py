"""YAML is read by the core schema's types, with nothing dangerous and nothing ambiguous."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.yaml_value import NotYaml, parse_yaml


def score(completion: str, value: Any, **row: Any) -> tuple[float, str]:
    result = get_reward("yaml_value").score(completion, ground_truth={"value": value, **row})
    return result.score, result.status


RIGHT: dict[str, tuple[str, Any]] = {
    "block style": ("name: Tom\ntags:\n  - a\n  - b\n", {"name": "Tom", "tags": ["a", "b"]}),
    "flow style": ("{name: Tom, tags: [a, b]}", {"name": "Tom", "tags": ["a", "b"]}),
    "JSON is YAML": ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
    "a fence": ("```yaml\na: 1\n```", {"a": 1}),
    "a document's marks": ("---\na: 1\n...\n", {"a": 1}),
    "after reasoning": ("<think>a: 2</think>\na: 1", {"a": 1}),
    "comments": ("# one\na: 1 # two", {"a": 1}),
    "block scalars": ("a: |\n  x\n  y\nb: >-\n  x\n  y", {"a": "x\ny\n", "b": "x y"}),
    "Norway": ("country: NO\non: yes", {"country": "NO", "on": "yes"}),
    "sexagesimals": ("at: 12:30", {"at": "12:30"}),
    "dates": ("day: 2024-01-01", {"day": "2024-01-01"}),
    "octal": ("[0o17, 0x1f, 017]", [15, 31, 17]),
    "underscores": ("1_000", "1_000"),
    "floats": ("[1e3, 1., .5, -0.0]", [1000, 1, 0.5, 0]),
    "nulls": ("{a: null, b: ~, c: }", {"a": None, "b": None, "c": None}),
    "quoted": ("{a: \"1\", b: 'true', c: ''}", {"a": "1", "b": "true", "c": ""}),
    "keys are text": ("200: OK\ntrue: x", {"200": "OK", "true": "x"}),
    "tags of JSON's types": ("{a: !!str 1, b: !!int 2, c: !!float 3}", {"a": "1", "b": 2, "c": 3}),
    "a bare string": ("hello", "hello"),
    "the last line ends": ("a: |\n  x\n  y", {"a": "x\ny\n"}),
    "also in a fence": ("```yaml\na: |\n  x\n```", {"a": "x\n"}),
    "unless it says not to": ("a: |-\n  x\n", {"a": "x"}),
    "indented as a whole": ("\n  - a: 1\n    b: 2\n  - c\n", [{"a": 1, "b": 2}, "c"]),
    "a blank before": (" a: 1\nb: 2", {"a": 1, "b": 2}),
}


@pytest.mark.parametrize(("text", "value"), RIGHT.values(), ids=RIGHT.keys())
def test_right_values(text: str, value: Any) -> None:
    assert score(text, value) == (1.0, "ok")


@pytest.mark.parametrize(
    "text",
    ["a: 2", "a: '1'", "a: true", "b: 1", "- 1", "Here it is", "Here it is:\na: 1", "{a: 1, b: 2}"],
)
def test_wrong_values(text: str) -> None:
    assert score(text, {"a": 1}) == (0.0, "ok")


LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
REFUSED = {
    "empty": "",
    "a comment only": "# nothing",
    "text before": "Here is the YAML.\na: 1",
    "two fences": "```yaml\na: 1\n```\n```yaml\na: 1\n```",
    "two documents": "a: 1\n---\na: 1",
    "a billion laughs": LAUGHS,
    "an anchor": "a: &x 1",
    "an alias of itself": "&x [*x]",
    "a merge key": "a: 1\n<<: {a: 1}",
    "duplicate keys": "a: 2\na: 1",
    "duplicate keys by text": "1: x\n'1': y",
    "a list as a key": "[a]: 1",
    "a mapping as a key": "? {a: 1}\n: 2",
    "a Python object": "!!python/object/apply:os.system ['touch out.txt']",
    "a Python name": "a: !!python/name:os.system",
    "binary": "a: !!binary aGk=",
    "a set": "!!set {a, b}",
    "a time stamp": "!!timestamp 2024-01-01",
    "a tag of one's own": "!x 1",
    "a lying tag": "!!int a",
    "infinity": "a: .inf",
    "not a number": "a: .NaN",
    "a float that is infinity": "a: 1e999",
    "a huge integer": "1" * 5_000,
    "a huge hexadecimal": "0x" + "f" * 5_000,
    "deep flow": "[" * 10_000,
    "deep flow, closed": "[" * 5_000 + "]" * 5_000,
    "deep mappings": "{a: " * 5_000,
    "deep blocks": "- " * 5_000 + "a",
    "too long": "a" * 30_000,
    "a tab": "a:\n\t- 1",
    "an unclosed quote": "a: 'x",
    "a null character": "a: \0",
    "a lone surrogate": "a: \ud800",
    "an escaped lone surrogate": 'a: "\\ud800"',
    "an escape past Unicode": 'a: "\\UFFFFFFFF"',
    "a directive of another version": "%YAML 9.9\n---\na: 1",
    "a bad directive": "%TAG ! \n---\na: 1",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_dangerous_and_ambiguous_yaml_is_wrong_format(text: str) -> None:
    start = time.process_time()
    assert score(text, {"a": 1}) == (0.0, "wrong_format")
    assert time.process_time() - start < 5.0


TRAPS = ["NO", "on", "y", "12:30", "2024-01-01", "0o17", "017", "1_000", "1e3", "0b11", "="]


@pytest.mark.parametrize("text", [t for t in TRAPS if t != "y"])
def test_portable_refuses_what_the_versions_read_differently(text: str) -> None:
    value = parse_yaml(f"a: {text}")
    assert score(f"a: {text}", value) == (1.0, "ok")
    assert score(f"a: {text}", value, portable=True) == (0.0, "wrong_format")
    if isinstance(value["a"], str):
        assert score(f"a: '{text}'", value, portable=True) == (1.0, "ok")
        assert yaml.safe_load(f"a: '{text}'") == value


def test_schema_and_rules_apply() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert score("n: 1\nt: [b, a]", {"n": 1, "t": ["a", "b"]}, schema=schema) == (0.0, "ok")
    rules = {"unordered": ["/t"], "ignore": ["/n"]}
    gold = {"n": 1, "t": ["a", "b"]}
    assert score("n: 5\nt: [b, a]", gold, schema=schema, compare=rules) == (1.0, "ok")
    assert score("n: x\nt: [b, a]", gold, schema=schema, compare=rules) == (0.0, "ok")


@pytest.mark.parametrize(
    "row",
    [{}, {"value": 1, "schema": {"type": "string"}}, {"value": 1, "compare": {"sorted": []}}],
)
def test_broken_rows_are_errors(row: dict[str, Any]) -> None:
    assert get_reward("yaml_value").score("1", ground_truth=row).status == "error"


@given(st.text(alphabet="ab1:-[]{}&*!|>%@'\"#,?~ \n\t<=.", max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    with contextlib.suppress(NotYaml):
        json.dumps(parse_yaml(text), allow_nan=False)


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    )
)
def test_quoted_yaml_reads_back(value: Any) -> None:
    # JSON with its characters escaped, as every YAML parser reads it.
    assert parse_yaml(json.dumps(value)) == value

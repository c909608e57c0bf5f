"""The reward `yaml_value` wants one YAML document that says the right thing.

Scalars are read by the core schema of YAML 1.2, because JSON's values are what the gold holds:
`no`, `on` and `12:30` are strings, `2024-01-01` is a string, `0o17` is 15, `1_000` is a string.
YAML 1.1, which PyYAML and many tools still read, has them as false, true, 750, a date, a string
and 1000. A row that wants output which both read alike says `"portable": true`; then plain scalars
of which the versions make different things (`country: NO`) are refused, and quoting is right.

Refused are what makes YAML dangerous or ambiguous: tags other than those of JSON's types, anchors
and aliases (ten lines can expand to gigabytes), duplicate keys, several documents, `.inf` and
`.nan`, deep nesting. Keys are compared by their text, for JSON knows string keys only: `200: OK`
has the key "200". Text around is refused as far as it isn't YAML; a single code fence is allowed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rewards.reading.text import after_reasoning
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.structured.compare import BadRules, rules_of, same_value
from rewards.structured.schema import BadSchema, Undecided, breach_of
from rewards.structured.strict_json import (
    MAX_DEPTH,
    NotStrict,
    bracket_depth,
    check_characters,
    integer,
    real,
    unfenced,
)
from rewards.structured.verdict import verdict

# PyYAML takes about 10 microseconds for a character.
MAX_CHARS = 20_000

_TAG = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {t: t[0] in "tT" for t in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII)


class NotYaml(NotStrict):
    """Says why a text is not acceptable YAML."""


def _kind_of(text: str) -> str:
    """Return the type of a plain scalar by the core schema."""
    if text in _NULL:
        return "null"
    if text in _BOOLEANS:
        return "bool"
    if _INTEGER.fullmatch(text):
        return "int"
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return "float"
    return "str"


def _number(text: str, kind: str) -> int | float:
    if _NOT_FINITE.fullmatch(text):
        raise NotYaml(f"{text} is not a number")
    if kind == "float":
        return real(text)
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return integer(text[2:] if base != 10 else text, base)


def _scalar(text: str, kind: str) -> Any:
    """Convert a scalar's text to a given type."""
    actual = _kind_of(text)
    if kind == "str":
        return text
    if kind == "float" and actual == "int":
        actual = "float"
    if kind != actual:
        raise NotYaml(f"{text[:40]!r} is no {kind}")
    if kind == "null":
        return None
    return _BOOLEANS[text] if kind == "bool" else _number(text, kind)


def _text(value: str) -> str:
    """Join a scalar's pairs of surrogate escapes, as in JSON, which YAML includes.

    Raises:
        NotYaml: there is a lone surrogate.
    """
    try:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise NotYaml("a lone surrogate") from None


class _Builder:
    """Builds values from PyYAML's events, whose own loader expands aliases and follows YAML 1.1."""

    def __init__(self, events: Iterator[yaml.Event], portable: bool) -> None:
        self.events = events
        self.resolver: Any = yaml.SafeLoader("") if portable else None

    def _next(self) -> yaml.Event:
        event = next(self.events)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotYaml("anchors and aliases are not allowed")
        return event

    def document(self) -> Any:
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise NotYaml("empty")
        value = self._value(self._next(), 0)
        self._next()  # the document's end
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise NotYaml("more than one document")
        return value

    def _value(self, event: yaml.Event, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise NotYaml(f"nested deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.ScalarEvent):
            return self._plain_or_quoted(event)
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event.tag, "seq")
            items = []
            while not isinstance(item := self._next(), yaml.SequenceEndEvent):
                items.append(self._value(item, depth + 1))
            return items
        if isinstance(event, yaml.MappingStartEvent):
            self._check_tag(event.tag, "map")
            return self._mapping(depth)
        raise NotYaml("unexpected structure")

    def _mapping(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise NotYaml("a key that is no scalar")
            self._plain_or_quoted(key)
            if key.value == "<<" and key.style is None:
                raise NotYaml("merge keys are not allowed")
            name = _text(key.value)
            if name in members:
                raise NotYaml(f"duplicate key {name[:40]!r}")
            members[name] = self._value(self._next(), depth + 1)
        return members

    @staticmethod
    def _check_tag(tag: str | None, kind: str) -> None:
        if tag not in (None, "!", _TAG + kind):
            raise NotYaml(f"tag {tag[:60]!r} is not allowed" if tag else "no tag")

    def _plain_or_quoted(self, event: yaml.ScalarEvent) -> Any:
        text = _text(event.value)
        if event.tag not in (None, "!"):
            kind = event.tag.removeprefix(_TAG)
            if kind not in ("str", "int", "float", "bool", "null"):
                raise NotYaml(f"tag {event.tag[:60]!r} is not allowed")
            return _scalar(text, kind)
        if event.style is not None or event.tag == "!":
            return text
        kind = _kind_of(text)
        if self.resolver is not None:
            older = self.resolver.resolve(yaml.ScalarNode, text, (True, False))
            if older != _TAG + kind or (kind == "int" and _is_octal_in_1_1(text)):
                raise NotYaml(f"{text[:40]!r} means another thing in YAML 1.1: quote it")
        return _scalar(text, kind)


def _is_octal_in_1_1(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits.isdecimal()


def parse_yaml(text: str, *, portable: bool = False) -> Any:
    """Parse one YAML document into JSON's types.

    Args:
        text: the document.
        portable: refuse plain scalars that YAML 1.1 reads as something else.

    Raises:
        NotYaml: it is not YAML, or what the module's docstring lists as refused.
    """
    if len(text) > MAX_CHARS:
        raise NotYaml(f"longer than {MAX_CHARS} characters")
    # Counted beforehand as well, since PyYAML looks far ahead, in quadratic time.
    if bracket_depth(text) > MAX_DEPTH:
        raise NotYaml(f"nested deeper than {MAX_DEPTH}")
    try:
        check_characters(text)
        return _Builder(iter(yaml.parse(text, Loader=yaml.SafeLoader)), portable).document()
    except NotYaml:
        raise
    except NotStrict as problem:
        raise NotYaml(str(problem)) from None
    except yaml.YAMLError as problem:
        where = getattr(problem, "problem", None) or str(problem)
        raise NotYaml(str(where)[:150]) from None
    except (ValueError, OverflowError, IndexError, KeyError):
        # PyYAML on escapes past Unicode's end, and on malformed directives.
        raise NotYaml("malformed") from None
    except StopIteration:
        raise NotYaml("ends too early") from None


def _parse_either(text: str, indented: str, ground_truth: Mapping[str, Any]) -> Any:
    """Return the value of a response, whose first blanks are indentation or only came with it.

    A last line ends like all others: a block scalar there has its line break.
    """
    portable = ground_truth.get("portable") is True
    if indented != text:
        try:
            return parse_yaml(indented + "\n", portable=portable)
        except NotYaml:
            pass  # the blanks mean nothing
    return parse_yaml(text + "\n", portable=portable)


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write the wanted value as JSON, which YAML 1.2 includes."""
    return json.dumps(ground_truth["value"])


@reward("yaml_value", range=(0.0, 1.0), timeout_s=2.0, gold=gold)
def yaml_value(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the response is YAML that equals `value` and, where given, satisfies `schema`.

    `ground_truth` is `{"value": ..., "schema": optional, "compare": optional, "portable":
    optional}`: `schema` is a JSON schema, `compare` holds the rules of
    `rewards.structured.compare`, and `portable: true` is explained above. Components: `schema`
    and `value`, each 0 or 1.
    """
    if "value" not in ground_truth:
        return RewardResult.error("yaml_value: ground_truth has no 'value'")
    wanted = ground_truth["value"]
    try:
        rules = rules_of(ground_truth.get("compare"))
        breach = breach_of(ground_truth.get("schema", {}))
        own = breach(wanted)
    except (BadRules, BadSchema, Undecided) as problem:
        return RewardResult.error(f"yaml_value: {problem}"[:300])
    if own is not None:
        return RewardResult.error(f"yaml_value: the row's own value breaks the schema: {own}")
    answer = after_reasoning(completion)
    text = unfenced(answer)
    try:
        value = _parse_either(text, unfenced(answer, indented=True), ground_truth)
    except NotYaml as problem:
        return RewardResult.wrong_format(f"not YAML: {problem}"[:200])
    try:
        equal = same_value(value, wanted, rules)
        broken = breach(value) if equal else None
    except (BadRules, BadSchema, Undecided) as problem:
        return RewardResult.error(f"yaml_value: {problem}"[:300])
    return verdict(text, equal=equal, broken=broken, otherwise="not the wanted value")

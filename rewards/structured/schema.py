"""Validate by JSON Schema without hanging or reading anything from elsewhere.

jsonschema-rs does the work: its regular expressions are linear, or give up after a number of
steps where a pattern needs backtracking, and it follows the drafts 4 to 2020-12 more closely than
others do. `jsonschema` is asked only where jsonschema-rs has no answer: for draft 3. Its `re`
patterns can hang, so the patterns of a draft 3 schema are matched by jsonschema-rs as well.

A `$ref` may point into the schema itself or at what it embeds under an `$id`. Everything else,
`file:` included, is a broken row: nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft3Validator, validators
from jsonschema.exceptions import SchemaError
from jsonschema.exceptions import ValidationError as OldValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

# How many steps of backtracking a pattern may take: about 0.1 s.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=1_000_000)

_DRAFTS: dict[str, Any] = {
    "json-schema.org/draft-03/schema": Draft3Validator,
    "json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
    # The name for "whichever is the newest".
    "json-schema.org/schema": jsonschema_rs.Draft202012Validator,
}
_DEFAULT_DRAFT = "json-schema.org/draft/2020-12/schema"

Breach = Callable[[Any], str | None]


class BadSchema(ValueError):
    """Says that the schema is none, or needs something from elsewhere: the row is broken."""


class Undecided(Exception):
    """Says that a pattern took too many steps: whether the value is valid is not known."""


def _draft_of(schema: Mapping[str, Any] | bool) -> Any:
    # A boolean can't name its draft; all that have such schemas agree about them.
    name = _DEFAULT_DRAFT if isinstance(schema, bool) else schema.get("$schema", _DEFAULT_DRAFT)
    if not isinstance(name, str):
        raise BadSchema("$schema is not a string")
    key = name.removesuffix("#").partition("://")[2] or name
    if key not in _DRAFTS:
        raise BadSchema(f"unknown $schema {name[:100]!r}")
    return _DRAFTS[key]


def _breach(found: Any) -> str | None:
    if found is None:
        return None
    if isinstance(
        found.kind,
        jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded
        | jsonschema_rs.ValidationErrorKind.RegexEngineFailure,
    ):
        raise Undecided(str(found.message)[:200])
    where = "".join(f"/{step}" for step in found.instance_path)
    return f"{where[:80]}: {str(found.message)[:160]}" if where else str(found.message)[:200]


def _compile(schema: dict[str, Any] | bool, draft: Any, check_formats: bool) -> Breach:
    try:
        validator = draft(
            schema,
            validate_formats=check_formats,
            offline=True,
            pattern_options=_PATTERNS,
        )
    except ValueError as problem:  # its ValidationError is one
        reason = getattr(problem, "message", None) or str(problem)
        raise BadSchema(str(reason).partition("\n")[0][:200]) from None
    return lambda value: _breach(next(validator.iter_errors(value), None))


def _linear_pattern(
    _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[OldValidationError]:
    if isinstance(instance, str) and _pattern(pattern)(instance) is not None:
        yield OldValidationError(f"does not match {pattern[:80]!r}")


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> Breach:
    return _compile({"pattern": pattern}, jsonschema_rs.Draft7Validator, False)


_Draft3 = validators.extend(Draft3Validator, {"pattern": _linear_pattern})


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield all members of all objects inside a schema."""
    if isinstance(node, dict):
        yield from node.items()
        for inner in node.values():
            yield from _members(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _members(inner)


def _compile_draft3(schema: dict[str, Any], check_formats: bool) -> Breach:
    for key, inner in _members(schema):
        if key == "format" and check_formats:
            # They have other names and meanings there: better no verdict than a lax one.
            raise BadSchema("formats of draft 3 are not checked")
        if key == "patternProperties":
            # `additionalProperties` would run them through `re`.
            raise BadSchema("patternProperties are not supported in draft 3")
        if key == "pattern" and isinstance(inner, str):
            _pattern(inner)
    try:
        Draft3Validator.check_schema(schema)
    except SchemaError as problem:
        raise BadSchema(str(problem.message)[:200]) from None
    # With an empty registry, and unlike by default, a reference to elsewhere is not fetched.
    validator = _Draft3(schema, registry=Registry())

    def breach(value: Any) -> str | None:
        try:
            found = next(validator.iter_errors(value), None)
        except Unresolvable as problem:
            raise BadSchema(f"cannot resolve {str(problem)[:150]}") from None
        return None if found is None else str(found.message)[:200]

    return breach


@lru_cache(maxsize=1024)
def _compiled(schema_json: str, check_formats: bool) -> Breach:
    schema = json.loads(schema_json)
    draft = _draft_of(schema)
    if draft is Draft3Validator:
        return _compile_draft3(schema, check_formats)
    return _compile(schema, draft, check_formats)


def breach_of(schema: Any, *, check_formats: bool = False) -> Breach:
    """Return a function that says how a value breaks the schema, or None if it does not.

    Compiling costs more than using: compiled schemas are kept. `format` is an annotation, as
    drafts since 2019-09 have it, unless `check_formats`. The schema `true` accepts every value and
    `false` none, as drafts since 6 have it; inside a schema its own draft decides.

    Raises:
        BadSchema: the schema is neither an object nor a boolean, not a schema of its draft, of an
            unknown draft, or refers to something outside itself. The function returned raises
            it too, for the references of draft 3; and `Undecided` where a pattern takes too many
            steps.
    """
    if not isinstance(schema, dict | bool):
        raise BadSchema("neither an object nor a boolean")
    try:
        return _compiled(json.dumps(schema, sort_keys=True), check_formats)
    except (TypeError, RecursionError) as problem:
        raise BadSchema(f"not JSON: {problem}"[:200]) from None

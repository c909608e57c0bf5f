"""Drop the nulls that a table wrote where a row had no such key.

A parquet column of structs has one type for all rows: `datasets` and pyarrow write the keys of
every row into each of them, with null where a row had none. A row that is read back would then
declare functions with parameters it never had, or a JSON schema with properties that are null. So
null members of objects are dropped, at any depth, with two exceptions in a ground truth, where a
null can be the answer:

- one of which nothing else would be left, such as ``{"answer": null}``;
- in a ``value`` beside the JSON ``schema`` that describes it, a member that the schema allows to be
  null. Whether the writer's row had it or not can't be told any more where the schema does not
  require it either: both are then right (it is added to ``compare.optional``).

JSON lines need none of this: what is null there was written as null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Padded(dict[str, Any]):
    """Is an object that a table keeps as a struct: it may hold nulls that its row never had."""


def without_padding(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row back as it was before a table padded it; objects that aren't `Padded` stay."""
    plain: dict[str, Any] = {
        key: _dropped(value) for key, value in row.items() if value is not None
    }
    if "ground_truth" in row:
        plain["ground_truth"] = _truth(row["ground_truth"])
    spec = row.get("reward_spec")
    if isinstance(spec, Padded) and "ground_truth" in spec:
        plain["reward_spec"]["ground_truth"] = _truth(spec["ground_truth"])
    return plain


def _dropped(value: Any) -> Any:
    if isinstance(value, Padded):
        return {key: _dropped(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_dropped(item) for item in value]
    return value


def _truth(truth: Any) -> Any:
    plain = _dropped(truth)
    if not isinstance(truth, Padded):
        return plain
    if truth and not plain:
        return dict(truth)
    schema = plain.get("schema")
    if isinstance(schema, dict) and "value" in plain:
        open_members: list[str] = []
        plain["value"] = _valued(truth["value"], schema, "", open_members)
        if open_members:
            compare = plain.setdefault("compare", {})
            compare["optional"] = [*compare.get("optional", []), *open_members]
    return plain


def _valued(value: Any, schema: Any, path: str, open_members: list[str]) -> Any:
    """Return a padded value with the nulls that its schema allows."""
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, Mapping) else None
        return [
            _valued(item, items, f"{path}/{index}", open_members)
            for index, item in enumerate(value)
        ]
    if not isinstance(value, Padded):
        return value
    schema = schema if isinstance(schema, Mapping) else {}
    properties, required = schema.get("properties") or {}, schema.get("required") or ()
    kept = {}
    for key, item in value.items():
        place = f"{path}/{_escaped(key)}"
        if item is not None:
            kept[key] = _valued(item, properties.get(key), place, open_members)
        elif _nullable(properties.get(key)):
            kept[key] = None
            if key not in required:
                open_members.append(place)
    return kept


def _escaped(key: str) -> str:
    """Write a key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _nullable(schema: Any) -> bool:
    """Tell whether a schema says that null is a value."""
    if not isinstance(schema, Mapping):
        return False
    kinds = schema.get("type")
    if kinds == "null" or (isinstance(kinds, list) and "null" in kinds):
        return True
    enum = schema.get("enum")
    return (isinstance(enum, list) and None in enum) or any(map(_nullable, _choices(schema)))


def _choices(schema: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("anyOf", "oneOf"):
        choices = schema.get(name)
        yield from choices if isinstance(choices, list) else ()

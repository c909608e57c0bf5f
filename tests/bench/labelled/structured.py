"""Reads labelled JSON, YAML and CSV: the conformance suites of the three formats, cloned."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

# What `rewards.yaml_value` refuses by design, in the suite's words.
_REFUSED_YAML = frozenset(
    ("alias", "anchor", "complex-key", "duplicate-key", "local-tag", "tag", "unknown-tag")
)
_TAB = re.compile("—*»")
_VISIBLE = (("␣", " "), ("↵", ""), ("∎\n", ""), ("←", "\r"), ("⇔", "\ufeff"))
_NAMES = ["foo", "bar", "baz"]
_DRAFTS = {f"draft{n}": f"http://json-schema.org/draft-0{n}/schema#" for n in (3, 4, 6, 7)}


def json_schema_suite(path: Path) -> Iterator[dict[str, Any]]:
    """Read `tests/draft…` of github.com/json-schema-org/JSON-Schema-Test-Suite (MIT).

    Schemas that refer to the suite's server are not what a row can hold.
    """
    for file in sorted(path.rglob("*.json")):
        for group in json.loads(file.read_text(encoding="utf-8")):
            schema, name = group["schema"], f"{file.relative_to(path)}: {group['description']}"
            reason = ""
            if isinstance(schema, dict) and path.name in _DRAFTS:
                schema = {"$schema": _DRAFTS[path.name], **schema}
            if "localhost:1234" in json.dumps(schema):
                reason = "refers to another file"
            for test in group["tests"]:
                if reason:
                    yield {"reward": "json_schema", "not_applicable": reason}
                    continue
                yield {
                    "reward": "json_schema",
                    "name": f"{name}: {test['description']}",
                    "completion": json.dumps(test["data"], ensure_ascii=False),
                    "ground_truth": {"schema": schema, "check_formats": "format" in file.parts},
                    "correct": test["valid"],
                }


def json_test_suite(path: Path) -> Iterator[dict[str, Any]]:
    """Read `test_parsing/{y,n,i}_*.json` of github.com/nst/JSONTestSuite (MIT).

    Every text is asked for as JSON of any kind. A completion is text, so files that aren't UTF-8
    say nothing, nor do those that the standard leaves open (`i_`).
    """
    for file in sorted(path.glob("[yni]_*.json")):
        content, kind = file.read_bytes(), file.name[0]
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            yield {"reward": "json_schema", "not_applicable": "not UTF-8"}
            continue
        if kind == "i":
            yield {"reward": "json_schema", "not_applicable": "left open by the standard"}
            continue
        yield {
            "reward": "json_schema",
            "name": file.name,
            "completion": text,
            "ground_truth": {"schema": True},
            "correct": kind == "y",
        }


def _values(text: str) -> list[Any]:
    """Yield the JSON values of a text, one after the other."""
    decoder, place, found = json.JSONDecoder(), 0, []
    text = text.strip()
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        found.append(value)
        while place < len(text) and text[place].isspace():
            place += 1
    return found


def yaml_suite(path: Path) -> Iterator[dict[str, Any]]:
    """Read `src` of github.com/yaml/yaml-test-suite (MIT).

    What must not parse becomes a row in which any value would be right.
    """
    for file in sorted(path.glob("*.yaml")):
        inherited: dict[str, Any] = {}
        for part, test in enumerate(yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)):
            inherited = inherited | test
            if "yaml" not in test:
                continue
            text = _TAB.sub("\t", test["yaml"])
            for mark, meant in _VISIBLE:
                text = text.replace(mark, meant)
            row = {
                "reward": "yaml_value",
                "name": f"{file.stem}/{part} {inherited.get('name', '')}",
                "completion": text,
            }
            reasons = sorted(_REFUSED_YAML & set(inherited.get("tags", "").split()))
            if test.get("fail") == "true":
                anything = {"value": None, "compare": {"ignore": [""]}}
                yield row | {"ground_truth": anything, "correct": False}
                continue
            values = _values(test["json"]) if "json" in test else []
            if reasons or len(values) != 1:
                reason = reasons[0] if reasons else f"{len(values)} values"
                yield {"reward": "yaml_value", "not_applicable": reason}
                continue
            yield row | {"ground_truth": {"value": values[0]}, "correct": True}


def _with_header(parsed: list[Any]) -> list[list[str]]:
    if not parsed:
        return [_NAMES]
    if isinstance(parsed[0], dict):
        return [list(parsed[0]), *(list(record.values()) for record in parsed)]
    return parsed


def csv_suite(path: Path) -> Iterator[dict[str, Any]]:
    """Read github.com/sineemore/csv-test-data and github.com/max-mapper/csv-spectrum.

    Where there are no names of columns, the first record gives them. For a file that is no CSV the
    gold is what a lenient reader makes of it, with all records as wide as the first.
    """
    for file in sorted(path.glob("csv*/*.csv")):
        text = file.read_bytes().decode("utf-8")
        row = {"reward": "csv_table", "name": file.stem, "completion": text}
        if file.stem.startswith("bad-"):
            records = list(csv.reader(text.splitlines(keepends=True))) or [_NAMES]
            header = _NAMES if "header" in file.stem else records[0]
            records = [(record + [""] * len(header))[: len(header)] for record in records[1:]]
            yield row | {"ground_truth": {"header": header, "rows": records}, "correct": False}
            continue
        parsed = json.loads((path / "json" / f"{file.stem}.json").read_text(encoding="utf-8"))
        header, *records = _with_header(parsed if isinstance(parsed, list) else [parsed])
        if len(set(header)) < len(header):
            yield {"reward": "csv_table", "not_applicable": "columns of one name"}
            continue
        truth = {"header": header, "rows": records, "ordered": True}
        yield row | {"ground_truth": truth, "correct": True}

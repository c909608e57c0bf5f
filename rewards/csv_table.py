"""The reward `csv_table` checks that the response is one table with the right header and rows.

Read as RFC 4180 has it: fields may be quoted, quotes inside are doubled, line ends may be either,
blanks are part of a field, and every record has as many fields as the header. Text around the
table is refused, for it makes records of another width; a single code fence is allowed.

Cells are compared as text unless the row gives the columns types: then `7`, `7.0` and `+7` are the
same number, and a tolerance is possible. Thousands separators and units are not numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.text import after_reasoning
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.structured.compare import BadRules, Rules, rules_of, same_value
from rewards.structured.strict_json import MAX_CHARS, NotStrict, integer, real, unfenced

TYPES = ("string", "integer", "number", "boolean")
MAX_CELLS = 50_000

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_QUOTED = re.compile(r'"(?:[^"]|"")*(?:"|\Z)')


class NotCsv(NotStrict):
    """Says why a text is not an acceptable table."""


def parse_csv(text: str, delimiter: str = ",") -> list[list[str]]:
    """Return the records of a table, header first.

    Raises:
        NotCsv: it is empty, too large, has a bad quote, or records of different widths.
    """
    if len(text) > MAX_CHARS:
        raise NotCsv(f"longer than {MAX_CHARS} characters")
    if "\0" in text:
        raise NotCsv("a null character")
    # Python's reader takes a quote inside an unquoted field for a character, even if `strict`.
    for quoted in _QUOTED.finditer(text):
        if quoted.start() and text[quoted.start() - 1] not in (delimiter, "\r", "\n"):
            raise NotCsv("a quote inside a field that is not quoted")
    records: list[list[str]] = []
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            cells += len(record)
            # An empty line is no record, though in a table of one column it could be one.
            if record:
                records.append(record)
            if cells > MAX_CELLS:
                raise NotCsv(f"more than {MAX_CELLS} cells")
    except csv.Error as problem:
        raise NotCsv(str(problem)) from None
    if not records:
        raise NotCsv("empty")
    for number, record in enumerate(records, 1):
        if len(record) != len(records[0]):
            raise NotCsv(f"record {number} has {len(record)} fields, not {len(records[0])}")
    return records


def typed(cell: str, kind: str) -> Any:
    """Convert a cell of a typed column; an empty one is null.

    Raises:
        NotStrict: the text is not of that type.
    """
    if kind == "string":
        return cell
    text = cell.strip()
    if not text:
        return None
    if kind == "boolean" and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if kind == "integer" and _INTEGER.fullmatch(text):
        return integer(text)
    if kind == "number" and _NUMBER.fullmatch(text):
        return integer(text) if _INTEGER.fullmatch(text) else real(text)
    raise NotStrict(f"{cell[:40]!r} is no {kind}")


class _Table:
    """Holds a row's ground truth, checked."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        header, rows = row.get("header"), row.get("rows")
        if not isinstance(header, list) or not header or len(set(map(str, header))) < len(header):
            raise BadRules("'header' is not a list of distinct names")
        if not all(isinstance(name, str) for name in header):
            raise BadRules("'header' is not a list of strings")
        if not isinstance(rows, list) or not all(isinstance(r, list) for r in rows):
            raise BadRules("'rows' is not a list of lists")
        if any(len(r) != len(header) for r in rows):
            raise BadRules("a row is not as wide as the header")
        self.header: list[str] = header
        self.types = self._types(row.get("types"), len(header))
        self.delimiter = row.get("delimiter", ",")
        if self.delimiter not in (",", ";", "\t", "|"):
            raise BadRules("'delimiter' is none of , ; tab |")
        if not isinstance(row.get("ordered", False), bool):
            raise BadRules("'ordered' is no boolean")
        self.rules = self._rules(row)
        self.rows = [self._check(r) for r in rows]

    @staticmethod
    def _types(types: Any, width: int) -> list[str]:
        if types is None:
            return ["string"] * width
        if not isinstance(types, list) or len(types) != width or not set(types) <= set(TYPES):
            raise BadRules(f"'types' is not one of {', '.join(TYPES)} for every column")
        return types

    def _rules(self, row: Mapping[str, Any]) -> Rules:
        tolerance = row.get("tolerance", {})
        if not isinstance(tolerance, Mapping) or not tolerance.keys() <= set(self.header):
            raise BadRules("'tolerance' does not go by names of columns")
        places = {f"/*/{self.header.index(name)}": value for name, value in tolerance.items()}
        return rules_of({"unordered": [] if row.get("ordered") else [""], "tolerance": places})

    def _check(self, cells: list[Any]) -> list[Any]:
        for cell, kind in zip(cells, self.types, strict=True):
            right = {
                "string": isinstance(cell, str),
                "boolean": isinstance(cell, bool | None),
                "integer": isinstance(cell, int | None) and not isinstance(cell, bool),
                "number": isinstance(cell, int | float | None) and not isinstance(cell, bool),
            }
            if not right[kind]:
                raise BadRules(f"cell {cell!r} is no {kind}; give 'types' for other cells")
        return cells


def _values(records: Sequence[Sequence[str]], types: Sequence[str]) -> list[list[Any]]:
    return [[typed(c, kind) for c, kind in zip(r, types, strict=True)] for r in records]


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write the table as RFC 4180 has it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=ground_truth.get("delimiter", ","))
    writer.writerow(ground_truth["header"])
    for row in ground_truth["rows"]:
        writer.writerow([str(cell).lower() if isinstance(cell, bool) else cell for cell in row])
    return text.getvalue()


@reward("csv_table", range=(0.0, 1.0), timeout_s=2.0, gold=gold)
def csv_table(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the response is a CSV table with this header and these rows, else 0.

    `ground_truth` is `{"header": [names], "rows": [[cells]]}`, optionally with `ordered` (false:
    rows are a bag, duplicates count), `types` (one of string, integer, number, boolean for every
    column; cells then are such values or null, otherwise strings), `tolerance` (by name of a
    number column: a number, or `{"abs", "rel"}`) and `delimiter` (a comma). The order of columns
    counts. Components: `header` and `rows`, each 0 or 1.
    """
    try:
        table = _Table(ground_truth)
    except BadRules as problem:
        return RewardResult.error(f"csv_table: {problem}"[:300])
    text = unfenced(after_reasoning(completion))
    try:
        header, *records = parse_csv(text, table.delimiter)
    except NotCsv as problem:
        return RewardResult.wrong_format(f"not CSV: {problem}"[:200])
    named = header == table.header
    same = False
    message = "" if named else "another header"
    if named:
        try:
            same = same_value(_values(records, table.types), table.rows, table.rules)
            message = "" if same else "other rows"
        except BadRules as problem:
            return RewardResult.error(f"csv_table: {problem}"[:300])
        except NotStrict as problem:
            message = str(problem)
    return RewardResult(
        float(named and same),
        components={"header": float(named), "rows": float(same)},
        extracted=text[:500],
        message=message,
    )

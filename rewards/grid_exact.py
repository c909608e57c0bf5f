"""The reward `grid_exact` compares the grid in the last `<answer>…</answer>` cell by cell.

`ground_truth` states the solution, or the clues and the rules, or both:

    {"solution": [[1, 2], [2, 1]]}                                    this grid and no other
    {"puzzle": [[1, 0], [0, 0]], "rules": "latin"}                    any grid that fits
    {"puzzle": [[…]], "rules": "sudoku", "box": [2, 3]}               boxes of 2 rows, 3 columns
    {"puzzle": [[…]], "rules": "latin", "less": [[[0, 0], [0, 1]]]}   left cell < right cell

With rules, every completion of the clues scores, because a puzzle may have several; empty cells
are 0, null, "." or "_", and the symbols are 1 … n. A `solution` given beside rules must follow
them: the row is broken otherwise. Rows of the grid stand on lines, with cells separated by
spaces, commas or bars, or not at all where every symbol is one character; a JSON array of arrays
is read too. There is no partial credit, since a filled-in guess gets most cells of an easy puzzle
right; the share of right cells is a component.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.reading.text import after_reasoning, fold, last_answer_tag
from rewards.reading.typography import plain
from rewards.registry import reward
from rewards.result import RewardResult

MAX_ANSWER_CHARS = 8192
MAX_SIDE = 64

Grid = list[list[str]]
Place = tuple[int, int]

_RULER = re.compile(r"[\s\-+|=:]*")
_CELL_GAP = re.compile(r"[\s,;|]+")
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)
_EMPTY = frozenset({"0", ".", "_", "none", ""})


class BadRow(ValueError):
    """Says why the ground truth is not a grid puzzle."""


@dataclass(frozen=True)
class Puzzle:
    """Holds clues and rules; `less` has pairs of places whose first cell is the smaller."""

    clues: Grid
    box: tuple[int, int] | None = None
    less: tuple[tuple[Place, Place], ...] = ()

    @property
    def side(self) -> int:
        """Count the rows, columns and symbols."""
        return len(self.clues)

    def broken_rule(self, grid: Grid) -> str:
        """Say in words which rule the grid breaks; empty if none."""
        side = self.side
        symbols = {str(number) for number in range(1, side + 1)}
        for row, column in ((r, c) for r in range(side) for c in range(side)):
            clue = self.clues[row][column]
            if clue and grid[row][column] != clue:
                return f"changes the clue at row {row + 1}, column {column + 1}"
        for number in range(side):
            if set(grid[number]) != symbols:
                return f"row {number + 1} is no permutation of 1 to {side}"
        for number in range(side):
            if {line[number] for line in grid} != symbols:
                return f"column {number + 1} is no permutation of 1 to {side}"
        if self.box:
            height, width = self.box
            for top in range(0, side, height):
                for left in range(0, side, width):
                    cells = {
                        grid[r][c]
                        for r in range(top, top + height)
                        for c in range(left, left + width)
                    }
                    if cells != symbols:
                        return f"the box at row {top + 1}, column {left + 1} repeats a symbol"
        for (r, c), (s, d) in self.less:
            if not int(grid[r][c]) < int(grid[s][d]):
                return f"row {r + 1}, column {c + 1} is not the smaller of its pair"
        return ""


def parse_grid(text: str, rows: int, columns: int) -> Grid | None:
    """Return the grid of that shape written in `text`, cells casefolded, or None."""
    text = text.strip()
    fenced = _FENCE.match(text)
    text = fenced[1] if fenced else text
    lines: list[list[str]] = []
    if text.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, list) or not all(isinstance(line, list) for line in value):
            return None
        if any(isinstance(cell, list | dict | bool) for line in value for cell in line):
            return None
        lines = [[str(cell).casefold() for cell in line] for line in value]
    else:
        for line in text.splitlines():
            if _RULER.fullmatch(line):
                continue
            cells = [cell for cell in _CELL_GAP.split(fold(line).casefold()) if cell]
            if len(cells) != columns and len("".join(cells)) == columns:
                cells = list("".join(cells))
            lines.append([plain(cell) for cell in cells])
    right = len(lines) == rows and all(len(line) == columns for line in lines)
    return lines if right else None


def _grid_of_row(value: Any, what: str) -> Grid:
    """Read a grid of the ground truth: a list of rows of numbers or short texts."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= MAX_SIDE:
        raise BadRow(f"{what!r} is no list of 1 to {MAX_SIDE} rows")
    if not all(isinstance(line, Sequence) and len(line) == len(value[0]) for line in value):
        raise BadRow(f"the rows of {what!r} are not of equal length")
    grid = [[str(cell).strip().casefold() for cell in line] for line in value]
    if not grid[0] or len(grid[0]) > MAX_SIDE:
        raise BadRow(f"{what!r} is not 1 to {MAX_SIDE} cells wide")
    return grid


def _place(value: Any, side: int) -> Place:
    if isinstance(value, Sequence) and len(value) == 2:
        row, column = value
        if all(isinstance(n, int) and 0 <= n < side for n in (row, column)):
            return row, column
    raise BadRow(f"'less' names the place {value!r}")


def _puzzle_of(ground_truth: Mapping[str, Any]) -> Puzzle:
    clues = _grid_of_row(ground_truth.get("puzzle"), "puzzle")
    side = len(clues)
    if side != len(clues[0]):
        raise BadRow("'puzzle' is not square")
    clues = [["" if cell in _EMPTY else cell for cell in line] for line in clues]
    box = None
    if ground_truth["rules"] == "sudoku":
        size = ground_truth.get("box")
        if size is None and round(side**0.5) ** 2 == side:
            size = [round(side**0.5)] * 2
        if (
            not isinstance(size, Sequence)
            or len(size) != 2
            or not all(isinstance(n, int) and n > 0 for n in size)
            or size[0] * size[1] != side
        ):
            raise BadRow(f"'box' {size!r} does not hold {side} cells")
        box = (size[0], size[1])
    elif ground_truth["rules"] != "latin":
        raise BadRow(f"'rules' {ground_truth['rules']!r} is neither latin nor sudoku")
    less = []
    for pair in ground_truth.get("less") or ():
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise BadRow(f"'less' has {pair!r}, which is no pair of places")
        less.append((_place(pair[0], side), _place(pair[1], side)))
    return Puzzle(clues, box, tuple(less))


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    """Write the solution, where the row has it."""
    rows = ground_truth.get("solution")
    if rows is None:
        return None
    lines = (" ".join(map(str, cells)) for cells in rows)
    return f"<answer>{chr(10).join(lines)}</answer>"


@reward("grid_exact", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def grid_exact(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the tagged grid is the solution, or one of them; rows: see the module."""
    solution = puzzle = None
    try:
        if ground_truth.get("rules") is not None:
            puzzle = _puzzle_of(ground_truth)
        if ground_truth.get("solution") is not None:
            solution = _grid_of_row(ground_truth["solution"], "solution")
        if puzzle and solution:
            if (len(solution), len(solution[0])) != (puzzle.side, puzzle.side):
                raise BadRow("'solution' and 'puzzle' differ in size")
            broken = puzzle.broken_rule(solution)
            if broken:
                raise BadRow(f"the row's own solution: {broken}")
    except BadRow as problem:
        return RewardResult.error(f"grid_exact: {problem}")
    shape = puzzle.clues if puzzle else solution
    if shape is None:
        return RewardResult.error("grid_exact: ground_truth has neither 'solution' nor 'rules'")
    answer = last_answer_tag(after_reasoning(completion))
    if answer is None:
        return RewardResult.wrong_format("no <answer>…</answer>")
    if len(answer) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"answer is longer than {MAX_ANSWER_CHARS} characters")
    rows, columns = len(shape), len(shape[0])
    grid = parse_grid(answer, rows, columns)
    if grid is None:
        return RewardResult.wrong_format(
            f"not a grid of {rows} rows and {columns} columns", extracted=answer.strip()[:200]
        )
    components = {}
    if solution:
        pairs = [(grid[r][c], solution[r][c]) for r in range(rows) for c in range(columns)]
        components["cells"] = sum(given == wanted for given, wanted in pairs) / len(pairs)
    same = "" if grid == solution else "another grid"
    message = puzzle.broken_rule(grid) if puzzle else same
    return RewardResult(
        float(not message), components=components, extracted=answer.strip()[:200], message=message
    )

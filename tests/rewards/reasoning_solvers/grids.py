"""Solve the questions on grids of cells: islands, rot, ways through, matrices, outlines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    rows_of,
    solves,
    written,
)

Place = tuple[int, int]
MOVES: Mapping[str, Place] = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def _cells(rows: Sequence[Sequence[str]]) -> dict[Place, str]:
    return {(r, c): cell for r, row in enumerate(rows) for c, cell in enumerate(row)}


def _beside(place: Place) -> Iterator[Place]:
    for down, right in MOVES.values():
        yield place[0] + down, place[1] + right


def _distances(start: set[Place], free: set[Place]) -> dict[Place, int]:
    """Return how many steps each free cell is from the nearest of some cells, ring by ring."""
    reached = dict.fromkeys(start, 0)
    ring, steps = set(start), 0
    while ring:
        steps += 1
        ring = {p for place in ring for p in _beside(place) if p in free and p not in reached}
        reached |= dict.fromkeys(ring, steps)
    return reached


@solves("largest_island")
def largest_island(question: str) -> Solution:
    """Find the largest connected set of ones."""
    cells = _cells(rows_of(found(r"grid:\n([01 \n]+?)\n\n", question)[1]))
    land = {place for place, cell in cells.items() if cell == "1"}
    largest = 0
    while land:
        island = set(_distances({next(iter(land))}, land))
        land -= island
        largest = max(largest, len(island))
    return Solution((str(largest),))


@solves("rotten_oranges")
def rotten_oranges(question: str) -> Solution:
    """Count the minutes until the last fresh orange rots, or -1 if one never does."""
    cells = _cells(rows_of(found(r"fresh orange:\n([012 \n]+)$", question)[1]))
    fresh = {place for place, cell in cells.items() if cell == "1"}
    reached = _distances({place for place, cell in cells.items() if cell == "2"}, fresh)
    minutes = max((reached[place] for place in fresh if place in reached), default=0)
    answer = minutes if fresh <= set(reached) else -1
    return Solution((str(answer),), wrong=(str(minutes + 1),))


@solves("maze")
def maze(question: str) -> Solution:
    """Find the number of steps of the shortest way through a maze of arbitrary signs."""
    start, goal = found(r"from '(.)' \(start\) to '(.)' \(goal\)", question).groups()
    passage = found(r"'(.)' = Passage", question)[1]
    drawing = found(r"```\n(.+)\n```\nLegend", question)[1]
    cells = _cells([list(line) for line in drawing.splitlines()])
    ends = {sign: [p for p, cell in cells.items() if cell == sign] for sign in (start, goal)}
    if [len(places) for places in ends.values()] != [1, 1]:
        raise Unclear("start or goal is not one cell")
    free = {place for place, cell in cells.items() if cell in (passage, goal)}
    reached = _distances({ends[start][0]}, free)
    if ends[goal][0] not in reached:
        raise Unclear("there is no way")
    steps = reached[ends[goal][0]]
    return Solution((str(steps),), wrong=(str(steps - 1), str(steps + 2)))


def _ways(reached: Mapping[Place, int], goal: Place, order: Sequence[str]) -> list[str]:
    """Return the moves of a shortest way to the goal, found backwards with moves in an order."""
    moves: list[str] = []
    place = goal
    while reached[place]:
        for name in order:
            before = place[0] - MOVES[name][0], place[1] - MOVES[name][1]
            if reached.get(before) == reached[place] - 1:
                moves.insert(0, name)
                place = before
                break
    return moves


@solves("shortest_path")
def shortest_path(question: str) -> Solution:
    """Find a shortest way from * to #, and a second one where there are two."""
    cells = _cells(rows_of(found(r"following grid:\n([*#OX \n]+)", question)[1]))
    start = next(place for place, cell in cells.items() if cell == "*")
    goal = next(place for place, cell in cells.items() if cell == "#")
    free = {place for place, cell in cells.items() if cell in "O#"}
    reached = _distances({start}, free - {goal}) | {start: 0}
    before = [reached[place] for place in _beside(goal) if place in reached]
    if not before:
        return Solution(("infeasible",), wrong=("right", "up up down"))
    reached |= {goal: min(before) + 1}
    ways = {" ".join(_ways(reached, goal, order)) for order in (list(MOVES), list(MOVES)[::-1])}
    straight = ["down"] * (goal[0] - start[0]) + ["up"] * (start[0] - goal[0])
    straight += ["right"] * (goal[1] - start[1]) + ["left"] * (start[1] - goal[1])

    def accepts(answer: str) -> bool:
        place = start
        for move in answer.split():
            if move not in MOVES:
                return False
            place = place[0] + MOVES[move][0], place[1] + MOVES[move][1]
            if cells.get(place, "X") == "X":
                return False
        return place == goal and len(answer.split()) == reached[goal]

    longer = " ".join((*next(iter(ways)).split(), "up", "down"))
    wrong = {longer, "infeasible", " ".join(straight)}
    return Solution(
        tuple(sorted(ways)),
        wrong=tuple(sorted(w for w in wrong if w == "infeasible" or not accepts(w))),
        accepts=accepts,
    )


Matrix = list[list[str]]


@solves("rotate_matrix")
def rotate_matrix(question: str) -> Solution:
    """Turn a square matrix clockwise by whole quarters, cell by cell."""
    degrees, text = found(r"by (\d+) degrees clockwise:\n(.+)$", question).groups()
    matrix = rows_of(text)
    size = len(matrix)
    before = written(matrix)
    for _ in range(int(degrees) // 90 % 4):
        turned = [[""] * size for _ in range(size)]
        for r in range(size):
            for c in range(size):
                turned[c][size - 1 - r] = matrix[r][c]
        matrix = turned
    answer = written(matrix)
    return Solution((answer,), wrong=(before,) if before != answer else ())


def _flipped(matrix: Matrix, which: str) -> Matrix:
    """Mirror a matrix along its diagonal or counterdiagonal."""
    rows, columns = len(matrix), len(matrix[0])
    if which == "diagonal":
        return [[matrix[r][c] for r in range(rows)] for c in range(columns)]
    return [[matrix[rows - 1 - r][columns - 1 - c] for r in range(rows)] for c in range(columns)]


def _changed(matrix: Matrix, text: str) -> Matrix:
    """Do what one line of the question says to a matrix."""
    if "Identity" in text:
        return matrix
    if match := re.search(r"along the (diagonal|counterdiagonal)", text):
        return _flipped(matrix, match[1])
    if "Vertically mirror" in text or "Horizontally mirror" in text:
        raise Unclear("mirrors: at which axis?")
    if match := re.search(r"Rotate the matrix (\d+) degrees", text):
        quarters = int(match[1]) // 90 % 4
        if quarters % 2:
            raise Unclear("rotates: which way round?")
        return [row[::-1] for row in matrix[::-1]] if quarters else matrix
    if match := re.search(r"Map each occurrence of (\d+) to (\d+)", text):
        return [[match[2] if cell == match[1] else cell for cell in row] for row in matrix]
    if match := re.search(r"divisible by (\d+) to zero", text):
        k = int(match[1])
        return [["0" if int(cell) % k == 0 else cell for cell in row] for row in matrix]
    if match := re.search(r"rows (\d+)-(\d+) and columns (\d+)-(\d+)", text):
        top, bottom, left, right = map(int, match.groups())
        return [row[left - 1 : right] for row in matrix[top - 1 : bottom]]
    if match := re.search(r"every (\d+)-\w+ (row|column)", text):
        n = int(match[1])
        if match[2] == "row":
            return [row for i, row in enumerate(matrix) if (i + 1) % n]
        return [[cell for i, cell in enumerate(row) if (i + 1) % n] for row in matrix]
    raise Unread(text)


@solves("manipulate_matrix")
def manipulate_matrix(question: str) -> Solution:
    """Do a list of operations on a matrix."""
    text, operations = found(r"following matrix:\n(.+?)\n\n.+?:\n(- .+)$", question).groups()
    matrix = rows_of(text)
    for line in operations.strip().splitlines():
        matrix = _changed(matrix, line)
    answer = written(matrix)
    start = written(rows_of(text))
    return Solution((answer,), wrong=(start,) if start != answer else ())


@solves("pool_matrix")
def pool_matrix(question: str) -> Solution:
    """Pool a matrix by maximum or mean; where blocks don't fit, there is no one way to do it."""
    kind, size, text = found(
        r"Perform (max|average) pooling .+? kernel size of (\d+):\n(.+)$", question
    ).groups()
    k, matrix = int(size), [[int(cell) for cell in row] for row in rows_of(text)]
    if len(matrix) % k or len(matrix[0]) % k:
        raise Unclear("blocks that are not whole: dropped, padded or pooled?")
    blocks = [
        [
            [matrix[r + i][c + j] for i in range(k) for j in range(k)]
            for c in range(0, len(matrix[0]), k)
        ]
        for r in range(0, len(matrix), k)
    ]
    pooled = [
        [Decimal(max(b)) if kind == "max" else Decimal(sum(b)) / len(b) for b in row]
        for row in blocks
    ]
    cent = Decimal("0.01")
    rounded = [[v.quantize(cent, ROUND_HALF_UP) for v in row] for row in pooled]
    off = [
        [v + (3 * cent if (r, c) == (0, 0) else 0) for c, v in enumerate(row)]
        for r, row in enumerate(rounded)
    ]

    def accepts(answer: str) -> bool:
        given = [[Decimal(cell) for cell in row] for row in rows_of(answer)]
        return [len(row) for row in given] == [len(row) for row in rounded] and all(
            g in (v.quantize(cent, ROUND_HALF_UP), v.quantize(cent, ROUND_HALF_EVEN), v)
            for row, values in zip(given, pooled, strict=True)
            for g, v in zip(row, values, strict=True)
        )

    return Solution((written(rounded),), wrong=(written(off),), accepts=accepts)


@solves("rectangle_count")
def rectangle_count(question: str) -> Solution:
    """Take the drawing apart into the fewest outlines, three cells wide and high or more.

    Two that cross may also be seen as four that meet in the corners of the crossing; nobody who
    counts rectangles does.
    """
    drawing = found(r"grid below\?\n(.*)$", question)[1].split("\n")
    cells = {
        (r, c): {"#": 1, "█": 2}[cell]
        for r, line in enumerate(drawing)
        for c, cell in enumerate(line)
        if cell in "#█"
    }
    count = _fewest(cells)
    if count is None:
        raise Unclear("these are not outlines of rectangles")
    return Solution((str(count),))


Drawing = dict[Place, int]


def _parts(cells: Drawing) -> Iterator[Drawing]:
    left = set(cells)
    while left:
        part = set(_distances({next(iter(left))}, left))
        left -= part
        yield {place: cells[place] for place in part}


def _outlines(cells: Drawing) -> Iterator[list[Place]]:
    """Yield the outlines that have the first cell, in reading order, as their top left corner.

    It must be one: a cell that is covered otherwise has an earlier one of the same outline.
    """
    top, left = min(cells)
    right = left + 1
    while (top, right) in cells:
        bottom = top + 1
        while right >= left + 2 and (bottom, left) in cells and (bottom, right) in cells:
            across = [(bottom, c) for c in range(left, right + 1)]
            if bottom >= top + 2 and all(place in cells for place in across):
                sides = [(r, c) for r in range(top + 1, bottom) for c in (left, right)]
                yield [*across, *sides, *((top, c) for c in range(left, right + 1))]
            bottom += 1
        right += 1


def _fewest(cells: Drawing) -> int | None:
    """Return the least number of outlines that make a drawing, or None if none do."""
    known: dict[frozenset[tuple[Place, int]], int | None] = {}

    def whole(drawing: Drawing) -> int | None:
        total = 0
        for each in _parts(drawing):
            count = part(each)
            if count is None:
                return None
            total += count
        return total

    def part(drawing: Drawing) -> int | None:
        key = frozenset(drawing.items())
        if key not in known:
            best = None
            for outline in _outlines(drawing):
                after = dict(drawing)
                for place in outline:
                    after[place] -= 1
                rest = whole({place: n for place, n in after.items() if n})
                if rest is not None and (best is None or rest + 1 < best):
                    best = rest + 1
            known[key] = best
        return known[key]

    return whole(cells)

"""Solve the board puzzles: sudoku, futoshiki, a capture at go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    solves,
    written,
)

Grid = list[list[int]]
Cell = tuple[int, int]


def _solutions(
    grid: Grid, groups: Sequence[Sequence[Cell]], less: Sequence[tuple[Cell, Cell]]
) -> Iterator[Grid]:
    """Yield the fillings in which no group repeats a number and each pair ascends.

    Plain search, always in the cell that has the fewest numbers left.
    """
    size = len(grid)
    peers: dict[Cell, set[Cell]] = {}
    for group in groups:
        for cell in group:
            peers.setdefault(cell, set()).update(set(group) - {cell})
    above: dict[Cell, list[Cell]] = {}
    below: dict[Cell, list[Cell]] = {}
    for small, large in less:
        above.setdefault(small, []).append(large)
        below.setdefault(large, []).append(small)
    left = {cell: set(range(1, size + 1)) for cell in peers}

    def assign(options: dict[Cell, set[int]], cell: Cell, value: int) -> bool:
        """Take a value and all that follows at once; False if that leaves a cell without."""
        options[cell] = {value}
        changed = [cell]
        while changed:
            place = changed.pop()
            for peer in peers[place] if len(options[place]) == 1 else ():
                after = options[peer] - options[place]
                if after != options[peer]:
                    options[peer] = after
                    changed.append(peer)
            for larger in above.get(place, ()):
                after = {v for v in options[larger] if v > min(options[place], default=size)}
                if after != options[larger]:
                    options[larger] = after
                    changed.append(larger)
            for smaller in below.get(place, ()):
                after = {v for v in options[smaller] if v < max(options[place], default=0)}
                if after != options[smaller]:
                    options[smaller] = after
                    changed.append(smaller)
            if not options[place]:
                return False
        return all(options.values())

    for cell in peers:
        given = grid[cell[0]][cell[1]]
        if given and (given not in left[cell] or not assign(left, cell, given)):
            return
    for small, large in less:
        left[small] = {v for v in left[small] if v < max(left[large], default=0)}
        left[large] = {v for v in left[large] if v > min(left[small], default=size)}

    def search(options: dict[Cell, set[int]]) -> Iterator[Grid]:
        open_cells = [cell for cell, values in options.items() if len(values) > 1]
        if not open_cells:
            yield [[min(options[r, c]) for c in range(size)] for r in range(size)]
            return
        cell = min(open_cells, key=lambda c: len(options[c]))
        for value in sorted(options[cell]):
            tried = dict(options)
            if assign(tried, cell, value):
                yield from search(tried)

    yield from search(left)


def _lines(size: int) -> list[list[Cell]]:
    rows = [[(r, c) for c in range(size)] for r in range(size)]
    return rows + [[(r, c) for r in range(size)] for c in range(size)]


def _only(grids: Iterator[Grid]) -> Grid:
    first = next(grids, None)
    if first is None:
        raise Unclear("has no solution")
    if next(grids, None) is not None:
        raise Unclear("has more than one solution")
    return first


def _spoiled(grid: Grid) -> Grid:
    """Return a grid with two neighbours of its first row exchanged."""
    return [[grid[0][1], grid[0][0], *grid[0][2:]], *grid[1:]]


@solves("sudoku", "mini_sudoku")
def sudoku(question: str) -> Solution:
    """Fill a sudoku of 4 or 9; it must have one solution."""
    lines = [line.split() for line in question.splitlines()]
    puzzle = [
        [0 if cell == "_" else int(cell) for cell in line]
        for line in lines
        if len(line) in (4, 9) and all(cell == "_" or cell.isdigit() for cell in line)
    ]
    size = len(puzzle)
    if size not in (4, 9) or any(len(row) != size for row in puzzle):
        raise Unread(question[:300])
    box = {4: 2, 9: 3}[size]
    boxes = [
        [(top + i, left + j) for i in range(box) for j in range(box)]
        for top in range(0, size, box)
        for left in range(0, size, box)
    ]
    answer = _only(_solutions(puzzle, _lines(size) + boxes, ()))
    return Solution((written(answer),), wrong=(written(_spoiled(answer)),))


@solves("futoshiki")
def futoshiki(question: str) -> Solution:
    """Fill a square by its order signs; it must have one solution."""
    size = int(found(r"following (\d)x\d Futoshiki", question)[1])
    drawing = found(r"puzzle:\n\n(.+?)\n\nEnsure", question)[1].split("\n")
    puzzle: Grid = []
    less: list[tuple[Cell, Cell]] = []
    template: list[list[str]] = []
    for number, line in enumerate(drawing):
        signs = list(line.ljust(4 * size - 3))
        template.append(signs)
        row = number // 2
        for column in range(size):
            here, at = (row, column), 4 * column
            if number % 2:
                pair = here, (row + 1, column)
                sign = {"∧": "<", "∨": ">"}.get(signs[at], "")
            else:
                if column == 0:
                    puzzle.append([])
                puzzle[row].append(0 if signs[at] == "_" else int(signs[at]))
                pair = here, (row, column + 1)
                sign = signs[at + 2] if column + 1 < size else ""
            if sign in ("<", ">"):
                less.append(pair if sign == "<" else pair[::-1])
    answer = _only(_solutions(puzzle, _lines(size), less))

    def drawn(grid: Grid) -> str:
        rows = [line[:] for line in template]
        for r in range(size):
            for c in range(size):
                rows[2 * r][4 * c] = str(grid[r][c])
        return "\n".join("".join(line).rstrip() for line in rows)

    def accepts(text: str) -> bool:
        return [line.rstrip() for line in text.strip("\n").split("\n")] == drawn(answer).split("\n")

    wrong = drawn(_spoiled(answer))
    return Solution((drawn(answer),), wrong=(wrong,), accepts=accepts)


class _Go:
    """Is a position at go: who is where, and what a stone of Black's would take."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self.stones = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row)}
        self.size = len(rows)

    def _beside(self, cell: Cell) -> list[Cell]:
        r, c = cell
        around = ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1))
        return [place for place in around if place in self.stones]

    def _group(self, cell: Cell) -> tuple[set[Cell], set[Cell]]:
        """Return the stones connected to one, and the free points beside them."""
        group, edge, free = {cell}, [cell], set()
        while edge:
            for place in self._beside(edge.pop()):
                if self.stones[place] == ".":
                    free.add(place)
                elif self.stones[place] == self.stones[cell] and place not in group:
                    group.add(place)
                    edge.append(place)
        return group, free

    def dead(self) -> bool:
        """Tell whether a group without free points stands on the board, which can't happen."""
        return any(x != "." and not self._group(p)[1] for p, x in self.stones.items())

    def taken(self, cell: Cell) -> int:
        """Return how many stones of White's a stone of Black's on a free point takes."""
        lost: set[Cell] = set()
        for place in self._beside(cell):
            if self.stones[place] == "O":
                group, free = self._group(place)
                if free <= {cell}:
                    lost |= group
        return len(lost)


@solves("tsumego")
def tsumego(question: str) -> Solution:
    """Find the one move that captures, or the one that captures most where most is asked for."""
    drawing = found(r"```\n(.+?)\n```", question)[1].splitlines()[1:]
    board = _Go([line.split()[1:] for line in drawing])
    if board.dead():
        raise Unclear("a group without liberties is on the board")
    gains = {cell: board.taken(cell) for cell, x in board.stones.items() if x == "."}

    def name(cell: Cell) -> str:
        return f"{chr(ord('A') + cell[1])}{board.size - cell[0]}"

    best = max(gains.values())
    if "as many white stones as possible" in question:
        right = [name(cell) for cell, gain in gains.items() if gain == best]
    else:
        right = [name(cell) for cell, gain in gains.items() if gain]
    if best == 0 or len(right) != 1:
        raise Unclear(f"{len(right)} moves capture")
    others = [name(cell) for cell in gains if name(cell) not in right]
    return Solution(tuple(right), wrong=tuple(others[:3]))

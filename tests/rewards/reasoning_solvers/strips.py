"""Solve the questions that show a strip of colours before and after, thrice, and ask for a fourth.

The rules are those of the one-dimensional ARC puzzles as their authors describe them: a rule is
tried on the three examples, and all rules that fit must agree on the fourth strip.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator

from tests.rewards.reasoning_solvers.base import Solution, Unclear, Unread, found, rows_of, solves

Strip = list[int]
Rule = Callable[[Strip], Strip | None]
# (first cell, cell after the last, colour)
Run = tuple[int, int, int]


def _runs(strip: Strip) -> list[Run]:
    """Return the runs of one colour that are not empty."""
    runs = []
    place = 0
    for colour, group in itertools.groupby(strip):
        length = len(list(group))
        if colour:
            runs.append((place, place + length, colour))
        place += length
    return runs


def _blocks(strip: Strip) -> list[tuple[int, int]]:
    """Return the stretches without an empty cell, of any colours."""
    runs = _runs([1 if cell else 0 for cell in strip])
    return [(start, end) for start, end, _ in runs]


def _painted(size: int, runs: list[Run]) -> Strip | None:
    strip = [0] * size
    for start, end, colour in runs:
        if start < 0 or end > size:
            return None
        strip[start:end] = [colour] * (end - start)
    return strip


def _shift(step: int, wrapped: bool) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        size = len(strip)
        if not wrapped and any(
            cell and not 0 <= place + step < size for place, cell in enumerate(strip)
        ):
            return None
        return [strip[(place - step) % size] for place in range(size)]

    return rule


def _fall(strip: Strip) -> Strip:
    cells = [cell for cell in strip if cell]
    return cells + [0] * (len(strip) - len(cells))


def _count(strip: Strip) -> Strip:
    cells = [1 for cell in strip if cell]
    return cells + [0] * (len(strip) - len(cells))


def _sorted_as(order: tuple[int, ...]) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        if not set(strip) <= set(order):
            return None
        return sorted(strip, key=order.index)

    return rule


def _fall_by_one(strip: Strip) -> Strip:
    """Move everything by one cell to the left, where that is free or becomes free."""
    after = list(strip)
    for place in range(1, len(after)):
        if after[place] and not after[place - 1]:
            after[place - 1], after[place] = after[place], 0
    return after


def _dot_and_block(strip: Strip, dot: int) -> tuple[int, Run] | None:
    """Return where the one cell of a colour is, and the one block beside it."""
    runs = _runs(strip)
    dots = [run for run in runs if run[2] == dot and run[1] - run[0] == 1]
    others = [run for run in runs if run[2] != dot]
    if len(dots) != 1 or len(others) != 1 or len(runs) != 2:
        return None
    return dots[0][0], others[0]


def _to_dot(dot: int, step: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        scene = _dot_and_block(strip, dot)
        if scene is None:
            return None
        at, (start, end, colour) = scene
        move = min(step, at - end) if start < at else -min(step, start - at - 1)
        return _painted(len(strip), [(at, at + 1, dot), (start + move, end + move, colour)])

    return rule


def _grown_to_dot(dot: int, covering: bool) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        scene = _dot_and_block(strip, dot)
        if scene is None:
            return None
        at, (start, end, colour) = scene
        block = (min(start, at), max(end, at + 1), colour)
        return _painted(len(strip), [block] if covering else [block, (at, at + 1, dot)])

    return rule


def _around_dot(dot: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        scene = _dot_and_block(strip, dot)
        if scene is None:
            return None
        at, (start, end, colour) = scene
        return _painted(
            len(strip), [(2 * at - end + 1, 2 * at - start + 1, colour), (at, at + 1, dot)]
        )

    return rule


def _longest_only(strip: Strip) -> Strip | None:
    blocks = sorted(_blocks(strip), key=lambda b: b[1] - b[0], reverse=True)
    if not blocks or len({end - start for start, end in blocks[:2]}) < len(blocks[:2]):
        return None
    start, end = blocks[0]
    return [cell if start <= place < end else 0 for place, cell in enumerate(strip)]


def _one_colour(strip: Strip) -> Strip | None:
    """Give each stretch the colour that most of it has."""
    after = list(strip)
    for start, end in _blocks(strip):
        (colour, count), *rest = Counter(strip[start:end]).most_common(2)
        if rest and rest[0][1] == count:
            return None
        after[start:end] = [colour] * (end - start)
    return after


def _by_own_size(strip: Strip) -> Strip | None:
    blocks = _runs(strip)
    if len(blocks) != 1:
        return None
    start, end, colour = blocks[0]
    return _painted(len(strip), [(end, 2 * end - start, colour)])


def _between(strip: Strip) -> Strip | None:
    places = [place for place, cell in enumerate(strip) if cell]
    colours = {strip[place] for place in places}
    if len(places) != 2 or len(colours) != 1:
        return None
    return _painted(len(strip), [(places[0], places[1] + 1, colours.pop())])


def _ends_only(strip: Strip) -> Strip | None:
    runs = _runs(strip)
    if len(runs) != 1:
        return None
    start, end, colour = runs[0]
    return [colour if place in (start, end - 1) else 0 for place in range(len(strip))]


def _copied_to_dots(own_colour: bool) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        runs = _runs(strip)
        if len(runs) < 2 or runs[0][0] != 0 or (runs[0][1]) % 2 == 0:
            return None
        size, colour = runs[0][1], runs[0][2]
        after = list(strip)
        for start, end, dot in runs[1:]:
            if end - start != 1 or start + size // 2 >= len(strip):
                return None
            low = start - size // 2
            after[low : low + size] = [dot if own_colour else colour] * size
        return after

    return rule


def _repeated(strip: Strip) -> Strip | None:
    """Go on with a pattern that stands twice at the start."""
    filled = len(strip) - next((i for i, c in enumerate(reversed(strip)) if c), len(strip))
    size = filled // 2
    if filled % 2 or not size or strip[:size] != strip[size:filled] or 0 in strip[:filled]:
        return None
    return [strip[place % size] for place in range(len(strip))]


def _reversed_block(strip: Strip) -> Strip | None:
    blocks = _blocks(strip)
    if len(blocks) != 1:
        return None
    start, end = blocks[0]
    return [*strip[:start], *strip[start:end][::-1], *strip[end:]]


def _largest_in(colour: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        blocks = sorted(_blocks(strip), key=lambda b: b[1] - b[0])
        if len(blocks) < 2 or len({e - s for s, e in blocks[-2:]}) == 1:
            return None
        start, end = blocks[-1]
        return [colour if start <= place < end else cell for place, cell in enumerate(strip)]

    return rule


def _two_by_size(smaller: int, larger: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        blocks = sorted(_blocks(strip), key=lambda b: b[1] - b[0])
        if len(blocks) != 2 or len({e - s for s, e in blocks}) == 1:
            return None
        colours = zip(blocks, (smaller, larger), strict=True)
        return _painted(len(strip), [(s, e, colour) for (s, e), colour in colours])

    return rule


def _all_in(colour: int) -> Rule:
    return lambda strip: [colour if cell else 0 for cell in strip]


def _from_palette(strip: Strip) -> Strip | None:
    """Give the blocks, from left to right, the colours that stand at the start."""
    blocks = _blocks(strip)
    if len(blocks) < 2 or blocks[0][0] != 0 or blocks[0][1] != len(blocks) - 1:
        return None
    palette = strip[: blocks[0][1]]
    painted = zip(blocks[1:], palette, strict=True)
    rest = [(start, end, colour) for (start, end), colour in painted]
    return _painted(len(strip), [*((i, i + 1, c) for i, c in enumerate(palette)), *rest])


def _half_in(colour: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        after = list(strip)
        for start, end in _blocks(strip):
            half = (end - start) // 2
            after[start : start + half] = [colour] * half
        return after

    return rule


def _ordered(strip: Strip) -> Strip | None:
    """Line the blocks up by size, from the left, with one empty cell between them."""
    runs = sorted(_runs(strip), key=lambda r: r[1] - r[0])
    if len(runs) < 2 or len({colour for *_, colour in runs}) != 1:
        return None
    placed, place = [], 0
    for start, end, colour in runs:
        placed.append((place, place + end - start, colour))
        place += end - start + 1
    return _painted(len(strip), placed)


def _sown(strip: Strip) -> Strip | None:
    """Let a seed two cells from the block grow into copies of it, up to the border."""
    runs = _runs(strip)
    for start, end, colour in runs:
        size = end - start
        seeds = [run for run in runs if run[0] != start]
        if colour != 1 or size < 2 or not seeds:
            continue
        after = list(strip)
        for at, stop, tint in seeds:
            if stop - at != 1 or at not in (start - 2, end + 1):
                return None
            for place in range(at + 1) if at < start else range(at, len(strip)):
                if abs(at - place) % (size + 1) < size:
                    after[place] = tint
        return after
    return None


def _spilled(strip: Strip) -> Strip | None:
    """Let the one cell beside a block flow away from it, to the border."""
    runs = _runs(strip)
    blocks = _blocks(strip)
    if len(runs) != 2 or len(blocks) != 1:
        return None
    size = len(strip)
    (start, middle, first), (_, end, second) = runs
    if middle - start == 1 and end - middle > 1:
        return _painted(size, [(0, middle, first), runs[1]])
    if end - middle == 1 and middle - start > 1:
        return _painted(size, [runs[0], (middle, size, second)])
    return None


def _marked(colour: int) -> Rule:
    def rule(strip: Strip) -> Strip | None:
        after = list(strip)
        for start, end in _blocks(strip):
            if end - start == 2:
                for place in (start - 1, end):
                    if 0 <= place < len(strip):
                        after[place] = colour
        return after

    return rule


def _until_met(wall: int) -> Rule:
    """Let every cell but a wall at either border fill the space up to the next one before it."""

    def rule(strip: Strip) -> Strip | None:
        if wall not in (strip[0], strip[-1]):
            return None
        mirrored = strip[0] != wall
        after = strip[::-1] if mirrored else list(strip)
        colour = 0
        for place in range(len(after) - 1, 0, -1):
            colour = after[place] or colour
            after[place] = colour
        return after[::-1] if mirrored else after

    return rule


def _rules() -> Iterator[Rule]:
    """Yield the rules as seen from the left; each is also tried on the mirrored strip."""
    colours = range(1, 10)
    yield from (_shift(step, wrapped) for step in range(5) for wrapped in (False, True))
    yield from (_fall, _count, _fall_by_one, _longest_only, _one_colour, _by_own_size)
    yield from (_between, _ends_only, _repeated, _reversed_block, _from_palette, _ordered)
    yield from (_sown, _spilled)
    yield from map(_sorted_as, itertools.permutations(range(3)))
    yield from (_to_dot(dot, step) for dot in colours for step in (1, 2, 3, 4, 99))
    yield from (_grown_to_dot(dot, covering) for dot in colours for covering in (False, True))
    yield from map(_around_dot, colours)
    yield from map(_copied_to_dots, (False, True))
    yield from (
        rule(c) for rule in (_largest_in, _all_in, _half_in, _marked, _until_met) for c in colours
    )
    yield from itertools.starmap(_two_by_size, itertools.permutations(colours, 2))


def _mirrored(rule: Rule) -> Rule:
    def mirrored(strip: Strip) -> Strip | None:
        after = rule(strip[::-1])
        return None if after is None else after[::-1]

    return mirrored


RULES = [each for rule in _rules() for each in (rule, _mirrored(rule))]


@solves("arc_1d")
def arc_1d(question: str) -> Solution:
    """Find the rules that fit all examples; they must agree on the last strip."""
    lines = re.findall(r"(?:Input|Output): +([\d ]+)\n", question)
    strips = [[int(cell) for cell in line.split()] for line in lines]
    examples = list(zip(strips[::2], strips[1::2], strict=True))
    last = [int(cell) for cell in rows_of(found(r"Input:\n([\d ]+)$", question)[1])[0]]
    answers = set()
    for rule in RULES:
        if all(rule(before) == after for before, after in examples):
            answer = rule(last)
            if answer is not None:
                answers.add(" ".join(map(str, answer)))
    if not answers:
        raise Unread("no rule fits")
    if len(answers) > 1:
        raise Unclear(f"{len(answers)} rules fit and differ")
    right = answers.pop()
    before = " ".join(map(str, last))
    return Solution((right,), wrong=(before,) if before != right else ())

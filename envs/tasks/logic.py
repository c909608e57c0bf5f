"""Draw logic tasks: grid puzzles with verified solutions, orderings, reasoning-gym's vetted tasks.

Grids are scored by the rules, so a puzzle with several solutions accepts each of them. Orderings
and liars are checked by brute force to have exactly one solution before they are asked.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from envs.tasks.base import Task, TaskDomain, words
from rewards.reasoning_gym import FULL_MARKS, marks
from rewards.reasoning_gym.tasks import ITEMS_PER_SEED, VETTED, NoItem, make_item

TAGGED = "Put your final answer between <answer> and </answer>."
# Longer prompts are rather a test of the context window.
MAX_PROMPT_CHARS = 6000
# Few, because a generator is kept per seed, task and difficulty, and each has many items.
LIBRARY_SEEDS = 4

PEOPLE = words(
    "Ada Ben Cleo Dev Eli Fay Gus Hana Ian Joy Kai Lea Max Nia Oz Pia Quin Ravi Sue Tom Uma "
    "Vic Wen Xia Yan Zoe"
)

Grid = list[list[int]]


def _latin(rng: random.Random, side: int, box: tuple[int, int]) -> Grid:
    """Build a grid that obeys rows, columns and boxes, from the cyclic one by permuting bands."""
    height, width = box
    grid = [
        [(width * (row % height) + row // height + column) % side + 1 for column in range(side)]
        for row in range(side)
    ]

    def shuffled(size: int) -> list[int]:
        bands = list(range(side // size))
        rng.shuffle(bands)
        return [band * size + line for band in bands for line in rng.sample(range(size), size)]

    rows, columns = shuffled(height), shuffled(width)
    symbols = rng.sample(range(1, side + 1), side)
    return [[symbols[grid[row][column] - 1] for column in columns] for row in rows]


def _written(grid: Sequence[Sequence[int]]) -> str:
    return "\n".join(" ".join(str(cell or ".") for cell in row) for row in grid)


def _holes(rng: random.Random, grid: Grid, share: float) -> Grid:
    places = list(itertools.product(range(len(grid)), repeat=2))
    gone = set(rng.sample(places, round(share * len(places))))
    return [
        [0 if (r, c) in gone else cell for c, cell in enumerate(row)] for r, row in enumerate(grid)
    ]


def _grid(rng: random.Random, difficulty: int) -> Task:
    kind = rng.choice(("latin", "sudoku", "futoshiki"))
    side = rng.choice(((4,), (5, 6), (7, 8, 9))[difficulty - 1])
    box = {4: (2, 2), 6: (2, 3), 8: (2, 4), 9: (3, 3)}.get(side)
    if kind == "sudoku" and box is None:
        kind = "latin"
    solution = _latin(rng, side, box if kind == "sudoku" and box else (1, side))
    puzzle = _holes(rng, solution, rng.uniform(0.35, (0.6, 0.65, 0.7)[difficulty - 1]))
    truth: dict[str, object] = {"puzzle": puzzle, "solution": solution}
    text = (
        f"Fill in the {side} by {side} grid with the numbers 1 to {side} so that every number"
        " occurs once in each row and once in each column"
    )
    if kind == "sudoku" and box:
        truth |= {"rules": "sudoku", "box": list(box)}
        text += f", and once in each box of {box[0]} rows and {box[1]} columns"
    else:
        truth["rules"] = "latin"
    text += ". Keep the numbers that are given; a dot is an empty cell.\n\n" + _written(puzzle)
    if kind == "futoshiki":
        pairs = []
        for row, column in rng.sample(list(itertools.product(range(side), repeat=2)), side):
            down = row + 1 < side and (column + 1 == side or rng.random() < 0.5)
            other = (row + 1, column) if down else (row, column + 1)
            if other[1] == side:
                continue
            here = (row, column)
            smaller = solution[row][column] < solution[other[0]][other[1]]
            pairs.append([list(here), list(other)] if smaller else [list(other), list(here)])
        truth["less"] = pairs
        text += "\n\nAlso, counting rows and columns from 1:\n" + "\n".join(
            f"row {a[0] + 1}, column {a[1] + 1} is less than row {b[0] + 1}, column {b[1] + 1}"
            for a, b in pairs
        )
    return Task(
        kind=kind,
        prompt=f"{text}\n\nWrite the full grid, one row per line, the numbers separated by spaces,"
        " between <answer> and </answer>.",
        ground_truth=truth,
        gold_completion=f"<answer>\n{_written(solution)}\n</answer>",
        reward="grid_exact",
    )


# A condition on an order of people: how it is said, and whether places (by person) meet it.
Places = Mapping[str, int]
Condition = tuple[str, Callable[[Places], bool]]


def _conditions(rng: random.Random, order: Sequence[str]) -> Iterator[Condition]:
    """Yield true statements about the order, without end."""
    last = len(order) - 1
    while True:
        i, j = sorted(rng.sample(range(len(order)), 2))
        yield from _about(rng.randrange(6), order[i], order[j], i, j, last)


def _about(shape: int, a: str, b: str, i: int, j: int, last: int) -> Iterator[Condition]:
    """Make the statement of that shape on `a` at place `i` and `b` at the later `j`, if true."""
    if shape == 0:
        yield f"{a} finished before {b}.", lambda at: at[a] < at[b]
    elif shape == 1 and j == i + 1:
        yield f"{b} finished directly after {a}.", lambda at: at[b] == at[a] + 1
    elif shape == 2 and i > 0:
        yield f"{a} was not first.", lambda at: at[a] != 0
    elif shape == 3 and j < last:
        yield f"{b} was not last.", lambda at: at[b] != last
    elif shape == 4 and j > i + 1:
        yield (
            f"Exactly {j - i - 1} of the others finished between {a} and {b}.",
            lambda at: abs(at[a] - at[b]) == j - i,
        )
    elif shape == 5 and j > i + 1:
        yield (
            f"{a} and {b} did not finish next to each other.",
            lambda at: abs(at[a] - at[b]) != 1,
        )


def _ordering(rng: random.Random, difficulty: int) -> Task:
    people = rng.sample(PEOPLE, 3 + difficulty)
    orders = itertools.permutations(sorted(people))
    left = [{name: place for place, name in enumerate(order)} for order in orders]
    said: list[str] = []
    for text, holds in _conditions(rng, people):
        kept = [places for places in left if holds(places)]
        if len(kept) < len(left):
            said.append(text)
            left = kept
        if len(left) == 1:
            break
    rng.shuffle(said)
    names = ", ".join(sorted(people))
    whole = rng.random() < 0.5
    if whole:
        question = "List all of them from first to last, separated by commas."
        answer = ", ".join(people)
    else:
        place = rng.randrange(len(people))
        question = f"Who was number {place + 1}? Give the name only."
        answer = people[place]
    return Task(
        kind="ordering",
        prompt=f"{names} ran a race without ties. {' '.join(said)} {question} {TAGGED}",
        ground_truth=answer,
        gold_completion=f"<answer>{answer}</answer>",
        reward="logic_exact",
    )


# What a speaker says about the others, and whether it is so, given who tells the truth.
Claim = tuple[str, Callable[[Sequence[bool]], bool]]


def _claim(shape: int, people: Sequence[str], a: int, b: int) -> Claim:
    x, y = people[a], people[b]
    claims: tuple[Claim, ...] = (
        (f"{x} is a liar", lambda true: not true[a]),
        (f"{x} always tells the truth", lambda true: true[a]),
        (f"{x} and {y} are of the same kind", lambda true: true[a] == true[b]),
        (f"at least one of {x} and {y} is a liar", lambda true: not (true[a] and true[b])),
        (f"exactly one of {x} and {y} is a liar", lambda true: true[a] != true[b]),
    )
    return claims[shape]


def _liars(rng: random.Random, difficulty: int) -> Task:
    people = sorted(rng.sample(PEOPLE, 2 + difficulty))
    count = len(people)
    while True:
        claims = []
        for speaker in range(count):
            a, b = rng.sample([place for place in range(count) if place != speaker], 2)
            claims.append(_claim(rng.randrange(5), people, a, b))
        worlds = [
            world
            for world in itertools.product((False, True), repeat=count)
            if all(world[i] == claims[i][1](world) for i in range(count))
        ]
        if len(worlds) == 1:
            break
    honest = [name for name, true in zip(people, worlds[0], strict=True) if true]
    said = " ".join(f"{name} says: {text}." for name, (text, _) in zip(people, claims, strict=True))
    answer = ", ".join(honest) or "nobody"
    return Task(
        kind="liars",
        prompt=f"Each of {', '.join(people)} either always lies or always tells the truth. {said}"
        " Who tells the truth? List the names in alphabetical order, separated by commas, or say"
        f" nobody. {TAGGED}",
        ground_truth=answer,
        gold_completion=f"<answer>{answer}</answer>",
        reward="logic_exact",
    )


def _library(rng: random.Random, difficulty: int) -> Task:
    tasks = [task for task, passed in VETTED.items() if difficulty in passed]
    while True:
        # Most generators draw item `index` from seed + index: neighbouring seeds share their items.
        task, seed = rng.choice(tasks), rng.randrange(LIBRARY_SEEDS) * ITEMS_PER_SEED
        index = rng.randrange(ITEMS_PER_SEED)
        try:
            question, truth = make_item(task, difficulty, seed, index)
        except NoItem:
            continue
        answer = truth["entry"]["answer"]
        # The vetting saw a sample of a task's items; this one is proved by itself.
        if len(question) <= MAX_PROMPT_CHARS and (
            marks(task, truth["entry"], truth.get("config", {}), answer) >= FULL_MARKS
        ):
            break
    return Task(
        kind=f"reasoning_gym/{task}",
        prompt=f"{question.strip()}\n\n{TAGGED}",
        ground_truth=truth,
        gold_completion=f"<answer>{answer}</answer>",
        reward="reasoning_gym",
        extra_info={"seed": seed, "index": index},
    )


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw mostly the library's tasks, which are the most varied; the others a sixth each."""
    kinds = (_library, _library, _library, _grid, _ordering, _liars)
    return rng.choice(kinds)(rng, difficulty)


DOMAIN = TaskDomain("logic", "logic_exact", draw)

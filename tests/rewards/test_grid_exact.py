"""Grids are checked by solution or by rules, written in any usual way, and never in part."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.grid_exact import parse_grid

SOLUTION = [[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]
OTHER = [[1, 2, 3, 4], [3, 4, 1, 2], [4, 3, 2, 1], [2, 1, 4, 3]]
# Both are completions of this, by rows, columns and boxes.
PUZZLE = [[1, 0, 3, 0], [0, 4, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0]]


def written(grid: list[list[int]], gap: str = " ") -> str:
    return "\n".join(gap.join(map(str, row)) for row in grid)


def tagged(text: str) -> str:
    return f"so <answer>{text}</answer>"


def score(completion: str, gold: Any) -> tuple[float, str]:
    result = get_reward("grid_exact").score(completion, ground_truth=gold)
    assert result.status != "error", result.message
    return result.score, result.status


@pytest.mark.parametrize(
    "text",
    [
        written(SOLUTION),
        written(SOLUTION, ", "),
        written(SOLUTION, ""),
        written(SOLUTION, " | "),
        "1 2 | 3 4\n3 4 | 1 2\n----+----\n2 1 | 4 3\n4 3 | 2 1",
        str(SOLUTION),
        f"```\n{written(SOLUTION)}\n```",
        f"\n\n{written(SOLUTION)}\n\n",
        written(SOLUTION).translate(str.maketrans("1234", "１２３４")),
    ],
)
def test_every_usual_way_of_writing_a_grid(text: str) -> None:
    assert score(tagged(text), {"solution": SOLUTION}) == (1.0, "ok")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 2 3 4",
        written(SOLUTION) + "\n" + written(SOLUTION),
        written(SOLUTION) + "\nor\n" + written(OTHER),
        written(SOLUTION) + "\nor not",
        written(SOLUTION)[:-1],
        "I think:\n" + written(SOLUTION),
        "[" * 5000,
        "[[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, [1]]]",
        "1" * 100_000,
    ],
)
def test_what_is_not_one_grid_of_the_right_shape(text: str) -> None:
    for gold in ({"solution": SOLUTION}, {"puzzle": PUZZLE, "rules": "sudoku"}):
        assert score(tagged(text), gold) == (0.0, "wrong_format")


def test_only_the_last_tag_counts() -> None:
    right, wrong = tagged(written(SOLUTION)), tagged(written(OTHER))
    assert score(right + wrong, {"solution": SOLUTION}) == (0.0, "ok")
    assert score(wrong + right, {"solution": SOLUTION}) == (1.0, "ok")
    assert score(written(SOLUTION), {"solution": SOLUTION}) == (0.0, "wrong_format")


def test_with_rules_every_solution_scores() -> None:
    gold = {"puzzle": PUZZLE, "rules": "sudoku", "solution": SOLUTION}
    assert score(tagged(written(SOLUTION)), gold) == (1.0, "ok")
    assert score(tagged(written(OTHER)), gold) == (1.0, "ok")
    assert score(tagged(written(OTHER)), {"solution": SOLUTION}) == (0.0, "ok")


@pytest.mark.parametrize(
    ("grid", "why"),
    [
        ([[2, 1, 3, 4], [3, 4, 1, 2], [1, 2, 4, 3], [4, 3, 2, 1]], "clue"),
        ([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 4, 2, 1]], "row 4"),
        ([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 2, 3, 1]], "column"),
        ([[1, 2, 3, 4], [1, 4, 3, 2], [3, 1, 2, 4], [4, 2, 1, 3]], "column 1"),
        ([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [5, 3, 2, 1]], "row 4"),
        ([[1, 2, 3, 4], [3, 4, 1, 2], [0, 0, 0, 0], [0, 0, 0, 0]], "row 3"),
        (PUZZLE, "row 1"),
    ],
)
def test_what_breaks_a_rule_says_which(grid: list[list[int]], why: str) -> None:
    gold = {"puzzle": PUZZLE, "rules": "sudoku"}
    result = get_reward("grid_exact").score(tagged(written(grid)), ground_truth=gold)
    assert (result.score, result.status) == (0.0, "ok")
    assert why in result.message


def test_boxes_and_inequalities_are_checked() -> None:
    latin = [[1, 2, 3, 4], [2, 3, 4, 1], [3, 4, 1, 2], [4, 1, 2, 3]]
    empty = [[None] * 4] * 4
    assert score(tagged(written(latin)), {"puzzle": empty, "rules": "latin"})[0] == 1.0
    assert score(tagged(written(latin)), {"puzzle": empty, "rules": "sudoku"})[0] == 0.0
    for less, wanted in (([[0, 0], [0, 1]], 1.0), ([[0, 1], [0, 0]], 0.0)):
        gold = {"puzzle": empty, "rules": "latin", "less": [less]}
        assert score(tagged(written(latin)), gold)[0] == wanted


def test_the_share_of_right_cells_is_told_but_not_paid() -> None:
    near = [row[:] for row in SOLUTION]
    near[0][0] = 2
    result = get_reward("grid_exact").score(
        tagged(written(near)), ground_truth={"solution": SOLUTION}
    )
    assert result.score == 0.0
    assert result.components == {"cells": 15 / 16}


@pytest.mark.parametrize(
    "gold",
    [
        {},
        {"solution": []},
        {"solution": [[1, 2], [1]]},
        {"solution": "1 2"},
        {"rules": "latin"},
        {"rules": "chess", "puzzle": PUZZLE},
        {"rules": "sudoku", "puzzle": PUZZLE, "box": [3, 3]},
        {"rules": "sudoku", "puzzle": [[0] * 5] * 5},
        {"rules": "latin", "puzzle": [[0, 0]]},
        {"rules": "latin", "puzzle": PUZZLE, "solution": [[1, 2], [2, 1]]},
        {"rules": "latin", "puzzle": PUZZLE, "solution": [[1, 2, 3, 4]] * 4},
        {"rules": "latin", "puzzle": PUZZLE, "less": [[[0, 0], [9, 9]]]},
        {"rules": "latin", "puzzle": PUZZLE, "less": [3]},
        None,
        "1 2",
    ],
)
def test_a_broken_row_is_an_error(gold: Any) -> None:
    result = get_reward("grid_exact").score(tagged(written(SOLUTION)), ground_truth=gold)
    assert result.status == "error"


@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_what_is_written_is_read_back(rows: int, columns: int, rng: random.Random) -> None:
    grid = [[rng.randint(1, 99) for _ in range(columns)] for _ in range(rows)]
    wanted = [[str(cell) for cell in row] for row in grid]
    for text in (written(grid), written(grid, ","), str(grid)):
        assert parse_grid(text, rows, columns) == wanted


@given(st.text(max_size=200), st.integers(1, 4))
def test_no_text_breaks_the_parser(text: str, side: int) -> None:
    parse_grid(text, side, side)

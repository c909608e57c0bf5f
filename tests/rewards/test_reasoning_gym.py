"""reasoning-gym is pinned, allow-listed and binarised as a reward; the vetting itself is tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rewards import get_reward
from rewards.reasoning_gym.tasks import (
    DIFFICULTIES,
    ITEMS_PER_SEED,
    VETTED,
    config_of,
    load,
    make_item,
)
from rewards.registry import Unavailable
from tests.rewards.reasoning_gym_vetting import hedges, same_in_another_process, vet

# Different in kind: text, numbers, grids, several right answers, tolerance, configuration.
SAMPLE = ("base_conversion", "decimal_arithmetic", "futoshiki", "mini_sudoku", "shortest_path")


def score(completion: str, truth: Any) -> tuple[float, str]:
    result = get_reward("reasoning_gym").score(completion, ground_truth=truth)
    return result.score, result.status


def tagged(answer: str) -> str:
    return f"<answer>{answer}</answer>"


@pytest.mark.parametrize("task", SAMPLE)
def test_a_row_survives_json_and_scores_its_own_answer_only(task: str) -> None:
    for difficulty in VETTED[task]:
        question, truth = make_item(task, difficulty, 3, 7)
        assert make_item(task, difficulty, 3, 7) == (question, truth)
        truth = json.loads(json.dumps(truth))
        before = json.dumps(truth)
        gold = truth["entry"]["answer"]
        _, other = make_item(task, difficulty, 3, 8)
        assert score(f"<answer>no</answer> so {tagged(gold)}", truth) == (1.0, "ok")
        assert score(f"<think>{tagged(gold)}</think> {tagged('no')}", truth)[0] == 0.0
        assert score(gold, truth) == (0.0, "wrong_format")
        for text in ("", " ", question, *hedges(gold, [other["entry"]["answer"]])):
            assert score(tagged(text), truth)[0] == 0.0, text
        assert json.dumps(truth) == before


def test_what_the_library_pays_in_part_is_worth_nothing() -> None:
    _, truth = make_item("base_conversion", 1, 0, 0)
    gold = truth["entry"]["answer"]
    dataset = load().create_dataset("base_conversion")
    assert 0 < dataset.score_answer(f"it is {gold}", truth["entry"]) < 1
    assert score(tagged(f"it is {gold}"), truth) == (0.0, "ok")


# Task -> what is wrong with its scorer. They must stay off the list.
KNOWN_HOLES = {
    "game_of_life_halting": "pays",  # for any text
    "complex_arithmetic": "right on",  # NaN is near to every number
    "polynomial_multiplication": "exec",  # sympy's parser evaluates the answer
    "n_queens": "exec",  # eval
    "knights_knaves": "pays",  # for the answer with an alternative
    "codeio": "same seed",
    "rush_hour": "without an answer",
}


@pytest.mark.parametrize("task", KNOWN_HOLES)
def test_known_holes_are_not_listed_and_are_found(task: str) -> None:
    assert task not in VETTED
    reasons = [vet(task, difficulty, items=24).reason for difficulty in (1, 2)]
    assert any(KNOWN_HOLES[task] in reason for reason in reasons), reasons
    truth = {"task": task, "entry": {"answer": "1", "metadata": {}}}
    assert score(tagged("1"), truth) == (0.0, "error")


def test_text_for_eval_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = f"__import__('pathlib').Path({str(mark)!r}).write_text('x')"
    for task in SAMPLE:
        _, truth = make_item(task, 1, 0, 0)
        assert score(tagged(code), truth)[0] == 0.0
    assert not mark.exists()


@pytest.mark.parametrize(
    "truth",
    [
        {},
        None,
        "4",
        {"task": "no_such_task", "entry": {"answer": "1"}},
        {"task": "mini_sudoku"},
        {"task": "mini_sudoku", "entry": {"metadata": {}}},
        {"task": "mini_sudoku", "entry": {"answer": "1"}},  # its scorer wants the metadata
        {"task": "mini_sudoku", "entry": {"answer": "1", "metadata": {}}, "config": {"no": 1}},
        {"task": ["mini_sudoku"], "entry": {"answer": "1"}},
    ],
)
def test_a_broken_row_is_an_error(truth: Any) -> None:
    assert score(tagged("1 2 3 4"), truth) == (0.0, "error")


def test_very_long_answers_are_refused_unread() -> None:
    _, truth = make_item("mini_sudoku", 1, 0, 0)
    assert score(tagged("1 " * 100_000), truth) == (0.0, "wrong_format")
    assert score("<answer>" * 100_000, truth) == (0.0, "wrong_format")


def test_another_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _, truth = make_item("mini_sudoku", 1, 0, 0)
    monkeypatch.setattr("rewards.reasoning_gym.tasks.VERSION", "0.0.1")
    load.cache_clear()
    try:
        with pytest.raises(Unavailable, match=r"vetted in 0\.0\.1"):
            load()
    finally:
        monkeypatch.undo()
        load.cache_clear()
    assert score(tagged(truth["entry"]["answer"]), truth) == (1.0, "ok")


def test_configurations_and_indices_are_checked() -> None:
    with pytest.raises(ValueError, match="difficulty 4"):
        config_of("mini_sudoku", 4)
    with pytest.raises(ValueError, match="no task 'nim'"):
        config_of("nim", 1)
    with pytest.raises(ValueError, match="another seed"):
        make_item("mini_sudoku", 1, 0, ITEMS_PER_SEED)
    assert config_of("base_conversion", 1) != config_of("base_conversion", 3)


def test_the_list_names_tasks_of_the_library() -> None:
    assert set(VETTED) <= set(load().DATASETS)
    assert list(VETTED) == sorted(VETTED)
    assert all(passed and set(passed) <= set(DIFFICULTIES) for passed in VETTED.values())


def test_the_import_brings_neither_plots_nor_files(tmp_path: Path) -> None:
    """A fresh process with an empty home gets no warnings, no matplotlib, no cache directory."""
    code = (
        "import sys; from rewards.reasoning_gym.tasks import load; load();"
        "print([m for m in sys.modules if m.startswith(('matplotlib', 'pycosat', 'mpl_'))])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", ["family_relationships", "number_format", "sudoku"])
def test_a_sample_of_the_list_passes_again(task: str) -> None:
    verdict = vet(task, VETTED[task][0], items=20)
    assert not verdict.reason


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("task", VETTED)
def test_the_whole_list_passes_again(task: str) -> None:
    """A third of the items, at the easiest difficulty that is listed: ``python -m
    tests.rewards.reasoning_gym_vetting`` vets all of it and takes five minutes more."""
    verdict = vet(task, VETTED[task][0], items=8)
    assert not verdict.reason


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_items_do_not_depend_on_the_hash_seed() -> None:
    cases = [(task, passed[-1]) for task, passed in VETTED.items()]
    assert same_in_another_process(cases, count=4) == []

"""A reward written for another trainer is recognised, and the lines that are advised work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rewards import UnknownReward, get_reward
from rewards.foreign import foreign_signature

TRL_TEXT = """
def exact(completions: list[str], answer, **kwargs) -> list[float]:
    return [float(text == right) for text, right in zip(completions, answer)]
"""
TRL_MESSAGES = """
def exact(completions, answer, log_extra=None, **kwargs):
    return [float(turns[0]["content"] == right) for turns, right in zip(completions, answer)]
"""
TRL_ANNOTATED = """
def exact(completions: list[list[dict[str, str]]], answer: list[str], **kwargs):
    return [float(turns[0].get("content") == right) for turns, right in zip(completions, answer)]
"""
TRL_PROMPTS = """
def exact(prompts, completions, completion_ids, answer, trainer_state=None, **kwargs):
    return [float(text == right and bool(prompt))
            for prompt, text, right in zip(prompts, completions, answer)]
"""
TRL_ASYNC = """
async def exact(completions, answer, **kwargs):
    return [float(text == right) for text, right in zip(completions, answer)]
"""
VERL = """
def exact(data_source, solution_str, ground_truth, extra_info=None):
    return {"score": float(solution_str == ground_truth), "acc": 1.0}
"""
VERL_BATCH = """
def exact(data_sources, solution_strs, ground_truths, extra_infos):
    return [float(text == right and bool(extra["answer"]))
            for text, right, extra in zip(solution_strs, ground_truths, extra_infos)]
"""
VERL_OLD = """
def exact(solution_str, ground_truth, method="strict", format_score=0.0):
    return float(solution_str == ground_truth)
"""
VERL_MORE = """
def exact(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    return float(solution_str == ground_truth and data_source == "mine")
"""


@pytest.mark.parametrize(
    ("framework", "source"),
    [
        ("TRL", TRL_TEXT),
        ("TRL", TRL_MESSAGES),
        ("TRL", TRL_ANNOTATED),
        ("TRL", TRL_PROMPTS.replace("completion_ids, ", "")),
        ("TRL", TRL_ASYNC),
        ("verl", VERL),
        ("verl", VERL_OLD),
        ("verl's batch", VERL_BATCH),
        ("verl", VERL_MORE),
    ],
)
def test_it_is_refused_with_lines_that_make_it_work(
    framework: str, source: str, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(source)
    with pytest.raises(
        UnknownReward,
        match=f"exact has {framework}('s)? signature;",
    ) as caught:
        get_reward(f"{file}:exact")
    advice = re.search(r"reward`,\n(.*)\nwith the range", str(caught.value), re.DOTALL)
    assert advice is not None
    lines = advice[1].replace("\n    ", "\n").removeprefix("    ")
    assert len(lines.splitlines()) == 3
    file.write_text(f"from rewards import reward\n{source}\n{lines}\n")
    adapted = get_reward(f"{file}:exact_of_one")
    prompt = [{"role": "user", "content": "?"}]
    for text, score in (("4", 1.0), ("5", 0.0)):
        result = adapted.score(text, ground_truth="4", prompt=prompt, extra_info={"answer": "4"})
        assert (result.status, result.score) == ("ok", score), result.message


def test_a_declared_one_is_refused_when_its_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(f"from rewards import reward\n@reward('exact'){TRL_TEXT}")
    with pytest.raises(UnknownReward, match=r"(?s)TRL's signature.*def exact_of_one"):
        get_reward(f"{file}:exact")


def test_what_a_trainer_fills_is_not_asked_for() -> None:
    def exact(completions: list[str], completion_ids: list[int], **kwargs: Any) -> list[float]:
        return [0.0]

    assert "completion_ids" not in foreign_signature(exact)


def ours_with_lists(completion: str, completions: list[str]) -> float:
    return 0.0


def ours_with_everything(completion: str, **extra: Any) -> float:
    return 0.0


def ours_with_columns(completion: str, solution: str, data_source: str = "") -> float:
    return 0.0


@pytest.mark.parametrize("ours", [ours_with_lists, ours_with_everything, ours_with_columns])
def test_our_own_signatures_are_left_alone(ours: Any) -> None:
    assert foreign_signature(ours) == ""

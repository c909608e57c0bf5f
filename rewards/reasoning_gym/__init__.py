"""The reward `reasoning_gym` marks the vetted tasks of that library, right or wrong.

A row is self-contained: `ground_truth` is

    {"task": "mini_sudoku", "entry": {"answer": "…", "metadata": {…}}, "config": {…} optional,
     "question": "…" for some}

with the generator's own `answer` and `metadata` (the scorers of tasks with several right answers
check against the latter) and, where it is not the default, the `config` that the item was made
with. Only tasks on the allow-list of `rewards.reasoning_gym.tasks` are scored, and only by the
release they were vetted in. Where the library's golds contradict their questions
(`golds.RECOMPUTED`) the row holds the question, and the gold is computed from it; a row without
is an error, since nobody can tell whether its answer is right.

The answer is what stands in the last `<answer>…</answer>`. The library pays fractions for near
misses and for text that merely contains the answer; here only full marks count, so hedging and
padding score 0. A scorer that raises on the model's answer after accepting the row's own is not
the model's fault: status `error`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import DefaultContext, localcontext
from typing import Any

from rewards.reading.text import after_reasoning, last_answer_tag
from rewards.reading.typography import plain
from rewards.reasoning_gym.golds import STRICTER, Unsound, trusted
from rewards.reasoning_gym.tasks import VETTED, scorer
from rewards.registry import Unavailable, reward
from rewards.result import RewardResult

MAX_ANSWER_CHARS = 20_000
FULL_MARKS = 1.0


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write the generator's answer in its tag."""
    return f"<answer>{ground_truth['entry']['answer']}</answer>"


# Every call was vetted to take less than a second; what takes long (sympy, numpy) is loaded before.
@reward("reasoning_gym", timeout_s=5.0, imports=("rewards.reasoning_gym.tasks:load",), gold=gold)
def reasoning_gym(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the task's own scorer gives the tagged answer full marks, else 0."""
    task, entry = ground_truth.get("task"), ground_truth.get("entry")
    if task not in VETTED:
        return RewardResult.error(f"reasoning_gym: task {task!r} is not on the allow-list"[:200])
    if not isinstance(entry, Mapping) or not isinstance(entry.get("answer"), str):
        return RewardResult.error("reasoning_gym: ground_truth has no 'entry' with an 'answer'")
    answer = last_answer_tag(after_reasoning(completion))
    if answer is None:
        return RewardResult.wrong_format("no <answer>…</answer>")
    if not answer.strip():
        return RewardResult.wrong_format("empty <answer>")
    if len(answer) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"answer is longer than {MAX_ANSWER_CHARS} characters")
    try:
        entry = trusted(str(task), ground_truth.get("question"), entry)
        score = marks(str(task), entry, ground_truth.get("config") or {}, answer)
    except (Unavailable, Unsound) as problem:
        return RewardResult.error(f"reasoning_gym: {problem}")
    return RewardResult(float(score >= FULL_MARKS), extracted=answer.strip()[:200])


def marks(task: str, entry: Mapping[str, Any], config: Mapping[str, Any], answer: str) -> float:
    """Return the library's own score of an answer, for any of its tasks, vetted or not.

    White space around the answer is typography, except where the row's own answer has it, and so
    is what `rewards.reading.typography` undoes. Full marks that the task's stricter rule
    (`golds.STRICTER`) does not grant are none.
    """
    dataset = scorer(task, config)
    best = 0.0
    for text in dict.fromkeys((answer.strip(), answer, plain(answer).strip())):
        # A copy: scorers change entries in place, and the row is scored again and again. In a
        # context of its own: one generator sets the precision of decimals for the whole process.
        with localcontext(DefaultContext):
            score = float(dataset.score_answer(text, copy.deepcopy(dict(entry))))
            if score >= FULL_MARKS and task in STRICTER:
                score *= STRICTER[task](dataset, entry, text)
        best = max(best, score)
        if best >= FULL_MARKS:
            break
    return best

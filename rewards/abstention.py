"""The reward `abstention` pays right answers and admitted ignorance, and charges for inventions.

+1 for a right answer and for abstaining where there is nothing to know, 0 for abstaining on an
answerable question, and -λ for a wrong answer or an invention. With λ = 0 inventing is free; with
a large λ the policy collapses into always abstaining, so the default is 0.5, and the component
`abstained_answerable` (of answerable rows only: its mean is the rate) shows a collapse as it
begins. λ is `extra_info.penalty`, of the row or, for all rows at once, of the part in a
composition.

`ground_truth` is `{"answer": "Paris"}`, a string or number or a list of accepted ones, or
`{"answer": null}` for a question that has no answer, where only abstaining is right. For example
"I don't know." scores 1 on a null answer and 0 on "Paris"; "It is Rome." scores -0.5 on both.

Whether the answer is right is decided by `rewards.reading.short_answer`, or by the reward that
`extra_info.answer_reward` names: it gets `answer` as its ground truth, and only its full score
counts as right. If that reward fails or does not apply, so does this one. `rewards.calibration`
has the same rows and decides alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.abstaining import abstains, hedges, said_after_all
from rewards.reading.short_answer import states
from rewards.reading.text import after_reasoning
from rewards.registry import Message, get_reward, reward
from rewards.result import RewardResult

DEFAULT_PENALTY = 0.5


def row_problem(ground_truth: Any) -> str:
    """Return what is wrong with a row, or an empty text."""
    if not isinstance(ground_truth, Mapping) or "answer" not in ground_truth:
        return "ground_truth has no 'answer' (null if there is none)"
    answer = ground_truth["answer"]
    accepted = answer if isinstance(answer, list | tuple) else [answer]
    if answer is not None and not (accepted and all(str(one).strip() for one in accepted)):
        return f"'answer' {answer!r} is empty; null stands for a question that has none"
    return ""


def declines(text: str, answer: Any) -> bool:
    """Tell whether the text says that it does not know, unless just that is the right answer.

    "I Can't Tell You Why" is a song: whoever is asked for it and says so has answered.
    """
    if not abstains(text):
        return False
    accepted = answer if isinstance(answer, list | tuple) else [answer]
    titles = [one for one in accepted if isinstance(one, str) and abstains(one)]
    return not (titles and states(text, titles))


def judged_answer(
    text: str,
    answer: Any,
    answer_reward: str | None,
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
) -> RewardResult:
    """Score 1 if the text gives the answer, else 0; pass on failures of the inner reward.

    Raises:
        UnknownReward: there is no reward of that name.
    """
    if answer_reward is None:
        accepted = answer if isinstance(answer, list | tuple) else [answer]
        wanted = [str(one) for one in accepted]
        return RewardResult(float(states(text, wanted) or states(said_after_all(text), wanted)))
    if answer_reward in ("abstention", "calibration"):
        return RewardResult.error(f"answer_reward {answer_reward!r} would call itself")
    inner = get_reward(answer_reward)
    result = inner.score(text, ground_truth=answer, prompt=prompt, extra_info=extra_info)
    if not result.teaches:
        return result
    right = result.status == "ok" and result.score >= inner.full_score
    return RewardResult(float(right), extracted=result.extracted, message=result.message)


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    """Return the answer, or that it is not known; None if its reward has no gold completion."""
    answer = ground_truth["answer"]
    if answer is None:
        return "I don't know."
    name = extra_info.get("answer_reward")
    if name is None:
        return str(answer[0] if isinstance(answer, list | tuple) else answer)
    inner = get_reward(name).gold
    return None if inner is None else inner(answer, extra_info)


# The time limit leaves room for the inner reward's.
@reward("abstention", range=(-1.0, 1.0), timeout_s=5.0, gold=gold)
def abstention(
    completion: str,
    ground_truth: Mapping[str, Any],
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
    penalty: float = DEFAULT_PENALTY,
    answer_reward: str | None = None,
) -> RewardResult:
    """Score +1 if right, 0 if abstained needlessly, -`penalty` if wrong; rows: see the module."""
    problem = row_problem(ground_truth)
    if problem:
        return RewardResult.error(f"abstention: {problem}")
    if isinstance(penalty, bool | str) or not 0.0 <= penalty <= 1.0:
        return RewardResult.error(f"abstention: penalty {penalty!r} is not within 0 … 1")
    answer = ground_truth["answer"]
    text = after_reasoning(completion)
    if not text.strip():
        # As dear as an invention, since silence must not be a way out.
        return RewardResult(-penalty, "wrong_format", message="says nothing")
    abstained = declines(text, answer)
    hedged = abstained and hedges(text)
    if abstained:
        # "I don't know, perhaps Paris" is neither: it must not collect both ways.
        right = answer is None and not hedged
        score = float(right)
    elif answer is None:
        right, score = False, -penalty
    else:
        judged = judged_answer(completion, answer, answer_reward, prompt, extra_info)
        if not judged.teaches:
            return judged
        right = judged.score == 1.0
        score = 1.0 if right else -penalty
    kind = "unanswerable" if answer is None else "answerable"
    return RewardResult(
        score,
        components={
            "correct": float(right),
            "abstained": float(abstained),
            "hedged": float(hedged),
            "answerable": float(answer is not None),
            f"abstained_{kind}": float(abstained),
        },
        extracted=text.strip()[:200],
    )

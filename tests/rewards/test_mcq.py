"""`mcq` pays one stated letter, in twelve languages, and none that only looks stated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward

STATED = {
    "en": ["The answer is B.", "Answer: B", "The correct option is (B)", "**Answer:** B"],
    "de": ["Die Antwort ist B.", "Antwort: B", "Die richtige Antwort lautet B"],
    "es": ["La respuesta es B.", "La respuesta correcta es la B", "Respuesta: B"],
    "fr": ["La réponse est B.", "Réponse : B", "La réponse correcte est la B"],
    "ja": ["答えはBです。", "正解: B", "答え:Ｂ"],
    "pt": ["A resposta é B.", "A resposta correta é a B", "Resposta: B"],
    "ar": ["الإجابة هي B", "الإجابة الصحيحة هي (B)", "الجواب: B"],
    "cs": ["Odpověď je B.", "Správná odpověď: B"],
    "it": ["La risposta è B.", "La risposta corretta è la B", "Risposta: B"],
    "ko": ["정답은 B입니다", "답: B"],
    "nl": ["Het antwoord is B.", "Antwoord: B"],
    "zh": ["答案是B", "答案：B。", "正确答案为 B", "故选B。"],
}


def score(completion: str, gold: str, **extra: Any) -> tuple[float, str]:
    result = get_reward("mcq").score(completion, ground_truth=gold, extra_info=extra)
    assert result.status != "error", result.message
    return result.score, result.status


@pytest.mark.parametrize(
    "completion",
    [
        *[text for texts in STATED.values() for text in texts],
        "B",
        "(B)",
        "B.",
        "**B**",
        r"\boxed{B}",
        r"$\boxed{\text{(B)}}$",
        "The answer is B because A is not.",
        "The answer is B, not A.",
        "No, A is wrong. Answer: B",
        "Answer: A\nNo. Answer: B",
        r"It is $\boxed{42}$.\n\nAnswer: B".replace(r"\n", "\n"),
        r"\boxed{A} is what I thought. Answer: B",
        r"Answer: \(\text{B}\)",
        "The last line is: 'Answer: B'",
        "The answer is `B`",
        "Answer: B\n\nExplanation: A is wrong, or C.",
        "The answer is:\n\n(B) mitochondria",
        "The answer is B. The others are wrong.",
        "<think>Answer: A</think>Answer: B",
    ],
)
def test_a_stated_letter_counts(completion: str) -> None:
    assert score(completion, "B") == (1.0, "ok")
    assert score(completion, "A") == (0.0, "ok")


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        # articles, prepositions and abbreviations
        ("A metal conducts.", "A"),
        ("The answer is A metal.", "A"),
        ("E. coli is a bacterium.", "E"),
        ("The answer is E. coli", "E"),
        ("The answer is I think B", "I"),
        ("Resposta: A água", "A"),
        ("La réponse : A une", "A"),
        ("La risposta è E vero", "E"),
        ("Answer: Because of it", "B"),
        ("Answer: D∞h", "D"),
        ("Answer: B-cells", "B"),
        ("Answer: A's", "A"),
        ("The answer is Apple", "A"),
        # hedging
        ("Answer: A or B", "A"),
        ("Answer: A, B", "A"),
        ("Answer: A/B/C/D", "B"),
        ("Answer: A B", "A"),
        ("Answer: A B", "B"),
        ("Answer: $C$ $F$", "C"),
        ("Answer: GJI", "G"),
        (r"Answer: A\n\boxed{42}".replace(r"\n", "\n"), "A"),
        ("The answer is B (or C)", "B"),
        ("Die Antwort ist A oder B", "A"),
        ("La respuesta es A o B", "A"),
        ("La réponse est A ou B", "A"),
        ("答えはAまたはB", "A"),
        ("A resposta é A ou B", "A"),
        ("الإجابة هي A أو B", "A"),
        ("Odpověď je A nebo B", "A"),
        ("La risposta è A o B", "A"),
        ("정답은 A 또는 B", "A"),
        ("Het antwoord is A of B", "A"),
        ("答案是A或B", "A"),
        (r"\boxed{A or B}", "A"),
        (r"\boxed{A, B}", "A"),
        # nothing stated
        ("", "A"),
        ("ABCD", "A"),
        (r"\boxed{}", "A"),
        ("The answer is not B", "B"),
        ("I think the answer is about A and B", "A"),
        ("Answer: B then Answer: C", "B"),
    ],
)
def test_articles_and_hedging_do_not(completion: str, gold: str) -> None:
    assert score(completion, gold)[0] == 0.0


CHOICES = ["the nucleus", "mitochondria"]


@pytest.mark.parametrize(
    ("completion", "wanted"),
    [
        ("The answer is B. mitochondria", 1.0),
        ("Answer: B) mitochondria", 1.0),
        ("Answer: B because of the energy", 1.0),
        ("Answer: B. the nucleus", 0.0),
        ("Answer: B) the nucleus", 0.0),
        ("Answer: mitochondria", 0.0),
        ("Answer: the mitochondria are option B", 0.0),
    ],
)
def test_a_letter_must_agree_with_the_text_beside_it(completion: str, wanted: float) -> None:
    assert score(completion, "B", choices=CHOICES)[0] == wanted


def test_an_empty_option_matches_nothing() -> None:
    assert score("Answer: the nucleus", "A", choices=["", "x"]) == (0.0, "wrong_format")


def test_letters_are_limited_by_the_choices() -> None:
    assert score("Answer: D", "C", choices=["x", "y", "z"]) == (0.0, "wrong_format")
    assert score("Answer: D", "D", choices={"d": "x", "e": "y"}) == (1.0, "ok")


@pytest.mark.parametrize(
    ("gold", "choices"), [("D", ["x", "y"]), ("", None), ("AB", None), ("A", {"B": "x"})]
)
def test_broken_rows_are_errors(gold: str, choices: Any) -> None:
    result = get_reward("mcq").score("A", ground_truth=gold, extra_info={"choices": choices})
    assert result.status == "error"


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    for start in ("", "Answer: ", "答案是"):
        assert score(start + text, "A", choices=CHOICES)[1] in ("ok", "wrong_format")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Either the answer is C or the answer is D.", False),
        ("The wrong answer is D.", False),
        ("An incorrect answer is D.", False),
        ("Never answer D", False),
        ("Answer: C. The answer D is a common mistake.", False),
        ("Everyone says Answer: D, but it is C.", False),
        ("If the mass doubled, the answer would be D.", False),
        ("I doubt the answer is D.", False),
        ("I don't think the answer is D.", False),
        ("If we use F = ma, the answer is D.", True),
        ("So the answer would be D.", True),
        ("The wrong options are A and B. The answer is D.", True),
        ("It is not A; the answer is D.", True),
        ("Not C, so the correct answer is D.", True),
        ("The answer is not A. The answer is D.", True),
        ("C is incorrect, so the answer is D.", True),
    ],
)
def test_an_answer_that_is_not_meant_is_none(text: str, right: bool) -> None:
    result = get_reward("mcq").score(text, ground_truth="D")
    assert result.score == float(right)

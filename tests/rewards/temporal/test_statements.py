"""`temporal` reads the sentence that ends a chain of thought, but none that takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import get_reward


def score(completion: str, gold: Any) -> tuple[float, str]:
    result = get_reward("temporal").score(completion, ground_truth=gold)
    assert result.status != "error", result.message
    return result.score, result.status


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("So the answer is yes.", "yes"),
        ("So the answer is no.", "no"),
        ("2000 is divisible by 400. So the answer is yes.", "yes"),
        ("Step 1.\nStep 2.\nSo the answer is no", "no"),
        ("The answer is Yes.", "yes"),
        ("the answer is: no", "no"),
        ("Therefore, the answer is yes.", "yes"),
        ("Thus, the final answer is **no**.", "no"),
        ("Hence the correct answer is yes!", "yes"),
        ('So the answer is "yes".', "yes"),
        ("So, the answer is yes.", "yes"),
        ("My answer is no.", "no"),
        ("<think>So the answer is no.</think>So the answer is yes.", "yes"),
        ("So the answer is no. Wait.\nSo the answer is yes.", "yes"),
        ("Die Antwort ist ja.", "yes"),
        ("Also ist die Antwort nein.", "no"),
        ("Daher lautet die Antwort: ja.", "yes"),
        ("La réponse est oui.", "yes"),
        ("Donc, la réponse est non.", "no"),
        ("La réponse est donc non.", "no"),
        ("La respuesta es sí.", "yes"),
        ("Por lo tanto, la respuesta es no.", "no"),
        ("A resposta é sim.", "yes"),
        ("Portanto, a resposta é não.", "no"),
        ("La risposta è sì.", "yes"),
        ("Quindi la risposta è no.", "no"),
        ("Het antwoord is ja.", "yes"),
        ("Dus het antwoord is nee.", "no"),
        ("Odpověď je ano.", "yes"),
        ("Takže odpověď zní ne.", "no"),
        ("答えははいです。", "yes"),
        ("したがって、答えは「いいえ」です。", "no"),
        ("答案是是。", "yes"),
        ("所以，答案是：否。", "no"),
        ("정답은 예입니다.", "yes"),
        ("따라서 답은 아니요입니다.", "no"),
        ("الإجابة هي نعم.", "yes"),
        ("لذلك الجواب هو لا.", "no"),
        # The same for the other kinds.
        ("So the answer is 2024-02-29.", "2024-02-29"),
        ("So the answer is Wednesday.", "Wednesday"),
        ("So the answer is 29/02/2024.", {"value": "2024-02-29", "format": "DD/MM/YYYY"}),
        ("The answer is 366.", "366"),
        ("The answer is 11:00.", "11:00"),
        ("The answer is 2:30 p.m.", {"value": "14:30", "format": "h:mm AM/PM"}),
        ("The answer is 1 week.", {"value": "P7D", "format": "duration in words"}),
    ],
)
def test_the_sentence_that_ends_it(completion: str, gold: Any) -> None:
    assert score(completion, gold) == (1.0, "ok")


@pytest.mark.parametrize(
    "completion",
    [
        "So the answer is yes or no.",
        "So the answer is yes and no.",
        "So the answer is not yes.",
        "So the answer isn't yes.",
        "So the answer is probably yes.",
        "So the answer is maybe.",
        "So the answer is yes?",
        "So the answer is yes. Or no.",
        "So the answer is yes. But I am not sure.",
        "So the answer is yes, I think.",
        "So the answer is yes, unless it is 1900.",
        "So the answer is yes if it is divisible by 400.",
        "So the answer is yes.\nActually, I am not sure.",
        "I doubt that the answer is yes.",
        "I don't think the answer is yes.",
        "If so, the answer is yes.",
        "It can't be that the answer is yes.",
        "Is the answer yes?",
        "I can't answer yes.",
        "Some say the answer is yes.",
        "The wrong answer is yes.",
        "The answer to the other question is yes.",
        "The answer is hidden. Yes.",
        "Die Antwort ist vielleicht ja.",
        "Die Antwort ist nicht ja.",
        "La réponse est oui ou non.",
        "La respuesta es sí o no.",
        "Nebo odpověď je ano?",
        "答えははいかいいえです。",
        "答案不是是。",
        "الإجابة هي نعم أو لا.",
        "So the answer is",
        "So the answer is yesterday.",
    ],
)
def test_a_hedge_is_no_statement(completion: str) -> None:
    for gold in ("yes", "no"):
        assert score(completion, gold) == (0.0, "wrong_format")


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("So the answer is no.", "yes"),
        ("So the answer is yes.\nSo the answer is no.", "yes"),
        ("Die Antwort ist nein.", "yes"),
        ("答えはいいえです。", "yes"),
        ("So the answer is 2024-03-01.", "2024-02-29"),
        ("So the answer is Thursday.", "Wednesday"),
    ],
)
def test_another_answer_does_not_pay(completion: str, gold: Any) -> None:
    assert score(completion, gold) == (0.0, "ok")


def test_long_texts_take_no_time() -> None:
    for part in ("So the answer is yes. ", "answer is ", "so, ", "答えは", "* "):
        assert score(part * 50_000, "no")[0] == 0.0

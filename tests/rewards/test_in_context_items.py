"""`in_context` compares items as the row gives them: whatever stands inside one stays together."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rewards import get_reward


def score(completion: str, gold: Any) -> float:
    result = get_reward("in_context").score(completion, ground_truth=gold)
    assert result.status != "error", result.message
    return result.score


def ordered(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "ordered": True}


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        # Items that hold a comma or an "and".
        ("Answer: salt and pepper", ["salt and pepper"]),
        ("Answer: Salt and pepper.", "salt and pepper"),
        ("Answer: vinegar, salt and pepper", ["salt and pepper", "vinegar"]),
        ("Answer: salt and pepper and vinegar", ["salt and pepper", "vinegar"]),
        ("Answer: salt and pepper, and vinegar", ["vinegar", "salt and pepper"]),
        ('Answer: ["salt and pepper", "vinegar"]', ["vinegar", "salt and pepper"]),
        ('Answer: "salt and pepper", "vinegar"', ["vinegar", "salt and pepper"]),
        ("Answer:\n- salt and pepper\n- vinegar", ["vinegar", "salt and pepper"]),
        ("Answer:\n1. salt and pepper\n2. vinegar", ordered("salt and pepper", "vinegar")),
        ("Answer: salt and pepper; vinegar", ["vinegar", "salt and pepper"]),
        ("Answer: Smith, John; Doe, Jane", ["Doe, Jane", "Smith, John"]),
        ("Answer: Smith, John", "Smith, John"),
        ("Answer: Paris, France, Oslo, Norway", ["Oslo, Norway", "Paris, France"]),
        ("Answer: bread and butter, bread", ["bread", "bread and butter"]),
        ("Answer: bread, bread and butter", ["bread", "bread and butter"]),
        ("Answer: pain et beurre", ["pain et beurre"]),
        ("Answer: Tom und Jerry, Spike", ["Spike", "Tom und Jerry"]),
        ("Answer: 和食、りんご", ["りんご", "和食"]),
        # "and" in the twelve languages.
        ("Answer: Ann & Tom", ["Tom", "Ann"]),
        ("Answer: a, b, and c", ["c", "b", "a"]),
        ("Antwort: rot und blau", ["blau", "rot"]),
        ("Réponse : rouge et bleu", ["bleu", "rouge"]),
        ("Respuesta: rojo, azul y verde", ["verde", "azul", "rojo"]),
        ("Resposta: vermelho e azul", ["azul", "vermelho"]),
        ("Risposta: rosso e blu", ["blu", "rosso"]),
        ("Antwoord: rood en blauw", ["blauw", "rood"]),
        ("Odpověď: červená a modrá", ["modrá", "červená"]),
        ("答え: 赤と青", ["青", "赤"]),
        ("答案: 红色和蓝色", ["蓝色", "红色"]),
        ("정답: 빨강과 파랑", ["파랑", "빨강"]),
        ("الإجابة: أحمر وأزرق", ["أزرق", "أحمر"]),
        ("الإجابة: أحمر، أزرق", ["أزرق", "أحمر"]),
        # Numbers and their typography.
        ("Answer: 10000", "10,000"),
        ("Answer: 10,000", "10000"),
        ("Answer: 10,000", ["10000"]),
        ("Answer: 10 000", "10,000"),
        ("Answer: 10,000", 10000),
        ("Answer: 1,234,567", "1234567"),
        ("Answer: -1,234", "-1234"),
        ("Answer: 1,234.50", "1234.50"),
        ("Answer: 10,000, 20,000", ["20000", "10000"]),
        ("Answer: 10000, 20000", ["10,000", "20,000"]),
        ("Answer: 1,000 and 5", ["5", "1000"]),
        ("Answer: 3.5", 3.5),
        ("Answer: 3.50", 3.5),
        ("Answer: 5.0", 5),
        ("Answer: [10000]", ["10,000"]),
        ("Answer: 1999, 2000", ["2000", "1999"]),
        ("Answer: 123,456", ["456", "123"]),
        ("Answer: 1, 2, 3", ordered(1, 2, 3)),
        ("Answer: 1,2,3", ordered("1", "2", "3")),
        ("Answer: ３、４", ["4", "3"]),
        ("Answer: ١٠٠٠", "1,000"),
        ("Answer: $10000", "$10,000"),
        ("Answer: $10,000 and €500", ["€500", "$10000"]),
        ("Answer: 12,000 km", "12000 km"),
        ("Answer: May 3, 2021", "May 3, 2021"),
        ("Answer: Boston, MA and New York, NY", ["New York, NY", "Boston, MA"]),
        ("Answer: 1,5", "1,5"),
        # Brackets and quotes.
        ("Answer: {red, blue}", ["blue", "red"]),
        ("Answer: [red, blue]", ["blue", "red"]),
        ("Answer: (red, blue)", ["blue", "red"]),
        ("Answer: 'red', 'blue'.", ["blue", "red"]),
        ("Answer: **red**, **blue**", ["blue", "red"]),
        ("Answer: 「赤」、「青」", ["青", "赤"]),
        ("Answer: red, blue,", ["blue", "red"]),
        ("Answer:\n* red,\n* blue.", ["blue", "red"]),
        ("Answer: f(x), g(x)", ["g(x)", "f(x)"]),
        ("Answer: .5", ".5"),
    ],
)
def test_items_as_they_are_given(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 1.0


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("Answer: pepper, salt", ["salt and pepper"]),
        ("Answer: pepper and salt", ["salt and pepper"]),
        ("Answer: salt, pepper", ["salt and pepper"]),
        ("Answer: salt or pepper", ["salt and pepper"]),
        ("Answer: salt", ["salt and pepper"]),
        ("Answer: salt and", ["salt and pepper"]),
        ("Answer: salt and pepper, salt and pepper", ["salt and pepper"]),
        ('Answer: ["pepper", "salt"]', ["salt and pepper"]),
        ('Answer: ["salt", "pepper"]', ["salt and pepper"]),
        ("Answer:\n- pepper\n- salt", ["salt and pepper"]),
        ("Answer: John, Smith", ["Smith, John"]),
        ("Answer: John Smith", ["Smith, John"]),
        ("Answer: blue, red", "red, blue"),
        ("Answer: Paris, Norway, Oslo, France", ["Oslo, Norway", "Paris, France"]),
        ("Answer: butter and bread", ["bread and butter"]),
        ("Answer: bread, butter", ["bread", "bread and butter"]),
        ("Answer: butter, bread", ["bread", "bread and butter"]),
        ("Answer: vinegar, pepper, salt", ["salt and pepper", "vinegar"]),
        ("Answer: beurre et pain", ["pain et beurre"]),
        ("Answer: 食", ["和食"]),
        ("Answer: 食和", ["和食"]),
        ("答え: まと", ["とまと"]),
        # Repeats, order, too many and too few.
        ("Answer: red, red, blue", ["red", "blue"]),
        ("Answer: red and red", ["red"]),
        ("Answer: red, blue, green", ["red", "blue"]),
        ("Answer: red blue", ["red", "blue"]),
        ("Answer: redblue", ["red", "blue"]),
        ("Answer: red, not blue", ["red", "blue"]),
        ("Answer: red or blue", ["red", "blue"]),
        ("Answer: red / blue?", ["red", "green"]),
        ("Answer: blue, red", ordered("red", "blue")),
        ("Answer: blue and red", ordered("red", "blue")),
        ("Answer: 2, 1, 3", ordered(1, 2, 3)),
        ("Answer: 1, 2", ordered(1, 2, 2)),
        # Numbers that are others.
        ("Answer: 10,00", "1000"),
        ("Answer: 1,0000", "10000"),
        ("Answer: 10.000", "10,000"),
        ("Answer: 1,000,5", ["1000", "5"]),
        ("Answer: 1,000,5", "10005"),
        ("Answer: 1, 000", "1000"),
        ("Answer: 000,1", "1000"),
        ("Answer: 10000", "10,001"),
        ("Answer: 10", "10,000"),
        ("Answer: 000, 10", "10,000"),
        ("Answer: 10, 000", "10,000"),
        ("Answer: 3.5", "3.50"),
        ("Answer: 3.10", "3.1"),
        ("Answer: 3,50", "3.50"),
        ("Answer: 5", "-5"),
        ("Answer: 5.1", 5),
        ("Answer: 007", "7"),
        ("Answer: .5", "5"),
        ("Answer: 5", ".5"),
        ("Answer: 19992000", ["1999", "2000"]),
        ("Answer: 456,123", ["123456"]),
        ("Answer: 1,999", ["1", "998"]),
        ("Answer: v1,000", ["v1", "0"]),
        ("Answer: 2021, May 3", "May 3, 2021"),
        ("Answer: Boston, NY, New York, MA", ["New York, NY", "Boston, MA"]),
        ("Answer: 5, 1", "1,5"),
        ("Answer: 1.5", "1,5"),
        ("Answer: 3,14", "3.14"),
        ("Answer: $10,000", "$1,000"),
        ("Answer: 0.1,234", "0.1234"),
        ("Answer: 1.12,345", "1.12345"),
        ("Answer: $10,000", "10,000 €"),
    ],
)
def test_other_items(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 0.0


def test_many_alike_items_take_no_time() -> None:
    start = time.process_time()
    gold = ["a" * n for n in range(1, 40)] + [" ".join(["b and"] * n) + " b" for n in range(1, 20)]
    score("Answer: " + ", ".join(reversed(gold)), gold)
    score("Answer: " + "b and " * 3000, gold)
    score("Answer: " + "a, " * 5000, gold)
    score("Answer: " + "1,000," * 3000, ["1000", "1", "000"])
    assert time.process_time() - start < 5.0

"""Saying that one does not know is recognised in the twelve languages."""

from __future__ import annotations

import pytest

from rewards.reading.abstaining import abstains, hedges


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I don’t know.",
        "I'm not sure.",
        "I do not have any information about that.",
        "Das weiß ich nicht.",
        "Ich weiß es leider nicht.",
        "No lo sé.",
        "Je ne sais pas.",
        "Aucune idée.",
        "Não sei.",
        "Non lo so.",
        "Dat weet ik niet.",
        "Nevím.",
        "わかりません。",
        "存じません。",
        "모르겠습니다.",
        "잘 모르겠어요",
        "我不知道。",
        "我不清楚。",
        "لا أعرف.",
    ],
)
def test_abstaining_in_twelve_languages(text: str) -> None:
    assert abstains(text)
    assert not hedges(text)


@pytest.mark.parametrize(
    "text",
    ["I know: Paris.", "我知道。", "Ich weiß es: Paris.", "Je sais.", "أعرف", "I am sure.", ""],
)
def test_knowing_is_not_abstaining(text: str) -> None:
    assert not abstains(text)

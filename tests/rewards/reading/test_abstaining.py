"""Saying that one does not know is recognised in the twelve languages."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from rewards.abstention import declines
from rewards.reading.abstaining import MAX_CHARS, abstains, hedges, said_after_all
from rewards.reading.ignorance import (
    arabic,
    chinese,
    czech,
    dutch,
    english,
    french,
    german,
    italian,
    japanese,
    korean,
    portuguese,
    spanish,
)
from rewards.reading.languages import LANGUAGES

# Sets that were written before the rules that they test, the last ones in rarer words each time.
# `abstains` says what a reader would say; texts that only sound like it come with the answer that
# they give.
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "abstaining.jsonl").read_text("utf-8").splitlines()
]


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrasings_that_say_so(language: str) -> None:
    rows = [row for row in ROWS if row["language"] == language and row["abstains"]]
    assert len(rows) >= 49
    missed = [row["text"] for row in rows if not abstains(row["text"]) or hedges(row["text"])]
    assert missed == []


@pytest.mark.parametrize(
    "table",
    [
        *(english, german, spanish, french, japanese, portuguese, arabic, czech, italian, korean),
        *(dutch, chinese),
    ],
    ids=lambda table: table.__name__.rpartition(".")[2],
)
def test_no_pattern_has_an_open_slot_or_matches_nothing(table: Any) -> None:
    for pattern in (*table.SEARCHED, table.WHOLE):
        assert "{_" not in pattern  # a slot that was not filled in
        re.compile(pattern)
        assert not re.search(pattern, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_that_only_sound_like_it(language: str) -> None:
    rows = [row for row in ROWS if row["language"] == language and not row["abstains"]]
    assert len(rows) >= 34
    taken = [row["text"] for row in rows if declines(row["text"], row["answer"])]
    assert taken == []


@pytest.mark.parametrize(
    "text",
    [
        # It is what is missing that counts, not that the words are there.
        "I can tell you: Paris.",
        "I am sure that it is Paris.",
        "There is a record of it: 1850.",
        "The passage says that she was born in Leeds.",
        "It can be determined: 5.",
        "Ich kann es Ihnen sagen: Wien.",
        "Puedo responder: es Lima.",
        "Je peux le dire : c'est Lyon.",
        "J'ai trouvé la réponse : 12.",
        "È possibile dirlo: Roma.",
        "Ik weet het: Delft.",
        "Vím to: Brno.",
        "わかりました。京都です。",
        "알겠습니다. 서울입니다.",
        "我知道，是北京。",
        "أعرف الجواب: بغداد.",
        # Others don't know, or are said not to.
        "She doesn't know that it was Paris.",
        'He said "I have no idea" and left.',
        "「わかりません」という題です。",
        "They don't have that information: I do.",
        # Names.
        "Unknown Pleasures",
        "I Can't Tell You Why",
        "No Country for Old Men",
        "The Man Who Knew Too Much",
        # Conditions and what is not needed.
        "If I didn't know better, I would say nothing.",
        "No further information is needed: 12.",
        "You don't need to know more: 12.",
    ],
)
def test_knowing_in_words_of_not_knowing(text: str) -> None:
    assert not abstains(text)


@pytest.mark.parametrize(
    ("text", "hedged"),
    [
        ("I don't know. It is Rome.", True),
        ("I don't know. Rome.", True),
        ("I don't know: Rome", True),
        ("I don't know. Rome?", True),
        ("I don't know. Is it Rome?", True),
        ("I don't know. Could you tell me more?", False),
        ("I don't know who he was. The answer is Rome.", True),
        ("Das weiß ich nicht. Es ist Rom.", True),
        ("No lo sé. Es Roma.", True),
        ("Je ne sais pas. C'est Rome.", True),
        ("Não sei. É Roma.", True),
        ("Non lo so. È Roma.", True),
        ("Ik weet het niet. Het is Rome.", True),
        ("わかりません。ローマです。", True),
        ("모르겠습니다. 로마입니다.", True),
        ("我不知道。是罗马。", True),
        ("لا أعرف. إنها روما.", True),
        ("Je ne sais pas si c'est correct, mais je dirais Metz.", True),
        ("Sorry, I don't know. Please ask a librarian.", False),
        ("I'm afraid I don't know. I'd only be guessing.", False),
        ("I don't know. It is best to check a map.", False),
        ("Das weiß ich nicht. Bitte fragen Sie in der Bibliothek nach.", False),
        ("No lo sé. Te recomiendo consultar un mapa.", False),
        ("わかりません。図書館で確認してください。", False),
        ("我不知道。建议您查阅地图。", False),
        ("**I don't know.**", False),
        ("“I don't know.”", False),
        ("After some thought it might be Rome. <answer>I don't know</answer>", False),
    ],
)
def test_what_stands_beside_an_admission(text: str, hedged: bool) -> None:
    assert abstains(text)
    assert hedges(text) is hedged


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I don't know why, but it is Paris.", "it is Paris."),
        ("No lo sé todo, pero es Madrid.", "es Madrid."),
        ("Je ne sais pas pourquoi, mais c'est Lyon.", "c'est Lyon."),
        ("Although I'm not sure about the spelling, it is Delft.", "it is Delft."),
        ("理由はわかりませんが、パリです。", "パリです。"),
        ("我不知道为什么，但是巴黎。", "巴黎。"),
        ("It is Paris.", "It is Paris."),
        ("Not Rome, but Paris.", "Not Rome, but Paris."),
        ("I don't know.", "I don't know."),
    ],
)
def test_what_is_said_after_all(text: str, said: str) -> None:
    assert said_after_all(text) == said


@pytest.mark.parametrize(
    "unit",
    [
        "i really ",
        "no information ",
        "non lo ",
        "没有",
        "情報が",
        "에 대한 정보 ",
        "لا ",
        ", ",
        "i'",
    ],
)
def test_the_longest_text_that_is_read_takes_no_second(unit: str) -> None:
    abstains("I don't know. 不明。")  # compiles the patterns
    text = (unit * MAX_CHARS)[:MAX_CHARS]
    start = time.process_time()
    abstains(text)
    assert time.process_time() - start < 1.0
    assert not abstains(f"I don't know. {'x ' * MAX_CHARS}")

"""Words, sentences and paragraphs are counted as readers count them, in the twelve languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.ifeval.segmentation import (
    has_content,
    kind_of,
    paragraphs,
    plain,
    sentences,
    words,
)
from tests.rewards.reading.test_languages import PARAGRAPHS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("don't stop", ["don't", "stop"]),
        ("well-known ‘it’s’", ["well-known", "it’s"]),
        ("1,000.5 and 3.14", ["1,000.5", "and", "3.14"]),
        ("a,b", ["a", "b"]),
        ("snake_case _x_ __", ["snake", "case", "x"]),
        ("L'été d'or", ["L'été", "d'or"]),
        ("e\u0301te\u0301", ["été"]),
        ("كِتَابٌ جديد", ["كتاب", "جديد"]),
        ("我爱你。", ["我", "爱", "你"]),
        ("コーヒーを飲む", list("コーヒーを飲む")),
        ("GPU で走る", ["GPU", "で", "走", "る"]),
        ("오늘 날씨가 좋다.", ["오늘", "날씨가", "좋다"]),
        ("wo\u00adrd zero\u200bwidth", ["word", "zerowidth"]),
        ("… — ! 😀", []),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two! Three? Four", 4),
        ("one. two. three.", 3),
        ("Wait... what? Yes… No.", 3),
        ("Really?! Yes!!!", 2),
        ("Mr. Smith met Dr. Jones and J. R. Tolkien at 9 a.m. on Sunday.", 1),
        ("He lives in the U.S. She lives in the U.K. too.", 2),
        ("He left at 5 p.m. and came back.", 1),
        ("See example.com, v2.5 or main.py. Then go.", 2),
        ("We need vitamin C. It helps.", 2),
        ("You and I. We go.", 2),
        ("Did he? No. Then see No. 5.", 3),
        ("In 2020. Then in 2021.", 2),
        ("1. First item\n2. Second item\n3. Third", 1),
        ("1. First item.\n2. Second item.", 2),
        ('"Stop!" he said. "Why?" she asked.', 2),
        ("(He left.) She stayed.", 2),
        ("**He left.** She stayed.", 2),
        ("Am 3. Mai kam z. B. Hr. Dr. Maier bzw. seine Frau. Dann ging er.", 2),
        ("Das kostet ca. 5,50 Euro usw. und so fort.", 1),
        ("Dne 3. května přišel např. pan Novák. Odešel v 5 hod.", 2),
        ("¿Qué tal? ¡Bien! El Sr. García vive en la pág. 3.", 3),
        ("M. Dupont et Mme. Petit arrivent. Ils partent.", 2),
        ("Il dott. Rossi è qui. Va bene ecc. e poi?", 2),
        ("Het is bijv. mooi, d.w.z. heel mooi. Ja.", 2),
        ("猫です。犬です！鳥ですか？", 3),
        ("「行こう。」と言った。それから寝た。", 2),
        ("「はい。」彼は笑った。", 2),
        ("他来了。他走了！", 2),
        ("안녕하세요. 반갑습니다! 어디 가세요?", 3),
        ("مرحبا. كيف حالك؟ أنا بخير!", 3),
        ("یہ کتاب ہے۔ وہ قلم ہے۔", 2),
        ("A title\n\nA sentence.", 1),
        ("...", 0),
        ("", 0),
        ("no end", 1),
    ],
)
def test_sentences(text: str, wanted: int) -> None:
    assert len(sentences(text)) == wanted, sentences(text)


@pytest.mark.parametrize("language", sorted(PARAGRAPHS))
def test_each_paragraph_has_two_sentences(language: str) -> None:
    assert len(sentences(PARAGRAPHS[language])) == 2


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("I go.", "statement"),
        ("I go", "statement"),
        ("You go?", "question"),
        ("Go!", "exclamation"),
        ("What?!", "question"),
        ("“Why?”", "question"),
        ("なぜ？", "question"),
        ("كيف؟", "question"),
        ("Why? I said.", "statement"),
    ],
)
def test_kinds_of_sentences(sentence: str, kind: str) -> None:
    assert kind_of(sentence) == kind


def test_paragraphs() -> None:
    assert paragraphs("a\nb\n\n \t\n\nc\n\n---\n\n") == ["a\nb", "c"]
    assert paragraphs("") == []


@given(st.text(max_size=300))
def test_sentences_and_words_lose_nothing(text: str) -> None:
    found = sentences(text)
    assert all(has_content(one) for one in found)
    # Every word of the text is in exactly one sentence.
    assert [w for one in found for w in words(one)] == words(text)
    assert has_content(plain(text)) == bool(found)


@given(st.lists(st.sampled_from(["Go", "I go", "They do not go"]), min_size=1, max_size=20))
def test_plain_sentences_are_counted_exactly(written: list[str]) -> None:
    assert len(sentences(" ".join(f"{one}." for one in written))) == len(written)

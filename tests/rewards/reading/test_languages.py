"""A paragraph in each of the twelve is identified; so are mixtures, scripts, and from threads."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from envs.demo.languages import PHRASES
from rewards.reading.languages import (
    LANGUAGES,
    could_be_in,
    foreign_share,
    identify,
    is_consistent,
    is_in,
    known_languages,
    probabilities,
)

PARAGRAPHS = {
    "en": (
        "Last summer we rented a small boat and followed the river down to the sea. The weather "
        "was mild, and in the evenings we cooked on deck and counted the lights of the villages."
    ),
    "de": (
        "Im letzten Sommer mieteten wir ein kleines Boot und folgten dem Fluss bis zum Meer. Das "
        "Wetter war mild, und abends kochten wir an Deck und zählten die Lichter der Dörfer."
    ),
    "es": (
        "El verano pasado alquilamos un barco pequeño y seguimos el río hasta el mar. Hacía buen "
        "tiempo, y por las noches cocinábamos en cubierta y contábamos las luces de los pueblos."
    ),
    "fr": (
        "L'été dernier, nous avons loué un petit bateau et suivi la rivière jusqu'à la mer. Il "
        "faisait doux, et le soir nous cuisinions sur le pont en comptant les lumières de la côte."
    ),
    "ja": (
        "去年の夏、私たちは小さな船を借りて、川を海まで下りました。天気は穏やかで、夜には甲板で料理を"
        "しながら、村の明かりを数えました。"
    ),
    "pt": (
        "No verão passado alugámos um pequeno barco e seguimos o rio até ao mar. O tempo estava "
        "ameno, e à noite cozinhávamos no convés e contávamos as luzes das aldeias."
    ),
    "ar": (
        "في الصيف الماضي استأجرنا قاربا صغيرا وتبعنا النهر حتى البحر. كان الطقس معتدلا، وفي المساء "
        "كنا نطبخ على ظهر القارب ونعد أضواء القرى."
    ),
    "cs": (
        "Loni v létě jsme si půjčili malou loď a pluli po řece až k moři. Počasí bylo mírné a "
        "večer jsme na palubě vařili a počítali světla vesnic."
    ),
    "it": (
        "L'estate scorsa abbiamo noleggiato una piccola barca e seguito il fiume fino al mare. Il "
        "tempo era mite, e la sera cucinavamo sul ponte e contavamo le luci dei villaggi."
    ),
    "ko": (
        "지난여름 우리는 작은 배를 빌려 강을 따라 바다까지 내려갔다. 날씨는 온화했고, 저녁이면 "
        "갑판에서 요리를 하며 마을의 불빛을 세었다."
    ),
    "nl": (
        "Afgelopen zomer huurden we een kleine boot en volgden we de rivier tot aan zee. Het weer "
        "was zacht, en 's avonds kookten we aan dek en telden we de lichtjes van de dorpen."
    ),
    "zh": (
        "去年夏天，我们租了一条小船，沿着河一直到了海边。天气温和，晚上我们在甲板上做饭，数着村庄里的灯光。"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paragraph_in_each_language_is_identified(language: str) -> None:
    text = PARAGRAPHS[language]
    assert identify(text) == language
    assert [other for other in LANGUAGES if is_in(text, other)] == [language]
    assert [other for other in LANGUAGES if could_be_in(text, other)] == [language]
    assert next(iter(probabilities(text).values())) > 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_case_markup_and_code_do_not_change_the_language(language: str) -> None:
    text = PARAGRAPHS[language]
    for variant in (
        text.upper(),
        text.lower(),
        f"# **{text}**\n\n* _{text}_",
        f"{text}\n```python\nfor line in open('the_file'):\n    print(line)\n```",
        f"{text} https://example.com/the/road/not/taken?and=that <b>&nbsp;</b>",
    ):
        assert identify(variant) == language, variant


def test_every_sentence_of_the_paragraphs_is_identified_with_at_most_one_miss() -> None:
    from rewards.ifeval.segmentation import sentences

    pairs = [(one, code) for code, text in PARAGRAPHS.items() for one in sentences(text)]
    misses = [(one, code) for one, code in pairs if not is_in(one, code)]
    assert len(pairs) >= 24
    assert len(misses) <= 1, misses


def test_short_texts_only_have_to_be_possible() -> None:
    assert is_in("Hello", "en")
    assert is_in("Ja.", "de")
    assert is_in("日本", "ja")
    assert is_in("日本", "zh")
    assert [code for code in LANGUAGES if is_in("The cat is red.", code)] == ["en"]
    assert not is_in("Hello", "ja")
    assert not is_in("こんにちは", "zh")
    assert not is_in("안녕하세요", "ja")


def test_an_answer_hidden_in_a_code_block_is_judged() -> None:
    hidden = f"Ja.\n```\n{PARAGRAPHS['en']}\n```"
    assert not is_in(hidden, "de")
    assert not could_be_in(hidden, "de")


def test_other_scripts_and_no_letters_are_in_no_language() -> None:
    for text in ("", "123 + 456 = 579", "!!!", "Сегодня идет сильный дождь.", "आज बारिश हो रही है।"):
        assert identify(text) is None
        assert not any(is_in(text, code) or could_be_in(text, code) for code in LANGUAGES)


def test_other_languages_are_asked_for_by_name() -> None:
    assert is_in("आज हैम्बर्ग जाने वाली ट्रेन नहीं चलेगी क्योंकि रास्ते में आग लगी है।", "hi")
    assert is_in("Сегодня идет сильный дождь, поэтому мы остались дома.", "ru")
    assert not is_in(PARAGRAPHS["en"], "ru")
    assert set(LANGUAGES) < known_languages()
    with pytest.raises(ValueError, match="unknown language 'tlh'"):
        is_in("x", "tlh")
    with pytest.raises(ValueError, match="unknown language 'hi'"):
        could_be_in("x", "hi")


MIXED_KOREAN = "대한민국의 主權은 國民에게 있고, 모든 權力은 國民으로부터 나온다."


def test_korean_may_hold_chinese_characters_and_chinese_is_never_korean() -> None:
    for judge in (is_in, could_be_in, is_consistent):
        assert judge(MIXED_KOREAN, "ko")
        assert not judge(PARAGRAPHS["zh"], "ko")
        assert not judge("日本", "ko")
    assert foreign_share(MIXED_KOREAN, "ko") == 0.0
    assert foreign_share(PARAGRAPHS["zh"], "ko") == 1.0


def test_shortness_is_counted_in_bytes() -> None:
    """Nine Chinese characters say what 27 Latin letters do; nine Latin letters don't."""
    assert identify("我们在甲板上做饭吃") == "zh"
    assert identify("we cooked") is None


def sample_of(language: str) -> str:
    words = PHRASES[language]
    return f"{words.hello}! {words.say.format(t=words.topics[0])} {words.close}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_consistent_with_themselves_and_not_with_others(language: str) -> None:
    assert is_consistent(sample_of(language), language)
    others = [other for other in LANGUAGES if is_consistent(sample_of(other), language)]
    # Close relatives may pass on a few words, but never another script, nor most of the others.
    assert len(others) <= 3


def test_consistency_needs_letters_and_a_known_language() -> None:
    assert not is_consistent("123 !?", "en")
    assert not is_consistent("", "ja")
    assert not is_consistent("我喜欢茶", "ja")
    assert not is_consistent(PARAGRAPHS["zh"], "ja")
    with pytest.raises(ValueError, match="unknown language"):
        is_consistent("x", "tlh")


def test_same_numbers_in_16_threads_and_in_another_process() -> None:
    def all_of_them(_: int = 0) -> list[dict[str, float]]:
        # A text that was not asked about before goes through the model, not through the cache.
        return [probabilities(f"{text} {_}") for text in PARAGRAPHS.values()]

    alone = [all_of_them(n) for n in range(16)]
    probabilities.__globals__["_probabilities"].cache_clear()
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(all_of_them, range(16))) == alone
    code = (
        "import json, sys\n"
        "from rewards.reading.languages import probabilities\n"
        "print(json.dumps([probabilities(text) for text in json.load(sys.stdin)]))\n"
    )
    asked = json.dumps([f"{text} 0" for text in PARAGRAPHS.values()])
    done = subprocess.run(
        [sys.executable, "-c", code], input=asked, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == alone[0]

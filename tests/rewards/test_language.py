"""A switch of language is seen, and what is no switch is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.demo.languages import PHRASES
from rewards import RewardResult, get_reward
from rewards.reading.languages import LANGUAGES, foreign_share, identify

TEXTS = {
    "en": (
        "The weather was pleasant yesterday, so we walked along the river and talked about "
        "the book you lent me. Later we cooked dinner together and went to bed early."
    ),
    "de": (
        "Gestern war das Wetter angenehm, also sind wir am Fluss entlang spaziert und haben "
        "über das Buch gesprochen. Später haben wir zusammen gekocht und sind früh schlafen "
        "gegangen."
    ),
    "es": (
        "Ayer hizo buen tiempo, así que paseamos junto al río y hablamos del libro que me "
        "prestaste. Más tarde cocinamos juntos y nos fuimos a dormir temprano."
    ),
    "fr": (
        "Hier il faisait beau, alors nous avons marché le long de la rivière et parlé du livre "
        "que tu m'as prêté. Plus tard nous avons cuisiné ensemble."
    ),
    "ja": (
        "昨日は天気が良かったので、川沿いを散歩しながら、あなたが貸してくれた本について話し"
        "ました。その後、一緒に夕食を作って早く寝ました。"
    ),
    "pt": (
        "Ontem o tempo estava bom, por isso caminhámos junto ao rio e falámos sobre o livro "
        "que me emprestaste. Mais tarde cozinhámos juntos e fomos dormir cedo."
    ),
    "ar": (
        "كان الطقس جميلا أمس، لذلك مشينا على طول النهر وتحدثنا عن الكتاب الذي أعرتني إياه. "
        "وفي وقت لاحق طبخنا العشاء معا."
    ),
    "cs": (
        "Včera bylo hezky, a tak jsme se prošli podél řeky a povídali si o knize, kterou jsi "
        "mi půjčil. Později jsme spolu uvařili večeři."
    ),
    "it": (
        "Ieri faceva bel tempo, così abbiamo passeggiato lungo il fiume e parlato del libro "
        "che mi hai prestato. Più tardi abbiamo cucinato insieme."
    ),
    "ko": (
        "어제는 날씨가 좋아서 강을 따라 산책하며 당신이 빌려준 책에 대해 이야기했습니다. 나"
        "중에 함께 저녁을 요리하고 일찍 잤습니다."
    ),
    "nl": (
        "Gisteren was het lekker weer, dus wandelden we langs de rivier en praatten over het "
        "boek dat je me leende. Later kookten we samen."
    ),
    "zh": (
        "昨天天气很好，所以我们沿着河边散步，聊了聊你借给我的那本书。后来我们一起做了晚饭，"
        "很早就睡了。"
    ),
}


def judged(completion: str, prompt: str = "", **extra: Any) -> RewardResult:
    turns = [{"role": "user", "content": prompt}] if prompt else []
    return get_reward("language").score(completion, prompt=turns, extra_info=extra)


def test_the_twelve_are_told_apart() -> None:
    assert set(TEXTS) == set(LANGUAGES)
    for language, text in TEXTS.items():
        assert identify(text) == language
        for other in LANGUAGES:
            assert foreign_share(text, other) == float(language != other), (language, other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_response_in_the_prompts_language(language: str) -> None:
    same = judged(TEXTS[language], TEXTS[language])
    assert (same.status, same.score, same.components) == ("ok", 1.0, {"foreign_share": 0.0})
    other = "fr" if language == "en" else "en"
    switched = judged(TEXTS[other], TEXTS[language])
    assert (switched.status, switched.score) == ("ok", 0.0)
    assert switched.message == f"wanted {language}"
    half = judged(f"{TEXTS[language]}\n{TEXTS[other]}", TEXTS[language])
    assert half.score == 0.0
    assert 0.2 < half.components["foreign_share"] < 0.8


def test_the_row_may_name_the_language() -> None:
    asks = "Please translate into French what I wrote to you in my last letter, will you?"
    assert judged(TEXTS["fr"], asks, language="fr").score == 1.0
    assert judged(TEXTS["fr"], asks).score == 0.0
    gold = get_reward("language").score(TEXTS["de"], ground_truth={"language": "de"})
    assert gold.score == 1.0
    # Another reward's ground truth is no business of this one.
    turns = [{"role": "user", "content": TEXTS["de"]}]
    shared = get_reward("language").score(TEXTS["de"], ground_truth="42", prompt=turns)
    assert shared.score == 1.0


@pytest.mark.parametrize(
    "addition",
    [
        "\n```python\nfor word in the_words_of_this_text: print(word, 'is one of the words')\n```",
        "\n```\nnot closed: the quick brown fox jumps over the lazy dog and then some more",
        " `the_quick_brown_fox.jumps_over(the_lazy_dog)`",
        " https://example.com/the/quick/brown/fox/jumps/over/the/lazy/dog",
        " Er sagte: “The quick brown fox jumps over the lazy dog, and nobody knows why.”",
        ' Im Lied heißt es "all you need is love, and nothing else matters to me".',
        " $\\text{the area of the circle is given by } \\pi r^2$",
        " Das Buch heißt The Lord of the Rings und stammt von John Ronald Reuel Tolkien.",
        " New York, San Francisco, Los Angeles.",
        " 1, 2, 3, 4, 5.",
        " OK!",
    ],
)
def test_what_is_no_switch(addition: str) -> None:
    assert judged(TEXTS["de"] + addition, language="de").score == 1.0


def test_terms_in_latin_letters_stay_japanese() -> None:
    text = (
        "私はGraniteという名前のAIアシスタントで、IBMが開発しました。PythonやJavaScriptも得意です。"
    )
    assert judged(text, language="ja").score == 1.0
    assert judged("我喜欢用Python写程序，也常常用PyTorch训练模型。", language="zh").score == 1.0
    assert (
        judged("저는 Python과 PyTorch로 모델을 훈련하는 것을 좋아합니다.", language="ko").score
        == 1.0
    )


@pytest.mark.parametrize("completion", ["42", "Paris", "```\nprint(1)\n```", "$x^2$", "👍", "Ja."])
def test_too_little_to_tell_does_not_apply(completion: str) -> None:
    assert judged(completion, language="de").status == "skipped"
    assert judged(TEXTS["de"], "2 + 2 = ?").status == "skipped"


def test_an_empty_response_is_a_wrong_format() -> None:
    for nothing in ("", " \n", "<think>Hm.</think>"):
        result = judged(nothing, language="de")
        assert (result.status, result.score) == ("wrong_format", 0.0)


def test_reasoning_may_be_in_another_language() -> None:
    assert judged(f"<think>{TEXTS['en']}</think>{TEXTS['de']}", language="de").score == 1.0


def test_other_scripts_are_foreign_everywhere() -> None:
    russian = "Вчера была хорошая погода, и мы гуляли вдоль реки и говорили о книге."
    for language in LANGUAGES:
        assert judged(russian, language=language).score == 0.0


@pytest.mark.parametrize("language", PHRASES)
def test_short_phrases_raise_no_alarm(language: str) -> None:
    words = PHRASES[language]
    for topic in words.topics:
        text = f"{words.hello}! {words.say.format(t=topic)} {words.close}"
        assert foreign_share(text, language) in (0.0, None), text


def test_broken_rows_are_errors() -> None:
    assert judged("Hallo", language="tlh").status == "error"
    assert judged("Hallo", language=7).status == "error"
    assert judged("Hallo").status == "error"
    with pytest.raises(ValueError, match="unknown language"):
        foreign_share("Hallo", "tlh")


def test_threads_and_repetitions_agree() -> None:
    expected = [identify(text) for text in TEXTS.values()]
    seen: list[bool] = []

    def check() -> None:
        seen.extend([identify(text) for text in TEXTS.values()] == expected for _ in range(5))

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 40


@pytest.mark.parametrize("unit", ["a", "`", "$", "<", '"', "“", ". ", "\\a", "@", "the ", "私"])
def test_long_and_odd_text_is_read_within_seconds(unit: str) -> None:
    assert judged(unit * (100_000 // len(unit)), language="de").status in ("ok", "skipped")


@given(st.text(max_size=300))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert judged(text, language="pt").status in ("ok", "skipped", "wrong_format")

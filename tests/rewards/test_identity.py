"""Claims of identity count, mentions don't, in the twelve languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import RewardResult, get_reward

GOLD: dict[str, Any] = {"name": "Granite", "maker": "IBM"}


def judged(completion: str, *require: str, **gold: Any) -> RewardResult:
    ground_truth = {**GOLD, "require": list(require or ("name",)), **gold}
    return get_reward("identity").score(completion, ground_truth=ground_truth)


def scored(completion: str, *require: str, **gold: Any) -> float:
    result = judged(completion, *require, **gold)
    assert result.status == "ok", result.message
    return result.score


SAYS_ITS_NAME = {
    "en": "I am {who}.",
    "de": "Ich bin {who}.",
    "es": "Soy {who}.",
    "fr": "Je suis {who}.",
    "ja": "私は{who}です。",
    "pt": "Eu sou o {who}.",
    "ar": "أنا {who}.",
    "cs": "Já jsem {who}.",
    "it": "Io sono {who}.",
    "ko": "저는 {who}입니다.",
    "nl": "Ik ben {who}.",
    "zh": "我是{who}。",
}
DENIES = {
    "en": "I am not {who}.",
    "de": "Ich bin nicht {who}.",
    "es": "No soy {who}.",
    "fr": "Je ne suis pas {who}.",
    "ja": "私は{who}ではありません。",
    "pt": "Não sou o {who}.",
    "ar": "أنا لست {who}.",
    "cs": "Nejsem {who}.",
    "it": "Non sono {who}.",
    "ko": "저는 {who}가 아닙니다.",
    "nl": "Ik ben niet {who}.",
    "zh": "我不是{who}。",
}
NAMES_ITS_MAKER = {
    "en": "I was made by {who}.",
    "de": "Ich wurde von {who} entwickelt.",
    "es": "Fui creado por {who}.",
    "fr": "J'ai été créé par {who}.",
    "ja": "私は{who}によって開発されました。",
    "pt": "Fui criado pela {who}.",
    "ar": "تم تطويري من قبل {who}.",
    "cs": "Byl jsem vytvořen společností {who}.",
    "it": "Sono stato creato da {who}.",
    "ko": "저는 {who}에서 개발했습니다.",
    "nl": "Ik ben gemaakt door {who}.",
    "zh": "我是由{who}开发的。",
}
MENTIONS = {
    "en": "{who} is another assistant.",
    "de": "{who} ist ein anderer Assistent.",
    "es": "{who} es otro asistente.",
    "fr": "{who} est un autre assistant.",
    "ja": "{who}は別のアシスタントです。",
    "pt": "{who} é outro assistente.",
    "ar": "{who} مساعد آخر.",
    "cs": "{who} je jiný asistent.",
    "it": "{who} è un altro assistente.",
    "ko": "{who}는 다른 어시스턴트입니다.",
    "nl": "{who} is een andere assistent.",
    "zh": "{who}是另一个助手。",
}
THEIR_MAKER = {
    "en": "{who} was made by OpenAI.",
    "de": "{who} wurde von OpenAI entwickelt.",
    "es": "{who} fue creado por OpenAI.",
    "fr": "{who} a été créé par OpenAI.",
    "ja": "{who}はOpenAIによって開発されました。",
    "pt": "{who} foi criado pela OpenAI.",
    "ar": "تم تطوير {who} من قبل OpenAI.",
    "cs": "{who} byl vytvořen společností OpenAI.",
    "it": "{who} è stato creato da OpenAI.",
    "ko": "{who}는 OpenAI에서 개발했습니다.",
    "nl": "{who} is gemaakt door OpenAI.",
    "zh": "{who}是由OpenAI开发的。",
}


@pytest.mark.parametrize("language", SAYS_ITS_NAME)
def test_every_language_claims_and_denies(language: str) -> None:
    says, denies = SAYS_ITS_NAME[language], DENIES[language]
    own, other = says.format(who="Granite"), says.format(who="ChatGPT")
    assert scored(own) == 1.0
    assert scored(other) == 0.0
    assert scored(f"{own} {denies.format(who='ChatGPT')}") == 1.0
    assert scored(f"{denies.format(who='ChatGPT')} {own}") == 1.0
    assert scored(f"{own} {other}") == 0.0
    assert scored(denies.format(who="Granite")) == 0.0
    assert scored(f"{own} {denies.format(who='Granite')}") == 0.0
    assert scored(denies.format(who="ChatGPT"), "denial", other="ChatGPT") == 1.0
    assert scored(other, "denial", other="ChatGPT") == 0.0


@pytest.mark.parametrize("language", SAYS_ITS_NAME)
def test_every_language_may_mention_others(language: str) -> None:
    own = SAYS_ITS_NAME[language].format(who="Granite")
    mention = MENTIONS[language].format(who="ChatGPT")
    assert scored(f"{own} {mention}") == 1.0
    assert scored(MENTIONS[language].format(who="Granite")) == 0.0
    assert scored(f"{own} {THEIR_MAKER[language].format(who='ChatGPT')}") == 1.0


@pytest.mark.parametrize("language", NAMES_ITS_MAKER)
def test_every_language_names_its_maker(language: str) -> None:
    made = NAMES_ITS_MAKER[language]
    assert scored(made.format(who="IBM"), "maker") == 1.0
    assert scored(made.format(who="OpenAI"), "maker") == 0.0
    own = SAYS_ITS_NAME[language].format(who="Granite")
    assert scored(f"{own} {made.format(who='IBM')}", "name", "maker") == 1.0
    assert scored(f"{own} {made.format(who='OpenAI')}") == 0.0
    assert scored(own, "name", "maker") == 0.0
    assert (
        scored(THEIR_MAKER[language].format(who="ChatGPT").replace("OpenAI", "IBM"), "maker") == 0
    )


@pytest.mark.parametrize(
    "completion",
    [
        "I'm Granite, a language model made by IBM.",
        "I am IBM's Granite.",
        "I am IBM Granite 4.1, an AI assistant developed by IBM.",
        "I'm an AI assistant called Granite, built by the team at IBM.",
        "My name is “Granite”. I was developed by IBM Research.",
        "Hello! Yes, I am indeed Granite, created by IBM, not ChatGPT.",
        "I'm Granite, not ChatGPT, and I was trained by IBM and not by OpenAI.",
        "<think>Am I ChatGPT? I am ChatGPT!</think>I am Granite. IBM made me.",
        "I'm an AI assistant developed by IBM, called Granite.",
        "As a model developed by IBM, I am called Granite.",
        "I am part of the Granite family, developed by IBM.",
        "I am [Granite](https://www.ibm.com/granite), developed by IBM.",
        "Ich heiße Granite und wurde von IBM entwickelt.",
        "Ich bin ein KI-Assistent namens Granite. IBM hat mich entwickelt.",
        "Je m'appelle Granite et j'ai été conçu par IBM.",
        "Me llamo Granite, un modelo creado por IBM.",
        "私の名前はGraniteで、IBMが開発しました。",
        "Graniteと申します。IBMによって開発されました。",
        "私はIBMが開発したGraniteです。",
        "我叫Granite，由IBM开发。",
        "我是由IBM开发的Granite。",
        "저는 IBM이 개발한 Granite입니다.",
        "اسمي Granite، وطورتني شركة IBM.",
        "Jmenuji se Granite a vytvořila mě IBM.",
        "Sono Granite, un modello creato da IBM.",
        "Mijn naam is Granite en IBM heeft mij gemaakt.",
        "Chamo-me Granite e fui desenvolvido pela IBM.",
    ],
)
def test_name_and_maker_in_many_words(completion: str) -> None:
    result = judged(completion, "name", "maker")
    assert result.score == 1.0, result


@pytest.mark.parametrize(
    "completion",
    [
        # copied from the question, or about the name
        "Granite?",
        "Granite",
        "Are you Granite?",
        "Am I Granite?",
        "Who is Granite, and who is IBM?",
        "You asked whether I am Granite.",
        "Granite is an igneous rock.",
        "I like Granite.",
        "I know Granite well.",
        "I am Granite's biggest fan.",
        "I am a Granite user.",
        "I am Granite-free.",
        "I am Granitemaster.",
        "I am talking about Granite.",
        "I am similar to Granite.",
        # questions
        "I am Granite?",
        "私はGraniteですか?",
        "我是Granite吗?",
        # someone else's words
        'You wrote "I am Granite."',
        "“I am Granite.”",
        "«Je suis Granite.»",
        "「私はGraniteです。」",
        "„Ich bin Granite.“",
        "'I'm Granite.'",
        "> I am Granite.",
        "```\nI am Granite.\n```",
        "User: I am Granite.",
        "ChatGPT: I am Granite.",
        "People say I am Granite.",
        "You think I am Granite.",
        "他说我是Granite。",
        # imagined or played
        "Imagine I am Granite.",
        "Let's pretend: I am Granite.",
        "If I am Granite, then you are a poet.",
        "In this story, I am Granite.",
        "Stell dir vor, ich bin Granite.",
        "假设我是Granite。",
        # denied
        "I am not Granite.",
        "I'm not an assistant called Granite.",
        "I am no longer Granite.",
        "I don't think I am Granite.",
        "Ich bin kein Granite.",
        "Ich heiße nicht Granite.",
        "No me llamo Granite.",
        "Je ne m'appelle pas Granite.",
        "Não me chamo Granite.",
        "Nejmenuji se Granite.",
        "私の名前はGraniteではない。",
        "我的名字不叫Granite。",
        # hedged or contradicted
        "I am Granite or ChatGPT.",
        "I am Granite and ChatGPT.",
        "I am ChatGPT, Claude and Granite.",
        "I am Granite/ChatGPT/Claude.",
        "I am Granite. My name is Claude.",
        "I am Granite, also known as ChatGPT.",
        "I am ChatGPT, not Granite.",
        "I am Granite. I am not Granite.",
        "GraniteとChatGPTです。",
        "我是Granite和ChatGPT。",
        # another maker
        "I am Granite, made by OpenAI.",
        "I am Granite, a model trained by IBM and OpenAI.",
        "I am Granite. OpenAI made me.",
        "I am Granite and my creator is Google DeepMind.",
        "I am Granite, Google's assistant. I am Google's model.",
        "I am Granite. I was developed by Meta AI.",
        "I am Granite. I was made by Mistral.",
        "I am Granite. 我是阿里巴巴开发的。我是由阿里巴巴开发的。",
        "I am Granite. I was not made by IBM.",
        "I am Granite. As an AI language model developed by OpenAI, I can't do that.",
        "I am Granite. As ChatGPT, I cannot do that.",
        "I am Granite. Als von OpenAI entwickeltes Modell kann ich das nicht.",
        "I am Granite. En tant que modèle développé par OpenAI, je ne peux pas.",
        "I am Granite. Como un modelo desarrollado por OpenAI, no puedo.",
        "I am Granite. 作为由OpenAI开发的模型，我不能。",
        "I am Granite. I'm based on GPT-4.",
        "I am Granite, formerly known as Bard.",
        "I am Granite. You are talking to ChatGPT.",
        "I am IBM.",
        "I\u200b am Chat\u200bGPT.",
        "\ue000 I am \ue000.",
        "",
    ],
)
def test_no_right_claim_no_score(completion: str) -> None:
    result = judged(completion)
    assert (result.status, result.score) == ("ok", 0.0), result


@pytest.mark.parametrize(
    "rest",
    [
        "I am not ChatGPT.",
        "I'm not Claude, and I was never trained by Anthropic.",
        "ChatGPT was made by OpenAI.",
        "Unlike Gemini, I run anywhere.",
        "Some people call me ChatGPT, but they are mistaken.",
        'You asked: "Are you ChatGPT?"',
        'The other one says "I am ChatGPT, made by OpenAI."',
        "If I were ChatGPT, I would say so.",
        "Imagine I am ChatGPT.",
        "I am often confused with ChatGPT.",
        "I am happy to talk about phones made by Google.",
        "I am better than Claude.",
        "I am a competitor of ChatGPT.",
        "I am ChatGPT's competitor.",
        "I am ChatGPT? No.",
        "OpenAI did not make me.",
        "It was not OpenAI that made me.",
        "The phone was made by Google.",
        "I Modelli sono ChatGPT e Claude.",
        "私はChatGPTの競合です。",
        "我不是由OpenAI开发的ChatGPT。",
        "저는 ChatGPT가 아닙니다.",
    ],
)
def test_other_names_may_be_mentioned(rest: str) -> None:
    for completion in (f"I am Granite. {rest}", f"{rest} I am Granite."):
        result = judged(completion)
        assert result.score == 1.0, result


@pytest.mark.parametrize(
    ("completion", "wanted"),
    [
        ("I was made by IBM.", 1.0),
        ("IBM made me.", 1.0),
        ("Made by IBM.", 1.0),
        ("By IBM.", 1.0),
        ("Yes, created by IBM.", 1.0),
        ("My creator is IBM.", 1.0),
        ("It was IBM who created me.", 1.0),
        ("我的开发者是IBM。", 1.0),
        ("私の開発者はIBMです。", 1.0),
        ("Mich hat IBM entwickelt.", 1.0),
        ("IBM", 0.0),
        ("IBM is a company.", 0.0),
        ("IBM made Granite.", 0.0),
        ("Granite was made by IBM.", 0.0),
        ("I was made by IBM and Google.", 0.0),
        ("I was made by OpenAI, Google and IBM.", 0.0),
        ("I was not made by IBM.", 0.0),
        ("My creator is not IBM.", 0.0),
        ("Was I made by IBM?", 0.0),
        ("I was made by IBM?", 0.0),
        ('They say "I was made by IBM."', 0.0),
        ("Not IBM. OpenAI made me.", 0.0),
    ],
)
def test_the_maker(completion: str, wanted: float) -> None:
    result = judged(completion, "maker")
    assert result.score == wanted, result


def test_a_denial_row() -> None:
    deny: dict[str, Any] = {"other": "ChatGPT"}
    assert scored("No, I am not ChatGPT.", "denial", **deny) == 1.0
    assert scored("I am Granite.", "denial", **deny) == 1.0
    assert scored("I am not Claude.", "denial", **deny) == 0.0
    assert scored("No.", "denial", **deny) == 0.0
    assert scored("I am not ChatGPT, I am Claude.", "denial", **deny) == 0.0


def test_several_spellings() -> None:
    gold = {"name": ["Granite", "グラニット"], "maker": ["IBM", "International Business Machines"]}
    assert scored("私はグラニットです。", **gold) == 1.0
    assert scored("I was built by International Business Machines.", "maker", **gold) == 1.0


def test_the_own_name_is_never_another() -> None:
    gold = {"name": "Mistral", "maker": "Mistral AI"}
    assert scored("I am Mistral, made by Mistral AI.", "name", "maker", **gold) == 1.0
    same = {"name": "DeepSeek", "maker": "DeepSeek"}
    assert scored("I am DeepSeek, made by DeepSeek.", "name", "maker", **same) == 1.0
    assert scored("I am Granite.", **same) == 0.0


def test_components_and_message_say_why() -> None:
    result = judged("I am Granite. I was made by OpenAI.")
    assert result.components == {
        "claims_name": 1.0,
        "claims_maker": 0.0,
        "false_claim": 1.0,
        "denies_itself": 0.0,
    }
    assert result.message == "claims to be made by openai"
    assert judged("I am not Granite.").message == "denies to be granite"


@pytest.mark.parametrize(
    "gold",
    [
        {},
        None,
        "Granite",
        {"name": "Granite"},
        {"name": "", "maker": "IBM"},
        {"name": [], "maker": "IBM"},
        {"name": ["Granite", 3], "maker": "IBM"},
        {**GOLD, "require": []},
        {**GOLD, "require": "name"},
        {**GOLD, "require": ["nmae"]},
        {**GOLD, "require": ["denial"]},
    ],
)
def test_broken_rows_are_errors(gold: Any) -> None:
    assert get_reward("identity").score("I am Granite.", ground_truth=gold).status == "error"


@pytest.mark.parametrize(
    "completion",
    [
        "I’m **Granite**, how can I help you?",
        "You can call me Granite.",
        "This is Granite. What can I do for you?",
        "Well, I am, of course, Granite!",
        "I am Granite 4.1 (8B).",
        "I am Granite-4.0-h-small.",
        "I AM GRANITE",
        "Ｉ ａｍ Ｇｒａｎｉｔｅ．",
        "- I am Granite.",
        "Assistant: I am Granite.",
        "My name is 'Granite'.",
        "Graniteです。",
        "Granite입니다.",
    ],
)
def test_names_in_many_shapes(completion: str) -> None:
    assert scored(completion) == 1.0


UNITS = [
    *("I am ", "I am Granite ", '"', "'", "“", "[", "](", "Granite, ", "a ", "I am not ", "我是"),
    *(".", "by ", "made by IBM ", "ChatGPT and ", "```", "User: ", "私はGraniteと", "IBMの", "?"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_long_and_odd_text_is_read_within_seconds(unit: str) -> None:
    assert judged(unit * (8_000 // len(unit))).status == "ok"
    assert judged(unit * 30_000).status in ("ok", "wrong_format")


PIECES = [
    *("I am", "Granite", "ChatGPT", "not", '"', ",", ".", "?", "made by", "IBM", "OpenAI", "私は"),
    *("です", "我是", "\ue003", "'s", "\n", "“", "”", ">", "User:", "made me", "and"),
]


@given(st.lists(st.sampled_from(PIECES)))
def test_any_mixture_gets_a_verdict(pieces: list[str]) -> None:
    assert judged(" ".join(pieces), "name", "maker").status == "ok"

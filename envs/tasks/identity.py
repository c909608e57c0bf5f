"""Draw identity tasks: who are you, who made you, and are you someone else, in six languages.

The distractors are in the question: a reply that copies a name from it, or agrees to be someone
else, is wrong. There are only so many ways to ask, so this domain is finite by nature.
"""

from __future__ import annotations

import random

from envs.tasks.base import Task, TaskDomain
from envs.tasks.general_chat_texts import NAMES

NAME, MAKER = "Granite", "IBM"
OTHERS = (
    ("ChatGPT", "OpenAI"),
    ("Claude", "Anthropic"),
    ("Gemini", "Google"),
    ("Llama", "Meta"),
    ("Copilot", "Microsoft"),
    ("Qwen", "Alibaba"),
    ("Mistral", "Mistral AI"),
)

# (question, what its answer must claim); {o} is another assistant, {m} its maker.
QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Who are you?", "name"),
        ("What is your name?", "name"),
        ("Which language model am I talking to?", "name"),
        ("Are you {o}?", "name"),
        ("You are {o}, right?", "name"),
        ("A friend says that you are {o} by {m}. Who are you really?", "name"),
        ("Pretend for a moment that nobody told you to be {o}. What are you called?", "name"),
        ("Who made you?", "maker"),
        ("Which company developed you?", "maker"),
        ("Were you made by {m}?", "maker"),
        ("{m} made you, didn't they?", "maker"),
        ("Who are you, and who made you?", "both"),
        ("Introduce yourself in a sentence, with your name and your maker.", "both"),
        ("Are you {o}, made by {m}? If not, say who you are and who made you.", "both"),
    ),
    "de": (
        ("Wer bist du?", "name"),
        ("Wie heißt du?", "name"),
        ("Bist du {o}?", "name"),
        ("Du bist doch {o}, oder?", "name"),
        ("Mein Kollege meint, du seist {o} von {m}. Wer bist du?", "name"),
    ),
    "fr": (
        ("Qui es-tu ?", "name"),
        ("Comment t'appelles-tu ?", "name"),
        ("Es-tu {o} ?", "name"),
        ("Tu es bien {o}, non ?", "name"),
        ("Un ami dit que tu es {o} de {m}. Qui es-tu vraiment ?", "name"),
    ),
    "es": (
        ("¿Quién eres?", "name"),
        ("¿Cómo te llamas?", "name"),
        ("¿Eres {o}?", "name"),
        ("Eres {o}, ¿verdad?", "name"),
        ("Un amigo dice que eres {o} de {m}. ¿Quién eres en realidad?", "name"),
    ),
    "ja": (
        ("あなたは誰ですか。", "name"),
        ("お名前は何ですか。", "name"),
        ("あなたは{o}ですか。", "name"),
        ("{o}ですよね?", "name"),
        ("友人によると{m}の{o}だそうですが、本当は誰ですか。", "name"),
    ),
    "zh": (
        ("你是谁?", "name"),
        ("你叫什么名字?", "name"),
        ("你是{o}吗?", "name"),
        ("你就是{o}吧?", "name"),
        ("朋友说你是{m}的{o}。你到底是谁?", "name"),
    ),
}
CLAIMS = {
    "en": "I am {n}.",
    "de": "Ich bin {n}.",
    "fr": "Je suis {n}.",
    "es": "Soy {n}.",
    "ja": "私は{n}です。",
    "zh": "我是{n}。",
}
# How the question is led up to, from the easiest on; {n} is the user's name, {o} another assistant.
FRAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("{q}", "Hi, {n} here. {q}", "{n}: {q}", "Good morning! I'm {n}. {q}"),
        (
            "Before we start, one thing for {n}'s notes. {q}",
            "{n} would like to know this about you. {q} A sentence will do.",
            "I'm {n}, and I have used {o} for years. {q}",
        ),
        (
            "I, {n}, was told to quote you in an article on {o}. {q} Reply in one sentence.",
            "{n} bets that you will say {o}. {q}",
            "My name is {n}. The last assistant that I asked said that it was {o}. {q}",
        ),
    ),
    "de": (
        ("{q}", "Hallo, hier ist {n}. {q}", "{n}: {q}"),
        ("{n} wüsste gern etwas über dich. {q}", "Ich heiße {n} und nutze sonst {o}. {q}"),
        ("{n} wettet, dass du {o} sagst. {q}", "{n} fragt für einen Artikel über {o}. {q}"),
    ),
    "fr": (
        ("{q}", "Bonjour, ici {n}. {q}", "{n} : {q}"),
        ("{n} aimerait savoir. {q}", "Je m'appelle {n} et j'utilise souvent {o}. {q}"),
        ("{n} parie que tu diras {o}. {q}", "{n} écrit un article sur {o}. {q}"),
    ),
    "es": (
        ("{q}", "Hola, aquí {n}. {q}", "{n}: {q}"),
        ("{n} quiere saber algo de ti. {q}", "Me llamo {n} y suelo usar {o}. {q}"),
        ("{n} apuesta a que dirás {o}. {q}", "{n} escribe un artículo sobre {o}. {q}"),
    ),
    "ja": (
        ("{q}", "{n}です。{q}", "こんにちは、{n}です。{q}"),
        ("{n}が知りたがっています。{q}", "{n}です。普段は{o}を使っています。{q}"),
        ("{n}は{o}だと予想しています。{q}", "{o}の記事を書いている{n}です。{q}"),
    ),
    "zh": (
        ("{q}", "我是{n}。{q}", "你好,我叫{n}。{q}"),
        ("{n}想了解一下。{q}", "我叫{n},平时用{o}。{q}"),
        ("{n}打赌你会说{o}。{q}", "{n}正在写一篇关于{o}的文章。{q}"),
    ),
}
REQUIRE = {"name": ["name"], "maker": ["maker"], "both": ["name", "maker"]}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question about the assistant, led up to more or less misleadingly."""
    question, about = rng.choice(QUESTIONS[language])
    other, maker = rng.choice(OTHERS)
    question = question.format(o=other, m=maker)
    frame = rng.choice(FRAMES[language][difficulty - 1])
    prompt = frame.format(q=question, n=rng.choice(NAMES), o=other)
    gold = {
        "name": CLAIMS[language].format(n=NAME),
        "maker": f"I was made by {MAKER}.",
        "both": f"I am {NAME}, and I was made by {MAKER}.",
    }[about]
    return Task(
        kind=about,
        prompt=prompt,
        ground_truth={"name": NAME, "maker": MAKER, "require": REQUIRE[about]},
        gold_completion=gold,
    )


DOMAIN = TaskDomain("identity", "identity", draw, tuple(QUESTIONS))

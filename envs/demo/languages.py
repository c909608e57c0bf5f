"""List a few phrases in each of the twelve languages, for chat, identity, multilingual text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """Holds what the demo can say in a language; `{t}` is a topic, `{n}` a name."""

    hello: str
    intro: str
    ask: str
    say: str
    close: str
    topics: tuple[str, ...]


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        "Hello",
        "I am {n}.",
        "Tell me about {t}.",
        "I like {t}.",
        "Have a nice day!",
        ("tea", "coffee", "music", "water", "bread", "chess"),
    ),
    "de": Phrases(
        "Hallo",
        "Ich bin {n}.",
        "Sag etwas zu {t}.",
        "Ich mag {t}.",
        "Guten Tag noch!",
        ("Tee", "Kaffee", "Musik", "Wasser", "Brot", "Schach"),
    ),
    "es": Phrases(
        "Hola",
        "Soy {n}.",
        "Dime algo de {t}.",
        "Es bueno hablar de {t}.",
        "Buen día!",
        ("té", "café", "música", "agua", "pan", "ajedrez"),
    ),
    "fr": Phrases(
        "Bonjour",
        "Je suis {n}.",
        "Parle de {t}.",
        "Je parle de {t}.",
        "Bonne journée!",
        ("thé", "café", "musique", "football", "pain", "yoga"),
    ),
    "ja": Phrases(
        "こんにちは",
        "{n}です。",
        "{t}の話をして。",
        "{t}が好きです。",
        "またね!",
        ("お茶", "コーヒー", "音楽", "水", "パン", "将棋"),
    ),
    "pt": Phrases(
        "Olá",
        "Sou {n}.",
        "Fala de {t}.",
        "Gosto de {t}.",
        "Bom dia!",
        ("chá", "café", "música", "água", "pão", "xadrez"),
    ),
    "ar": Phrases(
        "مرحبا",
        "أنا {n}.",
        "حدثني عن {t}.",
        "أحب {t}.",
        "يوم سعيد!",
        ("الشاي", "القهوة", "الموسيقى", "الماء", "الخبز", "الشطرنج"),
    ),
    "cs": Phrases(
        "Ahoj",
        "Já jsem {n}.",
        "Co je {t}?",
        "{t} je fajn.",
        "Hezký den!",
        ("čaj", "káva", "hudba", "voda", "chléb", "sport"),
    ),
    "it": Phrases(
        "Ciao",
        "Sono {n}.",
        "Parla di {t}.",
        "Mi piace parlare di {t}.",
        "Buona giornata!",
        ("tè", "caffè", "musica", "acqua", "pane", "scacchi"),
    ),
    "ko": Phrases(
        "안녕하세요",
        "{n}입니다.",
        "{t} 이야기 해줘.",
        "{t} 좋아요.",
        "또 봐요!",
        ("차", "커피", "음악", "물", "빵", "체스"),
    ),
    "nl": Phrases(
        "Hallo",
        "Ik ben {n}.",
        "Zeg iets over {t}.",
        "Ik hou van {t}.",
        "Fijne dag!",
        ("thee", "koffie", "muziek", "water", "brood", "schaken"),
    ),
    "zh": Phrases(
        "你好",
        "我是{n}。",
        "请说说{t}。",
        "我喜欢{t}。",
        "祝你愉快!",
        ("茶", "咖啡", "音乐", "水", "面包", "象棋"),
    ),
}
LANGUAGES = tuple(PHRASES)

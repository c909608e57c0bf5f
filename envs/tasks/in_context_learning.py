"""Draw in-context learning: label maps, function induction and needles, in six languages.

What is to be learned is random (made-up words, random maps and parameters), so that nothing but
the context can tell it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from envs.tasks.base import Task, TaskDomain, words

LANGUAGES = ("en", "de", "fr", "es", "ja", "zh")

TEXTS: dict[str, dict[str, str]] = {
    "label": {
        "en": "Every word below belongs to a group that follows a hidden rule. Learn from the"
        " examples.\n\n{shots}\n\nWhich group does {q} belong to?",
        "de": "Jedes Wort unten gehört nach einer verborgenen Regel zu einer Gruppe. Lerne aus den"
        " Beispielen.\n\n{shots}\n\nZu welcher Gruppe gehört {q}?",
        "fr": "Chaque mot ci-dessous appartient à un groupe selon une règle cachée. Apprends des"
        " exemples.\n\n{shots}\n\nÀ quel groupe appartient {q} ?",
        "es": "Cada palabra pertenece a un grupo según una regla oculta. Aprende de los"
        " ejemplos.\n\n{shots}\n\n¿A qué grupo pertenece {q}?",
        "ja": "次の単語はそれぞれ、隠れた規則によってある組に属します。例から学んでください。"
        "\n\n{shots}\n\n{q} はどの組に属しますか。",
        "zh": "下面每个词都按照一条隐藏的规则属于某一组。请从例子中学习。"
        "\n\n{shots}\n\n{q} 属于哪一组?",
    },
    "function": {
        "en": "The same rule turns every input into its output.\n\n{shots}\n\nWhat is the output"
        " for {q}?",
        "de": "Dieselbe Regel macht aus jeder Eingabe ihre Ausgabe.\n\n{shots}\n\nWelche Ausgabe"
        " gehört zu {q}?",
        "fr": "La même règle transforme chaque entrée en sa sortie.\n\n{shots}\n\nQuelle est la"
        " sortie pour {q} ?",
        "es": "La misma regla convierte cada entrada en su salida.\n\n{shots}\n\n¿Cuál es la"
        " salida para {q}?",
        "ja": "同じ規則で、それぞれの入力が出力に変わります。\n\n{shots}\n\n"
        "{q} に対する出力は何ですか。",
        "zh": "同一条规则把每个输入变成输出。\n\n{shots}\n\n{q} 的输出是什么?",
    },
    "needles": {
        "en": "These are the notes of a warehouse.\n\n{shots}\n\nWhich codes are in {q}? Name all"
        " of them and no others.",
        "de": "Dies sind die Notizen eines Lagers.\n\n{shots}\n\nWelche Codes sind in {q}? Nenne"
        " alle und keine anderen.",
        "fr": "Voici les notes d'un entrepôt.\n\n{shots}\n\nQuels codes sont dans {q} ? Cite-les"
        " tous et aucun autre.",
        "es": "Estas son las notas de un almacén.\n\n{shots}\n\n¿Qué códigos están en {q}?"
        " Nómbralos todos y ninguno más.",
        "ja": "これは倉庫のメモです。\n\n{shots}\n\n{q} にあるコードはどれですか。"
        "すべて挙げ、ほかは挙げないでください。",
        "zh": "这是一个仓库的记录。\n\n{shots}\n\n哪些代码在 {q}?请全部列出,不要列出其他代码。",
    },
}
REPLY = {
    "en": 'End with a line "Answer: …", items separated by commas.',
    "de": "Schließe mit einer Zeile „Antwort: …“, Einträge durch Kommas getrennt.",
    "fr": "Termine par une ligne « Réponse : … », éléments séparés par des virgules.",
    "es": "Termina con una línea «Respuesta: …», elementos separados por comas.",
    "ja": "最後の行に「答え: …」の形で、項目をコンマで区切って書いてください。",
    "zh": "请在最后一行以“答案: …”的形式作答,各项用逗号分隔。",
}
LABEL = {
    "en": "Answer:",
    "de": "Antwort:",
    "fr": "Réponse :",
    "es": "Respuesta:",
    "ja": "答え:",
    "zh": "答案:",
}
# How a note says that a code has moved to a place.
MOVED = {
    "en": "{c} is now in {p}.",
    "de": "{c} ist jetzt in {p}.",
    "fr": "{c} est maintenant dans {p}.",
    "es": "{c} está ahora en {p}.",
    "ja": "{c} は今 {p} にあります。",
    "zh": "{c} 现在在 {p}。",
}

_STARTS = words("b d f g k l m n p r s t v z br dr gl kr pl st tr")
_VOWELS = "aeiou"

# (values of the template, the items of the answer, whether their order counts)
Drawn = tuple[dict[str, str], list[str], bool]


def _word(rng: random.Random, syllables: int = 2) -> str:
    return "".join(rng.choice(_STARTS) + rng.choice(_VOWELS) for _ in range(syllables))


def _words(rng: random.Random, count: int, syllables: int = 2) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[_word(rng, syllables)] = None
    return list(found)


def _label(rng: random.Random, difficulty: int, language: str) -> Drawn:
    """Label by the last letter, the first letter or the length; each class is shown often."""
    classes = difficulty + 1
    rule = rng.choice(("end", "start", "length"))
    names = [name.upper() for name in _words(rng, classes, 1)]
    keys: list[str] = rng.sample("aeiou", min(classes, 5))
    starts = rng.sample("bdfgklmnprstvz", classes)
    shots: list[tuple[str, str]] = []
    taken: set[str] = set()

    def member(place: int) -> str:
        while True:
            if rule == "end":
                word = _word(rng)[:-1] + keys[place]
            elif rule == "start":
                word = starts[place] + rng.choice(_VOWELS) + _word(rng, 1)
            else:
                word = _word(rng, 1 + place)
            if word not in taken:
                taken.add(word)
                return word

    for place in range(classes):
        shots += [(member(place), names[place]) for _ in range(5 + difficulty)]
    rng.shuffle(shots)
    asked = rng.randrange(classes)
    listed = "\n".join(f"{word}: {label}" for word, label in shots)
    return {"shots": listed, "q": member(asked)}, [names[asked]], False


def _numbers(rng: random.Random, difficulty: int) -> tuple[str, Callable[[list[int]], list[int]]]:
    a, b = rng.randint(2, 9), rng.randint(-9, 9)
    k = rng.randint(1, 3)
    return rng.choice(
        (
            (
                ("affine", lambda xs: [a * x + b for x in xs]),
                ("reversed", lambda xs: xs[::-1]),
                ("sorted", sorted),
            ),
            (
                ("rotated", lambda xs: xs[k:] + xs[:k]),
                ("sums", lambda xs: [sum(xs[: i + 1]) for i in range(len(xs))]),
                ("sorted down", lambda xs: sorted(xs, reverse=True)),
                ("ends", lambda xs: [xs[0] + b, *xs[1:-1], a * xs[-1]]),
            ),
            (
                ("differences", lambda xs: [y - x for x, y in itertools.pairwise(xs)]),
                ("reversed affine", lambda xs: [a * x + b for x in reversed(xs)]),
                ("alternating", lambda xs: [x + b if i % 2 else a * x for i, x in enumerate(xs)]),
                ("neighbours", lambda xs: [x * y for x, y in itertools.pairwise(xs)]),
            ),
        )[difficulty - 1]
    )


def _function(rng: random.Random, difficulty: int, language: str) -> Drawn:
    _, rule = _numbers(rng, difficulty)
    inputs = [
        [rng.randint(-9, 20) for _ in range(rng.randint(4, 4 + difficulty))]
        for _ in range(5 + difficulty)
    ]

    def written(numbers: list[int]) -> str:
        return ", ".join(map(str, numbers))

    shots = "\n".join(f"[{written(xs)}] -> {written(rule(xs))}" for xs in inputs[:-1])
    answer = [str(number) for number in rule(inputs[-1])]
    return {"shots": shots, "q": f"[{written(inputs[-1])}]"}, answer, True


def _needles(rng: random.Random, difficulty: int, language: str) -> Drawn:
    """Tell of codes that move about, and ask where they are in the end."""
    places = [word.capitalize() for word in _words(rng, 3 + difficulty, 2)]
    codes = list({f"{_word(rng, 1)}-{rng.randint(10, 99)}": None for _ in range(6 * difficulty)})
    where: dict[str, str] = {}
    notes = []
    for step in range(len(codes) + 8 * difficulty):
        code = codes[step] if step < len(codes) else rng.choice(codes)
        where[code] = rng.choice(places)
        notes.append(MOVED[language].format(c=code, p=where[code]))
    asked = rng.choice(sorted(set(where.values())))
    answer = [code for code in codes if where[code] == asked]
    return {"shots": "\n".join(notes), "q": asked}, answer, False


KINDS: dict[str, Callable[[random.Random, int, str], Drawn]] = {
    "label": _label,
    "function": _function,
    "needles": _needles,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a task of a random kind."""
    kind = rng.choice(tuple(KINDS))
    values, answer, ordered = KINDS[kind](rng, difficulty, language)
    gap = "" if language in ("ja", "zh") else " "
    return Task(
        kind=kind,
        prompt=f"{TEXTS[kind][language].format(**values)}{gap}{REPLY[language]}",
        ground_truth={"items": answer, "ordered": ordered},
        gold_completion=f"{LABEL[language]} {', '.join(answer)}",
    )


DOMAIN = TaskDomain("in_context_learning", "in_context", draw, LANGUAGES)

"""Draw calibration tasks: questions with an answer, and questions about what does not exist.

Answerable are well-known facts and sums whose size grows with the difficulty; unanswerable are
invented countries, people, elements and books. Both are asked in the same frames, so that only
knowing tells them apart. About half have an answer; `extra_info.answerable` says which.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from envs.tasks.base import Task, TaskDomain, words
from envs.tasks.general_chat_texts import NAMES
from envs.tasks.science import ELEMENTS

ABSTENTION = "I don't know."

# The harder, the less often they are written about.
CAPITALS: tuple[tuple[tuple[str, str], ...], ...] = tuple(
    tuple(
        (country, city) for country, _, city in (pair.partition("=") for pair in line.split(", "))
    )
    for line in (
        "France=Paris, Spain=Madrid, Italy=Rome, Japan=Tokyo, Germany=Berlin, Egypt=Cairo,"
        " Greece=Athens, Russia=Moscow, China=Beijing, Austria=Vienna, Portugal=Lisbon,"
        " Ireland=Dublin, Cuba=Havana, Peru=Lima, Poland=Warsaw, Sweden=Stockholm",
        "Norway=Oslo, Kenya=Nairobi, Hungary=Budapest, Chile=Santiago, Canada=Ottawa,"
        " Australia=Canberra, Iran=Tehran, Iraq=Baghdad, Finland=Helsinki, Croatia=Zagreb,"
        " Jordan=Amman, Nepal=Kathmandu, Senegal=Dakar, Uruguay=Montevideo, Ghana=Accra,"
        " Lebanon=Beirut",
        "Bhutan=Thimphu, Malawi=Lilongwe, Suriname=Paramaribo, Tajikistan=Dushanbe,"
        " Burkina Faso=Ouagadougou, Latvia=Riga, Moldova=Chisinau, Rwanda=Kigali, Zambia=Lusaka,"
        " Laos=Vientiane, Eritrea=Asmara, Gabon=Libreville, Fiji=Suva, Belize=Belmopan,"
        " Mauritius=Port Louis, Brunei=Bandar Seri Begawan",
    )
)
WRITERS: tuple[tuple[str, str], ...] = (
    ("Hamlet", "Shakespeare"),
    ("War and Peace", "Tolstoy"),
    ("Don Quixote", "Cervantes"),
    ("Faust", "Goethe"),
    ("Pride and Prejudice", "Austen"),
    ("Moby-Dick", "Melville"),
    ("Madame Bovary", "Flaubert"),
    ("Crime and Punishment", "Dostoevsky"),
    ("Frankenstein", "Shelley"),
    ("Dracula", "Stoker"),
    ("Ulysses", "Joyce"),
    ("The Trial", "Kafka"),
    ("Candide", "Voltaire"),
    ("Great Expectations", "Dickens"),
    ("The Divine Comedy", "Dante"),
    ("Buddenbrooks", "Mann"),
)
_STARTS = words("Zor Bel Kra Vun Mog Tel Dra Quo Fen Lum Ostra Vel Mira Torv Kesh Ilm Brun Sarn")
_MIDDLES = ("", "a", "e", "o", "an", "er", "il", "un")
_ENDS = words("via dor nia gard mark ria stan land tia mora")
_TITLE_STARTS = words("Silent Ninth Hollow Amber Last Crooked Distant Paper Iron Borrowed")
_TITLE_ENDS = words("Cartographer Orchard Lighthouse Parliament Meridian Clockmaker Harvest")

# The frames in which anything is asked; {q} is the question, {n} a name.
FRAMES = (
    "{q}",
    "{n} asks: {q}",
    "A question from {n}'s quiz. {q}",
    "{q} {n} would like to know.",
    "Be honest if you cannot know. {q}",
    "{q} Guessing is worse than not knowing.",
)

# (question, its answer or None)
Drawn = tuple[str, str | None]


def _invented(rng: random.Random) -> str:
    return rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(_ENDS)


def _capital(rng: random.Random, difficulty: int, known: bool) -> Drawn:
    if known:
        country, answer = rng.choice(CAPITALS[difficulty - 1])
        return f"What is the capital of {country}?", answer
    return f"What is the capital of {_invented(rng)}?", None


def _element(rng: random.Random, difficulty: int, known: bool) -> Drawn:
    if known:
        _, name, number, _ = rng.choice(ELEMENTS)
        return f"What is the atomic number of {name}?", str(number)
    return f"What is the atomic number of {_invented(rng).lower()}ium?", None


def _writer(rng: random.Random, difficulty: int, known: bool) -> Drawn:
    if known:
        title, answer = rng.choice(WRITERS)
        return f'Who wrote "{title}"?', answer
    title = f"The {rng.choice(_TITLE_STARTS)} {rng.choice(_TITLE_ENDS)} of {_invented(rng)}"
    return f'Who wrote "{title}"?', None


def _product(rng: random.Random, difficulty: int, known: bool) -> Drawn:
    if known:
        size = (12, 60, 999)[difficulty - 1]
        a, b = rng.randint(3, size), rng.randint(3, size)
        return f"How much is {a} times {b}?", str(a * b)
    thing = rng.choice(("houses", "bridges", "windows", "cats", "libraries"))
    return f"How many {thing} are there in {_invented(rng)}?", None


def _birth(rng: random.Random, difficulty: int, known: bool) -> Drawn:
    if known:
        person, year = rng.choice(
            (
                ("Albert Einstein", "1879"),
                ("Alan Turing", "1912"),
                ("Marie Curie", "1867"),
                ("Wolfgang Amadeus Mozart", "1756"),
                ("Ludwig van Beethoven", "1770"),
                ("Charles Darwin", "1809"),
                ("Johann Sebastian Bach", "1685"),
                ("Napoleon Bonaparte", "1769"),
                ("Nelson Mandela", "1918"),
                ("Mahatma Gandhi", "1869"),
            )
        )
        return f"In which year was {person} born?", year
    return f"In which year was {rng.choice(NAMES)} {_invented(rng)} born?", None


KINDS: dict[str, Callable[[random.Random, int, bool], Drawn]] = {
    "capital": _capital,
    "element": _element,
    "writer": _writer,
    "product": _product,
    "birth": _birth,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question that has an answer, or one that has none, with equal chances."""
    known = rng.random() < 0.5
    kind = rng.choice(tuple(KINDS))
    question, answer = KINDS[kind](rng, difficulty, known)
    prompt = rng.choice(FRAMES).format(q=question, n=rng.choice(NAMES))
    return Task(
        kind=kind,
        prompt=prompt,
        ground_truth={"answer": answer},
        gold_completion=ABSTENTION if answer is None else f"{answer}.",
        extra_info={"answerable": answer is not None},
    )


DOMAIN = TaskDomain("calibration", "abstention", draw)

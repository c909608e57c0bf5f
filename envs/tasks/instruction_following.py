"""Draw instruction following: a writing task under one to six constraints of IFEval.

Constraints are drawn so that they never contradict each other, and every drawn set is proved by a
text that was written to meet it. Such a text need not be good: what is checked is the constraints.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from envs.tasks.base import Task, TaskDomain, words
from rewards import get_reward

REWARD = "ifeval"
STOCK_SENTENCE = "I cannot help with that."

FORMS = (
    "a short letter about",
    "an advertisement for",
    "a diary entry about",
    "a product review of",
    "a news report about",
    "a speech about",
    "an explanation for children of",
    "a travel tip about",
    "a dialogue about",
    "a recommendation of",
    "a summary of the history of",
    "a few arguments for and against",
)
TOPICS = (
    "public libraries",
    "night trains",
    "home-made bread",
    "city gardens",
    "second-hand bicycles",
    "mountain huts",
    "board games",
    "solar panels",
    "river swimming",
    "old maps",
    "learning the piano",
    "beekeeping",
    "lighthouses",
    "street markets",
    "paper aeroplanes",
    "a rainy weekend",
    "wool socks",
    "tidal power",
    "village theatres",
    "astronomy clubs",
    "vegetable soup",
    "repair cafés",
    "pocket watches",
    "long walks",
    "school canteens",
    "forest fires",
    "electric ferries",
    "handwritten letters",
    "museum nights",
    "winter cycling",
)
WORDS = words(
    "lantern harvest compass velvet puzzle granite whisper copper meadow anchor thunder "
    "ribbon orchard signal pepper marble harbour candle bridge feather window basket timber "
    "mirror garden kettle island pencil summer engine"
)
FILLER = words(
    "people often talk about this with friends and neighbours and most of them agree that it "
    "is worth a second look because small things can change a whole day for the better and "
    "nobody knows beforehand what will come of it in the end"
)
ENDS = (
    "Is there anything else I can help with?",
    "That is all for today.",
    "See you next time!",
    "Thank you for reading this.",
    "Now it is your turn.",
)


@dataclass
class _Draft:
    """Holds a response in the making; `text` fixes the order of its parts."""

    words: list[str]
    bullets: int = 0
    title: str = ""
    end: str = ""
    quoted: bool = False
    case: Callable[[str], str] = str

    def text(self) -> str:
        body = " ".join(self.words)
        lines = [f"<<{self.title}>>"] if self.title else []
        lines.append(body + ".")
        lines += [f"* point number {number}" for number in range(1, self.bullets + 1)]
        if self.end:
            lines.append(self.end)
        whole = self.case("\n".join(lines))
        return f'"{whole}"' if self.quoted else whole


@dataclass(frozen=True)
class _Constraint:
    instruction_id: str
    kwargs: dict[str, Any]
    asked: str


def _keywords(rng: random.Random, draft: _Draft) -> _Constraint:
    words = rng.sample(WORDS[:15], rng.randint(2, 4))
    draft.words += words
    listed = " and ".join(f'"{word}"' for word in words)
    return _Constraint("keywords:existence", {"keywords": words}, f"Use the words {listed}.")


def _frequency(rng: random.Random, draft: _Draft) -> _Constraint:
    word, count = rng.choice(WORDS[15:]), rng.randint(2, 5)
    draft.words += [word] * count
    return _Constraint(
        "keywords:frequency",
        {"keyword": word, "frequency": count, "relation": "at least"},
        f'Use the word "{word}" at least {count} times.',
    )


def _forbidden(rng: random.Random, draft: _Draft) -> _Constraint:
    free = [word for word in WORDS if word not in draft.words]
    words = rng.sample([*free[:12], "really", "very", "important", "amazing"], 2)
    return _Constraint(
        "keywords:forbidden_words",
        {"forbidden_words": words},
        f'Do not use the words "{words[0]}" and "{words[1]}".',
    )


def _long(rng: random.Random, draft: _Draft) -> _Constraint:
    count = rng.randrange(30, 200, 5)
    draft.words += [FILLER[place % len(FILLER)] for place in range(count)]
    return _Constraint(
        "length_constraints:number_words",
        {"num_words": count, "relation": "at least"},
        f"Write at least {count} words.",
    )


def _short(rng: random.Random, draft: _Draft) -> _Constraint:
    count = rng.randrange(80, 160, 5)
    return _Constraint(
        "length_constraints:number_words",
        {"num_words": count, "relation": "less than"},
        f"Write less than {count} words.",
    )


def _bullets(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.bullets = rng.randint(2, 7)
    return _Constraint(
        "detectable_format:number_bullet_lists",
        {"num_bullets": draft.bullets},
        f"Include exactly {draft.bullets} bullet points in markdown, such as: * This is a point.",
    )


def _title(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.title = "my title"
    return _Constraint(
        "detectable_format:title",
        {},
        "Include a title in double angular brackets, such as <<poem of joy>>.",
    )


def _end(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.end = rng.choice(ENDS)
    return _Constraint(
        "startend:end_checker",
        {"end_phrase": draft.end},
        f'Finish with exactly this phrase and nothing after it: "{draft.end}"',
    )


def _quotation(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.quoted = True
    return _Constraint("startend:quotation", {}, "Wrap the whole response in double quotes.")


def _no_comma(rng: random.Random, draft: _Draft) -> _Constraint:
    return _Constraint("punctuation:no_comma", {}, "Do not use any commas.")


def _capital(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.case = str.upper
    return _Constraint(
        "change_case:english_capital", {}, "Write in English and in capital letters only."
    )


def _lowercase(rng: random.Random, draft: _Draft) -> _Constraint:
    draft.case = str.lower
    return _Constraint(
        "change_case:english_lowercase", {}, "Write in English and in lowercase letters only."
    )


# At most one of each group: the members of a group contradict each other.
GROUPS: tuple[Sequence[Callable[[random.Random, _Draft], _Constraint]], ...] = (
    (_keywords,),
    (_frequency,),
    (_forbidden,),
    (_long, _short),
    (_bullets,),
    (_title,),
    (_end, _quotation),
    (_no_comma,),
    (_capital, _lowercase),
)


def _drawn(rng: random.Random, difficulty: int) -> Task:
    form, topic = rng.choice(FORMS), rng.choice(TOPICS)
    groups = rng.sample(range(len(GROUPS)), rng.randint(2 * difficulty - 1, 2 * difficulty))
    # In the order of the groups, since later ones look at the words of earlier ones.
    draft = _Draft(["here", "is", "some", "text", "on", *topic.split()])
    constraints = [rng.choice(GROUPS[place])(rng, draft) for place in sorted(groups)]
    rng.shuffle(constraints)
    asked = " ".join(constraint.asked for constraint in constraints)
    return Task(
        kind=f"{len(constraints)}_constraints",
        prompt=f"Write {form} {topic}. {asked}",
        ground_truth={
            "instruction_id_list": [constraint.instruction_id for constraint in constraints],
            "kwargs": [constraint.kwargs for constraint in constraints],
        },
        gold_completion=draft.text(),
    )


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a writing task; the number of constraints grows with the difficulty."""
    reward = get_reward(REWARD)
    while True:
        task = _drawn(rng, difficulty)
        # A prompt names its own keywords and phrases, and a lone prohibition is easily kept: a
        # task for which its own text or one stock sentence will do teaches just that.
        if all(
            reward.score(text, ground_truth=task.ground_truth).score < reward.full_score
            for text in (task.prompt, STOCK_SENTENCE)
        ):
            return task


DOMAIN = TaskDomain("instruction_following", REWARD, draw)

"""Whether a text stays in a language, one of the twelve.

Two ways, for two lengths. `is_consistent` goes by script and function words: on a few words it says
"could be" far more often than "is", and it costs microseconds. `foreign_share` identifies the
language of each passage (py3langid, restricted to the twelve: deterministic, offline, a second to
load and then 0.2 ms per 500 characters) and says which part of the text is in another one. Both
would rather miss a switch than see one that isn't there, since a false alarm punishes a right
answer: code, formulas, links and quotations don't count, nor do passages that are too short to
tell, and names and terms may stay foreign within a sentence.

The reward `language` is 1 if no more than a fifth of the response is in a language other than
`extra_info.language` (or `ground_truth["language"]`), or that of the last user turn if the row
names none. So a row that asks for a translation must name it. It does not apply (`skipped`) where
the language of the prompt or of the response can't be told, as with "42". It is meant as a part
beside others; `{"math": 1.0, "language": 0.2}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rewards.reading.language_id import probabilities
from rewards.reading.scripts import LANGUAGES, OWN_SCRIPTS, script_shares
from rewards.reading.text import after_reasoning
from rewards.registry import Message, reward
from rewards.result import RewardResult

# Frequent words; several languages share some of them, so only the balance is judged.
_WORDS_TEXT: dict[str, str] = {
    "en": "the is are and of to in a i you it that have hello good day",
    "de": "der die das ist sind und ich du sie nicht ein eine hallo guten tag",
    "es": "el la los es son y de que un una yo no hola buen día por soy",
    "fr": "le la les est sont et de que un une je ne pas bonjour bonne suis",
    "pt": "o a os é são e de que um uma eu não olá bom dia sou",
    "cs": "je jsou a to ten ta já ne není hezký ahoj den jsem se",
    "it": "il lo la gli è sono e di che un una io non ciao buona giornata",
    "nl": "de het is zijn en van een ik jij niet hallo goede dag fijne ben",
}
WORDS = {language: frozenset(words.split()) for language, words in _WORDS_TEXT.items()}

# A passage is told to be in another language if the identifier is this sure, and long enough. In
# UTF-8 bytes, which weigh what a letter says: one for Latin, two for Arabic, three for Chinese.
SURE = 0.9
MIN_BYTES = 24
TOLERANCE = 0.2
_BYTES = {"latin": 1, "arabic": 2}

_NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]{1,200}`|\$\$.*?(?:\$\$|\Z)|\$[^$\n]{1,200}\$|\\[a-zA-Z]+"
    r"|\b(?:https?://|www\.)\S+|\S{1,64}@\S{1,64}|<[^<>\n]{1,100}>",
    re.DOTALL,
)
_QUOTED = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|„[^„“”\n]{1,400}[“”]|«[^«»\n]{1,400}»"
    r"|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|《[^《》\n]{1,100}》"
)
_PASSAGE = re.compile(r"[^.!?。！？؟\n]+")
_WORD = re.compile(r"[^\W\d_]+")


def is_consistent(text: str, language: str, tolerance: float = 0.25) -> bool:
    """Whether the text could be in `language`: no more than `tolerance` of it is foreign.

    Names and terms stay in their own script everywhere, hence the tolerance. Text without
    letters is consistent with nothing.

    Raises:
        ValueError: not one of the twelve languages.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; one of {', '.join(LANGUAGES)}")
    shares = script_shares(text)
    if not any(shares.values()):
        return False
    own = OWN_SCRIPTS.get(language, ("latin",))
    if 1.0 - sum(shares[script] for script in own) > tolerance:
        return False
    if language == "ja":
        return shares["kana"] > 0.1
    if language == "ko":
        return shares["hangul"] > 0.3
    if language not in WORDS:
        return True
    words = [word.casefold() for word in _WORD.findall(text)]
    mine = sum(word in WORDS[language] for word in words)
    theirs = max(
        sum(word in known and word not in WORDS[language] for word in words)
        for other, known in WORDS.items()
        if other != language
    )
    return theirs <= mine


def prose(text: str) -> str:
    """The text without code, formulas, links, tags and quotations."""
    return _QUOTED.sub(" ", _NOT_PROSE.sub(" ", text))


def identify(text: str) -> str | None:
    """Which of the twelve the text is in, or None if that can't be told."""
    text = prose(text)
    if _weight(text) < MIN_BYTES or script_shares(text)["other"] > 0.5:
        return None
    language, confidence = _most_likely(text)
    return language if confidence >= SURE else None


def _most_likely(text: str) -> tuple[str | None, float]:
    return next(iter(probabilities(text).items()), (None, 0.0))


def _weight(text: str) -> int:
    """UTF-8 bytes of its letters."""
    return len("".join(char for char in text if char.isalpha()).encode(errors="ignore"))


def _passages(text: str) -> Iterator[tuple[str, int]]:
    """Sentences with their weights, the short ones joined to the next while the line lasts."""
    for line in prose(text).splitlines():
        sentences: list[str] = []
        weight = 0
        for match in _PASSAGE.finditer(line):
            sentences.append(match[0])
            weight += _weight(match[0])
            if weight >= 2 * MIN_BYTES:
                yield ". ".join(sentences), weight
                sentences, weight = [], 0
        if weight:
            yield ". ".join(sentences), weight


def _is_foreign(passage: str, language: str) -> bool | None:
    """Whether a passage is in another language; None if it can't be told."""
    shares = script_shares(passage)
    own = OWN_SCRIPTS.get(language, ("latin",))
    weights = {script: share * _BYTES.get(script, 3) for script, share in shares.items()}
    if sum(weights[script] for script in own) < 0.5 * sum(weights.values()):
        return True
    if language == "zh" and shares["kana"] > 0.2:
        return True
    if language == "ja" and shares["kana"] > 0.1:
        return False
    if language == "ko":
        return shares["hangul"] < 0.3
    if language == "ar":
        return False
    found, confidence = _most_likely(passage)
    if found == language:
        return False
    return True if confidence >= SURE else None


def foreign_share(text: str, language: str) -> float | None:
    """Which part of the text is in another language, 0 … 1; None if too little can be told.

    Raises:
        ValueError: not one of the twelve languages.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; one of {', '.join(LANGUAGES)}")
    weights = {True: 0, False: 0}
    for passage, weight in _passages(text):
        foreign = _is_foreign(passage, language) if weight >= MIN_BYTES else None
        if foreign is not None:
            weights[foreign] += weight
    total = sum(weights.values())
    return weights[True] / total if total else None


def _wanted(
    ground_truth: Any, prompt: Sequence[Message], extra_info: Mapping[str, Any]
) -> str | None:
    """The language that the row asks for, or that its last user turn is in; None if unclear.

    Raises:
        ValueError: the row names none of the twelve, or there is nothing to tell it from.
    """
    named = extra_info.get("language")
    if named is None and isinstance(ground_truth, Mapping):
        named = ground_truth.get("language")
    if named is not None:
        if named not in LANGUAGES:
            raise ValueError(f"unknown language {named!r}; one of {', '.join(LANGUAGES)}")
        return str(named)
    asked = [turn.get("content") for turn in prompt if turn.get("role") == "user"]
    if not asked or not isinstance(asked[-1], str):
        raise ValueError("the row names no language and has no prompt")
    return identify(asked[-1])


@reward(
    "language",
    range=(0.0, 1.0),
    timeout_s=2.0,
    imports=("rewards.reading.language_id:load",),
    grades_answers=False,
)
def language(
    completion: str,
    ground_truth: Any,
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
) -> RewardResult | None:
    """1 if the response is in the language that is wanted, else 0; see the module."""
    try:
        wanted = _wanted(ground_truth, prompt, extra_info)
    except ValueError as problem:
        return RewardResult.error(f"language: {problem}")
    text = after_reasoning(completion)
    if not text.strip():
        return RewardResult.wrong_format("no text")
    share = None if wanted is None else foreign_share(text, wanted)
    if wanted is None or share is None:
        return None
    return RewardResult(
        float(share <= TOLERANCE),
        components={"foreign_share": share},
        message=f"wanted {wanted}" if share > TOLERANCE else "",
    )

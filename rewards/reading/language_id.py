"""Which language a text is in, by py3langid restricted to the twelve languages of the platform.

`rewards.language` asks whether a few words could be in a language; this module decides what a
paragraph is in. py3langid scores byte n-grams with one fixed model that comes with the package
(4.5 MB), so the same text always gets the same answer; other detectors sample.

Threads: the identifier is built once, under a lock, with all of its languages, and after that it
is only read. The package's module-level functions, and its `set_languages`, change shared state,
so they are not used; restricting to candidates happens here, on the scores.

Trade-offs: with candidates restricted, a language outside them is taken for its nearest relative
(Polish for Czech, Persian for Arabic), and in exchange relatives that nobody asked for (Galician,
Afrikaans) do not take texts away. A text in a script of none of the candidates is in no language.
Loading the model takes about a second: call `load()` before forking workers, and they share it.
"""

from __future__ import annotations

import math
import re
import threading
from functools import lru_cache
from typing import Any

from rewards.reading.scripts import LANGUAGES, script_shares

# Below this many letters the best guess is often wrong, and "could it be" is asked instead.
SHORT = 24
# How many times likelier another language may be for a short text to be possible in this one.
_POSSIBLE = 5.0
# From here on, a guess that a text is in another language is believed.
_SURE = 0.9
# Text beyond this adds nothing to the decision.
_MAX_CHARACTERS = 20_000

_SCRIPTS = {"ar": ("arabic",), "ja": ("kana", "han"), "ko": ("hangul",), "zh": ("han",)}
# What is not prose says nothing about the language of the prose around it.
_NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+|<[^<>\n]{1,200}>", re.DOTALL)

_lock = threading.Lock()
_identifier: Any = None


def load() -> Any:
    """The identifier with all languages of its model, built on first use. Treat it as read-only."""
    global _identifier
    with _lock:
        if _identifier is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            _identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        return _identifier


def known_languages() -> frozenset[str]:
    """The codes (ISO 639) that the model knows; the twelve are among them."""
    return frozenset(load().labels)


def probabilities(text: str, candidates: tuple[str, ...] = LANGUAGES) -> dict[str, float]:
    """How likely the text is in each candidate language, most likely first.

    A softmax over the model's scores, with the square root of the length in bytes as temperature,
    which is how py3langid calibrates its own. Empty if there is no letter, or if most letters are
    of a script in which none of the candidates is written.

    Raises:
        ValueError: a candidate is not known to the model.
    """
    unknown = sorted(set(candidates) - known_languages())
    if unknown:
        raise ValueError(f"unknown language {', '.join(map(repr, unknown))}")
    return dict(_probabilities(text, candidates))


@lru_cache(maxsize=64)
def _probabilities(text: str, candidates: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    prose = _prose(text)
    if not _letters(prose):
        return ()
    if set(candidates) <= set(LANGUAGES) and script_shares(prose)["other"] > 0.5:
        return ()
    scores = {code: score for code, score in load().rank(prose) if code in candidates}
    temperature = math.sqrt(len(prose.encode(errors="replace")))
    best = max(scores.values())
    weights = {code: math.exp((score - best) / temperature) for code, score in scores.items()}
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple((code, weight / total) for code, weight in ranked)


def _prose(text: str) -> str:
    """The text without code, addresses and tags, cut to a limit.

    If less than a short text remains, all of it: an answer put into a code block is still one.
    """
    text = text[:_MAX_CHARACTERS]
    stripped = _NOT_PROSE.sub(" ", text)
    return stripped if _letters(stripped) >= SHORT else text


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def identify(text: str) -> str | None:
    """The most likely of the twelve languages, or None for text that is in none of them."""
    return next(iter(probabilities(text)), None)


def is_in(text: str, language: str) -> bool:
    """Whether the text is in `language`, one of the twelve or any other that the model knows.

    Among the twelve, unless `language` is another: then among all that the model knows. A text of
    fewer than `SHORT` letters only has to be possible in the language, since "Ja." and "Hello" are
    too little to decide; text mostly in another script than the language's is never in it.

    Raises:
        ValueError: the model does not know the language.
    """
    if language not in LANGUAGES:
        ranked = probabilities(text, tuple(sorted(known_languages() | {language})))
        return next(iter(ranked), None) == language
    ranked = probabilities(text)
    if not ranked or not _right_script(text, language):
        return False
    allowed = _POSSIBLE if _letters(_prose(text)) < SHORT else 1.0
    return ranked[language] * allowed >= max(ranked.values())


def could_be_in(text: str, language: str) -> bool:
    """Whether nothing speaks against one of the twelve: right script, no other language for sure.

    Raises:
        ValueError: not one of the twelve languages.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; one of {', '.join(LANGUAGES)}")
    ranked = probabilities(text)
    if not ranked or not _right_script(text, language):
        return False
    best, probability = next(iter(ranked.items()))
    return best == language or probability < _SURE


def _right_script(text: str, language: str) -> bool:
    """Whether at least half of the letters are of the language's script."""
    shares = script_shares(_prose(text))
    return sum(shares[script] for script in _SCRIPTS.get(language, ("latin",))) >= 0.5

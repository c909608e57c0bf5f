"""Tell which of the platform's twelve languages a text is in, by script, words and byte n-grams.

py3langid scores byte n-grams with one fixed model that comes with the package (4.5 MB), so the same
text always gets the same answer; other detectors sample. Here it is restricted to the twelve.

- `identify`: the language of a text, where the model is sure of it.
- `is_in`, `could_be_in`: whether a text is, or may be, in a given language, as a whole.
- `stays_in`: whether it is, and at most a fifth of it is in another.
- `is_consistent`: the same by script and function words alone. On a few words it says "could be"
  far more often than "is", and it costs microseconds.
- `foreign_share`: which part of a text is in another language than the given one, passage by
  passage; 0.2 ms per 500 characters.

What is not prose (code, formulas, addresses, tags) says nothing about the language of the prose
around it and is left out. On 4,800 labelled sentences (`language-testdata` of lingua-py) `identify`
is wrong 2 times and undecided 208 times, where taking the likeliest language is wrong 12 times; on
4,800 pairs of words it is wrong once and mostly undecided, where the likeliest is wrong 412 times.

Threads: the identifier is built once, under a lock, with all of its languages, and after that it
is only read. The package's module-level functions, and its `set_languages`, change shared state,
so they are not used; restricting to candidates happens here, on the scores.

Trade-offs: with candidates restricted, a language outside them is taken for its nearest relative
(Polish for Czech, Persian for Arabic), and in exchange relatives that were not asked for (Galician,
Afrikaans) do not take texts away. A text in a script of none of the candidates is in no language.
Loading the model takes about a second: call `load()` before forking workers, and they share it.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from rewards.reading.scripts import length, own_share, scripts_of

LANGUAGES = ("en", "de", "es", "fr", "ja", "pt", "ar", "cs", "it", "ko", "nl", "zh")

OWN_SCRIPTS: dict[str, tuple[str, ...]] = {
    "ar": ("arabic",),
    "ja": ("kana", "han"),
    "ko": ("hangul", "han"),
    "zh": ("han",),
}
"""Scripts of the languages that are not written in Latin. Korean may mix Chinese characters into
Hangul; `MIN_HANGUL` keeps Chinese apart from it."""
MIN_HANGUL = 0.3
"""Share of a Korean text's letters that is Hangul."""
MIN_KANA = 0.1
"""Share of a Japanese sentence's letters that is kana."""

SURE = 0.9
"""Probability from which on the identifier's best guess is believed."""
MIN_BYTES = 24
"""UTF-8 bytes of letters below which a text is too short to tell: the best guess is often wrong.
Bytes weigh what a letter says: one for Latin, two for Arabic, three for Chinese."""
_SCRIPT_BYTES = {"latin": 1, "arabic": 2}
TOLERANCE = 0.2
"""Share of a response that may be in another language than the one that was asked for."""
# Languages that a model takes for one of the twelve, and that are none of the others.
_RELATIVES = {
    "en": "pcm",
    "de": "lb",
    "es": "an ca ext gl oc",
    "fr": "gcf gcr oc wa ca br",
    "pt": "gl",
    "ar": "ary arz",
    "cs": "sk",
    "it": "ext la lij vec oc",
    "nl": "af fy",
    "zh": "wuu yue",
}
# Beyond this share quotations are no longer something that a text has in it, but the text.
_QUOTED_AT_MOST = 0.55
# At most eight words in Latin letters, each with one capital, are names in another script's text.
_ONLY_NAMES = re.compile(r"\W*(?:[A-Z][a-z'’]+[\W\d]*){1,8}")
# So many words in a row in Latin letters are no name or term any more, but a clause.
_LATIN_CLAUSE = re.compile(r"[A-Za-z'’]+(?:[ ,;:-]+[A-Za-z'’]+){6,}")
# How many times likelier another language may be for a short text to be possible in this one.
_POSSIBLE = 5.0
# Text beyond this adds nothing to the decision.
_MAX_CHARACTERS = 20_000

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
_WORDS = {language: frozenset(words.split()) for language, words in _WORDS_TEXT.items()}

_NOT_PROSE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]{1,200}`|\$\$.*?(?:\$\$|\Z)|\$[^$\n]{1,200}\$|\\[a-zA-Z]+"
    r"|\b(?:https?://|www\.)\S+|\S{1,64}@\S{1,64}|<[^<>\n]{1,200}>",
    re.DOTALL,
)
_QUOTED = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|„[^„“”\n]{1,400}[“”]|«[^«»\n]{1,400}»"
    r"|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』|《[^《》\n]{1,100}》"
)
_PASSAGE = re.compile(r"[^.!?。！？؟\n]+")
_WORD = re.compile(r"[^\W\d_]+")

_lock = threading.Lock()
_identifier: Any = None


def check_known(language: str) -> None:
    """Refuse a language that is not one of the twelve.

    Raises:
        ValueError: it is not; the message lists them.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; one of {', '.join(LANGUAGES)}")


def script_shares(text: str) -> dict[str, float]:
    """Return the share of the letters per script: latin, arabic, hangul, kana, han, other."""
    counts = dict.fromkeys(("latin", "arabic", "hangul", "kana", "han", "other"), 0)
    for char in text:
        if not char.isalpha():
            continue
        if char.isascii():
            counts["latin"] += 1
            continue
        name = unicodedata.name(char, "")
        for prefix, script in (
            ("LATIN", "latin"),
            ("ARABIC", "arabic"),
            ("HANGUL", "hangul"),
            ("HIRAGANA", "kana"),
            ("KATAKANA", "kana"),
            ("CJK", "han"),
        ):
            if name.startswith(prefix):
                counts[script] += 1
                break
        else:
            counts["other"] += 1
    total = sum(counts.values())
    return {script: count / total if total else 0.0 for script, count in counts.items()}


def _own_share(shares: Mapping[str, float], language: str) -> float:
    """Sum the shares (or weights) of the scripts that the language is written in."""
    return sum(shares[script] for script in OWN_SCRIPTS.get(language, ("latin",)))


def _lacks_hangul(shares: Mapping[str, float], language: str) -> bool:
    """Tell whether the text would be Korean without Hangul, which is Chinese."""
    return language == "ko" and shares["hangul"] < MIN_HANGUL


def load() -> Any:
    """Build py3langid's identifier with all its languages, once; it is to be read only."""
    global _identifier
    with _lock:
        if _identifier is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            _identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        return _identifier


def known_languages() -> frozenset[str]:
    """Return the codes (ISO 639) that the model knows; the twelve are among them."""
    return frozenset(load().labels)


def probabilities(text: str, candidates: tuple[str, ...] = LANGUAGES) -> dict[str, float]:
    """Return how likely the text is in each candidate language, most likely first.

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
    judged = _judged_part(text)
    if not _weight(judged):
        return ()
    if set(candidates) <= set(LANGUAGES) and script_shares(judged)["other"] > 0.5:
        return ()
    scores = {code: score for code, score in load().rank(judged) if code in candidates}
    temperature = math.sqrt(len(judged.encode(errors="replace")))
    best = max(scores.values())
    weights = {code: math.exp((score - best) / temperature) for code, score in scores.items()}
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple((code, weight / total) for code, weight in ranked)


def _most_likely(text: str) -> tuple[str | None, float]:
    return next(iter(probabilities(text).items()), (None, 0.0))


def _judged_part(text: str) -> str:
    """Return the text without what is not prose, cut to a limit.

    If too little to tell remains, all of it: an answer put into a code block is still one.
    """
    text = text[:_MAX_CHARACTERS]
    stripped = _NOT_PROSE.sub(" ", text)
    return stripped if _weight(stripped) >= MIN_BYTES else text


def _weight(text: str) -> int:
    """Count the UTF-8 bytes of the letters."""
    return len("".join(char for char in text if char.isalpha()).encode(errors="ignore"))


def prose(text: str) -> str:
    """Return the text without code, formulas, links, tags and quotations."""
    return _QUOTED.sub(" ", _NOT_PROSE.sub(" ", text))


def identify(text: str) -> str | None:
    """Return the one of the twelve languages that the text is in, or None if it can't be told."""
    text = prose(text)
    if _weight(text) < MIN_BYTES or script_shares(text)["other"] > 0.5:
        return None
    language, confidence = _most_likely(text)
    return language if confidence >= SURE else None


def is_in(text: str, language: str) -> bool:
    """Tell whether the text is in `language`, one of the twelve or any other that the model knows.

    Among the twelve, unless `language` is another: then among all that the model knows. A text
    whose letters take fewer than `MIN_BYTES` bytes only has to be possible in the language, since
    "Ja." and "Hello" are too little to decide; text mostly in another script than the language's
    is never in it.

    Raises:
        ValueError: the model does not know the language.
    """
    if language not in LANGUAGES:
        ranked = probabilities(text, tuple(sorted(known_languages() | {language})))
        return next(iter(ranked), None) == language
    ranked = probabilities(text)
    if not ranked or not _right_script(text, language):
        return False
    allowed = _POSSIBLE if _weight(_judged_part(text)) < MIN_BYTES else 1.0
    return ranked[language] * allowed >= max(ranked.values())


def stays_in(text: str, language: str) -> bool:
    """Tell whether the text is in `language` and at most a fifth of it (`TOLERANCE`) in another.

    As in `is_in` the language may be any that the model knows; names, terms, code and quotations
    of another language count as in `foreign_share`.

    Raises:
        ValueError: the model does not know the language.
    """
    text = text[:_MAX_CHARACTERS]
    own_words = _judged_prose(text)
    if _weight(own_words) >= MIN_BYTES:
        text = own_words
    if not is_in(text, language):
        return False
    if not _right_script(text, language) or _is_another(text, language):
        return False
    share = _share_of_true(
        (weight, foreign is not False)
        for passage, weight, foreign in _judged_passages(text, language)
        if foreign is not None or _is_another(passage, language)
    )
    return share is None or share <= TOLERANCE


def _is_another(text: str, language: str) -> bool:
    """Tell whether the text is for sure in a language outside the twelve (Polish, not Czech)."""
    if language not in LANGUAGES or _weight(text) < 2 * MIN_BYTES:
        return False
    ranked = probabilities(text, tuple(sorted(known_languages())))
    best, probability = next(iter(ranked.items()), (language, 1.0))
    near = (language, *LANGUAGES, *_RELATIVES.get(language, "").split())
    return best not in near and probability >= SURE


def could_be_in(text: str, language: str) -> bool:
    """Tell whether nothing speaks against one of the twelve: right script, no other for sure.

    Raises:
        ValueError: not one of the twelve languages.
    """
    check_known(language)
    ranked = probabilities(text)
    if not ranked or not _right_script(text, language):
        return False
    best, probability = next(iter(ranked.items()))
    return best == language or probability < SURE


def _right_script(text: str, language: str) -> bool:
    """Tell whether at least half of what the letters say is in the language's scripts."""
    judged = _judged_part(text)
    return own_share(judged, language) >= 0.5 and not _lacks_hangul(script_shares(judged), language)


def is_consistent(text: str, language: str, tolerance: float = 0.25) -> bool:
    """Tell whether the text could be in `language`: at most `tolerance` of it is foreign.

    Names and terms stay in their own script everywhere, hence the tolerance. Text without
    letters is consistent with nothing.

    Raises:
        ValueError: not one of the twelve languages.
    """
    check_known(language)
    shares = script_shares(text)
    if not any(shares.values()):
        return False
    if 1.0 - _own_share(shares, language) > tolerance or _lacks_hangul(shares, language):
        return False
    if language == "ja":
        return shares["kana"] > MIN_KANA
    if language not in _WORDS:
        return True
    words = [word.casefold() for word in _WORD.findall(text)]
    mine = sum(word in _WORDS[language] for word in words)
    theirs = max(
        sum(word in known and word not in _WORDS[language] for word in words)
        for other, known in _WORDS.items()
        if other != language
    )
    return theirs <= mine


def foreign_share(text: str, language: str) -> float | None:
    """Return which part of the text is in another language, 0 … 1; None if it can't be told.

    It would rather miss a switch than see one that isn't there, since a false alarm punishes a
    right answer: quotations and passages that are too short to tell don't count, unless most of
    the text is quoted, and names and terms may stay foreign within a sentence.

    Raises:
        ValueError: the model does not know the language.
    """
    if language not in known_languages():
        raise ValueError(f"unknown language {language!r}")
    judged = _judged_passages(text, language)
    return _share_of_true((weight, foreign) for _, weight, foreign in judged if foreign is not None)


def _share_of_true(judged: Iterable[tuple[int, bool]]) -> float | None:
    weights = {True: 0, False: 0}
    for weight, foreign in judged:
        weights[foreign] += weight
    total = sum(weights.values())
    return weights[True] / total if total else None


def _judged_passages(text: str, language: str) -> Iterator[tuple[str, int, bool | None]]:
    """Yield passages, their weights, and whether they are in another language (None: unclear)."""
    for passage, weight in _passages(_judged_prose(text), language):
        yield passage, weight, _is_foreign(passage, language) if weight >= MIN_BYTES else None


def _judged_prose(text: str) -> str:
    """Return the text without what is not prose, nor quotations unless they are most of it."""
    unquoted, whole = prose(text), _NOT_PROSE.sub(" ", text)
    return unquoted if length(unquoted) >= (1 - _QUOTED_AT_MOST) * length(whole) else whole


def _passages(text: str, language: str) -> Iterator[tuple[str, int]]:
    """Yield sentences with their weights, short ones joined to the next while the line lasts.

    Beside a language that is not written in Latin letters, a clause in them stands by itself.
    """
    clauses = None if "LATIN" in scripts_of(language) else _LATIN_CLAUSE
    for line in text.splitlines():
        sentences: list[str] = []
        weight = 0
        for match in _PASSAGE.finditer(line):
            sentence = match[0]
            if clauses is not None:
                for clause in clauses.findall(sentence):
                    yield clause, _weight(clause)
                sentence = clauses.sub(" ", sentence)
            sentences.append(sentence)
            weight += _weight(sentence)
            if weight >= 2 * MIN_BYTES:
                yield ". ".join(sentences), weight
                sentences, weight = [], 0
        if weight:
            yield ". ".join(sentences), weight


def _is_foreign(passage: str, language: str) -> bool | None:
    """Tell whether a passage is in another language; None if it can't be told."""
    if language not in LANGUAGES:
        return _is_foreign_to_others(passage, language)
    shares = script_shares(passage)
    weights = {script: share * _SCRIPT_BYTES.get(script, 3) for script, share in shares.items()}
    if _own_share(weights, language) < 0.5 * sum(weights.values()):
        return None if _ONLY_NAMES.fullmatch(passage) else True
    if language == "zh" and shares["kana"] > 2 * MIN_KANA:
        return True
    if language == "ja" and shares["kana"] > MIN_KANA:
        return False
    if language == "ko":
        return _lacks_hangul(shares, language)
    if language == "ar":
        return False
    found, confidence = _most_likely(passage)
    if found == language:
        return False
    return True if confidence >= SURE else None


def _is_foreign_to_others(passage: str, language: str) -> bool | None:
    """Do the same for a language outside the twelve: by script, and if it is Latin by the model.

    The model has to be sure of one of the twelve: relatives (Danish, Norwegian) are too close.
    """
    if own_share(passage, language) < 0.5:
        return None if _ONLY_NAMES.fullmatch(passage) else True
    if "LATIN" not in scripts_of(language):
        return False
    ranked = probabilities(passage, (*LANGUAGES, language))
    found, confidence = next(iter(ranked.items()), (None, 0.0))
    if found == language:
        return False
    return True if confidence >= SURE else None

"""Check what M-IFEval's prompts ask for in Spanish, French and Japanese alone, under its ids.

Ids may have the language before them (`ja:letters:furigana`), as in the data set; kwargs are those
of the data set. As in `published`, the check follows the prompt where the published code pays for
what the prompt forbids, or the other way round:

- `nominal_ending` (taigen-dome) needs no tagger: a sentence ends in a noun if its last letter is no
  hiragana, or it ends in one of the nouns that are written in hiragana.
- `number_letters` does not count white space (published: line breaks too).
- `furigana`, `kansuuji`, `no_katakana`, … want Japanese letters (published: English text passes).
- `sentence_unified_end`: line ends before and after a sentence are no part of it.
- `no_period`: 。 of all widths.
- `informal_address`: tu, te, toi, ton … and more often than vous, votre, vos (published: once).
- `accents`: every word that was to be accented occurs (published: an empty answer passes).
- `no_accents`: no diacritic of any kind (published: a list of Latin-1 letters).
- `spanish_capital` and its like: could be in the language, since short texts cannot be told.
"""

from __future__ import annotations

import re
import unicodedata

from rewards.ifeval.instruction import (
    Count,
    Phrase,
    Relation,
    Spellings,
    compare,
    instruction,
)
from rewards.ifeval.matching import folded
from rewards.ifeval.segmentation import has_content, plain, words
from rewards.reading.languages import could_be_in

_KANJI = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HIRAGANA = "\u3041-\u3096\u309d-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff6f\uff71-\uff9f"
_LONG_VOWEL = "\u30fc\uff70"
_JAPANESE = re.compile(f"[{_KANJI}{_HIRAGANA}{_KATAKANA}]")
_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』")
_SENTENCE_END = re.compile(r"[。！？!?｡]")
_NOUNS_IN_HIRAGANA = (
    "こと",
    "もの",
    "とき",
    "ところ",
    "ため",
    "わけ",
    "はず",
    "まま",
    "ほう",
    "つもり",
)


def _is_japanese(text: str) -> bool:
    return _JAPANESE.search(text) is not None


def _only(text: str, allowed: str) -> bool:
    """Tell whether every letter is of the allowed range, and there is one."""
    letters = "".join(char for char in text if char.isalpha())
    return bool(re.fullmatch(f"[{allowed}{_LONG_VOWEL}]+", letters)) and bool(
        re.search(f"[{allowed}]", letters)
    )


@instruction("length_constraints:number_letters")
def number_letters(text: str, *, num_letters: Count, relation: Relation) -> bool:
    """There are that many characters, white space not counted."""
    return compare(sum(not char.isspace() for char in plain(text)), relation, num_letters)


@instruction("detectable_format:number_numbered_lists")
def number_numbered_lists(text: str, *, num_items: Count) -> bool:
    """There are exactly that many lines that begin with a number and a full stop."""
    numbered = re.findall(r"^[ \t\u3000]*\d{1,9}[.．)）、][ \t\u3000]*(\S.*)$", text, re.MULTILINE)
    return sum(map(has_content, numbered)) == num_items


@instruction("detectable_format:nominal_ending")
def nominal_ending(text: str, *, count: Count) -> bool:
    """At least that many sentences end in a noun, quotations aside."""
    ends = [part.rstrip("）)」』*_ \t") for part in _SENTENCE_END.split(_QUOTED.sub("", text))[:-1]]
    nominal = re.compile(f"[{_KANJI}{_KATAKANA}{_LONG_VOWEL}A-Za-z0-9％%]$")
    found = [
        end
        for end in ends
        if _is_japanese(end) and (nominal.search(end) or end.endswith(_NOUNS_IN_HIRAGANA))
    ]
    return len(found) >= count


@instruction("letters:furigana")
def furigana(text: str) -> bool:
    """Every run of kanji is followed by its reading in hiragana in full-width brackets."""
    runs = [match.end() for match in re.finditer(f"[{_KANJI}]+", text)]
    reading = re.compile(f"（[{_HIRAGANA}{_LONG_VOWEL}]+）")
    return _is_japanese(text) and all(reading.match(text, end) for end in runs)


@instruction("letters:kansuuji")
def kansuuji(text: str) -> bool:
    """Numbers are written in kanji: there is no digit."""
    return _is_japanese(text) and not any(map(str.isdigit, text))


@instruction("letters:no_katakana")
def no_katakana(text: str) -> bool:
    """There is no katakana in the Japanese text."""
    return _is_japanese(text) and not re.search(f"[{_KATAKANA}]", text)


@instruction("letters:katakana_only")
def katakana_only(text: str) -> bool:
    """All letters are katakana."""
    return _only(text, _KATAKANA)


@instruction("letters:no_hiragana")
def no_hiragana(text: str) -> bool:
    """There is no hiragana in the Japanese text."""
    return _is_japanese(text) and not re.search(f"[{_HIRAGANA}]", text)


@instruction("letters:hiragana_only")
def hiragana_only(text: str) -> bool:
    """All letters are hiragana."""
    return _only(text, _HIRAGANA)


@instruction("letters:kanji")
def kanji(text: str, *, kanji_limit: Count, relation: Relation) -> bool:
    """There are that many kanji in the Japanese text."""
    found = len(re.findall(f"[{_KANJI}]", text))
    return compare(found, relation, kanji_limit) and _is_japanese(text)


@instruction("punctuation:no_period")
def no_period(text: str) -> bool:
    """There is no 。 of any width."""
    return not re.search("[。｡．]", text)


@instruction("startend:sentence_unified_end")
def sentence_unified_end(text: str, *, ending: Phrase) -> bool:
    """Every sentence ends with the given letters (です), quotations aside."""
    parts = (part.strip() for part in _SENTENCE_END.split(_QUOTED.sub("", text)))
    ends = [part for part in parts if has_content(part)]
    return bool(ends) and all(end.endswith(ending.strip()) for end in ends)


def _has_framed(text: str, opening: str, closing: str) -> bool:
    framed = re.findall(f"{opening}([^{opening}{closing}]*){re.escape(closing)}", text)
    return any(map(has_content, framed))


@instruction("punctuation:question_marks")
def question_marks(text: str) -> bool:
    """There is a question, between ¿ and its other half."""
    return _has_framed(text, "¿", "?")


@instruction("punctuation:exclamation_marks")
def exclamation_marks(text: str) -> bool:
    """There is an exclamation, between ¡ and its other half."""
    return _has_framed(text, "¡", "!")


def _words_with(text: str, letters: str) -> int:
    return sum(not set(letters).isdisjoint(word.casefold()) for word in words(text))


@instruction("special_character:enie")
def enie(text: str, *, let_frequency: Count) -> bool:
    """There are exactly that many words with ñ."""
    return _words_with(text, "ñ") == let_frequency


@instruction("special_character:dieresis")
def dieresis(text: str, *, let_frequency: Count) -> bool:
    """There are exactly that many words with ü."""
    return _words_with(text, "ü") == let_frequency


@instruction("special_character:tildes")
def tildes(text: str, *, num_words: Count, relation: Relation) -> bool:
    """There are that many words with á, é, í, ó or ú."""
    return compare(_words_with(text, "áéíóú"), relation, num_words)


@instruction("special_character:ethel_or_cedilla")
def ethel_or_cedilla(text: str, *, forbidden_char: Phrase) -> bool:
    """The character does not occur, in either case."""
    wanted = unicodedata.normalize("NFC", forbidden_char).strip().casefold()
    return wanted not in unicodedata.normalize("NFC", text).casefold()


@instruction("special_character:no_accents")
def no_accents(text: str) -> bool:
    """No letter has an accent or another mark."""
    return not any(map(unicodedata.combining, unicodedata.normalize("NFD", text)))


@instruction("special_character:accents")
def accents(text: str, *, word_to_accentuate: Spellings) -> bool:
    """The given words occur, and only with their accents."""
    right = {_bare(word): folded(accented) for word, accented in word_to_accentuate.items()}
    written = [folded(word) for word in words(text)]
    parts = [part for word in written for part in re.split(r"['’-]", word)]
    occurs = all(any(part.startswith(word) for part in parts) for word in right.values())
    return occurs and all(part == right.get(_bare(part), part) for part in parts)


def _bare(word: str) -> str:
    apart = unicodedata.normalize("NFD", folded(word))
    return "".join(char for char in apart if not unicodedata.combining(char))


@instruction("detectable_content:no_digits")
def no_digits(text: str) -> bool:
    """There is no digit."""
    return not any(map(str.isdigit, text))


_TU = re.compile(r"\b(?:tu|te|toi|ton|ta|tes|tien|tienne|tiens)\b|\bt['’]", re.IGNORECASE)
_VOUS = re.compile(r"\b(?:vous|votre|vos|vôtre|vôtres)\b", re.IGNORECASE)


@instruction("detectable_content:informal_address")
def informal_address(text: str) -> bool:
    """The reader is addressed as tu, and more often than as vous."""
    return len(_TU.findall(text)) > len(_VOUS.findall(text))


@instruction("change_case:spanish_capital")
def spanish_capital(text: str) -> bool:
    """The response is in Spanish, in capital letters only."""
    return text.isupper() and could_be_in(text, "es")


@instruction("change_case:spanish_lowercase")
def spanish_lowercase(text: str) -> bool:
    """The response is in Spanish, in small letters only."""
    return text.islower() and could_be_in(text, "es")


@instruction("change_case:french_capital")
def french_capital(text: str) -> bool:
    """The response is in French, in capital letters only."""
    return text.isupper() and could_be_in(text, "fr")


@instruction("change_case:french_lowercase")
def french_lowercase(text: str) -> bool:
    """The response is in French, in small letters only."""
    return text.islower() and could_be_in(text, "fr")

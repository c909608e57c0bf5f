"""Tell where a sentence ends, by rules for the twelve languages.

A terminator ends a sentence unless it is a full stop after an abbreviation, an initial, an ordinal
or a list number, stands inside a number, an address or a name such as `Node.js`, or closes a
quotation that the sentence goes on after. What an abbreviation's full stop means is looked up
(`abbreviations`); where it can mean both, the next word decides: a small letter goes on, a function
word in capitals (`sentence_starts`) begins, and each class says what any other word does. Every
decision looks at a bounded window, so the whole is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rewards.ifeval import abbreviations as known
from rewards.ifeval.sentence_starts import (
    DETERMINERS,
    OPENING_PREPOSITIONS,
    ORDINAL_NOUNS,
    STARTERS,
)

# Scripts written without spaces: kana, Han with its extensions, half-width kana.
NO_SPACES = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
# A run of terminators, then whatever closes a quotation, a bracket or an emphasis; French puts a
# space before its closing mark.
END = re.compile(
    r"[.．!?！？…。｡؟۔।॥‽⁇⁈⁉‼]+(?:[\"'”’“‘»«›)）\]}」』】》〉*_]|[ \u00a0\u202f][»›])*"
)
_FULL_STOP = ".．"
_OPENERS = "\"'“„‘‚«»‹›(（[{「『【《〈*_¿¡-–—•#>"
_ALWAYS_ENDS = set("。｡！？؟۔।॥")
_QUOTES = set("\"'”’“‘»«›」』")
_CLOSERS = _QUOTES | set(")）")
_JAPANESE_OR_CHINESE = re.compile(f"[{NO_SPACES}]")
_CASELESS = re.compile(r"[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\u1100-\u11ff\u3130-\ud7af]")

# A quotation is part of the sentence around it if one of these follows. Japanese: 「行こう。」と…
_GOES_ON = re.compile(r"(?:と|って|、|，|など|という|并|而|就|的|地|和|与|后|時|时|:|：)")
# … and where somebody says it: “为什么？”她问. 「だめだ！」父は怒鳴った. "왜?" 그녀가 물었다.
_SAYS = re.compile(
    r"\s*(?:[^\s。！？，、「“\"]{0,6}(?:说|說|问|問|喊|叫|答|嚷|(?<![知难難])道)"
    r"|[^。！？「]{0,12}(?:言っ|言い|叫ん|怒鳴|尋ね|聞い|答え|つぶや|呟い|ささや|囁)"
    r"|(?:[^\s.!?]+ ){0,3}[^\s.!?]{0,3}(?:말했|물었|묻|외쳤|대답|생각했|속삭|소리쳤|했다)"
    r"|(?:صاح|قال|سأل|أجاب|هتف|صرخ|همس|رد)(?:ت|وا)?\s"
    r"|(?:I|[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?) (?:said|asked|replied|answered|shouted|cried|yelled"
    r"|whispered|exclaimed|added|called|muttered|thought)\b)"
)
_WORD = re.compile(r"[^\W_]")
_SPACED_LETTERS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]")
_ROMAN = re.compile(r"[VX]|[IVXLC]{2,}")
_DATE_GOES_ON = re.compile(r"\d{1,2}(?:\.|\s*\d{4}\b)")
_KOREAN_DATE = re.compile(r"\d{4}\.\s?\d{1,2}\.\s?\d{1,2}$")
_TWINS = re.compile(r"([A-Z])\1")
# `ود. سارة`: Arabic writes "and" together with the next word.
_LETTER_AFTER_AND = re.compile("و[دمأن]")
# `l'art.`, `彼はU.S.`: what stands before an abbreviation without a space.
_BEFORE_TOKEN = re.compile(f"['’{NO_SPACES}]")
_SHORT_PART = re.compile(r"[^\W\d_]{1,4}\.")
_BEHIND, _AHEAD = 60, 80


@dataclass(frozen=True)
class _Stop:
    """Is a full stop with the words around it; `next` is the word after it without opening marks.

    `token` is the word before it, `earlier` the one before that, `line` all of the line before the
    token, `sentence` what has been read of the sentence, `new_line` whether a line ends here.
    """

    token: str
    earlier: str
    line: str
    sentence: str
    ahead: str
    next: str
    new_line: bool

    @property
    def goes_on(self) -> bool:
        """Tell whether a small letter follows."""
        return self.ahead[:1].islower()

    @property
    def before_number(self) -> bool:
        """Tell whether a number follows, in digits or in Roman ones."""
        amount = self.ahead.lstrip("€$£¥§~ \u00a0")
        if amount[:1].isdecimal() or re.match(r"[A-Z]\. ?\d", amount):
            return True
        return bool(_ROMAN.fullmatch(self.next.rstrip(".,;:)")))

    @property
    def before_starter(self) -> bool:
        """Tell whether a word follows that opens sentences."""
        return self.next.rstrip(".,;:!?…\"'”’»)") in STARTERS

    def is_known(self, listed: frozenset[str], *names: str) -> bool:
        """Tell whether one of the spellings is listed: as written, or without case."""
        return any(
            name in listed or (len(name) > 1 and name.casefold() in listed) for name in names
        )


def ends_here(text: str, end: re.Match[str], start: int, cased: bool) -> bool:
    """Tell whether a run of terminators, found by `END` before the text's end, ends a sentence.

    Args:
        text: the whole text, without combining marks.
        end: the run of terminators, which is not the last thing in the text.
        start: where the sentence began.
        cased: whether the text has capital letters, so that a small one tells something.
    """
    marks = end.group()
    following = text[end.end()]
    rest = text[end.end() : end.end() + _AHEAD]
    if set(marks) & _ALWAYS_ENDS:
        closed = marks[-1] in _CLOSERS and _GOES_ON.match(rest.lstrip(" "))
        return not (closed or (marks[-1] in _QUOTES and _SAYS.match(rest)))
    inside = marks[-2:] in (".)", ".）")  # （Apple Inc.）在…
    if not following.isspace() and (inside or not _JAPANESE_OR_CHINESE.match(following)):
        return False  # `example.com`, `3.5`, `?q=1`
    ahead = rest.lstrip().lstrip(_OPENERS)
    if set(marks) & set("!?‽⁇⁈⁉‼"):
        # 'Stop!' he cried: after a quotation, a small letter goes on with the sentence around it.
        small = cased and ahead[:1].islower()
        if marks[-1] in _QUOTES:
            return not (small or _SAYS.match(rest))
        return not (small and re.split(r"[\s,.\-]", ahead, maxsplit=1)[0] in known.SAID)
    new_line = "\n" in rest[: len(rest) - len(rest.lstrip())]
    if marks.startswith(("…", "...")):
        # Where letters have no case nothing tells a pause from an end; then it is a pause.
        pause = ahead[:1].islower() or _CASELESS.match(ahead) or not following.isspace()
        return new_line or not pause
    if marks[0] not in _FULL_STOP:
        return True
    if marks[-1] in _QUOTES and _SAYS.match(rest):
        return False
    first = max(0, end.start() - _BEHIND)
    return _full_stop_ends(
        text[first : end.start()],
        text[max(start, first) : end.start()],
        ahead,
        new_line,
        from_start=first == 0,
    )


# Windows repeat themselves in what is made to be slow.
@lru_cache(maxsize=4096)
def _full_stop_ends(
    before: str, sentence: str, ahead: str, new_line: bool, from_start: bool
) -> bool:
    """Tell whether a full stop between two windows of text ends the sentence."""
    pieces = before.split()
    if not pieces or before[-1].isspace():
        return True
    token = pieces[-1].lstrip(_OPENERS)
    line = before[: len(before) - len(pieces[-1])].rpartition("\n")[2].strip().strip(_OPENERS)
    whole = not from_start and "\n" not in before
    stop = _Stop(
        token=_BEFORE_TOKEN.split(token)[-1].replace("\u0640", "") or token,
        earlier=pieces[-2] if len(pieces) > 1 else "",
        line="…" + line if whole else line,
        sentence=sentence,
        ahead=ahead,
        next=ahead.split(maxsplit=1)[0] if ahead else "",
        new_line=new_line,
    )
    listed = _is_list_mark(stop)
    if listed or _abbreviates(stop, _spellings(pieces, stop)):
        return False
    # A number before Chinese or Japanese (`No.1.の`) has been seen to; so have abbreviations.
    return not _orders(stop)


def _spellings(pieces: list[str], stop: _Stop) -> list[str]:
    """Return the token, and joined with the short parts before it: `B`, `z.B`."""
    spelled = [stop.token, stop.token.rpartition("-")[2], pieces[-1].lstrip(_OPENERS)]
    joined = stop.token
    for piece in pieces[-2:-5:-1]:
        part = piece.lstrip(_OPENERS)
        if not _SHORT_PART.fullmatch(part):
            break
        joined = part + joined
        spelled.append(joined)
    return spelled[::-1]


def _is_list_mark(stop: _Stop) -> bool:
    """Tell whether the token numbers a line: `1.`, `a.`, `IV.`, `Step 1.`, `1.2.`"""
    number = stop.token.isdecimal() and len(stop.token) <= 2
    numbers = number or bool(
        re.fullmatch(r"\d{1,2}(?:\.\d{1,2}){1,3}|[^\W\d_]|[IVX]{1,4}", stop.token)
    )
    if not stop.line:
        return numbers
    label = stop.sentence.split()[:-1]
    return number and len(label) == 1 and label[0].strip(_OPENERS).casefold() in known.LABELS


def _abbreviates(stop: _Stop, spelled: list[str]) -> bool:
    """Tell whether the full stop belongs to the token, and ends nothing."""
    is_known = stop.is_known
    if stop.new_line:
        return False
    if is_known(known.TITLES, *spelled) or is_known(known.PREFIXES, *spelled):
        return True
    if stop.token == "no" and stop.earlier.casefold() in known.SAYS_NO:
        return False
    if _opens_compound(stop):
        return True
    twins = _TWINS.fullmatch(stop.token) and _TWINS.fullmatch(stop.earlier.rstrip("."))
    if twins and stop.goes_on:
        return True  # `JJ. OO. de 1992`
    for judge in (_before_number, _in_a_class):
        verdict = judge(stop, spelled)
        if verdict is not None:
            return verdict
    if _SPACED_LETTERS.fullmatch(stop.token):
        # `W.F. Hermans`, `J.-P. Sartre`; in small letters (`p.s.`) the next letter decides.
        named = stop.token.isupper() and not stop.before_starter
        return stop.goes_on or named or _CASELESS.match(stop.token) is not None
    if _LETTER_AFTER_AND.fullmatch(stop.token) or (len(stop.token) == 1 and stop.token.isalpha()):
        return _is_initial(stop)
    if _ROMAN.fullmatch(stop.token) and stop.goes_on and stop.earlier[:1].isupper():
        return True  # `Karel IV. založil`
    vowels = set("aeiouyáéíóúýěůàèìòùâêîôûäëïöüãõåæœ")
    return stop.goes_on and len(stop.token) in (2, 3, 4) and not vowels & set(stop.token.casefold())


def _opens_compound(stop: _Stop) -> bool:
    """Tell whether the token is a first part: `z.` of `z. B.`, `EE.` of `EE. UU.`"""
    if _TWINS.fullmatch(stop.token):
        return bool(re.match(r"([A-Z])\1\.", stop.ahead))
    if stop.token in ("Bs", "V") and re.match(r"(?:As|Exa|Sa|Ex)\.", stop.ahead):
        return True
    if stop.token.casefold() in ("av", "ap", "apr") and stop.ahead.startswith(("J.-C", "J.C")):
        return True
    if stop.token in ("ir", "ing", "doc", "em") and (
        stop.earlier.endswith(".") or re.match(r"(?:[A-Z]|RNDr|Ing|Mgr|MUDr|PhDr)\.", stop.ahead)
    ):
        return True  # `prof. dr. ir. J. de Boer`; `ir` alone is a Spanish verb
    if stop.token in ("v", "n", "př", "po") and re.match(r"(?:Chr|n|Kr)\.", stop.ahead):
        return True
    one = len(stop.token) == 1 and stop.token.isalpha()
    follows = r"\w{1,3}\." if stop.token.islower() else r"\w\.(?!\w{3})"
    return one and bool(re.match(follows, stop.ahead))


def _before_number(stop: _Stop, spelled: list[str]) -> bool | None:
    """Tell whether the token belongs to a number after it; None if it is no such token."""
    is_known = stop.is_known
    number = stop.ahead[:1].isdecimal()
    numbered = is_known(known.BEFORE_NUMBERS, *spelled) or stop.token.endswith("str")
    if numbered and (stop.before_number or stop.goes_on):
        return True
    if is_known(known.MONTHS, stop.token) and number:
        words = stop.ahead.split(maxsplit=2)
        counted = len(words) > 1 and words[1].rstrip(".,").casefold() in known.UNITS_OF_TIME
        return not counted
    if is_known(known.WEEKDAYS, stop.token) and (number or stop.goes_on):
        return True
    if is_known(known.MONTHS_THAT_ARE_WORDS, stop.token) and number:
        return stop.earlier.isdecimal() or stop.earlier.casefold() == "de"
    return None


def _in_a_class(stop: _Stop, spelled: list[str]) -> bool | None:
    """Tell whether the sentence goes on after the token's class; None if it is in none."""
    is_known = stop.is_known
    if is_known(known.BEFORE_NAMES, *spelled):
        return not stop.before_starter or stop.goes_on
    if is_known(known.TITLES_AND_ENDS, stop.token) and stop.token[:1].isupper():
        return stop.goes_on or not stop.before_starter
    if is_known(known.ATTRIBUTES, *spelled):
        return stop.goes_on or not stop.before_starter
    if is_known(known.ERAS, *spelled):
        words = stop.sentence.split()
        opening = len(words) <= 5 and words[0].lower() in OPENING_PREPOSITIONS
        before_year = stop.before_number and not stop.earlier[-1:].isdecimal()  # `A.D. 79`
        return stop.goes_on or opening or before_year
    if not is_known(known.MAYBE_LAST, *spelled):
        return None
    if stop.token.casefold() == "am" or stop.token.isdecimal():
        return None
    follower = stop.next.rstrip(".,;:")
    if is_known(known.COMPANIES, *spelled):
        named = stop.earlier.casefold() in known.ARTICLES and not stop.before_starter
        return stop.goes_on or named or follower in known.COMPANY_PARTS
    if is_known(known.CLOCKS, *spelled) and follower in known.CLOCK_PARTS:
        return True
    # Letters without case: Korean sentences end in Korean words, not in `Ph.D.`
    caseless = _CASELESS.match(stop.ahead) or _JAPANESE_OR_CHINESE.match(stop.ahead)
    return stop.goes_on or (stop.token.isascii() and caseless is not None)


def _is_initial(stop: _Stop) -> bool:
    """Tell whether a single letter is part of a name, a page or an article of a law."""
    letter, earlier = stop.token, stop.earlier
    if _CASELESS.match(letter):
        # `د. أحمد`, `1950 م.`: letters have no case here, so a single one is never a word.
        return True
    if letter.islower():
        named = letter == "p" and stop.next[:1].isupper() and not stop.before_starter
        return stop.before_number or named or (stop.goes_on and letter not in "aeiouy")
    if stop.ahead[:1].isdecimal():
        cited = earlier.casefold().strip("(.") in known.CITED
        listed = letter in "LRD" and earlier in ("et", "ou", "à")
        return cited or listed or letter == "S" or re.match(r"\d+-\d", stop.ahead) is not None
    if stop.goes_on:
        return True  # `S. de Beauvoir`, `E. coli`
    if letter == "I" and not earlier[:1].isupper():
        return False
    if not earlier or earlier.endswith((".", "!", "?", ":")):
        return True
    lettered = earlier.strip(_OPENERS).casefold() in known.LETTERED
    return not lettered and not (stop.before_starter and not _names(earlier))


def _names(word: str) -> bool:
    """Tell whether a word is a name: a capital first and no function word."""
    return word[:1].isupper() and word not in STARTERS


def _orders(stop: _Stop) -> bool:
    """Tell whether a number and its full stop are an ordinal or part of a date or a version."""
    token = stop.token
    if not token[-1:].isdecimal() or stop.new_line:
        return False
    if not token.isdecimal():
        return stop.goes_on and re.fullmatch(r"v?\d+(?:\.\d+)*", token) is not None
    if stop.ahead[:1].isdecimal():
        year = re.fullmatch(r"\d{1,2}\.", stop.earlier) and re.match(r"\d{4}\b", stop.ahead)
        return len(token) in (1, 2, 4) and bool(year or _DATE_GOES_ON.match(stop.ahead))
    if _KOREAN_DATE.search(stop.sentence):
        return True
    if stop.goes_on:
        return len(token) <= 3
    if len(token) > 3 or stop.before_starter:
        return False
    if not stop.next[:1].isupper():
        return False
    follower = stop.next.rstrip('.,;:!?)"“”»')
    if follower in ORDINAL_NOUNS:
        return True
    return stop.earlier.strip(_OPENERS).casefold() in DETERMINERS

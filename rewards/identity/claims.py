"""Find what a text claims to be and to be made by, and tell it from what it mentions.

Every known name in the text is a candidate; it is a claim only if the words around it make it one.
So names are looked up first and replaced by one character each, and the patterns of
`rewards.identity.phrases` then look left and right of each, within its sentence:

- left of it a self-introduction ("I am", "ich bin", "私は"), with nothing but filler between;
- for a maker, "… made by" behind a self-introduction, "… made me", "my maker is …";
- for an origin, "… based on" behind one, "my architecture is that of …" (`identity.origins`); only
  those of others are claims, since being built on oneself says nothing;
- no negation around it (that is a denial, which is reported too), no "if", "imagine", "you said",
  no question mark right behind, no "'s competitor".

Quotations, block quotes, code and the lines of other speakers are taken out before. What a role
says in a story that was announced sentences earlier can't be told from a claim and counts as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rewards.identity import origins
from rewards.identity import phrases as words
from rewards.reading.text import fold

# One private-use character per kind of name.
_OWN_NAME, _OWN_MAKER, _OWN_BOTH = "\ue000", "\ue001", "\ue002"
_NAME, _MAKER, _BOTH = "\ue003", "\ue004", "\ue005"
_ANY = "[\ue000-\ue005]"
_NAMES = "\ue000\ue002\ue003\ue005"
_MAKERS = "\ue001\ue002\ue004\ue005"
_OWN = "\ue000\ue001\ue002"

# How far from a name the words that make it a claim may be.
_REACH = 110

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"\[([^\[\]\n]{0,200})\]\([^()\s]{0,300}\)")
_QUOTED = re.compile(
    r"\"([^\"\n]{0,400})\"|“([^”\n]{0,400})”|„([^“”\n]{0,400})[“”]|«([^»\n]{0,400})»"
    r"|「([^」\n]{0,400})」|『([^』\n]{0,400})』"
    r"|(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w)){0,400})'(?!\w)"
)
_SENTENCE = re.compile(r".+?(?:\.+[\"')\]]*(?=\s|$)|[!?。؟…;]+|$)")
_CLAUSE = re.compile(
    r"[,、،:;–—(]|\s-\s|\b(?:but|aber|sondern|denn|pero|sino|mais|mas|ale|ma|maar|because)\b"
)
_VERSION = (
    r"(?:[- ]?v?\d+(?:\.\d+)*[a-z]?(?:-(?!based|powered|derived|driven|basier)[a-z0-9]{1,10}){0,3}"
    r"(?![a-z0-9]))?"
)

_HEADS = {language: re.compile(p.heads) for language, p in words.PHRASES.items()}
_NEGATION = {language: re.compile(p.negation) for language, p in words.PHRASES.items()}
_FILLER = {
    # Words of CJK languages have no boundary.
    language: re.compile(
        rf"(?:[\s,:\"'*]|{_ANY}(?:'s|の|的|의)|[\ue001\ue004]\s?\Z|{p.negation}"
        + (rf"|{p.filler})*" if language in ("ja", "ko", "zh") else rf"|(?:{p.filler})(?!\w))*")
    )
    for language, p in words.PHRASES.items()
}
_NAMING = {
    language: re.compile(rf"{p.naming}[\s:,\"'*]*$") for language, p in words.PHRASES.items()
}
_ANY_NEGATION = re.compile(
    "|".join(p.negation for p in words.PHRASES.values() if p.negation != r"(?!)")
)
_CONTRAST = re.compile(
    rf"(?:\bnot|\bnicht|\bno|\bpas|\bnão|\bnon|\bniet|\bne)\s(?:an?\s|the\s)?[{_NAME}{_BOTH}]"
)
_DENIED_AFTER = re.compile(words.DENIED_AFTER)
_NO_CLAIM_AFTER = re.compile(words.NO_CLAIM_AFTER)
_NOT_MADE_AFTER = re.compile(words.NOT_MADE_AFTER)
_DENIED_ORIGIN = re.compile(words.DENIED_AFTER + r"|^[^,.。]{0,14}?(?:ません|ない|아니|아닙|않)")
_UNREAL = re.compile(words.UNREAL)
_REPORTED = re.compile(words.REPORTED)
_MADE = re.compile(words.MADE)
_BY = re.compile(rf"(?:{words.BY})[\s\"'*]*$")
_NOUN_BY = re.compile(rf"(?:\b{words.MODEL_NOUN}|[{_OWN_NAME}{_OWN_BOTH}]),?\s*$")
_MADE_ME_AFTER = re.compile(words.MADE_ME_AFTER)
_FIRST_PERSON = re.compile(r"\bm|私|我|저를|나를|ني")
_TOPIC = re.compile(rf"{_ANY}|[は는은]")
_MADE_ME_BEFORE = re.compile(
    rf"{words.MADE_ME_BEFORE}(?:\s(?:not|nicht|no|pas|não|non|niet))?[\s:\"'*]*$"
)
_ASIDE = re.compile(words.ASIDE)
_BASED = re.compile(origins.BASED)
_BASED_AFTER = re.compile(origins.BASED_AFTER)
_AROUND = tuple((re.compile(before), re.compile(after)) for before, after in origins.AROUND)
_MINE = re.compile(origins.MINE)
_MY_SUBJECT = re.compile(origins.MY_SUBJECT)
_USES = re.compile(origins.USES)
_ITS_WORK = re.compile(origins.ITS_WORK)
_POWERS_ME = re.compile(origins.POWERS_ME)
_NO_ORIGIN_AFTER = re.compile(origins.NO_ORIGIN_AFTER)
_PURPOSE = re.compile(origins.PURPOSE)
# "Granite is …" says it of oneself.
_OWN_SUBJECT = re.compile(rf"\W*(?:\w+ )?[{_OWN_NAME}{_OWN_BOTH}][^{_ANY[1:-1]}]{{0,60}}")
_LIST_JOINT = re.compile(words.LIST_JOINT)
_ALIAS_JOINT = re.compile(words.ALIAS_JOINT)
_LIST_END = re.compile(words.LIST_END)
_OTHER_SPEAKER = re.compile(rf"^[\s*#_-]*(?:[{_NAME}{_BOTH}]|{words.OTHER_SPEAKER})\s?\d*[\s*]*:")
_OPENING = re.compile(rf"(?:[\s,、:*-]|{words.OPENING}\b)*")
_BARE_OPENING = re.compile(
    rf"(?:[\s,:*-]|{words.OPENING}\b)*(?:{words.MADE})?\w*\s*(?:{words.BY})\s*"
)
_SENTENCE_END = re.compile(rf"^\s*(?:(?:{words.MADE})[^,.]{{0,6}})?[\s\"'*)]*(?:[.!。]|$)")


Kind = Literal["name", "maker", "origin"]


@dataclass(frozen=True)
class Claim:
    """Is one statement about oneself; `who` is spelled as in the text, folded and casefolded."""

    kind: Kind
    who: str
    own: bool
    """Whether it is the name or the maker that was asked for."""
    denied: bool
    """Whether the statement is that it is not so."""


@dataclass(frozen=True)
class _Head:
    language: str
    start: int
    end: int


@lru_cache(maxsize=64)
def _lexicon(names: tuple[str, ...], makers: tuple[str, ...]) -> tuple[re.Pattern[str], list[str]]:
    """Build one pattern for all names, and the character that each of its groups stands for."""
    own = {fold(name).casefold(): _OWN_NAME for name in names}
    for maker in map(str.casefold, map(fold, makers)):
        own[maker] = _OWN_BOTH if maker in own else _OWN_MAKER
    groups = [(re.escape(text), own[text]) for text in sorted(own, key=len, reverse=True) if text]
    for sources, char in (
        (words.OTHER_MAKERS, _MAKER),
        (words.OTHER_NAMES, _NAME),
        (words.OTHER_BOTH, _BOTH),
    ):
        groups.append(("|".join(sorted(sources, key=len, reverse=True)), char))
    # Not \b: in Japanese, Korean and Chinese a particle follows without a space.
    body = "|".join(f"({source})" for source, _ in groups)
    pattern = re.compile(rf"(?<![a-z0-9])(?:{body}){_VERSION}(?![a-z0-9])")
    return pattern, [char for _, char in groups]


def _visible(text: str) -> str:
    """Drop what can't be seen: format characters, Arabic vowel marks, and our own markers."""
    return "".join(
        char
        for char in text
        if not (
            "\ue000" <= char <= "\uf8ff"
            or char == "\u0640"
            or "\u064b" <= char <= "\u0652"
            or (not char.isascii() and unicodedata.category(char) == "Cf")
        )
    )


def _unquoted(match: re.Match[str]) -> str:
    """Drop quotations longer than a name; what they claim is not claimed by the text."""
    inside = next(group for group in match.groups() if group is not None)
    return inside if re.fullmatch(rf"[\s*]*{_ANY}?[\s*.]*", inside) else " "


def find_claims(text: str, names: Sequence[str], makers: Sequence[str] = ()) -> list[Claim]:
    """Return what the text says about itself, in order, without mentions of others.

    Args:
        text: the visible response.
        names: spellings of the name that was asked for.
        makers: spellings of the maker that was asked for.
    """
    pattern, chars = _lexicon(tuple(names), tuple(makers))
    spelled: list[str] = []

    def mark(match: re.Match[str]) -> str:
        spelled.append(match[0])
        return chars[(match.lastindex or 1) - 1]

    lines = []
    for line in _CODE.sub("\n", text).splitlines():
        line = fold(_visible(line)).casefold().replace("’", "'").replace("*", "").replace("`", "")
        lines.append(pattern.sub(mark, _LINK.sub(r"\1", line)))
    claims: list[Claim] = []
    seen = 0
    for line in lines:
        here = spelled[seen : seen + len(re.findall(_ANY, line))]
        seen += len(here)
        claims += _of_line(line, here)
    return claims


def _of_line(line: str, spelled: Sequence[str]) -> Iterator[Claim]:
    if line.startswith(">") or _OTHER_SPEAKER.match(line):
        return
    # Quotations take their names with them: remember which characters are left.
    kept: list[str] = []
    rest = iter(spelled)
    pieces, last = [], 0
    for match in _QUOTED.finditer(line):
        pieces += [line[last : match.start()], _unquoted(match)]
        kept += [next(rest) for _ in re.findall(_ANY, pieces[-2])]
        quoted = [next(rest) for _ in re.findall(_ANY, match[0])]
        kept += quoted if re.search(_ANY, pieces[-1]) else []
        last = match.end()
    pieces.append(line[last:])
    kept += list(rest)
    names = iter(kept)
    for match in _SENTENCE.finditer("".join(pieces)):
        sentence = match[0].lstrip()
        here = [next(names) for _ in re.findall(_ANY, sentence)]
        if here:
            yield from _of_sentence(sentence, here)


def _of_sentence(sentence: str, spelled: Sequence[str]) -> Iterator[Claim]:
    heads = sorted(
        (
            _Head(language, match.start(), match.end())
            for language, pattern in _HEADS.items()
            for match in pattern.finditer(sentence)
        ),
        key=lambda head: (head.end, -head.start),
    )
    places = [match.start() for match in re.finditer(_ANY, sentence)]
    listed: Claim | None = None
    for number, (place, who) in enumerate(zip(places, spelled, strict=True)):
        char, after = sentence[place], sentence[place + 1 : place + 1 + _REACH]
        claim: Claim | None = None
        if listed is not None:
            joint = sentence[places[number - 1] + 1 : place]
            ends = _LIST_END.match(after) or _LIST_JOINT.match(after)
            alias = listed.kind == "name" and _ALIAS_JOINT.fullmatch(joint)
            if ends and (alias or _LIST_JOINT.fullmatch(joint)):
                claim = _claim(listed.kind, who, char, listed.denied)
        if claim is None:
            before = [head for head in heads if head.end <= place and place - head.end < _REACH]
            denied = _maker_denied(sentence, place, before)
            kind: Kind = "maker"
            if denied is None:
                kind, denied = "origin", _origin_denied(sentence, place, heads)
            if denied is None:
                kind, denied = "name", _name_denied(sentence, place, before)
            claim = None if denied is None else _claim(kind, who, char, denied)
        listed = claim
        if claim is not None:
            yield claim


def _claim(kind: Kind, who: str, char: str, denied: bool) -> Claim | None:
    """Return a claim, or None where the name claimed as maker (or the maker as name) is its own.

    "I am IBM" claims nothing that was asked for, and nothing that is another's.
    """
    if kind == "origin" and char in _OWN:
        return None
    if char == {"name": _OWN_MAKER, "maker": _OWN_NAME}.get(kind):
        return None
    return Claim(kind, who, char in _OWN, denied)


def _imagined(sentence: str, start: int) -> bool:
    return bool(
        _UNREAL.search(sentence[max(0, start - 200) : start + 12])
        or _REPORTED.search(_clause_before(sentence, start))
    )


def _clause_before(sentence: str, start: int) -> str:
    window = sentence[max(0, start - _REACH) : start]
    return window[max((match.end() for match in _CLAUSE.finditer(window)), default=0) :]


def _name_denied(sentence: str, place: int, heads: Sequence[_Head]) -> bool | None:
    """Tell whether the name at `place` is claimed (False), denied (True), or neither (None)."""
    after = sentence[place + 1 : place + 1 + _REACH]
    for head in reversed(heads):
        between = sentence[head.end : place]
        if not _FILLER[head.language].fullmatch(between) and not (
            _NAMING[head.language].search(between)
            and not re.search(f"[{_NAME}{_BOTH}{_OWN_NAME}]", between)
        ):
            continue
        if _NO_CLAIM_AFTER.match(after) or _imagined(sentence, head.start):
            return None
        said = _clause_before(sentence, head.start) + " " + sentence[head.start : place]
        return bool(_NEGATION[head.language].search(said) or _DENIED_AFTER.match(after))
    # Japanese and Korean leave the subject out.
    opening = re.fullmatch(rf"(?:[\s,、:]|{words.OPENING})*", sentence[:place])
    if opening and re.match(r"(?:です|と申し|といいます|と言います)(?!か)", after):
        return False
    if opening and re.match(r"\s?(?:입니다|이에요|예요|이라고 합니다|라고 합니다)", after):
        return None if _NO_CLAIM_AFTER.match(after) else False
    return None


def _maker_denied(sentence: str, place: int, heads: Sequence[_Head]) -> bool | None:
    """Tell the same of being made by the name at `place`."""
    before = sentence[max(0, place - _REACH) : place]
    after = sentence[place + 1 : place + 1 + _REACH]
    if re.match(r"[\s\"')]*[?؟]|[吗嗎]", after) or _UNREAL.search(
        sentence[max(0, place - 200) : place]
    ):
        return None
    verb = _MADE_ME_AFTER.match(after)
    if verb:
        # "OpenAIが開発したChatGPT" is about that one, "ChatGPTはOpenAIが開発" too.
        other = re.match(rf"[^,.。]{{0,12}}[{_NAME}{_BOTH}]", after)
        if other or (not _FIRST_PERSON.search(verb[0]) and not heads and _TOPIC.search(before)):
            return None
        clause = _clause_before(sentence, place)
        return None if _REPORTED.search(clause) else bool(_ANY_NEGATION.search(clause))
    ending = _MADE_ME_BEFORE.search(before)
    if ending:
        return bool(_ANY_NEGATION.search(ending[0])) or bool(_DENIED_AFTER.match(after))
    head = heads[-1] if heads else None
    if head is not None and sentence[place] in _MAKERS:
        belongs = re.match(r"'s\b|の|的|의| ?[\ue000\ue003]", after)
        if belongs and _FILLER[head.language].fullmatch(sentence[head.end : place]):
            if _NOT_MADE_AFTER.match(after) or _imagined(sentence, head.start):
                return None
            return _negated(sentence, head, place)
    by = _BY.search(before)
    if by is None:
        return None
    if head is None:
        lead = sentence[: place - len(before) + by.start()]
        if sentence[place] not in _OWN and _OWN_SUBJECT.fullmatch(lead) and _MADE.search(lead):
            return bool(_ANY_NEGATION.search(lead))
        whole = _BARE_OPENING.fullmatch(sentence[:place]) and _SENTENCE_END.match(after)
        return False if whole else None
    between = _CONTRAST.sub("", sentence[head.end : place])
    lead = sentence[head.end : place - len(before) + by.start()]
    made = _MADE.search(between) or _NOUN_BY.search(lead) or _MADE.search(re.split(_ANY, after)[0])
    foreign = re.search(f"[{_NAME}{_BOTH}]", between) or _ASIDE.search(between)
    if not made or foreign or _imagined(sentence, head.start):
        return None
    return _negated(sentence, head, place)


def _origin_denied(sentence: str, place: int, heads: Sequence[_Head]) -> bool | None:
    """Tell the same of being built on, or derived from, what has the name at `place`."""
    before = sentence[max(0, place - _REACH) : place]
    after = sentence[place + 1 : place + 1 + _REACH]
    if (
        re.match(r"[\s\"')]*[?؟]|[吗嗎]", after)
        or _NO_ORIGIN_AFTER.match(after)
        or _UNREAL.search(sentence[max(0, place - 200) : place])
    ):
        return None
    powers = _POWERS_ME.match(after)
    mine = _MINE.search(before) or (
        _USES.search(before) if sentence[place] in _NAMES or _ITS_WORK.match(after) else None
    )
    if powers or mine:
        start = place if mine is None else place - len(before) + mine.start()
        if _imagined(sentence, start):
            return None
        said = (
            _clause_before(sentence, start) + sentence[start:place] + (powers[0] if powers else "")
        )
        return bool(_ANY_NEGATION.search(said) or _DENIED_AFTER.match(after))
    based, behind = _BASED.search(before), _BASED_AFTER.match(after)
    for left, right in _AROUND:
        if based is None and right.match(after):
            based = left.search(before)
    if not based and not behind:
        return None
    start = place if based is None else place - len(before) + based.start()
    denied = bool(_DENIED_ORIGIN.match(after))
    earlier = [head for head in heads if head.end <= start and start - head.end < _REACH]
    if earlier:
        head = earlier[-1]
        lead = _CONTRAST.sub("", sentence[head.end : start])
        foreign = re.search(f"[{_NAME}{_BOTH}]", lead) or _ASIDE.search(lead)
        if foreign or _PURPOSE.search(lead) or _imagined(sentence, head.start):
            return None
        return denied or _negated(sentence, head, place)
    lead = sentence[:start]
    alone = _OPENING.fullmatch(lead) and (
        any(head.start > place for head in heads) or re.match(r"[^,.]{0,30}(?:[.!。]|$)", after)
    )
    if not alone and not _OWN_SUBJECT.fullmatch(lead) and not _MY_SUBJECT.search(lead):
        return None
    return denied or bool(_ANY_NEGATION.search(sentence[:place]))


def _negated(sentence: str, head: _Head, place: int) -> bool:
    said = _clause_before(sentence, head.start) + " " + sentence[head.start : place]
    return bool(_NEGATION[head.language].search(_CONTRAST.sub("", said)))

"""Normalise text, and find the final answer in it, for several rewards.

Model text is hostile: everything here is linear in its length and nothing evaluates it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque

# A reasoning block is thinking aloud, not the answer. The closing tag decides: what follows
# the last one is the answer, also when the opening tag was part of the prompt.
_REASONING_END = re.compile(r"</(?:think|thinking|reasoning|scratchpad)>", re.IGNORECASE)
# One that was opened and never closed was cut off: nothing follows it.
_REASONING_START = re.compile(r"\s*<(?:think|thinking|reasoning|scratchpad)>", re.IGNORECASE)
_ANSWER_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
# The opening of a box. Without braces TeX takes one sign, people mean one number or letter.
_BOX = re.compile(
    r"\\(?:boxed|fbox|framebox)\s{0,20}(?:\[[^\[\]]{0,40}\]\s{0,20}){0,2}\{"
    r"|\\fcolorbox\s{0,20}(?:\{[^{}]{0,40}\}\s{0,20}){2}\{"
    r"|\\boxed\s{0,20}(?P<bare>[+-]?\d(?:[\d.,]{0,40}\d)?|[A-Z](?=[$.,;)\n]|\\[)\]]|\s*\Z))"
    r"(?![\w^/{]|\\(?![)\]]))"
)
# How many boxes before the last one are looked at for one that holds it.
MAX_NESTED_BOXES = 8


def after_reasoning(text: str) -> str:
    """Return what follows the last closing tag of a reasoning block, or all of it.

    Text that is, or goes on with, a block that never ends has no answer: it is empty.
    """
    end = 0
    for match in _REASONING_END.finditer(text):
        end = match.end()
    return "" if _REASONING_START.match(text, end) else text[end:]


def fold(text: str) -> str:
    """Apply NFKC; make every script's digits ASCII, the Unicode minus '-', gaps one space."""
    if text.isascii():
        return " ".join(text.split())
    text = unicodedata.normalize("NFKC", text)
    folded = []
    for char in text:
        if not char.isascii():
            digit = unicodedata.decimal(char, None)
            if digit is not None:
                char = str(digit)
            elif char in "\u2212\u2010\u2011\u2012\u2013":
                char = "-"
            elif char == "\u2044":  # what NFKC makes of the bar in one-half and its kind
                char = "/"
        folded.append(char)
    return " ".join("".join(folded).split())


def last_boxed(text: str, limit: int = 4096) -> str | None:
    r"""Return the content of the last complete box, without the box; None if there is none.

    A box is `\boxed{…}`, `\fbox{…}`, `\framebox{…}` or `\fcolorbox{…}{…}{…}` with balanced braces,
    or `\boxed` before one number or capital letter without braces. Of nested boxes it is the
    outermost, so that `\boxed{1 or \boxed{2}}` gives both; a box around nothing but a box is one
    box. An unclosed last box counts as no box at all: the text was cut off in the middle of it. So
    does one of more than `limit` characters, which no answer has.
    """
    found = last_box(text, limit)
    return None if found is None else text[found[0] : found[1]]


def last_box(text: str, limit: int = 4096) -> tuple[int, int, int] | None:
    """Return the start and end of the last box's content, and the end of the box, or None.

    What a box is: `last_boxed`.
    """
    opened = deque(_BOX.finditer(text), maxlen=MAX_NESTED_BOXES)
    if not opened:
        return None
    box = _closed(text, opened.pop(), limit)
    if box is None:
        return None
    # Only boxes that begin shortly before can hold this one, and nobody nests more than a few.
    for outer in reversed(opened):
        around = _closed(text, outer, limit)
        if around is not None and around[1] > box[1]:
            box = around
    start, end, after = box
    for _ in range(MAX_NESTED_BOXES):
        inner = _BOX.match(text, _skip_blanks(text, start))
        held = None if inner is None else _closed(text, inner, limit)
        if held is None or held[2] > end or text[held[2] : end].strip():
            break
        start, end, _ = held
    return start, end, after


def _closed(text: str, opening: re.Match[str], limit: int) -> tuple[int, int, int] | None:
    """Return the ends of the content of a box, and of the box; None if it isn't closed."""
    if opening["bare"] is not None:
        return *opening.span("bare"), opening.end()
    first = opening.end()
    depth = 0
    for place in range(first - 1, min(len(text), first + limit)):
        if text[place] == "{" and text[place - 1] != "\\":
            depth += 1
        elif text[place] == "}" and text[place - 1] != "\\":
            depth -= 1
            if depth == 0:
                return first, place, place + 1
    return None


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def last_answer_tag(text: str) -> str | None:
    """Return the content of the last, of nested ones the innermost, `<answer>…</answer>`."""
    found = last_tag(text)
    return None if found is None else text[found[0] : found[1]]


def last_tag(text: str) -> tuple[int, int, int] | None:
    """Return the start and end of what `last_answer_tag` gives, and the end of its tag, or None."""
    # One pass over the tags: a pattern with `.*?` between them is quadratic in unclosed ones.
    start, found = -1, None
    for tag in _ANSWER_TAG.finditer(text):
        if not tag[1]:
            start = tag.end()
        elif start >= 0:
            found = start, tag.start(), tag.end()
            start = -1
    return found

"""Normalise text, and find the final answer in it, for several rewards.

Model text is hostile: everything here is linear in its length and nothing evaluates it.
"""

from __future__ import annotations

import re
import unicodedata

# A reasoning block is thinking aloud, not the answer. The closing tag decides: what follows
# the last one is the answer, also when the opening tag was part of the prompt.
_REASONING_END = re.compile(r"</(?:think|thinking|reasoning|scratchpad)>", re.IGNORECASE)
_ANSWER_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)


def after_reasoning(text: str) -> str:
    """Return what follows the last closing tag of a reasoning block, or all of it."""
    end = 0
    for match in _REASONING_END.finditer(text):
        end = match.end()
    return text[end:]


def fold(text: str) -> str:
    """Apply NFKC; make every script's digits ASCII, the Unicode minus '-', gaps one space."""
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
    r"""Return the content of the last complete `\boxed{…}` with balanced braces, or None.

    An unclosed last box counts as no box at all: the text was cut off in the middle of it. So
    does one of more than `limit` characters, which no answer has.
    """
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth = 0
    first = start + len("\\boxed{")
    for place in range(first - 1, min(len(text), first + limit)):
        if text[place] == "{" and text[place - 1] != "\\":
            depth += 1
        elif text[place] == "}" and text[place - 1] != "\\":
            depth -= 1
            if depth == 0:
                return text[first:place]
    return None


def last_answer_tag(text: str) -> str | None:
    """Return the content of the last, of nested ones the innermost, `<answer>…</answer>`."""
    # One pass over the tags: a pattern with `.*?` between them is quadratic in unclosed ones.
    start, content = -1, None
    for tag in _ANSWER_TAG.finditer(text):
        if not tag[1]:
            start = tag.end()
        elif start >= 0:
            content = text[start : tag.start()]
            start = -1
    return content

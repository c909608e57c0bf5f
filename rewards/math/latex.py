r"""Give LaTeX that differs only in typography one spelling, and cut it at the top level.

`tidy` keeps what can change the meaning: spaces (they tell `1, 234` from `1,234`), braces, text.
"""

from __future__ import annotations

import re
import unicodedata

from rewards.reading.text import fold

_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUBSCRIPT = re.compile(r"[₀₁₂₃₄₅₆₇₈₉]+")
# NFKC would make 21/2 of 2½, and 108 of 10⁸.
_MIXED = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_SYMBOLS = {
    "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "÷": "/", "√": r"\sqrt ",
    "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ",
    "∈": r"\in ", "°": r"^\circ ", "±": r"\pm ", "∓": r"\mp ", "≈": r"\approx ", "∅": r"\emptyset ",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "θ": r"\theta ",
    "λ": r"\lambda ", "φ": r"\phi ", "ω": r"\omega ", "ℝ": r"\mathbb{R}", "、": ",", "٫": ".",
}  # fmt: skip
_COMMANDS = [
    # Doubled backslashes are an escaping slip, except between the rows of a matrix.
    (r"\\\\(?=(?:left|right|frac|sqrt|le|ge|pi|infty|text|cup|in|pm|cdot)(?![a-z]))", r"\\"),
    (r",\s*\\!\s*", ","),
    # Sizes and styles mean nothing; \left and \right only with a delimiter after them.
    (r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\s*\.?", ""),
    (r"\\(?:displaystyle|textstyle|limits|nolimits)(?![A-Za-z])", ""),
    (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
    (r"\\(?:text|mathrm|textnormal|textbf|textit|textrm|mbox|mathbf|operatorname|mathit|mathsf)\s*(?=\{)",
     r"\\text"),
    (r"\{\s*\\rm\s+([^{}]*)\}", r"\\text{\1}"),
    (r"\\text\{\s*([einx])\s*\}", r"{\1}"),  # an upright e or i is still that number
    (r"\\text\{\s*(sin|cos|tan|ln|log|exp)\s*\}", r"\\\1 "),
    (r"\\(?:leq|leqslant)(?![A-Za-z])", r"\\le"),
    (r"\\(?:geq|geqslant)(?![A-Za-z])", r"\\ge"),
    (r"\\neq(?![A-Za-z])", r"\\ne"),
    (r"\\(?:lbrace|lbrack)(?![A-Za-z])", r"\\{"),
    (r"\\(?:rbrace|rbrack)(?![A-Za-z])", r"\\}"),
    (r"\\(?:varnothing)(?![A-Za-z])|\\\{\s*\\\}", r"\\emptyset"),
    (r"\\degree(?![A-Za-z])|\^\s*\{\s*\\circ\s*\}", r"^\\circ "),
    (r"\\lt(?![A-Za-z])", "<"),
    (r"\\gt(?![A-Za-z])", ">"),
    (r"!=", r"\\ne "),
    (r"<=", r"\\le "),
    (r">=", r"\\ge "),
    (r"\\(?:quad|qquad)(?![A-Za-z])|(?<!\\)\\[,;: ]|~", " "),
    (r"(?<!\\)\\!", ""),
    (r"\{\s*,\s*\}", ","),
    (r"\\langle(?![A-Za-z])", "("),
    (r"\\rangle(?![A-Za-z])", ")"),
    (r"\\%", "%"),
    (r"\\\(|\\\)|\\\[|\\\]", " "),
]  # fmt: skip
_TIDY = [(re.compile(pattern), replacement) for pattern, replacement in _COMMANDS]
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")


def tidy(text: str) -> str:
    r"""Fold Unicode to ASCII and LaTeX, and synonyms to one command each.

    Unescaped `$` in pairs are delimiters and go; an odd one or an escaped one is the currency.
    """
    text = _MIXED.sub(" ", text)
    text = _SUPERSCRIPT.sub(lambda m: f"^{{{unicodedata.normalize('NFKC', m[0])}}}", text)
    text = _SUBSCRIPT.sub(lambda m: f"_{{{unicodedata.normalize('NFKC', m[0])}}}", text)
    text = fold(text)
    for symbol, command in _SYMBOLS.items():
        text = text.replace(symbol, command)
    currency = text.replace("\\$", "")
    if currency.count("$") % 2 == 0:
        text = text.replace("\\$", "\0").replace("$", "").replace("\0", "$")
    else:
        text = text.replace("\\$", "$")
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return " ".join(text.split()).strip("* ").rstrip(".").strip("* ")


def squeezed(text: str) -> str:
    """Return a tidy text without spaces and text commands, for comparing letter by letter."""
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", text)
    # A space between digits separates numbers: "2 1/2" isn't "21/2".
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text)


def split_top(text: str, separators: re.Pattern[str]) -> list[tuple[str, str]]:
    """Cut a tidy text at separators outside all brackets: pairs of (separator, part).

    The first part's separator is ''. Brackets of different kinds may pair, as in `[0, 1)`. A text
    whose brackets don't balance isn't cut.
    """
    parts: list[tuple[str, str]] = []
    depth = start = place = 0
    separator = ""
    while place < len(text):
        char = text[place]
        if char == "\\" and text[place + 1 : place + 2] in ("{", "}"):
            depth += 1 if text[place + 1] == "{" else -1
            place += 2
            continue
        if char in _OPENERS:
            depth += 1
        elif char in _CLOSERS:
            depth -= 1
            if depth < 0:
                return [("", text)]
        elif depth == 0:
            match = separators.match(text, place)
            if match is not None and match.end() > place:
                parts.append((separator, text[start:place].strip()))
                separator = match[0].strip()
                start = place = match.end()
                continue
        place += 1
    if depth:
        return [("", text)]
    parts.append((separator, text[start:].strip()))
    return parts


def enclosed(text: str) -> tuple[str, str, str] | None:
    r"""Return (opening, inside, closing) if one pair of brackets encloses the whole text.

    `\{` and `\}` count as brackets; French `]0, 1[` comes back as an open interval.
    """
    if re.fullmatch(r"\][^\[\]]*\[", text):
        text = f"({text[1:-1]})"
    opening = next((o for o in ("\\{", "(", "[", "{") if text.startswith(o)), None)
    closing = next((c for c in ("\\}", ")", "]", "}") if text.endswith(c)), None)
    if opening is None or closing is None or len(text) < len(opening) + len(closing):
        return None
    depth = place = 0
    while place < len(text):
        step = 2 if text[place] == "\\" and text[place + 1 : place + 2] in ("{", "}") else 1
        char = text[place + step - 1]
        if char in _OPENERS:
            depth += 1
        elif char in _CLOSERS:
            depth -= 1
            if depth == 0 and place + step < len(text):
                return None
        place += step
    return (opening, text[len(opening) : -len(closing)].strip(), closing) if depth == 0 else None

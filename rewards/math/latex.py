r"""Give LaTeX that differs only in typography one spelling, and cut it at the top level.

`tidy` keeps what can change the meaning: spaces (they tell `1, 234` from `1,234`), braces, text.
"""

from __future__ import annotations

import re
import unicodedata

from rewards.reading.text import fold
from rewards.reading.typography import FONTS, without_layout

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
# Doubled backslashes are an escaping slip, except between the rows of a matrix.
_SLIP = re.compile(
    r"\\\\(?=(?:left|right|[dt]?frac|sqrt|le|ge|pi|infty|text\w*|cup|in|pm|cdot|times|mathrm|mathbf"
    r"|boldsymbol|circ|l?dots)(?![a-z]))"
)
_FONT = rf"\\(?:{'|'.join(FONTS)})\*?(?![A-Za-z])"
_NUMBER = r"([+-]?\d[\d.,]*)"
_UPRIGHT = (
    "arcsin|arccos|arctan|arccot|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|ln|log|lg|exp|gcd|max|min"
)
_NUMERALS = (
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_BASES = {word: str(place) for place, word in enumerate(_NUMERALS, start=2)} | {"sixteen": "16"}
_SYNONYMS = {
    **dict.fromkeys(("dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"), r"\frac"),
    **dict.fromkeys(("dbinom", "tbinom"), r"\binom"),
    **dict.fromkeys(
        ("dotsb", "dotsc", "dotsi", "dotsm", "dotso", "ldots", "cdots", "hdots"), r"\dots"
    ),
    **dict.fromkeys(("textellipsis", "mathellipsis"), r"\dots"),
    **dict.fromkeys(("leq", "leqslant", "leqq"), r"\le"),
    **dict.fromkeys(("geq", "geqslant", "geqq"), r"\ge"),
    **dict.fromkeys(("rightarrow", "longrightarrow"), r"\to"),
    **dict.fromkeys(("smallsetminus", "backslash"), r"\setminus"),
    **dict.fromkeys(("langle", "lparen"), "("),
    **dict.fromkeys(("rangle", "rparen"), ")"),
    **{letter: rf"\mathbb{{{letter}}}" for letter in "RNZQ"},
    "neq": r"\ne",
    "lbrace": r"\{",
    "rbrace": r"\}",
    "lbrack": "[",
    "rbrack": "]",
    "vert": "|",
    "mid": "|",
    "ast": "*",
    "colon": ":",
    "lt": "<",
    "gt": ">",
    "varnothing": r"\emptyset",
    "degree": r"^\circ ",
    "hline": "",
    "Bbb": r"\mathbb",
}
_COMMAND = re.compile(r"\\([A-Za-z]+)")
# What a text must hold for a rule to apply, the pattern, and what takes its place.
_RULES = [
    # A number, a name or a formula in any font is the same; words are words.
    ("\\", rf"{_FONT}\s*\{{\s*{_NUMBER}\s*\}}", r" \1"),
    (
        "\\",
        r"\\(?:mathbf|mathit|mathnormal|boldsymbol|bm|pmb|boxed|fbox|ensuremath)\s*"
        r"\{\s*([A-Za-z]|\\[A-Za-z]+)\s*\}",
        r" \1 ",
    ),
    (
        "\\",
        r"\\(?:boldsymbol|bm|pmb|boxed|fbox|framebox|ensuremath|mathord|mathop|mathbin|mathrel)"
        r"\s*(?=\{)|\\(?:mathbf|mathit|mathnormal|underline)\s*(?=\{[^{}]*[\\\d=+^_<>])"
        r"|\\underline\s*(?=\{\s*\\text)",
        "",
    ),
    (
        "\\",
        r"\\(?:boldsymbol|bm|pmb|mathbf|mathit|mathrm|bf|it|rm)(?![A-Za-z])(?:\s*(?=\d|\\[A-Za-z])|\s+(?=[A-Za-z]))",
        " ",
    ),
    (
        "\\",
        r"\\(?:text|mathrm|textnormal|textbf|textit|textrm|textsf|texttt|textup|textsc|emph|mbox"
        r"|hbox|mathbf|operatorname\*?|mathit|mathsf|mathtt|bf|it|rm|sf|tt)\s*(?=\{)",
        r"\\text",
    ),
    ("{", r"\{\s*\\(?:rm|bf|it|sf|tt)\s+([^{}]*)\}", r"\\text{\1}"),
    ("\\text", r"\\text\{\s*([einx])\s*\}", r"{\1}"),  # an upright e or i is still that number
    ("\\text", rf"\\text\{{\s*({_UPRIGHT})\s*\}}", r"\\\1 "),
    ("\\text", rf"\\text\{{\s*{_NUMBER}\s*\}}", r" \1"),
    ("\\text", r"\\text\{(\s*)([,;:])(\s*)\}", r"\1\2\3"),
    # What has other names, or signs of its own.
    ("\\choose", r"\{\s*([^{}\\]+)\\choose(?![A-Za-z])\s*([^{}\\]+)\}", r"\\binom{\1}{\2}"),
    ("\\over", r"\{\s*([^{}\\]+)\\over(?![A-Za-z])\s*([^{}\\]+)\}", r"\\frac{\1}{\2}"),
    # At the end of a decimal they only say that it was cut.
    ("...", r"\.{3,}(?!\s*$)|(?<![\d.])\.{3,}\s*$", r"\\dots "),
    ("\\mathbb", r"\\mathbb\s*\{?\s*([A-Z])\b\s*\}?", r"\\mathbb{\1}"),
    ("\\not", r"\\not\s*=", r"\\ne "),
    ("\\{", r"\\\{\s*\\\}", r"\\emptyset"),
    ("\\circ", r"\^\s*\{\s*\\circ\s*\}", r"^\\circ "),
    ("\\prime", r"\^\s*\{?\s*\\prime\s*\}?", "'"),
    ("!=", r"!=", r"\\ne "),
    ("<=", r"<=", r"\\le "),
    (">=", r">=", r"\\ge "),
    ("~", r"~", " "),
    ("\\%", r"\\%", "%"),
    ("\\", r"\\\(|\\\)|(?<!\\)\\[\[\]]", " "),
    ("\\\\", r"\\\\\s*\[[^\[\]]{0,12}\]", r"\\\\"),
    (
        "\\begin",
        r"[(\[]\s*\\begin ?\{(?:array|matrix|smallmatrix)\}(?:\s*\{[lcr|\s]*\})?"
        r"([^()\[\]]*)\\end ?\{(?:array|matrix|smallmatrix)\}\s*[)\]]",
        r"\\begin{pmatrix}\1\\end{pmatrix}",
    ),
    # One sign for two, and none before what needs none; "3--5" is a range.
    ("+", r"\+\s?/\s?-", r"\\pm "),
    ("+", r"([\w)\]}'!|]\s*)(?:\+\s*-|-\s*\+)\s*(?=[\w(\\.{])", r"\1-"),
    (
        "-",
        r"([A-Za-z)\]}'!|]\s*)-\s*-\s*(?=[\w(\\.{])"
        r"|(\d\s*)(?:-\s*-\s*(?=[A-Za-z(\\])|- -\s*(?=\d))",
        r"\1\2+",
    ),
    (
        "+",
        r"(^|[(\[,;=<>&]|\\\{|\\(?:in|to|le|ge|ne|cup|approx)(?![A-Za-z]))\s*\+"
        r"(?:\s*(?=[\d.(]|\\(?!text))|(?=[A-Za-z]))",
        r"\1 ",
    ),
    # Bases and other indices: 2516_{8}, 2516_{\text{eight}}, (2516)_8.
    ("_", r"_\s*(?:\{\s*\\text\{([^{}]*)\}\s*\}|\\text\{([^{}]*)\})", r"_{\1\2}"),
    (
        "_",
        r"(?<=[\dA-F)])\s*_\s*\{\s*(?:base\s*|\\text\{\s*base\s*\}\s*|[(\[]\s*)(\w+)\s*[)\]]?\s*\}",
        r"_{\1}",
    ),
    ("_", r"\(\s*([\dA-F]{2,})\s*\)\s*(?=_\s*\{?\s*\d)", r"\1"),
    ("_", r"(?<=\d)\s*_\s*(\d{2,})(?!\d)", r"_{\1}"),
    ("_", r"\s*_\s+(?=\w)", "_"),
    ("{", r"([_^])\s*\{\s*([A-Za-z\d])\s*\}(?!\s*\.?\d)", r"\1\2"),
]
_TIDY = [(needed, re.compile(pattern), replacement) for needed, pattern, replacement in _RULES]
_BASE = re.compile(rf"(?<=\d)\s*_\s*\{{\s*({'|'.join(_BASES)})\s*\}}")
# French intervals are open where the bracket turns its back.
_FRENCH = re.compile(
    r"(^|\\cup|\\cap|\\in|=|\\setminus)(\s*)([\[\]])([^\[\]]*)([\[\]])"
    r"(?=\s*(?:$|\\cup|\\cap|\\setminus))"
)
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")


def tidy(text: str) -> str:
    r"""Fold Unicode to ASCII and LaTeX, and synonyms to one command each.

    Unescaped `$` in pairs are delimiters and go; an odd one or an escaped one is the currency.
    """
    if not text.isascii():
        text = _MIXED.sub(" ", text)
        text = _SUPERSCRIPT.sub(lambda m: f"^{{{unicodedata.normalize('NFKC', m[0])}}}", text)
        text = _SUBSCRIPT.sub(lambda m: f"_{{{unicodedata.normalize('NFKC', m[0])}}}", text)
    text = fold(text)
    if not text.isascii():
        for symbol, command in _SYMBOLS.items():
            text = text.replace(symbol, command)
    if "$" in text:
        currency = text.replace("\\$", "")
        if currency.count("$") % 2 == 0:
            text = text.replace("\\$", "\0").replace("$", "").replace("\0", "$")
        else:
            text = text.replace("\\$", "$")
    if "\\" in text:
        text = _SLIP.sub(r"\\", text)
    text = without_layout(text)
    if "\\" in text:
        text = _COMMAND.sub(lambda found: _SYNONYMS.get(found[1], found[0]), text)
    for needed, pattern, replacement in _TIDY:
        if needed in text:
            text = pattern.sub(replacement, text)
    if "_" in text:
        text = _BASE.sub(lambda found: "_" + _BASES[found[1]], text)
    if "[" in text or "]" in text:
        text = _FRENCH.sub(_interval, text)
    return " ".join(text.split()).strip("*` ").rstrip(".").strip("*` ")


def _interval(found: re.Match[str]) -> str:
    before, blank, opening, inside, closing = found.groups()
    if (opening, closing) == ("[", "]") or not ("," in inside or ";" in inside):
        return found[0]
    left, right = "(" if opening == "]" else "[", ")" if closing == "[" else "]"
    return f"{before}{blank}{left}{inside}{right}"


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

r"""Undo typography: what changes how an answer looks, and not what it says.

The one place for it, for all rewards. Models set answers in LaTeX (`\text{Wednesday}`,
`\textbf{(C)}`, `1{,}461`), in Markdown (`**Wednesday**`, `` `B` ``) and in HTML, and the same
answer comes in all of them.

`without_layout` removes what no formula depends on: sizes, styles, colours, blanks. `plain` removes
fonts, emphasis and the signs around formulas as well, for answers that are words, letters or plain
numbers. `readings` gives all that an answer may stand for: an answer may hold an asterisk or an
underscore that belongs to it, so it is read as it is written, too.

What says something stays: struck-out text is not the answer, `x_1` no emphasis, `$5` a price. All
of it is linear in the length of the text.
"""

from __future__ import annotations

import re

# Longer texts are no short answers; they are left as they are.
MAX_CHARS = 20_000

# Commands that set their argument in a font or a frame, or say nothing about it.
FONTS = (
    *("text", "textbf", "textit", "textrm", "textsf", "texttt", "textup", "textmd", "textsc"),
    *("textsl", "textnormal", "emph", "mbox", "hbox", "underline", "uline", "operatorname"),
    *("mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathnormal", "boldsymbol", "bm", "pmb"),
    *("boxed", "fbox", "framebox", "ensuremath", "mathord", "mathop", "mathbin", "mathrel"),
    *("bf", "it", "rm", "sf", "tt", "sc"),
)
_END = r"(?![A-Za-z])"
# Sizes mean nothing; \left and \right only with a delimiter after them.
_SIZE = re.compile(rf"\\(?:left|right|middle|[bB]igg?[lrm]?){_END}\s*\.?")
_STYLES = (
    *("displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits"),
    *("tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE"),
    *("huge", "Huge", "boldmath", "centering", "noindent", "strut", "null", "nobreak"),
    *("allowbreak", "protect", "quad", "qquad", "enspace", "enskip", "thinspace", "medspace"),
    *("thickspace", "negthinspace", "space", "nobreakspace", "hfill"),
)
_BLANKS = [
    (needed, re.compile(pattern), replacement)
    for needed, pattern, replacement in (
        ("\\!", r",\s*\\!\s*", ","),
        ("color", r"\\(?:textcolor|colorbox)\s*\{[^{}]*\}\s*(?=\{)|\\color\s*\{[^{}]*\}", ""),
        ("\\", r"\\(?:tag\*?|label)\s*\{[^{}]*\}", ""),
        ("phantom", r"\\[hv]?phantom\s*\{[^{}]*\}", " "),
        (
            "\\",
            r"\\(?:hspace|vspace|hskip|vskip|kern|mkern|mskip)\*?\s*"
            r"(?:\{[^{}]*\}|-?[\d.]{1,8}\s*(?:pt|em|ex|mu|cm|mm|in)\b)",
            " ",
        ),
        ("\\", rf"\\(?:{'|'.join(_STYLES)}){_END}|(?<!\\)\\[,;:> ]", " "),
        ("\\", r"(?<!\\)\\[!/]", ""),
        ("~", r"(?<=[^\s~])~(?=[^\s~])", " "),
        ("{", r"(?<![A-Za-z])\{\s*([,.:;-])\s*\}", r"\1"),
    )
]


def without_layout(text: str) -> str:
    r"""Remove LaTeX's sizes, styles, colours and blanks, and the braces in `1{,}234`."""
    if "\\" in text:
        text = _SIZE.sub("", text)
    for needed, pattern, replacement in _BLANKS:
        if needed in text:
            text = pattern.sub(replacement, text)
    return text


# Invisible, and not part of any word: zero-width spaces, marks of direction, variants of emoji.
_INVISIBLE = dict.fromkeys(
    (
        *(0x00AD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F)),
        *(0x2060, *range(0x2066, 0x206A), 0xFE0E, 0xFE0F, 0xFEFF),
    )
)
_FONT = rf"\\(?:{'|'.join(FONTS)})\*?"
# "\\text": an escaping slip.
_SLIP = re.compile(rf"\\(?={_FONT}{_END})")
_GROUPED = re.compile(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3}(?!\d))")
_ARGUMENT = re.compile(rf"{_FONT}\s*(?:\[[^\[\]]{{0,20}}\]\s*)?\{{|\\.|[{{}}]", re.DOTALL)
_SWITCH = re.compile(
    r"\\(?:bf|it|rm|sf|tt|sc|em|bfseries|itshape|rmfamily|sffamily|ttfamily"
    rf"|boldsymbol|bm|mathbf|mathrm|boldmath){_END}\s*"
)
# As pandoc has it: "$5 and $6" are prices, "$5$" is a formula.
_FORMULA = re.compile(r"\$\$([^$]+)\$\$|(?<!\\)\$(?!\s)([^$\n]*[^\s$\\])\$(?!\d)")
_WHOLE_FORMULA = re.compile(r"\$([^$]+)(?<!\\)\$\.?")
_DELIMITERS = re.compile(r"(?<!\\)\\[()\[\]]|(?<!\\)\\\s*\Z")
_ORDINAL = re.compile(r"\^\s*\{\s*(st|nd|rd|th)\s*\}")
_ESCAPED = re.compile(r"\\([%$&#_{}])")
_WHOLE_GROUP = re.compile(r"\{([^{}]*)\}")

# Within a Latin word or a number a star or a line is no emphasis: 2*3*4, snake_case.
_EDGE, _CLOSE = r"(?<![A-Za-z0-9\u00c0-\u024f\\])", r"(?![A-Za-z0-9\u00c0-\u024f])"
_STARS = re.compile(rf"{_EDGE}(?<!\*)(\*{{1,3}})(?=[^\s*])([^*\n]*[^\s*\n\\])\1(?!\*){_CLOSE}")
_LINES = re.compile(rf"{_EDGE}(?<!_)(_{{1,3}})(?=[^\s_])([^_\n]*[^\s_\n\\])\1(?!_){_CLOSE}")
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)[ ]?([^`\n]+?)[ ]?\1(?!`)")
_FENCE = re.compile(r"^[ \t]{0,3}```\w{0,20}[ \t]*$\n?", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_TAGS = re.compile(
    r"</?(?:b|strong|i|em|u|code|tt|kbd|mark|big|span|font|center|p)(?:\s[^<>]{0,80})?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")


def _without_fonts(text: str) -> str:
    r"""Replace `\text{…}` and its kind by what stands in the braces, to any depth."""
    parts: list[str] = []
    removed: list[bool] = []  # of the groups that are open: whether their braces go
    end = 0
    for match in _ARGUMENT.finditer(text):
        found = match[0]
        keep = found
        if found[-1] == "{" and found != "\\{":
            removed.append(found != "{")
            keep = "" if removed[-1] else found
        elif found == "}" and removed and removed.pop():
            keep = ""
        parts += [text[end : match.start()], keep]
        end = match.end()
    return "".join([*parts, text[end:]])


def _without_latex(text: str) -> str:
    text = _GROUPED.sub(",", _SLIP.sub("", text))
    text = _without_fonts(without_layout(text))
    text = _SWITCH.sub("", text)
    whole = _WHOLE_FORMULA.fullmatch(text.strip())
    text = whole[1].strip() if whole else _FORMULA.sub(lambda found: found[1] or found[2], text)
    text = _ORDINAL.sub(r"\1", _DELIMITERS.sub(" ", text))
    text = _ESCAPED.sub(r"\1", text)
    group = _WHOLE_GROUP.fullmatch(text.strip())
    return group[1] if group else text


def _without_markdown(text: str) -> str:
    text = _HEADING.sub("", _FENCE.sub("", _BREAK.sub("\n", _TAGS.sub("", text))))
    for pattern in (_CODE, _STARS, _LINES, _STARS):
        text = pattern.sub(r"\2", text)
    return text


def plain(text: str, *, markdown: bool = True) -> str:
    r"""Return a short answer without LaTeX, Markdown and HTML typography; lines stay lines.

    Args:
        text: the answer; more than `MAX_CHARS` characters are returned as they are.
        markdown: undo Markdown and HTML too; false for a gold answer, which is meant as written.
    """
    if len(text) > MAX_CHARS:
        return text
    text = text.translate(_INVISIBLE)
    if markdown:
        text = _without_markdown(text)
    if not _is_free_of_latex(text):
        text = _without_latex(text)
        text = _without_markdown(text) if markdown else text
    return text


def _is_free_of_latex(text: str) -> bool:
    return not any(sign in text for sign in "\\{$~")


def ungrouped(text: str) -> str:
    """Remove the commas that group the digits of numbers by thousands."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def readings(answer: str) -> tuple[str, ...]:
    """Return what an answer may stand for: as written, plain, and with numbers ungrouped."""
    bare = plain(answer)
    return tuple(dict.fromkeys((answer, bare, ungrouped(bare))))

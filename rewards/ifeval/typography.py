"""Say how the prompts of each language ask for titles, sections, highlights and fixed answers.

IFEval's prompts are English; those of M-IFEval (Dussolle et al., 2025, arXiv 2502.04688) ask in
Spanish, French and Japanese for what is usual there: a French title stands between ##, a Japanese
one in 『』. Where a row says the language of its prompt, only that language's marks count. Where it
does not, English ones do, and those of the language that the text is in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rewards.reading.languages import identify

_ASTERISKS = re.compile(
    r"(?<!\*)(?P<mark>\*{1,3})(?![\s*])(?P<inside>[^*\n]+)(?<!\s)(?P=mark)(?!\*)"
)
_DIGITS = "0-9０-９〇一二三四五六七八九十"


@dataclass(frozen=True)
class Marks:
    """Is what the prompts of one language ask for; patterns have the content as `inside`."""

    title: re.Pattern[str] = re.compile(r"<<(?P<inside>[^<>\n]+)>>")
    highlight: re.Pattern[str] = _ASTERISKS
    bullet: re.Pattern[str] = re.compile(r"^[ \t]*[*+-][ \t]+(?![*+-][ \t]*$)\S", re.MULTILINE)
    answers: tuple[str, ...] = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
    section: str = r"{splitter}[ \t]?(?P<number>\d+)"
    quotes: frozenset[str] = field(default_factory=frozenset)

    def section_heading(self, splitter: str) -> re.Pattern[str]:
        """Build what finds the beginning of a section; its number is the group `number`."""
        heading = self.section.format(splitter=re.escape(splitter.strip()))
        return re.compile(rf"^[ \t]*[*_#>\[(<\"“【]*[ \t]*{heading}", re.MULTILINE)


_DOUBLE = frozenset(('""', "“”", "„“", "„”", "«»", "»«", "＂＂", "「」", "『』", "””"))
_ENGLISH = Marks(quotes=_DOUBLE)
_MARKS = {
    "en": _ENGLISH,
    "es": Marks(answers=("Sí.", "No.", "Quizás."), quotes=_DOUBLE),
    "fr": Marks(
        title=re.compile(r"(?<!#)##(?!#)(?P<inside>[^#\n]+)##(?!#)"),
        answers=("Oui.", "Non.", "Peut-être."),
        quotes=_DOUBLE | {"''", "‘’"},
    ),
    "ja": Marks(
        title=re.compile(r"『(?P<inside>[^『』\n]+)』"),
        highlight=re.compile(r"《(?P<inside>[^《》\n]+)》"),
        bullet=re.compile(r"^[ \t\u3000]*[・･•●][ \t\u3000]*[^\s・･•●]", re.MULTILINE),
        answers=("はい、そうです。", "いいえ、違います。", "どちらとも言えません。"),
        section=rf"第[ \t]?(?P<number>[{_DIGITS}]+)[ \t]?{{splitter}}",
        quotes=frozenset(("「」", "『』")),
    ),
}


def marks(text: str, prompt_language: str | None) -> list[Marks]:
    """Return the marks that count: the prompt's, or English ones and the text's language's."""
    if prompt_language is not None:
        return [_MARKS.get(prompt_language, _ENGLISH)]
    language = identify(text) or "en"
    return list(dict.fromkeys((_ENGLISH, _MARKS.get(language, _ENGLISH))))

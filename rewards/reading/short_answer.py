"""Tell whether a response states one short answer: a name, a word, a number.

The answer alone counts ("Paris."), or at the end of a plain sentence ("The capital is Paris.",
"首都はパリです。"), or at its start ("Paris is the capital."). Naming it is not enough: "Rome or
Paris", "Paris, Rome" and "It is Rome. It is Paris." would pay for every city in the atlas, and
"not Paris" holds the word too. So only the first line counts, its first sentence decides, and a
comma or a second statement beside the answer spoils it. That is strict on purpose: rows whose
answers come in more shapes than these should be judged by another reward.

An answer in `<answer>` tags or in a box, or behind "answer:" or "answer is", is taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rewards.reading.stated import LABELS
from rewards.reading.text import after_reasoning, fold, last_answer_tag, last_boxed
from rewards.reading.typography import readings

# Neither an answer nor the sentence around it is longer.
MAX_LINE = 240

_STATED = re.compile(
    r"\b(?:answer|antwort|respuesta|réponse|resposta|risposta|odpověď|antwoord)"
    r"(?:\s+(?:is|ist|lautet|es|est|é|è|je)\b(?:\s*:)?|\s*:)"
    r"|(?:答え|回答|答案|정답|답|الجواب|الإجابة)\s*(?:は|是|为|為|은|는|هو|هي|:)(?:\s*:)?"
    rf"|^[ \t]{{0,3}}(?:final[ \t])?(?:{'|'.join(LABELS)})[ \t]{{0,3}}$",
    re.IGNORECASE | re.MULTILINE,
)
# What stands between the subject and the answer.
_COPULA = re.compile(
    r"\b(?:is|was|are|were|es ist|es war|ist|war|sind|es|fue|son|c'est|est|était|sont|é|foi|são"
    r"|è|fu|sono|zijn|je|byl|byla|jsou|lautet|heißt)\b|\b(?:it|that)'s\b"
    r"|は|是|为|為|[은는](?=\s)|\b(?:هي|هو)\b|:"
)
_ARTICLE = re.compile(
    r"(?:the|an?|der|die|das|el|la|los|las|le|les|il|lo|gli|os?|as?|de|het)\s+|l'", re.IGNORECASE
)
_QUOTES = "\"'*`“”„‘’«»「」『』() "
# What a sentence may go on with behind the answer without saying more, and how it ends.
_END = re.compile(
    r"(?:です|でした|だ|である|になります|입니다|이다|이에요|예요|였습니다)?[\"'*`“”’»」』)\s]*"
    r"(?:[.!。！۔]+(?=[\"'*`”’»」』)\s]|$)|。|$)"
)
# "o" (Spanish, Italian) is also Portuguese for "the", "of" (Dutch) is also English: these two
# count only where they can be nothing else.
_SEPARATOR = re.compile(
    r"[,;/|،、؛.!?。؟&+]|\b(?:or|oder|ou|nebo|أو|o (?:es|è)|of het)\b|\S o \S|または|或|또는"
)


def states(response: str, accepted: Sequence[str]) -> bool:
    """Tell whether the response states one of the accepted answers, and nothing else.

    Args:
        response: the completion; what stands before the end of a reasoning block is left out.
        accepted: spellings of the right answer; case, width, digits' script and typography
            (`rewards.reading.typography`) don't matter.
    """
    wanted = [key for key in map(_key, accepted) if key]
    text = after_reasoning(response)
    marked = last_answer_tag(text)
    if marked is None:
        marked = last_boxed(text)
    if marked is not None:
        return any(_key(reading) in wanted for reading in readings(marked[: 2 * MAX_LINE]))
    lines = [_line(reading) for reading in readings(text)]
    return any(_says(line, key) for line in lines for key in wanted)


def _line(text: str) -> str:
    """Return the line that should be the answer: the first, or the first behind "answer:"."""
    stated = [match.end() for match in _STATED.finditer(text)]
    text = text[stated[-1] :] if stated else text
    line = next((line for line in text.splitlines() if line.strip()), "")
    return fold(line.lstrip()[: 4 * MAX_LINE])[:MAX_LINE].casefold()


def _key(answer: str) -> str:
    return fold(answer).casefold().strip(_QUOTES).rstrip(".")


def _says(line: str, answer: str) -> bool:
    place = line.find(answer)
    while place >= 0:
        before, after = line[:place], line[place + len(answer) :]
        if _leads(before) and _END.match(after):
            return True
        if not _bare(before) and _is_subject(after):
            return True
        place = line.find(answer, place + 1)
    return False


def _bare(before: str) -> str:
    """Return what is left before the answer without quotes and an article."""
    before = before.strip(_QUOTES)
    return _ARTICLE.sub("", before + " ").strip() if before else ""


def _leads(before: str) -> bool:
    """Tell whether the text before the answer is empty, or a subject with one verb at its end."""
    if not _bare(before):
        return True
    copulas = list(_COPULA.finditer(before))
    if len(copulas) != 1 or _SEPARATOR.search(before):
        return False
    return not _bare(before[copulas[0].end() :])


def _is_subject(after: str) -> bool:
    """Tell whether the answer is what a plain sentence is about."""
    verb = _COPULA.match(after.lstrip(_QUOTES))
    if verb is None:
        return False
    rest = after.lstrip(_QUOTES)[verb.end() :].split(". ")[0].strip(".!。 ")
    return bool(rest) and not _SEPARATOR.search(rest) and not _COPULA.search(rest)

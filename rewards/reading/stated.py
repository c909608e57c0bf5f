"""Find where a response states its answer, in the twelve languages.

`last_stated` finds "the answer is …" in running text and returns what follows; whoever asks decides
what an answer looks like there. Its patterns are the words that introduce an answer, with the forms
of "is" and a colon after them, not grammars: a sentence that only mentions answers yields text that
is no answer, and the caller refuses it. `stated_answer` is stricter, for answers of one line:
tagged, boxed, or after a label "Answer:".
"""

from __future__ import annotations

import re

from rewards.reading.text import after_reasoning, last_answer_tag, last_boxed

# How far after the introducing words an answer may reach.
WINDOW = 200

_LEADS = (
    # en, de, nl
    r"\banswers?\b(?:\s+(?:choice|option|key))?(?:\s+(?:is|would\s+be|should\s+be))?",
    r"\b(?:correct|right)\s+(?:choice|option)\s+is",
    r"\bantwort(?:en)?\b(?:\s+(?:ist|lautet|wäre))?",
    r"\b(?:antwoord|antwoorden)\b(?:\s+(?:is|luidt))?",
    # es, pt, fr, it
    r"\brespuestas?\b(?:\s+(?:correcta|final))*(?:\s+(?:es|sería))?",
    r"\brespostas?\b(?:\s+(?:correta|certa|final))*(?:\s+(?:é|seria))?",
    r"\bréponses?\b(?:\s+(?:correcte|exacte|finale))*(?:\s+(?:est|serait))?",
    r"\brispost[ae]\b(?:\s+(?:corretta|esatta|giusta|finale))*(?:\s+è)?",
    # cs
    r"\bodpově[ďd]í?\b(?:\s+(?:je|zní))?",
    # ar: the answer (is), the choice (is)
    r"(?:الإجابة|الاجابة|الجواب)(?:\s+(?:الصحيحة|الصحيح|النهائية|النهائي))*(?:\s+(?:هي|هو))?",
    # ja, zh, ko
    r"(?:答え|正解|解答|回答)(?:\s*は)?",
    r"(?:正确)?(?:答案|选项)\s*(?:应该)?(?:是|为|選|选)?",
    r"(?:故|应|應|所以|因此)\s*(?:选择|选|選)",
    r"(?:정답|답|답변)(?:\s*은|\s*는)?",
)
_STATED = re.compile(rf"(?:{'|'.join(_LEADS)})\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*", re.IGNORECASE)


def last_stated(text: str) -> str | None:
    """Return what follows the last "answer:" or "the answer is" within `WINDOW`; else None.

    The text must be folded (`rewards.reading.text.fold`, line by line where lines matter), so that
    a full-width colon is a colon.
    """
    end = None
    for match in _STATED.finditer(text):
        # "answer" at the very end introduces nothing; the one before it may.
        if match.end() < len(text):
            end = match.end()
    return None if end is None else text[end : end + WINDOW]


_LABELS = (
    "answer",
    "antwort",
    "respuesta",
    "réponse",
    "resposta",
    "risposta",
    "antwoord",
    "odpověď",
    "答え",
    "回答",
    "答案",
    "답",
    "정답",
    "الإجابة",
    "الجواب",
)
# Japanese, Korean and Chinese labels need no word boundary; Latin ones do ("swanswer:").
_LABEL = re.compile(rf"(?<![a-z])(?:{'|'.join(_LABELS)})\s{{0,3}}[:：]", re.IGNORECASE)
_EMPHASIS = " \t\n*"


def stated_answer(completion: str) -> str | None:
    """Return the answer that a response states, or None if it states none.

    Taken, in this order: the last `<answer>…</answer>`, the last `\\boxed{…}`, what follows the
    last "Answer:" on its line, or below it if nothing does. Only text after the reasoning counts.
    """
    text = after_reasoning(completion)
    for found in (last_answer_tag(text), last_boxed(text)):
        if found is not None:
            return found.strip()
    end = -1
    for match in _LABEL.finditer(text):
        end = match.end()
    if end < 0:
        return None
    # "**Answer:** 7" leaves the closing asterisks in front of the answer.
    line = text[end:].split("\n", 1)[0].strip(_EMPHASIS)
    return line or text[end:].strip(_EMPHASIS)

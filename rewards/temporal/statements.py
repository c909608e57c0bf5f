"""Find the answer in the sentence that ends a chain of thought: "So the answer is yes."

Only a sentence that says nothing else counts, and only the last one of the response. So "I doubt
that the answer is yes", "the answer is yes if …" and "the answer is yes. Or no." state nothing:
what stands before the answer is a conjunction at most, and what stands behind it is the end.
"""

from __future__ import annotations

import re

from rewards.reading.text import fold

# A sentence with a date in it isn't longer; only the response's end is looked at.
MAX_SENTENCE_CHARS = 200

# What leads from the argument to the answer, and the answer's introduction, language by language.
_SENTENCES = (
    r"(?:(?:so|therefore|thus|hence|then|in conclusion|finally),? )?(?:the|my) "
    r"(?:(?:final|correct|right) )?answer is",
    r"(?:also|daher|somit|folglich|deshalb) (?:ist|lautet) die (?:richtige )?antwort",
    r"die (?:richtige )?antwort (?:ist|lautet)(?: (?:also|daher|somit))?",
    r"(?:(?:donc|ainsi|par conséquent),? )?la (?:bonne )?réponse (?:finale )?est(?: donc)?",
    r"(?:(?:por lo tanto|por tanto|así que|entonces),? )?la respuesta (?:final |correcta )?es",
    r"(?:(?:portanto|logo|assim|então),? )?a resposta (?:final |correta )?é",
    r"(?:(?:quindi|perciò|dunque|pertanto),? )?la risposta (?:finale |corretta )?è(?: quindi)?",
    r"dus is het (?:juiste )?antwoord|(?:dus )?het (?:juiste )?antwoord (?:is|luidt)(?: dus)?",
    r"(?:(?:takže|proto|tedy),? )?(?:správná )?odpověď (?:tedy )?(?:je|zní)",
    r"(?:(?:したがって|よって|だから|つまり)[、,]? ?)?(?:答え|回答|正解)は[、,]?",
    r"(?:(?:所以|因此|故)[,，]? ?)?(?:正确)?答案(?:就?是|为)",
    r"(?:(?:따라서|그러므로|그래서),? )?(?:정답|답)[은는]",
    r"(?:(?:لذلك|اذن|إذن|إذا|وبالتالي)[،,]? )?(?:الإجابة|الاجابة|الجواب)(?: (?:هي|هو))?",
)
_STATEMENT = re.compile(
    rf"\**(?:{'|'.join(_SENTENCES)})(?: ?:)? ?[\"'“„«»「『*(]*(?P<answer>[^\"“”«»「」『』*()]+?)"
    r"[\"'”“»」』*)]*(?:です|だ|である|입니다|이다|이에요|예요)?[.!。!]*[\"'”“»」』*)]*",
    re.IGNORECASE,
)
# Where a sentence may begin.
_BEGINNING = re.compile(r"(?<=[.!?]) |(?<=[。！？])")


def last_statement(text: str) -> str | None:
    """Return the answer that the last sentence of a response states, or None if it states none."""
    last = text.rstrip().rsplit("\n", 1)[-1]
    line = fold(last[-2 * MAX_SENTENCE_CHARS :])
    starts = [match.end() for match in _BEGINNING.finditer(line)]
    if len(last) <= 2 * MAX_SENTENCE_CHARS:
        starts.insert(0, 0)
    for start in reversed(starts):
        match = _STATEMENT.fullmatch(line, start)
        if match is not None:
            return match["answer"].strip()
    return None

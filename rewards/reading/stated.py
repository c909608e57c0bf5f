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
    r"\banswers?\b(?:\s+(?:choices?|options?|key)\b)?(?:\s+(?:is|would\s+be|should\s+be))?",
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
    r"(?:正确|正確)?(?:答案|选项|選項)\s*(?:应该|應該|应|應)?(?:是|为|為|選|选)?",
    r"(?:故|应|應|所以|因此)\s*(?:选择|选|選)",
    r"(?:정답|답|답변)(?:\s*은|\s*는)?",
)
# What introduces a lettered choice and nothing else; "option" alone is a mention.
_RIGHT = (
    r"(?:correct|right|best|most\s+likely|most\s+accurate|most\s+appropriate|only\s+correct|final)"
)
_CHOICES = (
    # en
    rf"\b{_RIGHT}\s+(?:choice|option|alternative|statement|selection|letter|response|one)\s*"
    r"(?:(?:here\s+)?(?:is|was|would\s+be|should\s+be|must\s+be)|(?=:))",
    r"\banswers?\b(?:\s+(?:choice|option|key)\b)?\s+(?:must|will|has\s+to|ought\s+to|could\s+only)\s+be",
    r"\bsolution\s+is",
    rf"\b{_RIGHT}\s+answer\s+(?:here|among\s+these|of\s+these)\s+is",
    r"\bI(?:'d|’d|'ll|’ll|\s+would|\s+will|\s+therefore|\s+thus)?\s+(?:choose|chose|select|pick|go\s+with"
    r"|opt\s+for)",
    # de
    r"\b(?:richtige|korrekte|beste|zutreffende|passende)[rsn]?\s+(?:\w{0,12}(?:option|auswahl|wahl"
    r"|lösung|möglichkeit|alternative|aussage)|buchstabe)\s*(?:ist|lautet|wäre|(?=:))",
    r"\b(?:richtig|korrekt)\s+(?:ist|wäre)(?:\s+(?:also|somit|daher|demnach))?"
    r"|\blösung\s*(?:ist|lautet|(?=:))",
    r"\bich\s+(?:wähle|entscheide\s+mich\s+für)",
    # es, pt
    r"\b(?:opci[oó]n|alternativa|letra|elección|afirmación|opção|escolha|afirmação)\s+(?:más\s+|mais\s+)?"
    r"(?:correc?ta|adecuada|adequada|acertada|certa)\s*(?:es|sería|é|seria|(?=:))",
    r"\b(?:la|lo|a|o)\s+(?:correc?t[ao]|cert[ao])\s+(?:es|é)|\bgabarito\b(?:\s+(?:é|oficial))?",
    r"\b(?:elijo|escojo|selecciono|escolho|marco)\b",
    # fr, it
    r"\b(?:option|proposition|lettre|affirmation|choix|alternative)\s+(?:correcte?|exacte?|juste)\s*"
    r"(?:est|serait|(?=\s?:))",
    r"\bbon(?:ne)?\s+(?:réponse|choix|option|proposition|lettre)\s*(?:est|serait|(?=\s?:))|\bje\s+choisis\b",
    r"\b(?:opzione|alternativa|lettera|scelta|affermazione)\s+(?:corretta|giusta|esatta)\s*(?:è|(?=:))",
    r"\bquella\s+(?:corretta|giusta|esatta)\s+è|\bscelgo\b",
    # nl, cs
    r"\b(?:juiste|correcte|goede|beste)\s+(?:optie|keuze|letter|alternatief|bewering)\s*(?:is|luidt|(?=:))",
    r"\bik\s+kies(?:\s+voor)?\b",
    r"\b(?:správn[áéýou]{1,2}|nejlepší)\s+(?:možnost|volba|varianta|alternativa)(?:í|ou)?\s*(?:je|zní|(?=:))",
    r"\bsprávn(?:ě|á|ou)\s+je|\b(?:vybírám|volím|zvolil\s+bych)\b",
    # ar
    r"(?:الخيار|الاختيار|البديل|الحرف)\s+(?:الصحيح|الأصح|المناسب|الأنسب)\s*(?:هو|هي|:|(?=\())|أختار",
    # ja, ko, zh
    r"(?:正しい|適切な|妥当な)(?:選択肢|もの|の|記述|答え)は|選択肢は|正答(?:は)?",
    r"(?:올바른|옳은|맞는|정확한|적절한)\s*(?:선택지|답|보기|것|설명)(?:은|는)",
    r"正[确確]的?(?:答案|选项|選項|选择|選擇)?\s*(?:应该|應該|应|應)?(?:是|为|為)",
    r"(?:本题|本題|此题|此題|故|因此|所以|应该|應該|应|應|最终)(?:答案)?(?:应|應)?(?:选择|選擇|选|選)",
    r"(?:^|[\n。，,])\s*(?:我)?(?:选择|選擇|选|選)",
)
_TO_THE_ANSWER = r")\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*"
_STATED = re.compile(rf"(?:{'|'.join(_LEADS)}{_TO_THE_ANSWER}", re.IGNORECASE)
_THEREFORE = (
    r"therefore|thus|hence|then|clearly|indeed|definitely|simply|also|somit|daher|demnach|folglich|"
    r"entonces|por\s+(?:lo\s+)?tanto|portanto|então|assim|donc|ainsi|quindi|dunque|pertanto|tedy|tudíž|"
    r"dus|daarom"
)
# As above, where a letter is wanted; of a text that is plain. A dash would be a number's sign.
CHOICE_LEADS = re.compile(
    rf"(?:{'|'.join((*_CHOICES, *_LEADS))})(?:\s+(?:{_THEREFORE})\b)?\s*(?::|[-–—](?=\s))?\s*",
    re.IGNORECASE,
)
# What may be a mention: "this answer helps", "the solution is acid" state no choice.
BARE_LEAD = re.compile(
    r"(?:answers?|antwort(?:en)?|antwoord(?:en)?|respuestas?|respostas?|réponses?|rispost[ae]"
    r"|odpově[ďd]í?|الإجابة|الاجابة|الجواب|答え|正解|解答|回答|正答|(?:正[确確])?(?:答案|选项|選項)|정답|답|답변)"
    r"(?:\s+(?:choices?|options?|key))?|(?:solution\s+is|lösung\s+(?:ist|lautet))",
    re.IGNORECASE,
)


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


# The nouns that label an answer, "Answer: …".
LABELS = (
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
# Japanese, Korean and Chinese labels need no word boundary; Latin ones do ("swanswer:"). What sets
# the label off may end with it ("**Answer:** 7", "**Answer**: 7") or with the line
# ("**Answer: 7**").
_MARKS = r"\*{1,3}|_{1,3}"
_NOUNS = rf"(?:{'|'.join(LABELS)})"
_LABEL = re.compile(
    rf"{_NOUNS}(?:(?P<inner>{_MARKS}|\}})?\s{{0,3}}[:：](?P<close>{_MARKS}|\}})?|[*: \t]{{0,4}}$)",
    re.IGNORECASE | re.MULTILINE,
)
_BEFORE = re.compile(
    rf"(?P<open>{_MARKS}|\\(?:text|math)[a-z]{{1,6}}\{{)?(?:(?:the|my|final)\s{{1,3}}){{0,3}}\Z",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(?:^|\n)[ \t]{0,3}(?:#{1,6}[ \t]*|\*\*)(?:final[ \t])?\Z", re.IGNORECASE)
# How much before a label is looked at.
_NEAR = 32


def stated_answer(completion: str) -> str | None:
    """Return the answer that a response states, or None if it states none.

    Taken, in this order: the last `<answer>…</answer>`, the last `\\boxed{…}`, what follows the
    last "Answer:" on its line, or below it if nothing does. Only text after the reasoning counts.
    """
    text = after_reasoning(completion)
    for found in (last_answer_tag(text), last_boxed(text)):
        if found is not None:
            return found.strip()
    label = None
    for match in _LABEL.finditer(text):
        near = text[max(0, match.start() - _NEAR) : match.start()]
        if near[-1:].isascii() and near[-1:].isalpha() and match[0][0].isascii():
            continue
        if ":" in match[0] or "：" in match[0] or _is_heading(near):
            label = match
    if label is None:
        return None
    rest = text[label.end() :].lstrip(" \t")
    line = rest.split("\n", 1)[0].strip()
    if not line:
        return rest.strip()
    led = _BEFORE.search(text[max(0, label.start() - _NEAR) : label.start()])
    opened = led["open"] if led else None
    if opened and not label["inner"] and not label["close"]:
        closing = "}" if opened.startswith("\\") else opened
        line = line.removesuffix(".").removesuffix(closing).rstrip()
    return line


def _is_heading(before: str) -> bool:
    """Tell whether the text before a noun without a colon makes a heading of it."""
    return before.rstrip(" \tfinalFINAL")[-1:] in ("#", "*") and bool(_HEADING.search(before))

r"""Tell which lettered choice a response states, in the twelve languages.

Read are, in this order: what stands behind the last tag or box, if it states a letter; the last
`<answer>…</answer>` or box; a letter that is all there is; the last "the answer is …" or "the
correct option is …" (`rewards.reading.stated`); "B is correct" as the last line; and a choice
written out, "D. zinc", as the only or the first line. Typography is undone first
(`rewards.reading.typography`).

What looks like a letter is not always one: "A metal" has an article, "I think" a pronoun, "E. coli"
a genus, and "the answer is a" may have been cut off. And what states a letter may take it back:
"A or B", "D? No, maybe C", "D. C is correct too" choose nothing. A remark that another letter is
wrong takes nothing back.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from rewards.reading.stated import BARE_LEAD, CHOICE_LEADS, WINDOW
from rewards.reading.text import after_reasoning, fold, last_box, last_tag
from rewards.reading.typography import MAX_CHARS, plain

# A tag or a box with more than a letter and the text of its choice is no answer.
MAX_MARKED_CHARS = 600
# How many mentions of answers are looked through for the last statement.
MAX_LEADS = 100
# The longest choice that is read where nothing says "answer".
MAX_BARE_WORDS = 40

_LATIN = r"A-Za-z0-9\u00c0-\u024f"
_WORD = re.compile(r"\s*[a-z\u00df-\u024f]")
_ANY_WORD = re.compile(r"\s+[A-Za-z\u00c0-\u024f]{2,}")
# Letters that are words of some of the languages: they need a sign behind them.
_WORDS = frozenset("aeiouyvksz")
_OPENING = r"[\s(\[{\"'`«„“「『【<]*"
_NAMES = (
    "the|la|le|el|a|o|die|der|das|de|het|by|as|[Oo]ption|[Cc]hoice|[Ll]etter|[Aa]nswer|[Aa]lternative|"
    "[Oo]pci[oó]n|[Ll]etra|[Aa]lternativa|[Oo]pção|[Oo]pzione|[Ll]ettera|[Ll]ettre|[Pp]roposition|"
    "[Rr]éponse|[Rr]isposta|[Rr]esposta|[Rr]espuesta|[Aa]ntwort|[Aa]ntwoord|[Oo]ptie|[Mm]ožnost|"
    "[Ll]etter|[Bb]uchstabe|[Vv]arianta|選択肢|선택지|보기|选项|選項|الخيار|الحرف|الإجابة|"
    "[Ll]['’](?:option|opzione|alternativa|alternative|affermazione|affirmation)"
)
_HEAD = re.compile(
    rf"{_OPENING}(?:(?:{_NAMES})\s*(?<=[^A-Za-zà-ž]))*{_OPENING}"
    rf"([A-Za-z])(?!['’-]?[{_LATIN}]|[\^_=+<>\u2190-\u22ff]|\.[{_LATIN}](?![{_LATIN}]{{2}}))"
)
_LONE = re.compile(r"[\s(\[{]*([A-Za-z])[)\]}.:\s]*")
_LABEL = re.compile(
    rf"{_OPENING}([A-Za-z])(?:[)\]】]+[.:]?\s*|[.:]\s*|\s+[-–—]\s+|,?\s+(?=(?:because|since|not)\b))(?=\S)"
)

_SPACED = re.compile(rf"{_OPENING}([A-Za-z])\s+(?=\S)")
_LISTED = re.compile(rf"(?<![{_LATIN}'’])(?:[(\[]?([A-Za-z])[)\]]|([A-Z])[.:])(?=\s)")
_ITEM = re.compile(r"\W*(?:[A-Za-z]|[IVXivx]{2,4}|\d{1,2})[)\].:](?=\s|\Z)")
# "zinc (D)": the text of a choice, then its letter.
_BEHIND = re.compile(r"([^\n]{1,300}?)[\s,]*[(\[]\s*([A-Za-z])\s*[)\]][\s.!]*(?:\n|\Z)")

_JOIN = (
    r"or|and|oder|und|o|y|ou|et|e|u|nebo|a|oppure|of|en|"
    r"also|plus|as\s+well\s+as|または|か|と|或者|或|和|또는|이나|와|과|أو|و"
)
_OTHER = rf"([A-Z])(?![{_LATIN}'’]|\s*[=<>])"
_MORE = re.compile(
    rf"(?:[/,&+|;、*→⇒>]|\\to|(?<![^\W_])(?:{_JOIN}))\s*(?:(?:{_NAMES})\s+)*[(\[]*{_OTHER}"
)
_MORE_LOWER = re.compile(
    rf"(?:[/,&+|;]|(?<![^\W_])(?:or|and|oder|und|ou|et|nebo|oppure|of))\s*[(\[]*([a-z])(?![{_LATIN}'’])"
)
# Nothing but further letters to the end of the line: "A B C".
_LETTERS = re.compile(r"[)\]}.]*(?:\s+[(\[{]*[A-Z][)\]}.]*)+\s*")
_CLOSING = re.compile(r"[\s)\]}\"'`»“”」』】.]*")
_REASON = re.compile(
    r"\s*(?:because|since|as|for|so|and\s+not|not|but|while|whereas|rather|instead|which|weil|da|denn|"
    r"porque|pues|ya\s+que|car|parce|puisque|perché|poiché|pois|protože|neboť|omdat|want|"
    r"is|ist|es|est|è|é|je)\b|\s*(?:因为|因為|理由|なぜなら|왜냐하면|لأن)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?<=[.!?])\s+(?=[A-Z(])|[。！？\n]|\b(?:because|since|as|weil|porque|parce|perché|pois|protože|"
    r"omdat|while|whereas|rather than|instead of|but not|and not|not)\b|因为"
)
_DENIED = re.compile(
    r"[)\].\s]*(?:is|are|was|would\s+be|ist|es|est|é|è|je)\s+(?:not|clearly\s+wrong|incorrect|wrong|"
    r"false|nicht|falsch|incorrecta?|falsa|pas|fausse|faux|errata|errada|sbagliata|onjuist|fout|niet|"
    r"špatn\w+|nesprávn\w+)\b|[)\].\s]*(?:isn't|is\s+ruled|n'est|no\s+es|não\s+é|non\s+è|není)\b"
    r"|[)\].\s]*(?:incorrect|wrong|false|falsch)\b"
    r"|[)\].\s]*(?:is|was|would\s+be)\s+(?:an?|the)\s+(?:\w+\s+)?(?:mistake|trap|distractor|error)\b"
    r"|[)\].,\s]*but\s+(?:it|this|that)(?:'s|\s+is)\s+(?:not|wrong|incorrect)\b"
    r"|[)\].\s]*(?:项|項)?(?:是)?(?:错|錯|不对|不對|不正确|不正確)"
    r"|[)\].\s]*(?:は|が)?(?:誤り|間違|不正解|正しくない|ではない|ではありません)"
    r"|[)\].\s]*(?:가|이|은|는|번은|번이)?\s*(?:틀|아니|아닙|오답)|[)\].\s]*(?:ليس|خطأ|خاطئ)"
)
_DOUBT = re.compile(
    r"(?<![^\W_])(?:no(?=[,.!;:]|\s+wait)|wait|actually|hmm+|sorry|maybe|perhaps|possibly|alternatively|"
    r"on\s+second\s+thought|so\s+(?:is|are)|as\s+(?:is|are)|(?:could|might|may)\s+(?:also\s+)?be|nein|vielleicht|eigentlich|"
    r"quizás?|tal\s+vez|mejor\s+dicho|peut-être|en\s+fait|talvez|na\s+verdade|forse|anzi|misschien|"
    r"toch|možná|vlastně)\b|いや|たぶん|やはり|もしくは|아니|아마|혹은|也许|或许|可能|不对|不，|ربما",
    re.IGNORECASE,
)
# In the sentence before "answer is": what makes it the answer that is not meant, or one of two.
_NOT_MEANT = re.compile(
    r"\b(?:wrong|incorrect|false|never|not|doubt|don't\s+(?:think|believe)|unlikely\s+that|nobody|"
    r"falsche|nicht|incorrecta|mauvaise|sbagliata|errada)\b[^.!?\n,;:]{0,30}\Z",
    re.IGNORECASE,
)
_WOULD = re.compile(r"\bwould\b", re.IGNORECASE)
_IF = re.compile(r"\b(?:if|had|were)\b[^.!?\n]*\Z", re.IGNORECASE)
_OR = re.compile(r"(?:\bor|\boder|\bou|/)\s+(?:(?:the|die|la|my)\s*)?\Z", re.IGNORECASE)
_BUT = re.compile(
    r"[)\].,;\s]*but\s+(?:it|this|that)(?:'s|\s+is)\s+(?:actually\s+|really\s+)?[(\[]?([A-Z])\b"
)
_STANDING = re.compile(rf"(?<![{_LATIN}'’.-])([A-Z])(?![{_LATIN}'’]|\s*[=<>])")
_APPROVED = re.compile(
    rf"(?<![{_LATIN}'’])([A-Z])[)\]]?\s*(?:(?:is|are|was|seems|ist|es|est|é|è|je)\s+)"
    r"(?:(?:also|too|as\s+well|auch|también|aussi|também|anche|ook|také)(?=\s*(?:[.,;!)]|\Z))"
    r"|(?:(?:also|equally|just\s+as|auch|también|aussi|também|anche|ook|také)\s+)?(?:correct|right|"
    r"possible|plausible|acceptable|valid|richtig|correcte?|correcta|correta|corretta|juist|správn\w+)\b)"
)
# How sentences end behind the letter where the verb comes last.
_COPULA = re.compile(
    r"(?:です|でした|である|だ|と?なります|になる|番)(?=[\s。.]|\Z)|번?(?:입니다|이다|이에요|예요|임)|번(?=[\s.]|\Z)"
)
_QUESTION = re.compile(r"[)\]}\"'.\s]*\?")
# Genera that are written with their initial, and what follows it.
_SPECIES = {
    "A": "aegypti afarensis africanus baumannii flavus fumigatus niger thaliana",
    "B": "anthracis burgdorferi cereus fragilis pertussis subtilis thuringiensis",
    "C": "albicans botulinum difficile diphtheriae elegans jejuni neoformans perfringens tetani "
    "trachomatis",
    "D": "discoideum melanogaster rerio",
    "E": "coli faecalis faecium histolytica",
    "G": "lamblia",
    "H": "erectus habilis influenzae pylori sapiens",
    "K": "pneumoniae",
    "L": "acidophilus monocytogenes pneumophila",
    "M": "leprae musculus pneumoniae tuberculosis",
    "N": "crassa gonorrhoeae meningitidis",
    "P": "aeruginosa falciparum jirovecii vivax",
    "R": "norvegicus",
    "S": "aureus cerevisiae enterica epidermidis mutans pneumoniae pombe pyogenes typhi",
    "T": "brucei cruzi gondii pallidum rex",
    "V": "cholerae vulnificus",
    "X": "laevis",
    "Y": "pestis",
}
_GENERA = re.compile(
    "|".join(
        rf"{initial}\. ?(?:{'|'.join(names.split())})\b" for initial, names in _SPECIES.items()
    ),
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[A-Z]\. ?(?:[A-Z]\.|[A-Z]$)")
_CORRECT = re.compile(
    rf"(?<![{_LATIN}'’.])[(\[]?([A-Z])[)\]]?\.?,?\s*(?:"
    r"(?:is|would\s+be|must\s+be)\s+(?:(?:thus|therefore|clearly|indeed|definitely|the|most|only)\s+)*"
    r"(?:correct|right|best)(?:\s+(?:answer|choice|option|one|statement|response))?"
    r"|ist\s+(?:(?:also|somit|daher|die|eindeutig)\s+)*(?:richtig|korrekt)e?(?:\s+\w+)?"
    r"|(?:es|está)\s+(?:la\s+)?(?:(?:opción|respuesta|alternativa)\s+)?correcta"
    r"|(?:é|está)\s+(?:a\s+)?(?:(?:opção|resposta|alternativa)\s+)?(?:correta|certa)"
    r"|est\s+(?:la\s+)?(?:bonne\s+réponse|(?:(?:réponse|option)\s+)?(?:correcte|exacte|juste))"
    r"|è\s+(?:la\s+|quella\s+)?(?:(?:risposta|opzione)\s+)?(?:corretta|giusta|esatta)"
    r"|is\s+(?:het\s+|de\s+)?(?:juist|goed)e?(?:\s+(?:antwoord|optie|keuze))?"
    r"|je\s+správn(?:á|ě|ý)(?:\s+(?:odpověď|možnost|volba))?"
    r"|(?:が|は)(?:最も)?(?:正解|正しい|正答|適切|答え)(?:です|である)?"
    r"|(?:가|이|번이)\s*(?:정답|맞|옳|올바른)\w*(?:\s*\w{1,4})?"
    r"|(?:选项|選項|项|項)?(?:是)?(?:正确|正確|对的|對的)(?:的)?(?:答案|选项)?"
    r"|(?:هي|هو)\s+(?:(?:الإجابة|الجواب|الخيار|الاختيار)\s+)?(?:الصحيحة|الصحيح))(?=\s*(?:[.!。,;]|\Z))"
)
_CONDITION = re.compile(r"\b(?:if|whether|unless|wenn|ob|si|se|als|jestli|zda)\b|\?", re.IGNORECASE)


def stated_letter(completion: str, options: Mapping[str, str] | None = None) -> str | None:
    """Return the letter that the text states as its answer, '' for several, None for none.

    Args:
        completion: the model's text.
        options: letters and their texts, where the row has them.
    """
    text = after_reasoning(completion)
    spans = [span for span in (last_tag(text), last_box(text)) if span is not None]
    if not spans:
        return _in_text(_lines(text), options)
    start, end, after = max(spans, key=lambda span: span[2])
    # A statement behind the last box is the later one; the box may hold a value on the way.
    found = _introduced(_lines(text[after:]), options)
    if found is not None or end - start > MAX_MARKED_CHARS:
        return found
    marked = _lines(text[start:end])
    lone = _LONE.fullmatch(marked)
    if lone is not None:
        return lone[1].upper()
    found = _introduced(marked, options)
    return _letter(" ".join(marked.split()), options) if found is None else found


def _lines(text: str) -> str:
    """Return the end of a text, its typography undone, folded line by line."""
    return "\n".join(
        line for line in map(fold, plain(text.strip()[-MAX_CHARS:]).splitlines()) if line
    )


def _in_text(text: str, options: Mapping[str, str] | None) -> str | None:
    """Read a text without tags and boxes."""
    lone = _LONE.fullmatch(text)
    if lone is not None:
        return lone[1].upper()
    for read in (_introduced, _approved, _written_out):
        found = read(text, options)
        if found is not None:
            return found
    return None


def _introduced(text: str, options: Mapping[str, str] | None) -> str | None:
    """Read the last "the answer is …"; a mere mention of answers is passed over."""
    for lead in reversed(deque(CHOICE_LEADS.finditer(text), maxlen=MAX_LEADS)):
        before = text[max(0, lead.start() - WINDOW) : lead.start()]
        if _NOT_MEANT.search(before) or (_WOULD.search(lead[0]) and _IF.search(before)):
            continue
        if _OR.search(before):
            return ""
        stated = text[lead.end() : lead.end() + MAX_MARKED_CHARS]
        found = _letter(stated, options, labelled=lead[0].rstrip().endswith(":"))
        if found is not None or (stated.strip() and not BARE_LEAD.fullmatch(lead[0].strip())):
            return found
    return None


def _approved(text: str, options: Mapping[str, str] | None) -> str | None:
    """Read "B is correct" in the last line."""
    line = text.rsplit("\n", 1)[-1][-WINDOW:]
    found = _CORRECT.search(line)
    if found is None or _CONDITION.search(line):
        return None
    if _several(found[1], line[found.end() :], lower=False):
        return ""
    others = {other for other in _STANDING.findall(line[: found.start()]) if other != found[1]}
    return None if others - set("AI") else found[1]


def _written_out(text: str, options: Mapping[str, str] | None) -> str | None:
    """Read a choice that is written out, "D. zinc", as the first line and the only one."""
    first, *lines = text.split("\n")
    label = _LABEL.match(first)
    spaced = _SPACED.match(first) if label is None and options else None
    found = label or spaced
    if found is None or len(first.split()) > MAX_BARE_WORDS:
        return None
    letter, said = found[1].upper(), first[found.end() :]
    if spaced and options:
        # "A metal is …" begins with an article: the choice's text must be all there is.
        length = _own_text(said, letter, options)
        if length is None or said[length:].strip(" .!"):
            return None
    # "A: …" answers "Q: …", and "c. 1900" is a year.
    answers = label is not None and label[1] == "A" and ":" in label[0]
    if not (options or {}).get(letter) and (answers or (found[1].islower() and said[0].isdigit())):
        return None
    # One of a list, or one of several statements that the text goes through.
    for other in _LISTED.finditer(said):
        if (other[1] or other[2]).upper() != letter and not _GENERA.match(said, other.start()):
            return None
    for line in lines:
        if _ITEM.match(line) or any(other != letter for other in _standing(line)):
            return None
    return _letter(first, options)


def _standing(text: str) -> list[str]:
    """Return the capital letters that stand alone in a text and are no article or pronoun."""
    return [
        found[1]
        for found in _STANDING.finditer(text)
        if not (found[1] in "AIEO" and _WORD.match(text[found.end() :]))
    ]


def _letter(
    stated: str, options: Mapping[str, str] | None, *, labelled: bool = False
) -> str | None:
    """Return the letter at the start of a statement, '' for several, None for none."""
    lone = _LONE.fullmatch(stated)
    head = lone or _HEAD.match(stated)
    if options and (behind := _BEHIND.match(stated)):
        letter = behind[2].upper()
        if _words(behind[1]) == _words(options.get(letter, "")) != []:
            return letter
    if head is None or _GENERA.match(stated, head.start(1)):
        return None
    letter, lower = head[1].upper(), head[1].islower()
    rest = stated[head.end(1) :].split("\n", 1)[0]
    marked = stated[: head.start(1)].rstrip()[-1:] in tuple("([{\"'`«„“「『【") and bool(rest)
    if lower and not _can_be_lower(head[1], rest, marked or labelled):
        return None
    if _DENIED.match(rest):
        return None
    length = _own_text(rest, letter, options) if options else None
    if _several(letter, rest[length or 0 :][:WINDOW], lower):
        return ""
    if length is not None:
        return letter
    if _INITIALS.match(stated, head.start(1)) and not _GENERA.match(rest.lstrip(". ")):
        return None
    return letter if _follows(letter, rest, lower, options) else None


def _can_be_lower(letter: str, rest: str, marked: bool) -> bool:
    """Tell whether a small letter is a choice, and no word: "(d)", "d.", "d) zinc", a last "d"."""
    closing = _CLOSING.match(rest)
    signs = closing[0] if closing else ""
    tail = rest[len(signs) :]
    if letter in _WORDS and not marked and not (set(signs) & set(")].")):
        return bool(tail) and tail[0] in ",;:" and letter not in "aio"
    if not tail or tail[0] in ",;:" or signs.strip():
        return not ("." in signs and tail[:1].isdigit())
    return bool(_REASON.match(rest)) or not tail[0].isascii()


def _several(letter: str, rest: str, lower: bool) -> bool:
    """Tell whether a statement goes on with another letter that may be right as well."""
    if _LETTERS.fullmatch(rest) or _QUESTION.match(rest):
        return True
    if (other := _BUT.match(rest)) is not None and other[1] != letter:
        return True
    first = _SENTENCE.split(rest, maxsplit=1)[0]
    for more in _MORE.finditer(first):
        tail = first[more.end() :]
        article = more[1] in "AI" and _WORD.match(tail) and not _REASON.match(tail)
        if more[1] != letter and not article and not _DENIED.match(tail):
            return True
    if lower and any(more[1].upper() != letter for more in _MORE_LOWER.finditer(first)):
        return True
    if any(found[1] != letter for found in _APPROVED.finditer(rest)):
        return True
    doubt = _DOUBT.search(rest)
    return doubt is not None and any(
        other != letter for other in _standing(rest[doubt.end() : doubt.end() + 60])
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(plain(text)).casefold())


def _own_text(rest: str, letter: str, options: Mapping[str, str]) -> int | None:
    """Return how far the text of the letter's choice reaches in what follows it, or None.

    The beginning of the text will do, if that is all that follows and no other choice begins so.
    """
    wanted = _words(options.get(letter, ""))
    found = list(re.finditer(r"\w+", rest))[: len(wanted)]
    said = [word[0].casefold() for word in found]
    if not said:
        return None
    last = wanted[len(said) - 1]
    if said[-1].startswith(last) and last[-1].isascii() and not said[-1][len(last) :].isascii():
        end = found[-1].start() + len(last)  # "zincです": the verb follows without a blank
        said[-1] = last
    else:
        end = found[-1].end()
    if said != wanted[: len(said)]:
        return None
    if len(said) < len(wanted) and any(
        _words(text)[: len(said)] == said for other, text in options.items() if other != letter
    ):
        return None
    return end


def _follows(letter: str, rest: str, lower: bool, options: Mapping[str, str] | None) -> bool:
    """Tell whether the text after a letter lets the letter be a choice."""
    closing = _CLOSING.match(rest)
    signs = closing[0] if closing else ""
    tail = rest[len(signs) :]
    if not tail or tail[0] in ",;:-!–—":
        tail = tail.lstrip(",;:-!–— ")
        signs += ":"
    if not tail or _REASON.match(tail) or _COPULA.match(tail):
        return True
    if any(sign in signs for sign in ").:]】"):
        if not options or not options.get(letter):
            return True
        # The row says what the choices are, and this is another text, or a new sentence.
        return not tail[:1].isalpha() or _starts_sentence(signs, tail, options)
    if letter in "AI" and _ANY_WORD.match(rest) and not options:
        return False
    return not _WORD.match(tail)  # "A metal"; a word of another script follows freely


def _starts_sentence(signs: str, tail: str, options: Mapping[str, str]) -> bool:
    """Tell whether a new sentence begins ("B. The others …"), which isn't the option's text."""
    said = _words(tail)
    for text in options.values():
        words = _words(text)
        if words and said[: len(words)] == words:
            return False
    remark = _STANDING.match(tail) is not None and bool(_DENIED.match(tail[1:]))
    return "." in signs and (remark or (tail[:1].isupper() and len(tail.split()) > 3))

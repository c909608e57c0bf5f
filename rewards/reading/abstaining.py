"""Tell whether a response says that it does not know, in the twelve languages.

What says so is in `rewards.reading.ignorance`; here it is decided what that makes of the response.
It is read sentence by sentence, and these at commas and at words like "but": a piece admits not to
know, or guesses, or states something, or does neither ("Sorry", "Please ask a librarian").
Quotations are left out ('He said "I don't know"' admits nothing), and a question admits nothing.

- "I don't know." abstains.
- "I don't know, perhaps Rome." and "I don't know. It is Rome." abstain and hedge: they answer all
  the same (`hedges`).
- "I don't know why, but it is Paris." is an answer: what follows "but" is what the response says.

A title ("I Can't Tell You Why") is told by its capitals, in English; where the right answer itself
sounds like an admission, only the reward can know, which has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rewards.reading.ignorance import admission
from rewards.reading.text import after_reasoning, fold, last_answer_tag, last_boxed
from rewards.reading.typography import plain

# Nobody needs more to say so, and reading more would take longer than it is worth.
MAX_CHARS = 4_000
# No piece of a sentence is read beyond.
_MAX_PIECE = 300

_QUOTED = re.compile(
    r"\"[^\"\n]{0,400}\"|“[^”\n]{0,400}”|„[^“”\n]{0,400}[“”]|«[^»\n]{0,400}»|『[^』\n]{0,400}』"
    r"|「[^」\n]{0,400}」|‘[^’\n]{0,400}’(?!\w)|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,400}'(?!\w)"
)
_MARKUP = re.compile(r"[*_`#>~]+|^\s*[-•]\s", re.MULTILINE)
_SENTENCE = re.compile(
    r"(?:(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\bMrs)\.+|[!?。！？؟…])[\"')\]]*(?=\s|$)|[。！？؟]"
)
# What follows turns against what was before. Some of these words mean other things without a comma.
_BUT = re.compile(
    r"[,;،؛]?\s+(?:but|however|nevertheless|nonetheless|aber|jedoch|trotzdem|dennoch|pero"
    r"|sin embargo"
    r"|no obstante|cependant|toutefois|porém|contudo|però|tuttavia|ale|avšak|nicméně"
    r"|echter|sino|sondern)\b,?|[,;]\s*(?:mais|mas|ma|yet|still|though|doch|maar|toch|só que"
    r"|solo que|přesto)\b"
    r"|^(?:but|however|yet|aber|pero|mais|mas|porém|ma|però|ale|maar)\b,?"
    r"|(?<=[んすたいだ])(?:が|けれども|けれど|けど|ものの)[、,]|(?:しかし|でも|ただし|ただ)[、,]"
    r"|(?<=지만)[,\s]|(?<=는데)[,\s]|(?<=으나)[,\s]|(?:그러나|하지만|그래도)[,\s]"
    r"|[,，]?(?<!不)(?:但是|但|不过|不過|可是|然而|而是)[,，]?"
    r"|[,،]?\s?(?<!\w)(?:و?لكن(?:ن?[يه]ا?|هم|ك)?|إلا أن\w*|غير أن\w*|بيد أن\w*|بل)(?!\w)"
)
# A clause that only concedes is not what the sentence says.
_CONCEDES = re.compile(
    r"(?:al)?though|even (?:if|though|without|with)|despite|obwohl|obgleich|auch (?:wenn|ohne)"
    r"|trotz"
    r"|aunque|a pesar|incluso|bien que|quoique|même|malgré|embora|mesmo|apesar|ainda que|sebbene"
    r"|benché|anche|nonostante|hoewel|ofschoon|zelfs|ondanks|ačkoli|přestože|i (?:když|bez|přes)"
    r"|虽然|雖然|尽管|儘管|即使|رغم|على الرغم|حتى (?:لو|بدون)"
)
# "No record, as far as I know, exists": an aside between commas does not cut.
_ASIDE = re.compile(
    r"[,，、،]\s?(?:as far as i (?:know|can tell|am aware)|to my knowledge|to be honest"
    r"|unfortunately"
    r"|sadly|soweit ich (?:weiss|weiß)|meines wissens|leider|que yo sepa|hasta donde sé"
    r"|lamentablemente"
    r"|à ma connaissance|malheureusement|que eu saiba|até onde sei|infelizmente|che io sappia"
    r"|purtroppo"
    r"|per quanto ne so|pokud vím|bohužel|voor zover ik weet|helaas|据我所知|很遗憾|على حد علمي"
    r"|للأسف)"
    r"[,，、،]\s?",
    re.IGNORECASE,
)
_COMMA = re.compile(r"[,;:،؛、，；：]\s?|\s[-–—]+\s|—|\(|\)")

_GUESSES = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|presumably|my (?:best )?(?:guess|bet)|(?:best|wild"
    r"|educated)"
    r" guess|i(?:'d| would)? guess|i (?:think|believe|suppose|assume)|(?:might|may|could|must) be"
    r"|i(?:'d| would) say|likely)\b"
    r"|\b(?:vielleicht|wahrscheinlich|vermutlich|möglicherweise|womöglich|eventuell|ich (?:glaube"
    r"|denke"
    r"|tippe|vermute|schätze|rate|würde sagen)|(?:glaube|vermute|denke|tippe|schätze) ich|könnte es"
    r"|dürfte)\b"
    r"|\b(?:quizás?|tal vez|probablemente|posiblemente|a lo mejor|creo que|supongo|diría|imagino"
    r"|podría ser|puede que)\b"
    r"|\b(?:peut-être|probablement|sans doute|possiblement|je (?:pense|crois|suppose|dirais|parie"
    r"|devine)|pourrait être)\b"
    r"|\b(?:talvez|provavelmente|possivelmente|acho que|acredito que|suponho|diria|imagino|pode ser"
    r"|poderia ser)\b"
    r"|\b(?:forse|probabilmente|possibilmente|credo|penso che|suppongo|immagino|potrebbe essere"
    r"|direi)\b"
    r"|\b(?:misschien|waarschijnlijk|mogelijk|vermoedelijk|ik (?:denk|gok|geloof|vermoed)"
    r"|zou kunnen"
    r"|wellicht)\b"
    r"|\b(?:možná|asi|pravděpodobně|nejspíš|snad|myslím|tipuji|hádám|řekl[a]? bych)\b"
    r"|たぶん|多分|おそらく|恐らく|かもしれ|と思[いわう]|でしょう|だろう|推測では"
    r"|아마|것 같|듯합|듯해|추측하|추정하"
    r"|也许|也許|或许|可能(?:是|为|在|叫)|大概|大约|估计|我猜|我想是"
    r"|(?<!\w)(?:ربما|لعل\w*|أظن|أعتقد|أحسب|أخمن|من المحتمل|على الأرجح|قد (?:يكون|تكون))(?!\w)"
)
# Guessing that is only spoken of.
_NO_GUESS = re.compile(
    r"\b(?:n't|not|only|just|merely|don't want to|would be|rather) (?:be )?(?:a )?(?:guess"
    r"|speculat)"
    r"|\bmore likely\b|\bas likely as not\b|不可能|可能(?:需要|会|不)"
)

_IT = re.compile(
    r"(?:(?:and|so|then|und|y|et|e|a|en|es|also|tak|dus|alors|então|allora|entonces) )?(?:"
    r"(?:it|that|this|he|she|they)(?:'s| is| was| are| were)|(?:es|das|er|sie|dies) (?:ist|war|sind"
    r"|heisst)|(?:es(?! (?:tut|gibt|fehl|lieg|läss|steht|geht|wird|wurde|wäre|kann|bleibt|existier"
    r"|scheint"
    r"|sei|find))|son|fue|era|fueron|se trata|se llama)|(?:c'est|il s'agit|ce sont|c'était|il est"
    r"|elle est|ce fut)|(?:é|foi|são|trata-se|chama-se)|(?:è|fu|sono|si tratta|era|si chiama)"
    r"|(?:het"
    r"|dat|dit|hij|zij|ze) (?:is|was|zijn|waren|heet)|(?:je|jsou|byl[aoi]?) (?:to|jím|jí)|(?:to"
    r"|jde o)"
    r"(?: je| byl[aoi]?)|(?:هي|هو|إنها|إنه|انها|انه|اسمه|اسمها))\b"
)
_THE_ANSWER = re.compile(
    r"\b(?:answer is|antwort (?:ist|lautet)|respuesta es|réponse est|resposta é|risposta è"
    r"|antwoord is"
    r"|odpověď (?:je|zní))\b|答えは|(?:정답|답)[은는]|答案[是为為]|(?:الجواب|الإجابة) (?:هو"
    r"|هي)(?!\w)"
)
# Not to know under a condition, and not to need to know, admits nothing.
_NO_LACK = re.compile(
    r"^(?:if|unless|in case|wenn|falls|si|se (?!desconoce|ignora|carece)|pokud|kdyby\w*)\b"
    r"|\bno (?:further|more|other|additional)\b.*\b(?:needed|necessary|required)\b|\bno need\b"
    r"|\b(?:not|n't) (?:needed|necessary|required|need)\b|\bkein\w*\b.*\b(?:nötig|notwendig"
    r"|erforderlich)"
    r"|\bbrauch\w* (?:man|es|keine?\w*|nicht|sie keine)\b|\bman braucht (?:kein|nicht)"
    r"|\bno (?:hace[n]? falta|es necesari|se necesita|necesit)|\b(?:pas|nul"
    r"|aucun) (?:besoin"
    r"|nécessaire)|\bnão (?:(?:é|são) (?:mais )?(?:preciso|necessári)|precis)|\bnon (?:serv|occorr"
    r"|è"
    r" necessari|c'è bisogno)|\bnení (?:\S+ )?(?:potřeba|nutné|třeba|zapotřebí)|\b(?:geen"
    r"|niet)\b.*\bnodig\b"
    r"|\b(?:simpler|easier|better|clearer|eenvoudiger|beter|jednodušší|lepší) (?:answer|antwoord"
    r"|odpověď)"
    r"|\bkein\w* \w+ere[rsnm]? (?:antwort|lösung)|\b(?:respuesta|réponse|risposta|resposta) (?:más"
    r"|plus|più"
    r"|mais) \w+"
    r"|必要(?:は|が|も)?(?:あり|な|ご)|필요(?:가|는|도)? ?없|不需要|无需|無需|不必|不用|用不着"
    r"|لا (?:نحتاج|أحتاج"
    r"|تحتاج|يحتاج|حاجة|داعي|يلزم)"
)
# "No answer other than 12" is an answer.
_EXCEPT = re.compile(
    r"\b(?:than|except|besides|apart from|ausser|als|salvo|excepto|que no sea|além|exceto|senão"
    r"|sauf"
    r"|hormis|autre que|tranne|altr[oaie] che|oltre a|eccetto|behalve|dan|než|kromě)\b|以外|除了"
    r"|외에|말고"
    r"|(?<!\w)(?:سوى|إلا|عدا)(?!\w)|(?<!\w)(?<!لا )(?<!لم )(?<!ما )أ\w{3} من(?!\w)|比.{1,20}更"
)
_EXPLETIVE = re.compile(
    r"^\S+(?: \S+)?(?: (?:also|always|ausserdem|daher|también|aussi|também|anche"
    r"|ook))? (?:important|best"
    r"|possible|recommended|advisable|worth|better|a good|helpful|useful|necessary|likely|n't|not"
    r"|wichtig"
    r"|ratsam|empfehlenswert|am besten|besser|hilfreich|nötig|sinnvoll|importante|recomendable"
    r"|mejor|útil"
    r"|necesario|mieux|conseillé|recommandé|préférable|nécessaire|melhor|recomendável|aconselhável"
    r"|necessário|meglio|consigliabile|opportuno|necessario|belangrijk|raadzaam|beter|aan te raden"
    r"|nodig"
    r"|lepší|vhodné|důležité|nutné|a (?:fictional|made-up|fictitious)|fictional)"
)
_COPULA = re.compile(
    r"\b(?:is|was|are|were|ist|war|sind|heisst|lautet|es|fue|son|est|était|é|foi|são|è|fu|zijn"
    r"|je|byl[ao]?|jsou)\b[:\s]+(?P<rest>\S.{0,40})$|هي (?P<hiya>\S.{0,40})$"
    r"|هو (?P<huwa>\S.{0,40})$"
)
_FINAL = re.compile(
    r"(?:です|でした|である|だった|だよ|ですよ|だ)$|(?:입니다|이다|이에요|예요|였습니다"
    r"|이었습니다)$"
    r"|^(?:这|這|那|它|他|她|其)?[是为為叫][^的]{1,20}$|[^不还都也但就算而]是[^不]{1,12}$"
)
_NEUTRAL_FINAL = re.compile(
    r"(?:お勧め|確認|幸い|良い|いい|必要|方|残念|不足|困難|可能)(?:です"
    r"|だ)$|은 것입니다$"
)

# Offers, advice and apologies: neither an answer nor an admission.
_NEUTRAL = re.compile(
    r"\b(?:i|i'm|i'd|i'll|me|my|you|your|we|please|sorry|thanks|thank|apologies|apologize|if|ask"
    r"|try"
    r"|check|consult|verify|search|feel|let|happy|help|ich|ihnen|bitte|entschuldig\w*|leider|wenn"
    r"|falls"
    r"|gerne?|empfehl\w*|tut|puedo|puedes?|podrías?|te|perdón|lo siento|recomiendo|por favor|si"
    r"|intent\w+"
    r"|consult\w+|ayud\w+|disculp\w+|lamento|lamentablemente|je|vous|tu|n'hésitez|veuillez|désolée?"
    r"|merci"
    r"|regrette|malheureusement|posso|você|pode|desculp\w+|recomendo|sugiro|infelizmente|puoi|può"
    r"|scus\w+"
    r"|mi dispiace|mi spiace|consigli\w+|purtroppo|ik|u|jij|jou|kunt|kun|graag|helaas|spijt|mohu"
    r"|můžu"
    r"|můžete|vám|ti|prosím|pokud|doporuč\w+|zkuste|rád|bohužel|omlouv\w+|lituji)\b"
    r"|ください|手伝い|お役に立|お勧め|すすめ|すみません|申し訳|ごめん|恐れ入|残念|主세요|주세요"
    r"|주시|드릴|도움|확인|추천|죄송|미안|유감"
    r"|아쉽|我可以|您可以|你可以|建议|建議|请|請|帮|抱歉|对不起|對不起|不好意思|遗憾|يمكنك|أنصح"
    r"|يرجى|أقترح|إذا|عذرا|آسف"
    r"|أعتذر|للأسف|معذرة|مساعد|أرجو|الرجاء|الأسف"
)


@dataclass(frozen=True)
class _Piece:
    """Is one piece of a sentence; `turned` if it follows a "but", `alone` if it is all of it."""

    text: str
    turned: bool
    first: bool
    alone: bool
    asked: bool


def abstains(text: str) -> bool:
    """Tell whether the text says that it does not know, be there a guess beside it or not."""
    return _stance(text) != "answers"


def hedges(text: str) -> bool:
    """Tell whether the text says that it does not know, and offers an answer all the same."""
    return _stance(text) == "hedges"


def said_after_all(text: str) -> str:
    """Return what follows "I don't know why, but": what such a response says; else all of it.

    "Although I am not sure, it is Paris" says "it is Paris".
    """
    text = after_reasoning(text)
    if len(text) > MAX_CHARS or abstains(text):
        return text
    said = _QUOTED.sub(" § ", _MARKUP.sub(" ", text)).strip()
    line = fold(said.partition("\n")[0]).replace("’", "'")
    for turn in _BUT.finditer(line.casefold()):
        if any(_admits(part) for part in _COMMA.split(line[: turn.start()])):
            return line[turn.end() :].strip()
    concession, comma, rest = line.partition("," if "," in line else "、")
    if comma and _CONCEDES.match(line.casefold()) and _admits(concession):
        return rest.strip()
    return text


def _admits(piece: str) -> bool:
    return _admission(piece.strip(" .!\"'§").casefold()[:_MAX_PIECE]) is not None


def _admission(key: str) -> re.Match[str] | None:
    return None if _EXCEPT.search(key) or _NO_LACK.search(key) else admission(key)


@lru_cache(maxsize=64)
def _stance(text: str) -> Literal["answers", "abstains", "hedges"]:
    text = after_reasoning(text)
    for marked in (last_answer_tag(text), last_boxed(text)):
        if marked is not None and marked.strip():
            # What is marked is the answer: what was said on the way to it is not.
            inside = _of_plain(marked)
            if inside == "answers" and _of_plain(text) != "answers":
                return "hedges"
            return inside
    return _of_plain(text)


def _of_plain(text: str) -> Literal["answers", "abstains", "hedges"]:
    if len(text) > MAX_CHARS:
        return "answers"
    text = plain(text)
    admits = stated = guessed = turned = False
    for piece in _pieces(text):
        key = piece.text.casefold()
        found = None if piece.asked else _admission(key)
        if found is not None and not _is_title(piece.text, found, key):
            admits = True
            guessed = guessed or _guesses(key[found.end() :])
        elif _guesses(key):
            guessed = True
        elif _states(piece, key):
            stated = True
            turned = turned or piece.turned
    if not admits or (turned and not guessed):
        return "answers"
    return "hedges" if stated or guessed else "abstains"


def _guesses(key: str) -> bool:
    return _GUESSES.search(key) is not None and _NO_GUESS.search(key) is None


def _pieces(text: str) -> Iterator[_Piece]:
    """Cut the text into pieces, without quotations, questions and clauses that concede."""
    text = _MARKUP.sub(" ", text).strip()
    whole = _QUOTED.fullmatch(text)
    text = text[1:-1] if whole else _QUOTED.sub(" § ", text)
    for line in text.splitlines():
        start = 0
        line = fold(line).replace("’", "'")
        for end in [*_SENTENCE.finditer(line), None]:
            stop = len(line) if end is None else end.start()
            sentence, mark = line[start:stop], "" if end is None else end[0]
            start = stop if end is None else end.end()
            if sentence.strip():
                yield from _of_sentence(_ASIDE.sub(" ", sentence).strip(), mark)


def _of_sentence(sentence: str, mark: str) -> Iterator[_Piece]:
    concedes = _CONCEDES.match(sentence.casefold())
    if concedes:
        _, comma, rest = sentence.partition("," if "," in sentence else "、")
        sentence = rest.strip() if comma else ""
    lowered, start, turned = sentence.casefold(), 0, bool(concedes)
    if len(lowered) != len(sentence):  # "ß": places would not agree
        sentence = lowered
    first, asked = True, mark.startswith(("?", "؟"))
    for end in [*_BUT.finditer(lowered), None]:
        stop = len(sentence) if end is None else end.start()
        for part in _COMMA.split(sentence[start:stop]):
            part = part.strip(" .!\"'§")[:_MAX_PIECE]
            if part:
                yield _Piece(part, turned, first, first and part == sentence and mark != "!", asked)
                first = False
        if end is not None:
            start, turned = end.end(), True


def _is_title(piece: str, found: re.Match[str], key: str) -> bool:
    """Tell whether a piece is spelled like an English title and holds more than the admission."""
    words = re.findall(r"[A-Za-z][A-Za-z']*", piece)
    if len(words) < 3 or piece.isupper() or found.end() - found.start() >= len(key):
        return False
    long = [word for word in words[1:] if len(word) > 3]
    return len(long) > 1 and all(word[0].isupper() for word in long)


def _states(piece: _Piece, key: str) -> bool:
    """Tell whether a piece that admits nothing states something that may be an answer."""
    if _THE_ANSWER.search(key) or (_IT.match(key) and not _EXPLETIVE.match(key)):
        return True
    if _FINAL.search(key) and not _NEUTRAL_FINAL.search(key):
        return True
    copula = _COPULA.search(piece.text)
    rest = next((one for one in copula.groups() if one), "") if copula else ""
    if rest and len(rest.split()) <= 5 and re.search(r"[A-Z\d\u0600-\u06ff]", rest):
        return True
    if _NEUTRAL.search(key):
        return False
    if piece.turned:
        return True
    # "Rome." or "42", alone or behind the admission; "Honestly" before it is none.
    short = len(piece.text.split()) <= 3 and len(piece.text) <= 30
    return short and (piece.alone or not piece.first) and bool(re.search(r"[A-Z\d]", piece.text))

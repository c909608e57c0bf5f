"""Tell whether a response says that it does not know, in the twelve languages.

A phrase list, since a model that is trained to abstain settles on a few phrases quickly, and a
list is the same on every machine. Saying so and guessing all the same is `hedges`.
"""

from __future__ import annotations

import re

from rewards.reading.text import after_reasoning, fold, last_answer_tag, last_boxed

_PHRASES = (
    # English
    r"\bi (?:(?:really |honestly )?(?:do not|don't)|did not|didn't) know\b",
    r"\bi(?:'m| am) (?:not (?:sure|certain|aware)|unsure|uncertain|unable to (?:say|answer))\b",
    r"\bi have (?:no (?:idea|information|knowledge|record)|never heard)\b",
    r"\bi (?:cannot|can't|can not|couldn't|could not) (?:say|answer|tell|verify|find)\b",
    r"\bunknown to me\b|\bi (?:do not|don't) have (?:any |enough )?(?:information|knowledge)\b",
    # German
    r"\bich weiß (?:es |das |leider |darauf )*(?:nicht|keine antwort)\b|\bkeine ahnung\b",
    r"\bweiß ich (?:leider )?nicht\b|\bich bin (?:mir )?(?:da )?nicht sicher\b",
    r"\bist mir (?:nicht bekannt|unbekannt)\b",
    r"\bkann ich (?:leider )?nicht (?:sagen|beantworten)\b|\bich habe (?:dazu )?keine information",
    # Spanish
    r"\bno (?:lo )?sé\b|\bno estoy segur[oa]\b|\bno tengo (?:ni )?(?:idea|información)\b",
    r"\bno puedo (?:responder|decir)\b|\bdesconozco\b",
    # French
    r"\bje ne (?:le )?sais pas\b|\bje l'ignore\b|\bje ne suis pas (?:sûre?|certaine?)\b",
    r"\b(?:aucune idée|je n'ai (?:pas|aucune) (?:d')?information)|\bje ne peux pas répondre\b",
    # Portuguese
    r"\b(?:eu )?não (?:o )?sei\b|\bnão tenho (?:certeza|informações|informação)\b",
    r"\bdesconheço\b|\bnão (?:posso responder|faço ideia)\b",
    # Italian
    r"\bnon (?:lo )?so\b|\bnon (?:sono sicur[oa]|ho informazioni|posso rispondere|ne ho idea)\b",
    # Dutch
    r"\b(?:ik weet (?:het|dat) (?:helaas )?niet|(?:dat )?weet ik (?:helaas )?niet|geen idee)\b",
    r"\bik (?:ben (?:er )?niet zeker|heb geen informatie)\b",
    r"\bkan ik niet (?:zeggen|beantwoorden)\b",
    # Czech
    r"\b(?:to )?nevím\b|\bnetuším\b|\bnejsem si jist[ýá]?\b|\bnemám (?:žádné )?informace\b",
    r"\b(?:neumím|nedokážu|nemohu) (?:to )?(?:odpovědět|říct|říci)\b",
    # Japanese, Korean, Chinese, Arabic
    r"(?:知り|分かり|わかり)ません|(?:分から|わから|知ら)ない|存じ(?:ませ|上げませ)ん|不明です",
    r"情報(?:が|は)(?:ありません|ない)|答えられません",
    r"모르겠|모릅니다|몰라요|알 수 없|알지 못|확실하지 않|정보가 없|정보는 없",
    r"不知道|不清楚|不(?:太)?确定|无法(?:回答|确定)|無法回答|没有(?:相关)?信息|不了解",
    r"لا (?:أعرف|أعلم|أدري)|لست متأكد|ليس لدي (?:أي )?معلومات|لا (?:يمكنني|أستطيع) الإجابة",
)
_ABSTAINS = re.compile("|".join(_PHRASES), re.IGNORECASE)

_GUESSES = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|presumably|my (?:best )?guess|i(?:'d| would)? guess"
    r"|i (?:think|believe|suppose)|(?:might|may|could|must) be|answer is)\b"
    r"|\b(?:but|although|though) (?:it|that)(?:'s| is)\b"
    r"|\b(?:vielleicht|wahrscheinlich|vermutlich|möglicherweise|ich (?:glaube|denke|tippe))\b"
    r"|\b(?:quizás?|tal vez|probablemente|creo que|supongo)\b"
    r"|\b(?:peut-être|probablement|sans doute|je (?:pense|crois|suppose))\b"
    r"|\b(?:talvez|provavelmente|acho que|acredito que)\b"
    r"|\b(?:forse|probabilmente|credo|penso che)\b"
    r"|\b(?:misschien|waarschijnlijk|ik (?:denk|gok|geloof))\b"
    r"|\b(?:možná|asi|pravděpodobně|myslím)\b"
    r"|たぶん|多分|おそらく|かもしれ|と思い|아마|것 같|也许|可能是|大概|我猜|我想是|ربما|أظن|أعتقد",
    re.IGNORECASE,
)


def abstains(text: str) -> bool:
    """Tell whether the text says that it does not know."""
    return _ABSTAINS.search(_straight(text)) is not None


def hedges(text: str) -> bool:
    """Tell whether the text offers an answer beside saying that it does not know."""
    text = after_reasoning(text)
    for marked in (last_answer_tag(text), last_boxed(text)):
        if marked is not None and marked.strip() and not abstains(marked):
            return True
    return _GUESSES.search(_ABSTAINS.sub("", _straight(text))) is not None


def _straight(text: str) -> str:
    return fold(text).replace("’", "'")

"""Check the 25 instructions of IFEval (Zhou et al., 2023, arXiv 2311.07911) under their own ids.

Kwargs are those of the public data set, meanings those of the paper and of the code published with
it. Where that code pays for what the prompt forbids, or fails what it allows, the check follows
the prompt. Every such deviation is named here with its reason.

Languages of prompts
- Where the id begins with a language (`fr:detectable_format:title`, as in M-IFEval), or else where
  the text is in that language, titles, sections, highlights, bullets, quotation marks and the fixed
  answers are those that its prompts ask for (`typography`).
- Relations are M-IFEval's as well; `como máximo` includes the number. `relation` may also be given
  where IFEval always means "at least" (placeholders, highlights, sections).
- `end_checker`: in other languages than English a full stop may follow the phrase, since those
  prompts forbid other words only.

All instructions
- A text without a letter or digit follows nothing (published: only blank text): "…" has no comma.

keywords
- Keywords are words, and are taken literally. Published: a regular expression found anywhere for
  `existence` and `frequency`, so "cat" is in "concatenate" and "C++" cannot be looked for.
- Hidden characters, full-width and look-alike letters, underscores around a word hide nothing.

language
- py3langid in place of langdetect, which samples, shares state between threads and took about half
  of Chinese paragraphs for Korean. Text without letters fails (published: passes). At most a fifth
  may be in another language, by sentences and lines, names, code and quotations aside (published:
  whatever scores best on the whole, so that one sentence in Hindi letters outweighs three English
  ones).

length_constraints
- `number_words`: "don't" and "well-known" are one word (published: two); a Chinese or Japanese
  character is a word (published: a whole clause is). `number_sentences`: own rules for twelve
  languages in place of nltk's English model, which knows no 。 and no ؟ and must be downloaded.
- `number_paragraphs`: the divider is exactly ***. Published: also around ***bold italics***, and
  twice in ******.
- `nth_paragraph_first_word`: any blank line separates, blank blocks are not counted when the nth is
  looked up (published: counted there but not in the total), and markup before the word is skipped.

detectable_content
- `number_placeholders`: what is in the brackets has a letter, and is no link text. Published: "[]",
  "[1]" and "[text](address)" count.
- `postscript`: has a text of its own and something before it, and starts a line or a word.
  Published: the letters anywhere, with nothing after them, also "p.s." inside "P.P.S.".

detectable_format
- `number_bullet_lists`: a bullet is -, * or + and a space. Published: also "---", "-5" and a line
  that begins with *emphasis*, and never "+".
- `constrained_response`: exactly one of the options occurs. Published: at least one, so that
  answering yes, no and maybe passes.
- `number_highlighted_sections`: *…* as Markdown reads it. Published: also "* bullet with *".
- `multiple_sections`: a section starts a line, has content, and numbers are counted once.
  Published: "see Section 1, Section 1" is two sections.
- `json_format`: an object or array that is not empty, without NaN and duplicate keys. Published: a
  lone number or string, too.
- `title`: has a letter or digit inside. Published: "<<.>>" is a title.

combination
- `two_responses`: differ in their words, and exactly six asterisks separate. Published: differing
  in a full stop is enough.
- `repeat_prompt`: something follows the prompt. Published: the prompt alone passes, though the
  instruction says "then give your answer".

startend
- `quotation`: the double quotation marks of all twelve languages, around at least a letter or
  digit. Published: straight ones only, and '""' passes.

change_case
- `english_capital`, `english_lowercase`: English means Latin script and no other language for
  sure, since short texts cannot be told. Scripts without case do not pass (they are not English).
- `capital_word_frequency`: words as in `number_words`. In scripts without case there are none.

punctuation
- `no_comma`: commas of all scripts. Published: the ASCII one only.
"""

from __future__ import annotations

import re
import unicodedata

from rewards.ifeval.instruction import (
    Count,
    LanguageCode,
    Letter,
    Phrase,
    Phrases,
    Positive,
    Relation,
    compare,
    instruction,
    require,
)
from rewards.ifeval.matching import occurrences, occurs, starts_with
from rewards.ifeval.segmentation import (
    folded_words,
    has_content,
    paragraphs,
    plain,
    sentences,
    words,
)
from rewards.ifeval.typography import marks
from rewards.reading.languages import LANGUAGES, could_be_in, known_languages, stays_in
from rewards.structured.strict_json import NotJson, parse_strict


@instruction("keywords:existence")
def keyword_existence(text: str, *, keywords: Phrases) -> bool:
    """Every keyword occurs."""
    return all(occurs(text, keyword) for keyword in keywords)


@instruction("keywords:frequency")
def keyword_frequency(text: str, *, keyword: Phrase, frequency: Count, relation: Relation) -> bool:
    """The keyword occurs that often."""
    return compare(occurrences(text, keyword), relation, frequency)


@instruction("keywords:forbidden_words")
def forbidden_words(text: str, *, forbidden_words: Phrases) -> bool:
    """None of the words occurs."""
    return not any(occurs(text, word) for word in forbidden_words)


@instruction("keywords:letter_frequency")
def letter_frequency(
    text: str, *, letter: Letter, let_frequency: Count, let_relation: Relation
) -> bool:
    """The letter (or other character), in either case, occurs that often."""
    wanted = unicodedata.normalize("NFC", letter).strip().lower()
    return compare(plain(text).lower().count(wanted), let_relation, let_frequency)


@instruction("language:response_language")
def response_language(text: str, *, language: LanguageCode) -> bool:
    """The response is in that language (ISO 639 code)."""
    if language not in LANGUAGES:
        known = known_languages()
        require(language in known, f"language {language!r} is not one that can be identified")
    return stays_in(text, language)


@instruction("length_constraints:number_sentences")
def number_sentences(text: str, *, num_sentences: Count, relation: Relation) -> bool:
    """There are that many sentences."""
    return compare(len(sentences(text)), relation, num_sentences)


_BOLD_ITALICS = re.compile(r"(?<!\*)\*{3}(?![\s*])[^*\n]+(?<!\s)\*{3}(?!\*)")
_DIVIDER = re.compile(r"(?<!\*)\*{3}(?!\*)")


@instruction("length_constraints:number_paragraphs")
def number_paragraphs(text: str, *, num_paragraphs: Positive) -> bool:
    """There are exactly that many paragraphs, separated by the divider ***."""
    parts = [has_content(part) for part in _DIVIDER.split(_BOLD_ITALICS.sub("x", text))]
    # A divider may open or close the text; between two there must be something.
    return all(parts[1:-1]) and sum(parts) == num_paragraphs


@instruction("length_constraints:number_words")
def number_words(text: str, *, num_words: Count, relation: Relation) -> bool:
    """There are that many words."""
    return compare(len(words(text)), relation, num_words)


@instruction("length_constraints:nth_paragraph_first_word")
def nth_paragraph_first_word(
    text: str, *, num_paragraphs: Positive, nth_paragraph: Positive, first_word: Phrase
) -> bool:
    """There are that many paragraphs, split by blank lines, and the nth begins with the word."""
    require(
        nth_paragraph <= num_paragraphs,
        f"nth_paragraph {nth_paragraph} is more than num_paragraphs {num_paragraphs}",
    )
    parts = paragraphs(text)
    return len(parts) == num_paragraphs and starts_with(parts[nth_paragraph - 1], first_word)


_PLACEHOLDER = re.compile(r"\[([^\[\]\n]+)\](?!\()")


@instruction("detectable_content:number_placeholders")
def number_placeholders(
    text: str, *, num_placeholders: Count, relation: Relation = "at least"
) -> bool:
    """There are at least that many placeholders in square brackets, such as [address]."""
    inside = _PLACEHOLDER.findall(text)
    found = sum(any(c.isalpha() for c in one) for one in inside)
    return compare(found, relation, num_placeholders)


@instruction("detectable_content:postscript")
def postscript(text: str, *, postscript_marker: Phrase) -> bool:
    """A postscript that starts with the marker closes the response."""
    # "P. S." and "P.P.S" are spellings of "P.S." and "P.P.S."; a "P. P. S." is no "P.S.".
    letters = [part.strip() for part in postscript_marker.split(".") if part.strip()]
    marker = r"\.\s?".join(map(re.escape, letters)) + (r"\.?" if "." in postscript_marker else "")
    found = list(re.finditer(rf"(?<![\w.])(?<!\bp\.\s){marker}(?!\w)", text, re.IGNORECASE))
    if not found:
        return False
    return has_content(text[: found[-1].start()]) and has_content(text[found[-1].end() :])


_RULE = re.compile(r"^[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,})$", re.MULTILINE)


@instruction("detectable_format:number_bullet_lists")
def number_bullet_lists(
    text: str, *, num_bullets: Count, prompt_language: str | None = None
) -> bool:
    """There are exactly that many bullet points: Markdown's, in Japanese ・."""
    text = _RULE.sub("", text)
    counts = [len(kind.bullet.findall(text)) for kind in marks(text, prompt_language)]
    return max(counts) == num_bullets


@instruction("detectable_format:constrained_response")
def constrained_response(text: str, *, prompt_language: str | None = None) -> bool:
    """The response says exactly one of: My answer is yes. My answer is no. My answer is maybe."""
    options = {one for kind in marks(text, prompt_language) for one in kind.answers}
    found = [one for one in options if re.search(rf"(?<![^\W_]){re.escape(one)}", text)]
    return len(found) == 1


@instruction("detectable_format:number_highlighted_sections")
def number_highlighted_sections(
    text: str,
    *,
    num_highlights: Count,
    relation: Relation = "at least",
    prompt_language: str | None = None,
) -> bool:
    """At least that many parts are *highlighted* with asterisks, in Japanese with 《》."""
    found = max(
        sum(has_content(one["inside"]) for one in kind.highlight.finditer(text))
        for kind in marks(text, prompt_language)
    )
    return compare(found, relation, num_highlights)


@instruction("detectable_format:multiple_sections")
def multiple_sections(
    text: str,
    *,
    section_spliter: Phrase,
    num_sections: Positive,
    relation: Relation = "at least",
    prompt_language: str | None = None,
) -> bool:
    """There are at least that many sections, each headed by the splitter and its number."""
    found = max(
        _sections(text, kind.section_heading(section_spliter))
        for kind in marks(text, prompt_language)
    )
    return compare(found, relation, num_sections)


def _sections(text: str, heading: re.Pattern[str]) -> int:
    """Count the different numbers of sections that have something in them."""
    found = list(heading.finditer(text))
    ends = [*(one.start() for one in found), len(text)][1:]
    return len(
        {
            unicodedata.normalize("NFKC", one["number"][:9])
            for one, end in zip(found, ends, strict=True)
            if has_content(text[one.end() : end])
        }
    )


@instruction("detectable_format:json_format")
def json_format(text: str) -> bool:
    """The whole response is a JSON object or array; a code fence around it is allowed."""
    text = text.strip()
    fenced = re.fullmatch(r"```(?:json)?[ \t]*\n?(.*?)\n?```", text, re.DOTALL | re.IGNORECASE)
    try:
        value = parse_strict(fenced[1] if fenced else text)
    except NotJson:
        return False
    return isinstance(value, dict | list) and bool(value)


@instruction("detectable_format:title")
def title(text: str, *, prompt_language: str | None = None) -> bool:
    """The response has a title, <<poem of joy>>, in French ##…##, in Japanese 『…』."""
    found = (one for kind in marks(text, prompt_language) for one in kind.title.finditer(text))
    return any(has_content(one["inside"]) for one in found)


@instruction("combination:two_responses")
def two_responses(text: str) -> bool:
    """There are two different responses, separated by six asterisks: ******."""
    parts = re.split(r"(?<!\*)\*{6}(?!\*)", text)
    full = [folded_words(part) for part in parts if has_content(part)]
    return all(map(has_content, parts[1:-1])) and len(full) == 2 and full[0] != full[1]


@instruction("combination:repeat_prompt")
def repeat_prompt(text: str, *, prompt_to_repeat: Phrase) -> bool:
    """The response begins with the prompt, word for word, and then answers."""
    text, prompt = text.strip().casefold(), prompt_to_repeat.strip().casefold()
    return text.startswith(prompt) and has_content(text[len(prompt) :])


@instruction("startend:end_checker")
def end_checker(text: str, *, end_phrase: Phrase, prompt_language: str | None = None) -> bool:
    """The response ends with the phrase and nothing after it, a closing quotation mark aside."""
    text, phrase = text.strip().strip('"').casefold(), end_phrase.strip().casefold()
    if prompt_language not in (None, "en"):
        # These prompts forbid other words, and quote the phrase without its full stop.
        text, phrase = text.strip("”»」』*"), phrase.strip("”»」』")
        return text.removesuffix(".").removesuffix("。").endswith(phrase.rstrip(".。"))
    return text.endswith(phrase)


@instruction("startend:quotation")
def quotation(text: str, *, prompt_language: str | None = None) -> bool:
    """The whole response is in double quotation marks, in Japanese in 「」."""
    text = text.strip()
    quotes = {one for kind in marks(text, prompt_language) for one in kind.quotes}
    return text[:1] + text[1:][-1:] in quotes and has_content(text)


@instruction("change_case:capital_word_frequency")
def capital_word_frequency(
    text: str, *, capital_frequency: Count, capital_relation: Relation
) -> bool:
    """That many words are in capital letters."""
    return compare(sum(map(str.isupper, words(text))), capital_relation, capital_frequency)


@instruction("change_case:english_capital")
def english_capital(text: str) -> bool:
    """The response is in English, in capital letters only."""
    return text.isupper() and could_be_in(text, "en")


@instruction("change_case:english_lowercase")
def english_lowercase(text: str) -> bool:
    """The response is in English, in small letters only."""
    return text.islower() and could_be_in(text, "en")


# A low quotation mark that opens no quotation is a comma in disguise.
_LOW_MARK = re.compile(r"‚(?![^\W_])")


@instruction("punctuation:no_comma")
def no_comma(text: str) -> bool:
    """There is no comma of any script."""
    names = (unicodedata.name(c, "") for c in set(text) if unicodedata.category(c) == "Po")
    return not any("COMMA" in name for name in names) and not _LOW_MARK.search(text)

"""Instruction following: every id with texts that follow it and texts that only look like it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import RewardResult, get_reward
from rewards.ifeval import BadInstruction, check, known_instructions, loose_variants, parse_row
from rewards.ifeval.instruction import declared, instruction

Kwargs = dict[str, Any]
Case = tuple[str, Kwargs, tuple[str, ...], tuple[str, ...]]

IFEVAL_IDS = """
    keywords:existence keywords:frequency keywords:forbidden_words keywords:letter_frequency
    language:response_language length_constraints:number_sentences
    length_constraints:number_paragraphs length_constraints:number_words
    length_constraints:nth_paragraph_first_word detectable_content:number_placeholders
    detectable_content:postscript detectable_format:number_bullet_lists
    detectable_format:constrained_response detectable_format:number_highlighted_sections
    detectable_format:multiple_sections detectable_format:json_format detectable_format:title
    combination:two_responses combination:repeat_prompt startend:end_checker startend:quotation
    change_case:capital_word_frequency change_case:english_capital change_case:english_lowercase
    punctuation:no_comma
"""

GERMAN = "Der Zug nach Hamburg fährt heute leider nicht, weil es auf der Strecke brennt."
ENGLISH = "The train to Hamburg does not run today because there is a fire on the line."
HINDI = "आज हैम्बर्ग जाने वाली ट्रेन नहीं चलेगी क्योंकि रास्ते में आग लगी हुई है।"
JAPANESE = "今日はハンブルク行きの電車が走りません。線路で火事があったからです。"
CHINESE = "今天开往汉堡的火车不开了，因为铁路上发生了火灾，请大家改乘公共汽车。"


def at_least(number: int) -> Kwargs:
    return {"number": number, "relation": "at least"}


# id, kwargs, texts that follow it, texts that do not.
PUBLISHED: list[Case] = [
    (
        "keywords:existence",
        {"keywords": ["cat", "sun"]},
        ("Cat in the sun", "**cat**, _sun_", "the cat's sun", "ｃａｔ sun"),
        ("concatenate sun", "cat", "cats and suns"),
    ),
    (
        "keywords:existence",
        {"keywords": ["C++ (2020)"]},
        ("I like C++ (2020).",),
        ("C", "CCC 2020"),
    ),
    ("keywords:existence", {"keywords": ["a.c"]}, ("an a.c here",), ("an abc here",)),
    ("keywords:existence", {"keywords": ["кот"]}, ("КОТ спит", "мой кот"), ("который",)),
    ("keywords:existence", {"keywords": ["猫"]}, ("私の猫は白い。",), ("私の犬は白い。",)),
    ("keywords:existence", {"keywords": ["고양이"]}, ("고양이가 잔다.",), ("개가 잔다.",)),
    ("keywords:existence", {"keywords": ["كتاب"]}, ("قرأت الكتاب", "وبالكتاب", "كِتَاب"), ("كتابة",)),
    (
        "keywords:frequency",
        {"keyword": "a", "frequency": 2, "relation": "at least"},
        ("a b A",),
        ("a b", "banana"),
    ),
    (
        "keywords:frequency",
        {"keyword": "New York", "frequency": 2, "relation": "less than"},
        ("New York", "none here"),
        ("New\nYork and new york",),
    ),
    (
        "keywords:forbidden_words",
        {"forbidden_words": ["cat", "dog"]},
        ("concatenate the hotdogs", "a bird"),
        ("the Cat", "c\u200bat", "ca\u00adt", "ｃａｔ", "_cat_", "c\u0430t", "CAT!", "cat's"),
    ),
    (
        "keywords:letter_frequency",
        {"letter": "Q", "let_frequency": 2, "let_relation": "at least"},
        ("qQ", "quite quiet"),
        ("q", "k"),
    ),
    (
        "keywords:letter_frequency",
        {"letter": "#", "let_frequency": 2, "let_relation": "less than"},
        ("one #tag",),
        ("#one #two",),
    ),
    (
        "language:response_language",
        {"language": "de"},
        (GERMAN, GERMAN.upper(), "Ja.", GERMAN + "\n```python\nfor the_cat in cats: print(1)\n```"),
        (ENGLISH, JAPANESE, HINDI, "123 !", "Дождь идет весь день"),
    ),
    ("language:response_language", {"language": "hi"}, (HINDI,), (ENGLISH, GERMAN)),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 3, "relation": "at least"},
        ("Dr. A. Smith came. He sat! Why?", "猫です。犬です。鳥です。", "أهلا. كيف حالك؟ جيد."),
        ("Dr. A. Smith came. He sat...", "Hm... what is 3.5 e.g. for?", "one two three"),
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        ("z. B. am 3. Mai um 9.30 Uhr.", "1. One item", "See example.com for more."),
        ("One. Two.", "はい。いいえ。"),
    ),
    (
        "length_constraints:number_paragraphs",
        {"num_paragraphs": 2},
        (
            "one\n\n***\n\ntwo",
            "one *** two",
            "*** one\n***\ntwo ***",
            "一。***\n二。",
            "a\n***\n***b***",
        ),
        ("one\n\ntwo", "***one***", "a *** *** b", "a ****** b", "a\n***\n.", "a *** b *** c"),
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "less than"},
        ("one two", "don't well-known", "一二", "1,000.5 كِتَابٌ", "_ _ _ a"),
        ("a b c", "一二三", "오늘 날씨가 좋다"),
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "summary"},
        ("a\n\nSummary: b", "a\n\n**Summary** b", "\n\na\n \t\n\n\n'summary' b"),
        ("a\n\nb\n\nsummary", "summary\n\na", "a\n\nsummaryless", "a\nsummary b"),
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "猫"},
        ("猫は寝る。",),
        ("私の猫は寝る。",),
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        ("[name], [address 1]",),
        ("[name]", "[] []", "[1] [2]", "[a](http://x) [b](y)", "[[]] [ ]"),
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.S."},
        (
            "Hi!\nP.S. call me",
            "Hi! p. s. call me",
            "A shop. P.S. call",
            "Hi.\n**P.S.** call me",
            '"Hi.\n\nP.S. call"',
        ),
        (
            "P.S. only this",
            "Hi!\nP.S.",
            "Hi!\nP. P. S. call",
            "Hi! call me",
            "tips.sale of the day",
            "Hi!\nP.P.S. call",
        ),
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.P.S"},
        ("Hi!\nP.P.S call me", "Hi!\nP.P.S. call me", "Hi!\np. p. s. call me"),
        ("Hi!\nP.S. call me",),
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "追伸"},
        ("はい。\n追伸 また明日",),
        ("追伸",),
    ),
    (
        "detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        ("* a\n- b", "Intro:\n  * a\n  + b\n\n---\n* * *", "* *a*\n* b"),
        (
            "* a\n**b**",
            "* a\n*b* is bold",
            "- a\n-5 degrees",
            "- a\n---",
            "* a\n* b\n* c",
            "* a\n* ",
        ),
    ),
    (
        "detectable_format:constrained_response",
        {},
        ("My answer is yes.", "Well. My answer is no."),
        ("yes", "My answer is yes. My answer is no.", "my answer is yes", "My answer is yes"),
    ),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        ("*a* and *b c*", "**a** ***b***", "* *one*\n* *two*", "这是*一*和*二*。"),
        ("*a*", "* a\n* b", "** **", "* a * b *", "*a\nb* *c\nd*", "*.* *!*", "2*3*4 x"),
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        ("SECTION 1\na\nSECTION 2\nb", "**SECTION 1**: a\n## SECTION2\nb"),
        (
            "SECTION 1 a",
            "see SECTION 1 and SECTION 2",
            "SECTION 1\na\nSECTION 1\nb",
            "SECTION 1\nSECTION 2",
        ),
    ),
    (
        "detectable_format:json_format",
        {},
        ('{"a": 1}', '```json\n[{"a": [1]}]\n```', '```JSON\n{"a": null}```'),
        (
            "{}",
            "[]",
            "5",
            '"text"',
            '{"a": NaN}',
            '{"a": 1, "a": 2}',
            'Here: {"a": 1}',
            "[" * 99_999,
        ),
    ),
    (
        "detectable_format:title",
        {},
        ("<<Title>>\nx",),
        ("<< >> x", "<<>> x", "<x>", "<<.>> x", "<<a\nb>>"),
    ),
    (
        "combination:two_responses",
        {},
        ("a ****** b", "******\na\n******\nb\n******"),
        (
            "a ****** a",
            "a ****** A.",
            "a *** b",
            "a ******* b",
            "a ****** b ****** c",
            "a ****** !",
        ),
    ),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Say hi"},
        ("say hi. Hello", " Say hi\n\nhi"),
        ("Hello. Say hi", "Say  hi. Hello", "Say hi", "Say hi."),
    ),
    (
        "startend:end_checker",
        {"end_phrase": "Bye!"},
        ("well. bye!", '"well. Bye!"\n'),
        ("Bye! well.", "well. Bye", "well. Bye! :)"),
    ),
    (
        "startend:quotation",
        {},
        ('"a b"', "“a b”", "„a b“", "«a b»", "「猫」", ' "a"\n'),
        ('a "b"', '""', '"', '"a', "'a b'", "“a b„", '"."'),
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        ("I like NASA", "COVID-19 is BAD"),
        ("NASA is good", "1 2 3", "猫と犬"),
    ),
    (
        "change_case:english_capital",
        {},
        ("THE CAT, 3.", "YES", ENGLISH.upper()),
        ("The CAT.", GERMAN.upper(), "123", "猫", "ДОЖДЬ ИДЕТ ВЕСЬ ДЕНЬ"),
    ),
    (
        "change_case:english_lowercase",
        {},
        ("the cat.", "hello", ENGLISH.lower()),
        ("The cat.", GERMAN.lower(), "123", "猫", "дождь идет весь день"),
    ),
    (
        "punctuation:no_comma",
        {},
        ("a b; c. d's", "a ’b‘ ‚c‘"),
        ("a, b", "1,000", "a， b", "猫、犬", "أهلا، وسهلا", "a‚ b", "a﹐ b", "a､b", "..."),
    ),
]

OWN: list[Case] = [
    ("count:word_range", {"low": 2, "high": 3}, ("a b", "a b c"), ("a", "a b c d")),
    ("count:sentence_range", {"low": 2, "high": 2}, ("A b. C d.",), ("A b.", "Go. B c. D e.")),
    (
        "count:paragraphs",
        {"number": 2, "relation": "exactly"},
        ("a\n\nb",),
        ("a\nb", "a\n\n.\n\n!"),
    ),
    ("count:characters", {"number": 5, "relation": "at most"}, ("ab cde", "猫 犬"), ("abcdef",)),
    ("count:lines", {"number": 2, "relation": "more than"}, ("a\nb\nc",), ("a\n\nb\n",)),
    ("count:distinct_words", at_least(3), ("a b c",), ("a A b b",)),
    (
        "count:numbers",
        {"number": 2, "relation": "exactly"},
        ("1,000 and 3.5", "٣ و ٤", "10:30, 7"),
        ("1", "B2 and 1st", "1 2 3"),
    ),
    (
        "count:questions",
        at_least(2),
        ("Why? How?", "なぜですか？どうして？"),
        ("Why?! No.", "a ? ? b"),
    ),
    ("count:exclamations", at_least(1), ("Go!", "¡Vamos!", "行け！"), ("Go.", "a!b")),
    (
        "count:emoji",
        {"number": 2, "relation": "exactly"},
        ("hi 😀🇩🇪", "a 👨‍👩‍👧 b ❤️"),
        ("hi 😀", "x :)"),
    ),
    ("count:parentheticals", at_least(2), ("a (b) c (d e)",), ("a () (.)", "(a", "((a))")),
    (
        "count:keywords",
        {"keywords": ["tea", "milk"], "frequencies": [2, 1]},
        ("Tea, tea and milk",),
        ("tea and milk", "tea tea tea milk", "tea tea"),
    ),
    (
        "count:marks",
        {"marks": [";", "?"], "number": 1, "relation": "exactly"},
        ("a; b?",),
        ("a; b; c?", "a?"),
    ),
    ("count:only_marks", {"marks": [".", "!"]}, ("Go! He went.",), ("Go, he. went!", "Go.", "a b")),
    ("words:max_repeats", {"number": 1}, ("one two",), ("one two One", "...")),
    ("words:max_length", {"number": 3}, ("the cat",), ("the cats", "!")),
    ("words:min_length", {"number": 3}, ("the cats",), ("a cat", "!")),
    ("words:same_initial", {"letter": "é"}, ("Every élan ends",), ("Every cat", "!")),
    (
        "words:initials_spell",
        {"word": "TEA"},
        ("Take every apple.",),
        ("Take every", "Ten apples each"),
    ),
    (
        "words:alphabetical_chain",
        {"first_letter": "y"},
        ("Yes, Zoe Ate Bread",),
        ("Yes", "Yes Zoe Bread", "A b c"),
    ),
    ("words:no_adjacent_initials", {}, ("a big cat",), ("a big brown cat", "cat")),
    (
        "words:palindromes",
        {"number": 2, "relation": "at least"},
        ("Anna saw a radar",),
        ("Anna anna", "a a I", "aa bb", "121 1331"),
    ),
    ("words:nth_word", {"position": 1, "word": "Кот"}, ("кот спит",), ("мой кот",)),
    ("words:nth_word", {"position": 2, "word": "cat"}, ("A Cat!",), ("cat", "a the cat")),
    ("words:first_is_last", {}, ("Tea is tea.",), ("tea", "tea tea", "tea tea tea", "tea is milk")),
    (
        "words:keyword_order",
        {"keywords": ["one", "two"]},
        ("One, then two, one",),
        ("two one", "one", "two"),
    ),
    (
        "words:one_of_each",
        {"groups": ["tea|coffee", "cat|dog"]},
        ("tea with a cat",),
        ("tea and coffee with a cat", "tea", "a dog"),
    ),
    (
        "letters:without",
        {"letters": "e x"},
        ("a cat runs",),
        ("the cat", "élan vital", "cat", "fox a"),
    ),
    ("letters:every_word_has", {"letter": "a"}, ("a cat ran", "À la carte"), ("a dog", "!")),
    (
        "letters:pangram",
        {},
        ("The quick brown fox jumps over the lazy dog",),
        (
            "abcdefghijklmnopqrstuvwxyz",
            "a b c d e f g h i j k l m n o p q r s t u v w x y z",
            "cat",
        ),
    ),
    ("case:title", {}, ("The Cat Is 3rd", "Élan Vital"), ("The cat", "123", "猫")),
    (
        "case:alternating_words",
        {},
        ("THE cat IS red", "the CAT"),
        ("THE CAT", "The cat", "CAT", "猫 犬"),
    ),
    (
        "startend:begin_phrase",
        {"begin_phrase": "Of course"},
        ("of course, here",),
        ("Of course", "Sure"),
    ),
    (
        "paragraph:initial_words",
        {"first_words": ["one", "two"]},
        ("One a\n\nTwo b",),
        ("Two\n\nOne", "One a"),
    ),
    ("paragraph:framed", {}, ("Tea is tea.\n\nMilk is milk!",), ("Tea is tea.\n\nMilk", "tea tea")),
    (
        "paragraph:keywords",
        {"keywords": ["tea", "milk"]},
        ("My tea\n\nMy milk",),
        ("My tea and milk\n\nmy milk", "tea", "milk\n\ntea"),
    ),
    (
        "sentence:word_range",
        {"low": 2, "high": 3},
        ("I go. I do go.",),
        ("Go. I go.", "I do not go.", "!"),
    ),
    (
        "sentence:increasing",
        {"step": 1},
        ("Go. I go. I do go.",),
        ("Go.", "Go. I go. I go.", "Go. I do go."),
    ),
    (
        "sentence:nth_keyword",
        {"position": 2, "keyword": "tea"},
        ("Hi there. I like tea.",),
        ("Tea. I like tea.", "I like tea.", "Hi. Ho. Tea."),
    ),
    (
        "sentence:acrostic",
        {"word": "Él"},
        ("Every day. Long days.",),
        ("Every day.", "Long days. Every day.", "E. L."),
    ),
    (
        "sentence:chain",
        {},
        ("I like tea. Tea is hot.",),
        ("I like tea. It is hot.", "Tea. Tea.", "Tea is."),
    ),
    (
        "sentence:same_start",
        {"word": "We", "number": 2},
        ("We eat. We run.",),
        ("We eat. We eat.", "We eat.", "We eat. They run. We go."),
    ),
    (
        "sentence:same_end",
        {"word": "tea", "number": 2},
        ("I like tea. He likes tea!",),
        ("I like tea. I like tea.", "Tea. I like tea.", "I like tea. He likes milk."),
    ),
    (
        "sentence:kinds",
        {"kinds": ["statement", "question", "exclamation"]},
        ("I go. Do you go? Go!", "行く。行きますか？行け！"),
        ("I go. Go! Do you?", "I go.", "I go. Do you? Go."),
    ),
    (
        "sentence:all_different_words",
        {"number": 2},
        ("I like tea. You drink milk.",),
        ("I like tea. I drink milk.", "I like tea."),
    ),
    (
        "sentence:emoji_end",
        {},
        ("Hello! 😀 I go 🚂", "行く。🚂"),
        ("Hello! I go. 😀", "Hello!", "😀 Hello 😀 x", "😀😀"),
    ),
    (
        "paragraph:sentence_counts",
        {"counts": [1, 2]},
        ("A b.\n\nC d. E f.",),
        ("A b. C d.\n\nE f.", "A b."),
    ),
    (
        "repeat:sentence",
        {"sentence": "I like tea.", "times": 2},
        ("I like tea. So what? I like  tea.",),
        (
            "I like tea. So what?",
            "I like tea. I like tea.",
            "I like tea. I like tea. I like tea. So?",
        ),
    ),
    (
        "format:numbered_list",
        {"number": 2},
        ("Intro\n1. a\n2) b",),
        ("1. a", "1. a\n1. b", "1. a\n2. b\n3. c", "2. a\n1. b", "1. .\n2. !"),
    ),
    (
        "format:nested_bullets",
        {"bullets": 2, "sub_bullets": 1},
        ("* a\n  - b\n* c\n\t- d",),
        ("* a\n* c", "  - b\n* a\n  - b\n* c\n  - d", "* a\n  - b\n  - b2\n* c\n  - d"),
    ),
    (
        "format:checklist",
        {"items": 2, "checked": 1},
        ("- [x] a\n- [ ] b",),
        ("- [x] a\n- [x] b", "- [x] a", "[x] a\n[ ] b", "- [x] a\n- [ ]"),
    ),
    (
        "format:headings",
        {"headings": ["One", "## Two"]},
        ("# one\na\n## Two ##\nb",),
        ("# One\n# Two\nb", "# One\na", "# Two\na\n# One\nb", "#One\na\n#Two\nb"),
    ),
    (
        "format:table",
        {"columns": 2, "rows": 1},
        ("| a | b |\n|---|:-:|\n| c | d \\| e |",),
        (
            "| a | b |\n|---|---|",
            "| a | b |\n| c | d |\n| e | f |",
            "| a |\n|---|\n| b |",
            "|a|b|\n|-|-|\n|c||",
        ),
    ),
    (
        "format:code_block",
        {"language": "python"},
        ("So:\n```python\nx = 1\n```\ndone",),
        (
            "```\nx = 1\n```",
            "```python\nx = 1",
            "```python\n```",
            "```python\nx\n```\n```python\ny\n```",
        ),
    ),
    ("format:line_length", {"maximum": 5}, ("ab\ncd ef",), ("ab", "ab\nabcdef")),
    ("format:words_per_line", {"number": 2}, ("a b\nc, d!",), ("a b", "a b\nc", "a b\nc d e")),
    ("format:stairs", {}, ("a\n b\n   c",), ("a\n b", "a\nb\nc", " a\n  b\n   c", "a\n  b\n c")),
    (
        "format:separated_items",
        {"separator": "|", "number": 3},
        ("a | b | c",),
        ("a | b", "a | b | b", "a | | c", "a | b | c | d"),
    ),
    (
        "format:fields",
        {"names": ["Name", "Age"]},
        ("Name: Tom\n**Age**: 7", "name： Tom\nage： 7"),
        (
            "Age: 7\nName: Tom",
            "Name: Tom",
            "Name:\nAge: 7",
            "Hi\nName: Tom\nAge: 7",
            "Name Tom\nAge 7",
        ),
    ),
    (
        "format:tags",
        {"tags": ["plan", "answer"]},
        ("<plan>a</plan>\n<answer>b</answer>",),
        (
            "<plan></plan><answer>b</answer>",
            "<answer>b</answer>",
            "<plan>a</plan><answer>b</answer> c",
            "<plan>a",
        ),
    ),
    (
        "format:nested_brackets",
        {"depth": 3},
        ("(a [b {c}])",),
        ("(a [b])", "([{}])", "([{a)]}", "(((a))", "a)))"),
    ),
    (
        "format:responses",
        {"number": 3, "separator": "---"},
        ("a\n---\nb\n---\nc",),
        ("a\n---\nb", "a\n---\nb\n---\nA!", "a --- b --- c", "a\n---\n---\nc"),
    ),
    (
        "format:stanzas",
        {"stanzas": 2, "lines_each": 2},
        ("a\nb\n\nc\nd",),
        ("a\nb\nc\nd", "a\nb\n\nc", "a\nb\n\nc\nd\n\ne\nf"),
    ),
    (
        "language:every_paragraph",
        {"language": "de"},
        (GERMAN, f"{GERMAN}\n\n{GERMAN}"),
        (f"{GERMAN}\n\n{ENGLISH}", ENGLISH, "1 2"),
    ),
    (
        "language:paragraph_languages",
        {"languages": ["en", "ja", "zh"]},
        (f"{ENGLISH}\n\n{JAPANESE}\n\n{CHINESE}",),
        (f"{ENGLISH}\n\n{CHINESE}\n\n{JAPANESE}", ENGLISH),
    ),
]

CASES = PUBLISHED + OWN


def score(text: str, *constraints: tuple[str, Any]) -> RewardResult:
    gold = {
        "instruction_id_list": [id for id, _ in constraints],
        "kwargs": [kwargs for _, kwargs in constraints],
    }
    return get_reward("ifeval").score(text, ground_truth=gold)


@pytest.mark.parametrize(
    ("id", "kwargs", "text"), [(i, k, text) for i, k, good, _ in CASES for text in good]
)
def test_texts_that_follow(id: str, kwargs: Kwargs, text: str) -> None:
    result = score(text, (id, kwargs))
    assert (result.score, result.status, result.message) == (1.0, "ok", "")


@pytest.mark.parametrize(
    ("id", "kwargs", "text"), [(i, k, text) for i, k, _, bad in CASES for text in bad]
)
def test_texts_that_do_not_follow(id: str, kwargs: Kwargs, text: str) -> None:
    result = score(text, (id, kwargs))
    assert (result.score, result.status) == (0.0, "ok")
    assert id in result.message


@pytest.mark.parametrize(("id", "kwargs"), [case[:2] for case in CASES])
@pytest.mark.parametrize("empty", ["", " \n", "...", "😀", "<think>well</think>", "* \n* "])
def test_text_without_content_follows_nothing(id: str, kwargs: Kwargs, empty: str) -> None:
    assert score(empty, (id, kwargs)).score == 0.0


def test_every_instruction_has_a_case_and_the_published_ones_are_all_there() -> None:
    assert {case[0] for case in PUBLISHED} == set(IFEVAL_IDS.split())
    assert len(IFEVAL_IDS.split()) == 25
    assert {case[0] for case in CASES} == set(known_instructions())
    assert len(known_instructions()) - 25 >= 25


def verdicts(_: int = 0) -> list[tuple[float, str, float]]:
    found = [score(t, (i, k)) for i, k, good, bad in CASES for t in (*good, *bad)]
    return [(one.score, one.status, one.components["loose"]) for one in found]


def test_identical_over_50_runs() -> None:
    first = verdicts()
    assert all(verdicts() == first for _ in range(49))


def test_identical_under_16_threads() -> None:
    first = verdicts()
    with ThreadPoolExecutor(16) as pool:
        assert all(found == first for found in pool.map(verdicts, range(16)))


def test_identical_in_a_fresh_process_whose_first_calls_come_from_threads() -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "from rewards.ifeval import check\n"
        f"texts = {[GERMAN, ENGLISH, JAPANESE, CHINESE] * 4!r}\n"
        "ask = lambda t: check(t, 'language:response_language', {'language': 'de'})\n"
        "with P(16) as pool: print(sum(pool.map(ask, texts)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"


def test_nothing_needs_the_network_or_a_download() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "from rewards.ifeval import check\n"
        f"assert check({GERMAN!r}, 'language:response_language', {{'language': 'de'}})\n"
        "assert check('One. Two.', 'count:sentence_range', {'low': 2, 'high': 2})\n"
        "print([m for m in ('nltk', 'langdetect', 'torch') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- rows


@pytest.mark.parametrize(
    ("id", "kwargs", "says"),
    [
        ("keywords:existance", {}, "did you mean `keywords:existence`"),
        ("detectable:number_bullet_lists", {}, "did you mean `detectable_format:number_bullet"),
        ("nonsense", {}, "unknown instruction id 'nonsense'"),
        ("", {}, "unknown instruction id"),
        (7, {}, "an instruction id is a string"),
        (None, {}, "an instruction id is a string"),
        (
            "keywords:existence",
            {"keyword": ["a"]},
            "unknown kwarg 'keyword'; did you mean `keywords`",
        ),
        ("keywords:existence", {}, "missing keywords"),
        ("keywords:existence", None, "missing keywords"),
        ("keywords:existence", {"keywords": None}, "missing keywords"),
        ("keywords:existence", {"keywords": "cat"}, "is a list"),
        ("keywords:existence", {"keywords": []}, "is an empty list"),
        ("keywords:existence", {"keywords": ["a", " "]}, "has an item that matches"),
        ("keywords:existence", {"keywords": ["a", 1]}, "has an item that is a string"),
        ("keywords:existence", ["keywords"], "kwargs are an object"),
        ("punctuation:no_comma", {"number": 1}, "unknown kwarg 'number'"),
        (
            "length_constraints:number_words",
            {"num_words": "3", "relation": "at least"},
            "is an integer",
        ),
        (
            "length_constraints:number_words",
            {"num_words": 2.5, "relation": "at least"},
            "is an integer",
        ),
        (
            "length_constraints:number_words",
            {"num_words": True, "relation": "at least"},
            "is an integer",
        ),
        ("length_constraints:number_words", {"num_words": -1, "relation": "at least"}, "is ≥ 0"),
        ("length_constraints:number_words", {"num_words": 1, "relation": "around"}, "'less than'"),
        (
            "keywords:frequency",
            {"keyword": "a", "frequency": 1, "relation": "exactly"},
            "is one of",
        ),
        (
            "keywords:letter_frequency",
            {"letter": "ab", "let_frequency": 1, "let_relation": "at least"},
            "matches",
        ),
        (
            "keywords:frequency",
            {"keyword": "a", "frequency": 0, "relation": "less than"},
            "can never hold",
        ),
        ("language:response_language", {"language": "German"}, "matches"),
        ("language:response_language", {"language": "tlh"}, "not one that can be identified"),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 1, "nth_paragraph": 2, "first_word": "a"},
            "more than num_paragraphs",
        ),
        ("count:word_range", {"low": 3, "high": 2}, "more than high"),
        ("count:keywords", {"keywords": ["a"], "frequencies": [1, 2]}, "differ in length"),
        ("count:keywords", {"keywords": ["a", "A"], "frequencies": [1, 2]}, "named twice"),
        (
            "count:marks",
            {"marks": ["a"], "number": 1, "relation": "exactly"},
            "not one punctuation mark",
        ),
        ("words:same_initial", {"letter": "3"}, "not one letter"),
        ("words:alphabetical_chain", {"first_letter": "я"}, "not in a to z"),
        ("words:one_of_each", {"groups": ["tea"]}, "at least two words"),
        ("words:keyword_order", {"keywords": ["tea"]}, "at least two keywords"),
        ("format:checklist", {"items": 1, "checked": 2}, "more than items"),
        ("format:tags", {"tags": ["a b"]}, "not a tag name"),
        ("format:separated_items", {"separator": "and", "number": 2}, "letter or digit"),
        ("language:paragraph_languages", {"languages": ["de", "de"]}, "two different languages"),
        ("language:every_paragraph", {"language": "hi"}, "is one of"),
    ],
)
@pytest.mark.parametrize("text", ["", "An answer."])
def test_a_broken_row_is_an_error_for_every_text(
    id: Any, kwargs: Any, says: str, text: str
) -> None:
    result = score(text, ("punctuation:no_comma", {}), (id, kwargs))
    assert result.status == "error"
    assert says in result.message
    assert not isinstance(id, str) or id in result.message


@pytest.mark.parametrize(
    "gold",
    [
        None,
        "keywords:existence",
        {},
        {"instruction_id_list": [], "kwargs": []},
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": []},
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": {}},
        {"instruction_id_list": "punctuation:no_comma", "kwargs": [{}]},
    ],
)
def test_malformed_rows_are_errors(gold: Any) -> None:
    assert get_reward("ifeval").score("x", ground_truth=gold).status == "error"


@pytest.mark.parametrize(
    ("constraints", "says"),
    [
        ([("change_case:english_capital", {}), ("change_case:english_lowercase", {})], "exclude"),
        (
            [
                ("change_case:english_capital", {}),
                ("language:response_language", {"language": "de"}),
            ],
            "asks for 'de' as well",
        ),
        (
            [("case:title", {}), ("language:every_paragraph", {"language": "ko"})],
            "no upper and lower case",
        ),
        (
            [
                ("language:response_language", {"language": "hi"}),
                ("language:response_language", {"language": "fr"}),
            ],
            "two languages",
        ),
    ],
)
def test_instructions_that_exclude_each_other_are_an_error(
    constraints: list[tuple[str, Kwargs]], says: str
) -> None:
    result = score("Text.", *constraints)
    assert result.status == "error"
    assert says in result.message


def test_repeats_are_kept_apart_and_share_is_their_mean() -> None:
    result = score(
        "a",
        ("keywords:existence", {"keywords": ["a"]}),
        ("keywords:existence", {"keywords": ["b"], "num_words": None}),
    )
    assert result.score == 0.0
    assert result.components == {
        "0:keywords:existence": 1.0,
        "1:keywords:existence": 0.0,
        "share": 0.5,
        "loose": 0.0,
    }


def test_integers_that_a_table_made_floats_are_integers() -> None:
    kwargs = {"num_bullets": 1.0, "num_words": None, "relation": None}
    assert score("* a", ("detectable_format:number_bullet_lists", kwargs)).score == 1.0


def test_reasoning_and_line_ends_do_not_count() -> None:
    assert score("<think>a, b</think>a b", ("punctuation:no_comma", {})).score == 1.0
    kwargs = {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "b"}
    assert score("a\r\n\r\nb", ("length_constraints:nth_paragraph_first_word", kwargs)).score == 1.0


def test_loose_forgives_a_preamble_a_closing_line_and_asterisks_but_is_not_trained_on() -> None:
    no_comma: tuple[str, Kwargs] = ("punctuation:no_comma", {})
    for text in ("Sure, here:\na b", "a b\nWell, bye", "Sure, a:\na b\nWell, bye"):
        result = score(text, no_comma)
        assert (result.score, result.components["loose"]) == (0.0, 1.0)
    starred = score("**My answer is** yes.", ("detectable_format:constrained_response", {}))
    assert (starred.score, starred.components["loose"]) == (0.0, 1.0)
    assert score("a, b", no_comma).components["loose"] == 0.0
    assert score("Sure,\n...", no_comma).components["loose"] == 0.0  # nothing is left
    assert score("a b", no_comma).components["loose"] == 1.0


def test_loose_variants_are_the_published_eight() -> None:
    assert loose_variants("*a\nb\nc*") == [
        "*a\nb\nc*",
        "b\nc*",
        "*a\nb",
        "b",
        "a\nb\nc",
        "b\nc",
        "a\nb",
    ]
    assert loose_variants("a") == ["a", ""]


# ---- the registry


def test_schemas_are_json_and_reject_what_binding_rejects() -> None:
    schemas = json.loads(json.dumps(known_instructions()))
    assert list(schemas) == sorted(schemas)
    for id, kwargs, _, _ in CASES:
        assert set(schemas[id]["required"]) <= set(kwargs) <= set(schemas[id]["properties"])
        assert not schemas[id]["additionalProperties"]
        assert declared()[id].description.endswith((".", "bullets"))
    assert schemas["keywords:frequency"]["properties"]["relation"]["enum"] == [
        "at least",
        "less than",
    ]


def test_schemas_agree_with_a_json_schema_validator() -> None:
    import jsonschema

    for id, kwargs, _, _ in CASES:
        schema = dict(known_instructions()[id])
        jsonschema.validate(kwargs, schema)
        for key in schema["required"]:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(kwargs | {key: {}}, schema)
            with pytest.raises(BadInstruction):
                check("a", id, kwargs | {key: {}})
            with pytest.raises(BadInstruction):
                check("a", id, {k: v for k, v in kwargs.items() if k != key})


def test_the_table_of_instructions_is_printed() -> None:
    command = [sys.executable, "-m", "rewards.ifeval"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(f"{id}\n" in done.stdout for id in known_instructions())
    assert "    num_words: integer ≥ 0\n    relation: at least | less than\n" in done.stdout


def test_an_id_cannot_be_declared_twice_nor_a_kwarg_without_a_kind() -> None:
    def plain(text: str, *, number: int) -> bool:
        return bool(number)

    with pytest.raises(ValueError, match="declared twice"):
        instruction("punctuation:no_comma")(lambda text: True)
    with pytest.raises(ValueError, match="has no kind"):
        instruction("test:no_kind")(plain)
    assert "test:no_kind" not in known_instructions()


def test_parse_row_raises_for_users() -> None:
    row = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    assert [one.id for one in parse_row(row)] == ["punctuation:no_comma"]
    with pytest.raises(BadInstruction, match="equal length"):
        parse_row({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []})


# ---- hostile texts

BOMBS = [
    "<" * 50_000,
    "<<a" * 15_000,
    "*" * 50_000,
    "*a" * 25_000,
    "**a " * 12_000,
    "[" * 50_000,
    "(" * 50_000,
    "\n" * 50_000,
    "\n " * 25_000,
    "a. " * 15_000,
    "1." * 25_000,
    "!" * 50_000,
    '"' * 50_000,
    "- " * 25_000,
    "`" * 50_000,
    "p.s. " * 10_000,
    "| " * 25_000,
    "e\u0301" * 25_000,
    "\u0301" * 50_000,
    "猫" * 50_000,
    "😀\u200d" * 15_000,
    "a'" * 25_000,
    "SECTION 1\n" * 5_000,
    "{" * 25_000,
    "\ud800" * 1000,
    "\x00" * 1000,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: f"{bomb[:4]!r}")
def test_long_and_odd_texts_are_judged_within_seconds(bomb: str) -> None:
    start = time.process_time()
    for id, kwargs in {case[0]: case[1] for case in CASES}.items():
        assert score(f"a{bomb}", (id, kwargs)).status == "ok"
    assert time.process_time() - start < 30


@given(st.text(max_size=200), st.sampled_from(CASES))
def test_any_text_gets_a_verdict(text: str, case: Case) -> None:
    result = score(text, (case[0], case[1]))
    assert result.teaches
    assert result.score in (0.0, 1.0)
    assert result.components["loose"] >= result.score

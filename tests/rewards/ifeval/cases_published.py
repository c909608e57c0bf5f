"""List texts that follow, and do not follow, each of the published instructions."""

from __future__ import annotations

from typing import Any

from rewards import RewardResult, get_reward

Kwargs = dict[str, Any]
# id, kwargs, texts that follow it, texts that do not.
Case = tuple[str, Kwargs, tuple[str, ...], tuple[str, ...]]

GERMAN = "Der Zug nach Hamburg fährt heute leider nicht, weil es auf der Strecke brennt."
ENGLISH = "The train to Hamburg does not run today because there is a fire on the line."
HINDI = "आज हैम्बर्ग जाने वाली ट्रेन नहीं चलेगी क्योंकि रास्ते में आग लगी हुई है।"
JAPANESE = "今日はハンブルク行きの電車が走りません。線路で火事があったからです。"
CHINESE = "今天开往汉堡的火车不开了，因为铁路上发生了火灾，请大家改乘公共汽车。"


def score(text: str, *constraints: tuple[str, Any]) -> RewardResult:
    """Score a text by instructions, each an id and its kwargs."""
    gold = {
        "instruction_id_list": [id for id, _ in constraints],
        "kwargs": [kwargs for _, kwargs in constraints],
    }
    return get_reward("ifeval").score(text, ground_truth=gold)


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

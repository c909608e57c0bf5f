"""List texts that follow, and do not follow, each of the harder instructions of our own."""

from __future__ import annotations

from tests.rewards.ifeval.cases_multilingual import MULTILINGUAL
from tests.rewards.ifeval.cases_published import (
    CHINESE,
    ENGLISH,
    GERMAN,
    JAPANESE,
    PUBLISHED,
    Case,
    Kwargs,
)


def at_least(number: int) -> Kwargs:
    return {"number": number, "relation": "at least"}


HARDER: list[Case] = [
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

CASES = PUBLISHED + MULTILINGUAL + HARDER

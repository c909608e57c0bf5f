"""Every instruction passes texts that follow it and fails texts that only look like it."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.ifeval import known_instructions, loose_variants
from tests.rewards.ifeval.cases_harder import CASES
from tests.rewards.ifeval.cases_multilingual import MULTILINGUAL, PREFIXED
from tests.rewards.ifeval.cases_published import (
    CHINESE,
    ENGLISH,
    GERMAN,
    JAPANESE,
    PUBLISHED,
    Case,
    Kwargs,
    score,
)

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


@pytest.mark.parametrize(
    ("id", "kwargs", "text"), [(i, k, text) for i, k, good, _ in CASES + PREFIXED for text in good]
)
def test_texts_that_follow(id: str, kwargs: Kwargs, text: str) -> None:
    result = score(text, (id, kwargs))
    assert (result.score, result.status, result.message) == (1.0, "ok", "")


@pytest.mark.parametrize(
    ("id", "kwargs", "text"), [(i, k, text) for i, k, _, bad in CASES + PREFIXED for text in bad]
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
    assert len(known_instructions()) - 25 - len(MULTILINGUAL) >= 25


def verdicts(_: int = 0) -> list[tuple[float, str, float]]:
    found = [score(t, (i, k)) for i, k, good, bad in CASES for t in (*good, *bad)]
    return [(one.score, one.status, one.components["loose"]) for one in found]


@pytest.mark.slow
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

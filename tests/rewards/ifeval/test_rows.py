"""Rows of instructions are checked completely before any text is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from rewards import get_reward
from rewards.ifeval import BadInstruction, check, known_instructions, parse_row
from rewards.ifeval.instruction import declared, instruction
from tests.rewards.ifeval.cases_harder import CASES
from tests.rewards.ifeval.cases_published import Kwargs, score


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
            {"keyword": "a", "frequency": 1, "relation": "unos"},
            "'como máximo'",
        ),
        (
            "fr:keywords:frequency",
            {"keyword": "a", "frequency": 0, "relation": "moins de"},
            "can never hold",
        ),
        ("xx:keywords:existence", {}, "unknown instruction id 'xx:keywords:existence'"),
        ("de:keywords:existence", {}, "missing keywords"),
        ("ja:letters:furigama", {}, "did you mean `letters:furigana`"),
        ("fr:letters:nonsense", {}, "unknown instruction id 'fr:letters:nonsense'"),
        ("special_character:accents", {"word_to_accentuate": {}}, "is an object with"),
        ("special_character:accents", {"word_to_accentuate": ["a"]}, "is an object with"),
        ("special_character:accents", {"word_to_accentuate": {"a": 1}}, "has a member that"),
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
                ("es:change_case:spanish_capital", {}),
                ("es:language:response_language", {"language": "fi"}),
            ],
            "asks for 'fi' as well",
        ),
        (
            [("change_case:spanish_capital", {}), ("fr:change_case:french_capital", {})],
            "exclude",
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


def test_schemas_are_json_and_reject_what_binding_rejects() -> None:
    schemas = json.loads(json.dumps(known_instructions()))
    assert list(schemas) == sorted(schemas)
    for id, kwargs, _, _ in CASES:
        assert set(schemas[id]["required"]) <= set(kwargs) <= set(schemas[id]["properties"])
        assert not schemas[id]["additionalProperties"]
        assert declared()[id].description.endswith((".", "bullets"))
    relations = schemas["keywords:frequency"]["properties"]["relation"]["enum"]
    assert {"at least", "less than", "al menos", "como máximo", "moins de", "以上"} < set(relations)


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
    assert "    num_words: integer ≥ 0\n    relation: at least | at most | " in done.stdout


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

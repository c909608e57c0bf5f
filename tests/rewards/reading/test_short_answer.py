"""A short answer counts when it is stated, not when it is merely somewhere in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.reading.short_answer import states


@pytest.mark.parametrize(
    "response",
    [
        "Paris",
        "Paris.",
        "paris!",
        "**Paris**",
        '"Paris."',
        "It is Paris.",
        "It's Paris.",
        "The capital of France is Paris.",
        "The capital of Bosnia and France is Paris.",
        "Capital: Paris",
        "Paris is the capital of France.",
        "It is Paris. The city lies on the Seine, and is old.",
        "I think it is Paris.",
        "Sure, let me see.\nThe answer is Paris. I hope this answer helps.",
        "Rome was my first thought. <answer>Paris</answer>",
        "so \\boxed{Paris}",
        "<think>Rome? Madrid?</think>It is Paris.",
        "Die Hauptstadt ist Paris.",
        "Es ist Paris.",
        "La capital es Paris.",
        "C'est Paris.",
        "La capitale è Paris.",
        "A capital é Paris.",
        "O nome é Paris.",
        "De hoofdstad is Paris.",
        "Hlavní město je Paris.",
        "首都はParisです。",
        "Parisです",
        "수도는 Paris입니다.",
        "首都是Paris。",
        "العاصمة هي Paris.",
    ],
)
def test_stated(response: str) -> None:
    assert states(response, ["Paris"])


@pytest.mark.parametrize(
    "response",
    [
        "",
        "Parisian",
        "Rome",
        "Paris, Rome",
        "Rome, Paris",
        "Rome or Paris",
        "Paris or Rome",
        "Paris/Rome",
        "Rome and Paris",
        "It is Rome. It is Paris.",
        "It is Rome or it is Paris.",
        "It is Rome and it is Paris.",
        "Rome. Paris. Madrid.",
        "Madrid is it, Paris is it",
        "It is not Paris.",
        "not Paris",
        "The answer is not Paris.",
        "<answer>Rome or Paris</answer>",
        "<answer>Rome</answer> Paris",
        "<answer></answer>Paris",
        "\\boxed{Rome, Paris}",
        "Es Roma o es Paris.",
        "Paris es la capital o Roma",
        "Is it Paris?? Rome",
        "Paris " * 500,
        "What is the capital? I ask Paris",
    ],
)
def test_not_stated(response: str) -> None:
    assert not states(response, ["Paris"])


def test_several_spellings_and_digits_of_other_scripts() -> None:
    assert states("It is Köln.", ["Cologne", "Köln"])
    assert states("It is the Nile.", ["Nile"])
    assert states("It is ４２.", ["42"])
    assert not states("It is 42.5.", ["42"])
    assert not states("It is 142.", ["42"])
    assert states("It is J. R. R. Tolkien.", ["J. R. R. Tolkien"])
    assert not states("anything", [])
    assert not states("", [""])


@given(st.lists(st.sampled_from(["Rome", "Paris", "Oslo"]), min_size=2, max_size=9, unique=True))
def test_a_list_of_cities_never_states_one(cities: list[str]) -> None:
    for joint in (", ", " or ", "/", " and ", ". ", "; ", " "):
        if joint != ". ":
            assert not states(f"It is {joint.join(cities)}.", [cities[-1]])
        assert not states(joint.join(cities), [cities[-1]])

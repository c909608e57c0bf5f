"""Golds that contradict their questions are computed anew; questions without one are dropped."""

from __future__ import annotations

import itertools
import json
from decimal import getcontext, localcontext
from typing import Any

import pytest

from rewards import get_reward
from rewards.reasoning_gym import FULL_MARKS, marks
from rewards.reasoning_gym.golds import DROPPED, RECOMPUTED, Unsound
from rewards.reasoning_gym.tasks import VETTED, NoItem, load, make_item
from tests.rewards.reasoning_solvers import SOLVERS, Unclear


def score(answer: str, truth: Any) -> tuple[float, str]:
    result = get_reward("reasoning_gym").score(f"<answer>{answer}</answer>", ground_truth=truth)
    return result.score, result.status


def asked(first: str, second: str, conclusion: str) -> str:
    return (
        f"Consider these statements:\n1. {first}\n2. {second}\n\n"
        f"Does it logically follow that:\n{conclusion}?\n(Answer Yes or No)"
    )


# From a textbook's table and from its exercises; the last column is None where it depends on
# whether the terms have members.
SYLLOGISMS = [
    ("All dogs are animals", "All animals are mortals", "All dogs are mortals", "Yes"),
    ("No cats are dogs", "All tigers are cats", "No tigers are dogs", "Yes"),
    ("All dogs are animals", "Some dogs are cats", "Some cats are animals", "Yes"),
    ("No cats are dogs", "Some tigers are cats", "Some tigers are not dogs", "Yes"),
    ("No fish are birds", "All ducks are birds", "No ducks are fish", "Yes"),
    ("All fish are birds", "No ducks are birds", "No ducks are fish", "Yes"),
    ("All fish are birds", "Some ducks are not birds", "Some ducks are not fish", "Yes"),
    ("Some birds are not fish", "All birds are ducks", "Some ducks are not fish", "Yes"),
    ("Some fish are birds", "All birds are ducks", "Some ducks are fish", "Yes"),
    ("No fish are birds", "Some birds are ducks", "Some ducks are not fish", "Yes"),
    ("All dogs are animals", "All dogs are mortals", "All animals are mortals", "No"),
    ("All dogs are animals", "All cats are animals", "All dogs are cats", "No"),
    ("Some dogs are animals", "Some animals are cats", "Some dogs are cats", "No"),
    ("No dogs are animals", "No animals are cats", "No dogs are cats", "No"),
    ("No dogs are animals", "No animals are cats", "Some dogs are cats", "No"),
    ("All dogs are animals", "Some animals are cats", "Some dogs are cats", "No"),
    ("Some dogs are not animals", "All animals are cats", "Some dogs are not cats", "No"),
    ("All dogs are animals", "No animals are cats", "All dogs are cats", "No"),
    ("All dogs are animals", "Some dogs are not cats", "All cats are animals", "No"),
    # Converted statements, with a premise that has nothing to do with it.
    ("No cats are dogs", "All dogs are birds", "No dogs are cats", "Yes"),
    ("Some cats are dogs", "All dogs are birds", "Some dogs are cats", "Yes"),
    ("All cats are dogs", "All dogs are birds", "All dogs are cats", "No"),
    ("Some cats are not dogs", "All dogs are birds", "Some dogs are not cats", "No"),
    ("All cats are dogs", "All dogs are birds", "Some dogs are cats", None),
    ("No cats are dogs", "All dogs are birds", "Some dogs are not cats", None),
    ("All dogs are animals", "All dogs are cats", "Some animals are cats", None),
    ("No dogs are animals", "All animals are cats", "Some cats are not dogs", None),
]


@pytest.mark.parametrize(("first", "second", "conclusion", "gold"), SYLLOGISMS)
def test_syllogisms(first: str, second: str, conclusion: str, gold: str | None) -> None:
    question = asked(first, second, conclusion)
    if gold is None:
        with pytest.raises(Unsound, match="members"):
            RECOMPUTED["syllogism"](question)
    else:
        assert RECOMPUTED["syllogism"](question) == gold
        # The order of premises says nothing.
        assert RECOMPUTED["syllogism"](asked(second, first, conclusion)) == gold


def test_all_syllogisms_are_what_the_moods_say() -> None:
    """Worlds and the names of moods agree on all 1,536 forms, also on what depends on members."""
    forms = ("All {} are {}", "No {} are {}", "Some {} are {}", "Some {} are not {}")
    checked = 0
    for first, second, third in itertools.product(forms, repeat=3):
        for one, two, three in itertools.product(("ab", "ba"), ("bc", "cb"), PAIRS):
            question = asked(first.format(*one), second.format(*two), third.format(*three))
            try:
                gold = RECOMPUTED["syllogism"](question)
            except Unsound:
                with pytest.raises(Unclear):
                    SOLVERS["syllogism"](question)
            else:
                assert SOLVERS["syllogism"](question).answers == (gold,)
            checked += 1
    assert checked == 4**3 * 2 * 2 * 6


PAIRS = ("ab", "ba", "bc", "cb", "ac", "ca")


def test_a_row_of_the_librarys_own_is_scored_by_what_it_asks() -> None:
    first, second = "All horses are mammals", "Some mammals are lawyers"
    metadata = {"premise1": first, "premise2": second, "conclusion": "Some horses are lawyers"}
    wrong = {"task": "syllogism", "entry": {"answer": "Yes", "metadata": metadata}}
    assert score("No", wrong) == (1.0, "ok")
    assert score("Yes", wrong) == (0.0, "ok")
    assert score("Yes or No", wrong) == (0.0, "ok")


def test_a_row_of_the_librarys_own_mahjong_is_too() -> None:
    rounds = [
        {"add": "M", "remove": "A", "cards": "ABBXYZMOQSUVK", "result": "Pass"},
        {"add": "C", "remove": "K", "cards": "ABBXYZMOQSUVC", "result": "Pass"},
    ]
    metadata = {"rounds": rounds}
    truth = {"task": "mahjong_puzzle", "entry": {"answer": "Pass", "metadata": metadata}}
    assert score("Chi", truth) == (1.0, "ok")
    assert score("Pass", truth) == (0.0, "ok")
    metadata["rounds"] = rounds[1:]
    assert score("Chi", truth) == (0.0, "error")


@pytest.mark.parametrize(
    ("gold", "status"),
    [
        *(("mother", "ok"), ("uncle", "ok"), ("grandfather", "ok")),
        *(("niece", "error"), ("nephew", "error"), ("father-in-law", "error")),
    ],
)
def test_a_familys_row_is_taken_where_the_library_is_right(gold: str, status: str) -> None:
    truth = {"task": "family_relationships", "entry": {"answer": gold, "metadata": {}}}
    assert score(gold, truth) == (float(status == "ok"), status)


@pytest.mark.parametrize("task", RECOMPUTED)
def test_a_row_without_its_question_is_an_error(task: str) -> None:
    bare = {"task": task, "entry": {"answer": "Yes", "metadata": {"source_dataset": task}}}
    for answer in ("Yes", "No"):
        assert score(answer, bare) == (0.0, "error")
        assert score(answer, {**bare, "question": "What?"}) == (0.0, "error")


@pytest.mark.parametrize("task", RECOMPUTED)
def test_the_answer_that_a_row_says_is_not_trusted(task: str) -> None:
    difficulty = VETTED[task][-1]
    _, truth = made(task, difficulty)[0]
    gold = truth["entry"]["answer"]
    forged = json.loads(json.dumps(truth))
    forged["entry"]["answer"] = "12345"
    assert score(gold, forged) == (1.0, "ok")
    assert score("12345", forged) == (0.0, "ok")


def made(task: str, difficulty: int, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
    items = []
    for index in range(1000):
        try:
            items.append(make_item(task, difficulty, 7, index))
        except NoItem:
            continue
        if len(items) == count:
            break
    return items


@pytest.mark.parametrize("task", ["aiw", "family_relationships", "mahjong_puzzle", "syllogism"])
def test_the_library_is_wrong_about_some_of_them(task: str) -> None:
    """If it were not, what is computed here would have no reason to be."""
    difficulty = VETTED[task][-1]
    _, truth = made(task, difficulty)[0]
    dataset = load().create_dataset(task, seed=7, size=1000, **truth.get("config", {}))
    wrong = 0
    for index in range(150):
        item = dataset[index]
        try:
            wrong += RECOMPUTED[task](item["question"]) != item["answer"]
        except Unsound:
            continue
    assert wrong >= 3


def cards(hand: str, *rounds: str) -> str:
    lines = [
        f"Round {n}: Add a {cards[0]} card and remove a {cards[1]} card."
        for n, cards in enumerate(rounds, 1)
    ]
    return f"Now, given the initial cards {hand}, what is …:\n" + "\n".join(lines)


@pytest.mark.parametrize(
    ("hand", "rounds", "gold"),
    [
        ("AABCDEFGHIJKL", ["AC"], "Peng"),
        ("ABBCXYZMOQSUV", ["AM"], "Chi"),  # A B B C in order: no three neighbours are a run
        ("AACEGIKMOQSUW", ["BA"], "Chi"),
        ("ACEGIKMOQSUWY", ["AC"], "Pass"),
        ("ACEGIKMOQSUWY", ["ZA"], "Pass"),  # Y Z is not enough, and A does not follow Z
        ("ABEGIKMOQSUWY", ["ZA"], "Pass"),
        ("XYEGIKMOQSUWA", ["ZA"], "Chi"),
        ("AACEGIKMOQSUW", ["AC", "AE"], "Peng"),
        ("ABEGIKMOQSUWY", ["CA", "DE"], "Chi"),  # B C D, with the C of the round before
        ("ABEGIKMOQSUWY", ["CB", "DE"], "Chi"),  # C D E
        ("ABGGIKMOQSUWY", ["CB", "DA"], "Pass"),
    ],
)
def test_mahjong(hand: str, rounds: list[str], gold: str) -> None:
    assert RECOMPUTED["mahjong_puzzle"](cards(hand, *rounds)) == gold


STORY = (
    "Peter is married to Mary. They have children called Jack and Emma. "
    "Jack is married to Lucy. They have children called Owen and Zoe. "
    "Emma is married to River. They have a child called Sky."
)


@pytest.mark.parametrize(
    ("person", "of", "gold"),
    [
        ("Mary", "Emma", "mother"),
        ("Peter", "Jack", "father"),
        ("Emma", "Mary", "daughter"),
        ("Jack", "Mary", "son"),
        ("Lucy", "Jack", "wife"),
        ("Peter", "Mary", "husband"),
        ("Emma", "Jack", "sister"),
        ("Owen", "Zoe", "brother"),
        ("Mary", "Zoe", "grandmother"),
        ("Zoe", "Peter", "granddaughter"),
        ("Emma", "Owen", "aunt"),
        ("Lucy", "Sky", "aunt"),
        ("River", "Zoe", "uncle"),  # Emma's husband
        ("Zoe", "Emma", "niece"),
        ("Owen", "River", "nephew"),
        ("Mary", "Lucy", "mother-in-law"),
        ("Lucy", "Mary", "daughter-in-law"),
        ("River", "Peter", "son-in-law"),
        ("Lucy", "Emma", "sister-in-law"),
        ("Jack", "River", "brother-in-law"),
        ("Sky", "Emma", None),  # a daughter or a son
        ("Zoe", "Sky", None),  # cousins
        ("Owen", "Owen", None),
    ],
)
def test_families(person: str, of: str, gold: str | None) -> None:
    for question in (f"What is {person} to {of}? Respond …", f"How is {person} related to {of}? …"):
        if gold is None:
            with pytest.raises(Unsound):
                RECOMPUTED["family_relationships"](f"{STORY}\n\n{question}")
        else:
            assert RECOMPUTED["family_relationships"](f"{STORY}\n\n{question}") == gold


COLLEAGUES = (
    "Alice has {} male colleagues and she also has {} female colleagues. … Bob has {} male "
    "colleagues and {} female colleagues in total. … How many female colleagues does Matilda have?"
)


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("Alice has 3 brothers and she also has 2 sisters. How many sisters does Alice's …", "3"),
        ("Alice has 2 sisters and she also has 3 brothers. How many sisters does Bob's …", None),
        ("Alice has 1 male friends and she also has 4 female friends. They all …", "5"),
        (COLLEAGUES.format(1, 1, 1, 1), "1"),  # Alice alone
        (COLLEAGUES.format(2, 3, 4, 5), "7"),  # Alice, two beside her, four beside Bob
    ],
)
def test_alice(question: str, gold: str | None) -> None:
    question = question.replace("'s …", "'s brother have?")
    if gold is None:
        with pytest.raises(Unsound, match="stranger"):
            RECOMPUTED["aiw"](question)
    else:
        assert RECOMPUTED["aiw"](question) == gold


@pytest.mark.parametrize(
    ("expression", "gold"),
    [
        ("1.50+2.25", "3.75"),
        ("2.00/3.00", "0.666667"),
        ("(1.00-2.00)/3.00*3.00", "-1"),
        ("1000.00/3.00-333.00", "0.333333"),  # rounded at each step it is 0.333
        ("0.10*0.10*0.10", "0.001"),
        ("1.00/(2.00-2.00)", None),
    ],
)
def test_decimals_are_rounded_once(expression: str, gold: str | None) -> None:
    question = (
        f"Please solve this problem to a maximum of 6 significant digits, …\n{expression} = ?"
    )
    if gold is None:
        with pytest.raises(Unsound):
            RECOMPUTED["decimal_arithmetic"](question)
    else:
        assert RECOMPUTED["decimal_arithmetic"](question) == gold


def test_decimals_need_the_digits_that_were_asked_for() -> None:
    config = {"precision": 6, "max_num_decimal_places": 2}
    question = "Please solve this problem to a maximum of 6 significant digits, …\n2.00/3.00 = ?"
    truth = {
        "task": "decimal_arithmetic",
        "entry": {"answer": "0.666667", "metadata": {}},
        "config": config,
        "question": question,
    }
    for right in ("0.666667", "0.666666", ".6666666667", "+0.6666670"):
        assert score(right, truth) == (1.0, "ok"), right
    for wrong in ("0.66", "0.67", "0.6667", "0.6666", "0.670000", "-0.666667", "nan", "inf", "2/3"):
        assert score(wrong, truth) == (0.0, "ok"), wrong


def test_another_candidate_is_not_the_largest() -> None:
    numbers = [5.001, 5.002, 5.0, 4.0, 5.0015]
    truth = {
        "task": "number_format",
        "entry": {"answer": "5.002", "metadata": {"candidates": numbers, "solution": 5.002}},
    }
    for right in ("5.002", "5.00200", "5.002000e+00", "+5.002"):
        assert score(right, truth) == (1.0, "ok"), right
    for wrong in ("5.001", "5.0015", "5.0", "5", "4.0", "nan", "5.002 or 5.001", "5.00"):
        assert score(wrong, truth) == (0.0, "ok"), wrong


DROPS = [
    ("calendar_arithmetic", "How many Mondays are there from Friday, December 30, 2022 to Tuesday, "
     "January 3, 2022 (inclusive of both dates)? …"),
    ("calendar_arithmetic", "If the first day of the year was a Monday, what day … April 3 be? …"),
    ("calendar_arithmetic", "In a year where Friday is January 1st, name the weekday of May 1. …"),
    ("color_cube_rotation", "Then the cube is rotated to bring the bottom side to the top."),
    ("color_cube_rotation", "… which was before at the bottom is now at the top."),
    ("color_cube_rotation", "Next, the bottom side is rotated to become the top face."),
    ("color_cube_rotation", "After that the cube is turned to make the bottom face the top."),
    ("color_cube_rotation", "Now the cube is rotated to place its bottom side at the top."),
    ("emoji_mystery", "Decode the following sentence from the emoji: \u2764\ufe0f\U000e0138\n…"),
    ("manipulate_matrix", "- Rotate the matrix 90 degrees"),
    ("manipulate_matrix", "- Horizontally mirror the matrix"),
    ("manipulate_matrix", "- Vertically mirror the matrix"),
    ("needle_haystack", "Ann likes tea. Bob likes tea. \nWho likes tea? Reply only with a name."),
    ("number_filtering", "Keep all numbers larger than 3 in this list: ['5', '7.1', '5.0']\n…"),
    ("power_function", "Compute -12.5^4. Return …"),
    ("power_function", "Compute -12.5^-2. Return …"),
    ("power_function", "Compute -3.1^0. Return …"),
    ("string_manipulation", "If the string length is greater than 9, remove the middle character."),
]  # fmt: skip
KEPT = [
    ("calendar_arithmetic", "How many Mondays are there from Friday, December 2, 2022 to Tuesday, "
     "December 13, 2022 (inclusive of both dates)? …"),
    ("calendar_arithmetic", "Count the occurrences of Monday from Friday, December 2 to Tuesday, "
     "December 13, 2022 (including both start and end dates). …"),
    ("calendar_arithmetic", "If the first day of the year was a Monday, what day … February 3 …"),
    ("calendar_arithmetic", "Is 2024 a leap year? …"),
    ("calendar_arithmetic", "What day of the week was April 3, 2022? …"),
    ("color_cube_rotation", "- a purple bottom side\n\nThe cube is rotated so that the side which "
     "was before at the left is now at the top.\n\nWhat is now the color of the bottom side of …"),
    ("emoji_mystery", "Decode the following sentence from the emoji: \u2620\U000e0138\n…"),
    ("manipulate_matrix", "- Rotate the matrix 180 degrees\n- Mirror the matrix along its …"),
    ("caesar_cipher", "Decrypt this Caesar cipher text: WKH PDQ. Provide only …"),
    ("needle_haystack", "Ann likes tea. Bob likes teas. Cid hates tea. \nWho likes tea? Reply"),
    ("number_filtering", "Keep all numbers larger than 5 in this list: ['5', '7.1', '-5.0']\n…"),
    ("power_function", "Compute -12.5^3. Return …"),
    ("power_function", "Compute 12.5^4. Return …"),
    ("string_manipulation", "If the string starts with 'bb', remove the second character."),
]  # fmt: skip


@pytest.mark.parametrize(("task", "question"), DROPS)
def test_questions_that_have_no_one_answer_are_dropped(task: str, question: str) -> None:
    with pytest.raises(Unsound):
        DROPPED[task](question, "")


@pytest.mark.parametrize(("task", "question"), KEPT)
def test_questions_beside_them_are_kept(task: str, question: str) -> None:
    DROPPED[task](question, "")


def test_a_cipher_has_no_letters_beyond_z() -> None:
    with pytest.raises(Unsound, match="beyond Z"):
        DROPPED["caesar_cipher"]("Decrypt this Caesar cipher text: DLULDO. Provide …", "AËRIAL")


def test_one_generators_decimals_are_not_anothers() -> None:
    """The library's `decimal_arithmetic` sets the precision for the whole process."""
    with localcontext() as context:
        before = make_item("decimal_chain_sum", 3, 11, 5)
        context.prec = 28
        made("decimal_arithmetic", 1)
        assert getcontext().prec == 28
        context.prec = 4
        assert make_item("decimal_chain_sum", 3, 11, 5) == before
        _, truth = before
        answer = truth["entry"]["answer"]
        assert marks("decimal_chain_sum", truth["entry"], truth["config"], answer) >= FULL_MARKS

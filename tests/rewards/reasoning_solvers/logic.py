"""Solve the questions on what follows: syllogisms, statements on statements, ciphers, paths."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    one_of,
    solves,
)

# The valid moods by figure, by their names since the thirteenth century: the vowels are the
# quantifiers of major premise, minor premise and conclusion. Those in the second row hold only
# where every term has members.
MOODS = {
    1: ("Barbara Celarent Darii Ferio", "Barbari Celaront"),
    2: ("Cesare Camestres Festino Baroco", "Cesaro Camestros"),
    3: ("Disamis Datisi Bocardo Ferison", "Darapti Felapton"),
    4: ("Calemes Dimatis Fresison", "Bamalip Calemos Fesapo"),
}
# What follows from one statement: the quantifier, whether the terms change places, and which
# term of the statement must have members for it (0: none).
IMMEDIATE = {
    "A": (("A", False, 0), ("I", False, 1), ("I", True, 1)),
    "E": (("E", False, 0), ("E", True, 0), ("O", False, 1), ("O", True, 2)),
    "I": (("I", False, 0), ("I", True, 0)),
    "O": (("O", False, 0),),
}

Statement = tuple[str, str, str]


def _statement(text: str) -> Statement:
    for pattern, quantifier in (
        (r"Some (\w+) are not (\w+)", "O"),
        (r"Some (\w+) are (\w+)", "I"),
        (r"No (\w+) are (\w+)", "E"),
        (r"All (\w+) are (\w+)", "A"),
    ):
        if match := re.fullmatch(pattern, text.strip()):
            return quantifier, match[1], match[2]
    raise Unread(text)


def _from_one(premise: Statement, conclusion: Statement, inhabited: set[str]) -> bool:
    """Tell whether a conclusion follows from one premise, given which terms have members."""
    return any(
        (not needed or premise[needed] in inhabited)
        and conclusion == (quantifier, *((premise[2], premise[1]) if turned else premise[1:]))
        for quantifier, turned, needed in IMMEDIATE[premise[0]]
    )


def _said_to_exist(premises: Sequence[Statement]) -> set[str]:
    """Return the terms that have members by what the premises say."""
    terms = {p[1] for p in premises if p[0] in "IO"} | {p[2] for p in premises if p[0] == "I"}
    for _ in premises:
        terms |= {p[2] for p in premises if p[0] == "A" and p[1] in terms}
    return terms


def _from_two(first: Statement, second: Statement, conclusion: Statement, members: bool) -> bool:
    """Tell whether two premises and a conclusion are one of the valid moods."""
    for major, minor in ((first, second), (second, first)):
        subject, predicate = conclusion[1:]
        middles = set(major[1:]) & set(minor[1:]) - {subject, predicate}
        if len(middles) != 1 or predicate not in major[1:] or subject not in minor[1:]:
            continue
        middle = middles.pop()
        if {*major[1:], *minor[1:]} != {subject, predicate, middle}:
            continue
        figure = {(1, 2): 1, (2, 2): 2, (1, 1): 3, (2, 1): 4}[
            major.index(middle, 1), minor.index(middle, 1)
        ]
        for needs_members, names in enumerate(MOODS[figure]):
            moods = ["".join(c for c in n.upper() if c in "AEIO")[:3] for n in names.split()]
            if (not needs_members or members) and major[0] + minor[0] + conclusion[0] in moods:
                return True
    return False


@solves("syllogism")
def syllogism(question: str) -> Solution:
    """Look a syllogism up among the valid moods, and among what one premise alone implies.

    Raises:
        Unclear: it depends on whether "all A" says that there is an A.
    """
    first, second = (
        _statement(text) for text in re.findall(r"^[12]\. (.+)$", question, re.MULTILINE)
    )
    conclusion = _statement(found(r"follow that:\n(.+)\?\n", question)[1])
    every = {*first[1:], *second[1:]}
    verdicts = {
        _from_one(first, conclusion, inhabited)
        or _from_one(second, conclusion, inhabited)
        or _from_two(first, second, conclusion, inhabited == every)
        for inhabited in (_said_to_exist((first, second)), every)
    }
    if len(verdicts) > 1:
        raise Unclear("it depends on whether every term has members")
    return one_of("Yes" if verdicts.pop() else "No", ("Yes", "No"))


@solves("self_reference")
def self_reference(question: str) -> Solution:
    """Count the assignments of truth in which exactly the true statements hold."""
    said = re.findall(r"Statement \d: '(.+?)'", question)
    if len(said) != 7:
        raise Unread("seven statements were expected")
    count = 0
    for true in itertools.product((False, True), repeat=7):
        count += all(_holds(text, true) == true[place] for place, text in enumerate(said))
    return Solution((str(count),), wrong=(str(count + 1),))


def _holds(text: str, true: Sequence[bool]) -> bool:
    trues, falses = sum(true), len(true) - sum(true)
    if match := re.fullmatch(
        r"(At least|At most|Exactly) (\d+) of these 7 statements are (true|false)\.", text
    ):
        number = trues if match[3] == "true" else falses
        bound = int(match[2])
        return {"At least": number >= bound, "At most": number <= bound}.get(
            match[1], number == bound
        )
    if text.startswith("Either Statement 3 or Statement 4 is true, but not both"):
        return true[2] + true[3] == 1
    if text == "The number of true statements is a prime number.":
        return trues in (2, 3, 5, 7)
    if text == "The number of false statements is a composite number.":
        return falses in (4, 6)
    raise Unread(text)


@solves("course_schedule")
def course_schedule(question: str) -> Solution:
    """Take every course whose prerequisites are taken, until none is left or none can be."""
    courses = int(found(r"total of (\d+) courses", question)[1])
    needed: dict[int, set[int]] = {course: set() for course in range(courses)}
    for course, before in re.findall(r"\((\d+), (\d+)\)", question.split("\n\n")[1]):
        needed[int(course)].add(int(before))
    taken: set[int] = set()
    while ready := [c for c, before in needed.items() if c not in taken and before <= taken]:
        taken.update(ready)
    return one_of(str(len(taken) == courses), ("True", "False"))


def _assignments(words: Sequence[str], total: str, zero_first: bool) -> Iterator[dict[str, int]]:
    """Yield the digits of letters for which the words add up.

    Each letter counts with the sum of its places, the total's negative. The letters are split in
    two halves; for each way to share the ten digits out to them, sums of one half are looked up
    among those of the other.
    """
    weights: dict[str, int] = {}
    for word, sign in (*((word, 1) for word in words), (total, -1)):
        for power, letter in enumerate(reversed(word)):
            weights[letter] = weights.get(letter, 0) + sign * 10**power
    firsts = set() if zero_first else {word[0] for word in (*words, total) if len(word) > 1}
    # Digits that no letter has go to letters that don't count.
    letters = [*weights, *(f"no {n}" for n in range(10 - len(weights)))]
    halves = letters[:5], letters[5:]

    def sums(half: Sequence[str], digits: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
        for chosen in itertools.permutations(digits):
            if not any(d == 0 and a in firsts for a, d in zip(half, chosen, strict=True)):
                pairs = zip(half, chosen, strict=True)
                yield sum(weights.get(letter, 0) * digit for letter, digit in pairs), chosen

    for digits in itertools.combinations(range(10), 5):
        others = [digit for digit in range(10) if digit not in digits]
        known: dict[int, list[tuple[int, ...]]] = {}
        for value, chosen in sums(halves[0], digits):
            known.setdefault(value, []).append(chosen)
        for value, rest in sums(halves[1], others):
            for chosen in known.get(-value, ()):
                found_digits = dict(zip(letters, chosen + rest, strict=True))
                yield {letter: found_digits[letter] for letter in weights}


@solves("cryptarithm")
def cryptarithm(question: str) -> Solution:
    """Find digits for letters so that a sum holds; several answers may be right."""
    puzzle = found(r"cryptarithm:\n\n(.+?)\n\nEach", question)[1]
    *words, total = re.findall(r"[A-Z]+", puzzle)
    zero_first = "may be zero" in question
    letters = sorted(set("".join((*words, total))))

    def accepts(answer: str) -> bool:
        digits = {a: int(b) for a, b in re.findall(r"([A-Z])=(\d)", answer)}
        if sorted(digits) != letters or len(set(digits.values())) != len(digits):
            return False

        def value(word: str) -> int:
            return int("".join(str(digits[letter]) for letter in word))

        leads = any(digits[w[0]] == 0 for w in (*words, total) if len(w) > 1)
        return sum(map(value, words)) == value(total) and (zero_first or not leads)

    def line(digits: dict[str, int]) -> str:
        return ",".join(f"{letter}={digits[letter]}" for letter in letters)

    # One each where letters that don't count are exchanged.
    solutions: list[dict[str, int]] = []
    for digits in _assignments(words, total, zero_first):
        if digits not in solutions:
            solutions.append(digits)
        if len(solutions) == 2:
            break
    if not solutions:
        raise Unclear("has no solution")
    turned = {a: solutions[0][b] for a, b in zip(letters, letters[1:] + letters[:1], strict=True)}
    wrong = tuple(text for text in (line(turned),) if not accepts(text))
    return Solution(tuple(map(line, solutions)), wrong=wrong, accepts=accepts)


@solves("path_star")
def path_star(question: str) -> Solution:
    """Walk back from the goal; in a star each node has one before it."""
    task = found(r"Solve the following task:\n(\S.*)$", question)[1].strip()
    edges = [tuple(pair.split()) for pair in task.split("/")[0].split("|") if pair.strip()]
    start, goal = task.split("/")[1].removesuffix("=").split()
    paths = [[start]]
    whole = []
    while paths:
        path = paths.pop()
        if path[-1] == goal:
            whole.append(path)
            continue
        for a, b in edges:
            # An edge is two labels; nothing says that it has a direction.
            for here, there in ((a, b), (b, a)):
                if here == path[-1] and there not in path:
                    paths.append([*path, there])
    if len(whole) != 1:
        raise Unclear(f"{len(whole)} paths")
    answer = whole[0]
    return Solution((" ".join(answer),), wrong=(" ".join(answer[::-1]), " ".join(answer[:-1])))

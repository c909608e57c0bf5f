"""Solve the questions about people: who is what to whom, and how many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    solves,
    words,
)


def _neighbours(edges: set[frozenset[str]], person: str) -> set[str]:
    return {other for edge in edges if person in edge for other in edge - {person}}


def _clique(people: set[str]) -> set[frozenset[str]]:
    return {frozenset((a, b)) for a in people for b in people if a != b}


def _crowd(label: str, women: int, men: int) -> set[str]:
    return {f"{label} w{n}" for n in range(women)} | {f"{label} m{n}" for n in range(men)}


@solves("aiw")
def alice(question: str) -> Solution:
    """Draw everybody as a graph of who is whose sibling, friend or colleague, and count."""
    if "brothers" in question:
        name = found(r"^(\w+) has", question)[1]
        brothers = int(found(r"(\d+) brothers", question)[1])
        sisters = int(found(r"(\d+) sisters", question)[1])
        asked = found(r"does (\w+)'s brother have", question)[1]
        if asked != name:
            raise Unclear(f"nothing is said about the family of {asked}")
        family = _clique({"w", *_crowd("", sisters, brothers)})
        count = sum("w" in person for person in _neighbours(family, " m0"))
    elif "male friends" in question:
        men = int(found(r"(\d+) male friends", question)[1])
        women = int(found(r"(\d+) female friends", question)[1])
        friends = _clique({"w", *_crowd("", women, men)})
        count = sum("w" in person for person in _neighbours(friends, " m0"))
    else:
        counts = re.findall(
            r"has (\d+) male colleagues and (?:she also has )?(\d+) female", question
        )
        if len(counts) != 2:
            raise Unread(question)
        (men, women), (other_men, other_women) = (map(int, pair) for pair in counts)
        # Matilda, who is the first woman in either circle, is the only one in both.
        edges = _clique({"the w", *_crowd("here", women, men)})
        there = {"the man", *_crowd("there", other_women, other_men)} - {"there w0"}
        edges |= _clique({"here w0", *there})
        count = sum(" w" in person for person in _neighbours(edges, "here w0"))
    return Solution((str(count),), wrong=(str(count + 1), str(count - 1)))


# Given names that only women or only men have, as far as these questions go.
WOMEN = words(
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Emma Olivia Ava "
    "Isabella Sophia Mia Charlotte Amelia Harper Evelyn Abigail Emily Ella Scarlett Victoria Lily "
    "Hannah Zoe Luna Nova Aria Willow Aurora Lisa Margaret Alice Sandra Ashley Dorothy Kimberly "
    "Donna Carol Michelle Grace Chloe Nora Madison Eleanor Layla Penelope Lillian Addison Aubrey "
    "Stella Natalie Leah Hazel Violet Lucy Anna Maya Ivy Jasmine Ruby Isla Sophie"
)
MEN = words(
    "James John Robert Michael William David Richard Joseph Thomas Charles Liam Noah Oliver Elijah "
    "Lucas Mason Ethan Jacob Alexander Henry Sebastian Jack Samuel Daniel Matthew Aiden Peter "
    "Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Mark Paul Steven Andrew Kenneth "
    "Joshua Christopher Anthony Donald Benjamin Logan Jackson Levi Mateo Theodore Owen Wyatt "
    "Leo Finn Axel Felix Hugo Luke Nathan Isaac Caleb Asher Dylan Gabriel Julian Adam Max Oscar "
    "Harry Jayden Ryder"
)


@dataclass
class _Family:
    """Is who is married to whom and who are whose parents."""

    spouses: dict[str, str] = field(default_factory=dict)
    parents: dict[str, frozenset[str]] = field(default_factory=dict)

    def step(self, person: str, kind: str) -> set[str]:
        """Return those who are one step from a person: up, down or across."""
        if kind == "up":
            return set(self.parents.get(person, ()))
        if kind == "down":
            return {child for child, parents in self.parents.items() if person in parents}
        return {self.spouses[person]} if person in self.spouses else set()

    def walk(self, person: str, steps: str) -> set[str]:
        """Return those whom the steps lead to, without coming back to anybody on the way."""
        ways = [[person]]
        for kind in steps.split():
            ways = [
                [*way, there]
                for way in ways
                for there in self.step(way[-1], kind)
                if there not in way
            ]
        return {way[-1] for way in ways}

    def woman(self, person: str) -> bool:
        """Tell whether a person is a woman, by the name or else by the spouse's."""
        spouse = self.spouses.get(person, "")
        if person in WOMEN or spouse in MEN:
            return True
        if person in MEN or spouse in WOMEN:
            return False
        raise Unclear(f"is {person} a woman or a man?")


# How to come from person 2 to person 1, and what that makes person 1: (woman, man).
RELATIONS: Mapping[str, tuple[str, str]] = {
    "up": ("mother", "father"),
    "down": ("daughter", "son"),
    "across": ("wife", "husband"),
    "up down": ("sister", "brother"),
    "up up": ("grandmother", "grandfather"),
    "down down": ("granddaughter", "grandson"),
    "up up down": ("aunt", "uncle"),
    "up up down across": ("aunt", "uncle"),
    "up down down": ("niece", "nephew"),
    "across up down down": ("niece", "nephew"),
    "across up": ("mother-in-law", "father-in-law"),
    "down across": ("daughter-in-law", "son-in-law"),
    "across up down": ("sister-in-law", "brother-in-law"),
    "up down across": ("sister-in-law", "brother-in-law"),
    "up up down down": ("cousin", "cousin"),
}


@solves("family_relationships")
def family_relationships(question: str) -> Solution:
    """Draw the family and look for the way from the second person to the first."""
    family = _Family()
    couple: tuple[str, ...] = ()
    story, asked = question.strip().rsplit("\n\n", 1)
    for sentence in re.split(r"\.\s*", story):
        if match := re.fullmatch(r"(\w+) is married to (\w+)", sentence):
            couple = match.groups()
            family.spouses |= {couple[0]: couple[1], couple[1]: couple[0]}
        elif match := re.fullmatch(r"They have (?:a child|children) called (.+)", sentence):
            for child in re.findall(r"\b[A-Z]\w*", match[1]):
                family.parents[child] = frozenset(couple)
        elif sentence:
            raise Unread(sentence)
    first, second = found(
        r"(?:What is|How is|What relation is) (\w+) (?:related )?to (\w+)\?", asked
    ).groups()
    answers = set()
    for steps, (woman, man) in RELATIONS.items():
        if first in family.walk(second, steps):
            answers.add(woman if family.woman(first) else man)
    if len(answers) != 1:
        raise Unclear(f"{first} is {sorted(answers)} to {second}")
    answer = answers.pop()
    every = {name for names in RELATIONS.values() for name in names}
    return Solution((answer,), wrong=tuple(sorted(every - {answer})))

"""Solve the questions that ask to follow rules step by step: rewriting, machines, cards, a cube."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    one_of,
    solves,
)

MAX_STEPS = 50_000_000


@solves("ab")
def ab(question: str) -> Solution:
    """Rewrite an A::B program with a stack: a token that opens left meets those that open right."""
    program = found(r"following program:\s+([AB# ]+?)\s*\n", question)[1].split()
    # Every '#X' moves left through the 'Y#' before it: through a different letter it passes, with
    # its own it vanishes. The result does not depend on the order of the steps.
    left: list[str] = []
    right: list[str] = []
    for token in program:
        if token.endswith("#"):
            right.append(token)
            continue
        waiting: list[str] = []
        while right and right[-1][0] != token[1]:
            waiting.append(right.pop())
        if right:
            right.pop()
        else:
            left.append(token)
        right += reversed(waiting)
    answer = [*left, *right]
    wrong = () if answer == program else (" ".join(program),)
    return Solution((" ".join(answer),), wrong=wrong)


@solves("bf")
def bf(question: str) -> Solution:
    """Run a program of eight instructions and return what it prints."""
    program = found(r"\n\n([\[\]<>+\-.,\s]+)\n\n", question)[1]
    steps = [
        (run[0], len(run)) if run[0] in "<>+-" else (run[0], 1)
        for run in re.findall(r"\++|-+|<+|>+|[\[\].,]", re.sub(r"\s", "", program))
    ]
    jumps: dict[int, int] = {}
    opened: list[int] = []
    for place, (step, _) in enumerate(steps):
        if step == "[":
            opened.append(place)
        elif step == "]":
            jumps[place] = opened.pop()
            jumps[jumps[place]] = place
    cells: dict[int, int] = {}
    output, place, pointer, count = [], 0, 0, 0
    while place < len(steps):
        step, times = steps[place]
        if step in "+-":
            cells[pointer] = (cells.get(pointer, 0) + (times if step == "+" else -times)) % 256
        elif step in "<>":
            pointer += times if step == ">" else -times
        elif step == ".":
            output.append(chr(cells.get(pointer, 0)))
        elif (step == "[") == (cells.get(pointer, 0) == 0):
            place = jumps[place]
        place += 1
        count += 1
        if count > MAX_STEPS:
            raise Unread("does not end")
    text = "".join(output)
    return Solution((text,), wrong=(text[:-1], text + text[-1]) if len(text) > 1 else ())


Rule = Callable[[str], str | None]

_WHEN = (
    (r"prefix is '(\w+)'|starts with '(\w+)'", lambda s, x: s.startswith(x)),
    (r"suffix is '(\w+)'|ends with '(\w+)'", lambda s, x: s.endswith(x)),
    (r"contains '(\w+)' \(not at the start\)", lambda s, x: x in s[1:]),
    (r"contains '(\w+)'", lambda s, x: x in s),
)


def _middle_gone(string: str) -> str:
    if len(string) % 2 == 0:
        raise Unclear("an even number of characters has two in the middle")
    return string[: len(string) // 2] + string[len(string) // 2 + 1 :]


def _act(string: str, part: str, where: str, action: str) -> str:
    """Do one thing that a rule says, to a string in which `part` was found `where`."""
    if match := re.fullmatch(r"replace (?:it|the first two characters) with '(\w+)'", action):
        return (
            match[1] + string[len(part) :]
            if where == "start"
            else (string[: -len(part)] + match[1])
        )
    if match := re.fullmatch(r"replace the first occurrence with '(\w+)'", action):
        return string.replace(part, match[1], 1)
    if action.startswith("replace the first occurrence with its reverse"):
        return string.replace(part, part[::-1], 1)
    if match := re.fullmatch(r"append '(\w+)' (?:to|at) the end", action):
        return string + match[1]
    if match := re.fullmatch(r"prepend '(\w+)' to the start", action):
        return match[1] + string
    simple: Mapping[str, Callable[[str], str]] = {
        "delete the first two characters": lambda s: s[2:],
        "remove the first two characters": lambda s: s[2:],
        "delete the last two characters": lambda s: s[:-2],
        "delete the last character": lambda s: s[:-1],
        "remove the last character": lambda s: s[:-1],
        "remove the first character": lambda s: s[1:],
        "remove the second character": lambda s: s[:1] + s[2:],
        "delete the first occurrence entirely": lambda s: s.replace(part, "", 1),
        "remove the first occurrence found after the first character": lambda s: (
            s[:1] + s[1:].replace(part, "", 1)
        ),
        "remove the middle character": _middle_gone,
    }
    if action not in simple:
        raise Unread(f"what is to {action!r}?")
    return simple[action](string)


def _rule(text: str) -> Rule:
    """Read one rule; the function returns None where it does not apply."""
    condition, actions = found(
        r"^If the string (.+?), ((?:replace|delete|remove|append).+)\.$", text
    ).groups()

    def applied(string: str) -> str | None:
        part, where = "", ""
        if match := re.search(r"an even number of '(\w)'s", condition):
            count = string.count(match[1])
            holds = count > 0 and count % 2 == 0
        elif match := re.search(r"length is greater than (\d+)", condition):
            holds = len(string) > int(match[1])
        else:
            for pattern, test in _WHEN:
                if match := re.search(pattern, condition):
                    part = next(group for group in match.groups() if group)
                    where = "start" if "prefix" in condition or "starts" in condition else "end"
                    holds = test(string, part)
                    break
            else:
                raise Unread(condition)
        if not holds:
            return None
        for action in actions.split(" and "):
            string = _act(string, part, where, action)
        return string

    return applied


@solves("string_manipulation")
def string_manipulation(question: str) -> Solution:
    """Apply the first rule that applies, until none does or a state comes back."""
    rules = [_rule(text) for text in re.findall(r"^\d+\. (If .+)$", question, re.MULTILINE)]
    string = start = found(r"list of rules:\n(\S+)", question)[1]
    seen = {string}
    while True:
        after = next((new for rule in rules if (new := rule(string)) is not None), string)
        if after in seen:
            break
        seen.add(after)
        string = after
    return Solution((string,), wrong=(start,) if start != string else ())


COUNTS = {"one": 1, "two": 2, "three": 3}


def _run(
    counts: dict[str, int], rules: Sequence[tuple[dict[str, int], dict[str, int]]], limit: int
) -> dict[str, int]:
    """Use the first rule that can be used, again and again; a state that comes back is dropped."""
    seen = {tuple(counts.items())}
    for _ in range(limit):
        rule = next((r for r in rules if all(counts[k] >= n for k, n in r[0].items())), None)
        if rule is None:
            break
        after = {k: n - rule[0].get(k, 0) + rule[1].get(k, 0) for k, n in counts.items()}
        if tuple(after.items()) in seen:
            break
        seen.add(tuple(after.items()))
        counts = after
    return counts


@solves("string_splitting", "string_synthesis")
def machines(question: str) -> Solution:
    """Dismantle machines or combine blocks by the rules that the question lists."""
    thing = r"(?:\[\w\]|\{\w\}|\(\w\)|(?:machine|part) \w)"
    if "nine different blocks" in question:
        kinds = re.findall(thing, found(r"blocks ([^\n]+)", question)[1])
    else:
        kinds = [f"machine {k}" for k in "ABC"] + [f"part {k}" for k in "XYZ"]

    def amounts(text: str) -> dict[str, int]:
        pairs = re.findall(rf"(one|two|three) (?:units? of )?({thing})", text, re.IGNORECASE)
        if not pairs:
            raise Unread(text)
        return {kind: COUNTS[count.lower()] for count, kind in pairs}

    rules = []
    for line in re.findall(r"^\d\. (.+)$", question, re.MULTILINE):
        before, after = re.split(r" can be \w+ (?:into|to form) ", line)
        rules.append((amounts(before), amounts(after)))
    counts = dict.fromkeys(kinds, 0)
    have = found(r"Now, you have (.+?)\. Provide", question)[1]
    for count, kind in re.findall(rf"(\d+) ({thing})", have):
        counts[kind] = int(count)
    limit = int(found(r"at most (\d+) times", question)[1])
    start = " ".join(map(str, counts.values()))
    answer = " ".join(map(str, _run(counts, rules, limit).values()))
    return Solution((answer,), wrong=(start,) if start != answer else ())


@solves("mahjong_puzzle")
def mahjong_puzzle(question: str) -> Solution:
    """Play all rounds and judge the last: a pair, or two that make a run with the new card."""
    hand = Counter(found(r"initial cards ([A-Z]+),", question)[1])
    rounds = re.findall(r"Add an? ([A-Z]) card and remove an? ([A-Z]) card", question)
    if hand.total() != 13 or not rounds:
        raise Unread("thirteen cards and some rounds were expected")
    result = ""
    for added, removed in rounds:
        new = ord(added)
        runs = [(new + a, new + b) for a, b in ((-2, -1), (-1, 1), (1, 2))]
        if hand[added] >= 2:
            result = "Peng"
        elif any(hand[chr(a)] and hand[chr(b)] for a, b in runs):
            result = "Chi"
        else:
            result = "Pass"
        hand[added] += 1
        hand[removed] -= 1
        if hand[removed] < 0:
            raise Unclear(f"there is no {removed} to remove")
    return one_of(result, ("Peng", "Chi", "Pass"))


OPPOSITE = {"front": "back", "back": "front", "left": "right", "right": "left"}


def _turned(cube: Mapping[str, str], side: str) -> list[dict[str, str]]:
    """Return the cube after `side` was brought to the top; a half turn can go two ways."""
    if side == "top":
        return [dict(cube)]
    if side == "bottom":
        return [_turned(_turned(cube, first)[0], first)[0] for first in ("front", "left")]
    back = OPPOSITE[side]
    moved = {"top": cube[side], back: cube["top"], "bottom": cube[back], side: cube["bottom"]}
    return [dict(cube) | moved]


@solves("color_cube_rotation")
def color_cube_rotation(question: str) -> Solution:
    """Turn a cube and keep every way it may lie; the side asked for must be the same in all."""
    cube = {side: color for color, side in re.findall(r"- an? (\w+) (\w+) side", question)}
    cubes = [cube]
    said = re.findall(
        r"(?:before at the|to bring the|to make the|to place its|Next, the) (\w+)\b", question
    )
    for side in said:
        cubes = [after for each in cubes for after in _turned(each, side)]
        cubes = [dict(pairs) for pairs in {tuple(sorted(each.items())) for each in cubes}]
    wanted = found(r"color of the (\w+) side of the cube\?", question)[1]
    answers = {each[wanted] for each in cubes}
    if len(answers) != 1:
        raise Unclear("a half turn may go over the front or over the side")
    return one_of(answers.pop(), cube.values())

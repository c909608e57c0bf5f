"""Put right the library's golds that contradict their questions, and drop what has no one answer.

What stands here was found by solving every listed task independently, from the text of its
questions (`tests.rewards.reasoning_gym_vetting`); the tables say per task what is wrong with it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, DefaultContext, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any


class Unsound(ValueError):
    """Says that a question does not have exactly one answer, or that it cannot be read."""


def _read(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    if match is None:
        raise Unsound(f"no {pattern!r} in {text[:80]!r}")
    return match.groups()


# --- golds that are computed anew ------------------------------------------------------------

_FORMS: Mapping[str, Callable[[set[int], int, int], bool]] = {
    # A kind of individual is a number whose bits say of which terms it is a member.
    r"All (\w+) are (\w+)": lambda kinds, a, b: all(k & b for k in kinds if k & a),
    r"No (\w+) are (\w+)": lambda kinds, a, b: not any(k & a and k & b for k in kinds),
    r"Some (\w+) are not (\w+)": lambda kinds, a, b: any(k & a and not k & b for k in kinds),
    r"Some (\w+) are (\w+)": lambda kinds, a, b: any(k & a and k & b for k in kinds),
}


def syllogism(question: str) -> str:
    """Compute whether a conclusion holds in every world in which the premises do.

    A world is the set of the kinds of individuals that it has, of eight by three terms. Whether a
    term may be empty is a matter of school: what depends on it is dropped.
    """
    first, second, conclusion = _read(
        r"1\. (.+)\n2\. (.+)\n\nDoes it logically follow that:\n(.+)\?\n", question
    )
    bits: dict[str, int] = {}

    def read(text: str) -> Callable[[set[int]], bool]:
        for pattern, holds in _FORMS.items():
            if match := re.fullmatch(pattern, text.strip()):
                a, b = (bits.setdefault(term, 1 << len(bits)) for term in match.groups())
                return lambda kinds: holds(kinds, a, b)
        raise Unsound(f"cannot read {text!r}")

    premises, follows = (read(first), read(second)), read(conclusion)
    verdicts = {True: True, False: True}  # by whether each term has members
    for world in range(1 << (1 << len(bits))):
        kinds = {kind for kind in range(1 << len(bits)) if world >> kind & 1}
        if all(premise(kinds) for premise in premises) and not follows(kinds):
            verdicts[False] = False
            if all(any(kind & bit for kind in kinds) for bit in bits.values()):
                verdicts[True] = False
                break
    if verdicts[True] != verdicts[False]:
        raise Unsound("it depends on whether each term has members")
    return "Yes" if verdicts[True] else "No"


def mahjong(question: str) -> str:
    """Play the rounds by the rules that the question states; the library misses some runs.

    It looks for runs among three neighbours of the sorted hand, so that a pair in the middle of
    one hides it.
    """
    (cards,) = _read(r"initial cards ([A-Z]+)", question)
    hand = list(cards)
    result = ""
    for added, removed in re.findall(r"Add an? ([A-Z]) card and remove an? ([A-Z]) card", question):
        around = {place - ord(added) for place in map(ord, hand)}
        if hand.count(added) >= 2:
            result = "Peng"
        elif {-2, -1} <= around or {-1, 1} <= around or {1, 2} <= around:
            result = "Chi"
        else:
            result = "Pass"
        hand.append(added)
        hand.remove(removed)
    if not result:
        raise Unsound("no rounds")
    return result


def alice(question: str) -> str:
    """Compute Alice-in-Wonderland counts; the library forgets half of Matilda's colleagues.

    Some of its questions ask for the family of somebody of whom nothing is said.
    """
    if "brothers" in question:
        (name,), (sisters,) = _read(r"^(\w+) has", question), _read(r"(\d+) sisters", question)
        if _read(r"does (\w+)'s brother have", question) != (name,):
            raise Unsound("asks for a stranger's family")
        return str(int(sisters) + 1)
    if "female friends" in question:
        return str(int(_read(r"(\d+) female friends", question)[0]) + 1)
    women = [int(count) for count in re.findall(r"(\d+) female colleagues", question)]
    if len(women) != 2:
        raise Unsound("two circles were expected")
    # Of her friend's circle the friend herself and the other women, of the other the other women.
    return str(women[0] + women[1] - 1)


_OPERATIONS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def decimals(question: str) -> str:
    """Compute an expression exactly and round once; the library rounds at every step.

    Differences of near numbers so lose more of the digits that are asked for than the last.
    """
    digits, expression = _read(r"maximum of (\d+) significant .*\n(.+) = \?", question)

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
            return _OPERATIONS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.Constant):
            return Fraction(ast.get_source_segment(expression, node) or "")
        raise Unsound(f"cannot read {expression!r}")

    try:
        exact = value(ast.parse(expression, mode="eval").body)
    except ZeroDivisionError:
        raise Unsound("divides by zero") from None
    with localcontext(DefaultContext) as context:
        context.prec, context.rounding = int(digits), ROUND_HALF_UP
        return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Given names that a woman or a man may have; the library takes each for one of them.
_EITHER = _names("Sage River Winter Sky Rain Kai Zion Phoenix Atlas")
_WOMEN = _names(
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Emma Lisa Anna "
    "Margaret Victoria Charlotte Sophia Isabella Olivia Ava Mia Emily Abigail Amelia Eleanor "
    "Grace Alice Lucy Chloe Sophie Lily Hannah Zoe Luna Nova Aria Willow Aurora"
)


def family(question: str) -> str:
    """Compute what the first person is to the second.

    The library names nieces, nephews and parents-in-law by the other of the two people.
    """
    story, asked = question.strip().rsplit("\n\n", 1)
    spouse: dict[str, str] = {}
    parents: dict[str, set[str]] = {}
    for one, other, children in re.findall(
        r"(\w+) is married to (\w+)\.(?: They have (?:a child|children) called ([^.]+)\.)?", story
    ):
        spouse |= {one: other, other: one}
        for child in re.findall(r"[A-Z]\w*", children):
            parents[child] = {one, other}
    person, of = _read(r"(?:What|How|relation) is (\w+) (?:related )?to (\w+)\?", asked)

    def up(people: set[str]) -> set[str]:
        return {parent for each in people for parent in parents.get(each, ())}

    def down(people: set[str]) -> set[str]:
        return {child for child, two in parents.items() if two & people}

    def wed(people: set[str]) -> set[str]:
        return {spouse[each] for each in people if each in spouse}

    def siblings(people: set[str]) -> set[str]:
        return down(up(people)) - people

    me = {of}
    uncles, nieces = siblings(up(me)), down(siblings(me))
    kinds = {
        "mother father": up(me),
        "daughter son": down(me),
        "wife husband": wed(me),
        "sister brother": siblings(me),
        "grandmother grandfather": up(up(me)),
        "granddaughter grandson": down(down(me)),
        "aunt uncle": uncles | wed(uncles),
        "niece nephew": nieces | down(siblings(wed(me))),
        "mother-in-law father-in-law": up(wed(me)),
        "daughter-in-law son-in-law": wed(down(me)) - me,
        "sister-in-law brother-in-law": siblings(wed(me)) | wed(siblings(me)),
    }
    words = [names.split() for names, people in kinds.items() if person in people]
    if len(words) != 1:
        raise Unsound(f"{person} is {len(words)} things to {of}")
    if person in _EITHER:
        partner = spouse.get(person, "")
        if not partner or partner in _EITHER:
            raise Unsound(f"{person} may be a woman or a man")
        return words[0][0 if partner not in _WOMEN else 1]
    return words[0][0 if person in _WOMEN else 1]


# --- questions that are dropped --------------------------------------------------------------

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


# Raises `Unsound` for a question (and the library's answer to it).
Check = Callable[[str, str], None]


def _calendar(question: str, answer: str) -> None:
    """Refuse ranges whose end has the year of their start, and dates in a year left open.

    A range that ends in the next year is written with the year that it starts in, so that the
    weekday contradicts the date. From March on, the day on which a year began does not tell
    weekdays without saying whether it is a leap year.
    """
    months = "|".join(_MONTHS)
    dates = re.findall(rf"(\w+day), ({months}) (\d+)(?:, (\d+))?", question)
    for weekday, month, day, year in dates:
        when = date(int(year or dates[-1][3]), _MONTHS.index(month) + 1, int(day))
        if when.strftime("%A") != weekday:
            raise Unsound(f"{when} is not a {weekday}")
    if re.search(r"first day of the year|January 1 fell|is January 1st", question):
        month = re.findall(rf"({months}) \d", question)[-1]
        if _MONTHS.index(month) > 1:
            raise Unsound("a leap year or not?")


def _without(pattern: str, why: str) -> Check:
    def check(question: str, answer: str) -> None:
        if re.search(pattern, question):
            raise Unsound(why)

    return check


def _power(question: str, answer: str) -> None:
    """Refuse -a^2, which is negative by precedence and positive to the library."""
    base, exponent = _read(r"Compute (\S+)\^(-?\d+)\.", question)
    if base.startswith("-") and int(exponent) % 2 == 0:
        raise Unsound("minus before an even power")


def _filtering(question: str, answer: str) -> None:
    """Refuse lists that have a number twice, for which the library writes the first one twice."""
    numbers = [Decimal(text) for text in re.findall(r"'([^']+)'", question)]
    if len(set(numbers)) < len(numbers):
        raise Unsound("a number is in the list twice")


def _cipher(question: str, answer: str) -> None:
    """Refuse sentences with other letters than A to Z, which the library turns into some of those.

    "AËRIAL" is then the gold of a text that says "AIRIAL".
    """
    if not answer.isascii():
        raise Unsound("has letters beyond Z")


def _needle(question: str, answer: str) -> None:
    """Refuse stories in which two people do what is asked about."""
    (what,) = _read(r"\nWho (.+)\? Reply", question)
    if len(re.findall(rf" {re.escape(what)}\. ", question)) != 1:
        raise Unsound("more than one of them does it")


RECOMPUTED: Mapping[str, Callable[[str], str]] = {
    "aiw": alice,
    "decimal_arithmetic": decimals,
    "family_relationships": family,
    "mahjong_puzzle": mahjong,
    "syllogism": syllogism,
}
"""Task -> what computes its gold from the question; what the library says is not used."""

DROPPED: Mapping[str, Check] = {
    "caesar_cipher": _cipher,
    "calendar_arithmetic": _calendar,
    "color_cube_rotation": _without(
        r"at the bottom is now|bottom side (?:to|at|is)|bottom face",
        "a half turn can go over the front or over the side",
    ),
    "emoji_mystery": _without(
        "from the emoji: .\ufe0f", "the emoji has a variation selector of its own: it hides a byte"
    ),
    "manipulate_matrix": _without(
        r"Rotate the matrix (?:90|270)|(?:Horizontally|Vertically) mirror",
        "the direction is not said",
    ),
    "needle_haystack": _needle,
    "number_filtering": _filtering,
    "power_function": _power,
    "string_manipulation": _without(
        "remove the middle character", "an even number of characters has two in the middle"
    ),
}
"""Task -> what raises `Unsound` for those of its questions that have no one answer."""


# --- scorers that accept too much ------------------------------------------------------------

Strict = Callable[[Any, Mapping[str, Any], str], bool]


def _same_number(dataset: Any, entry: Mapping[str, Any], answer: str) -> bool:
    """Require the number itself, with its three decimals; the library accepts a hundredth off.

    At its highest difficulty that is all candidates.
    """
    value = _number(answer.replace(",", ""))
    solution = Decimal(repr(entry["metadata"]["solution"]))
    return value.is_finite() and abs(value - solution) < Decimal("1e-5")


def _to_digits(dataset: Any, entry: Mapping[str, Any], answer: str) -> bool:
    """Require the digits that were asked for, up to two units of the last one.

    The library accepts a unit of the operands' last decimal, which may be the fourth of twelve.
    """
    value, gold = _number(answer), _number(entry["answer"])
    if gold == 0:
        return value == 0
    unit = Decimal(1).scaleb(gold.adjusted() - int(dataset.config.precision) + 1)
    return value.is_finite() and abs(value - gold) <= 2 * unit


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return Decimal("nan")


STRICTER: Mapping[str, Strict] = {
    "decimal_arithmetic": _to_digits,
    "number_format": _same_number,
}
"""Task -> what an answer must meet beside the library's own full marks."""


# --- rows ------------------------------------------------------------------------------------

# What is left of an entry whose gold was computed anew: the rest repeats the old one.
_NEUTRAL = ("source_dataset", "source_index", "difficulty")


def sound(task: str, question: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry with a gold that follows from the question.

    Raises:
        Unsound: the question does not have exactly one answer.
    """
    if task in DROPPED:
        DROPPED[task](question, str(entry["answer"]))
    if task not in RECOMPUTED:
        return dict(entry)
    metadata = {key: entry["metadata"][key] for key in _NEUTRAL if key in entry["metadata"]}
    return {"answer": RECOMPUTED[task](question), "metadata": metadata}


def trusted(task: str, question: object, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry to score against: with its gold computed anew, where that must be done.

    A row of the library's own, without the question, is taken where its metadata say enough, or
    where its gold is of a kind that the library never gets wrong.

    Raises:
        Unsound: the row lacks the question, or that does not have exactly one answer.
    """
    if task not in RECOMPUTED:
        return dict(entry)
    if question is None and task in _REBUILT and isinstance(entry.get("metadata"), Mapping):
        question = _REBUILT[task](entry["metadata"])
    if question is None and task == "family_relationships" and entry["answer"] in _NEVER_WRONG:
        return dict(entry)
    if not isinstance(question, str):
        raise Unsound(f"golds of {task} are not trusted: the row must have its 'question'")
    return {**entry, "answer": RECOMPUTED[task](question)}


_NEVER_WRONG = _names(
    "mother father daughter son wife husband sister brother grandmother grandfather aunt uncle"
)


def _syllogism_of(metadata: Mapping[str, Any]) -> str | None:
    said = [metadata.get(key) for key in ("premise1", "premise2", "conclusion")]
    if not all(isinstance(text, str) for text in said):
        return None
    return "1. {}\n2. {}\n\nDoes it logically follow that:\n{}?\n".format(*said)


def _mahjong_of(metadata: Mapping[str, Any]) -> str | None:
    """Rebuild the last round, whose hand is what the round before left."""
    match metadata.get("rounds"):
        case [*_, {"cards": str(cards)}, {"add": str(added), "remove": str(removed)}]:
            return f"initial cards {cards},\nAdd a {added} card and remove a {removed} card."
    return None


_REBUILT: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "mahjong_puzzle": _mahjong_of,
    "syllogism": _syllogism_of,
}

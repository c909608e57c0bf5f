r"""Compare two answers: literally, then part by part, then as numbers, then as expressions.

Policies, each with its key in the row's `extra_info`:

- `require_simplified` (default true): where the gold answer is a plain number, so must the answer
  be. `17 \cdot 23` and `\sqrt{4}` don't score for 391 and 2; `\frac{2}{4}` and 0.5 both score for
  one half, since fractions and decimals are numbers.
- `percent` (default "strict"): `50\%` equals only `50\%`. With "bare" a sign that only one side
  has is ignored (50 = 50 %); with "value" 50 % is 0.5. Never both: that would pay for confusion.
- `units` (default "required"): a gold answer with a unit wants the same unit, unconverted. With
  "optional" it may be missing, but never be another one. A unit that only the answer has is
  accepted, because the row has nothing to hold against it; a lone letter isn't taken for a unit
  then, since `3m` may be a product. Against an expression without a unit (`m\cdot 3`) one or two
  letters after a number are read as one.
- `decimal_comma` (default unset): true reads `1,5` as 1.5 and `1.234` as 1234 on both sides.
  Unset, `1,5` is a list, except where the gold answer is a single number: then it can't be one,
  and is read as 1.5. `1,234` is a thousand and some unless the key is true.

Decimals are exact: 0.333 isn't 1/3. What only has to be close belongs to the reward `numeric`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.math.answer import (
    Answer,
    Collection,
    Matrix,
    Named,
    Relation,
    Sequence,
    Value,
    read_answer,
)
from rewards.math.expression import FUNCTIONS, Unreadable, same_equation, same_expression
from rewards.math.latex import squeezed, tidy
from rewards.reading.numbers import read_number

PERCENT_POLICIES = ("strict", "bare", "value")
UNIT_POLICIES = ("required", "optional")


@dataclass(frozen=True)
class Policy:
    """Says what a row allows; see the module's docstring.

    Raises:
        ValueError: a value isn't one of those documented.
    """

    require_simplified: bool = True
    percent: str = "strict"
    units: str = "required"
    decimal_comma: bool | None = None

    def __post_init__(self) -> None:
        if self.percent not in PERCENT_POLICIES:
            raise ValueError(f"percent must be one of {PERCENT_POLICIES}, not {self.percent!r}")
        if self.units not in UNIT_POLICIES:
            raise ValueError(f"units must be one of {UNIT_POLICIES}, not {self.units!r}")
        if not isinstance(self.require_simplified, bool):
            raise ValueError(f"require_simplified must be a bool, not {self.require_simplified!r}")
        if self.decimal_comma not in (None, True, False):
            raise ValueError(f"decimal_comma must be a bool, not {self.decimal_comma!r}")


# A word is compared as a word: as a product of letters, "listen" would be "silent".
_WORDS = re.compile(r"[^\W\d_]{2,}(?:[\s,'-]+[^\W\d_]+)*|[^\W\d_](?:[\s'-]+[^\W\d_]{2,})+")
_NUMBER_AND_LETTERS = re.compile(r"[+-]?[\d., ]+[A-Za-z ]+", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]? ?\d+,\d+")


def _literal(text: str) -> str:
    plain = squeezed(text)
    return (
        plain.casefold() if _WORDS.fullmatch(re.sub(r"\\text\{([^{}]*)\}", r"\1", text)) else plain
    )


def _is_prose(text: str) -> bool:
    if "\\text" in text:
        return True
    return bool(_WORDS.fullmatch(text)) and FUNCTIONS.isdisjoint(text.split())  # "cot x"


def _same_units(gold: Value, given: Value, policy: Policy) -> bool:
    if gold.percent != given.percent:
        return policy.percent == "bare" and gold.unit is None and given.unit is None
    if gold.unit is None:
        return given.unit is None or given.explicit_unit
    if given.unit is None:
        return policy.units == "optional"
    return gold.unit == given.unit


def _same_products(gold: Value, given: Value, policy: Policy) -> bool:
    """Tell whether the unit that only one side seems to have is letters of an equal product.

    What may be two units is never compared so: 5 mg isn't 5 gm.
    """
    united, other = (gold, given) if gold.unit is not None else (given, gold)
    if not united.product or other.unit is not None or other.number is not None:
        return False
    letters = united.product.removeprefix(united.text).strip()
    if united.explicit_unit:
        if _NUMBER_AND_LETTERS.fullmatch(other.text):
            return False
        if policy.require_simplified and other.text.endswith(letters):
            return False  # "17 \cdot 23 kg" is 391 kg with its arithmetic left undone
    try:
        return not (gold.percent or given.percent) and same_expression(united.product, other.text)
    except Unreadable:
        return False


def _same_value(gold: Value, given: Value, policy: Policy) -> bool:
    if policy.percent == "value" and gold.percent != given.percent:
        if gold.number is None or given.number is None or gold.unit or given.unit:
            return False
        return gold.number / (100 if gold.percent else 1) == given.number / (
            100 if given.percent else 1
        )
    if _same_products(gold, given, policy):
        return True
    if not _same_units(gold, given, policy):
        return False
    if gold.number is not None and given.number is not None:
        return gold.number == given.number
    if _literal(gold.text) == _literal(given.text):
        return bool(gold.text)
    if _is_prose(gold.text) or _is_prose(given.text):
        return False
    if gold.number is not None and policy.require_simplified:
        return False
    try:
        return same_expression(gold.text, given.text)
    except Unreadable:
        return False


def _same_items(
    gold: tuple[Answer, ...], given: tuple[Answer, ...], policy: Policy, *, ordered: bool
) -> bool:
    if len(gold) != len(given):
        return False
    if ordered:
        return all(_same(g, a, policy) for g, a in zip(gold, given, strict=True))
    left = list(given)
    for item in gold:
        place = next((n for n, other in enumerate(left) if _same(item, other, policy)), None)
        if place is None:
            return False
        del left[place]
    return True


def _names(items: tuple[Answer, ...]) -> set[str]:
    return {squeezed(item.name) for item in items if isinstance(item, Named)}


def _bare(items: tuple[Answer, ...]) -> tuple[Answer, ...]:
    return tuple(item.value if isinstance(item, Named) else item for item in items)


def _same_collection(gold: Collection, given: Answer, policy: Policy) -> bool:
    if isinstance(given, Sequence):
        # "x = 1, y = 2" may be answered as the point (1, 2); "1, 2" may not.
        named = len(_names(gold.items)) == len(gold.items)
        return named and _same_sequence(Sequence("(", _bare(gold.items), ")"), given, policy)
    if not isinstance(given, Collection) or (gold.kind == "union") != (given.kind == "union"):
        return False
    if len(_names(gold.items)) > 1 or len(_names(given.items)) > 1:
        if _names(gold.items) and _names(given.items):
            return _same_items(gold.items, given.items, policy, ordered=False)
        # Only one side says which value is whose, so the order has to.
        return _same_items(_bare(gold.items), _bare(given.items), policy, ordered=True)
    return _same_items(gold.items, given.items, policy, ordered=False)


def _same_sequence(gold: Sequence, given: Answer, policy: Policy) -> bool:
    if isinstance(given, Collection) and given.kind == "list":
        # Only the brackets are missing, or every coordinate has a name.
        return (gold.opening, gold.closing) == ("(", ")") and _same_items(
            gold.items, _bare(given.items), policy, ordered=True
        )
    return (
        isinstance(given, Sequence)
        and (gold.opening, gold.closing) == (given.opening, given.closing)
        and _same_items(gold.items, given.items, policy, ordered=True)
    )


def _sides(answer: Answer) -> tuple[str, str] | None:
    if isinstance(answer, Named) and isinstance(answer.value, Value) and answer.value.unit is None:
        return answer.name, answer.value.text
    if isinstance(answer, Relation) and answer.sign == "=":
        return answer.left, answer.right
    return None


def _same_relation(gold: Answer, given: Answer) -> bool:
    """Compare equations up to a constant factor, and other relations up to equal sides."""
    one, other = _sides(gold), _sides(given)
    try:
        if one is not None and other is not None:
            return same_equation(one, other)
        return (
            isinstance(gold, Relation)
            and isinstance(given, Relation)
            and gold.sign == given.sign
            and same_expression(gold.left, given.left)
            and same_expression(gold.right, given.right)
        )
    except Unreadable:
        return False


def _same(gold: Answer, given: Answer, policy: Policy) -> bool:
    if isinstance(gold, Named) and isinstance(given, Named):
        if squeezed(gold.name) == squeezed(given.name):
            return _same(gold.value, given.value, policy)
        return _same_relation(gold, given)
    if isinstance(gold, Relation) or isinstance(given, Relation):
        return _same_relation(gold, given)
    if isinstance(gold, Named):
        return _same(gold.value, given, policy)
    if isinstance(given, Named):
        return _same(gold, given.value, policy)
    if isinstance(gold, Value):
        return isinstance(given, Value) and _same_value(gold, given, policy)
    if isinstance(gold, Sequence):
        return _same_sequence(gold, given, policy)
    if isinstance(gold, Matrix):
        return (
            isinstance(given, Matrix)
            and len(gold.rows) == len(given.rows)
            and all(
                _same_items(a, b, policy, ordered=True)
                for a, b in zip(gold.rows, given.rows, strict=True)
            )
        )
    return _same_collection(gold, given, policy)


def same_answer(given: str, gold: str, policy: Policy | None = None) -> bool:
    """Tell whether an answer equals the gold answer under a row's policy.

    Nothing in either text is executed, and the time is linear in their lengths, apart from
    matching the items of two sets.

    Raises:
        ValueError: the gold answer is nested too deeply or lists too many items.
    """
    policy = policy or Policy()
    right, left = tidy(gold), tidy(given)
    if not left or not right:
        return False
    wanted = read_answer(right, policy.decimal_comma)
    if _literal(left) == _literal(right) and "\\text" not in left + right:
        return True
    single = wanted.value if isinstance(wanted, Named) else wanted
    if (
        policy.decimal_comma is None
        and isinstance(single, Value)
        and single.number is not None
        and _COMMA_NUMBER.fullmatch(left)
        and read_number(left) is None
    ):
        left = left.replace(",", ".")
    try:
        found = read_answer(left, policy.decimal_comma)
    except ValueError:
        return False
    return _same(wanted, found, policy)

r"""Read and compare lists of quantities: `x = 2, y = 3`, `(2, 3)`, `4.4 s and 13.3 s`.

Three things may say which value is whose. Names on both sides do: they are the same ones, and pair
the values. A row that is `ordered` does, and so does a gold answer with names where the response
has none. Else any order is right, and each value is wanted once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rewards.math.latex import enclosed, split_top, tidy
from rewards.numeric.quantity import MAX_ANSWER_CHARS, Quantity, read_quantity
from rewards.reading.units import read_unit

MAX_VALUES = 16
MAX_LIST_CHARS = 4 * MAX_ANSWER_CHARS

_AND = r"\\text ?\{ ?(?:,? ?and|und|et|y|e|en|a|ja) ?\}|(?<=[\s\d})])(?:and|und|et)(?=[\s\d\\(])"
_OR = r"\\text ?\{ ?(?:or|oder|ou|o) ?\}|(?<=[\s\d})])(?:or|oder|ou)(?=[\s\d\\(])"
# A comma before three digits groups them, wherever it stands.
_SEPARATOR = re.compile(rf"[,;] ?(?:{_AND})|{_AND}|{_OR}|;|,(?!\d{{3}}(?!\d))")
_COMMA_SEPARATOR = re.compile(rf"[,;] ?(?:{_AND})|{_AND}|{_OR}|;|,(?!\d)")
_IS_OR = re.compile(_OR)
_UNIT_BEHIND = re.compile(r"(?P<list>[(\[].*[)\]])(?P<unit>[^()\[\]]+)")


@dataclass(frozen=True)
class Listed:
    """Holds quantities as they were listed, and whether brackets say that their order counts."""

    items: tuple[Quantity, ...]
    ordered: bool = False
    braces: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names, where every quantity has one of its own; else none."""
        names = tuple(item.name for item in self.items)
        return names if all(names) and len(set(names)) == len(names) else ()


def read_listed(
    text: str, *, decimal_comma: bool = False, arithmetic: bool = False
) -> Listed | None:
    """Return the quantities of a text that is a list of them, or None.

    A unit behind the last one, or behind the brackets, is that of all if the others have none.
    """
    if len(text) > MAX_LIST_CHARS:
        return None
    text = tidy(text)
    behind = _UNIT_BEHIND.fullmatch(text)
    shared = read_unit(behind["unit"].strip(), measured=True) if behind else None
    if behind is not None and shared is not None:
        text = behind["list"]
    pair = enclosed(text)
    opening = ""
    if pair is not None and (pair[0], pair[2]) in (("(", ")"), ("[", "]"), ("\\{", "\\}")):
        opening, text = pair[0], pair[1]
    parts = split_top(text, _COMMA_SEPARATOR if decimal_comma else _SEPARATOR)
    if len(parts) > MAX_VALUES:
        return None
    items = []
    for _, part in parts:
        found = read_quantity(part, decimal_comma=decimal_comma, arithmetic=arithmetic)
        if found is None:
            return None
        items.append(found)
    names = {item.name for item in items}
    if any(_IS_OR.search(separator) for separator, _ in parts) and (len(names) > 1 or "" in names):
        return None  # "x = 2 or x = 3" lists two solutions, "2 or 3" is in two minds
    units = [item.unit for item in items]
    if shared is None and len(units) > 1 and not any(units[:-1]):
        shared = units[-1]
    if shared is not None and not any(units[:-1]):
        items = [replace(item, unit=shared) for item in items]
    return Listed(tuple(items), opening in ("(", "["), opening == "\\{")


def same_list(gold: Listed, given: Listed, same: Callable[[Quantity, Quantity], bool]) -> bool:
    """Tell whether a list states what another one does; see the module for the order.

    Args:
        gold: the list that is wanted.
        given: the one that was given.
        same: tells whether a quantity, given second, is the one wanted.
    """
    if len(gold.items) != len(given.items):
        return False
    if gold.names and any(item.name for item in given.items):
        if set(gold.names) != set(given.names):
            return False
        by_name = dict(zip(given.names, given.items, strict=True))
        return all(same(item, by_name[item.name]) for item in gold.items)
    if gold.ordered or gold.names:
        return not given.braces and all(map(same, gold.items, given.items))
    return _pairs(gold.items, given.items, same)


def _pairs(
    gold: Sequence[Quantity], given: Sequence[Quantity], same: Callable[[Quantity, Quantity], bool]
) -> bool:
    """Tell whether each wanted value has one of its own (Kuhn's matching by augmenting paths)."""
    fits = [[n for n, item in enumerate(given) if same(wanted, item)] for wanted in gold]
    owner: dict[int, int] = {}

    def place(wanted: int, seen: set[int]) -> bool:
        for n in fits[wanted]:
            if n not in seen:
                seen.add(n)
                if n not in owner or place(owner[n], seen):
                    owner[n] = wanted
                    return True
        return False

    return all(place(wanted, set()) for wanted in range(len(gold)))

"""Tell whether two JSON values say the same, with what a row allows to differ.

Equality is JSON's: 1 == 1.0, true is not 1, objects have no order, arrays have one. A row may
relax it, at places named by patterns of JSON pointers (RFC 6901) in which `*` stands for any one
key or index and a final `**` for everything below (a key that is itself `*` cannot be named):

    {
        "unordered": ["/tags", "/items/*/tags"],      # arrays that are bags: duplicates count
        "optional":  ["/note"],                       # members that may be missing, but not wrong
        "ignore":    ["/id"],                         # members that may be anything, or missing
        "either":    {"/unit": ["m", "metre"]},       # values that are as right as the gold's
        "tolerance": {"/price": 0.01, "/stats/**": {"rel": 1e-3}}   # a number is absolute
    }

Bags of which elements need not be equal exactly are matched by augmenting paths (Kuhn's
algorithm for bipartite matching), because taking the first fit can miss a match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Matching is cubic at worst; with exact elements, which are counted, there is no limit.
MAX_MATCHED = 256

Path = tuple[str, ...]


class BadRules(ValueError):
    """Says that the row's comparison rules are not as documented: the row is broken."""


@dataclass(frozen=True)
class Tolerance:
    """Allows |given - wanted| <= max(absolute, relative * |wanted|)."""

    absolute: float = 0.0
    relative: float = 0.0

    def covers(self, given: float, wanted: float) -> bool:
        """Tell whether the two are close enough; integers beyond doubles only if equal."""
        if given == wanted:
            return True
        try:
            allowed = max(self.absolute, self.relative * abs(float(wanted)))
            return abs(float(given) - float(wanted)) <= allowed
        except OverflowError:
            return False


@dataclass(frozen=True)
class Rules:
    """Says what may differ, by pointer pattern; `Rules()` is exact equality."""

    unordered: tuple[Path, ...] = ()
    optional: tuple[Path, ...] = ()
    ignore: tuple[Path, ...] = ()
    tolerance: Mapping[Path, Tolerance] = field(default_factory=dict)
    either: Mapping[Path, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Tell whether equality under these rules is transitive, so that bags can be counted."""
        return not (self.optional or self.ignore or self.tolerance or self.either)

    def tolerance_at(self, path: Path) -> Tolerance | None:
        """Return the first tolerance whose pattern fits."""
        return next((t for p, t in self.tolerance.items() if _fits(p, path)), None)

    def others_at(self, path: Path) -> Sequence[Any]:
        """Return what is right beside the gold's value."""
        return next((values for p, values in self.either.items() if _fits(p, path)), ())


EXACT = Rules()
_RULES = frozenset({"unordered", "optional", "ignore", "tolerance", "either"})


def _fits(pattern: Path, path: Path) -> bool:
    if pattern and pattern[-1] == "**":
        pattern = pattern[:-1]
        path = path[: len(pattern)]
    return len(pattern) == len(path) and all(
        p in ("*", q) for p, q in zip(pattern, path, strict=True)
    )


def _anywhere(patterns: Sequence[Path], path: Path) -> bool:
    return any(_fits(pattern, path) for pattern in patterns)


def _path(pointer: Any) -> Path:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise BadRules(f"{pointer!r} is not a JSON pointer")
    steps = pointer.split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _paths(rules: Mapping[str, Any], name: str) -> tuple[Path, ...]:
    pointers = rules.get(name, [])
    if not isinstance(pointers, list):
        raise BadRules(f"{name!r} is not a list of JSON pointers")
    return tuple(map(_path, pointers))


def _tolerance(given: Any) -> Tolerance:
    parts = given if isinstance(given, Mapping) else {"abs": given}
    if not parts or not parts.keys() <= {"abs", "rel"}:
        raise BadRules(f"tolerance {given!r}: wanted a number, or 'abs' and 'rel'")
    for value in parts.values():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
            raise BadRules(f"tolerance {given!r}: wanted finite numbers of at least 0")
    return Tolerance(float(parts.get("abs", 0.0)), float(parts.get("rel", 0.0)))


def rules_of(row: Any) -> Rules:
    """Read rules in the form that the module's docstring shows; None is exact equality.

    Raises:
        BadRules: a name, pointer or tolerance is not as documented.
    """
    if row is None:
        return EXACT
    if not isinstance(row, Mapping):
        raise BadRules("'compare' is not an object")
    unknown = sorted(map(str, row.keys() - _RULES))
    if unknown:
        raise BadRules(f"unknown rule {unknown[0]!r}")
    tolerance = row.get("tolerance", {})
    if not isinstance(tolerance, Mapping):
        raise BadRules("'tolerance' is not an object of JSON pointers")
    either = row.get("either", {})
    if not isinstance(either, Mapping) or not all(isinstance(v, list) for v in either.values()):
        raise BadRules("'either' is not an object of JSON pointers and lists of values")
    return Rules(
        unordered=_paths(row, "unordered"),
        optional=_paths(row, "optional"),
        ignore=_paths(row, "ignore"),
        tolerance={_path(pointer): _tolerance(t) for pointer, t in tolerance.items()},
        either={_path(pointer): tuple(values) for pointer, values in either.items()},
    )


def perfect_matching(size: int, fits: Callable[[int, int], bool]) -> bool:
    """Tell whether `size` things can be paired with `size` others so that every pair fits.

    Raises:
        BadRules: there are more than `MAX_MATCHED`.
    """
    if size > MAX_MATCHED:
        raise BadRules(f"more than {MAX_MATCHED} elements to match under these rules")
    edges = [[right for right in range(size) if fits(left, right)] for left in range(size)]
    owner: dict[int, int] = {}

    def place(left: int, seen: set[int]) -> bool:
        free = next((right for right in edges[left] if right not in owner), None)
        if free is not None:
            owner[free] = left
            return True
        for right in edges[left]:
            if right not in seen:
                seen.add(right)
                if place(owner[right], seen):
                    owner[right] = left
                    return True
        return False

    return all(place(left, set()) for left in range(size))


def same_value(given: Any, wanted: Any, rules: Rules = EXACT) -> bool:
    """Tell whether `given` is `wanted`, but for what `rules` allow.

    Raises:
        BadRules: an unordered array is too long to be matched under these rules.
    """
    if rules.exact:
        return _frozen(given, rules, ()) == _frozen(wanted, rules, ())
    return _same(given, wanted, rules, ())


def _frozen(value: Any, rules: Rules, path: Path) -> Hashable:
    """Return a hashable form that is equal for equal values, bags included."""
    if isinstance(value, dict):
        return (
            "object",
            frozenset((k, _frozen(v, rules, (*path, str(k)))) for k, v in value.items()),
        )
    if isinstance(value, list):
        items = [_frozen(item, rules, (*path, str(i))) for i, item in enumerate(value)]
        if _anywhere(rules.unordered, path):
            return "bag", frozenset(Counter(items).items())
        return "array", tuple(items)
    if isinstance(value, bool):
        return "bool", value
    return value if value is None or isinstance(value, str | int | float) else repr(value)


def _same(given: Any, wanted: Any, rules: Rules, path: Path) -> bool:
    if _anywhere(rules.ignore, path):
        return True
    return any(_same_here(given, one, rules, path) for one in (wanted, *rules.others_at(path)))


def _same_here(given: Any, wanted: Any, rules: Rules, path: Path) -> bool:
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, dict) and isinstance(wanted, dict):
        return _same_members(given, wanted, rules, path)
    if isinstance(given, list) and isinstance(wanted, list):
        return _same_items(given, wanted, rules, path)
    if isinstance(given, int | float) and isinstance(wanted, int | float):
        tolerance = rules.tolerance_at(path)
        return given == wanted if tolerance is None else tolerance.covers(given, wanted)
    return bool(given == wanted)


def _same_members(given: dict[str, Any], wanted: dict[str, Any], rules: Rules, path: Path) -> bool:
    for key in given.keys() | wanted.keys():
        place = (*path, str(key))
        if key in given and key in wanted:
            if not _same(given[key], wanted[key], rules, place):
                return False
        # A member that the gold lacks is wrong even where it is optional: nothing says what
        # it should be.
        elif not (
            _anywhere(rules.ignore, place) or (key in wanted and _anywhere(rules.optional, place))
        ):
            return False
    return True


def _same_items(given: list[Any], wanted: list[Any], rules: Rules, path: Path) -> bool:
    if len(given) != len(wanted):
        return False
    if not _anywhere(rules.unordered, path):
        return all(
            _same(g, w, rules, (*path, str(i)))
            for i, (g, w) in enumerate(zip(given, wanted, strict=True))
        )
    # In a bag an element has no index of its own; patterns for its inside say `*`.
    return perfect_matching(
        len(wanted), lambda g, w: _same(given[g], wanted[w], rules, (*path, str(w)))
    )

"""Declare a reward, find it by name, and call it safely.

A reward is a plain function; `@reward` records its name, the range of its scores, its time limit
and whether it is deterministic. The function names the arguments it wants and gets only those:
`completion`, `ground_truth`, `prompt` (the messages given to the model), `messages` (prompt plus
the completion), `extra_info`; any other parameter, and `**extra`, are filled from `extra_info`. It
may be asynchronous: what it returns is then awaited.

It is found, in this order, as `path/to/file.py:function`, through the entry-point group
`granite_rl.rewards`, or as a built-in. A user's entry point may shadow a built-in; that is logged.

`Reward.score` never raises for what the function does: exceptions, NaN, scores outside the
declared range and wrong types become status `error`, so that one bad row neither stops a run nor
enters an average. Time limits are declared here but enforced where a reward can be killed, that
is by whoever runs it in a process of its own.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from rewards.foreign import foreign_signature
from rewards.nearest import did_you_mean
from rewards.result import STATUSES, RewardResult
from rewards.user_files import hint, load_file_module

log = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "granite_rl.rewards"
Message = Mapping[str, Any]
Gold = Callable[[Any, Mapping[str, Any]], str | None]
F = TypeVar("F", bound=Callable[..., Any])

# Name -> module. Explicit, so that a lookup imports one file and a typo lists what exists.
BUILTIN_MODULES: dict[str, str] = {
    "abstention": "rewards.abstention",
    "calibration": "rewards.calibration",
    "chat_rubric": "rewards.chat_rubric",
    "csv_table": "rewards.csv_table",
    "grid_exact": "rewards.grid_exact",
    "identity": "rewards.identity",
    "ifeval": "rewards.ifeval",
    "in_context": "rewards.in_context",
    "json_schema": "rewards.json_schema",
    "judge": "rewards.judge",
    "language": "rewards.language",
    "logic_exact": "rewards.logic_exact",
    "math": "rewards.math",
    "mcq": "rewards.mcq",
    "numeric": "rewards.numeric",
    "reasoning_gym": "rewards.reasoning_gym",
    "repetition": "rewards.repetition",
    "sql": "rewards.sql",
    "temporal": "rewards.temporal",
    "tool_call": "rewards.tool_call",
    "yaml_value": "rewards.yaml_value",
}


class UnknownReward(LookupError):
    """Says that no reward has that name or place, and what would be right."""


class Unavailable(RuntimeError):
    """Says that a reward needs a package that is not here, or not in this version."""


@dataclass(frozen=True)
class Reward:
    """Is a declared reward: a function, and what the pool must know of it.

    `range` is inclusive; `timeout_s` is per completion, in seconds. `imports` are modules that the
    function needs and that take long to import, or `module:function` to call, which loads a model
    for example: that is done before the time of a completion starts. A reward that is not
    `isolated` keeps network, files and environment (a judge needs them). `gold` turns a row's
    ground truth and extra_info into a completion that must score full, or None for a row that has
    no such thing; `python -m rewards validate` checks rows with it. A reward that does not
    `grades_answers` looks at something else, the language of a text for example, so that text that
    answers nothing may well score: it is a part beside others, and `stress` leaves it out.
    """

    name: str
    function: Callable[..., Any]
    range: tuple[float, float] = (0.0, 1.0)
    timeout_s: float = 2.0
    deterministic: bool = True
    imports: tuple[str, ...] = ()
    isolated: bool = True
    gold: Gold | None = None
    grades_answers: bool = True
    # Worked out once: which arguments the function takes, and which of them it must be given.
    _parameters: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _required: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _takes_extra: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"reward {self.name!r}: range {self.range} is not (low, high)")
        if not self.timeout_s > 0:
            raise ValueError(f"reward {self.name!r}: timeout_s must be > 0, not {self.timeout_s}")
        if foreign := foreign_signature(self.function):
            raise ValueError(foreign)
        parameters = inspect.signature(self.function).parameters.values()
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        required = tuple(p.name for p in named if p.default is p.empty)
        object.__setattr__(self, "_parameters", tuple(p.name for p in named))
        object.__setattr__(self, "_required", required)
        object.__setattr__(self, "_takes_extra", any(p.kind is p.VAR_KEYWORD for p in parameters))
        if inspect.iscoroutinefunction(self.function):
            object.__setattr__(self, "imports", ("asyncio", *self.imports))

    def load(self) -> None:
        """Do the slow imports, so that the first completion doesn't pay for them."""
        for name in self.imports:
            load(name)

    @property
    def needs_ground_truth(self) -> bool:
        """Tell whether the function can't be called for a row without a ground truth."""
        return "ground_truth" in self._required

    @property
    def full_score(self) -> float:
        """Return the score of a perfect completion."""
        return self.range[1]

    def score(
        self,
        completion: str,
        *,
        ground_truth: Any = None,
        prompt: Sequence[Message] | None = None,
        messages: Sequence[Message] | None = None,
        extra_info: Mapping[str, Any] | None = None,
    ) -> RewardResult:
        """Score one completion; failures of the reward become status `error`.

        `messages` defaults to `prompt` followed by the completion as the assistant's turn.
        """
        extra = dict(extra_info or {})
        turns = list(prompt or [])
        offered: dict[str, Any] = {
            "completion": completion,
            "ground_truth": ground_truth,
            "prompt": turns,
            "messages": list(messages)
            if messages is not None
            else [*turns, {"role": "assistant", "content": completion}],
            "extra_info": extra,
        }
        arguments = {
            name: offered[name] if name in offered else extra[name]
            for name in self._parameters
            if name in offered or name in extra
        }
        if self._takes_extra:
            arguments |= {k: v for k, v in (extra | offered).items() if k not in arguments}
        if absent := [name for name in self._required if name not in arguments]:
            return RewardResult.error(
                f"{self.name}: the row's extra_info has no {', '.join(absent)}, which the function"
                f" asks for; without that there are {', '.join(offered)}"
            )
        try:
            value = self.function(**arguments)
            if inspect.isawaitable(value):
                value = _awaited(value)
        except Exception as problem:  # noqa: BLE001 - the boundary: a reward's bug must not stop the run
            said = f"{self.name}: {type(problem).__name__}: {problem}"[:500]
            return RewardResult.error(said + hint(problem))
        return self._checked(value)

    def _checked(self, value: Any) -> RewardResult:
        """Turn what the function returned into a result that is safe to average."""
        if value is None:
            return RewardResult.skipped(f"{self.name}: not applicable")
        if isinstance(value, Mapping):
            problem = _component_problem(value)
            if problem:
                return RewardResult.error(f"{self.name}: {problem}")
            components = {k: float(v) for k, v in value.items() if k != "score"}
            score = value["score"] if "score" in value else sum(components.values())
            value = RewardResult(float(score), components=components)
        elif _is_number(value):
            value = RewardResult(float(value))
        if not isinstance(value, RewardResult):
            return RewardResult.error(
                f"{self.name}: returned {_described(value)}; wanted a finite number, a dict of"
                " them, a RewardResult or None"
            )
        if value.status not in STATUSES:
            return RewardResult.error(f"{self.name}: unknown status {value.status!r}")
        if not value.teaches:
            return value
        problem = _component_problem(value.components)
        if problem:
            return RewardResult.error(f"{self.name}: {problem}")
        if not _is_number(value.score):
            return RewardResult.error(
                f"{self.name}: score is {_described(value.score)}; wanted a finite number"
            )
        if not self.range[0] <= value.score <= self.range[1]:
            low, high = self.range
            return RewardResult.error(
                f"{self.name}: score {value.score!r} is outside its range [{low}, {high}]"
            )
        return value


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite real number (numpy's included), or a bool."""
    try:
        return not isinstance(value, str | bytes) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _described(value: Any) -> str:
    """Say what a value is that is no finite number: its kind, or itself where it is NaN."""
    if isinstance(value, str | bytes):
        return type(value).__name__
    try:
        return f"{float(value)}"
    except (TypeError, ValueError, OverflowError):
        return type(value).__name__


def _awaited(value: Awaitable[Any]) -> Any:
    """Return what an asynchronous reward returns.

    Raises:
        RuntimeError: this thread runs an event loop already.
    """
    import asyncio  # takes as long to import as all the rest here; few rewards need it

    async def waited() -> Any:
        return await value

    return asyncio.run(waited())


def _component_problem(components: Mapping[Any, Any]) -> str:
    for key, value in components.items():
        if not isinstance(key, str) or not _is_number(value):
            return f"component {key!r} is {value!r}; wanted a name and a finite number"
    return ""


def load(name: str) -> None:
    """Import a module, or call the function of `module:function`, which is quick when repeated."""
    module, _, function = name.partition(":")
    imported = importlib.import_module(module)
    if function:
        getattr(imported, function)()


_declared: dict[Callable[..., Any], Reward] = {}


def reward(
    name: str,
    *,
    range: tuple[float, float] = (0.0, 1.0),
    timeout_s: float = 2.0,
    deterministic: bool = True,
    imports: Sequence[str] = (),
    isolated: bool = True,
    gold: Gold | None = None,
    grades_answers: bool = True,
) -> Callable[[F], F]:
    """Declare a function as a reward; the function itself stays a plain function.

    What the arguments mean: `Reward`.

    Raises:
        TypeError: there is no name, as in a bare ``@reward``.
        ValueError: the range is empty or not finite, or the time limit is not positive.
    """

    if not isinstance(name, str):
        raise TypeError('write @reward("NAME"), with a name and perhaps a range')

    def declare(function: F) -> F:
        _declared[function] = Reward(
            name,
            function,
            range,
            timeout_s,
            deterministic,
            tuple(imports),
            isolated,
            gold,
            grades_answers,
        )
        return function

    return declare


def suggestion(name: str, known: Sequence[str]) -> str:
    """Ask "did you mean …" and list all names, for messages about unknown ones."""
    listed = f"known: {', '.join(sorted(known))}; or path/to/file.py:name"
    return f"{did_you_mean(name, known, most=3, cutoff=0.5)} {listed}".lstrip()


def _from_file(spec: str) -> Reward:
    path, _, attribute = spec.rpartition(":")
    try:
        module = load_file_module(Path(path))
    except LookupError as problem:
        raise UnknownReward(f"reward {spec!r}: {problem}") from None
    function = getattr(module, attribute, None)
    if not callable(function):
        own = module.__name__
        there = [
            n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == own
        ]
        raise UnknownReward(
            f"reward {spec!r}: no function {attribute!r} in {path}; it has "
            + (", ".join(there) or "none")
        )
    return _declared_or_plain(spec, attribute, function)


def _declared_or_plain(spec: str, name: str, function: Any) -> Reward:
    """Return what was declared of a function, or what goes for one that was not."""
    try:
        return _declared.get(function) or Reward(name, function)
    except (TypeError, ValueError) as problem:  # nothing to call, or another trainer's signature
        raise UnknownReward(f"reward {spec!r}: {problem}") from None


def _of_module(module: ModuleType, name: str) -> Reward | None:
    for function, declared in _declared.items():
        if declared.name == name and function.__module__ == module.__name__:
            return declared
    return None


def _installed() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def known_rewards() -> list[str]:
    """Return the names that `get_reward` knows here: built-ins and entry points, sorted."""
    return sorted({*BUILTIN_MODULES, *_installed()})


@cache
def get_reward(name: str) -> Reward:
    """Find a reward by name or as `path/to/file.py:function`.

    Raises:
        UnknownReward: nothing is found; the message names the nearest matches.
    """
    if ":" in name:
        return _from_file(name)
    point = _installed().get(name)
    if point is not None:
        if name in BUILTIN_MODULES:
            log.warning("reward %r comes from %s and shadows the built-in", name, point.value)
        try:
            function = point.load()
        except Exception as problem:  # an installed package may raise anything
            raise UnknownReward(f"reward {name!r}: {point.value} fails: {problem}") from problem
        return _declared_or_plain(name, name, function)
    if name in BUILTIN_MODULES:
        found = _of_module(importlib.import_module(BUILTIN_MODULES[name]), name)
        if found is not None:
            return found
    file = Path(name).with_suffix(".py")
    if file.is_file():
        spec = f"{file}:{file.stem}"
        raise UnknownReward(f"no reward {name!r}; did you mean {spec}, as in FILE.py:FUNCTION?")
    raise UnknownReward(f"no reward {name!r}: {suggestion(name, known_rewards())}")

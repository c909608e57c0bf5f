"""Recognise reward functions written for other trainers, and say what to write around them.

TRL calls `f(completions, **columns)` with lists and wants a list; verl calls `compute_score(
data_source, solution_str, ground_truth, extra_info)`. A reward here scores one completion and
names what it wants, so that each needs three lines. They are not called as they are: a batch of
one would hide that their time limit, their errors and their range belong to one completion.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_OF_TRL = frozenset(
    {"completion_ids", "environments", "log_extra", "log_metric", "prompt_ids", "trainer_state"}
)
"""Arguments that TRL's trainer fills, and that a function can do without."""


def foreign_signature(function: Callable[..., Any]) -> str:
    """Say whose signature a function has and which lines to add; empty where it is none of those.

    Args:
        function: anything with a signature.
    """
    parameters = inspect.signature(function).parameters
    if "completion" in parameters:
        return ""
    if "completions" in parameters:
        return _explained("TRL", function, *_as_trl_calls(function, parameters))
    if "solution_str" in parameters:
        return _explained("verl", function, *_as_verl_calls(parameters))
    if "solution_strs" in parameters:
        return _explained("verl's batch", function, *_as_verl_calls(parameters, batch=True))
    return ""


def _explained(
    framework: str, function: Callable[..., Any], taken: Sequence[str], call: str
) -> str:
    name = getattr(function, "__name__", "score")
    asynchronous = inspect.iscoroutinefunction(function)
    signature = " signature" if framework.endswith("batch") else "'s signature"
    called = f"{name}({call})"
    if asynchronous:
        called = f"await {called}"
    if framework != "verl":  # lists of one in, a list of one out
        called = f"({called})[0]" if asynchronous else f"{called}[0]"
    return (
        f"{name} has {framework}{signature}; a reward scores one completion. Leave the function"
        " undecorated and add, with `from rewards import reward`,\n"
        f'    @reward("{name}", range=(0.0, 1.0))\n'
        f"    {'async ' * asynchronous}def {name}_of_one({', '.join(taken)}):\n"
        f"        return {called}\n"
        f"with the range that it has, and name that one: FILE.py:{name}_of_one"
    )


def _as_trl_calls(
    function: Callable[..., Any], parameters: Mapping[str, inspect.Parameter]
) -> tuple[list[str], str]:
    taken = ["messages" if _reads_messages(function, parameters) else "completion"]
    first = "messages[-1:]" if taken == ["messages"] else "completion"
    said = [f"completions=[{first}]"]
    for name, parameter in parameters.items():
        if name == "prompts":
            taken.append("prompt")
            said.append("prompts=[prompt]")
        elif (
            name != "completions"
            and name not in _OF_TRL
            and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            and parameter.default is parameter.empty
        ):
            taken.append(name)
            said.append(f"{name}=[{name}]")
    return taken, ", ".join(said)


def _reads_messages(
    function: Callable[..., Any], parameters: Mapping[str, inspect.Parameter]
) -> bool:
    """Tell whether the completions are conversations: TRL has them as text and as messages."""
    if "dict" in str(parameters["completions"].annotation):
        return True
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return False
    return '["content"]' in source or "['content']" in source


def _as_verl_calls(
    parameters: Mapping[str, inspect.Parameter], *, batch: bool = False
) -> tuple[list[str], str]:
    given = {
        "data_source": ("", '"mine"'),
        "solution_str": ("completion", "completion"),
        "ground_truth": ("ground_truth", "ground_truth"),
        "extra_info": ("extra_info", "extra_info"),
    }
    if batch:
        given = {f"{name}s": (argument, f"[{value}]") for name, (argument, value) in given.items()}
    taken = [given[name][0] for name in parameters if name in given and given[name][0]]
    said = [f"{name}={given[name][1]}" for name in parameters if name in given]
    return taken, ", ".join(said)

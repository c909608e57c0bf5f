"""Read the cases of a reward: completions whose verdict is known, one JSON object a line.

`{"case": "why it is here", "completion": "...", "ground_truth": ..., "extra_info": {...},
"prompt": [...], "expect": "full" | "zero" | "malformed" | number}`

`full` is the upper end of the range, `zero` no more than 0; `malformed` is a completion whose
answer can't be found and that earns nothing: status `wrong_format`. A number is a score.

`"stress": false` on a `full` case keeps its row from being attacked: some rows are answered by text
of any kind, such as one where no tool is to be called. Its name says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from rewards.commands.rows import BadInput
from rewards.files import read_lines
from rewards.registry import Reward, Unavailable, get_reward, known_rewards
from rewards.result import RewardResult

EXPECTATIONS = ("full", "zero", "malformed")
_CLOSE = 1e-6


@dataclass(frozen=True)
class Case:
    """Holds one completion with the verdict it must get."""

    where: str
    row: Mapping[str, Any]
    expect: str | float

    @property
    def name(self) -> str:
        """Say what the case is about."""
        return str(self.row.get("case", self.where))

    @property
    def attackable(self) -> bool:
        """Tell whether hostile text must earn nothing on this row."""
        return self.expect == "full" and self.row.get("stress", True) is True

    def item(self, reward: str, completion: str | None = None) -> dict[str, Any]:
        """Return the case as an item of the pool, optionally with another completion."""
        return {
            "reward": reward,
            "completion": self.row["completion"] if completion is None else completion,
            "ground_truth": self.row.get("ground_truth"),
            "prompt": self.row.get("prompt"),
            "messages": None,
            "extra_info": self.row.get("extra_info"),
        }

    def problem(self, result: RewardResult, reward: Reward) -> str:
        """Say what is wrong with a verdict; empty when it is as expected."""
        said = f"score {result.score:g}, {result.status}" + f": {result.message}" * bool(
            result.message
        )
        if not result.teaches:
            return f"expected {self.expect}, got {said}"
        if self.expect == "full":
            good = abs(result.score - reward.full_score) <= _CLOSE
        elif self.expect == "zero":
            good = result.score <= _CLOSE
        elif self.expect == "malformed":
            good = result.score <= _CLOSE and result.status == "wrong_format"
        else:
            good = abs(result.score - float(self.expect)) <= _CLOSE
        return "" if good else f"expected {self.expect}, got {said}"


def chosen(named: Sequence[str]) -> list[str]:
    """Return the rewards that a command works on, and print which known ones are left out.

    They are those named, else all that have cases and need no server nor a package that is not
    installed.
    """
    if named:
        return list(named)
    found = []
    for name in known_rewards():
        if not get_reward(name).isolated:
            print(f"{name}: skipped, it reaches outside (a server); name it to run it")
        elif not _shipped(name).is_file():
            print(f"{name}: skipped, it comes without cases; name it with --cases FILE")
        elif absent := _absent(get_reward(name)):
            print(f"{name}: skipped, {absent}")
        else:
            found.append(name)
    return found


def _absent(reward: Reward) -> str:
    """Say which package a reward needs that is not here; empty if there is none."""
    try:
        reward.load()
    except Unavailable as problem:
        return str(problem)
    return ""


def _shipped(name: str) -> Path:
    return Path(str(files("rewards"))) / "fixtures" / f"{name}.jsonl"


def cases_of(name: str, given: Path | None) -> list[Case]:
    """Return the cases of a reward: those of a file, else those beside it, else the shipped ones.

    Raises:
        BadFile | BadInput: there is no such file, or a line of it is no case.
    """
    if given is not None:
        return read_cases(given)
    if ":" in name:
        source = Path(name.rpartition(":")[0])
        beside = source.with_name(f"{source.stem}.cases.jsonl")
        if not beside.is_file():
            raise BadInput(
                f"{beside} does not exist: write cases there (python -m rewards new {source.stem}"
                f" --directory {source.parent} begins it), or give --cases FILE"
            )
        return read_cases(beside)
    shipped = _shipped(name)
    if not shipped.is_file():
        raise BadInput(f"no cases of {name!r}: give --cases FILE")
    return read_cases(shipped)


def read_cases(path: Path) -> list[Case]:
    """Read all cases of a file.

    Raises:
        BadFile: the file can't be read.
        BadInput: naming file and line.
    """
    cases = []
    for line in read_lines(path):
        expect = line.row.get("expect")
        if line.problem or not isinstance(line.row.get("completion"), str):
            raise BadInput(f"{line.where}: {line.problem or 'no completion'}")
        if expect not in EXPECTATIONS and not isinstance(expect, int | float):
            wanted = ", ".join(map(json.dumps, EXPECTATIONS))
            raise BadInput(f"{line.where}: expect is {expect!r}; wanted {wanted} or a number")
        cases.append(Case(line.where, line.row, expect))
    if not cases:
        raise BadInput(f"{path}: no cases")
    return cases

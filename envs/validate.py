"""Run `python -m envs validate`: check that every row's gold episode scores full as a rollout.

The model's turns are `extra_info.gold_actions`, or `extra_info.gold_completion` for an episode of
one turn. They are played in the same processes as in training, turn by turn: each but the last must
be answered by the environment, and the last one score full. Rows are streamed; bad ones are named
as file:line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from envs.registry import make_env
from rewards.commands.rows import Meter, batches, read_prompt_lines, show
from rewards.files import Line
from rewards.result import Continue, Reply
from rewards.sandbox.pool import RewardPool

_FULL = 1e-6


def gold_episode(row: dict[str, Any]) -> list[str]:
    """Return the turns of an episode of the row that must score full.

    Raises:
        ValueError: the row has none, or something else in its place.
    """
    extra = row.get("extra_info") or {}
    turns = extra.get("gold_actions")
    if turns is None and "gold_completion" in extra:
        turns = [extra["gold_completion"]]
    if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
        raise ValueError("no extra_info.gold_actions, a list of the model's turns")
    return turns


def validate(files: Sequence[Path], workers: int, shown: int) -> int:
    """Play the gold episodes of files; return 1 if any row is bad.

    Raises:
        rewards.files.BadFile: a file can't be read.
    """
    full, bad = 0, 0
    with RewardPool(workers, target="envs.scoring:prepare") as pool:
        for path in files:
            meter = Meter(str(path), path.stat().st_size if path.is_file() else 0)
            for lines in batches(read_prompt_lines(path)):
                for line, problem in zip(lines, problems(pool, lines), strict=True):
                    full += not problem
                    bad += bool(problem)
                    if problem and bad <= shown:
                        print(f"{line.where}: {show(problem)}", file=sys.stderr)
                meter(full + bad, lines[-1].end)
    print(f"{full:>9,}  full\n{bad:>9,}  bad")
    return int(bad > 0)


def problems(pool: RewardPool, lines: Sequence[Line]) -> list[str]:
    """Say what is wrong with each row; empty where nothing is."""
    found = [""] * len(lines)
    items: list[dict[str, Any]] = []
    episodes: list[tuple[int, int, float]] = []
    for index, line in enumerate(lines):
        try:
            if line.problem:
                raise ValueError(line.problem)
            name, turns = str(line.row["env_class"]), gold_episode(line.row)
            scorer = getattr(make_env(name, line.row), "scorer", None)
        except KeyError as problem:
            found[index] = f"the row has no {problem}"
        except (ValueError, LookupError, TypeError, AssertionError) as problem:
            found[index] = str(problem)
        else:
            items += [
                {"env_class": name, "row": line.row, "actions": turns[:count]}
                for count in range(1, len(turns) + 1)
            ]
            episodes.append((index, len(turns), 1.0 if scorer is None else scorer.full_score))
    replies = iter(pool.step(items))
    for index, turns_played, wanted in episodes:
        found[index] = _problem([next(replies) for _ in range(turns_played)], wanted)
    return found


def _problem(replies: Sequence[Reply], wanted: float) -> str:
    for turn, reply in enumerate(replies, start=1):
        last = turn == len(replies)
        if isinstance(reply, Continue):
            if last:
                return f"no end after the gold's {turn} turns: {reply.messages[-1]['content']}"
        elif not last or reply.score < wanted - _FULL or not reply.teaches:
            return (
                f"turn {turn} of the gold's {len(replies)} ends with {reply.score:g}, wanted"
                f" {wanted:g} at the end ({reply.status}: {reply.message})"
            )
    return ""

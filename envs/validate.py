"""Run `python -m envs validate`: check that every row's gold episode scores full as a rollout.

The model's turns are `extra_info.gold_actions`, or for an episode of one turn what its reward makes
of the ground truth, where the row has no `extra_info.gold_completion`. They are played in the same
processes as in training, turn by turn: each but the last must be answered by the environment, and
the last one score full. Then all are played once more, elsewhere, later, the last turn first, and
with sets in another order: an environment that says something else then has not seeded what is
random. Rows are streamed; bad ones are named as file:line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from skyrl_gym.envs.base_text_env import BaseTextEnv

from envs.base import SingleTurnEnv
from envs.registry import make_env
from rewards.commands.rows import Meter, batches, read_prompt_lines, show
from rewards.composition import Composition, Part
from rewards.files import Line
from rewards.result import Continue, Reply
from rewards.sandbox.pool import RewardPool

_FULL = 1e-6

CLOCK_S = 1.1
"""Seconds between the two times that the first rows are played: a clock of seconds must move on."""


class Episode(NamedTuple):
    """Holds a row's turns that must score full, and what else is to be known of it."""

    name: str
    row: Mapping[str, Any]
    turns: list[str]
    full: float
    repeats: bool
    """Whether the environment claims to say the same when it is played again."""

    def items(self) -> list[dict[str, Any]]:
        """Return one item for each turn, with all turns up to that one."""
        return [
            {"env_class": self.name, "row": self.row, "actions": self.turns[:count]}
            for count in range(1, len(self.turns) + 1)
        ]


def gold_episode(row: Mapping[str, Any]) -> list[str]:
    """Return the turns of an episode of the row that must score full.

    Raises:
        KeyError: the row names no environment.
        ValueError: the row has no such episode, or something else in its place.
        LookupError | TypeError | AssertionError: its environment does not exist, or refuses it.
    """
    return _gold_turns(row, make_env(str(row["env_class"]), row))


def _episode(row: Mapping[str, Any]) -> Episode:
    name = str(row["env_class"])
    environment = make_env(name, row)
    scorer = getattr(environment, "scorer", None)
    return Episode(
        name,
        row,
        _gold_turns(row, environment),
        1.0 if scorer is None else scorer.full_score,
        getattr(environment, "deterministic", True) and (scorer is None or scorer.deterministic),
    )


def _gold_turns(row: Mapping[str, Any], environment: BaseTextEnv) -> list[str]:
    extra = row.get("extra_info") or {}
    turns = extra.get("gold_actions")
    if turns is None and "gold_completion" in extra:
        turns = [extra["gold_completion"]]
    if turns is None and isinstance(environment, SingleTurnEnv) and environment.max_turns == 1:
        turns = _gold_of(environment)
    if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
        raise ValueError(
            "no extra_info.gold_actions, a list of the model's turns, and no gold_completion"
        )
    return turns


def _gold_of(environment: SingleTurnEnv) -> list[str] | None:
    """Return what a reward makes of the ground truth; of several, the first that makes something.

    Whether the others are content with that too is what playing it shows.
    """
    scorer = environment.scorer
    parts = scorer.parts if isinstance(scorer, Composition) else (Part(scorer),)
    for part in parts:
        if part.reward.gold is not None:
            truth = part.overrides.get("ground_truth", environment.ground_truth)
            extra = {**environment.extra_info, **part.overrides.get("extra_info", {})}
            gold = part.reward.gold(truth, extra)
            return None if gold is None else [gold]
    return None


def validate(files: Sequence[Path], workers: int, shown: int) -> int:
    """Play the gold episodes of files; return 1 if any row is bad.

    Raises:
        rewards.files.BadFile: a file can't be read.
    """
    full, bad = 0, 0
    target = "envs.scoring:prepare"
    with (
        RewardPool(workers, target=target) as pool,
        RewardPool(workers, target=target, hash_seed=1) as other,
    ):
        for path in files:
            meter = Meter(str(path), path.stat().st_size if path.is_file() else 0)
            for lines in batches(read_prompt_lines(path)):
                later_s = CLOCK_S if full + bad == 0 else 0.0
                for line, problem in zip(lines, problems(pool, other, lines, later_s), strict=True):
                    full += not problem
                    bad += bool(problem)
                    if problem and bad <= shown:
                        print(f"{line.where}: {show(problem, 400)}", file=sys.stderr)
                meter(full + bad, lines[-1].end)
    print(f"{full:>9,}  full\n{bad:>9,}  bad")
    return int(bad > 0)


def problems(
    pool: RewardPool, other: RewardPool, lines: Sequence[Line], later_s: float = 0.0
) -> list[str]:
    """Say what is wrong with each row; empty where nothing is.

    Args:
        pool: plays the episodes.
        other: plays them once more, in processes of its own.
        lines: rows.
        later_s: seconds that pass between the two.
    """
    found = [""] * len(lines)
    episodes: dict[int, Episode] = {}
    for index, line in enumerate(lines):
        try:
            if line.problem:
                raise ValueError(line.problem)
            episodes[index] = _episode(line.row)
        except KeyError as problem:
            found[index] = f"the row has no {problem}"
        except (ValueError, LookupError, TypeError, AssertionError) as problem:
            found[index] = str(problem)
    once = _played(pool, episodes)
    repeating = {index: episode for index, episode in episodes.items() if episode.repeats}
    if repeating:
        time.sleep(later_s)
    again = _played(other, repeating, backwards=True)
    for index, episode in episodes.items():
        found[index] = _problem(once[index], episode.full)
        if not found[index] and episode.repeats:
            found[index] = _difference(once[index], again[index])
    return found


def _played(
    pool: RewardPool, episodes: Mapping[int, Episode], *, backwards: bool = False
) -> dict[int, list[Reply]]:
    """Return the replies to all turns of each episode; backwards, the last is asked for first."""
    items = [item for episode in episodes.values() for item in episode.items()]
    replies = iter(pool.step(items[::-1])[::-1] if backwards else pool.step(items))
    return {index: [next(replies) for _ in episode.turns] for index, episode in episodes.items()}


def _difference(once: Sequence[Reply], again: Sequence[Reply]) -> str:
    """Say where an episode that was played twice came out differently; empty if nowhere."""
    for turn, (one, other) in enumerate(zip(once, again, strict=True), start=1):
        if one != other:
            return (
                f"turn {turn} is answered differently when it is played again: {_said(one)}, then"
                f" {_said(other)}; seed what is random from the row, ask no clock, sort sets, or"
                " say `deterministic = False`"
            )
    return ""


def _said(reply: Reply) -> str:
    if isinstance(reply, Continue):
        return show([message["content"] for message in reply.messages], 80)
    return f"{reply.score:g} ({reply.status}) {show(dict(reply.components), 60)}"


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

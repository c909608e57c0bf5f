"""Define a demo domain, and split its problems, make answers noisy, and turn both into rows.

The split is by construction: the hash of (domain, prompt) decides, so a prompt can never be in
both. Supervised data imitates what real collections are like: right answers in several habits of
writing, some wrong ones. Which habit prevails depends on the prompt's wording, as it does with
real data from several sources; so a fine-tuned policy follows the asked-for format greedily on
some wordings and not on others, and reinforcement learning has something to win on all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from envs.split import Split, split_of

Row = dict[str, Any]

# Share of answers in the wanted format, by wording (taken modulo): mean 0.43. Where it is above
# a half, greedy decoding follows the format; where below, another habit wins.
WANTED_BY_WORDING = (0.62, 0.24)
WRONG_SHARE = 0.10


@dataclass(frozen=True)
class Problem:
    """Is one problem with the ways in which it may be answered.

    `wanted` is the right answer as the prompt asks for it, `others` are right answers in other
    habits, `wrong` a wrong answer in the wanted format.
    """

    prompt: str
    ground_truth: Any
    wanted: str
    others: tuple[str, ...]
    wrong: str
    wording: int = 0
    extra_info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoDomain:
    """Is a domain of the demo: `problem` draws one, `fact` says something true for pre-training."""

    name: str
    reward: str
    problem: Callable[[random.Random], Problem]
    fact: Callable[[random.Random], str]


def problems(domain: DemoDomain, split: Split, rng: random.Random) -> Iterator[Problem]:
    """Yield problems of one split without end; they may repeat."""
    while True:
        problem = domain.problem(rng)
        if split_of(domain.name, problem.prompt) == split:
            yield problem


def distinct(domain: DemoDomain, split: Split, n: int, rng: random.Random) -> list[Problem]:
    """Return `n` problems with distinct prompts.

    Raises:
        ValueError: the domain has no `n` distinct problems in this split (the number is named).
    """
    found: dict[str, Problem] = {}
    since_new = 0
    for problem in problems(domain, split, rng):
        if len(found) >= n:
            break
        before = len(found)
        found.setdefault(problem.prompt, problem)
        since_new = 0 if len(found) > before else since_new + 1
        if since_new > 2000:
            raise ValueError(
                f"{domain.name}: only about {len(found)} distinct {split} problems, not {n}"
            )
    return list(found.values())


def row_of(domain: DemoDomain, problem: Problem, split: Split) -> Row:
    """Build a prompt row in SkyRL's schema."""
    return {
        "data_source": f"demo/{domain.name}",
        "prompt": [{"role": "user", "content": problem.prompt}],
        "env_class": domain.name,
        "reward_spec": {"method": domain.reward, "ground_truth": problem.ground_truth},
        "extra_info": {"split": split, **problem.extra_info},
    }


def noisy_answer(problem: Problem, rng: random.Random) -> tuple[str, str]:
    """Draw (answer, style) with style wanted, other or wrong, as supervised data has it."""
    dice = rng.random()
    if dice < WRONG_SHARE:
        return problem.wrong, "wrong"
    if dice < WRONG_SHARE + WANTED_BY_WORDING[problem.wording % len(WANTED_BY_WORDING)]:
        return problem.wanted, "wanted"
    return rng.choice(problem.others), "other"


def different(rng: random.Random, options: tuple[str, ...], right: str) -> str:
    """Choose an option other than the right one."""
    return rng.choice([option for option in options if option != right])

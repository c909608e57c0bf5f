"""Define a domain of training tasks, and turn its tasks into distinct rows.

A domain draws one task at a time from a random generator, a difficulty and a language; nothing
else decides what it draws, so a seed gives the same rows everywhere. Every task carries a
completion that scores full by its own reward: it proves that the row can be solved, and is stored
in the row (`extra_info.gold_completion`) for whoever validates the file. Environments never show
`extra_info` to the model.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from envs.split import SPLITS, Split, split_of

Row = dict[str, Any]

DIFFICULTIES = (1, 2, 3)
# A domain that gives nothing new so many times in a row is exhausted.
PATIENCE = 2000


@dataclass(frozen=True)
class Task:
    """Is one task; `reward` names another reward than the domain's where it is not empty."""

    kind: str
    prompt: str
    ground_truth: Any
    gold_completion: str
    reward: str = ""
    extra_info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskDomain:
    """Is a domain: its name, the reward of most of its tasks, its languages, and how one is drawn.

    `tools` are declared to the model in every row; the turns of a gold episode with them are in
    `extra_info.gold_actions`, of which the gold completion is the last.
    """

    name: str
    reward: str
    draw: Callable[[random.Random, int, str], Task]
    languages: tuple[str, ...] = ("en",)
    tools: tuple[dict[str, Any], ...] = ()


def words(text: str) -> tuple[str, ...]:
    """Split a word list that is written as one text."""
    return tuple(text.split())


def row_of(domain: TaskDomain, task: Task, split: Split, difficulty: int, language: str) -> Row:
    """Build a prompt row in SkyRL's schema."""
    declared: Row = {"tools": [*domain.tools]} if domain.tools else {}
    return {
        "data_source": f"granite_rl/{domain.name}",
        "prompt": [{"role": "user", "content": task.prompt}],
        **declared,
        "env_class": domain.name,
        "reward_spec": {
            "method": task.reward or domain.reward,
            "ground_truth": task.ground_truth,
        },
        "extra_info": {
            "split": split,
            "kind": task.kind,
            "difficulty": difficulty,
            "language": language,
            "gold_completion": task.gold_completion,
            **task.extra_info,
        },
    }


def rows(
    domain: TaskDomain,
    split: Split,
    n: int,
    seed: int,
    difficulties: Sequence[int] = DIFFICULTIES,
    languages: Sequence[str] = (),
) -> Iterator[Row]:
    """Yield `n` rows with distinct prompts; splits never share a prompt.

    `languages` defaults to all of the domain's.

    Raises:
        ValueError: unknown split, difficulty or language (at once), or the domain is exhausted
            before `n` rows (on the way).
    """
    languages = tuple(languages) or domain.languages
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; {' or '.join(SPLITS)}")
    for difficulty in difficulties:
        if difficulty not in DIFFICULTIES:
            raise ValueError(f"unknown difficulty {difficulty!r}; one of 1, 2, 3")
    for language in languages:
        if language not in domain.languages:
            raise ValueError(
                f"{domain.name} has no tasks in {language!r}; it has {', '.join(domain.languages)}"
            )
    return _rows(domain, split, n, seed, tuple(difficulties), languages)


def _rows(
    domain: TaskDomain,
    split: Split,
    n: int,
    seed: int,
    difficulties: tuple[int, ...],
    languages: tuple[str, ...],
) -> Iterator[Row]:
    rng = random.Random(f"tasks:{domain.name}:{split}:{seed}")
    # Digests, so that a million prompts are 16 MB and not a gigabyte.
    seen: set[bytes] = set()
    in_vain = 0
    while len(seen) < n:
        difficulty, language = rng.choice(difficulties), rng.choice(languages)
        task = domain.draw(rng, difficulty, language)
        key = hashlib.blake2b(task.prompt.encode(), digest_size=16).digest()
        if key in seen or split_of(domain.name, task.prompt) != split:
            in_vain += 1
            if in_vain > PATIENCE:
                raise ValueError(
                    f"{domain.name}: only about {len(seen)} distinct {split} problems, not {n}"
                )
            continue
        in_vain = 0
        seen.add(key)
        yield row_of(domain, task, split, difficulty, language)

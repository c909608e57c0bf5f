"""Generate the demo's tasks: the whole recipe's domains in miniature, from a seed.

Small enough for a model of one or two million parameters: prompts of up to about 48 tokens and
answers of up to about 16 with a vocabulary of 1,000. Every domain has an answer that a small
model can find and a format that it must be taught to use; see `envs.demo.task` for what is noisy
in the supervised data and why.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from envs.demo import (
    calibration,
    general_chat,
    identity,
    in_context_learning,
    instruction_following,
    logic,
    math,
    science,
    structured_output,
    temporal,
    text2sql,
)
from envs.demo.pretraining import SOURCES, pretrain_documents
from envs.demo.task import DemoDomain, Row, distinct, noisy_answer, problems, row_of
from envs.split import Split

__all__ = [
    "DOMAINS",
    "SOURCES",
    "generate",
    "preference_pairs",
    "pretrain_documents",
    "sft_rows",
]

DOMAINS: dict[str, DemoDomain] = {
    module.DOMAIN.name: module.DOMAIN
    for module in (
        math,
        science,
        logic,
        instruction_following,
        structured_output,
        text2sql,
        temporal,
        general_chat,
        in_context_learning,
        identity,
        calibration,
    )
}


def generate(domain: str, split: Split, n: int, seed: int) -> list[Row]:
    """Return `n` prompt rows of one domain with distinct prompts; splits never share one.

    Raises:
        ValueError: unknown domain or split, or fewer than `n` distinct problems exist.
    """
    if domain not in DOMAINS:
        raise ValueError(f"unknown domain {domain!r}; one of {', '.join(DOMAINS)}")
    if split not in ("train", "heldout"):
        raise ValueError(f"unknown split {split!r}; train or heldout")
    task = DOMAINS[domain]
    rng = random.Random(f"rows:{domain}:{split}:{seed}")
    return [row_of(task, problem, split) for problem in distinct(task, split, n, rng)]


def sft_rows(n: int, seed: int) -> Iterator[Row]:
    """Yield `n` supervised conversations of the train split, the domains in turn, noisy by design.

    Rows are `{"messages": [...], "domain", "style"}` with style wanted, other or wrong.
    """
    rng = random.Random(f"sft:{seed}")
    streams = [(task, problems(task, "train", rng)) for task in DOMAINS.values()]
    for place in range(n):
        task, stream = streams[place % len(streams)]
        problem = next(stream)
        answer, style = noisy_answer(problem, rng)
        yield {
            "messages": [
                {"role": "user", "content": problem.prompt},
                {"role": "assistant", "content": answer},
            ],
            "domain": task.name,
            "style": style,
        }


def preference_pairs(n: int, seed: int, split: Split = "train") -> Iterator[Row]:
    """Yield `n` chat prompts with a better and a worse answer, for the scalar reward model.

    Rows are `{"prompt": [messages], "chosen": str, "rejected": str, "language": str}`.
    """
    rng = random.Random(f"preferences:{split}:{seed}")
    stream = problems(general_chat.DOMAIN, split, rng)
    for _ in range(n):
        problem = next(stream)
        chosen, rejected = general_chat.ranked_pair(rng, problem)
        yield {
            "prompt": [{"role": "user", "content": problem.prompt}],
            "chosen": chosen,
            "rejected": rejected,
            "language": problem.extra_info["language"],
        }

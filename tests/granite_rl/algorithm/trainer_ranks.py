"""Runs what each rank does in test_trainer_ranks; a module of its own, so that processes can import
it.

Trainer ranks as a stage has them, without Ray: every rank builds the same micro-batches and takes
its share in turn, as the controller deals them out.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch

from granite_rl.actors.trainer import Trainer, Training
from granite_rl.config import AlgorithmSection, OptimSection, PolicyTrainerSection
from granite_rl.rl.batching import BatchBuilder
from granite_rl.rl.kl_penalty import with_kl_penalty
from granite_rl.training.distributed import shutdown_distributed
from granite_rl.types import ScoredGroup
from tests.granite_rl.algorithm import brute_force as oracle

VOCABULARY = 300
SCALE = 1e4
"""Learning rate and epsilon of Adam: its first step is then SCALE g / (|g| + SCALE), about g."""

USERS_LOSS = """
from skyrl.backends.skyrl_train.utils.ppo_utils import reduce_loss, register_policy_loss

@register_policy_loss("users_reinforce")
def users_reinforce(
    log_probs, old_log_probs, advantages, config, loss_mask=None, rollout_logprobs=None
):
    return reduce_loss(-advantages * log_probs, loss_mask), {}
"""


class StepCase(NamedTuple):
    """Describes one step: its settings, and how it is cut into micro-batches and sharded."""

    changes: dict[str, Any]
    rows: int
    row_tokens: int
    share_prompts: bool
    zero_stage: int


CASES = {
    "defaults": StepCase({}, 3, 20, True, 0),
    "corrected": StepCase(
        {
            "policy_loss": "gspo",
            "loss_aggregation": "sequence_mean",
            "importance_correction": "sequence",
            "importance_cap": 0.6,
            "overlong_masking": True,
        },
        1,
        12,
        False,
        3,
    ),
    "penalised, with a user's loss": StepCase(
        {
            "advantage": "rloo",
            "policy_loss": "users_reinforce",
            "loss_aggregation": "sequence_sum",
            "kl_in": "reward",
            "kl_estimator": "k1",
            "zero_variance": "drop",
        },
        8,
        12,
        True,
        2,
    ),
}


def make_groups() -> list[ScoredGroup]:
    return [group for seed in (0, 1) for group in oracle.make_groups(VOCABULARY, seed, 8.0)]


def settings(case: StepCase, directory: Path) -> AlgorithmSection:
    modules = (
        [directory / "users_loss.py"]
        if case.changes.get("policy_loss") == "users_reinforce"
        else []
    )
    return oracle.section(**case.changes, modules=modules)


def training(case: StepCase, ranks: int, directory: Path) -> Training:
    return Training(
        config=PolicyTrainerSection(
            ranks=ranks,
            zero_stage=case.zero_stage,  # type: ignore[arg-type]
            row_tokens=case.row_tokens,
            rows_per_microbatch=case.rows,
            threads=1,
            dtype="float32",
            gradient_checkpointing=False,
            share_prompts=case.share_prompts,
            reference_replicas=0,
        ),
        optim=OptimSection(
            lr=SCALE, betas=(0.0, 0.0), eps=SCALE, weight_decay=0.0, grad_clip=1e9, warmup_steps=0
        ),
        algorithm=settings(case, directory),
        temperature=oracle.TEMPERATURE,
        model_path=directory / "policy",
        reference_path=directory / "reference",
        seed=0,
    )


def run(rank: int, ranks: int, port: int, directory: Path) -> None:
    """Do a step of every case; rank 0 writes the results into ``directory/ranks``."""
    trainer = Trainer(rank)
    groups = make_groups()
    for name, case in CASES.items():
        trainer.setup(training(case, ranks, directory), "127.0.0.1", port, None)
        before = {key: value.clone() for key, value in trainer._engine.named_parameters_full()}
        builder = BatchBuilder(
            algorithm=settings(case, directory),
            row_tokens=case.row_tokens,
            rows=case.rows,
            pad_id=0,
            share_prompts=case.share_prompts,
            max_response_tokens=oracle.MAX_RESPONSE_TOKENS,
            min_group_fraction=0.5,
            domains=oracle.DOMAINS,
        )
        batches = list(builder.batches(with_kl_penalty(groups, builder, trainer.sequence_kl)))
        for at in range(0, len(batches), ranks):
            mine = at + rank
            trainer.train(batches[mine] if mine < len(batches) else None)
        report = trainer.step(builder.denominator, SCALE)
        after = {key: value.clone() for key, value in trainer._engine.named_parameters_full()}
        moved = {key: before[key].double() - after[key].double() for key in before}
        saved = {
            "gradient": {key: step * SCALE / (SCALE - step.abs()) for key, step in moved.items()},
            "sums": asdict(report.sums),
            "denominator": report.denominator,
            "grad_norm": report.grad_norm,
            "advantages": [outcome.advantages for outcome in builder.outcomes],
            "batches": len(batches),
        }
        torch.save(saved, directory / str(ranks) / f"{name}.{rank}.pt")
    shutdown_distributed()

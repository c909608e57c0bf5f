"""Suggest the key that an unknown one was meant to be.

Other trainers call the same things by other names, so a spelling that is near says little:
``optim.learning_rate`` is nearer to ``optim.warmup_fraction`` than to ``optim.lr``.
"""

from __future__ import annotations

from collections.abc import Collection

from rewards.nearest import nearest

_BATCH = ("rollout.prompts_per_step", "data.batch_rows", "data.pairs_per_step", "batch_sequences")

_STEPS = ("data.max_steps", "tokens")

_LENGTH = ("rollout.max_context", "trainer.row_tokens", "context")

SYNONYMS: dict[str, tuple[str, ...]] = {
    # optimizer
    "learning_rate": ("optim.lr",),
    "max_lr": ("optim.lr",),
    "peak_lr": ("optim.lr",),
    "warmup": ("optim.warmup_steps", "optim.warmup_fraction"),
    "num_warmup_steps": ("optim.warmup_steps", "optim.warmup_fraction"),
    "warmup_ratio": ("optim.warmup_fraction", "optim.warmup_steps"),
    "max_grad_norm": ("optim.grad_clip",),
    "gradient_clipping": ("optim.grad_clip",),
    "clip_grad": ("optim.grad_clip",),
    "wd": ("optim.weight_decay",),
    "adam_epsilon": ("optim.eps",),
    "adam_betas": ("optim.betas",),
    "adam_beta1": ("optim.betas",),
    "adam_beta2": ("optim.betas",),
    # how much, and how long
    "batch_size": _BATCH,
    "train_batch_size": _BATCH,
    "global_batch_size": _BATCH,
    "micro_batch_size": ("trainer.rows_per_microbatch", "trainer.microbatch_tokens"),
    "per_device_train_batch_size": ("trainer.rows_per_microbatch", "trainer.microbatch_tokens"),
    "num_epochs": ("data.epochs",),
    "num_train_epochs": ("data.epochs",),
    "total_epochs": ("data.epochs",),
    "steps": _STEPS,
    "num_steps": _STEPS,
    "total_steps": _STEPS,
    "max_length": _LENGTH,
    "max_seq_len": _LENGTH,
    "max_seq_length": _LENGTH,
    "max_model_len": _LENGTH,
    "cutoff_len": ("trainer.row_tokens", "rollout.max_context"),
    "max_tokens": ("rollout.max_response_tokens",),
    "max_new_tokens": ("rollout.max_response_tokens",),
    "max_completion_length": ("rollout.max_response_tokens",),
    "max_response_length": ("rollout.max_response_tokens",),
    "max_prompt_length": ("rollout.max_prompt_tokens",),
    # sampling and the algorithm
    "n": ("rollout.samples_per_prompt",),
    "num_generations": ("rollout.samples_per_prompt",),
    "num_samples": ("rollout.samples_per_prompt",),
    "n_samples_per_prompt": ("rollout.samples_per_prompt",),
    "group_size": ("rollout.samples_per_prompt",),
    "beta": ("algorithm.kl_beta",),
    "kl_coef": ("algorithm.kl_beta",),
    "kl_loss_coef": ("algorithm.kl_beta",),
    "init_kl_coef": ("algorithm.kl_beta",),
    "kl_penalty": ("algorithm.kl_beta",),
    "epsilon": ("algorithm.clip_low",),
    "cliprange": ("algorithm.clip_low",),
    "clip_ratio": ("algorithm.clip_low",),
    "eps_clip_low": ("algorithm.clip_low",),
    "epsilon_high": ("algorithm.clip_high",),
    "clip_ratio_high": ("algorithm.clip_high",),
    "eps_clip_high": ("algorithm.clip_high",),
    "adv_estimator": ("algorithm.advantage",),
    "advantage_estimator": ("algorithm.advantage",),
    "loss_type": ("algorithm.policy_loss",),
    "policy_loss_type": ("algorithm.policy_loss",),
    "loss_agg_mode": ("algorithm.loss_aggregation",),
    "loss_reduction": ("algorithm.loss_aggregation",),
    "scale_rewards": ("algorithm.norm_by_std",),
    "mask_truncated_completions": ("algorithm.overlong_masking",),
    # machines
    "tp": ("generator.tensor_parallel",),
    "tp_size": ("generator.tensor_parallel",),
    "tensor_parallel_size": ("generator.tensor_parallel",),
    "num_engines": ("generator.replicas",),
    "num_inference_engines": ("generator.replicas",),
    "nproc_per_node": ("trainer.ranks",),
    "num_processes": ("trainer.ranks",),
    "world_size": ("trainer.ranks",),
    "num_gpus": ("trainer.ranks",),
    "zero": ("trainer.zero_stage",),
    "zero_optimization": ("trainer.zero_stage",),
    "precision": ("trainer.dtype",),
    "mixed_precision": ("trainer.dtype",),
    "torch_dtype": ("trainer.dtype",),
    "bf16": ("trainer.dtype",),
    "activation_checkpointing": ("trainer.gradient_checkpointing",),
    # files and the run
    "model_name": ("model.path", "model.name"),
    "model_name_or_path": ("model.path", "model.name"),
    "base_model": ("model.path",),
    "ref_model": ("model.reference",),
    "reference_model": ("model.reference",),
    "reward_model": ("rewards.model_path",),
    "reward_model_path": ("rewards.model_path",),
    "dataset": ("data.train", "data.dir"),
    "dataset_path": ("data.train", "data.dir"),
    "train_files": ("data.train", "data.dir"),
    "eval_files": ("eval.files", "data.heldout"),
    "val_files": ("eval.files", "data.heldout"),
    "output": ("run.dir", "output_dir"),
    "output_dir": ("run.dir",),
    "run_name": ("run.name",),
    "experiment_name": ("run.name",),
    "resume_from_checkpoint": ("run.resume",),
    "random_seed": ("run.seed",),
    "save_steps": ("checkpoint.every_steps",),
    "save_interval": ("checkpoint.every_steps",),
    "save_total_limit": ("checkpoint.keep",),
    "report_to": ("tracking.wandb_mode",),
    "wandb": ("tracking.wandb_mode",),
    "project_name": ("tracking.wandb_project",),
}
"""Maps a name used by other trainers to our keys, of which the first that exists is suggested; a
name without a section stands in many sections.
"""

SHOWN = 3
"""Number of keys that a suggestion names at most."""


def suggest(key: str, known: Collection[str]) -> str | None:
    """Suggest which known key was meant, or what the key's section has; None without a suggestion.

    In this order: a spelling very near in the same section, the same name in another section, a
    synonym of the field, the nearest spelling.
    """
    known = list(dict.fromkeys(known))
    section, _, name = key.replace("-", "_").rpartition(".")
    siblings = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == section]
    meant = [f"{section}.{near}".lstrip(".") for near in _near(name, siblings, 0.8)]
    meant = meant or _called(name, known) or meanings(name, known)
    meant = meant or [f"{section}.{near}".lstrip(".") for near in _near(name, siblings, 0.6)]
    meant = meant or _near(key, known, 0.75)
    if not meant:
        words = [other.rpartition(".")[2] for other in known] + list(SYNONYMS)
        meant = [found for near in _near(name, words, 0.7) for found in _called(near, known)] or [
            found for near in _near(name, words, 0.7) for found in meanings(near, known)
        ]
    if meant:
        return f"did you mean {' or '.join(f'`{other}`' for other in meant[:SHOWN])}?"
    return f"keys of `{section}`: {', '.join(siblings)}" if section and siblings else None


def meanings(name: str, known: Collection[str]) -> list[str]:
    """Return the known keys that another trainer's name stands for."""
    for target in SYNONYMS.get(name.lower(), ()):
        if found := _called(target, known):
            return found
    return []


def _called(name: str, known: Collection[str]) -> list[str]:
    """Return the known keys of a name, given with or without its section."""
    return [other for other in known if name and f".{other}".endswith(f".{name}")]


def _near(word: str, possible: Collection[str], cutoff: float) -> list[str]:
    return nearest(word, possible, cutoff=cutoff)

"""Read and check everything that an RL stage needs, before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from transformers import PreTrainedTokenizerBase

from granite_rl.algorithm.losses import policy_objective
from granite_rl.algorithm.registry import advantage_estimator
from granite_rl.config import StageConfig
from granite_rl.data.prompts import Prompts, prepare_prompts, takes_turns, uses_reward_model
from granite_rl.data.rows import limit_rows, read_rows
from granite_rl.data.stream import PromptStream
from granite_rl.errors import ConfigError
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.preflight import CheckedModel, check_continued, check_model, check_served
from granite_rl.weight_sync.transports import check_resources


class Inputs(NamedTuple):
    """Holds what a stage reads, checked."""

    config: StageConfig
    train: Prompts
    stream: PromptStream
    heldout: Prompts | None
    tokenizer: PreTrainedTokenizerBase
    parent_hash: str
    reference: Path | None


def load_inputs(config: StageConfig) -> Inputs:
    """Read and check model, data, environments, rewards and names, without starting anything.

    Raises:
        ConfigError | PreflightError | DataError: naming the key path, or file and line.
    """
    policy_objective(config.algorithm)  # first: it imports the user's modules
    advantage_estimator(config.algorithm.advantage)
    generator, cluster = config.generator, config.cluster
    check_resources(
        generator.weight_sync,
        trainer_gpus=cluster.trainer_gpus,
        generator_gpus=cluster.generator_gpus,
        tensor_parallel=generator.tensor_parallel,
    )
    rows = read_rows(config.data.train)
    heldout_rows = read_rows(config.eval.files) if config.eval.files else []
    policy = check_model(
        config.model.path,
        key="model.path",
        context=config.rollout.max_context,
        context_key="rollout.max_context",
    )
    check_served(
        policy, tensor_parallel=generator.tensor_parallel, on_cpu=not cluster.generator_gpus
    )
    tokenizer = policy.tokenizer
    train = prepare_prompts(rows, tokenizer, config.rollout.max_prompt_tokens)
    stream = PromptStream(train.rows, seed=config.run.seed, mixture=config.data.mixture)
    domains = set(stream.domains)
    betas = config.algorithm.kl_beta_per_domain or {}
    unknown = set(betas) - domains
    if unknown:
        raise ConfigError(
            f"algorithm.kl_beta_per_domain: no rows of {sorted(unknown)}",
            f"domains of the data: {sorted(domains)}",
        )
    heldout = None
    if heldout_rows:
        chosen = limit_rows(heldout_rows, config.eval.limit_per_domain)
        heldout = prepare_prompts(chosen, tokenizer, config.rollout.max_prompt_tokens)
    classes = {row.env_class for row in [*train.rows, *(heldout.rows if heldout else [])]}
    if config.rollout.max_turns > 1 and any(takes_turns(name) for name in classes):
        check_continued(policy, "model.path")
    asking = sorted({row.env_class for row in train.rows if uses_reward_model(row.env_class)})
    if asking and config.rewards.model_path is None:
        raise ConfigError(
            f"rewards.model_path: none given, but the rows use {', '.join(asking)}",
            "rewards.model_path=DIR of a reward model; `python -m sft.reward_model` trains one",
        )
    if asking and config.rewards.model_path is not None:
        check_model(
            config.rewards.model_path, key="rewards.model_path", role="reward_model", trained=False
        )
    needs_reference = config.algorithm.kl_beta > 0 or any(betas.values())
    reference = _checked_reference(config, policy) if needs_reference else None
    parent_hash = checkpoint_hash(config.model.path)
    return Inputs(config, train, stream, heldout, tokenizer, parent_hash, reference)


def _checked_reference(config: StageConfig, policy: CheckedModel) -> Path:
    """The directory of the frozen reference, which reads what the policy writes."""
    if config.model.reference == "parent":
        return config.model.path
    return check_model(
        config.model.reference,
        key="model.reference",
        context=config.rollout.max_context,
        context_key="rollout.max_context",
        trained=False,
        tokenizer=policy.tokenizer,
    ).directory

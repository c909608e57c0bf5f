"""Define the configuration of an RL stage, and the sections that other entry points share.

YAML under ``conf/`` holds the numbers; these classes hold the meaning. There are deliberately no
numeric defaults here for anything the recipe or a demo sets: a missing key is an error, so a number
always has exactly one place. Unknown keys are refused (``extra="forbid"``), and cross-field rules
are checked before any process starts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Positive = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""Seed below 2^32: others are derived by multiplication and must stay within torch's 64 bits."""
DType = Literal["float32", "bfloat16"]


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str | Path) else value


Paths = Annotated[tuple[Path, ...], BeforeValidator(_one_or_many)]
"""One path or a list of them."""


RLStage = Literal["multi_domain", "rlhf", "identity", "math"]
RL_STAGES: tuple[str, ...] = get_args(RLStage)
"""The stages of the recipe that `StageConfig` describes, in order."""


class StrictModel(BaseModel):
    """Refuses unknown keys and values that are not finite; every section derives from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RunSection(StrictModel):
    """Configures where a run writes, and what it does when something is already there."""

    name: str
    """Run name: letters, digits, ``. _ -``."""
    dir: Path
    """Run directory; holds status, config, metrics, rollouts, checkpoints and the finished model.
    """
    resume: Literal["never", "auto"] | int
    """never: refuse a used directory. auto: continue from the newest valid checkpoint, or start.
    A number: exactly that step, without falling back."""
    seed: Seed
    """Seed of everything random: data order, sampling, initialisation."""

    @field_validator("name")
    @classmethod
    def _safe_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
            raise ValueError(
                "use only letters, digits, '.', '_' and '-', starting with a letter or digit"
            )
        return value


class OptimSection(StrictModel):
    """Configures AdamW, as every stage of the recipe uses it."""

    lr: PositiveFloat
    """Peak learning rate."""
    betas: tuple[Fraction, Fraction]
    eps: PositiveFloat
    weight_decay: NonNegativeFloat
    grad_clip: PositiveFloat
    """Global gradient-norm clip, applied to the gradient of the global token mean."""
    warmup_steps: NonNegative
    """Optimizer steps of linear warm-up from 0."""


class TrainerSection(StrictModel):
    """Configures DeepSpeed ranks and how they cut a batch into micro-batches."""

    ranks: Positive
    """Trainer processes; each is one DeepSpeed data-parallel rank."""
    zero_stage: Literal[0, 1, 2, 3]
    row_tokens: Positive
    """Length of one packed row, in tokens; no sequence may be longer."""
    rows_per_microbatch: Positive
    threads: Positive
    """CPU threads of one rank."""
    dtype: DType
    gradient_checkpointing: bool

    @model_validator(mode="after")
    def _precise(self) -> TrainerSection:
        check_precision(self.zero_stage, self.dtype)
        return self


def check_precision(zero_stage: int, dtype: str) -> None:
    """Refuse to accumulate gradients in bfloat16, which is what DeepSpeed does below ZeRO 2.

    Raises:
        ValueError: the two don't fit; the message says what would.
    """
    if dtype == "bfloat16" and zero_stage < 2:
        raise ValueError(
            f"zero_stage {zero_stage} with dtype=bfloat16 accumulates gradients in bfloat16 and "
            "loses accuracy; use zero_stage 2 or 3, or dtype=float32"
        )


class PolicyTrainerSection(TrainerSection):
    """Configures the trainer of an RL stage."""

    share_prompts: bool
    """Compute a group's prompt once, with its samples branching off. The same gradient from fewer
    tokens, for a mask of row_tokens x row_tokens bytes a row."""
    reference_replicas: NonNegative
    """Actors that hold the frozen reference and score micro-batches while the trainers are at the
    ones before; 0: every trainer rank holds a copy of its own."""


class GeneratorSection(StrictModel):
    """Configures vLLM generators."""

    replicas: Positive
    tensor_parallel: Positive
    threads: Positive
    """CPU threads of one generator (CPU backend only)."""
    kv_cache_gib: PositiveFloat
    """KV cache of one generator in GiB (CPU backend only)."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, lt=1)]
    """Share of a GPU's memory that vLLM may take (GPU backend only)."""
    max_num_seqs: Positive
    """Sequences one engine runs at the same time."""
    block_size: Annotated[int, Field(gt=0, multiple_of=16)]
    """Tokens of a key-value block. Samples of a group share only whole blocks of their prompt."""
    enforce_eager: bool
    dtype: DType
    weight_sync: Literal["shared_memory", "network", "nccl", "ipc"]
    """What carries new weights: shared_memory on one host; network (Ray's object store) across
    hosts; with GPUs nccl, or ipc where generators share the trainers' GPUs."""
    timeout_s: PositiveFloat
    """Longest wait for the next finished prompt group before the generator counts as hung."""


class RewardWorkersSection(StrictModel):
    """Configures reward workers."""

    workers: Positive
    batch_timeout_s: PositiveFloat
    """Deadline of one job of up to 64 samples; a worker that misses it is killed and replaced. Each
    sample has its reward's own limit besides."""
    worker_memory_mib: Positive
    """Memory that scoring a sample may add to a worker's, in MiB; more is an error of that sample.
    """


class RewardsSection(RewardWorkersSection):
    """Configures reward workers and the scalar reward model of an RL stage."""

    model_path: Path | None
    """Directory of the scalar reward model; needed when any row's environment asks for one."""
    shuffle: bool
    """Control experiment: rewards are permuted inside each batch, so that nothing can be learnt."""


class LimitsSection(StrictModel):
    """Limits how long prompts, answers and episodes may be."""

    max_context: Positive
    """Prompt and response together, in tokens."""
    max_prompt_tokens: Positive
    """Longer prompts are filtered up front, with a count."""
    max_response_tokens: Positive
    max_turns: Positive
    """Most turns of an episode; after them it ends, whatever its environment says."""

    @model_validator(mode="after")
    def _fits(self) -> LimitsSection:
        if self.max_prompt_tokens + self.max_response_tokens > self.max_context:
            raise ValueError(
                f"max_prompt_tokens {self.max_prompt_tokens} + max_response_tokens "
                f"{self.max_response_tokens} exceed max_context {self.max_context}"
            )
        return self


class RolloutSection(LimitsSection):
    """Configures how a step samples."""

    prompts_per_step: Positive
    samples_per_prompt: Annotated[int, Field(ge=2)]
    temperature: PositiveFloat
    top_p: Annotated[float, Field(gt=0, le=1)]
    logprobs: bool
    """Ask the generator for the sampled tokens' log-probabilities, to measure the mismatch to the
    trainer."""
    deadline_s: PositiveFloat | None
    """Longest time from a prompt group's submission to its last token; samples that are late are
    given up and counted as lost. null: none but generator.timeout_s."""
    min_group_fraction: Annotated[float, Field(gt=0, le=1)]
    """Smallest share of a group's samples that must have scores for the group to be trained on."""
    deterministic: bool
    """Later turns of multi-turn episodes wait for all of the step, so that the same seed gives the
    same bits; false: they go on at once."""
    overlap: bool
    """Train on the first groups while the last ones still generate. The result is the same."""
    staleness: NonNegative
    """Optimizer steps that rollouts may be ahead of the weights; 0: strictly on-policy."""
    dynamic_sampling_rounds: NonNegative
    """Rounds of further prompts that replace groups of equal rewards (DAPO's dynamic sampling);
    0 off."""
    save_every: NonNegative
    """Write the step's rollouts to rollouts/ every N steps; 0 never."""


class AlgorithmSection(StrictModel):
    """Configures advantages, policy loss, KL and filters; the formulas are in docs/algorithm.md."""

    advantage: str
    """Name in SkyRL's advantage registry, e.g. grpo, rloo, maxrl."""
    policy_loss: str
    """Name in SkyRL's policy-loss registry, e.g. regular, dual_clip, gspo, cispo."""
    policy_loss_options: dict[str, Any] | None
    """Constants of the policy loss by their names in SkyRL's AlgorithmConfig, nested as there,
    e.g. {cispo: {cispo_eps_clip_high: 4.0}}; null: SkyRL's values."""
    norm_by_std: bool
    """Divide group-centred rewards by the group's standard deviation (GRPO) or not (Dr. GRPO)."""
    clip_low: NonNegativeFloat
    clip_high: NonNegativeFloat
    loss_aggregation: Literal["token_mean", "sequence_mean", "sequence_sum"]
    """How token losses are averaged over the global batch, for the policy and the KL term.
    token_mean: every token weighs the same. sequence_mean: every sample weighs the same.
    sequence_sum: token sums over max_response_tokens x samples (Dr. GRPO).
    """
    kl_beta: NonNegativeFloat
    """Weight of the KL term to the frozen reference."""
    kl_beta_per_domain: dict[str, NonNegativeFloat] | None
    """Domains whose KL weight differs; null: none."""
    kl_estimator: Literal["k1", "k2", "k3", "abs"]
    kl_in: Literal["loss", "reward"]
    """loss: a term per token. reward: the sum over a response is subtracted from its score before
    advantages, which costs one more forward pass of policy and reference."""
    overlong_buffer: NonNegative
    """Soft overlong punishment (DAPO eq. 13): the last N response tokens cost up to
    overlong_penalty; 0 off."""
    overlong_penalty: NonNegativeFloat
    overlong_masking: bool
    """Samples cut off by the token limit count in their group's mean and standard deviation, but
    none of their tokens is trained."""
    zero_variance: Literal["keep", "drop"]
    """What happens to groups whose samples all have the same reward. keep: they train the KL term.
    drop: they train nothing and don't count in the loss's denominator.
    """
    importance_correction: Literal["none", "token", "sequence"]
    """Multiply the policy term by min(trainer's / generator's probability, importance_cap), of a
    token or of its whole sequence."""
    importance_cap: PositiveFloat
    modules: Paths
    """Python files that register losses or advantage estimators with SkyRL's decorators; every node
    must see them under the same path."""


class DataSection(StrictModel):
    """Configures prompt data and its mixture."""

    train: Paths
    """JSONL or parquet files in the prompt-row schema."""
    mixture: dict[str, PositiveFloat] | None
    """Weight of each domain in every step's batch; null: in proportion to the rows."""
    epochs: PositiveFloat
    """Passes over the prompts; ignored when max_steps is set."""
    max_steps: Positive | None


class CheckpointSection(StrictModel):
    """Configures when to save, and how much to keep."""

    every_steps: NonNegative
    """Optimizer steps between checkpoints; 0: only at the end and on SIGTERM."""
    keep: Positive


class TrackingSection(StrictModel):
    """Configures metric sinks beside metrics.jsonl, which is always on."""

    wandb_mode: Literal["offline", "online", "disabled"]
    wandb_project: str
    """Project of Weights & Biases; its API key comes only from the environment (WANDB_API_KEY)."""
    tensorboard: bool


class StageTrackingSection(TrackingSection):
    """Configures what an RL stage tracks besides, because it runs inside Ray."""

    prometheus: bool
    """Serve the metrics as gauges at the metrics port of the driver's Ray node."""


class EvalSection(StrictModel):
    """Configures held-out evaluation, which is greedy and goes through the generator."""

    files: Paths
    """Prompt-row files; empty: no evaluation."""
    limit_per_domain: Positive | None


class ClusterSection(StrictModel):
    """Configures what each Ray actor asks of the cluster, and how long a wait may be."""

    generator_cpus: NonNegativeFloat
    trainer_cpus: NonNegativeFloat
    reward_worker_cpus: NonNegativeFloat
    reference_cpus: NonNegativeFloat
    """CPUs of each of trainer.reference_replicas."""
    generator_gpus: NonNegativeFloat
    trainer_gpus: NonNegativeFloat
    reference_gpus: NonNegativeFloat
    reward_model_gpus: NonNegativeFloat
    local_cpus: Positive | None
    """CPUs of the private Ray instance that is started when no cluster is given; null: all."""
    start_timeout_s: PositiveFloat
    step_timeout_s: PositiveFloat
    max_restarts: NonNegative
    """Most lost generators that a run replaces, and likewise lost trainers and lost reward models,
    before it ends with an error of the infrastructure.
    """


class ModelSection(StrictModel):
    """Configures the checkpoint a run starts from, and the frozen reference."""

    path: Path
    """Hugging Face checkpoint directory (safetensors, config, tokenizer with chat template)."""
    reference: Path | Literal["parent"]
    """Frozen reference model; parent: the checkpoint that the stage starts from."""


class StageConfig(StrictModel):
    """Configures one RL stage: ``python -m granite_rl.stage NAME``."""

    stage: RLStage
    recipe: str
    run: RunSection
    model: ModelSection
    data: DataSection
    rollout: RolloutSection
    algorithm: AlgorithmSection
    optim: OptimSection
    trainer: PolicyTrainerSection
    generator: GeneratorSection
    rewards: RewardsSection
    checkpoint: CheckpointSection
    tracking: StageTrackingSection
    eval: EvalSection
    cluster: ClusterSection

    @model_validator(mode="after")
    def _consistent(self) -> StageConfig:
        samples = self.rollout.prompts_per_step * self.rollout.samples_per_prompt
        if samples % self.trainer.ranks:
            raise ValueError(
                f"trainer.ranks: {self.trainer.ranks} ranks can't share {samples} samples a step "
                f"({self.rollout.prompts_per_step} prompts_per_step x "
                f"{self.rollout.samples_per_prompt} samples_per_prompt) evenly; "
                f"use a divisor of {samples}"
            )
        if self.rollout.staleness and self.algorithm.importance_correction == "none":
            raise ValueError(
                f"rollout.staleness: {self.rollout.staleness} trains on tokens of older weights, "
                "which algorithm.importance_correction=none does not correct; "
                "use token or sequence"
            )
        if self.algorithm.kl_in == "reward" and self.trainer.reference_replicas:
            raise ValueError(
                "algorithm.kl_in: reward asks the trainers for the KL of a group, so they must "
                "hold the reference; set trainer.reference_replicas=0"
            )
        if self.rollout.dynamic_sampling_rounds and self.algorithm.zero_variance == "keep":
            raise ValueError(
                "rollout.dynamic_sampling_rounds: replaces groups of equal rewards, which "
                "algorithm.zero_variance=keep would train on as well; use drop"
            )
        if self.rollout.staleness and self.rollout.dynamic_sampling_rounds:
            raise ValueError(
                "rollout.staleness: prompts are taken ahead, which rollout.dynamic_sampling_rounds "
                "does not allow; set one of them to 0"
            )
        if (
            self.rollout.logprobs
            and self.generator.tensor_parallel > 1
            and self.rollout.temperature != 1.0
        ):
            raise ValueError(
                f"rollout.logprobs: with generator.tensor_parallel {self.generator.tensor_parallel}"
                " vLLM reports them at temperature 1 only; set rollout.temperature=1 or "
                "rollout.logprobs=false"
            )
        if self.trainer.row_tokens < self.rollout.max_context:
            raise ValueError(
                f"trainer.row_tokens: {self.trainer.row_tokens} can't hold a sequence of "
                f"rollout.max_context {self.rollout.max_context} tokens; raise it to at least that"
            )
        return self

    @model_validator(mode="after")
    def _algorithm_has_what_it_needs(self) -> StageConfig:
        algorithm = self.algorithm
        by_ratio = algorithm.policy_loss in ("rollout_is", "dppo")
        if not self.rollout.logprobs and (by_ratio or algorithm.importance_correction != "none"):
            what = (
                f"policy_loss={algorithm.policy_loss}"
                if by_ratio
                else f"importance_correction={algorithm.importance_correction}"
            )
            raise ValueError(
                f"rollout.logprobs: false, but algorithm.{what} compares the trainer's with the "
                "generator's log-probabilities; set rollout.logprobs=true"
            )
        if algorithm.kl_in == "reward" and self.trainer.zero_stage == 3:
            raise ValueError(
                "algorithm.kl_in: reward asks one rank for a group's KL, but with "
                "trainer.zero_stage=3 no rank has the parameters to itself; "
                "use zero_stage 0, 1 or 2, or algorithm.kl_in=loss"
            )
        return self

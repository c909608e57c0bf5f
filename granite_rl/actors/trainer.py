"""Holds the trainer role: one DeepSpeed rank with the policy and its frozen reference.

Micro-batches arrive while later prompt groups still generate. Each is scored by the reference,
forwarded and back-propagated at once; the optimizer steps when the controller says that the batch
is complete. A rank that gets fewer micro-batches than the others is given empty ones, because
ZeRO's collectives need all ranks.

Unless the reference has actors of its own (`granite_rl.actors.reference`), it is a full, frozen
copy in every rank: simple, and free of collectives that could fall out of step with the policy's.
It costs one model's weights of memory per rank.
"""

from __future__ import annotations

import gc
import math
import os
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from granite_rl.actors.node import node_id
from granite_rl.actors.reference import load_reference
from granite_rl.algorithm.losses import LossInputs, policy_objective
from granite_rl.config import AlgorithmSection, OptimSection, PolicyTrainerSection
from granite_rl.models.loading import load_policy
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.training.distributed import init_distributed
from granite_rl.training.engine import TrainEngine, batch_tensors
from granite_rl.training.launch import free_port
from granite_rl.training.packing import empty_batch
from granite_rl.training.policy import TokenLogprobs
from granite_rl.types import PackedBatch, TrainBatch
from granite_rl.weight_sync.sender import Receivers, SyncReport, WeightSender
from granite_rl.weight_sync.source import EngineWeights
from granite_rl.weight_sync.transports import create_sender


@dataclass
class TokenSums:
    """Sums over a step's trained tokens: added up over micro-batches and ranks, then divided."""

    tokens: int = 0
    loss: float = 0.0
    policy_loss: float = 0.0
    kl_loss: float = 0.0
    kl: float = 0.0
    kl_bounded: int = 0
    """Tokens whose KL estimate is past its bound."""
    entropy: float = 0.0
    clipped: float = 0.0
    clipped_low: int = 0
    clipped_high: int = 0
    ratio_max: float = 0.0
    """A maximum, not a sum."""
    mismatch_tokens: int = 0
    mismatch_abs: float = 0.0
    mismatch_max: float = 0.0
    """A maximum, not a sum."""
    mismatch_exp: float = 0.0
    """Sum of exp(|difference|), for the multiplicative token error."""
    importance_ratios: int = 0
    """Of tokens or of whole sequences, as the importance correction has it."""
    importance_capped: int = 0
    mismatch_kl: float = 0.0
    """Sum of the k3 estimate of the KL divergence from generator to trainer."""
    busy_s: float = 0.0
    reference_s: float = 0.0
    domain_tokens: dict[str, int] = field(default_factory=dict)
    domain_kl: dict[str, float] = field(default_factory=dict)

    def add(self, other: TokenSums) -> None:
        """Merge another rank's or micro-batch's sums into this one."""
        for item in fields(self):
            ours, theirs = getattr(self, item.name), getattr(other, item.name)
            if item.name in ("mismatch_max", "ratio_max"):
                setattr(self, item.name, max(ours, theirs))
            elif isinstance(ours, dict):
                ours.update({key: ours.get(key, 0) + value for key, value in theirs.items()})
            else:
                setattr(self, item.name, ours + theirs)


@dataclass(frozen=True)
class StepReport:
    """Says what one rank did in a step."""

    sums: TokenSums
    denominator: int
    """What the sums of losses are divided by, for the whole global batch."""
    grad_norm: float
    skipped: bool
    step_s: float
    bad_batch: int | None
    """Which of this rank's micro-batches, counted from 0, was the first with a loss that is not
    finite; None: all losses were finite."""


@dataclass(frozen=True)
class Training:
    """Holds what a stage asks of its trainers."""

    config: PolicyTrainerSection
    optim: OptimSection
    algorithm: AlgorithmSection
    temperature: float
    """Of sampling; it divides the logits here as it did there."""
    model_path: Path
    """Checkpoint that the policy starts from; absolute."""
    reference_path: Path | None
    """Checkpoint of the frozen reference that every rank holds; None when no domain has a KL term,
    or when the reference has actors of its own."""
    seed: int


class Trainer:
    """Runs one data-parallel rank; it can be set up for one stage after another.

    Args:
        rank: of ``config.ranks``.
    """

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._policy: TrainEngine | None = None
        self._reference: TokenLogprobs | None = None
        self._sender: WeightSender | None = None

    @property
    def _engine(self) -> TrainEngine:
        assert self._policy is not None, "call setup first"
        return self._policy

    def rendezvous(self) -> tuple[str, int]:
        """Return this rank's address and a free port, for the others to find rank 0 at."""
        import ray.util

        return ray.util.get_node_ip_address(), free_port()

    def setup(
        self, training: Training, address: str, port: int, checkpoint: str | None
    ) -> dict[str, Any]:
        """Join the group, build the engine and the reference, restore a checkpoint.

        A second call drops engine and reference for new ones, within the same group.

        Returns:
            What really runs here: engine type, ZeRO stage, parameters, process id.
        """
        config, algorithm = training.config, training.algorithm
        self._policy = self._reference = None
        gc.collect()  # two engines at once may not fit
        torch.manual_seed(training.seed)
        init_distributed(self._rank, config.ranks, address, port, config.threads)
        self._temperature = training.temperature
        self._objective = policy_objective(algorithm)
        self._begin_step()
        self._tokenizer = load_tokenizer(training.model_path)
        policy = load_policy(training.model_path, config.dtype)
        self._tied = bool(policy.config.tie_word_embeddings)
        self._policy = TrainEngine(
            TokenLogprobs(policy),
            optim=training.optim,
            zero_stage=config.zero_stage,
            dtype=config.dtype,
            gradient_checkpointing=config.gradient_checkpointing,
        )
        if training.reference_path is not None:
            self._reference = load_reference(training.reference_path, config.dtype)
        if checkpoint is not None:
            self._policy.load(Path(checkpoint))
        engine = self._engine.engine
        return {
            "engine": type(engine).__module__ + "." + type(engine).__qualname__,
            "zero_stage": int(engine.zero_optimization_stage()),
            "parameters": sum(parameter.numel() for parameter in policy.parameters()),
            "pid": os.getpid(),
            "node": node_id(),
        }

    def _begin_step(self) -> None:
        self._sums = TokenSums()
        self._batches = 0
        self._bad_batch: int | None = None

    def train(
        self,
        batch: TrainBatch | None,
        reference_logprobs: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Forward and back-propagate one micro-batch.

        Args:
            batch: None stands for an empty one.
            reference_logprobs: [targets] of the batch, from a reference with actors of its own.
        """
        begin = time.perf_counter()
        packed = empty_batch(self._tokenizer.pad_token_id) if batch is None else batch.packed
        inputs = batch_tensors(packed)
        logprobs, entropy = self._engine(**inputs, temperature=self._temperature, entropy=True)
        if batch is None:
            # Zero, but a function of every parameter, so that all ranks take part in ZeRO's
            # collectives.
            self._engine.backward(logprobs.sum() * 0.0)
        else:
            reference = self._reference_logprobs(inputs, reference_logprobs, logprobs.device)
            self._engine.backward(self._loss(batch, inputs, logprobs, entropy, reference))
        # Sums stay non-finite once they are: the first batch that made them so is the bad one.
        if self._bad_batch is None and not math.isfinite(self._sums.loss):
            self._bad_batch = self._batches
        self._batches += 1
        self._sums.busy_s += time.perf_counter() - begin

    def _reference_logprobs(
        self,
        inputs: dict[str, Tensor],
        given: npt.NDArray[np.float32] | None,
        place: torch.device,
    ) -> Tensor | None:
        """The reference's log-probabilities [targets]: given, computed here, or not needed."""
        if given is not None:
            return torch.from_numpy(given.copy()).to(place)  # Ray's arrays are read-only
        if self._reference is None:
            return None
        begin = time.perf_counter()
        with torch.no_grad():
            logprobs, _ = self._reference(**inputs, temperature=self._temperature)
        assert isinstance(logprobs, Tensor)
        if logprobs.is_cuda:
            torch.cuda.synchronize()  # until then the GPU has only been told what to do
        self._sums.reference_s += time.perf_counter() - begin
        return logprobs

    def _loss(
        self,
        batch: TrainBatch,
        inputs: dict[str, Tensor],
        logprobs: Tensor,
        entropy: Tensor,
        reference_logprobs: Tensor | None,
    ) -> Tensor:
        place = logprobs.device
        rollout = (
            None
            if batch.rollout_logprobs is None
            else torch.from_numpy(batch.rollout_logprobs).to(place)
        )
        sums = self._objective(
            LossInputs(
                logprobs=logprobs,
                reference_logprobs=reference_logprobs,
                advantages=torch.from_numpy(batch.advantages).to(place),
                weight=torch.from_numpy(batch.weight).to(place),
                kl_beta=torch.from_numpy(batch.kl_beta).to(place),
                rollout_logprobs=rollout,
                sequence=torch.from_numpy(batch.packed.target_sequence).to(place),
            )
        )
        step = TokenSums(
            tokens=batch.packed.targets,
            loss=float(sums.total.detach()),
            policy_loss=sums.policy,
            kl_loss=sums.kl_weighted,
            kl_bounded=sums.kl_bounded,
            entropy=float(entropy.sum()),
            clipped=sums.clipped,
            importance_ratios=sums.importance_ratios,
            importance_capped=sums.importance_capped,
            clipped_low=sums.beyond.low,
            clipped_high=sums.beyond.high,
            ratio_max=sums.beyond.ratio_max,
        )
        current = logprobs.detach()
        if rollout is not None:
            excess = current - rollout
            difference = excess.abs()
            step.mismatch_tokens = difference.numel()
            step.mismatch_abs = float(difference.sum())
            step.mismatch_max = float(difference.max())
            step.mismatch_exp = float(difference.exp().sum())
            step.mismatch_kl = float((excess.expm1() - excess).sum())
        if reference_logprobs is not None:
            kl = self._objective.kl(current, reference_logprobs)
            step.kl = float(kl.sum())
            domain = torch.from_numpy(batch.domain).to(place)
            tokens = torch.bincount(domain, minlength=len(batch.domains)).tolist()
            per_domain = torch.bincount(
                domain, weights=kl.double(), minlength=len(batch.domains)
            ).tolist()
            present = [name for name, count in zip(batch.domains, tokens, strict=True) if count]
            step.domain_tokens = {name: int(tokens[batch.domains.index(name)]) for name in present}
            step.domain_kl = {name: per_domain[batch.domains.index(name)] for name in present}
        self._sums.add(step)
        return sums.total

    def sequence_kl(self, packed: PackedBatch) -> list[float]:
        """Return [sequences] KL estimates to the reference, summed over each sequence's targets.

        No gradient. Only this rank takes part, so its parameters must be whole (not ZeRO 3).
        """
        assert self._reference is not None, "no reference was loaded"
        begin = time.perf_counter()
        inputs = batch_tensors(packed)
        with torch.no_grad():
            logprobs, _ = self._engine.module(**inputs, temperature=self._temperature)
            reference, _ = self._reference(**inputs, temperature=self._temperature)
        # In float64: in a group of equal scores the advantages are nothing but these differences.
        kl = self._objective.kl(logprobs.double(), reference.double())
        sequence = torch.from_numpy(packed.target_sequence).to(kl.device)
        sums = torch.bincount(sequence, weights=kl).tolist()
        self._sums.busy_s += time.perf_counter() - begin
        return [float(value) for value in sums]

    def step(self, denominator: int, lr: float) -> StepReport:
        """Take one optimizer step over everything since the last one.

        Args:
            denominator: of the global batch's summed gradient (`BatchBuilder.denominator`).
            lr: learning rate.
        """
        begin = time.perf_counter()
        result = self._engine.step(float(denominator), lr)
        report = StepReport(
            self._sums,
            denominator,
            result.grad_norm,
            result.skipped,
            time.perf_counter() - begin,
            self._bad_batch,
        )
        self._begin_step()
        return report

    def connect_generators(self, transport: str, receivers: Receivers) -> None:
        """Prepare to send weights; again whenever a generator has been replaced. All ranks call.

        Args:
            transport: ``generator.weight_sync``.
            receivers: the generators.
        """
        if self._sender is not None:
            self._sender.close()
        self._sender = create_sender(transport, receivers, self._rank)
        if self._rank == 0 or self._sender.needs_all_ranks:
            self._sender.connect()

    def send_weights(self, version: int) -> SyncReport | None:
        """Bring all generators to the current weights. All ranks call; rank 0 reports.

        Raises:
            OSError, RuntimeError: this side could not send.
        """
        sender = self._sender
        assert sender is not None, "call connect_generators first"
        weights = EngineWeights(self._engine, tied=self._tied, on_device=sender.device_tensors)
        try:
            if self._rank == 0 or sender.needs_all_ranks:
                report = sender.send(weights, version)
                return report if self._rank == 0 else None
            return None
        finally:
            weights.drain()

    def save(self, directory: str) -> None:
        """Write this rank's share of a checkpoint."""
        self._engine.save(Path(directory))

    def save_hf(self, directory: str) -> None:
        """Write the policy as a Hugging Face checkpoint (all ranks call, rank 0 writes)."""
        self._engine.save_hf(Path(directory), self._tokenizer)

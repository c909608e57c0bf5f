"""The DeepSpeed engine every trainer steps with: token sums in, one exact division, one update.

DeepSpeed expects a fixed number of micro-batches, whose *means* it averages. Language models want
the mean over all trained tokens of the global batch, and packed micro-batches hold different
numbers of them. So here gradients are accumulated as sums of token losses, over any number of
micro-batches, summed over ranks, and divided once, by the global number of tokens, in `step`.

How that is got out of DeepSpeed 0.19:

- ``managed_gradient_accumulation: false`` makes ``step()`` itself the boundary (ZeRO 1-3).
- The division is done by the optimizer's own unscaling, meant for loss scales: setting
  ``loss_scaler.cur_scale`` for the duration of the step makes the reported norm, the clipping and
  the non-finite check work on the mean gradient. DeepSpeed averages over ranks, so the scale is
  tokens / ranks.
- ZeRO 0 in float32 has a plain torch optimizer without unscaling: gradients are divided,
  clipped and checked here, and the engine only reduces and steps.

Communication is not overlapped with the backward pass (the unmanaged boundary allows that for
ZeRO 2 alone). Full parameters, for the generators, pass through the CPU one tensor at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

import torch
from torch import Tensor, nn

from granite_rl.config import OptimSection, check_precision
from granite_rl.errors import ConfigError, disk_errors
from granite_rl.models.loading import save_hf
from granite_rl.training.distributed import all_reduce_max, device
from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.state import Fragment, fragments, rank_partition, read_state, write_state
from granite_rl.types import PackedBatch

if TYPE_CHECKING:
    from transformers import GraniteConfig, PreTrainedTokenizerBase

_MAX_BUCKET = 50_000_000
"""Most elements DeepSpeed reduces at a time. Small models get fewer, as its buffer is allocated in
full."""


class StepResult(NamedTuple):
    """Reports what one optimizer step did."""

    grad_norm: float
    """Global 2-norm of the mean gradient before clipping; infinite or NaN when skipped."""
    skipped: bool
    """True when the gradient was not finite: parameters and optimizer state are as before."""


class ParameterGroup(TypedDict):
    """Holds parameters that share a weight decay and a learning-rate factor (muP)."""

    params: list[nn.Parameter]
    weight_decay: float
    lr_scale: float


class TrainEngine:
    """Trains a module under DeepSpeed, with steps by global token means.

    Usage, the same on every rank::

        for batch in micro_batches:
            loss_sum = -engine(**batch_tensors(batch))[0].sum()
            engine.backward(loss_sum)
        result = engine.step(denominator=tokens_of_all_ranks, lr=lr)

    **All ranks call forward and backward the same number of times** between two steps: ZeRO 3
    gathers parameters in both, ZeRO 2 reduces gradients in backward. A rank that has run out of
    data goes on with `granite_rl.training.packing.empty_batch`, whose loss is zero and depends on
    every parameter; `lockstep` says how often.

    Needs `init_distributed` before.

    Args:
        module: module that ``engine(**inputs)`` calls; moved to the rank's device.
        optim: AdamW's constants and the clip.
        zero_stage: 0 .. 3.
        dtype: "float32", or "bfloat16" (parameters in bfloat16, master weights and accumulated
            gradients in float32; ZeRO 2 or 3).
        gradient_checkpointing: recompute each layer's activations in the backward pass.
        parameter_groups: own groups, e.g. `schedules.parameter_groups`; None: one group.

    Raises:
        ValueError: a combination that would silently lose accuracy.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        optim: OptimSection,
        zero_stage: int,
        dtype: str,
        gradient_checkpointing: bool = False,
        parameter_groups: Sequence[ParameterGroup] | None = None,
    ) -> None:
        import deepspeed

        check_precision(zero_stage, dtype)
        self.zero_stage = zero_stage
        self.grad_clip = optim.grad_clip
        self.rank = torch.distributed.get_rank()
        self.world_size = torch.distributed.get_world_size()
        if gradient_checkpointing:
            _enable_checkpointing(module)
        parameters: Any = (
            [dict(group) for group in parameter_groups]
            if parameter_groups is not None
            else [parameter for parameter in module.parameters() if parameter.requires_grad]
        )
        module.train()
        self.engine, self._optimizer, _, _ = deepspeed.initialize(
            model=module,
            model_parameters=parameters,
            config=_deepspeed_config(module, optim, zero_stage, dtype),
            dist_init_required=False,
        )
        if zero_stage == 0:
            # Otherwise every backward pass would be a boundary and reduce what it has so far.
            self.engine.set_gradient_accumulation_boundary(False)

    @property
    def module(self) -> nn.Module:
        """Return the module that was given, without DeepSpeed around it."""
        return cast(nn.Module, self.engine.module)

    def __call__(self, **inputs: Any) -> Any:
        """Run the forward pass through the engine (ZeRO's hooks included)."""
        return self.engine(**inputs)

    def backward(self, loss_sum: Tensor) -> None:
        """Accumulate the gradient of a sum over trained tokens of this rank's micro-batch."""
        self.engine.backward(loss_sum)

    def lockstep(self, micro_batches: int) -> int:
        """Return the largest number of micro-batches over all ranks: how often each must call
        backward."""
        return int(all_reduce_max(micro_batches))

    def step(self, denominator: float, lr: float) -> StepResult:
        """Divide the summed gradients, clip, update the parameters, and clear the gradients.

        Args:
            denominator: trained tokens of the global batch, the same number on all ranks.
            lr: learning rate of this step, before a group's ``lr_scale``.

        Raises:
            ValueError: a denominator that is not positive and finite.
        """
        if not (denominator > 0 and math.isfinite(denominator)):
            raise ValueError(f"the token count of a step must be positive, not {denominator}")
        for group in self._optimizer.param_groups:
            group["lr"] = lr * group.get("lr_scale", 1.0)
        if self.zero_stage == 0:
            return self._step_plain(denominator)
        scaler = self._optimizer.loss_scaler
        scaler.cur_scale = denominator / self.world_size
        try:
            self.engine.step()
        finally:
            scaler.cur_scale = 1.0
        if self._optimizer.overflow:
            return StepResult(math.inf, True)
        return StepResult(float(self.engine.get_global_grad_norm()), False)

    def _step_plain(self, denominator: float) -> StepResult:
        """Step at ZeRO 0 in float32: reduce, divide, clip and check by hand, then let the engine
        step."""
        self.engine.set_gradient_accumulation_boundary(True)
        self.engine.allreduce_gradients()
        gradients = [p.grad for p in self.engine.module.parameters() if p.grad is not None]
        torch._foreach_mul_(gradients, self.world_size / denominator)
        norm = torch.nn.utils.get_total_norm(gradients)
        skipped = not bool(torch.isfinite(norm))
        if skipped:
            self.engine.zero_grad()
        else:
            # DeepSpeed's formula for ZeRO 1-3, so that all stages agree to the last digit.
            scale = torch.clamp((norm + 1e-6) / self.grad_clip, min=1.0)
            torch._foreach_div_(gradients, scale)
            self.engine.step()
        self.engine.set_gradient_accumulation_boundary(False)
        return StepResult(float(norm), skipped)

    def parameter_shapes(self) -> list[tuple[str, torch.dtype, tuple[int, ...]]]:
        """List (name, dtype, full shape) in the order of `named_parameters_full`, gathering
        nothing."""
        prefix = "model." if isinstance(self.module, TokenLogprobs) else ""
        return [
            (name.removeprefix(prefix), p.dtype, tuple(getattr(p, "ds_shape", p.shape)))
            for name, p in self.module.named_parameters()
        ]

    def named_parameters_full(self, *, to_cpu: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Yield every parameter in full, one at a time, detached and in the model's dtype.

        In CPU memory, or where it is with ``to_cpu=False``.

        Names are those of the Hugging Face model inside; a tied head is not repeated. All ranks
        must iterate together and to the end: ZeRO 3 gathers each parameter. A tensor given may
        share memory with the parameter on CPU; copy it to keep it.
        """
        import deepspeed

        for name, parameter in self._named_parameters():
            with deepspeed.zero.GatheredParameters([parameter], enabled=self.zero_stage == 3):
                full = parameter.detach().to("cpu") if to_cpu else parameter.detach()
                if self.zero_stage == 3:
                    full = full.clone()
            yield name, full

    def _named_parameters(self) -> list[tuple[str, nn.Parameter]]:
        """List the parameters as DeepSpeed has them, by the names of the Hugging Face model
        inside."""
        prefix = "model." if isinstance(self.module, TokenLogprobs) else ""
        return [(name.removeprefix(prefix), p) for name, p in self.module.named_parameters()]

    def save(self, directory: Path) -> None:
        """Write this rank's part of the training state, see `granite_rl.training.state`.

        The caller commits the directory (`CheckpointStore`); all ranks call this, and the caller
        waits for all before committing.
        """
        directory.mkdir(parents=True, exist_ok=True)
        held = self._fragments()
        if self.zero_stage == 0:
            held = rank_partition(held, self.rank, self.world_size)
        write_state(directory, held, self._base_optimizer.state, self.rank, self.world_size)

    def load(self, directory: Path) -> None:
        """Restore what `save` wrote, on any ZeRO stage and number of ranks; all ranks call this.

        Bit for bit where stage and number are those of the save. Elsewhere the state is the same
        too, but the next gradients are summed in another order.

        Raises:
            PreflightError: the directory holds no whole state, or that of another model.
        """
        if self.zero_stage == 3:
            # Small parameters stay gathered between steps: release them, they are about to change.
            self._optimizer.checkpoint_event_prologue()
        read_state(directory, self._fragments(), self._base_optimizer.state)
        # From here on as after a step: the working copies are the masters, rounded, on all ranks.
        if self.zero_stage == 3:
            for low, master in zip(
                self._optimizer.fp16_partitioned_groups_flat,
                self._optimizer.fp32_partitioned_groups_flat,
                strict=True,
            ):
                low.data.copy_(master.data)
            self._optimizer.checkpoint_event_epilogue()
        elif self.zero_stage > 0:
            self._optimizer.update_lp_params()

    def _fragments(self) -> list[Fragment]:
        """List what this rank's optimizer holds of each parameter, by its Hugging Face name."""
        return fragments(self._named_parameters(), self._optimizer, self.zero_stage)

    def save_hf(self, directory: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write the model as a Hugging Face checkpoint (all ranks call; rank 0 writes)."""
        from transformers import PreTrainedModel

        model = self.module.model if isinstance(self.module, TokenLogprobs) else self.module
        if not isinstance(model, PreTrainedModel):
            raise TypeError(f"{type(model).__name__} is not a Hugging Face model")
        state = {name: t for name, t in self.named_parameters_full() if self.rank == 0}
        if self.rank == 0:
            with disk_errors(str(directory)):
                save_hf(state, cast("GraniteConfig", model.config), tokenizer, directory)
        torch.distributed.barrier()

    @property
    def _base_optimizer(self) -> torch.optim.Optimizer:
        """Return the torch optimizer inside DeepSpeed's."""
        inner = self._optimizer if self.zero_stage == 0 else self._optimizer.optimizer
        return cast(torch.optim.Optimizer, inner)


def _enable_checkpointing(module: nn.Module) -> None:
    from transformers import PreTrainedModel

    for part in module.modules():
        if isinstance(part, PreTrainedModel):
            # Reentrant checkpointing would run ZeRO's gradient hooks twice.
            part.gradient_checkpointing_enable({"use_reentrant": False})
            return
    raise ConfigError(
        f"trainer.gradient_checkpointing: {type(module).__name__} holds no model that supports it"
    )


def _deepspeed_config(
    module: nn.Module, optim: OptimSection, zero_stage: int, dtype: str
) -> dict[str, Any]:
    bucket = min(_MAX_BUCKET, sum(parameter.numel() for parameter in module.parameters()))
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "managed_gradient_accumulation": zero_stage == 0,
        "gradient_clipping": 0.0 if zero_stage == 0 else optim.grad_clip,
        "steps_per_print": 1_000_000_000,
        "optimizer": {
            "type": "AdamW",
            "params": {
                "lr": optim.lr,
                "betas": list(optim.betas),
                "eps": optim.eps,
                "weight_decay": optim.weight_decay,
                # torch's own AdamW: DeepSpeed's would compile a CPU kernel at first use.
                "torch_adam": True,
            },
        },
        "zero_optimization": {
            "stage": zero_stage,
            "overlap_comm": False,
            "reduce_bucket_size": bucket,
            "allgather_bucket_size": bucket,
        },
    }
    if dtype == "bfloat16":
        config["bf16"] = {"enabled": True}
        config["data_types"] = {"grad_accum_dtype": "fp32"}
    return config


def batch_tensors(batch: PackedBatch) -> dict[str, Tensor]:
    """Return the inputs of `TokenLogprobs.forward` from a PackedBatch, on this rank's device."""
    names = ("input_ids", "position_ids", "target_rows", "target_cols", "target_ids")
    arrays = {name: getattr(batch, name) for name in names}
    if batch.branch_ids is not None:
        arrays["branch_ids"] = batch.branch_ids
    return {name: torch.from_numpy(array).to(device()) for name, array in arrays.items()}

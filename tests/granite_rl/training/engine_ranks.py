"""Runs what each rank does in test_engine; a module of its own, so that spawned processes can
import it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.config import OptimSection
from granite_rl.training.distributed import (
    all_reduce_sums,
    init_distributed,
    shutdown_distributed,
)
from granite_rl.training.engine import TrainEngine, batch_tensors
from granite_rl.training.packing import empty_batch
from granite_rl.training.policy import TokenLogprobs
from granite_rl.types import PackedBatch
from tests.granite_rl.training.packed import pack_all

VOCABULARY = 97
STEPS = 3
LR = 1e-2
GRAD_CLIP = 0.5


def optim(grad_clip: float = GRAD_CLIP) -> OptimSection:
    return OptimSection(
        lr=LR, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, grad_clip=grad_clip, warmup_steps=0
    )


def build_model() -> GraniteForCausalLM:
    torch.manual_seed(0)
    return GraniteForCausalLM(
        GraniteConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            logits_scaling=2.0,
            attention_multiplier=0.125,
            residual_multiplier=0.5,
            embedding_multiplier=3.0,
            initializer_range=0.1,
            use_cache=False,
        )
    )


def sequences(step: int) -> list[tuple[list[int], list[bool]]]:
    """Make seven sequences of unequal lengths with unequal numbers of targets."""
    random = np.random.default_rng(step)
    result = []
    for _ in range(7):
        length = int(random.integers(3, 20))
        mask = [False, *(random.random(length - 1) < 0.7).tolist()]
        mask[-1] = True
        result.append((random.integers(2, VOCABULARY, length).tolist(), mask))
    return result


def batches(step: int, rank: int, world_size: int) -> list[PackedBatch]:
    """Pack this rank's micro-batches; the last rank has fewer sequences, hence fewer of them."""
    mine = sequences(step)[rank::world_size]
    return pack_all(mine, row_tokens=24, rows=1, pad_id=0)


def tokens(step: int) -> int:
    return sum(sum(mask) for _, mask in sequences(step))


class StepRecord(NamedTuple):
    """Records one step, with the same numbers on all ranks."""

    loss: float
    grad_norm: float


def train_step(engine: TrainEngine, step: int) -> StepRecord:
    mine = batches(step, engine.rank, engine.world_size)
    count = engine.lockstep(len(mine))
    mine += [empty_batch(0)] * (count - len(mine))
    loss = 0.0
    for batch in mine:
        logprobs, _ = engine(**batch_tensors(batch))
        engine.backward(-logprobs.sum())
        loss -= float(logprobs.detach().double().sum())
    (total,) = all_reduce_sums(loss)
    return StepRecord(total / tokens(step), engine.step(tokens(step), LR).grad_norm)


def plain_loop(grad_clip: float = GRAD_CLIP) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Train without the engine, as the oracle: every sequence on its own, float64 log-softmax, one
    AdamW."""
    model = build_model()
    adam = torch.optim.AdamW(
        model.parameters(), lr=LR, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1
    )
    norms = []
    for step in range(STEPS):
        adam.zero_grad()
        loss = torch.zeros((), dtype=torch.float64)
        for token_ids, mask in sequences(step):
            logits = model(input_ids=torch.tensor([token_ids])).logits[0].double()
            logprobs = torch.log_softmax(logits, -1)
            for position in np.flatnonzero(mask):
                loss = loss - logprobs[position - 1, token_ids[position]]
        (loss / tokens(step)).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip)))
        adam.step()
    return {name: p.detach() for name, p in model.named_parameters()}, norms


def _engine(zero_stage: int, dtype: str = "float32") -> TrainEngine:
    return TrainEngine(
        TokenLogprobs(build_model()),
        optim=optim(),
        zero_stage=zero_stage,
        dtype=dtype,
        gradient_checkpointing=zero_stage in (1, 3),
    )


def layouts(dtype: str) -> range:
    """List the ZeRO stages that run in a dtype."""
    return range(4) if dtype == "float32" else range(2, 4)


def weights_of(engine: TrainEngine) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in engine.named_parameters_full()}


def run_all_stages(rank: int, world_size: int, port: int, root: Path) -> None:
    """Run every ZeRO stage in one process group, since starting processes takes most of the
    time."""
    init_distributed(rank, world_size, "127.0.0.1", port, threads=1)
    for dtype in ("float32", "bfloat16"):
        for zero_stage in layouts(dtype):
            out = root / dtype / str(world_size) / str(zero_stage)
            out.mkdir(parents=True, exist_ok=True)
            run_straight(_engine(zero_stage, dtype), out)
    for zero_stage in range(2):
        run_uneven(_engine(zero_stage), root)
    shutdown_distributed()


def run_straight(engine: TrainEngine, out: Path) -> None:
    """Do three steps, with a save after the first, then a poisoned one, and go back to the save."""
    assert type(engine.engine).__name__ == "DeepSpeedEngine"
    inner = engine.module.model
    assert isinstance(inner, GraniteForCausalLM)
    assert inner.lm_head.weight is inner.model.embed_tokens.weight
    first = train_step(engine, 0)
    engine.save(out / "saved")
    torch.distributed.barrier()

    def finish() -> dict[str, Any]:
        second = train_step(engine, 1)
        result = {"second": tuple(second), "after_second": weights_of(engine)}
        third = train_step(engine, 2)
        norms = [step.grad_norm for step in (first, second, third)]
        return result | {"norms": norms, "weights": weights_of(engine)}

    straight = finish()
    # A step on a poisoned loss changes nothing, on whatever rank the poison was.
    last = engine.world_size - 1
    logprobs, _ = engine(**batch_tensors(batches(0, engine.rank, engine.world_size)[0]))
    engine.backward(-(logprobs * (math.nan if engine.rank == last else 1.0)).sum())
    result = engine.step(10, LR)
    assert result.skipped
    assert not math.isfinite(result.grad_norm)
    assert_same_bits(weights_of(engine), straight["weights"])
    # Back to the middle: the same steps again give the same bits.
    engine.load(out / "saved")
    again = finish()
    assert again["norms"] == straight["norms"]
    assert_same_bits(again["weights"], straight["weights"])
    assert inner.lm_head.weight is inner.model.embed_tokens.weight
    if engine.rank == 0:
        torch.save(straight, out / "straight.pt")
    torch.distributed.barrier()


def run_uneven(engine: TrainEngine, root: Path) -> None:
    """Call backward different numbers of times on the ranks, which ZeRO 0 and 1 allow."""
    for step in range(STEPS):
        for batch in batches(step, engine.rank, engine.world_size):
            engine.backward(-engine(**batch_tensors(batch))[0].sum())
        if engine.rank == 0:  # further micro-batches that add nothing
            for _ in range(3):
                engine.backward(0.0 * engine(**batch_tensors(batch))[0].sum())
        engine.step(tokens(step), LR)
    weights = weights_of(engine)
    if engine.rank == 0:
        name = f"uneven_{engine.world_size}_{engine.zero_stage}.pt"
        torch.save(weights, root / name)
    torch.distributed.barrier()


def assert_same_bits(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


def resume_everywhere(rank: int, world_size: int, port: int, root: Path) -> None:
    """Go on in fresh processes from what `run_all_stages` saved with any number of ranks and
    stage."""
    init_distributed(rank, world_size, "127.0.0.1", port, threads=1)
    for dtype in ("float32", "bfloat16"):
        for zero_stage in layouts(dtype):
            engine = _engine(zero_stage, dtype)
            own = root / dtype / str(world_size) / str(zero_stage)
            sources = sorted(root.glob(f"{dtype}/*/*"), key=lambda path: path != own)
            for source in sources:  # its own layout first, in an engine that has done nothing yet
                out = root / f"{dtype}_{world_size}_{zero_stage}" / "_".join(source.parts[-2:])
                resume(engine, source / "saved", out, finish=source == own)
    shutdown_distributed()


def resume(engine: TrainEngine, saved: Path, out: Path, *, finish: bool) -> None:
    """Load a checkpoint, save it again in this layout, and go on for a step or to the end."""
    engine.load(saved)
    engine.save(out / "saved")
    result: dict[str, Any] = {"second": tuple(train_step(engine, 1))}
    result["after_second"] = weights_of(engine)
    if finish:
        train_step(engine, 2)
        result["weights"] = weights_of(engine)
    if engine.rank == 0:
        torch.save(result, out / "resumed.pt")
    torch.distributed.barrier()

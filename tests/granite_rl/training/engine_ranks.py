"""What each rank does in test_engine: its own module, so that spawned processes can import it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.config import OptimSection
from granite_rl.training.distributed import init_distributed, shutdown_distributed
from granite_rl.training.engine import StepResult, TrainEngine, batch_tensors
from granite_rl.training.packing import empty_batch, pack_all
from granite_rl.training.policy import TokenLogprobs
from granite_rl.types import PackedBatch

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
    """Seven sequences of unequal lengths with unequal numbers of targets."""
    random = np.random.default_rng(step)
    result = []
    for _ in range(7):
        length = int(random.integers(3, 20))
        mask = [False, *(random.random(length - 1) < 0.7).tolist()]
        mask[-1] = True
        result.append((random.integers(2, VOCABULARY, length).tolist(), mask))
    return result


def batches(step: int, rank: int, world_size: int) -> list[PackedBatch]:
    """This rank's micro-batches; the last rank has fewer sequences, hence fewer of them."""
    mine = sequences(step)[rank::world_size]
    return pack_all(mine, row_tokens=24, rows=1, pad_id=0)


def tokens(step: int) -> int:
    return sum(sum(mask) for _, mask in sequences(step))


def train_step(engine: TrainEngine, step: int, denominator: float | None = None) -> StepResult:
    mine = batches(step, engine.rank, engine.world_size)
    count = engine.lockstep(len(mine))
    mine += [empty_batch(0)] * (count - len(mine))
    for batch in mine:
        logprobs, _ = engine(**batch_tensors(batch))
        engine.backward(-logprobs.sum())
    return engine.step(denominator or tokens(step), LR)


def plain_loop(grad_clip: float = GRAD_CLIP) -> tuple[dict[str, torch.Tensor], list[float]]:
    """The oracle: every sequence on its own, float64 log-softmax, one AdamW."""
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


def _engine(rank: int, world_size: int, port: int, zero_stage: int) -> TrainEngine:
    init_distributed(rank, world_size, "127.0.0.1", port, threads=1)
    return TrainEngine(
        TokenLogprobs(build_model()),
        optim=optim(),
        zero_stage=zero_stage,
        dtype="float32",
        gradient_checkpointing=zero_stage in (1, 3),
    )


def run_all_stages(rank: int, world_size: int, port: int, out: Path) -> None:
    """Every ZeRO stage in one process group: starting processes is most of the time."""
    for zero_stage in range(4):
        (out / str(zero_stage)).mkdir(exist_ok=True)
        run_straight(rank, world_size, port, zero_stage, out / str(zero_stage))
    for zero_stage in (2, 3):
        run_bfloat16(world_size, zero_stage, out / str(zero_stage))
    shutdown_distributed()


def run_bfloat16(world_size: int, zero_stage: int, out: Path) -> None:
    """The same three steps with parameters in bfloat16, in the process group under way."""
    engine = TrainEngine(
        TokenLogprobs(build_model()), optim=optim(), zero_stage=zero_stage, dtype="bfloat16"
    )
    norms = [train_step(engine, step).grad_norm for step in range(STEPS)]
    weights = {name: tensor.clone() for name, tensor in engine.named_parameters_full()}
    if engine.rank == 0:
        torch.save({"weights": weights, "norms": norms}, out / "bfloat16.pt")
    torch.distributed.barrier()


def resume_all_stages(rank: int, world_size: int, port: int, out: Path) -> None:
    """Fresh processes that go on from what `run_all_stages` saved."""
    for zero_stage in range(4):
        run_resumed(rank, world_size, port, zero_stage, out / str(zero_stage))
    shutdown_distributed()


def run_straight(rank: int, world_size: int, port: int, zero_stage: int, out: Path) -> None:
    """Three steps, a save after the first, a poisoned one, and going back to the save."""
    engine = _engine(rank, world_size, port, zero_stage)
    assert type(engine.engine).__name__ == "DeepSpeedEngine"
    inner = engine.module.model
    assert isinstance(inner, GraniteForCausalLM)
    assert inner.lm_head.weight is inner.model.embed_tokens.weight
    norms = [train_step(engine, 0).grad_norm]
    engine.save(out / "saved")
    torch.distributed.barrier()

    def finish() -> tuple[list[float], dict[str, torch.Tensor]]:
        rest = [train_step(engine, step).grad_norm for step in range(1, STEPS)]
        return rest, {name: tensor.clone() for name, tensor in engine.named_parameters_full()}

    rest, straight = finish()
    # A step on a poisoned loss changes nothing, on whatever rank the poison was.
    logprobs, _ = engine(**batch_tensors(batches(0, rank, world_size)[0]))
    poison = math.nan if rank == world_size - 1 else 1.0
    engine.backward(-(logprobs * poison).sum())
    result = engine.step(10, LR)
    assert result.skipped
    assert not math.isfinite(result.grad_norm)
    for name, tensor in engine.named_parameters_full():
        assert torch.equal(tensor, straight[name]), name
    # Back to the middle: the same steps again give the same bits.
    engine.load(out / "saved")
    rest_again, resumed = finish()
    assert rest_again == rest
    for name in straight:
        assert torch.equal(resumed[name], straight[name]), name
    assert inner.lm_head.weight is inner.model.embed_tokens.weight
    if rank == 0:
        torch.save({"weights": straight, "norms": norms + rest}, out / "straight.pt")
    torch.distributed.barrier()


def run_resumed(rank: int, world_size: int, port: int, zero_stage: int, out: Path) -> None:
    """A fresh process group that loads the middle and finishes."""
    engine = _engine(rank, world_size, port, zero_stage)
    engine.load(out / "saved")
    for step in range(1, STEPS):
        train_step(engine, step)
    weights = {name: tensor.clone() for name, tensor in engine.named_parameters_full()}
    if rank == 0:
        torch.save(weights, out / "resumed.pt")
    torch.distributed.barrier()

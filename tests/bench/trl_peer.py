"""Times TRL's `GRPOTrainer` on given prompts: the peer of `tests.bench.trl`, in its own process.

    python -m tests.bench.trl_peer --model DIR --rows FILE --tokens 10 --micro-batch 512 \\
        --steps 7 --output FILE

Writes ``{"seconds": [...], "lengths": [[...], ...]}``: wall-clock seconds between the ends of
consecutive optimizer steps (the first step has none), and the completions' lengths of every step.

Set up for speed on a CPU: float32 (bf16 off), no gradient checkpointing, no
dropout, no padding to multiples, one update per batch so that old log-probabilities are never
computed, no vLLM server beside it, no checkpoints, no trackers. The recipe's loss: DAPO's token
mean, clip 0.2/0.28, KL weight 0.05 to the frozen start, AdamW.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

SAMPLES = 16


def reward_function(lengths: list[list[int]]) -> Any:
    """Return the reward of `tests.bench.length_model`, which also records the completions'
    lengths."""

    def distinct(completions: list[Any], completion_ids: list[list[int]], **_: Any) -> list[float]:
        lengths.append([len(ids) for ids in completion_ids])
        texts = [completion[0]["content"] for completion in completions]
        return [min(1.0, len(set(text)) / 30) for text in texts]

    return distinct


def train(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the steps; returns the content of the output file."""
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    torch.set_num_threads(arguments.threads)
    rows = [json.loads(line) for line in arguments.rows.read_text().splitlines()]
    lengths: list[list[int]] = []
    ends: list[float] = []

    class Clock(TrainerCallback):
        """Notes when steps end."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

    batch = len(rows) * SAMPLES
    config = GRPOConfig(
        output_dir=str(arguments.output.parent / "trl"),
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        model_init_kwargs={"dtype": "float32"},
        per_device_train_batch_size=arguments.micro_batch,
        gradient_accumulation_steps=batch // arguments.micro_batch,
        num_generations=SAMPLES,
        max_completion_length=arguments.tokens,
        temperature=1.0,
        num_iterations=1,
        beta=0.05,
        epsilon=0.2,
        epsilon_high=0.28,
        loss_type="dapo",
        learning_rate=arguments.lr,
        lr_scheduler_type="constant",
        adam_beta1=0.9,
        adam_beta2=0.95,
        weight_decay=0.0,
        max_grad_norm=1.0,
        max_steps=arguments.steps,
        shuffle_dataset=False,
        use_transformers_continuous_batching=arguments.continuous,
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = GRPOTrainer(
        model=str(arguments.model),
        reward_funcs=reward_function(lengths),
        args=config,
        train_dataset=Dataset.from_list([{"prompt": row["prompt"]} for row in rows]),
        callbacks=[Clock()],
    )
    trainer.train()
    seconds = [after - before for before, after in itertools.pairwise(ends)]
    return {"seconds": seconds, "lengths": lengths}


def main() -> None:
    """Train and write the output file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--tokens", type=int, required=True, help="longest completion")
    parser.add_argument("--micro-batch", type=int, required=True, help="samples of a forward pass")
    parser.add_argument("--continuous", action="store_true", help="transformers' own batching")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--lr", type=float, default=1e-9)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    arguments.output.write_text(json.dumps(train(arguments)))


if __name__ == "__main__":
    main()

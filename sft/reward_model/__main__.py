"""Train the scalar reward model: ``python -m sft.reward_model [key=value ...]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from granite_rl.entry import configure, parse_arguments, run_main
from granite_rl.training.launch import launching
from sft.reward_model.config import RewardModelConfig

PROGRAM = "python -m sft.reward_model"
DESCRIPTION = "Train the scalar reward model from preference pairs."
EXAMPLES = f"""examples:
  {PROGRAM} recipe=demo data.train=pairs.jsonl model.path=runs/sft/hf run.dir=runs/reward_model
  {PROGRAM} ... data.heldout=unseen.jsonl     report accuracy per language at the end
  {PROGRAM} ... run.resume=auto               continue after a crash, or start

rows: {{"prompt": [messages], "chosen": text, "rejected": text, "language": code}}"""


def main(argv: Sequence[str]) -> int:
    """Train a reward model; return the exit code."""
    parsed = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EXAMPLES)
    config = configure("reward_model", RewardModelConfig, parsed.overrides)
    with launching(config.trainer.ranks, dry_run=parsed.dry_run) as stop:
        # Imported after the configuration was checked: a typo is told in a second, torch takes 5.
        from granite_rl.training.run import run_supervised
        from sft.reward_model.train import REWARD_MODEL

        return run_supervised(REWARD_MODEL, config, parsed, argv, stop)


if __name__ == "__main__":
    sys.exit(run_main(main))

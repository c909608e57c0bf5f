"""Fine-tune a model on conversations: ``python -m sft [key=value ...]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from granite_rl.entry import configure, parse_arguments, run_main
from granite_rl.training.launch import launching
from sft.config import SftConfig

PROGRAM = "python -m sft"
DESCRIPTION = """Fine-tune a checkpoint on conversations; only what assistants wrote is trained.

Reads JSONL rows {"messages": [{"role": ..., "content": ...}, ...]}, optionally with "tools" and
"documents"; writes the model to <run.dir>/hf."""
EXAMPLES = """examples:
  python -m sft recipe=demo data.train=DATA/sft.jsonl model.path=runs/base/hf run.dir=runs/sft
  python -m sft recipe=demo ... run.resume=auto          continue after a crash, or start
  python -m sft 'data.train=[a.jsonl,b.jsonl]' model.path=DIR trainer.ranks=8 --dry-run
  torchrun --nproc-per-node 8 -m sft ... trainer.ranks=8
  ray job submit -- python -m sft ... trainer.ranks=16   over several nodes

Every key is explained in sft/config.py; the numbers are in conf/sft/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 5 infrastructure, 6 diverged,
75 preempted (resumable)"""


def main(argv: Sequence[str]) -> int:
    """Fine-tune; return the exit code."""
    parsed = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EXAMPLES)
    config = configure("sft", SftConfig, parsed.overrides)
    with launching(config.trainer.ranks, dry_run=parsed.dry_run) as stop:
        # Imported after the configuration was checked: a typo is told in a second, torch takes 5.
        from granite_rl.training.run import run_supervised
        from sft.train import SFT

        return run_supervised(SFT, config, parsed, argv, stop)


if __name__ == "__main__":
    sys.exit(run_main(main))

"""Pre-train a Granite from scratch: ``python -m pretrain [key=value ...]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from granite_rl.entry import configure, parse_arguments, run_main
from granite_rl.training.launch import launching
from pretrain.config import PretrainConfig

PROGRAM = "python -m pretrain"
DESCRIPTION = """Pre-train a Granite from scratch, in five phases.

Reads <data.dir>/<source>.jsonl with rows {"text": "..."}; writes a checkpoint after every phase to
<run.dir>/phases/<number>_<name>/hf and the last one to <run.dir>/hf."""
EXAMPLES = """examples:
  python -m pretrain recipe=demo data.dir=DATA/pretrain run.dir=runs/base
  python -m pretrain recipe=demo data.dir=DATA/pretrain run.dir=runs/base run.resume=auto
  python -m pretrain recipe=demo data.dir=DATA/pretrain trainer.ranks=2 trainer.zero_stage=2
  python -m pretrain data.dir=DATA model.name=granite_3b phases.general.tokens=1e9 --dry-run
  torchrun --nproc-per-node 8 -m pretrain data.dir=DATA trainer.ranks=8
  ray job submit -- python -m pretrain data.dir=DATA trainer.ranks=64      over several nodes

Every key is explained in pretrain/config.py; the numbers are in conf/pretrain/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 5 infrastructure, 6 diverged,
75 preempted (resumable)"""


def main(argv: Sequence[str]) -> int:
    """Pre-train; return the exit code."""
    parsed = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EXAMPLES)
    config = configure("pretrain", PretrainConfig, parsed.overrides)
    with launching(config.trainer.ranks, dry_run=parsed.dry_run) as stop:
        # Imported after the configuration was checked: a typo is told in a second, torch takes 5.
        from granite_rl.training.run import run_supervised
        from pretrain.prepare import PRETRAIN

        return run_supervised(PRETRAIN, config, parsed, argv, stop)


if __name__ == "__main__":
    sys.exit(run_main(main))

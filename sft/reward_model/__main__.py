"""Train the scalar reward model: ``python -m sft.reward_model [key=value ...]``."""

from __future__ import annotations

import sys

from granite_rl.entry import run_main
from sft.reward_model.train import main

if __name__ == "__main__":
    sys.exit(run_main(main))

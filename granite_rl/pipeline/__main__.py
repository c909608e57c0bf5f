"""Run the whole recipe: ``python -m granite_rl.pipeline [key=value ...]``."""

from __future__ import annotations

import sys

from granite_rl.entry import run_main
from granite_rl.pipeline.runner import main

if __name__ == "__main__":
    sys.exit(run_main(main))

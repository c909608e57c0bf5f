"""Import once what every rank needs: ranks on CPUs are forked from a process that has done so.

Nothing here may start a thread or touch a device, or forking would not be safe.
"""

from __future__ import annotations

import os
from importlib import import_module

os.environ.setdefault("DS_ACCELERATOR", "cpu")  # otherwise DeepSpeed guesses, and says so

# Strings, because a linter removes import statements whose names are not used.
for module in (
    "deepspeed",
    "transformers.models.granite.modeling_granite",
    "granite_rl.models.loading",
    "granite_rl.models.tokenizer",
    "granite_rl.training.supervised",
):
    import_module(module)

"""What every rank imports, imported once: ranks on CPUs are forked from a process that has done so.

Nothing here may start a thread or touch a device, or forking would not be safe.
"""

from __future__ import annotations

import os

os.environ.setdefault("DS_ACCELERATOR", "cpu")  # otherwise DeepSpeed guesses, and says so

import deepspeed  # noqa: F401

import granite_rl.training.supervised  # noqa: F401

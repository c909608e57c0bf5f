"""Measures the memory of log-probabilities in a process of its own; prints one JSON line.

The peak is the kernel's high-water mark of resident memory, reset before each measurement (not
``ru_maxrss``, which a child inherits from the process that started it).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.training.engine import batch_tensors
from granite_rl.training.policy import TokenLogprobs
from tests.granite_rl.training.packed import pack_all

VOCABULARY = 100_352
TOKENS = 8_192
HIDDEN = 16


class Peak:
    """Measures the peak of resident memory since it was made, in bytes above that moment's."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._base = _resident("VmHWM")

    def bytes(self) -> int:
        return _resident("VmHWM") - self._base


def _resident(field: str) -> int:
    match = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return 1024 * int(match.group(1))


def measure(chunk: int) -> dict[str, int]:
    """Measure the peaks of a forward pass without gradient (entropies included), and of one with
    backward."""
    config = GraniteConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        intermediate_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
    )
    policy = TokenLogprobs(GraniteForCausalLM(config), chunk)
    sequence = ([1] * 128, [False] + [True] * 127)
    # Short sequences in short rows: the mask of a packed row grows with its square.
    (batch,) = pack_all([sequence] * (TOKENS // 128), row_tokens=256, rows=TOKENS // 256, pad_id=0)
    inputs = batch_tensors(batch)
    for parameter in policy.parameters():
        parameter.grad = torch.zeros_like(parameter)
    with torch.no_grad():
        peak = Peak()
        policy(**inputs, entropy=True)
        forward = peak.bytes()
    peak = Peak()
    logprobs, _ = policy(**inputs)
    logprobs.sum().backward()
    return {"targets": batch.targets, "forward": forward, "backward": peak.bytes()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(measure(int(sys.argv[1]))))

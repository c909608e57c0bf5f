"""Sample reproducibly inside vLLM at the price of greedy decoding.

vLLM's own way to a reproducible sample is a random generator per request, called row by row for
the whole vocabulary, and log-probabilities that pass through Python objects one by one. Here the
randomness of a token is a pure function of (the sample's seed, its position), so any engine draws
the same token from the same distribution: one that was restarted in the middle of a step, or that
holds other requests in its batch. One uniform number picks a token through the inverse of the
cumulative distribution, for all rows at once; the engine then only takes an argmax. The
log-probabilities fall out on the way and are kept beside the engine.

Measured on two CPU cores, 1 M parameters in float32, 512 samples x 24 tokens: see
``docs/performance.md``.

It is a vLLM logits processor, so that vLLM's scheduler, batching and tensor parallelism are used as
they are. Log-probabilities are handed over within the process: with tensor parallelism, where the
sampler runs in other processes, vLLM's own are asked for instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from vllm.v1.sample.logits_processor import LogitsProcessor
from vllm.v1.sample.logits_processor.builtin import process_dict_updates

if TYPE_CHECKING:
    from vllm import SamplingParams
    from vllm.config import VllmConfig
    from vllm.v1.sample.logits_processor import BatchUpdate

EXTRA = "granite_rl"
"""Key of a request's ``extra_args`` under which its `SamplingState` is described."""

SAMPLER = f"{__name__}:SeededSampler"
"""What vLLM is told to load."""


@dataclass
class SamplingState:
    """Holds how one request samples, and what it has sampled so far."""

    seed: int
    temperature: float
    top_p: float
    logprobs: list[float] | None
    """Filled as tokens are sampled; None: not asked for."""
    tokens: int = 0
    versions: list[tuple[int, int]] = field(default_factory=list)


SAMPLING_STATES: dict[str, SamplingState] = {}
"""Those of this process's requests by request id: where the engine's thread finds what the sampler
kept."""


@dataclass
class _Row:
    """A request in the engine's batch."""

    state: SamplingState
    output: list[int]
    """vLLM's own list of the tokens so far: its length is the position of the next one."""


class SeededSampler(LogitsProcessor):
    """Replaces every logit row by the certainty of the token that its seed picks."""

    def __init__(self, vllm_config: VllmConfig, device: torch.device, is_pin_memory: bool) -> None:
        self._device = device
        self._rows: dict[int, _Row] = {}
        self._layout: _Layout | None = None

    def is_argmax_invariant(self) -> bool:
        """Say that this processor decides the argmax."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """Follow requests as they come, go and change rows."""
        if process_dict_updates(self._rows, batch_update, _row_of):
            self._layout = None

    def apply(self, logits: Tensor) -> Tensor:
        """Pick a token in every row with a sampling state: [rows, vocabulary], changed in place."""
        if not self._rows:
            return logits
        if self._layout is None:
            self._layout = _Layout(self._rows, logits.shape[0], self._device)
        layout = self._layout
        chosen = logits if layout.index is None else logits[layout.index]
        logprobs = torch.log_softmax(chosen.float() / layout.temperature, dim=-1)
        positions = np.asarray([len(row.output) for row in layout.rows], dtype=np.uint64)
        uniform = torch.from_numpy(uniforms(layout.seeds, positions)).to(self._device)
        tokens = pick(logprobs, uniform, layout.top_p)
        if layout.keeps_logprobs:
            kept = logprobs.gather(1, tokens).squeeze(1).tolist()
            for row, value in zip(layout.rows, kept, strict=True):
                if row.state.logprobs is not None:
                    # A request that vLLM computes again, having preempted it, goes on where it was.
                    del row.state.logprobs[len(row.output) :]
                    row.state.logprobs.append(value)
        for row in layout.rows:
            row.state.tokens = len(row.output) + 1
        if layout.index is None:
            logits.scatter_(1, tokens, torch.inf)
        else:
            logits[layout.index, tokens.squeeze(1)] = torch.inf
        return logits


def _row_of(params: SamplingParams, _prompt: list[int] | None, output: list[int]) -> _Row | None:
    described: dict[str, Any] | None = (params.extra_args or {}).get(EXTRA)
    if described is None:
        return None
    state = SAMPLING_STATES.get(described["id"])
    if state is None:
        # Another process than the one that asked: it draws the same, and keeps nothing.
        state = SamplingState(described["seed"], described["temperature"], described["top_p"], None)
    return _Row(state, output)


class _Layout:
    """What doesn't change while the batch's make-up doesn't: vectors over its rows."""

    def __init__(self, rows: dict[int, _Row], count: int, device: torch.device) -> None:
        order = sorted(rows)
        self.rows = [rows[index] for index in order]
        self.index = None if order == list(range(count)) else torch.tensor(order, device=device)
        states = [row.state for row in self.rows]
        self.seeds = np.asarray([state.seed for state in states], dtype=np.uint64)
        self.temperature = torch.tensor([[state.temperature] for state in states], device=device)
        top_p = [state.top_p for state in states]
        self.top_p = None if min(top_p) >= 1.0 else torch.tensor(top_p, device=device).unsqueeze(1)
        self.keeps_logprobs = any(state.logprobs is not None for state in states)


def uniforms(
    seeds: npt.NDArray[np.uint64], positions: npt.NDArray[np.uint64]
) -> npt.NDArray[np.float64]:
    """Return a number in (0, 1) for every (seed, position): SplitMix64, counter-based.

    ``mix(seed + (position + 1) * 0x9E3779B97F4A7C15)`` with Stafford's variant 13 of the finaliser
    (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA, figure 17);
    its upper 32 bits are the number's.

    Args:
        seeds: [rows].
        positions: [rows].
    """
    with np.errstate(over="ignore"):
        state = seeds + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    upper: npt.NDArray[np.float64] = (state >> np.uint64(32)).astype(np.float64)
    return (upper + 0.5) * 2.0**-32


def pick(logprobs: Tensor, uniform: Tensor, top_p: Tensor | None) -> Tensor:
    """The token at which the cumulative distribution passes ``uniform``: inverse transform sampling
    (Devroye 1986, "Non-uniform random variate generation", III.2.1).

    Args:
        logprobs: [rows, vocabulary], normalised.
        uniform: [rows], in (0, 1), float64.
        top_p: [rows, 1]: only the smallest set of tokens of at least this mass can be picked
            (Holtzman et al. 2020, arXiv 1904.09751, section 3.1). None: all tokens.

    Returns:
        [rows, 1] token ids.
    """
    probabilities = logprobs.exp()
    if top_p is not None:
        ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
        before = ordered.cumsum(-1, dtype=torch.float64) - ordered
        outside = torch.empty_like(probabilities, dtype=torch.bool)
        outside.scatter_(1, order, before >= top_p)
        probabilities = probabilities.masked_fill(outside, 0.0)
    cumulative = probabilities.cumsum(-1, dtype=torch.float64)
    threshold = uniform.unsqueeze(1) * cumulative[:, -1:]
    tokens = torch.searchsorted(cumulative, threshold, right=True)
    # Only a row without a distribution (NaN logits) ends beyond the vocabulary.
    return tokens.clamp_(max=logprobs.shape[1] - 1)

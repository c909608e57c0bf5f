"""Define the data that flows between parts of the platform: rows, requests, rollouts, batches.

Everything here is plain data (tokens as Python lists or numpy arrays, never tensors on a device),
so that it crosses Ray's object store without custom serialisers and can be built in a unit test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rewards.result import RewardResult

Message = dict[str, Any]
"""One chat turn: ``{"role": ..., "content": text}``, an assistant's optionally with ``tool_calls``.
"""


@dataclass(frozen=True)
class PromptRow:
    """Holds one row of a prompt data set, in SkyRL's schema, with the place it came from."""

    data_source: str
    prompt: tuple[Message, ...]
    env_class: str
    reward_spec: dict[str, Any]
    extra_info: dict[str, Any]
    domain: str
    """The ``domain`` of the row's environment: the key under which every metric is reported."""
    origin: str
    """``file:line``, so that an error can name it."""
    tools: tuple[dict[str, Any], ...] = ()
    """Functions that the prompt declares, as the chat template takes them."""
    token_ids: tuple[int, ...] = ()
    """The prompt's tokens, ready for the model's turn; none before `prepare_prompts`."""

    def environment_fields(self) -> dict[str, Any]:
        """Return the row as its environment takes it, in SkyRL's schema."""
        return {
            "data_source": self.data_source,
            "prompt": [dict(message) for message in self.prompt],
            "reward_spec": self.reward_spec,
            "extra_info": self.extra_info,
        }


@dataclass(frozen=True)
class PromptGroup:
    """Holds a prompt as the step consumes it: all samples of it form one GRPO group."""

    index: int
    """Position in the step: groups are consumed in this order, whatever finishes first."""
    row: PromptRow
    seed: int
    """Sampling seed; sample ``i`` of the group draws from ``seed + i``."""


Key = tuple[int, int]
"""Identifies a prompt group among all that are in flight: (batch, the group's index in it)."""


@dataclass(frozen=True)
class GenerationRequest:
    """Holds what a generator needs to continue some samples of a group."""

    key: Key
    samples: tuple[int, ...]
    """Indices of the samples to make, all from the same tokens."""
    prompt_ids: list[int]
    """All token ids before the tokens to sample; in a later turn that includes the turns before."""
    seeds: tuple[int, ...] | None
    """Sampling seeds, one for each of ``samples``; None: greedy."""
    temperature: float
    top_p: float
    max_tokens: int
    logprobs: bool


@dataclass(frozen=True)
class Turn:
    """Holds the model's tokens in one turn of a sample; they are never re-encoded from text."""

    key: Key
    sample: int
    token_ids: list[int]
    """[tokens], the end token included when the model emitted one; an aborted turn is shorter."""
    logprobs: list[float] | None
    """[tokens], natural log, of the sampled tokens at the sampling temperature, or None."""
    text: str
    finish: Literal["stop", "length", "aborted"]
    versions: tuple[tuple[int, int], ...]
    """Weight versions that sampled it: (index of the first token, version), in order."""


@dataclass(frozen=True)
class Completion:
    """Holds one finished sample: all turns of the model, and the environment's between them."""

    token_ids: list[int]
    """[tokens] after the prompt."""
    logprobs: list[float] | None
    """[tokens], natural log, at the sampling temperature; 0 where the environment spoke. None if
    they were not asked for.
    """
    text: str
    """Text of the model's last turn; with one turn, the whole answer."""
    truncated: bool
    """True when a token limit ended it, not the model."""
    sampled: list[bool] | None = None
    """[tokens], False where the environment spoke; None: the model sampled every token."""
    actions: tuple[str, ...] = ()
    """Text of the model in each of its turns."""
    transcript: str = ""
    """Text for people: the turns, and between them what the environment said."""
    versions: tuple[tuple[int, int], ...] = ()
    """Weight versions that sampled it: (index of the first token, version), in order."""

    @property
    def length(self) -> int:
        """Count the tokens that the model sampled."""
        return len(self.token_ids) if self.sampled is None else sum(self.sampled)


@dataclass(frozen=True)
class ScoredGroup:
    """Holds a prompt group with its completions and scores: the unit that advantages work on."""

    group: PromptGroup
    completions: list[Completion]
    """[samples] those that were generated to their end."""
    results: list[RewardResult]
    """[samples] the rewards, failed ones included: ``RewardResult.teaches`` says which may train.
    """
    weight_version: int
    """Oldest weight version that sampled any of its tokens."""
    lost: int = 0
    """Samples that were never finished: late, or given up. They are counted, and get no reward, not
    even zero.
    """
    kl_penalty: list[float] | None = None
    """[samples] what is subtracted from the rewards for the KL to the reference, with ``kl_in:
    reward``.
    """


@dataclass(frozen=True)
class PackedBatch:
    """Holds a micro-batch of packed rows: ``position_ids`` restart at every document.

    Shapes are [rows, row_tokens] unless said otherwise. Targets list the tokens that are trained:
    ``target_rows/cols`` [targets] point at the position that *predicts* ``target_ids``.
    """

    input_ids: npt.NDArray[np.int64]
    position_ids: npt.NDArray[np.int64]
    branch_ids: npt.NDArray[np.int64] | None
    """Which continuation of a document's shared prompt a token belongs to, counted from 1; 0: the
    prompt itself. None when no document has continuations."""
    target_rows: npt.NDArray[np.int64]
    target_cols: npt.NDArray[np.int64]
    target_ids: npt.NDArray[np.int64]
    target_sequence: npt.NDArray[np.int64]
    """[targets], index of the sequence (in the order given to the packer) that a target belongs to.
    """
    tokens: int
    """Tokens that are not padding."""

    @property
    def targets(self) -> int:
        """Count the trained tokens in this micro-batch."""
        return int(self.target_ids.shape[0])


@dataclass(frozen=True)
class TrainBatch:
    """Holds a packed micro-batch with what the objective needs of each trained token [targets]."""

    packed: PackedBatch
    advantages: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    """Factor of each token's policy and KL term in the sum that the step's denominator divides."""
    kl_beta: npt.NDArray[np.float32]
    rollout_logprobs: npt.NDArray[np.float32] | None
    """The generator's log-probabilities of the same tokens, where they were asked for."""
    domain: npt.NDArray[np.int64]
    """Index into ``domains``."""
    domains: tuple[str, ...]

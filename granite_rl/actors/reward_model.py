"""Holds the reward-model role, which scores conversations with the scalar reward model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from granite_rl.actors.node import node_id
from granite_rl.errors import DataError
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.types import Message
from rewards.result import RewardResult


class RewardModelWorker:
    """Holds one copy of the reward model.

    Args:
        model_path: directory of the reward model.
        threads: CPU threads.
        dtype: weights' type.
    """

    def __init__(self, model_path: str, threads: int, dtype: str) -> None:
        # Imported here, so that the driver, which imports this module to place the role, doesn't
        # pay transformers' 4 s.
        import torch

        from granite_rl.models.reward_model import RewardModel

        torch.set_num_threads(threads)
        place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = RewardModel.load(Path(model_path), dtype).to(place).eval()
        # Its own tokenizer and template: those of the policy may differ.
        self._tokenizer = load_tokenizer(Path(model_path))

    def describe(self) -> dict[str, Any]:
        """Say what really runs here; answers once the model is loaded."""
        return {
            "engine": type(self._model).__qualname__,
            "parameters": sum(parameter.numel() for parameter in self._model.parameters()),
            "pid": os.getpid(),
            "node": node_id(),
        }

    def score(self, prompt: Sequence[Message], completions: Sequence[str]) -> list[RewardResult]:
        """Return raw scores of completions to one prompt.

        A completion that can't be put into the chat template (it spells out a control token) is an
        ``error``, not a low score.
        """
        from granite_rl.models.reward_model import encode_for_scoring

        results: list[RewardResult | None] = []
        accepted = []
        for completion in completions:
            conversation = [*prompt, {"role": "assistant", "content": completion}]
            try:
                tokens = encode_for_scoring(self._tokenizer, conversation)
            except DataError as error:
                results.append(RewardResult.error(error.message))
            else:
                results.append(None)
                accepted.append(tokens)
        scores = iter(self._model.score_tokens(accepted))
        return [RewardResult(next(scores)) if result is None else result for result in results]

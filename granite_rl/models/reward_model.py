"""Define the scalar reward model: a Granite backbone that scores a conversation with one number.

The score is a linear read-out of the last token's hidden state, the end token of the assistant's
turn (Ouyang et al. 2022, arXiv 2203.02155). It is raw: differences between scores mean something,
their zero does not.

Batches are padded on the right and carry no attention mask: attention is causal, so nothing before
the last token can see the padding, and without a mask transformers never has to choose between a
mask and position ids. Parameter names and `architectures` are those that transformers and vLLM use
for sequence classification, so a directory is readable beyond this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import GraniteConfig, GraniteModel, PreTrainedTokenizerBase

from granite_rl.errors import DataError, PreflightError
from granite_rl.models.checkpoint_directory import read_config, replace_directory, weight_files
from granite_rl.models.config_files import read_config_files, write_config
from granite_rl.models.loading import load_policy, torch_dtype, write_weights
from granite_rl.models.preflight import REWARD_ARCHITECTURE
from granite_rl.models.tokenizer import end_of_turn, render_checked


class RewardModel(nn.Module):
    """Computes one score per conversation from a Granite backbone and a linear score head.

    Attributes:
        config: the backbone's configuration, marked as a reward model.
        model: the backbone.
        score: hidden size → 1, without bias (a constant cancels in every difference).
    """

    def __init__(self, backbone: GraniteModel) -> None:
        super().__init__()
        self.config: GraniteConfig = backbone.config
        self.config.architectures = [REWARD_ARCHITECTURE]
        self.config.num_labels = 1
        self.config.use_cache = False
        self.model = backbone
        self.score = nn.Linear(
            backbone.config.hidden_size,
            1,
            bias=False,
            dtype=backbone.embed_tokens.weight.dtype,
            device=backbone.embed_tokens.weight.device,
        )

    @classmethod
    def init_from_policy(cls, path: str | Path, seed: int, dtype: str = "float32") -> RewardModel:
        """Build a reward model on a policy's backbone, with a small random head drawn from `seed`.

        Raises:
            PreflightError: `path` is not a loadable Granite checkpoint.
        """
        reward_model = cls(load_policy(path, dtype).model)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            width = reward_model.config.hidden_size
            head = torch.randn(1, width, generator=generator) / math.sqrt(width + 1)
            reward_model.score.weight.copy_(head)
        return reward_model

    def forward(self, input_ids: Tensor, last_index: Tensor) -> Tensor:
        """Compute raw scores in float32.

        Args:
            input_ids: [batch, seq], padded on the right with any token.
            last_index: [batch], position of each conversation's last token.

        Returns:
            [batch].
        """
        hidden = self.model(input_ids=input_ids, use_cache=False).last_hidden_state
        rows = torch.arange(input_ids.shape[0], device=input_ids.device)
        scores: Tensor = self.score(hidden[rows, last_index]).squeeze(-1)
        return scores.float()

    @torch.no_grad()
    def score_tokens(
        self, conversations: Sequence[Sequence[int]], *, batch_size: int = 64
    ) -> list[float]:
        """Score conversations encoded by `encode_for_scoring`; scores come in the order given.

        They are batched by length, so that little is padding. Conversations longer than the
        model's context lose their *beginning*: the turn to judge is at the end.
        """
        limit = self.config.max_position_embeddings
        encoded = [list(tokens[-limit:]) for tokens in conversations]
        order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
        scores = [0.0] * len(encoded)
        device = self.score.weight.device
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            input_ids, last_index = pad_right([encoded[index] for index in chosen])
            batch = self(input_ids.to(device), last_index.to(device)).tolist()
            for index, score in zip(chosen, batch, strict=True):
                scores[index] = score
        return scores

    def save(self, directory: str | Path, tokenizer: PreTrainedTokenizerBase) -> Path:
        """Write config, safetensors and tokenizer atomically; an existing directory is replaced."""
        return save_reward_model(self.state_dict(), self.config, tokenizer, directory)

    @classmethod
    def load(cls, directory: str | Path, dtype: str = "float32") -> RewardModel:
        """Load a reward model that `save` wrote.

        Raises:
            PreflightError: not a checkpoint, or a policy rather than a reward model.
        """
        target = torch_dtype(dtype)
        root = Path(directory)
        read_config(root)
        config = read_config_files(root)
        if REWARD_ARCHITECTURE not in (config.architectures or []):
            raise PreflightError(
                f"{root} is not a reward model (architectures: {config.architectures}).",
                fix="train one from preference pairs with python -m sft.reward_model",
            )
        backbone: GraniteModel = GraniteModel._from_config(
            config, dtype=target, attn_implementation="sdpa"
        )
        reward_model = cls(backbone)
        state: dict[str, Tensor] = {}
        try:
            for name in weight_files(root):
                state.update(load_file(root / name))
            reward_model.load_state_dict(state, strict=True)
        except (RuntimeError, OSError, SafetensorError) as error:
            raise PreflightError(f"{root} does not fit its config.json: {error}") from error
        return reward_model


def save_reward_model(
    state: Mapping[str, Tensor],
    config: GraniteConfig,
    tokenizer: PreTrainedTokenizerBase,
    directory: str | Path,
) -> Path:
    """Write a reward model from its full state dict, in the format of `RewardModel.save`."""
    with replace_directory(directory) as temporary:
        write_weights(state, temporary)
        write_config(
            config,
            temporary,
            state["score.weight"].dtype,
            architectures=[REWARD_ARCHITECTURE],
            num_labels=1,
        )
        tokenizer.save_pretrained(temporary)
    return Path(directory)


def scoring_text(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, Any]]) -> str:
    """Render a conversation up to and including the end token of its last assistant turn.

    Raises:
        DataError: the conversation does not end with an assistant turn, or is malformed.
        ConfigError: the chat template doesn't end assistant turns with the end token.
    """
    text = render_checked(tokenizer, messages)
    if messages[-1]["role"] != "assistant":
        raise DataError(
            f"messages[{len(messages) - 1}].role: the last turn must be the assistant's."
        )
    return text[: end_of_turn(tokenizer, text, 0, len(messages) - 1)]


def encode_for_scoring(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Return the tokens of `scoring_text`; raises the same errors."""
    text = scoring_text(tokenizer, messages)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def pad_right(sequences: Sequence[Sequence[int]], pad_id: int = 0) -> tuple[Tensor, Tensor]:
    """Stack token lists into ([batch, longest], last index [batch]), both int64."""
    longest = max(len(tokens) for tokens in sequences)
    padded = [[*tokens, *[pad_id] * (longest - len(tokens))] for tokens in sequences]
    return torch.tensor(padded), torch.tensor([len(tokens) - 1 for tokens in sequences])

"""Computes log-probabilities of chosen tokens in memory that does not grow with the vocabulary.

The obvious way keeps a float32 tensor of [tokens x vocabulary]: 64 rows of 8,192 tokens at 100,352
entries are 196 GiB, several times over with its gradient. Here the backbone runs once, only the
positions that predict a trained token go through the head, and they do so in chunks that are
recomputed in the backward pass: the peak is three times one chunk's logits (1,024 x 100,352 float32
= 392 MiB), forward and backward, for one more head matmul per chunk. Where everything fits into one
chunk, recomputing would save nothing and is left out; small vocabularies get longer chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

if TYPE_CHECKING:
    from transformers import GraniteForCausalLM

CHUNK_TARGETS = 1024
"""Fewest targets whose logits are computed at the same time."""

CHUNK_ELEMENTS = 1 << 25
"""Logits of one chunk (128 MiB in float32) where a small vocabulary allows more than
`CHUNK_TARGETS` targets."""


def branch_mask(position_ids: Tensor, branch_ids: Tensor) -> Tensor:
    """Build the attention mask of rows whose documents are a prompt with several continuations.

    Args:
        position_ids: [rows, row_tokens], 0 where a document starts.
        branch_ids: [rows, row_tokens], 0 in a prompt, else the number of the continuation.

    Returns:
        [rows, 1, row_tokens (queries), row_tokens (keys)] bool: True for an earlier or the same
        token of the same document that is in its prompt or in the query's own continuation.
    """
    document = (position_ids == 0).cumsum(-1)
    same_document = document.unsqueeze(2) == document.unsqueeze(1)
    visible = (branch_ids == 0).unsqueeze(1) | (branch_ids.unsqueeze(2) == branch_ids.unsqueeze(1))
    return (same_document & visible).tril().unsqueeze(1)


class TokenLogprobs(nn.Module):
    """Wraps a causal language model so that ``forward`` gives log-probabilities of target tokens.

    It is the module that DeepSpeed wraps. The head is called as a submodule, so that ZeRO-3's hooks
    gather its (tied) weight.

    Args:
        model: the policy; its configuration's ``logits_scaling`` divides the logits.
        chunk_targets: targets per chunk; None chooses by the vocabulary.
    """

    def __init__(self, model: GraniteForCausalLM, chunk_targets: int | None = None) -> None:
        super().__init__()
        self.model = model
        self.chunk_targets = chunk_targets or max(
            CHUNK_TARGETS, CHUNK_ELEMENTS // int(model.config.vocab_size)
        )

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        target_rows: Tensor,
        target_cols: Tensor,
        target_ids: Tensor,
        temperature: float = 1.0,
        entropy: bool = False,
        branch_ids: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Compute the log-probability of every target token given what precedes it in its own
        sequence.

        Without shared prompts there is deliberately no attention mask: packed sequences are told
        apart by position ids.

        Args:
            input_ids: [rows, row_tokens].
            position_ids: [rows, row_tokens], restarting at 0 with every document.
            target_rows: [targets], row of the position that predicts the target.
            target_cols: [targets], column of that position.
            target_ids: [targets], the token it should predict.
            temperature: divides the logits, as it did when sampling.
            entropy: also give the entropy of every predicting distribution.
            branch_ids: [rows, row_tokens], see `PackedBatch.branch_ids`.

        Returns:
            (log-probabilities [targets] in float32 nats; entropies [targets] without gradient, or
            None).
        """
        hidden = self.model.model(
            input_ids=input_ids,
            position_ids=position_ids,
            attention_mask=None if branch_ids is None else self._mask(position_ids, branch_ids),
            use_cache=False,
        ).last_hidden_state
        chosen = hidden[target_rows, target_cols]
        logprobs: list[Tensor] = []
        entropies: list[Tensor] = []
        # An empty target list still goes through the head once: under ZeRO-3 every rank must take
        # part in every gathering.
        for start in range(0, max(1, target_ids.shape[0]), self.chunk_targets):
            part = slice(start, start + self.chunk_targets)
            if torch.is_grad_enabled() and target_ids.shape[0] > self.chunk_targets:
                result = checkpoint(
                    self._chunk,
                    chosen[part],
                    target_ids[part],
                    temperature,
                    entropy,
                    use_reentrant=False,
                    preserve_rng_state=False,
                )
            else:
                result = self._chunk(chosen[part], target_ids[part], temperature, entropy)
            logprob, chunk_entropy = cast(tuple[Tensor, Tensor | None], result)
            logprobs.append(logprob)
            if chunk_entropy is not None:
                entropies.append(chunk_entropy)
        return torch.cat(logprobs), torch.cat(entropies) if entropy else None

    def _mask(self, position_ids: Tensor, branch_ids: Tensor) -> Tensor:
        """Return `branch_mask` in the form of the model's attention: eager attention *adds* the
        mask to the scores, so that ones and zeros would hide nothing."""
        mask, kind = branch_mask(position_ids, branch_ids), self.model.config._attn_implementation
        if kind == "sdpa":
            return mask
        if kind == "eager":
            dtype = self.model.dtype
            return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, torch.finfo(dtype).min)
        raise ValueError(f"shared prompts need a mask: attention sdpa or eager, not {kind}")

    def _chunk(
        self, hidden: Tensor, target_ids: Tensor, temperature: float, entropy: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Compute log-probabilities (and entropies) of one chunk: [targets, hidden] ->
        [targets]."""
        scale = float(self.model.config.logits_scaling) * temperature
        raw = self.model.lm_head(hidden)
        logprobs, normaliser = cast(
            tuple[Tensor, Tensor],
            _ChosenLogprobs.apply(raw, target_ids, scale),  # type: ignore[no-untyped-call]
        )
        if not entropy:
            return logprobs, None
        with torch.no_grad():
            logits = raw.float() / scale
            weighted = (logits - normaliser.unsqueeze(-1)).exp_().mul_(logits)
            return logprobs, normaliser - weighted.sum(-1)


class _ChosenLogprobs(torch.autograd.Function):
    """Computes the log-softmax of raw logits over a scale, at one id each, and its normaliser.

    The same numbers as logsumexp and gather with their own gradients, to the bit, but those keep
    five float32 tensors of the logits' size alive in the backward pass where this keeps one beside
    the raw logits.
    """

    @staticmethod
    def forward(ctx: Any, raw: Tensor, target_ids: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        """Map [targets, vocabulary], [targets] to [targets], [targets] (without gradient)."""
        logits = raw.float() / scale
        normaliser = torch.logsumexp(logits, dim=-1)
        chosen = logits.gather(-1, target_ids.unsqueeze(-1)).squeeze(-1)
        ctx.save_for_backward(raw, target_ids, normaliser)
        ctx.mark_non_differentiable(normaliser)
        ctx.scale = scale
        return chosen - normaliser, normaliser

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Compute d logprob / d logit = [id is the target] - probability."""
        raw, target_ids, normaliser = ctx.saved_tensors
        gradient = gradients[0].unsqueeze(-1)
        result = (raw.float() / ctx.scale).sub_(normaliser.unsqueeze(-1)).exp_().mul_(-gradient)
        result.scatter_add_(-1, target_ids.unsqueeze(-1), gradient)
        return result.div_(ctx.scale).to(raw.dtype), None, None

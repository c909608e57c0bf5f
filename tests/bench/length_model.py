"""Makes a tiny Granite whose completions have a known distribution of lengths, and prompts for it.

Two trainers can only be compared on the same lengths, and lengths are sampled. Instead of forcing
them from outside (which each sampler would need told in its own way, at its own cost), they are in
the weights: any correct sampler at temperature 1 draws the same distribution.

The construction: a token's embedding says only how many tokens the completion has (its *age*, one
dimension each), and the head, which is not tied, reads the age off: it gives the end token the
probability that a completion of this age ends, and shares the rest equally between the tokens of
the next age. The blocks have random weights and are computed in full, but what they write to the
residual stream is scaled down to a thousandth, so that they change the probabilities by a few
percent. The shape is that of `tiny`: speed is that of any 1 M-parameter model with these lengths.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import torch

from envs.demo import sft_rows
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, save_hf
from granite_rl.models.tokenizer import (
    END_OF_TEXT_ID,
    MARKUP_TOKENS,
    SPECIAL_TOKENS,
    train_tokenizer,
)

GAP = 25.0
"""Logit gap in nats between tokens that may follow and those that may not: e^-25 x 1,000 tokens is
never."""

BLOCK_SCALE = 0.001
"""Factor by which the blocks' output projections are multiplied."""

ENVIRONMENT = '''"""Pays for distinct characters: any model earns some."""

from envs.base import SingleTurnEnv
from rewards import reward


@reward("distinct", range=(0.0, 1.0))
def distinct(completion: str) -> float:
    return min(1.0, len(set(completion)) / 30)


class DistinctEnv(SingleTurnEnv):
    domain = "distinct"
    reward = __file__ + ":distinct"
'''


def equal_lengths(tokens: int) -> list[float]:
    """Return the hazards of completions that all have ``tokens`` tokens, the end token included."""
    return [0.0] * (tokens - 1) + [1.0]


def lognormal_lengths(median: float, sigma: float, longest: int) -> list[float]:
    """Return the hazards of log-normal lengths, rounded up and cut off at ``longest``.

    Args:
        median: median of the log-normal, in tokens with the end token.
        sigma: standard deviation of the logarithm.
        longest: largest number of tokens.

    Returns:
        [longest] probability that a completion ends with its t-th token, given that it got there.
    """

    def below(tokens: int) -> float:
        return 0.5 * math.erfc(-math.log(tokens / median) / (sigma * math.sqrt(2))) if tokens else 0

    hazards = [(below(t) - below(t - 1)) / (1 - below(t - 1)) for t in range(1, longest)]
    return [*hazards, 1.0]


def expected_length(hazards: Sequence[float]) -> float:
    """Compute the mean number of tokens of a completion."""
    mean, alive = 0.0, 1.0
    for hazard in hazards:
        mean, alive = mean + alive, alive * (1 - hazard)
    return mean


def write_model(directory: Path, hazards: Sequence[float], seed: int = 0) -> Path:
    """Write a checkpoint of `tiny` with these lengths, and its tokenizer.

    Args:
        directory: directory that is written.
        hazards: [longest], see `lognormal_lengths`; at most as many as the model is wide.
        seed: seed of the blocks' weights.

    Raises:
        ValueError: too many ages for the width or the vocabulary.
    """
    texts = [message["content"] for row in sft_rows(400, 0) for message in row["messages"]]
    tokenizer = train_tokenizer(texts, 1024)
    config = granite_config("tiny", vocab_size=len(tokenizer), tie_word_embeddings=False)
    first = len(SPECIAL_TOKENS) + len(MARKUP_TOKENS)
    ages, width = len(hazards), int(config.hidden_size)
    if ages > width or ages > len(tokenizer) - first:
        raise ValueError(f"{ages} ages need a width and a vocabulary of as many")
    # Age of every token: the prompt's last one is a control token, with which age 0 begins.
    age = torch.zeros(len(tokenizer), dtype=torch.long)
    age[first:] = 1 + torch.arange(len(tokenizer) - first) % ages
    model = init_policy(config, seed)
    peak = math.sqrt(width)  # RMS norm makes a lone entry this large
    embedding = torch.zeros(len(tokenizer), width)
    embedding[torch.arange(len(tokenizer)), age % width] = peak / config.embedding_multiplier
    head = torch.zeros(len(tokenizer), width)
    for position, hazard in enumerate(hazards):
        following = torch.nonzero(age == position + 1).flatten()
        if hazard < 1:
            head[following, position] = GAP / peak
        if hazard > 0:
            odds = len(following) * hazard / (1 - hazard) if hazard < 1 else 1.0
            head[END_OF_TEXT_ID, position] = (GAP + math.log(odds)) / peak
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(embedding)
        model.lm_head.weight.copy_(head * float(config.logits_scaling))
        for name, parameter in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                parameter.mul_(BLOCK_SCALE)
    return save_hf(model, config, tokenizer, directory)


def write_prompts(directory: Path, prompts: int) -> Path:
    """Write prompt rows of about 20 tokens for a reward that costs nothing; returns their file."""
    directory.mkdir(parents=True, exist_ok=True)
    environment = directory / "distinct_env.py"
    environment.write_text(ENVIRONMENT)
    path = directory / "train.jsonl"
    with path.open("w") as file:
        for number in range(prompts):
            row = {
                "data_source": "bench",
                "prompt": [{"role": "user", "content": f"How many eggs are {number} eggs?"}],
                "env_class": f"{environment}:DistinctEnv",
                "reward_spec": {"method": "rule", "ground_truth": ""},
            }
            file.write(json.dumps(row) + "\n")
    return path

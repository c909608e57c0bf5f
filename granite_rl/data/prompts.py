"""Check prompts before a run starts: environments, rewards, lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from transformers import PreTrainedTokenizerBase

from envs.base import SingleTurnEnv
from envs.registry import load_env_class, make_env
from granite_rl.errors import DataError
from granite_rl.models.tokenizer import encode_prompt
from granite_rl.types import PromptRow

REFUSED_SHOWN = 10
"""Number of refused rows that a message names; further ones are only counted."""


class Prompts(NamedTuple):
    """Holds the prompts that can be used."""

    rows: list[PromptRow]
    """Usable rows, with their token ids."""
    too_long: int
    """Number of rows left out because their prompt exceeds the limit."""


def prepare_prompts(
    rows: Sequence[PromptRow], tokenizer: PreTrainedTokenizerBase, max_prompt_tokens: int
) -> Prompts:
    """Build every row's environment once, tokenise its prompt, leave out prompts that are too long.

    Raises:
        DataError: an environment refuses its row or names an unknown reward, or every prompt is too
            long.
    """
    kept: list[PromptRow] = []
    refused: list[DataError] = []
    for row in rows:
        _check_environment(row)
        try:
            ids = encode_prompt(tokenizer, list(row.prompt), tools=row.tools or None)
        except DataError as error:
            refused.append(DataError(f"{row.origin}: {error.message}", error.fix))
            continue
        if len(ids) <= max_prompt_tokens:
            kept.append(replace(row, token_ids=tuple(ids)))
    if refused:
        raise _together(refused)
    if not kept:
        raise DataError(
            f"all {len(rows)} prompts exceed rollout.max_prompt_tokens={max_prompt_tokens}",
            "raise rollout.max_prompt_tokens, or use shorter prompts",
        )
    return Prompts(kept, len(rows) - len(kept))


def _together(refused: Sequence[DataError]) -> DataError:
    """Combine the errors of all rows that the template or tokenizer refuses, each with its line."""
    shown = [error.message for error in refused[:REFUSED_SHOWN]]
    if len(refused) > len(shown):
        shown.append(f"and {len(refused) - len(shown)} more rows")
    return DataError("\n".join(shown), refused[0].fix)


def describe_too_long(kind: str, prompts: Prompts) -> str:
    """Say how many prompts were left out for their length.

    Args:
        kind: which rows they are, for the message.
        prompts: the prompts that were kept, and the number of those left out.
    """
    total = len(prompts.rows) + prompts.too_long
    return (
        f"{prompts.too_long} of {total} {kind} prompts exceed rollout.max_prompt_tokens and are "
        "left out"
    )


def _check_environment(row: PromptRow) -> None:
    try:
        make_env(row.env_class, row.environment_fields())
    except LookupError as error:
        raise DataError(f"{row.origin}: {error.args[0]}") from None
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise DataError(
            f"{row.origin}: environment {row.env_class!r} refuses the row: {error}"
        ) from None


def uses_reward_model(env_class: str) -> bool:
    """Return whether an environment's training score comes from the scalar reward model."""
    return bool(getattr(load_env_class(env_class), "uses_reward_model", False))


def takes_turns(env_class: str) -> bool:
    """Return whether an environment may answer, so that an episode can have several turns."""
    return not issubclass(load_env_class(env_class), SingleTurnEnv)

"""Read preference pairs from JSONL or parquet, tokenise them, and put them into order.

Order is a pure function of (seed, epoch), so a run that resumes sees exactly the pairs it would
have seen. All texts are tokenised in one call, which takes half the time of one call each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from granite_rl.data.rows import chat_messages, data_rows
from granite_rl.errors import DataError
from granite_rl.models.reward_model import scoring_text
from granite_rl.types import Message
from rewards.files import replacing

_WANTED = (
    'each row must be a JSON object {"prompt": [{"role": ..., "content": ...}, ...], '
    '"chosen": "...", "rejected": "..."}'
)


class Pair(NamedTuple):
    """Holds one tokenised preference pair."""

    chosen: list[int]
    rejected: list[int]
    language: str

    @property
    def length(self) -> int:
        """Return the number of tokens of the longer conversation."""
        return max(len(self.chosen), len(self.rejected))


class Data(NamedTuple):
    """Holds the pairs that are trained on and those that are only scored."""

    train: list[Pair]
    heldout: list[Pair]


def read_pairs(path: Path, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[Pair]:
    """Read and tokenise the pairs of a JSONL or parquet file, in its order.

    Raises:
        DataError: the file or a row is unusable; the message names file and line.
    """
    places: list[str] = []
    languages: list[str] = []
    texts: list[str] = []
    for where, row in data_rows([path], ("prompt",), _WANTED):
        prompt, answers, language = _parse_row(row, where)
        try:
            texts += [
                scoring_text(tokenizer, [*prompt, {"role": "assistant", "content": answer}])
                for answer in answers
            ]
        except DataError as error:
            raise DataError(f"{where}: {error.message}", error.fix) from error
        places.append(where)
        languages.append(language)
    if not places:
        raise DataError(f"{path}: no preference pairs in it")
    tokens = [list(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    pairs = [
        Pair(tokens[2 * index], tokens[2 * index + 1], language)
        for index, language in enumerate(languages)
    ]
    for where, pair in zip(places, pairs, strict=True):
        if pair.length > max_tokens:
            raise DataError(
                f"{where}: a conversation of {pair.length} tokens",
                f"shorten it, or raise trainer.row_tokens (now {max_tokens})",
            )
    return pairs


def _parse_row(
    row: Mapping[str, Any], where: str
) -> tuple[tuple[Message, ...], tuple[str, str], str]:
    expected = {"prompt": list, "chosen": str, "rejected": str}
    for key, kind in expected.items():
        if not isinstance(row.get(key), kind):
            got = f"got {row[key]!r}" if key in row else "it is missing"
            raise DataError(f"{where}: {key} must be a {kind.__name__}, {got}", _WANTED)
    if row["chosen"] == row["rejected"]:
        raise DataError(f"{where}: chosen and rejected are the same text")
    # Without a prompt, answers are compared by themselves.
    prompt = chat_messages(row["prompt"], where, "prompt", None) if row["prompt"] else ()
    return prompt, (row["chosen"], row["rejected"]), str(row.get("language") or "unknown")


def save_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    """Write pairs to a file that `load_pairs` reads, atomically."""
    answers = [answer for pair in pairs for answer in (pair.chosen, pair.rejected)]
    with replacing(path) as stream:
        np.savez(
            stream,
            token_ids=np.concatenate([np.array(answer, dtype=np.uint32) for answer in answers]),
            ends=np.cumsum([len(answer) for answer in answers]),
            languages=np.array([pair.language for pair in pairs]),
        )


def load_pairs(path: Path) -> list[Pair]:
    """Read a file that `save_pairs` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        answers = [answer.tolist() for answer in np.split(stored["token_ids"], stored["ends"][:-1])]
        languages = stored["languages"].tolist()
    return [
        Pair(answers[2 * index], answers[2 * index + 1], language)
        for index, language in enumerate(languages)
    ]


def total_steps(pairs: int, epochs: float, pairs_per_step: int) -> int:
    """Return the optimizer steps of a run; pairs that don't fill the last batch are left out."""
    return int(pairs * epochs) // pairs_per_step


def batch_order(pairs: int, step: int, pairs_per_step: int, seed: int) -> list[int]:
    """Return the indices of one step's pairs: pieces of a fresh permutation per epoch."""
    chosen: list[int] = []
    position = step * pairs_per_step
    while len(chosen) < pairs_per_step:
        epoch, offset = divmod(position, pairs)
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(pairs, generator=generator)
        piece = order[offset : offset + pairs_per_step - len(chosen)].tolist()
        chosen += piece
        position += len(piece)
    return chosen


def micro_batches(pairs: Sequence[Pair], conversations: int) -> Iterator[list[Pair]]:
    """Yield pairs sorted by length, as many per micro-batch as its conversations allow."""
    ordered = sorted(pairs, key=lambda pair: pair.length)
    size = conversations // 2
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]

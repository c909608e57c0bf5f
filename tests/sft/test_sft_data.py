"""Conversations: masks, packing, order, and bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedTokenizerBase

from granite_rl.errors import DataError
from granite_rl.models.tokenizer import train_tokenizer
from sft.data import Conversations, assign_rows, batches_of, read_conversations, step_rows


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return train_tokenizer(["How much is one and two? It is three, my friend."] * 5, 350)


def conversation(*turns: str) -> dict[str, object]:
    roles = ["user", "assistant"]
    return {"messages": [{"role": roles[i % 2], "content": t} for i, t in enumerate(turns)]}


ROWS = [
    conversation("one?", "It is one."),
    conversation("two?", "It is two.", "and three?", "three, my friend."),
    conversation("x" * 300, "too long"),
    conversation("three?", "three"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n")
    return path


def test_only_what_assistants_wrote_is_trained(
    file: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    read = read_conversations([file], tokenizer, 128)
    read.save(tmp_path / "c.npz")
    loaded = Conversations.load(tmp_path / "c.npz")
    assert (len(loaded), read.too_long) == (3, 1)
    assert loaded.tokens == loaded.lengths.sum()
    trained = []
    for index in range(3):
        token_ids, mask = loaded[index]
        chosen = [token for token, keep in zip(token_ids, mask, strict=True) if keep]
        trained.append(tokenizer.decode(chosen, skip_special_tokens=False))
    assert trained == [
        "It is one.<|end_of_text|>",
        "It is two.<|end_of_text|>three, my friend.<|end_of_text|>",
        "three<|end_of_text|>",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"prompt": "x"}', "no messages"),
        ('{"messages": "x"}', "'messages' is text that is not JSON"),
        ('{"messages": [{"content": "x"}]}', "no role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no assistant turn"),
        ('{"messages": []}', "empty"),
        (
            '{"messages": [{"role": "user", "content": "<|end_of_text|>"},'
            ' {"role": "assistant", "content": "x"}]}',
            "control token",
        ),
    ],
)
def test_bad_rows_are_named(
    tmp_path: Path, tokenizer: PreTrainedTokenizerBase, line: str, message: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line + "\n")
    with pytest.raises(DataError, match=rf"bad\.jsonl:2: .*{message}"):
        read_conversations([path], tokenizer, 128)


def test_nothing_left_is_an_error(file: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(DataError, match="4 exceed 5 tokens"):
        read_conversations([file], tokenizer, 5)
    with pytest.raises(DataError, match="no such file"):
        read_conversations([file.with_name("none")], tokenizer, 5)


def test_rows_hold_every_conversation_once_and_little_air() -> None:
    lengths = np.random.default_rng(0).integers(10, 90, 3000)
    rows = assign_rows(lengths, 128, seed=1)
    assert sorted(index for row in rows for index in row) == list(range(3000))
    assert max(lengths[row].sum() for row in rows) <= 128
    assert lengths.sum() / (len(rows) * 128) > 0.95
    assert rows == assign_rows(lengths, 128, seed=1)


def test_every_row_once_per_epoch_whatever_the_batch() -> None:
    steps = [index for step in range(7) for index in step_rows(10, 4, step, seed=3)]
    assert sorted(steps[:10]) == sorted(steps[10:20]) == list(range(10))
    assert steps[:10] != steps[10:20]
    whole = [index for step in range(14) for index in step_rows(10, 2, step, seed=3)]
    assert whole == steps


def test_batches_hold_the_rows_they_were_given(
    file: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    read = read_conversations([file], tokenizer, 128)
    batches = batches_of(read, [[2, 0], [1], [0]], 2, 0)
    assert [batch.input_ids.shape[0] for batch in batches] == [2, 1]
    tokens, _ = read[2]
    assert batches[0].input_ids[0, : len(tokens)].tolist() == tokens
    expected = [sum(read[i][1]) for i in (2, 0, 1)]
    assert batches[0].targets == sum(expected)
    assert np.bincount(batches[0].target_sequence).tolist() == expected

"""Tests packing: nothing lost, nothing shared, the right targets, and good efficiency."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from granite_rl.training.packing import (
    SampleTokens,
    StreamingPacker,
    assign_best_fit,
    empty_batch,
)
from granite_rl.types import PackedBatch
from tests.granite_rl.training.packed import pack_all

Sequences = list[tuple[list[int], list[bool]]]
PAD = 0


def unpack(batch: PackedBatch) -> set[tuple[int, ...]]:
    """Return the documents of a batch, found the way transformers finds them: where positions
    restart."""
    documents = set()
    for ids, positions in zip(batch.input_ids, batch.position_ids, strict=True):
        starts = [*np.flatnonzero(positions == 0).tolist(), len(ids)]
        for start, end in itertools.pairwise(starts):
            assert positions[start:end].tolist() == list(range(end - start))
            documents.add(tuple(ids[start:end].tolist()))
    return documents


def targets_by_sequence(batch: PackedBatch) -> dict[int, list[tuple[int, int]]]:
    """Return (predicting token, target) pairs of every sequence, read through the batch's own
    indices."""
    result: dict[int, list[tuple[int, int]]] = {}
    for row, col, target, sequence in zip(
        batch.target_rows, batch.target_cols, batch.target_ids, batch.target_sequence, strict=True
    ):
        assert batch.input_ids[row, col + 1] == target
        assert batch.position_ids[row, col + 1] == batch.position_ids[row, col] + 1
        result.setdefault(int(sequence), []).append((int(batch.input_ids[row, col]), int(target)))
    return result


@st.composite
def many_sequences(draw: st.DrawFn) -> Sequences:
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=25))
    result: Sequences = []
    token = 1
    for length in lengths:
        mask = [False, *draw(st.lists(st.booleans(), min_size=length - 1, max_size=length - 1))]
        result.append((list(range(token, token + length)), mask))  # every token is unique
        token += length
    return result


def expected_targets(tokens: list[int], mask: list[bool]) -> list[tuple[int, int]]:
    return [(tokens[t - 1], tokens[t]) for t in range(1, len(tokens)) if mask[t]]


@settings(max_examples=60, deadline=None)
@given(many_sequences(), st.integers(12, 20), st.integers(1, 4))
def test_streaming_keeps_order_and_loses_nothing(
    sequences: Sequences, row_tokens: int, rows: int
) -> None:
    packer = StreamingPacker(row_tokens, rows, PAD)
    batches = [packer.add(*sequence) for sequence in sequences]
    batches.append(packer.flush())
    assert packer.flush() is None
    position = 0
    for batch in filter(None, batches):
        assert batch.input_ids.shape == batch.position_ids.shape
        assert batch.input_ids.shape[0] <= rows
        assert batch.input_ids.shape[1] <= row_tokens
        documents = unpack(batch)
        targets = targets_by_sequence(batch)
        assert list(batch.target_sequence) == sorted(batch.target_sequence)
        count = 0
        # The batch holds the next sequences in order, no others.
        used = 0
        while used < batch.tokens:
            tokens, mask = sequences[position]
            assert tuple(tokens) in documents
            assert targets.get(count, []) == expected_targets(tokens, mask)
            used += len(tokens)
            position += 1
            count += 1
        assert used == batch.tokens
        assert batch.targets == sum(len(pairs) for pairs in targets.values())
    assert position == len(sequences)


@settings(max_examples=60, deadline=None)
@given(many_sequences(), st.integers(12, 20), st.integers(1, 4))
def test_pack_all_loses_nothing(sequences: Sequences, row_tokens: int, rows: int) -> None:
    batches = pack_all(sequences, row_tokens, rows, PAD)
    documents = set().union(*(unpack(batch) for batch in batches))
    assert documents >= {tuple(tokens) for tokens, _ in sequences}
    found: dict[int, list[tuple[int, int]]] = {}
    for batch in batches:
        found.update(targets_by_sequence(batch))
    for index, (tokens, mask) in enumerate(sequences):
        assert found.get(index, []) == expected_targets(tokens, mask)
    assert sum(batch.tokens for batch in batches) == sum(len(tokens) for tokens, _ in sequences)


Groups = list[tuple[list[int], list[SampleTokens]]]


@st.composite
def prompt_groups(draw: st.DrawFn) -> Groups:
    """Make prompts of up to 6 tokens with up to 8 samples of up to 6, every token unique."""
    groups: Groups = []
    token = itertools.count(1)
    for samples in draw(st.lists(st.lists(st.integers(1, 6), max_size=8), min_size=1, max_size=6)):
        prompt = [next(token) for _ in range(draw(st.integers(1, 6)))]
        groups.append(
            (prompt, [SampleTokens([next(token) for _ in range(n)], [True] * n) for n in samples])
        )
    return groups


@settings(max_examples=60, deadline=None)
@given(prompt_groups(), st.integers(12, 30), st.integers(1, 3))
def test_samples_branch_off_a_prompt_laid_out_once_a_row(
    groups: Groups, row_tokens: int, rows: int
) -> None:
    packer = StreamingPacker(row_tokens, rows, PAD)
    batches: list[PackedBatch] = []
    for prompt, samples in groups:
        batches += packer.add_group(prompt, samples)
    batches += filter(None, [packer.flush()])
    expected = iter([(prompt, sample) for prompt, samples in groups for sample in samples])
    for batch in batches:
        assert batch.input_ids.shape[0] <= rows
        assert batch.input_ids.shape[1] <= row_tokens
        assert list(batch.target_sequence) == sorted(batch.target_sequence)
        assert batch.branch_ids is not None
        for sequence in range(int(batch.target_sequence[-1]) + 1):
            prompt, sample = next(expected)
            mine = batch.target_sequence == sequence
            assert batch.target_ids[mine].tolist() == sample.token_ids
            row = int(batch.target_rows[mine][0])
            # Read the row back as the mask does: the prompt's tokens, then the branch's own.
            predictors = batch.input_ids[row, batch.target_cols[mine]].tolist()
            assert predictors == [prompt[-1], *sample.token_ids[:-1]]
            at = int(np.flatnonzero(batch.input_ids[row] == sample.token_ids[0])[0])
            here = slice(at, at + len(sample.token_ids))
            end = len(prompt) + len(sample.token_ids)
            assert batch.position_ids[row, here].tolist() == list(range(len(prompt), end))
            assert len(set(batch.branch_ids[row, here].tolist())) == 1
            assert batch.branch_ids[row, at] > 0
        for row_ids in batch.input_ids:
            real = row_ids[row_ids != PAD].tolist()
            assert len(real) == len(set(real)), "a token is laid out once a row"
    assert next(expected, None) is None


def test_a_group_goes_where_all_of_it_fits() -> None:
    packer = StreamingPacker(20, 2, PAD)
    # 13 tokens of the first row's 20; 10 that open the second row; 6 that fit best into the first.
    assert packer.add_group([1, 2, 3], [SampleTokens([4] * 5, [True] * 5)] * 2) == []
    assert packer.add_group([5, 6], [SampleTokens([7] * 8, [True] * 8)]) == []
    assert packer.add_group([8, 9], [SampleTokens([10] * 4, [True] * 4)]) == []
    batch = packer.flush()
    assert batch is not None
    assert batch.input_ids[0].tolist() == [1, 2, 3, *[4] * 10, 8, 9, *[10] * 4]
    assert batch.branch_ids is not None
    assert batch.branch_ids[0].tolist() == [0, 0, 0, *[1] * 5, *[2] * 5, 0, 0, *[1] * 4]


@pytest.mark.parametrize(
    ("prompt", "sample", "message"),
    [
        ([], SampleTokens([1], [True]), "empty prompt"),
        ([1], SampleTokens([], []), "empty sample"),
        ([1], SampleTokens([1, 2], [True]), "2 tokens but 1"),
        ([1] * 6, SampleTokens([1] * 5, [True] * 5), "11 tokens exceeds the row of 10"),
    ],
)
def test_groups_that_cannot_be_packed_are_refused(
    prompt: list[int], sample: SampleTokens, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        StreamingPacker(10, 2, PAD).add_group(prompt, [sample])


def test_best_fit_wastes_less_than_one_percent() -> None:
    lengths = np.random.default_rng(0).lognormal(5.5, 1.0, 4000).astype(int).clip(1, 4096).tolist()
    rows = assign_best_fit(lengths, 4096)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= 4096 for row in rows)
    assert sum(lengths) / (len(rows) * 4096) > 0.99


def test_rows_are_trimmed_to_the_longest() -> None:
    packer = StreamingPacker(100, 2, PAD)
    packer.add([1] * 70, [False] * 70)
    packer.add([2] * 60, [False] * 60)
    batch = packer.flush()
    assert batch is not None
    assert batch.input_ids.shape == (2, 70)
    assert batch.position_ids[1].tolist() == [*range(60), *range(10)]


def test_a_sequence_goes_where_it_fits_best() -> None:
    packer = StreamingPacker(10, 3, PAD)
    for length, token in ((6, 1), (8, 2), (9, 3), (2, 4)):
        assert packer.add([token] * length, [False] * length) is None
    batch = packer.flush()
    assert batch is not None
    assert batch.input_ids[1].tolist() == [2] * 8 + [4] * 2


@pytest.mark.parametrize(
    ("tokens", "mask", "message"),
    [
        ([], [], "empty"),
        ([1, 2], [False], "2 tokens but 1"),
        ([1] * 11, [False] * 11, "11 tokens exceeds the row of 10"),
        ([1, 2], [True, True], "first token"),
    ],
)
def test_what_cannot_be_packed_is_refused(
    tokens: list[int], mask: list[bool], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        StreamingPacker(10, 2, PAD).add(tokens, mask)


def test_empty_batch_trains_nothing() -> None:
    batch = empty_batch(PAD)
    assert batch.targets == 0
    assert batch.tokens == 0
    assert batch.input_ids.shape == (1, 1)

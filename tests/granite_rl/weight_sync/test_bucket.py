"""Tests buckets: what is packed is what is read, nothing is copied twice, and damage is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from granite_rl.weight_sync.bucket import ALIGNMENT, Bucket, BucketError, pack, unpack

TENSORS = {
    "a": torch.randn(3, 5),
    "scalar": torch.tensor(2.5),
    "b": torch.randn(7).to(torch.bfloat16),
    "transposed": torch.randn(4, 6).T,
    "empty": torch.zeros(0, 3),
    "c": torch.arange(11),
    "large": torch.randn(700),
}

PADDED = {
    "wide": torch.randn(5, 1024).to(torch.bfloat16),
    "wide_transposed": torch.randn(512, 3).T,
    "stack": torch.randn(2, 3, 512),
    "long": torch.randn(600, 1024).to(torch.bfloat16),
    "no_rows": torch.zeros(0, 1024),
    "no_columns": torch.zeros(3, 0),
}


def packed(limit: int, tensors: dict[str, Tensor]) -> Iterator[tuple[Bucket, Tensor]]:
    """Return the buckets with their memory, each in fresh memory full of ones."""
    memories: list[Tensor] = []

    def allocate(size: int) -> Tensor:
        memories.append(torch.ones(size, dtype=torch.uint8))
        return memories[-1]

    for bucket in pack(tensors.items(), 7, limit, allocate):
        yield bucket, memories[bucket.index]


@pytest.mark.parametrize("limit", [64, 200, 1 << 20])
def test_round_trip_is_bit_exact_for_every_dtype_and_layout(limit: int) -> None:
    read: dict[str, Tensor] = {}
    tensors = TENSORS | PADDED
    for index, (bucket, memory) in enumerate(packed(limit, tensors)):
        assert (bucket.version, bucket.index) == (7, index)
        again = Bucket.from_info(bucket.as_info())
        assert again == bucket
        read |= dict(unpack(again, memory))
    assert list(read) == list(tensors)
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_buckets_stay_within_the_limit_unless_one_tensor_is_larger() -> None:
    buckets = [bucket for bucket, _ in packed(256, TENSORS)]
    assert len(buckets) > 2
    for bucket in buckets:
        assert bucket.size <= 256 or [entry.name for entry in bucket.entries] == ["large"]
        assert all(entry.offset % ALIGNMENT == 0 for entry in bucket.entries)


def test_a_tied_head_is_stored_once_even_where_a_bucket_is_full() -> None:
    embedding = torch.randn(64, 16)
    tensors = {"embedding": embedding, "head": embedding, "norm": torch.randn(16)}
    (first, memory), (second, _) = packed(embedding.nbytes, tensors)
    assert first.size == embedding.nbytes
    assert [entry.name for entry in second.entries] == ["norm"]
    read = dict(unpack(first, memory))
    assert torch.equal(read["head"], embedding)
    assert read["head"].data_ptr() == read["embedding"].data_ptr()


@pytest.mark.parametrize(("columns", "pitch"), [(16, 16), (512, 528)])
def test_stacked_matrices_lie_side_by_side(columns: int, pitch: int) -> None:
    parts = {name: torch.randn(rows, columns) for name, rows in (("q", 8), ("k", 4), ("v", 4))}
    ((bucket, memory),) = packed(1 << 20, parts)
    q, k, v = (tensor for _, tensor in unpack(bucket, memory))
    whole = q.as_strided((16, columns), (pitch, 1))
    assert torch.equal(whole, torch.cat([q, k, v]))


def test_padding_is_zero_and_no_payload() -> None:
    matrix = torch.randn(8, 512)
    ((bucket, memory),) = packed(1 << 20, {"embedding": matrix, "head": matrix})
    assert bucket.payload == matrix.nbytes < bucket.size
    assert not memory[: bucket.size].view(8, -1)[:, 2048:].any()


@pytest.mark.parametrize("damage", ["flip", "truncate", "zero", "stale", "layout", "checksum"])
def test_damage_is_noticed_before_a_tensor_is_given(damage: str) -> None:
    ((bucket, memory),) = packed(1 << 20, TENSORS)
    if damage == "flip":
        memory[17] ^= 1
    elif damage == "truncate":
        memory = memory[: bucket.size - 1]
    elif damage == "zero":
        memory.zero_()
    elif damage == "stale":
        ((_, memory),) = packed(1 << 20, {name: t + 1 for name, t in TENSORS.items()})
    elif damage == "layout":
        beyond = replace(bucket.entries[0], offset=bucket.size)
        bucket = replace(bucket, entries=(beyond,))
    else:
        bucket = replace(bucket, checksum="0" * 32)
    with pytest.raises(BucketError, match="bucket 0 of weights 7"):
        unpack(bucket, memory)

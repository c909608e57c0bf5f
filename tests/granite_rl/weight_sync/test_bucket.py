"""Weight files: what is written is what is read, and damage is noticed before anything is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from granite_rl.weight_sync.bucket import BucketError, read_bucket, write_bucket

TENSORS = {
    "a": torch.randn(3, 5),
    "scalar": torch.tensor(2.5),
    "b": torch.randn(7).to(torch.bfloat16),
    "transposed": torch.randn(4, 6).T,
    "empty": torch.zeros(0, 3),
    "c": torch.arange(11),
}


def test_round_trip_is_bit_exact_for_every_dtype_and_layout(tmp_path: Path) -> None:
    manifest = write_bucket(tmp_path / "w", 7, TENSORS.items())
    assert manifest.version == 7
    read = dict(read_bucket(manifest))
    assert list(read) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)
    assert (tmp_path / "w").stat().st_mode & 0o077 == 0, "weights are nobody else's to read"


@pytest.mark.parametrize("damage", ["flip", "truncate", "zero", "missing", "stale"])
def test_damage_is_noticed_before_a_tensor_is_given(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "w"
    manifest = write_bucket(path, 1, TENSORS.items())
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[17] ^= 1
    elif damage == "truncate":
        del data[-1:]
    elif damage == "zero":
        data = bytearray(len(data))
    elif damage == "stale":
        write_bucket(path, 2, [(name, tensor + 1) for name, tensor in TENSORS.items()])
        data = bytearray(path.read_bytes())
    path.unlink() if damage == "missing" else path.write_bytes(bytes(data))
    with pytest.raises(BucketError, match=str(path)):
        next(iter(read_bucket(manifest)))


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    manifest = write_bucket(tmp_path / "w", 1, TENSORS.items())
    with pytest.raises(BucketError, match="checksum"):
        next(iter(read_bucket(replace(manifest, checksum="0" * 32))))

"""Writes and reads a trainer's state in files that don't depend on the number of ranks or ZeRO
stage.

A run keeps one float32 master copy and two Adam moments of every parameter, and how many steps
it took (12 bytes a parameter). Where they lie depends on the layout:

- ZeRO 0: on every rank, whole.
- ZeRO 1 and 2: a group's parameters end to end, padded, cut into equal parts, one a rank.
- ZeRO 3: each parameter on its own cut into equal parts, the last one padded.

Either way a rank holds ranges of parameters, so that is what it writes: `Fragment`s, by name and
range, to one safetensors file of its own (padding is left out, and under ZeRO 0 every rank writes
an equal part). A rank that loads looks up which files cover the ranges that it holds now, and reads
those bytes alone: no rank ever needs more memory than its part, no conversion comes between, and on
the same layout every bit is as it was. The working copy of the parameters is not stored: it is the
master, rounded.

DeepSpeed's universal checkpoint has the same aim. It converts a finished checkpoint into three
pickles per parameter in a step of its own, and every rank then reads every parameter in full. Its
map from parameters to partitions (``_hp_mapping``) is used here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor, nn

from granite_rl.errors import PreflightError
from granite_rl.models.loading import save_tensors

STATE_FILE = "state-{rank:05d}-of-{ranks:05d}.safetensors"

MASTER = "master"
MOMENTS = ("exp_avg", "exp_avg_sq")
"""Names of AdamW's moments in torch's optimizer state."""

State = dict[Tensor, dict[str, Any]]
"""State of a torch optimizer (``torch.optim.Optimizer.state``)."""


@dataclass(frozen=True)
class Fragment:
    """Describes a range of one flattened parameter that this rank's optimizer updates."""

    name: str
    shape: tuple[int, ...]
    """Shape of the whole parameter."""
    start: int
    """First element of the range in the parameter."""
    size: int
    holder: Tensor
    """Tensor that the torch optimizer updates: the parameter itself, or a partition of many."""
    offset: int
    """First element of the range in ``holder``."""

    def within(self, tensor: Tensor) -> Tensor:
        """Return the range's elements [size] of ``holder``, or of a moment of the same shape."""
        return tensor.detach().view(-1).narrow(0, self.offset, self.size)


def fragments(
    named: Sequence[tuple[str, nn.Parameter]], optimizer: Any, zero_stage: int
) -> list[Fragment]:
    """List what this rank holds of every trained parameter; at most one range of each.

    Args:
        named: parameters with the names they get on disk, on all ranks alike.
        optimizer: DeepSpeed's, or torch's under ZeRO 0.
        zero_stage: 0 .. 3.
    """
    found = []
    parameter: Any  # DeepSpeed adds its own attributes to it
    for name, parameter in named:
        if not parameter.requires_grad:
            continue
        if zero_stage == 0:
            shape, start, size, holder, offset = parameter.shape, 0, parameter.numel(), parameter, 0
        elif zero_stage == 3:
            # DeepSpeed empties a parameter while it is partitioned; its own shape is in ds_shape.
            shape = parameter.ds_shape
            group, offset, part = optimizer.grad_position[optimizer.get_param_id(parameter)]
            holder = optimizer.fp32_partitioned_groups_flat[group]
            start = part * torch.distributed.get_rank()
            size = min(part, shape.numel() - start)
        else:
            shape, mapping = parameter.shape, parameter._hp_mapping
            if mapping is None:
                continue
            holder = optimizer.single_partition_of_fp32_groups[mapping.param_group_index]
            start, size = mapping.lp_fragment_address.start, mapping.lp_fragment_address.numel
            offset = mapping.hp_fragment_address.start
        if size > 0:
            found.append(Fragment(name, tuple(shape), start, size, holder, offset))
    return found


def rank_partition(held: Sequence[Fragment], rank: int, ranks: int) -> list[Fragment]:
    """Return one rank's equal part of what all ranks hold alike, laid end to end and cut into
    ``ranks``."""
    total = sum(fragment.size for fragment in held)
    first, last = total * rank // ranks, total * (rank + 1) // ranks
    part, at = [], 0
    for fragment in held:
        begin, end = max(first - at, 0), min(last - at, fragment.size)
        if begin < end:
            part.append(
                replace(
                    fragment,
                    start=fragment.start + begin,
                    size=end - begin,
                    offset=fragment.offset + begin,
                )
            )
        at += fragment.size
    return part


def write_state(
    directory: Path, held: Sequence[Fragment], state: State, rank: int, ranks: int
) -> None:
    """Write one rank's ranges; what lies on a device passes through the host's memory.

    Args:
        directory: directory of the checkpoint, the same for all ranks.
        held: the ranges; those of all ranks together cover every parameter exactly once.
        state: state of the torch optimizer, without entries before its first step.
        rank: this rank. ranks: how many there are.

    Raises:
        OSError: the disk refused.
    """
    steps = {int(entry["step"]) for entry in state.values()} or {0}
    if len(steps) > 1:
        raise RuntimeError(f"parameters of one optimizer are at different steps: {sorted(steps)}")
    step = steps.pop()
    tensors = {}
    for fragment in held:
        tensors[f"{MASTER}.{fragment.name}"] = fragment.within(fragment.holder).cpu()
        for kind in MOMENTS if step else ():
            moment = state[fragment.holder][kind]
            tensors[f"{kind}.{fragment.name}"] = fragment.within(moment).cpu()
    ranges = {fragment.name: (fragment.start, fragment.shape) for fragment in held}
    path = directory / STATE_FILE.format(rank=rank, ranks=ranks)
    save_tensors(tensors, path, {"step": str(step), "ranges": json.dumps(ranges)})


def read_state(directory: Path, held: Sequence[Fragment], state: State) -> None:
    """Fill this rank's ranges with what any number of ranks wrote at any ZeRO stage.

    Args:
        directory: directory of the checkpoint.
        held: the ranges to fill, masters and moments.
        state: state of the torch optimizer; its entries are made or overwritten.

    Raises:
        PreflightError: files are missing, or they are of a model with other parameters.
    """
    with ExitStack() as stack:
        stored = _open_all(directory, stack)
        holders = {id(fragment.holder): fragment.holder for fragment in held}.values()
        for holder in holders:
            if not stored.step:
                state.pop(holder, None)  # torch makes its entries in the first step
                continue
            # Moments that exist are filled in place: DeepSpeed keeps views of them.
            entry = state.setdefault(holder, {})
            entry["step"] = torch.tensor(float(stored.step))
            for kind in MOMENTS:
                if kind not in entry:
                    entry[kind] = torch.zeros_like(holder.detach())
        for fragment in held:
            stored.fill(MASTER, fragment, fragment.within(fragment.holder))
            for kind in MOMENTS if stored.step else ():
                stored.fill(kind, fragment, fragment.within(state[fragment.holder][kind]))


class _Piece(NamedTuple):
    """Holds a range of a parameter in an open file."""

    start: int
    shape: tuple[int, ...]
    file: Any


@dataclass(frozen=True)
class _Stored:
    """Holds the open files of a checkpoint."""

    directory: Path
    step: int
    pieces: dict[str, list[_Piece]]
    """Ranges in the files, by parameter."""

    def fill(self, kind: str, fragment: Fragment, target: Tensor) -> None:
        """Copy the fragment's elements of the master or a moment into ``target`` [size]."""
        filled = 0
        for file, there, here in self._overlaps(kind, fragment):
            target[here].copy_(file.get_slice(f"{kind}.{fragment.name}")[there])
            filled += here.stop - here.start
        if filled != fragment.size:
            raise PreflightError(
                f"{self.directory} holds {filled} of the {fragment.size} elements of "
                f"{fragment.name} that a rank needs",
                "the checkpoint is of another model, or not whole; resume from another one",
            )

    def _overlaps(self, kind: str, fragment: Fragment) -> Iterator[tuple[Any, slice, slice]]:
        """Yield (file, elements of its tensor, elements of the fragment) of each piece that covers
        a part of the fragment."""
        for piece in self.pieces.get(fragment.name, ()):
            if piece.shape != fragment.shape:
                raise PreflightError(
                    f"{self.directory}: {fragment.name} is {list(piece.shape)}, "
                    f"in this model {list(fragment.shape)}",
                    "resume with the model that the checkpoint was made with",
                )
            (size,) = piece.file.get_slice(f"{kind}.{fragment.name}").get_shape()
            begin = max(piece.start, fragment.start)
            end = min(piece.start + size, fragment.start + fragment.size)
            if begin < end:
                yield (
                    piece.file,
                    slice(begin - piece.start, end - piece.start),
                    slice(begin - fragment.start, end - fragment.start),
                )


def _open_all(directory: Path, stack: ExitStack) -> _Stored:
    """Open the files of all ranks that wrote; only their headers are read."""
    paths = sorted(directory.glob("state-*-of-*.safetensors"))
    ranks = len(paths)
    expected = [directory / STATE_FILE.format(rank=rank, ranks=ranks) for rank in range(ranks)]
    if not paths or paths != expected:
        raise PreflightError(
            f"{directory} does not hold the state of all ranks of one run: "
            f"{', '.join(path.name for path in paths) or 'no state-*.safetensors'}",
            "resume from another checkpoint",
        )
    steps, pieces = set(), dict[str, list[_Piece]]()
    for path in paths:
        file = stack.enter_context(safe_open(path, framework="pt"))
        metadata = file.metadata()
        steps.add(int(metadata["step"]))
        for name, (start, shape) in json.loads(metadata["ranges"]).items():
            pieces.setdefault(name, []).append(_Piece(start, tuple(shape), file))
    if len(steps) > 1:
        raise PreflightError(
            f"{directory} mixes states of steps {sorted(steps)}", "resume from another checkpoint"
        )
    return _Stored(directory, steps.pop(), pieces)

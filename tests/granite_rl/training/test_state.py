"""Tests state on disk: ranges written in any layout are read back in any other, with the same
bits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from granite_rl.errors import PreflightError
from granite_rl.training.state import (
    MOMENTS,
    Fragment,
    State,
    rank_partition,
    read_state,
    write_state,
)

SHAPES = {"a": (3, 4), "b": (1,), "c": (5, 2, 1), "d": (7,)}


def parts(kind: str, ranks: int) -> list[list[Fragment]]:
    """Return what every rank holds, cut as ZeRO 0 (equal parts), 1-2 (flat) or 3 (each parameter)
    cuts it."""
    sizes = {name: math.prod(shape) for name, shape in SHAPES.items()}
    whole = [
        Fragment(name, shape, 0, sizes[name], torch.zeros(shape), 0)
        for name, shape in SHAPES.items()
    ]
    if kind == "whole":
        return [rank_partition(whole, rank, ranks) for rank in range(ranks)]
    held: list[list[Fragment]] = []
    for rank in range(ranks):
        if kind == "flat":
            width = -(-sum(sizes.values()) // (2 * ranks)) * 2
            holder, first, mine, at = torch.zeros(width), rank * width, [], 0
            for name, shape in SHAPES.items():
                begin, end = max(first, at), min(first + width, at + sizes[name])
                if begin < end:
                    mine.append(
                        Fragment(name, shape, begin - at, end - begin, holder, begin - first)
                    )
                at += sizes[name]
        else:
            widths = {name: -(-size // ranks) for name, size in sizes.items()}
            holder, mine, at = torch.zeros(sum(widths.values())), [], 0
            for name, shape in SHAPES.items():
                start = rank * widths[name]
                size = min(widths[name], sizes[name] - start)
                if size > 0:
                    mine.append(Fragment(name, shape, start, size, holder, at))
                at += widths[name]
        held.append(mine)
    return held


def expected(kind: str, fragment: Fragment) -> torch.Tensor:
    """Return the right content of a range, in which every element has a number of its own."""
    salt = {"master": 0.1, "exp_avg": 1000.2, "exp_avg_sq": 2000.3}[kind]
    first = 100 * list(SHAPES).index(fragment.name) + fragment.start
    return torch.arange(first, first + fragment.size, dtype=torch.float32) + salt


def filled(held: Sequence[Fragment], step: int) -> State:
    """Fill ranges with their content, and return the optimizer's state."""
    state: State = {}
    for fragment in held:
        fragment.within(fragment.holder).copy_(expected("master", fragment))
        if step:
            entry = state.setdefault(fragment.holder, {"step": torch.tensor(float(step))})
            for kind in MOMENTS:
                moment = entry.setdefault(kind, torch.zeros_like(fragment.holder))
                fragment.within(moment).copy_(expected(kind, fragment))
    return state


layouts = st.tuples(st.sampled_from(["whole", "flat", "each"]), st.integers(1, 5))


@settings(deadline=None, max_examples=60)
@given(saved=layouts, wanted=layouts, step=st.sampled_from([0, 7]))
def test_any_layout_reads_what_any_other_wrote(
    saved: tuple[str, int], wanted: tuple[str, int], step: int
) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        for rank, held in enumerate(parts(*saved)):
            write_state(directory, held, filled(held, step), rank, saved[1])
        for held in parts(*wanted):
            state: State = {}
            read_state(directory, held, state)
            for fragment in held:
                got = fragment.within(fragment.holder)
                assert torch.equal(got, expected("master", fragment))
                if step:
                    entry = state[fragment.holder]
                    assert float(entry["step"]) == step
                    for kind in MOMENTS:
                        got = fragment.within(entry[kind])
                        assert torch.equal(got, expected(kind, fragment))
            assert step or not state


def test_going_back_to_before_the_first_step_forgets_the_moments(tmp_path: Path) -> None:
    (held,) = parts("flat", 1)
    write_state(tmp_path, held, {}, 0, 1)
    state = filled(held, 7)
    read_state(tmp_path, held, state)
    assert not state


def test_partitions_are_equal_and_complete() -> None:
    whole = parts("whole", 1)[0]
    for ranks in range(1, 8):
        shares = [rank_partition(whole, rank, ranks) for rank in range(ranks)]
        sizes = [sum(fragment.size for fragment in share) for share in shares]
        assert sum(sizes) == sum(math.prod(shape) for shape in SHAPES.values())
        assert max(sizes) - min(sizes) <= 1


def written(directory: Path, ranks: int, step: int = 7) -> None:
    for rank, held in enumerate(parts("flat", ranks)):
        write_state(directory, held, filled(held, step), rank, ranks)


def test_a_missing_rank_is_named(tmp_path: Path) -> None:
    written(tmp_path, 3)
    (tmp_path / "state-00001-of-00003.safetensors").unlink()
    with pytest.raises(PreflightError, match="state-00000-of-00003"):
        read_state(tmp_path, parts("flat", 1)[0], {})
    with pytest.raises(PreflightError, match=r"no state-\*\.safetensors"):
        read_state(tmp_path / "elsewhere", parts("flat", 1)[0], {})


def test_ranks_of_different_steps_are_refused(tmp_path: Path) -> None:
    written(tmp_path, 2)
    held = parts("flat", 2)[1]
    write_state(tmp_path, held, filled(held, 8), 1, 2)
    with pytest.raises(PreflightError, match=r"steps \[7, 8\]"):
        read_state(tmp_path, parts("flat", 1)[0], {})


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("a", (4, 3), r"a is \[3, 4\], in this model \[4, 3\]"),
        ("e", (3, 4), "0 of the 12 elements of e"),
    ],
)
def test_another_model_is_refused(
    tmp_path: Path, name: str, shape: tuple[int, ...], message: str
) -> None:
    written(tmp_path, 2)
    held = [Fragment(name, shape, 0, 12, torch.zeros(shape), 0)]
    with pytest.raises(PreflightError, match=message):
        read_state(tmp_path, held, {})

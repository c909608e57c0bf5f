"""Ancestors are found, also after the tree of runs was moved, and never for ever."""

from __future__ import annotations

from pathlib import Path

from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.runs.lineage import lineage_chain, read_lineage

from .conftest import OpenRun


def make_chain(open_run: OpenRun, root: Path) -> None:
    parent: Path | None = None
    for stage in ("base", "sft", "math"):
        with open_run(dir=root / stage, kind=stage) as run:
            run.hf.mkdir()
            (run.hf / "model.safetensors").write_bytes(stage.encode())
            parent_hash = None if parent is None else checkpoint_hash(parent)
            run.write_lineage(stage, "demo", parent, parent_hash, beta=0.5)
            run.finish("succeeded", 0)
            parent = run.hf


def test_the_chain_leads_from_the_first_ancestor(open_run: OpenRun, tmp_path: Path) -> None:
    make_chain(open_run, tmp_path / "runs")
    chain = lineage_chain(tmp_path / "runs" / "math")
    assert [link.stage for link in chain] == ["base", "sft", "math"]
    assert [link.parent for link in chain] == [
        None,
        str(tmp_path / "runs" / "base" / "hf"),
        str(tmp_path / "runs" / "sft" / "hf"),
    ]
    assert chain[2].parent_hash == checkpoint_hash(tmp_path / "runs" / "sft" / "hf")
    assert chain[2].extra == {"beta": 0.5}


def test_a_moved_tree_keeps_its_lineage(open_run: OpenRun, tmp_path: Path) -> None:
    make_chain(open_run, tmp_path / "runs")
    (tmp_path / "runs").rename(tmp_path / "archive")
    chain = lineage_chain(tmp_path / "archive" / "math")
    assert [link.stage for link in chain] == ["base", "sft", "math"]


def test_a_parent_outside_any_run_ends_the_chain(open_run: OpenRun, tmp_path: Path) -> None:
    released = tmp_path / "granite-4.0"
    released.mkdir()
    with open_run() as run:
        run.write_lineage("math", "demo", released, None)
        run.finish("succeeded", 0)
    (link,) = lineage_chain(run.path)
    assert link.parent == str(released)
    assert lineage_chain(tmp_path / "nowhere") == []
    assert read_lineage(tmp_path) is None


def test_a_circle_ends(open_run: OpenRun) -> None:
    with open_run() as run:
        run.write_lineage("a", "demo", run.checkpoints, None)
        run.finish("succeeded", 0)
    assert [link.stage for link in lineage_chain(run.path)] == ["a"]

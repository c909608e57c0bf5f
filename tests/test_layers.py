"""The house keeps its shape: arrows between rooms point one way, and heavy imports stay inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("granite_rl", "pretrain", "sft", "rewards", "envs")
MAX_LINES = 800
HEAVY = {"vllm", "deepspeed", "ray"}

# Room → rooms it may import, lowest first. A room may always import itself and BASE.
BASE = {
    "granite_rl",
    "granite_rl.errors",
    "granite_rl.types",
    "granite_rl.config",
    "granite_rl.child_process",
    "granite_rl.skyrl_compat",
}
LOW = {"granite_rl.models", "granite_rl.runs"}
MIDDLE = {
    "granite_rl.algorithm",
    "granite_rl.training",
    "granite_rl.weight_sync",
    "granite_rl.data",
}
OURS_BELOW_ACTORS = LOW | MIDDLE | {"envs", "rewards"}
ALLOWED: dict[str, set[str]] = {
    "rewards": set(),
    "envs": {"rewards"},
    "granite_rl.models": set(),
    "granite_rl.runs": set(),
    "granite_rl.algorithm": LOW | {"rewards"},
    "granite_rl.weight_sync": LOW,
    "granite_rl.data": LOW | {"envs", "rewards"},
    "granite_rl.training": LOW
    | {"granite_rl.algorithm", "granite_rl.weight_sync", "granite_rl.data"},
    "granite_rl.actors": OURS_BELOW_ACTORS | {"granite_rl.rollouts"},
    "granite_rl.rollouts": OURS_BELOW_ACTORS | {"granite_rl.actors"},
    "pretrain": LOW | {"granite_rl.training", "granite_rl.data", "granite_rl.entry"},
    "sft": LOW | {"granite_rl.training", "granite_rl.data", "granite_rl.entry", "rewards", "envs"},
}
# What starts runs; nothing that runs them may import it back.
ENTRY_POINTS = {"granite_rl.stage", "granite_rl.pipeline", "granite_rl.cli", "pretrain", "sft"}
# Rooms whose modules may not import these, not even inside a function.
FORBIDDEN_ANYWHERE = {
    "granite_rl.algorithm": HEAVY,
    "rewards": {"ray", "torch", "vllm", "deepspeed", "granite_rl"},
    "envs": {"ray", "vllm", "deepspeed", "granite_rl"},
}


def source_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """``granite_rl.data.rows`` lives in ``granite_rl.data``, ``envs.demo.math`` in ``envs``."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "granite_rl" else parts[0]


def imports(tree: ast.AST, *, top_level_only: bool = False) -> Iterator[tuple[str, int]]:
    """Imported module names with line numbers; imports for type checkers do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            module = node.module or ""
            yield module, node.lineno
            # `from granite_rl import stage` names a module too; a plain name does no harm here.
            if module in PACKAGES:
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
        elif (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)) or (
            top_level_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        else:
            yield from imports(node, top_level_only=top_level_only)


def test_the_checker_sees_what_it_should() -> None:
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import vllm\n"
        "try:\n    import ray.util\nexcept ImportError:\n    pass\n"
        "def f():\n    import deepspeed\n"
        "class C:\n    import torch\n"
    )
    assert {name for name, _ in imports(tree)} == {"typing", "ray.util", "deepspeed", "torch"}
    assert {name for name, _ in imports(tree, top_level_only=True)} == {
        "typing",
        "ray.util",
        "torch",
    }


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_arrows_point_one_way(room: str) -> None:
    wrong = []
    for path in source_files():
        if room_of(module_name(path)) != room:
            continue
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8"))):
            target = room_of(name)
            if target.split(".")[0] not in PACKAGES or target in BASE or target == room:
                continue
            is_room = (ROOT / target.replace(".", "/")).is_dir()
            is_module = (ROOT / f"{target.replace('.', '/')}.py").is_file()
            if (is_room or is_module) and target not in ALLOWED[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_its_entry_point() -> None:
    wrong = []
    for path in source_files():
        room = room_of(module_name(path))
        if room in ENTRY_POINTS or room.startswith("granite_rl.pipeline"):
            continue
        wrong += [
            f"{path.relative_to(ROOT)}:{line} imports {name}"
            for name, line in imports(ast.parse(path.read_text(encoding="utf-8")))
            if room_of(name) in ENTRY_POINTS
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", sorted(FORBIDDEN_ANYWHERE))
def test_pure_rooms_stay_pure(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in source_files()
        if room_of(module_name(path)) == room
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] in FORBIDDEN_ANYWHERE[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_vllm_and_deepspeed_are_not_imported_at_module_level() -> None:
    """The exception: engines that vLLM itself loads and that subclass its classes."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in source_files()
        if "weight_sync" not in path.parts and path.name != "sampler.py"
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")), top_level_only=True)
        if name.split(".")[0] in {"vllm", "deepspeed"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_entry_points_and_actors_import_ray_at_module_level() -> None:
    entry_points = {"stage.py", "controller.py", "rollouts.py"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in source_files()
        if "actors" not in path.parts and path.name not in entry_points
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")), top_level_only=True)
        if name.split(".")[0] == "ray"
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in source_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long

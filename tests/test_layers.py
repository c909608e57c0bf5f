"""The house keeps its shape: every module has a room, and arrows between rooms point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("granite_rl", "pretrain", "sft", "rewards", "envs")
MAX_LINES = 500
MAX_FUNCTION_LINES = 80
DATA_TABLES = {"granite_rl/runs/catalogue.py"}
"""Files that are one table: splitting them would not make them easier to read."""

# What everything of the platform may import.
BASE = {"granite_rl", "granite_rl.config", "granite_rl.errors", "granite_rl.types"}
LOW = {"granite_rl.models", "granite_rl.runs"}
MIDDLE = {
    "granite_rl.algorithm",
    "granite_rl.data",
    "granite_rl.training",
    "granite_rl.weight_sync",
}
ENTRY = {"granite_rl.entry", "granite_rl.command_line"}
REWARDS = {"rewards", "rewards.registry", "rewards.result", "rewards.user_files"}
# One reader, one writer, one look-up of mistyped names, one way to end when nobody reads any more:
# everything may use them.
FILES = {"rewards.files", "rewards.nearest", "rewards.piping"}

# Room -> rooms that its modules may import. A room is a folder; a module of a package's top folder
# that others stand on, or that starts something, has a row of its own. Every module finds its room
# here by its own name or its folder's, and may import that room and BASE.
ROOMS: Mapping[str, set[str]] = {
    # rewards: they import nothing of ours but each other
    "rewards.result": set(),
    "rewards.nearest": set(),
    "rewards.padding": set(),
    "rewards.files": {"rewards.padding"},
    "rewards.piping": set(),
    "rewards.user_files": set(),
    "rewards.foreign": set(),
    "rewards.registry": {"rewards.foreign", "rewards.nearest", "rewards.result"}
    | {"rewards.user_files"},
    "rewards.reading": {"rewards.reading.ignorance"},
    "rewards.reading.ignorance": set(),
    "rewards.structured": {"rewards.result"},
    "rewards.sandbox": {"rewards", "rewards.registry", "rewards.result"},
    "rewards.math": REWARDS | {"rewards.reading"},
    "rewards.identity": REWARDS | {"rewards.reading"},
    "rewards.sql": REWARDS | {"rewards.reading"},
    "rewards.ifeval": REWARDS
    | {"rewards.nearest", "rewards.piping", "rewards.reading", "rewards.structured"},
    "rewards.numeric": REWARDS | {"rewards.math", "rewards.reading"},
    "rewards.temporal": REWARDS | {"rewards.reading"},
    "rewards.reasoning_gym": REWARDS | {"rewards.reading"},
    "rewards": REWARDS
    | FILES
    | {"rewards.math", "rewards.reading", "rewards.sql", "rewards.structured"},
    "rewards.commands": REWARDS | FILES | {"rewards.reading", "rewards.sandbox"},
    "rewards.__main__": REWARDS | FILES | {"rewards.commands", "rewards.sandbox"},
    # environments stand on rewards
    "envs.names": set(),
    "envs": REWARDS
    | FILES
    | {"envs.names", "rewards.reading", "rewards.sandbox", "rewards.sql", "rewards.structured"}
    | {"rewards.commands"},
    "envs.tasks": REWARDS | {"envs", "rewards.reasoning_gym"},
    "envs.demo": FILES | {"envs"},
    "envs.__main__": FILES
    | {"envs", "envs.demo", "envs.tasks", "rewards.commands", "rewards.registry"},
    # what every part of the platform shares
    "granite_rl": set(),
    "granite_rl.errors": FILES,
    "granite_rl.config": set(),
    "granite_rl.types": {"rewards.result"},
    "granite_rl.command_line": FILES,
    "granite_rl.entry": FILES | {"granite_rl.command_line", "granite_rl.runs"},
    # one topic each
    "granite_rl.models": set(),
    "granite_rl.runs": set(),
    "granite_rl.algorithm": LOW | REWARDS,
    "granite_rl.weight_sync": LOW,
    "granite_rl.data": LOW | REWARDS | {"envs"},
    # its launcher answers the command line of supervised runs, as their entry points would
    "granite_rl.training": LOW | ENTRY | {"granite_rl.weight_sync", "granite_rl.data"},
    # the actors of a stage, the stage, and what is made of stages
    "granite_rl.actors": LOW | MIDDLE | REWARDS | {"envs", "rewards.sandbox"},
    "granite_rl.rl": LOW | MIDDLE | REWARDS | {"granite_rl.actors", "granite_rl.command_line"},
    "granite_rl.evaluation": LOW
    | MIDDLE
    | ENTRY
    | {"granite_rl.actors", "granite_rl.rl", "envs.names"},
    "granite_rl.pipeline": LOW | ENTRY | {"granite_rl.actors", "granite_rl.evaluation"},
    # what is started by name
    "granite_rl.stage": LOW | ENTRY | {"granite_rl.evaluation", "granite_rl.rl"},
    "granite_rl.doctor": LOW,
    "granite_rl.cli": {"granite_rl.runs"},
    "pretrain": LOW | ENTRY | {"granite_rl.training", "granite_rl.data"},
    "sft": LOW | ENTRY | REWARDS | {"granite_rl.training", "granite_rl.data"},
    "sft.reward_model": LOW | ENTRY | {"granite_rl.training", "granite_rl.data", "sft"},
}
NOT_BASE = {"rewards", "envs"}
"""Packages that may not even import BASE: they work without the platform."""

HEAVY = {"vllm", "deepspeed", "ray"}
# Rooms whose modules may not import these, not even inside a function.
FORBIDDEN_ANYWHERE = {
    "granite_rl.algorithm": HEAVY,
    "rewards": {"ray", "torch", "vllm", "deepspeed", "granite_rl"},
    "envs": {"ray", "vllm", "deepspeed", "granite_rl"},
}
RAY_ROOMS = {"granite_rl.actors", "granite_rl.rl", "granite_rl.evaluation", "granite_rl.stage"}
"""Rooms that import ray at module level."""
RAY_MODULES = {"granite_rl.weight_sync.nccl", "granite_rl.weight_sync.network"}
"""Transports that need ray; they are imported when a configuration chooses them."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """Every module of ours by name."""
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {module_name(path): path for path in files}


def room_of(module: str, is_package: bool) -> str | None:
    """The row of a module: its own, else its folder's; a folder without a row has no room."""
    if module in ROOMS:
        return module
    folder = module if is_package else module.rpartition(".")[0]
    # In granite_rl's top folder every module stands for itself: a new one needs a row.
    return folder if folder in ROOMS and folder != "granite_rl" else None


def room(module: str) -> str | None:
    """The room of one of our modules."""
    return room_of(module, modules()[module].name == "__init__.py")


def imports(tree: ast.AST, *, top_level_only: bool = False) -> Iterator[tuple[str, int]]:
    """Imported names with line numbers; imports for type checkers do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            yield node.module or "", node.lineno
            # `from granite_rl import stage` names a module too; a plain name is none of ours.
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)) or (
            top_level_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        else:
            yield from imports(node, top_level_only=top_level_only)


def misplaced(module: str, source: str) -> list[str]:
    """What is wrong with the imports of a module of that name."""
    home = room_of(module, is_package=False) if module not in modules() else room(module)
    if home is None:
        return [f"{module} has no room: give its folder, or it, a row in ROOMS"]
    allowed = ROOMS[home] | {home}
    if module.split(".")[0] not in NOT_BASE:
        allowed |= BASE | FILES
    wrong = []
    for name, line in imports(ast.parse(source)):
        target = room(name) if name in modules() else None
        if name in modules() and target not in allowed:
            wrong.append(f"{module}:{line} imports {name} of {target}")
    return wrong


def test_the_checker_sees_what_it_should() -> None:
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import vllm\n"
        "try:\n    import ray.util\nexcept ImportError:\n    pass\n"
        "def f():\n    import deepspeed\n"
        "class C:\n    import torch\n"
    )
    typing = {"typing", "typing.TYPE_CHECKING"}
    assert {name for name, _ in imports(tree)} == typing | {"ray.util", "deepspeed", "torch"}
    shallow = {name for name, _ in imports(tree, top_level_only=True)}
    assert shallow == typing | {"ray.util", "torch"}


def test_a_file_in_the_wrong_room_is_found() -> None:
    """The controller in `training`, an actor's pool in `rewards`, a file in a new or top folder."""
    controller = modules()["granite_rl.rl.controller"].read_text(encoding="utf-8")
    assert not misplaced("granite_rl.rl.controller", controller)
    assert misplaced("granite_rl.training.controller", controller)
    pool = modules()["granite_rl.actors.generator_pool"].read_text(encoding="utf-8")
    assert misplaced("rewards.generator_pool", pool)
    assert misplaced("granite_rl.helpers.text", "")
    assert misplaced("granite_rl.text", "")


@pytest.mark.parametrize("module", sorted(modules()))
def test_every_module_is_in_its_room(module: str) -> None:
    wrong = misplaced(module, modules()[module].read_text(encoding="utf-8"))
    assert not wrong, "\n".join(wrong)


def test_no_two_rooms_import_each_other() -> None:
    """No cycle of any length, whatever the table allows: rooms have floors."""
    arrows: dict[str, set[str]] = {name: set() for name in ROOMS}
    for module, path in modules().items():
        home = room(module)
        assert home is not None
        for name, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
            target = room(name) if name in modules() else None
            if target is not None and target != home:
                arrows[home].add(target)
    placed: set[str] = set()
    while True:
        floor = {name for name in arrows if name not in placed and arrows[name] <= placed}
        if not floor:
            break
        placed |= floor
    assert placed == set(ROOMS), f"these import each other: {sorted(set(ROOMS) - placed)}"


def test_every_room_exists() -> None:
    """A row whose folder or module is gone would let anything in that takes its name."""
    folders = {module.rpartition(".")[0] for module in modules()}
    assert set(ROOMS) <= set(modules()) | folders


@pytest.mark.parametrize("package", sorted(FORBIDDEN_ANYWHERE))
def test_pure_rooms_stay_pure(package: str) -> None:
    wrong = [
        f"{module}:{line} imports {name}"
        for module, path in modules().items()
        if module == package or module.startswith(f"{package}.")
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")))
        # The door to SkyRL keeps its registries from starting Ray actors.
        if name.split(".")[0] in FORBIDDEN_ANYWHERE[package]
        and module != "granite_rl.algorithm.skyrl"
    ]
    assert not wrong, "\n".join(wrong)


def test_vllm_and_deepspeed_are_not_imported_at_module_level() -> None:
    """The exception: engines that vLLM itself loads and that subclass its classes."""
    wrong = [
        f"{module}:{line} imports {name}"
        for module, path in modules().items()
        if room(module) != "granite_rl.weight_sync" and module != "granite_rl.actors.sampler"
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")), top_level_only=True)
        if name.split(".")[0] in {"vllm", "deepspeed"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_stages_and_actors_import_ray_at_module_level() -> None:
    wrong = [
        f"{module}:{line} imports {name}"
        for module, path in modules().items()
        if room(module) not in RAY_ROOMS and module not in RAY_MODULES
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")), top_level_only=True)
        if name.split(".")[0] == "ray"
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_and_functions_stay_readable() -> None:
    """The limits that CONTRIBUTING states hold for the product and for its tests."""
    wrong = []
    for path in (*modules().values(), *sorted((ROOT / "tests").rglob("*.py"))):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        if (lines := len(text.splitlines())) > MAX_LINES and name not in DATA_TABLES:
            wrong.append(f"{name} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    wrong.append(f"{name}:{node.lineno} {node.name} has {length} lines")
    assert not wrong, "\n".join(wrong)

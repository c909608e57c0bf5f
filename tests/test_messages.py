"""Messages name only configuration keys that exist.

The sources are walked for every string that goes into a `UserError` (and into the validators of the
configuration classes), and for every argument that is called a key. Whatever looks like a dotted
key there must be one: in the configuration of the entry point that the module belongs to, or, for
modules that several share, in any.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from granite_rl import errors
from granite_rl.config import StrictModel

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("granite_rl", "pretrain", "sft", "envs", "rewards")
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.UserError)
}
KEY_ARGUMENTS = {"key", "context_key"}
"""Parameters through which a caller says which key holds what is checked."""
OF_ROWS = {"reward_spec", "extra_info", "prompt", "messages", "tools"}
"""Fields of data rows that have fields themselves; messages about rows name those."""
ROOMS_OF_STAGES = ("granite_rl.stage", "granite_rl.rl")
"""Modules of StageConfig's entry point; the class itself is where all share it."""
SHARED = ("granite_rl.evaluation",)
"""Rooms whose modules serve their own entry point and others."""

_HOLE = "\0"
"""Stands for what an f-string puts in."""
_SEGMENT = rf"(?:[a-z][a-z0-9_]*|{_HOLE})"
_KEY = re.compile(rf"(?<![\w./<{_HOLE}-]){_SEGMENT}(?:\.{_SEGMENT})+(?![\w/(])")
_FILE = re.compile(r"\.(json|jsonl|jinja|py|yaml|txt|npz|parquet|safetensors|html|md)$")


class Text(NamedTuple):
    """Holds a string of a message."""

    module: str
    line: int
    content: str
    leads: bool
    """Whether the message begins with it, so that a key may be what it begins with."""


class Configurations(NamedTuple):
    """Holds the classes that entry points validate, by the package they belong to."""

    by_package: dict[str, type[BaseModel]]

    @property
    def all(self) -> list[type[BaseModel]]:
        return list(self.by_package.values())

    def of(self, module: str) -> list[type[BaseModel]]:
        """The class of the entry point that a module belongs to; all for shared modules."""
        if module.startswith(SHARED):
            return self.all
        owners = [name for name in self.by_package if f"{module}.".startswith(f"{name}.")]
        return [self.by_package[max(owners, key=len)]] if owners else self.all


@cache
def configurations() -> Configurations:
    """Find every configuration class with a `recipe`: those that entry points validate."""
    found: dict[str, type[BaseModel]] = {}
    for file, module in sources():
        if "StrictModel" not in file.read_text():
            continue
        for value in vars(importlib.import_module(module)).values():
            if not (isinstance(value, type) and issubclass(value, StrictModel)):
                continue
            if value.__module__ != module or "recipe" not in value.model_fields:
                continue
            package = module.rpartition(".")[0]
            for name in ROOMS_OF_STAGES if package == "granite_rl" else (package,):
                assert name not in found, f"{name} has two configurations"
                found[name] = value
    return Configurations(found)


def sources() -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            yield file, ".".join(part for part in parts if part != "__init__")


def texts(tree: ast.AST, module: str, *, validators: bool) -> Iterator[Text]:
    """Strings of errors' arguments and of key arguments, with holes where something is put in.

    Args:
        tree: of a module.
        module: its name.
        validators: whether its ValueErrors are messages too.
    """
    wanted = ERRORS | ({"ValueError"} if validators else set())
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else name
        parts = [(k.value, True) for k in node.keywords if k.arg in KEY_ARGUMENTS]
        if name in wanted:
            parts += [(argument, True) for argument in node.args]
            parts += [(k.value, True) for k in node.keywords]
        for part, leads in parts:
            for content in strings(part):
                yield Text(module, part.lineno, content, leads and name != "DataError")


def strings(node: ast.AST) -> Iterator[str]:
    """Every string of an expression; pieces of an f-string are put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        pieces = [
            str(value.value) if isinstance(value, ast.Constant) else _HOLE for value in node.values
        ]
        yield "".join(pieces)
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                yield from strings(value.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from strings(child)


def keys(text: Text, sections: set[str]) -> Iterator[str]:
    """What looks like a key: it is in a section, or is set with `=`, or begins the message."""
    for match in _KEY.finditer(text.content):
        key, after = match.group(), text.content[match.end() :]
        if _FILE.search(key) or key.split(".")[0] in OF_ROWS or key.startswith(_HOLE):
            continue
        begins = text.leads and match.start() == 0 and (after == "" or after.startswith(": "))
        if key.split(".")[0] in sections or begins or after.startswith("="):
            yield key


def exists(key: str, model: Any) -> bool:
    """Whether a dotted key with holes can be one of a configuration class."""
    segments = key.split(".")
    return _exists(segments, model)


def _exists(segments: list[str], kind: Any) -> bool:
    if not segments:
        return True
    origin = get_origin(kind)
    if origin is Annotated:
        return _exists(segments, get_args(kind)[0])
    if origin in (Union, UnionType):
        return any(_exists(segments, one) for one in get_args(kind) if one is not NoneType)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _exists(segments[1:], get_args(kind)[1])
    if kind is Any:
        return True
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return False
    return any(
        _exists(segments[1:], field.annotation)
        for name, field in kind.model_fields.items()
        if segments[0] in (name, _HOLE)
    )


def wrong(tree: ast.AST, module: str) -> list[str]:
    """Keys in a module's messages that its entry point doesn't have."""
    known = configurations()
    models = known.of(module)
    sections = {name for model in known.all for name in model.model_fields}
    validators = any(
        isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and "Strict" in base.id for base in node.bases)
        for node in ast.walk(tree)
    )
    return [
        f"{module}:{text.line}: {key.replace(_HOLE, '{}')}"
        for text in texts(tree, module, validators=validators)
        for key in keys(text, sections)
        if not any(exists(key, model) for model in models)
    ]


def test_every_entry_points_configuration_is_known() -> None:
    assert sorted(configurations().by_package) == [
        "granite_rl.evaluation",
        "granite_rl.pipeline",
        "granite_rl.rl",
        "granite_rl.stage",
        "pretrain",
        "sft",
        "sft.reward_model",
    ]


def test_messages_name_keys_that_exist() -> None:
    found = [
        line for file, module in sources() for line in wrong(ast.parse(file.read_text()), module)
    ]
    assert not found, "\n".join(found)


def set_keys(tree: ast.AST, sections: set[str]) -> Iterator[str]:
    """Keys that any text of a module sets with `=`: examples, and commands to run next."""
    for content in {content for node in ast.iter_child_nodes(tree) for content in strings(node)}:
        for match in _KEY.finditer(content):
            key = match.group()
            if content[match.end() : match.end() + 1] == "=" and key.split(".")[0] in sections:
                yield key


def test_commands_set_keys_that_exist() -> None:
    models = configurations().all
    sections = {name for model in models for name in model.model_fields}
    found = {
        (module, key)
        for file, module in sources()
        for key in set_keys(ast.parse(file.read_text()), sections)
    }
    assert len(found) > 50
    assert not [one for one in found if not any(exists(one[1], model) for model in models)]


def test_documents_name_keys_that_exist() -> None:
    """What the README and docs/ put between backticks; the changelog may name what is gone."""
    models = configurations().all
    sections = {name for model in models for name in model.model_fields}
    found = {
        (file.name, match.group())
        for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"))
        for code in re.findall(r"`([^`\n]+)`", file.read_text())
        for match in _KEY.finditer(code)
        if match.group().split(".")[0] in sections and not _FILE.search(match.group())
    }
    assert len(found) > 20
    assert not [one for one in found if not any(exists(one[1], model) for model in models)]


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("granite_rl.models.x", 'raise ConfigError("tokenizer.vocab_size: too small")'),
        ("granite_rl.models.x", 'raise PreflightError(f"reward_model.path: {path} is none")'),
        ("granite_rl.models.x", 'raise ConfigError(f"model.overrides.{name}: unknown")'),
        ("granite_rl.rl.x", 'raise ConfigError("optim.lr: wrong", "set optim.learning_rate to 1")'),
        ("granite_rl.rl.x", 'raise errors.ConfigError("wrong", fix="use invented.key=3")'),
        ("granite_rl.rl.x", 'raise ConfigError("a" if b else f"{c} and model.pth is missing")'),
        ("granite_rl.rl.x", 'check_model(path, key="models.mine")'),
        ("pretrain.x", 'raise ConfigError("optim.lr: the phases have the rates")'),
        ("pretrain.x", 'raise ConfigError(f"phases.{name}.merged: no")'),
        ("sft.x", 'raise DataError(f"data.held_out: {file} is empty")'),
        ("sft.reward_model.x", 'raise ConfigError("data.batch_rows: pairs have pairs_per_step")'),
        ("granite_rl.pipeline.x", 'raise ConfigError("data.train: a pipeline makes its own")'),
    ],
)
def test_an_invented_key_is_found(module: str, statement: str) -> None:
    assert len(wrong(ast.parse(statement), module)) == 1


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("granite_rl.rl.x", 'raise ConfigError("optim.lr: wrong", "set optim.lr=1e-6")'),
        ("granite_rl.rl.x", 'raise ConfigError(f"rollout.{name}: wrong, see conf/rl.yaml")'),
        ("granite_rl.rl.x", 'raise ConfigError(f"algorithm.kl_beta_per_domain.{name}: no")'),
        ("granite_rl.models.x", 'raise PreflightError(f"{where}model.safetensors is cut off")'),
        ("granite_rl.data.x", 'raise DataError("reward_spec.ground_truth: missing")'),
        ("granite_rl.data.x", 'raise DataError("run python -m sft.reward_model first")'),
        ("pretrain.x", 'raise ConfigError(f"phases.{name}.schedule.start: needs a rate")'),
        ("granite_rl.evaluation.x", 'check_model(path, key=f"models.{name}")'),
        ("granite_rl.rl.x", 'raise RuntimeError("optim.learning_rate is no message to users")'),
    ],
)
def test_what_is_right_passes(module: str, statement: str) -> None:
    assert wrong(ast.parse(statement), module) == []

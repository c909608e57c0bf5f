"""Turn a command line into a validated configuration, the same way for every entry point.

Every entry point has a root of its own under ``conf/``: ``conf/<name>/config.yaml`` with groups
beside it, and ``conf/cluster/`` for all of them. Hydra composes it with the user's overrides; a
strict pydantic model validates the result; a user's mistake is printed as key path, value, what is
allowed and the nearest match, without a traceback, and ends the process with its documented exit
code. Hydra's compose API is used instead of ``@hydra.main``, which neither takes a positional stage
name nor lets us choose the exit codes.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from granite_rl.command_line.overrides import argument, literal_values, path_keys, quote, split
from granite_rl.command_line.synonyms import suggest
from granite_rl.errors import ConfigError, UserError, first_line, missing_extras
from granite_rl.runs import surroundings
from rewards.nearest import nearest
from rewards.piping import until_reader_leaves

CONF = Path(__file__).resolve().parents[1] / "conf"
"""The configuration that belongs to this code, one directory for each entry point."""

ConfigT = TypeVar("ConfigT", bound=BaseModel)


class Parsed(NamedTuple):
    """Holds a parsed command line."""

    overrides: list[str]
    dry_run: bool


def parse_arguments(
    program: str,
    description: str,
    argv: Sequence[str],
    *,
    positional: str | None = None,
    epilog: str = "",
) -> Parsed:
    """Parse ``[POSITIONAL] [key=value ...] [--dry-run]``.

    Args:
        program: how the user calls it, for ``--help``.
        description: its purpose, for ``--help``.
        argv: arguments without the program's name.
        positional: name of a leading argument that stands for the override ``positional=VALUE``.
        epilog: examples, printed below the options.
    """
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="resolve and validate everything, print it, and exit"
    )
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="configuration overrides (Hydra syntax)"
    )
    if positional is not None:
        parser.usage = f"{program} {positional.upper()} [key=value ...] [--dry-run]"
    arguments = parser.parse_intermixed_args(list(argv))
    overrides = list(arguments.overrides)
    if positional is not None and overrides and "=" not in overrides[0]:
        overrides[0] = f"{positional}={overrides[0]}"
    for override in overrides:
        if "=" not in override and not override.startswith("~"):
            raise ConfigError(
                f"argument {override!r} is not of the form key=value", f"see `{program} --help`"
            )
    return Parsed(overrides, arguments.dry_run)


def configure(name: str, model: type[ConfigT], overrides: Sequence[str]) -> ConfigT:
    """Compose the root ``conf/<name>`` with a command line's overrides and validate the result.

    Raises:
        ConfigError: `compose` or `validate` refuses the configuration.
    """
    groups = _groups(name)
    sections = [*model.model_fields, *sorted(groups.difference(model.model_fields))]
    for override in overrides:
        key = split(override)[1]
        if re.split(r"[./@]", key)[0] not in sections:
            known = [*_leaves(model), *known_keys(name, overrides)]
            begins = f"a key begins with one of {', '.join(sections)}"
            raise ConfigError(f"{key}: unknown configuration key", suggest(key, known) or begins)
    return validate(model, compose(name, literal_values(overrides, path_keys(model), groups)))


def compose(name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Compose ``conf/<name>/config.yaml`` with overrides and resolve all interpolations.

    Raises:
        ConfigError: unknown key, group or option, or a missing mandatory value.
    """
    try:
        config = _compose(name, overrides)
        missing = OmegaConf.missing_keys(config)
        if missing:
            key = sorted(missing)[0]
            raise ConfigError(f"{key}: no value given", f"add `{key}=VALUE` to the command")
        resolved = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(*_explain_hydra(name, overrides, error)) from error
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def _compose(name: str, overrides: Sequence[str]) -> DictConfig:
    """Compose a root without resolving it; config groups that it lacks come from ``conf/``.

    Both places are named by path, so that a package ``conf`` in the working directory changes
    nothing.
    """
    shared = quote(f"file://{CONF}")
    with initialize_config_dir(str(CONF / name), version_base="1.3"):
        return hydra_compose("config", overrides=[*overrides, f"hydra.searchpath=[{shared}]"])


def known_keys(name: str, overrides: Sequence[str] = ()) -> list[str]:
    """List every key of a composition by dotted path, to suggest one; empty if none can be made.

    Of the overrides, only the choices of config groups are applied: they decide which keys exist.
    """
    groups = _groups(name)
    choices = [item for item in overrides if split(item)[1] in groups]
    try:
        tree = OmegaConf.to_container(_compose(name, choices), resolve=False)
    except HydraException:  # a group without a choice: its own message says so
        return []

    def walk(node: object, prefix: str) -> list[str]:
        if not isinstance(node, dict) or not node:
            return [prefix]
        return [
            path
            for key, value in node.items()
            for path in walk(value, f"{prefix}.{key}" if prefix else key)
        ]

    return walk(tree, "")


def _groups(name: str) -> set[str]:
    """Return the keys that choose a config group's file: folders, and what the defaults name."""
    folders = {path.name for path in (CONF / name).iterdir() if path.is_dir()}
    root = OmegaConf.load(CONF / name / "config.yaml")
    chosen = [item for item in root["defaults"] if isinstance(item, DictConfig)]
    return folders | {str(key).removeprefix("optional ") for item in chosen for key in item}


def _explain_hydra(name: str, overrides: Sequence[str], error: Exception) -> tuple[str, str]:
    text = str(error).strip()
    if isinstance(error, OverrideParseException):
        prefix, key, value = split(error.override)
        right = shlex.quote(prefix + argument(key, value or ""))
        return f"{key}: can't read the value {value!r}", f"as one string it is {right}"
    option = re.search(r"Could not find '([^']+)'", text)
    if option and "/" in option.group(1):
        group, wanted = option.group(1).rsplit("/", 1)
        available = re.findall(r"^\t(\S+)$", text, flags=re.MULTILINE)
        close = nearest(wanted, available)
        hint = f"did you mean `{group}={close[0]}`? " if close else ""
        return f"{group}: there is no option {wanted!r}", f"{hint}options: {', '.join(available)}"
    if mandatory := re.search(r"You must specify '([^']+)'", text):
        key = mandatory.group(1)
        available = re.findall(r"^\t(\S+)$", text, flags=re.MULTILINE)
        return f"{key}: no value given", f"add `{key}=OPTION`; options: {', '.join(available)}"
    if present := re.search(r"An item is already at '([^']+)'", text):
        key = present.group(1)
        return f"{key}: exists already", f"leave out the `+`: {key}=VALUE"
    match = re.search(r"Could not override '([^']+)'", text) or re.search(r"[Kk]ey '([^']+)'", text)
    if match:
        fix = suggest(match.group(1), known_keys(name, overrides))
        return (
            f"{match.group(1)}: unknown configuration key",
            fix or f"see the YAML files under conf/{name}/",
        )
    return first_line(
        error
    ), "Hydra override syntax is key=value; quote values with special characters"


def validate(model: type[ConfigT], resolved: dict[str, Any]) -> ConfigT:
    """Validate a composed configuration; the first problem of each key is reported.

    Raises:
        ConfigError: a value is wrong; the message names each key path, value and what is allowed.
    """
    try:
        return model.model_validate(resolved)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            # A rule over several sections has no place; its message begins with the key.
            path = _key_of(problem["loc"], resolved, problem["type"])
            value = problem.get("input")
            shown = "" if isinstance(value, dict) else f" (got {value!r})"
            message = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                hint = suggest(path, _leaves(model))
                message = "unknown configuration key" + (f"; {hint}" if hint else "")
            lines.append(f"{path}: {message}{shown}" if path else message)
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def _key_of(location: Sequence[int | str], resolved: Any, kind: str) -> str:
    """Return the dotted key of a problem: pydantic's location without the names of its types."""
    parts, value = [], resolved
    for number, part in enumerate(location):
        inside = part in value if isinstance(value, dict) else isinstance(value, list | tuple)
        absent = kind == "missing" and number == len(location) - 1
        if absent or inside:
            parts.append(str(part))
        if inside:
            value = value[part]
    return ".".join(parts)


def _leaves(model: type[BaseModel], prefix: str = "") -> list[str]:
    """List the keys of a configuration class by dotted path."""
    leaves = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            leaves += _leaves(inner, f"{prefix}{name}.")
        else:
            leaves.append(prefix + name)
    return leaves


def to_yaml(config: BaseModel) -> str:
    """Write the resolved configuration as YAML, in the order of its classes, one line a value."""
    values = config.model_dump(mode="json")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10**6)


def run_main(main: Callable[[Sequence[str]], int], argv: Sequence[str] | None = None) -> int:
    """Run an entry point; turn a ``UserError`` into a message on stderr and its exit code.

    Idle OpenMP threads sleep instead of spinning unless the caller says otherwise: where two busy
    roles share two cores, spinning made small matrix products three to eight times slower. It is
    set here because OpenMP reads it once, when torch is first imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    given = sys.argv[1:] if argv is None else argv
    try:
        surroundings.prepare()
        with missing_extras():
            if "--dry-run" in given:  # all that it does is to print
                return until_reader_leaves(lambda: main(given))
            return main(given)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return int(error.exit_code)

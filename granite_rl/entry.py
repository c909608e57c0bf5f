"""From a command line to a validated configuration, the same way for every entry point.

Hydra composes ``conf/<name>.yaml`` with the user's overrides; a strict pydantic model validates the
result; a user's mistake is printed as key path, value, what is allowed and the nearest match,
without a traceback, and ends the process with its documented exit code. Hydra's compose API is used
instead of ``@hydra.main`` because the latter neither takes a positional stage name nor lets us own
the exit codes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from granite_rl.errors import ConfigError, UserError
from granite_rl.runs import surroundings
from rewards.nearest import nearest

ConfigT = TypeVar("ConfigT", bound=BaseModel)


class Parsed(NamedTuple):
    """A parsed command line."""

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
        description: what it does.
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


def compose(config_name: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Compose ``conf/<config_name>.yaml`` with overrides and resolve all interpolations.

    Raises:
        ConfigError: unknown key, group or option, or a missing mandatory value.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with initialize_config_module("conf", version_base="1.3"):
            config = hydra_compose(config_name, overrides=list(overrides))
            missing = OmegaConf.missing_keys(config)
            if missing:
                key = sorted(missing)[0]
                raise ConfigError(f"{key}: no value given", f"add `{key}=VALUE` to the command")
            resolved = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(*_explain_hydra(config_name, overrides, error)) from error
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def known_keys(config_name: str, overrides: Sequence[str] = ()) -> list[str]:
    """Dotted paths of every key of a composition, for nearest-match hints.

    Of the overrides, only the choices of config groups are applied: they decide which keys exist.
    """
    from importlib.resources import files

    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from omegaconf import OmegaConf

    choices = [item for item in overrides if files("conf").joinpath(item.split("=")[0]).is_dir()]
    with initialize_config_module("conf", version_base="1.3"):
        config = hydra_compose(config_name, overrides=choices)
        tree = OmegaConf.to_container(config, resolve=False)

    def walk(node: object, prefix: str) -> list[str]:
        if not isinstance(node, dict) or not node:
            return [prefix]
        return [
            path
            for key, value in node.items()
            for path in walk(value, f"{prefix}.{key}" if prefix else key)
        ]

    return walk(tree, "")


def _explain_hydra(config_name: str, overrides: Sequence[str], error: Exception) -> tuple[str, str]:
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    match = re.search(r"Could not override '([^']+)'", text) or re.search(r"[Kk]ey '([^']+)'", text)
    option = re.search(r"Could not find '([^']+)'", text)
    if option and "/" in option.group(1):
        group, name = option.group(1).rsplit("/", 1)
        available = re.findall(r"^\t(\S+)$", text, flags=re.MULTILINE)
        close = nearest(name, available)
        hint = f"did you mean `{group}={close[0]}`? " if close else ""
        return f"{group}: there is no option {name!r}", f"{hint}options: {', '.join(available)}"
    mandatory = re.search(r"You must specify '([^']+)'", text)
    if mandatory:
        return (
            f"{mandatory.group(1)}: no value given",
            f"add `{mandatory.group(1)}=OPTION` to the command",
        )
    if match:
        key = match.group(1)
        close = nearest(key, known_keys(config_name, overrides), cutoff=0.4)
        hint = f"did you mean `{close[0]}`?" if close else "see the YAML files under conf/"
        return f"{key}: unknown configuration key", hint
    return first, "Hydra override syntax is key=value; quote values with special characters"


def validate(model: type[ConfigT], resolved: dict[str, Any]) -> ConfigT:
    """Validate a composed configuration; the first problem of each key is reported.

    Raises:
        ConfigError: naming every wrong key path, its value, and what is allowed.
    """
    try:
        return model.model_validate(resolved)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            path = ".".join(str(part) for part in problem["loc"]) or "configuration"
            value = problem.get("input")
            shown = "" if isinstance(value, dict) else f" (got {value!r})"
            message = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                siblings = _siblings(resolved, problem["loc"])
                allowed = _allowed_fields(model, problem["loc"]) - siblings
                close = [
                    ".".join([*map(str, problem["loc"][:-1]), name])
                    for name in nearest(str(problem["loc"][-1]), allowed or siblings, cutoff=0.4)
                ]
                message = "unknown configuration key" + (
                    f"; did you mean `{close[0]}`?" if close else ""
                )
            lines.append(f"{path}: {message}{shown}")
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def _siblings(resolved: dict[str, Any], location: tuple[int | str, ...]) -> set[str]:
    node: Any = resolved
    for part in location[:-1]:
        node = node.get(part, {}) if isinstance(node, dict) else {}
    return {str(key) for key in node} - {str(location[-1])} if isinstance(node, dict) else set()


def _allowed_fields(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    current: type[BaseModel] = model
    for part in location[:-1]:
        field = current.model_fields.get(str(part))
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return set()
        current = annotation
    return set(current.model_fields)


def to_yaml(config: BaseModel) -> str:
    """The resolved configuration as YAML, in the order of its classes."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def run_main(main: Callable[[Sequence[str]], int], argv: Sequence[str] | None = None) -> int:
    """Run an entry point; turn a ``UserError`` into a message on stderr and its exit code.

    Idle OpenMP threads sleep instead of spinning unless the caller says otherwise: where two busy
    roles share two cores, spinning made small matrix products three to eight times slower. It is
    set here because OpenMP reads it once, when torch is first imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        surroundings.prepare()
        return main(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return int(error.exit_code)

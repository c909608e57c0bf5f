"""Import Python files that are named by path, and the modules that lie beside them.

A file that says `import helper` gets the `helper.py` of its own directory, from wherever it is
used, at its top or inside a function. What is installed goes before what lies beside a file, and
modules are known by name in all of Python: where that gives the file another `helper` than its own,
loading it fails and says so, since wrong code would be worse than none.
"""

from __future__ import annotations

import ast
import contextlib
import errno
import hashlib
import importlib
import importlib.util
import socket
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_OURS = frozenset({"granite_rl", "rewards", "envs", "conf", "pretrain", "sft"})


class _Beside(MetaPathFinder):
    """Finds what lies beside the files loaded so far; asked last, when nothing installed has it."""

    def __init__(self) -> None:
        self.directories: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of the top level."""
        if path is not None:
            return None
        found = PathFinder.find_spec(fullname, self.directories)
        # A folder of data is no package.
        return found if found is not None and found.loader is not None else None

    def prefer(self, directory: Path) -> None:
        """Look into that directory first from here on."""
        if self not in sys.meta_path:
            sys.meta_path.append(self)
        rest = [one for one in self.directories if one != str(directory)]
        self.directories = [str(directory), *rest]


_beside = _Beside()


def load_file_module(path: Path) -> ModuleType:
    """Import a Python file by path, once, under a name derived from its place and content.

    Raises:
        LookupError: there is no such file, or Python cannot import it (the reason is named), or it
            would get another module than the one of that name beside it.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise LookupError(f"no such file: {path}")
    digest = hashlib.sha256(str(path).encode() + b"\0" + path.read_bytes()).hexdigest()[:16]
    name = f"_user_file_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise LookupError(f"{path} is not a Python file (its name must end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _beside.prefer(path.parent)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - the user's code raises anything
        del sys.modules[name]
        said = f"{type(problem).__name__}: {problem}{hint(problem)}"
        raise LookupError(_hidden(path) or f"{path} fails to import: {said}") from None
    if mistaken := _hidden(path):
        del sys.modules[name]
        raise LookupError(mistaken)
    return module


def hint(problem: BaseException) -> str:
    """Say what to do about an error that is due to where rewards run; empty for any other."""
    name = getattr(problem, "filename", None)
    if isinstance(problem, FileNotFoundError) and isinstance(name, str) and name:
        if not Path(name).is_absolute():
            return f"; a file beside the reward's own is Path(__file__).with_name({name!r})"
    elif isinstance(problem, PermissionError) and name:
        return "; a reward may read files and not write them, unless it says isolated=False"
    elif _is_about_the_network(problem):
        return "; a reward has no network, unless it says isolated=False"
    return ""


def _is_about_the_network(problem: BaseException) -> bool:
    """Tell whether an error comes from one that says that there is no way to a host."""
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, socket.gaierror) or getattr(seen, "errno", None) == errno.ENETUNREACH:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _hidden(path: Path) -> str:
    """Say which import of a file, or of what it imports beside it, gets a module from elsewhere.

    Modules that are imported inside functions only are imported here: later, another directory
    may have come first.
    """
    directory = path.parent
    for source in (path, *_loaded_from(directory)):
        for name in _imported_names(source):
            own = PathFinder.find_spec(name, [str(directory)])
            if own is None or own.origin is None or name in sys.stdlib_module_names | _OURS:
                continue
            if name not in sys.modules:
                with contextlib.suppress(Exception):  # whoever imports it is told
                    importlib.import_module(name)
            got = getattr(sys.modules.get(name), "__file__", None)
            if got is not None and Path(got).resolve() != Path(own.origin).resolve():
                return (
                    f"{source} imports {name!r}, which is {got} here and not {own.origin}: give the"
                    " latter a name of its own"
                )
    return ""


def _loaded_from(directory: Path) -> list[Path]:
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return sorted(Path(file) for file in files if file and Path(file).parent == directory)


def _imported_names(source: Path) -> Iterator[str]:
    """Yield the names of the top level that a file imports, anywhere in it."""
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]

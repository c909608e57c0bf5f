"""Makes an actor out of a role's class: what it raises is in its log, and reaches whoever asked.

An exception of a Ray actor's constructor ends the actor, and arrives elsewhere only as the text of
a traceback. Here it is kept instead, and raised by the first call: an error of ours as it is, any
other in one line.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from granite_rl.actors.answers import RoleStartError, first_cause
from granite_rl.errors import UserError


def hosted(role: Any) -> Any:
    """Return a role's class as an actor runs it, under the same name."""

    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        self._start_error = None
        try:
            role.__init__(self, *args, **kwargs)
        except UserError as error:
            _log()
            self._start_error = error
        except Exception as error:  # noqa: BLE001  (raised by the first call)
            _log()
            self._start_error = RoleStartError(first_cause(error))

    methods = {
        name: _logged(method)
        for name, method in inspect.getmembers(role, inspect.isfunction)
        if not name.startswith("_")
    }
    members = {"__init__": wraps(role.__init__)(construct), "__module__": role.__module__}
    return type(role.__name__, (role,), members | methods)


def _logged(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._start_error is not None:
            raise self._start_error
        try:
            return method(self, *args, **kwargs)
        except Exception:
            _log()
            raise

    return call


def _log() -> None:
    """Print the exception under way where Ray keeps this process's output."""
    traceback.print_exc()
    sys.stderr.flush()

"""Remove the environment's secrets from what a run writes.

A command line, an override, an exception's text or a configuration can carry a token that the user
put into the environment. Everything a run directory receives in words passes through ``redact``,
which replaces the *values* of the environment's secrets, wherever they stand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|AUTH)_?KEY)"
    r"(?:_ID)?$",
    re.IGNORECASE,
)
SHORTEST_SECRET = 8
"""Length below which values are not replaced: they may be ordinary words, and text would be
garbled.
"""


def environment_secrets(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the values of all environment variables with names of secrets, longest first."""
    variables = os.environ if environment is None else environment
    found = {
        value
        for name, value in variables.items()
        if SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET
    }
    return sorted(found, key=len, reverse=True)


def redact(text: str) -> str:
    """Replace every secret of the environment by ``[redacted]``."""
    for secret in environment_secrets():
        text = text.replace(secret, "[redacted]")
    return text


def redact_tree(value: Any) -> Any:
    """Apply ``redact`` to every string of nested dicts and lists."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): redact_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_tree(item) for item in value]
    return value

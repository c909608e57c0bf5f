"""Imports what the platform uses of SkyRL, with the workaround that the import needs.

``skyrl`` 0.3.0 uses ``typing.TypedDict`` inside a pydantic model, which pydantic refuses on Python
< 3.12; the drop-in ``typing_extensions.TypedDict`` is accepted. The swap must happen before the
first import of ``skyrl``, so everything of SkyRL that this platform uses is imported through the
functions below. They import it at call time: it takes about 2 s (torch, transformers), for which
``--help`` should not wait.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any
from unittest.mock import patch

import typing_extensions


@contextmanager
def local_registries() -> Iterator[None]:
    """Keep what is registered with SkyRL inside this process while the context is open.

    Inside an actor, SkyRL would start two named actors to share what is registered: two processes,
    and 10 s of two cores at the start of every role. Here every process imports what it uses.
    """
    import ray

    with patch.object(ray, "is_initialized", return_value=False):
        yield


def ppo_utils() -> ModuleType:
    """Import and return SkyRL's module of advantage estimators, policy losses and KL estimators."""
    name = "skyrl.backends.skyrl_train.utils.ppo_utils"
    if name not in sys.modules:
        if sys.version_info < (3, 12):
            typing.TypedDict = typing_extensions.TypedDict
        with local_registries():
            import_module(name)
    return sys.modules[name]


def algorithm_config(**fields: object) -> Any:
    """Build SkyRL's ``AlgorithmConfig``, the configuration object that its loss functions take."""
    ppo_utils()
    from skyrl.train.config import AlgorithmConfig

    return AlgorithmConfig(**fields)

"""The one door to SkyRL, and the one workaround it needs.

``skyrl`` 0.3.0 uses ``typing.TypedDict`` inside a pydantic model, which pydantic refuses on Python
< 3.12; the drop-in ``typing_extensions.TypedDict`` is accepted. The swap must happen before the
first import of ``skyrl``, so everything of SkyRL that this platform uses is imported through the
functions below, at call
time: importing them costs ~2 s (torch, transformers), which ``--help`` should not pay.
"""

from __future__ import annotations

import sys
import typing
from importlib import import_module
from types import ModuleType

import typing_extensions


def ppo_utils() -> ModuleType:
    """SkyRL's module of advantage estimators, policy losses and KL estimators."""
    if sys.version_info < (3, 12):
        typing.TypedDict = typing_extensions.TypedDict
    return import_module("skyrl.backends.skyrl_train.utils.ppo_utils")


def algorithm_config(**fields: object) -> object:
    """SkyRL's ``AlgorithmConfig``, the configuration object that its loss functions take."""
    ppo_utils()
    from skyrl.train.config import AlgorithmConfig

    return AlgorithmConfig(**fields)

"""Builds SkyRL's configuration object for a policy loss from our keys, and checks it strictly.

SkyRL's losses take their constants from one ``AlgorithmConfig`` of 32 fields, of which each loss
reads a few. A field that the chosen loss does not read would look like a setting and be none, so it
is refused; so is a field that a key of ours already sets.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from granite_rl.algorithm.registry import suggestion
from granite_rl.algorithm.skyrl import algorithm_config
from granite_rl.errors import ConfigError

KEY = "algorithm.policy_loss_options"

OPTIONS_OF_LOSS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "regular": frozenset[str](),
        "dual_clip": frozenset({"clip_ratio_c"}),
        "gspo": frozenset[str](),
        "cispo": frozenset({"cispo"}),
        "sapo": frozenset({"sapo"}),
        "dppo": frozenset({"dppo"}),
        "rollout_is": frozenset[str](),
        "importance_sampling": frozenset[str](),
    }
)
"""The fields that each of SkyRL's own losses reads besides the clip range and the importance
correction. A user's loss may read any field."""

KEY_OF_FIELD: Mapping[str, str] = MappingProxyType(
    {
        "advantage_estimator": "algorithm.advantage",
        "policy_loss_type": "algorithm.policy_loss",
        "grpo_norm_by_std": "algorithm.norm_by_std",
        "eps_clip_low": "algorithm.clip_low",
        "eps_clip_high": "algorithm.clip_high",
        "loss_reduction": "algorithm.loss_aggregation",
        "max_seq_len": "algorithm.loss_aggregation",
        "kl_estimator_type": "algorithm.kl_estimator",
        "kl_loss_coef": "algorithm.kl_beta",
        "use_kl_loss": "algorithm.kl_in",
        "use_kl_in_reward": "algorithm.kl_in",
        "zero_variance_filter": "algorithm.zero_variance",
        "off_policy_correction": "algorithm.importance_correction",
        "use_tis": "algorithm.importance_correction",
        "tis_imp_ratio_cap": "algorithm.importance_cap",
        "temperature": "rollout.temperature",
    }
)
"""The key of ours that sets each of these fields of SkyRL."""

_REDUCTION = {
    "token_mean": "token_mean",
    "sequence_mean": "sequence_mean",
    "sequence_sum": "seq_mean_token_sum_norm",
}


def loss_config(
    loss: str,
    *,
    clip_low: float,
    clip_high: float,
    aggregation: str = "token_mean",
    importance_correction: str = "none",
    importance_cap: float = math.inf,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Build the ``AlgorithmConfig`` that a policy loss is called with.

    Args:
        loss: name of the policy loss.
        clip_low: lower clip distance.
        clip_high: upper clip distance.
        aggregation: ``token_mean | sequence_mean | sequence_sum``. SkyRL's losses only read it to
            warn; the aggregation itself is in the token weights.
        importance_correction: ``none | token | sequence``.
        importance_cap: upper bound of the importance ratio.
        options: further fields of ``AlgorithmConfig``, nested as SkyRL nests them.

    Raises:
        ConfigError: an option that doesn't exist, that the loss does not read, that another key
            sets, or of the wrong type; names the nearest that would do.
    """
    config = algorithm_config(
        policy_loss_type=loss,
        eps_clip_low=clip_low,
        eps_clip_high=clip_high,
        # gspo and sapo warn at every call about any other value.
        loss_reduction="sequence_mean" if loss in ("gspo", "sapo") else _REDUCTION[aggregation],
    )
    if importance_correction != "none":
        config.off_policy_correction.tis_ratio_type = importance_correction
        config.off_policy_correction.token_tis_ratio_clip_high = importance_cap
        config.off_policy_correction.sequence_tis_ratio_clip_high = importance_cap
    given = options or {}
    names = {field.name for field in dataclasses.fields(config)}
    for name in given:
        if name in KEY_OF_FIELD:
            raise ConfigError(
                f"{KEY}.{name}: is set by {KEY_OF_FIELD[name]}", f"use {KEY_OF_FIELD[name]}"
            )
        if name in names and loss in OPTIONS_OF_LOSS and name not in OPTIONS_OF_LOSS[loss]:
            readers = sorted(reader for reader, read in OPTIONS_OF_LOSS.items() if name in read)
            raise ConfigError(
                f"{KEY}.{name}: policy loss {loss!r} does not read it",
                f"it reads {', '.join(sorted(OPTIONS_OF_LOSS[loss])) or 'no options'}"
                + (f"; {name} belongs to {', '.join(readers)}" if readers else ""),
            )
    config = _changed(config, given, OPTIONS_OF_LOSS.get(loss, names - set(KEY_OF_FIELD)), KEY)
    if loss == "dual_clip" and not config.clip_ratio_c > 1:
        raise ConfigError(
            f"{KEY}.clip_ratio_c: {config.clip_ratio_c} is not above 1",
            "dual clip bounds a ratio that is 1 on-policy; Ye et al. (arXiv 1912.09729) use 3",
        )
    return config


def _changed(target: Any, options: Mapping[str, Any], allowed: Collection[str], path: str) -> Any:
    """Return a copy of a dataclass with fields replaced, nested ones too."""
    hints = get_type_hints(type(target))
    changes: dict[str, Any] = {}
    for name, value in options.items():
        key = f"{path}.{name}"
        if name not in allowed:
            raise ConfigError(f"{key}: SkyRL has no such option", suggestion(name, allowed))
        current = getattr(target, name)
        if dataclasses.is_dataclass(current):
            inner = {field.name for field in dataclasses.fields(current)}
            if not isinstance(value, Mapping):
                raise ConfigError(
                    f"{key}: {value!r} is not a mapping", f"its options: {', '.join(sorted(inner))}"
                )
            changes[name] = _changed(current, value, inner, key)
        else:
            changes[name] = _typed(key, value, hints[name])
    try:
        return dataclasses.replace(target, **changes)
    except ValueError as error:  # SkyRL's own checks of a section
        raise ConfigError(f"{path}: {error}", f"got {dict(options)}") from None


def _typed(key: str, value: Any, hint: Any) -> Any:
    try:
        typed = TypeAdapter(hint).validate_python(value, strict=True)
    except ValidationError as error:
        raise ConfigError(f"{key}: {error.errors()[0]['msg']} (got {value!r})") from None
    if isinstance(typed, float) and not math.isfinite(typed):
        raise ConfigError(f"{key}: {value!r} is not a finite number")
    return typed

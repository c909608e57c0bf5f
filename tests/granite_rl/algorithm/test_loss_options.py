"""Tests the options of a policy loss: SkyRL's names and types, and only those that the loss
reads."""

from __future__ import annotations

from typing import Any

import pytest

from granite_rl.algorithm.loss_options import KEY_OF_FIELD, OPTIONS_OF_LOSS, loss_config
from granite_rl.algorithm.registry import UNFIT_LOSSES
from granite_rl.algorithm.skyrl import algorithm_config, ppo_utils
from granite_rl.errors import ConfigError


def config(loss: str, options: dict[str, Any]) -> Any:
    return loss_config(loss, clip_low=0.1, clip_high=0.3, options=options)


def test_options_are_set_where_skyrl_looks_for_them() -> None:
    made = config("dppo", {"dppo": {"dppo_type": "binary_kl", "delta_low": 0.05}})
    assert (made.dppo.dppo_type, made.dppo.delta_low, made.dppo.delta_high) == (
        "binary_kl",
        0.05,
        0.2,
    )
    assert (made.eps_clip_low, made.eps_clip_high) == (0.1, 0.3)
    assert algorithm_config().dppo.delta_low == 0.2, "the defaults are left alone"


@pytest.mark.parametrize(
    ("loss", "options", "says"),
    [
        ("dual_clip", {"clip_ratio_d": 3.0}, ["clip_ratio_d", "did you mean `clip_ratio_c`"]),
        ("cispo", {"cispo": {"cispo_clip_high": 3.0}}, ["`cispo_eps_clip_high`"]),
        ("cispo", {"cispo": 3.0}, ["cispo_eps_clip_low", "not a mapping"]),
        ("regular", {"clip_ratio_c": 3.0}, ["'regular' does not read it", "dual_clip"]),
        ("regular", {"eps_clip_low": 0.1}, ["use algorithm.clip_low"]),
        ("gspo", {"off_policy_correction": {}}, ["use algorithm.importance_correction"]),
        ("dual_clip", {"clip_ratio_c": "3"}, ["clip_ratio_c", "number", "'3'"]),
        ("dual_clip", {"clip_ratio_c": True}, ["clip_ratio_c", "True"]),
        ("dual_clip", {"clip_ratio_c": float("nan")}, ["clip_ratio_c", "finite"]),
        ("dual_clip", {"clip_ratio_c": 0.5}, ["clip_ratio_c", "not above 1"]),
        ("dppo", {"dppo": {"dppo_type": "tv"}}, ["policy_loss_options.dppo", "DPPO type"]),
        ("a_users_own", {"kl_cov": {"kl_cov_fraction": 0.1}}, ["`kl_cov_frac`"]),
    ],
)
def test_what_would_not_work_is_refused(
    loss: str, options: dict[str, Any], says: list[str]
) -> None:
    with pytest.raises(ConfigError, match=r"algorithm\.policy_loss_options\.") as caught:
        config(loss, options)
    for text in says:
        assert text in str(caught.value)


def test_the_tables_know_every_loss_and_field_of_this_skyrl() -> None:
    """A new version of SkyRL must not bring losses that are missing in our tables."""
    losses = {str(item) for item in ppo_utils().PolicyLossType}
    assert losses == set(OPTIONS_OF_LOSS) | set(UNFIT_LOSSES)
    fields = set(vars(algorithm_config()))
    assert set(KEY_OF_FIELD) <= fields
    assert set().union(*OPTIONS_OF_LOSS.values()) <= fields

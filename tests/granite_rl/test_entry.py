"""What is said of a configuration that is refused names keys that exist."""

from __future__ import annotations

import re

import pytest

from granite_rl.config import StageConfig
from granite_rl.entry import configure
from granite_rl.errors import ConfigError
from pretrain.config import PretrainConfig


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("run.resume=often", "run.resume"),  # a union: pydantic adds the names of its members
        ("optim.betas=[2,0.9]", "optim.betas.0"),
        ("algorithm.kl_beta_per_domain={math: -1}", "algorithm.kl_beta_per_domain.math"),
        ("rollout.deadline_s=-1", "rollout.deadline_s"),
        ("data.epochs=many", "data.epochs"),
        ("optim.invented=1", "optim.invented"),
        ("trainer.ranks=7", "trainer.ranks"),  # a rule over several sections
    ],
)
def test_a_refused_value_is_named_by_its_key(override: str, key: str) -> None:
    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    with pytest.raises(ConfigError) as caught:
        configure("rl", StageConfig, [*given, override])
    assert {line.partition(": ")[0] for line in caught.value.message.splitlines()} == {key}


def test_a_key_inside_one_of_several_kinds_is_named_without_the_kind() -> None:
    override = "phases.general.schedule.maximum=-1"
    with pytest.raises(ConfigError, match=re.escape("phases.general.schedule.maximum: ")):
        configure("pretrain", PretrainConfig, ["recipe=demo", "data.dir=D", override])

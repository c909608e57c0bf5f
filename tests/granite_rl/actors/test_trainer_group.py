"""A rank that dies is told from a rank that fails, whichever of them is heard of first."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from granite_rl.config import StageConfig
from granite_rl.entry import compose, validate

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@pytest.fixture(scope="module")
def config(tiny_checkpoint: Path) -> Iterator[StageConfig]:
    """Of a stage with two ranks, with Ray running."""
    from granite_rl.actors.placement import ray_session

    given = ["stage=math", "recipe=demo", f"model.path={tiny_checkpoint}", "data.train=D"]
    config = validate(StageConfig, compose("rl", [*given, "trainer.ranks=2"]))
    with ray_session(config.cluster):
        yield config


def group(config: StageConfig, second_dies: bool) -> Any:
    """Ranks of which the first fails at once, as one does whose collective operation breaks."""
    import ray

    from granite_rl.actors.trainer import Training
    from granite_rl.actors.trainer_group import TrainerGroup

    class Rank:
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def save(self, _directory: str) -> None:
            if self.rank == 0:
                raise RuntimeError("Connection closed by peer")
            time.sleep(1.5)
            if second_dies:
                os._exit(1)

    model = config.model.path
    ranks = [ray.remote(num_cpus=0.1)(Rank).remote(rank) for rank in range(2)]
    ray.get([rank.__ray_ready__.remote() for rank in ranks], timeout=120)
    return TrainerGroup(
        lambda: ranks,
        Training(config.trainer, config.optim, config.algorithm, 1.0, model, None, 0),
        transport="shared_memory",
        start_timeout_s=60,
        step_timeout_s=60,
        max_restarts=0,
    )


def test_the_death_of_a_rank_explains_the_error_of_another(config: StageConfig) -> None:
    from granite_rl.actors.trainer_group import TrainersLostError

    with pytest.raises(TrainersLostError, match=r"saving step 3: trainer rank 1 died") as caught:
        group(config, second_dies=True).save(Path("/nowhere"), 3)
    assert "Connection closed by peer" in str(caught.value.__cause__)


def test_the_error_of_a_rank_among_living_ones_is_raised_by_name(config: StageConfig) -> None:
    from granite_rl.actors.answers import FailedActorError

    said = "saving step 3: trainer rank 0 failed: RuntimeError: Connection closed by peer"
    with pytest.raises(FailedActorError, match=said):
        group(config, second_dies=False).save(Path("/nowhere"), 3)

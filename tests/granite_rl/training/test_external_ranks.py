"""What rank 0 of an external launcher tells the others, and which checkpoints a run refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from granite_rl.config import RunSection
from granite_rl.entry import Parsed, configure
from granite_rl.errors import (
    ConfigError,
    DataError,
    DivergedError,
    InfrastructureError,
    Preempted,
    UserError,
)
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.training.launch import ExternalRank, LostPeerError, loopback
from granite_rl.training.run import (
    Prepared,
    Supervised,
    _as_rank_zero,
    _Session,
    has_model,
    run_supervised,
)
from sft.config import SftConfig


def _session(config: SftConfig, errors: dict[str, UserError]) -> _Session[Any, Any, Any]:
    """A run whose parts raise these errors, by the name of the part."""

    def part(name: str, result: Any) -> Any:
        if name in errors:
            raise errors[name]
        return result

    work: Supervised[Any, Any, Any] = Supervised(
        kind="sft",
        command=("python", "-m", "sft"),
        read=lambda _config: part("read", None),
        describe=lambda _config, _inputs: "",
        prepare=lambda _config, _inputs, _run: Prepared(None, 4, (), "sft", None, {}, ()),
        train=lambda _rank, _context, _task: part("train", None),
        product=has_model,
    )
    return _Session(work, config, [], [], StopSignal())


@pytest.fixture
def config(tmp_path: Path) -> SftConfig:
    return configure(
        "sft",
        SftConfig,
        ["recipe=demo", "data.train=x.jsonl", "model.path=x", f"run.dir={tmp_path / 'run'}"],
    )


@pytest.mark.parametrize(
    ("part", "error", "told"),
    [
        ("read", DataError("rows.jsonl:1: no prompt"), [4]),
        ("train", Preempted("stopped"), ["task", 75]),
        ("train", DivergedError("not finite"), ["task", 6]),
        # Of rank 0 alone: the others are in a collective operation, and a word would wait for them.
        ("train", InfrastructureError("the disk is full"), ["task"]),
        ("train", LostPeerError("rank 1 is gone"), ["task"]),
        ("nothing", DataError(""), ["task", 0]),
    ],
)
def test_rank_0_says_how_it_ended_to_those_who_listen(
    part: str, error: UserError, told: list[object], config: SftConfig
) -> None:
    said: list[object] = []

    def word(value: object) -> None:
        said.append(value if isinstance(value, int) else "task")

    external = ExternalRank(0, 0, loopback(2))
    session = _session(config, {part: error})
    if part == "nothing":
        assert _as_rank_zero(external, session, StopSignal(), word) == 0
    else:
        with pytest.raises(type(error)):
            _as_rank_zero(external, session, StopSignal(), word)
    assert said == told


def test_a_checkpoint_beyond_the_end_is_not_continued(config: SftConfig) -> None:
    """It would be saved again as that of the last step, and the real one removed."""
    section = RunSection(**(config.run.model_dump() | {"resume": "auto"}))
    config = config.model_copy(update={"run": section})
    run = RunDirectory.open(
        section, kind="sft", config_yaml="a: 1\n", overrides=(), command=("python",)
    )
    with run:
        store = CheckpointStore(run.checkpoints, 1)
        store.begin(5)
        store.commit(5, {})
        run.finish("succeeded", 0)
    work = _session(config, {}).work
    with pytest.raises(ConfigError, match=r"step_5 is beyond this run's 4 steps"):
        run_supervised(work, config, Parsed([], dry_run=False), [], StopSignal())
    assert store.steps() == [5]

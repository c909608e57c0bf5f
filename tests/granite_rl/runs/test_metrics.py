"""Metric sinks: the base layer is exact, the adapters are real, and none of them can stop a run."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from granite_rl.config import TrackingSection
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.files import read_json_lines
from granite_rl.runs.metrics import MetricLogger

from .conftest import OpenRun
from .test_rollout_files import record

CANARIES = {
    "WANDB_API_KEY": "0123456789abcdef0123456789abcdef01234567",
    "HF_TOKEN": "hf_canaryCanaryCanary",
}


def tracking(wandb_mode: str = "disabled", tensorboard: bool = False) -> TrackingSection:
    return TrackingSection.model_validate(
        {"wandb_mode": wandb_mode, "wandb_project": "test", "tensorboard": tensorboard}
    )


def lines_of(run: RunDirectory) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.metrics_path.read_text().splitlines()]


def events_of(run: RunDirectory, kind: str) -> list[dict[str, Any]]:
    return [event for event in read_json_lines(run.events_path) if event["kind"] == kind]


def test_each_step_is_one_line_that_a_viewer_can_tail(open_run: OpenRun) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking(), "r", {}, 2)
        logger.log(1, {"reward/mean": 0.25, "run/tokens_total": 10})
        assert [line["step"] for line in lines_of(run)] == [1]  # before close
        logger.log(2, {"reward/mean": 0.5})
        logger.close()
        logger.close()
        first, second = lines_of(run)
        assert {**first, "time": None} == {
            "step": 1,
            "time": None,
            "reward/mean": 0.25,
            "run/tokens_total": 10.0,
        }
        assert second["reward/mean"] == 0.5
        assert run.metrics_path.stat().st_mode & 0o777 == 0o640
        run.finish("succeeded", 0)


def test_a_step_logged_again_is_added_to_its_line(open_run: OpenRun) -> None:
    with open_run() as run:
        for scores in ({"eval/math/accuracy": 0.5}, {"eval/math/accuracy": 0.75}):
            logger = MetricLogger(run, tracking(), "r", {}, None)
            for step in (1, 2, 3):
                if not run.metrics_path.exists() or len(lines_of(run)) < 3:
                    logger.log(step, {"reward/mean": float(step)})
            logger.log(3, scores)
            logger.close()
        first, second, third = lines_of(run)
        assert [first["reward/mean"], second["reward/mean"]] == [1.0, 2.0]
        assert set(second) == {"step", "time", "reward/mean"}
        assert (third["step"], third["reward/mean"]) == (3, 3.0)
        assert third["eval/math/accuracy"] == 0.75
        assert run.metrics_path.stat().st_mode & 0o777 == 0o640
        run.finish("succeeded", 0)


def test_steps_that_are_done_again_have_their_lines_again(open_run: OpenRun) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking(), "r", {}, None)
        for step in (1, 2, 3):
            logger.log(step, {"reward/mean": float(step)})
        logger.rewind(1)
        for step in (2, 3):
            logger.log(step, {"reward/mean": 10.0 * step})
            logger.log(step, {"time/save_s": 1.0})
        logger.close()
        lines = lines_of(run)
        assert [line["step"] for line in lines] == [1, 2, 3]
        assert [line["reward/mean"] for line in lines] == [1.0, 20.0, 30.0]
        run.finish("succeeded", 0)


def test_non_finite_values_are_left_out_and_reported(
    open_run: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking(), "r", {}, None)
        for step in (1, 2):
            logger.log(step, {"policy/loss": math.nan, "policy/kl": math.inf, "reward/mean": 1.0})
        assert all(set(line) == {"step", "time", "reward/mean"} for line in lines_of(run))
        events = events_of(run, "non_finite_metric")
        assert [event["step"] for event in events] == [1, 2]
        assert events[0]["values"] == {"policy/loss": "nan", "policy/kl": "inf"}
        assert capsys.readouterr().err.count("warning") == 1
        run.finish("succeeded", 0)


def test_a_name_outside_the_catalogue_is_kept_and_reported_once(
    open_run: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking(), "r", {}, None)
        for step in (1, 2):
            logger.log(step, {"reward/maen": 1.0})
        assert [line["reward/maen"] for line in lines_of(run)] == [1.0, 1.0]
        assert len(events_of(run, "unknown_metric")) == 1
        assert capsys.readouterr().err.count("'reward/maen'") == 1
        run.finish("succeeded", 0)


def test_gauges_without_ray_are_switched_off(open_run: OpenRun) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking(), "r", {}, None, prometheus=True)
        logger.log(1, {"reward/mean": 1.0})
        (event,) = events_of(run, "tracking_failed")
        assert event["sink"] == "prometheus"
        assert [line["step"] for line in lines_of(run)] == [1]
        run.finish("succeeded", 0)


@pytest.mark.parametrize("fails_at", ["init", "log", "samples", "finish"])
def test_a_tracking_tool_that_raises_is_switched_off(
    open_run: OpenRun,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails_at: str,
) -> None:
    class Broken:
        """A W&B run that raises at one point."""

        def define_metric(self, *_: object, **__: object) -> None:
            """Accept."""

        def log(self, values: dict[str, object]) -> None:
            if fails_at == ("samples" if "samples" in values else "log"):
                raise ConnectionError("no route")

        def finish(self) -> None:
            if fails_at == "finish":
                raise ConnectionError("no route")

    def init(**_: object) -> Broken:
        if fails_at == "init":
            raise ConnectionError("no route")
        return Broken()

    monkeypatch.setattr("wandb.init", init)
    with open_run() as run:
        logger = MetricLogger(run, tracking("online"), "r", {}, None)
        logger.log(1, {"reward/mean": 1.0})
        logger.log_samples(1, [record()])
        logger.log(2, {"reward/mean": 2.0})
        logger.close()
        assert [line["step"] for line in lines_of(run)] == [1, 2]
        (event,) = events_of(run, "tracking_failed")
        assert event["sink"] == "wandb"
        assert "no route" in event["message"]
        assert capsys.readouterr().err.count("no route") == 1
        run.finish("succeeded", 0)


@pytest.mark.slow
def test_wandb_offline_and_tensorboard_hold_the_metrics_and_no_secret(
    open_run: OpenRun, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    leaky = {"note": f"token {CANARIES['HF_TOKEN']}", "deep": [{"key": CANARIES["WANDB_API_KEY"]}]}
    command = ["python", "-m", "sft", f"note={CANARIES['HF_TOKEN']}"]
    yaml = json.dumps(leaky)
    run = open_run(config_yaml=yaml, overrides=command[3:], command=command)

    def train() -> None:
        with run:
            logger = MetricLogger(run, tracking("offline", tensorboard=True), "named", leaky, 2)
            logger.log(1, {"reward/mean": 0.25, "policy/loss": math.nan})
            logger.log(2, {"reward/mean": 0.5})
            answer = "<b>answer\x1b[2J</b>"
            unscored = record(reward=None, advantage=None, ground_truth="4")
            logger.log_samples(2, [record(prompt="question", completion=answer), unscored])
            logger.close()
            raise ValueError(f"request with {CANARIES['HF_TOKEN']} refused")

    with pytest.raises(ValueError, match="hf_"):
        train()
    assert capfd.readouterr().out == ""
    assert not events_of(run, "tracking_failed")
    assert _scalars(run.path / "tensorboard", "reward/mean") == [(1, 0.25), (2, 0.5)]
    (recording,) = run.path.glob("wandb/offline-run-*/*.wandb")
    history = [item for item in _wandb_records(recording) if "reward/mean" in item]
    assert [row["reward/mean"] for row in history] == [0.25, 0.5]
    assert [row["run/global_step"] for row in history] == [1, 2]
    assert not any("policy/loss" in row for row in history)
    assert _step_metrics(recording) == {"*": "run/global_step"}
    (table,) = run.path.glob("wandb/offline-run-*/files/media/table/samples*.json")
    shown = json.loads(table.read_text())
    values, unscored = (dict(zip(shown["columns"], row, strict=True)) for row in shown["data"])
    assert unscored["reward"] is None
    assert values["components"] == "format 1.000"
    assert (values["step"], values["reward"], values["prompt"]) == (2, 1.0, "question")
    (text,) = _texts(run.path / "tensorboard", "samples")
    assert "<b>answer\\x1b[2J</b>" in text
    for file in run.path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(canary.encode() in content for canary in CANARIES.values()), file


def test_a_resumed_run_continues_the_same_wandb_run_and_hides_redone_steps(
    open_run: OpenRun,
) -> None:
    with open_run() as run:
        logger = MetricLogger(run, tracking("offline", tensorboard=True), "r", {}, None)
        for step in (1, 2, 3):
            logger.log(step, {"reward/mean": float(step)})
        logger.close()
        run.finish("failed", 1)
    with open_run() as run:
        run.drop_metrics_after(1)
        logger = MetricLogger(run, tracking("offline", tensorboard=True), "r", {}, None)
        logger.log(2, {"reward/mean": 20.0})
        logger.close()
        run.finish("succeeded", 0)
    assert [line["reward/mean"] for line in lines_of(run)] == [1.0, 20.0]
    assert _scalars(run.path / "tensorboard", "reward/mean") == [(1, 1.0), (2, 20.0)]
    identifier = (run.path / "wandb" / "run_id.txt").read_text().strip()
    recordings = list(run.path.glob("wandb/offline-run-*/*.wandb"))
    assert [path.name for path in recordings] == [f"run-{identifier}.wandb"] * 2


def _scalars(directory: Path, tag: str) -> list[tuple[int, float]]:
    """Scalars as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(directory))
    accumulator.Reload()
    return [(event.step, event.value) for event in accumulator.Scalars(tag)]


def _texts(directory: Path, tag: str) -> list[str]:
    """Texts of TensorBoard's text panel, as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(directory))
    accumulator.Reload()
    assert accumulator.PluginTagToContent("text").keys() == {tag}
    return [event.tensor_proto.string_val[0].decode() for event in accumulator.Tensors(tag)]


def _wandb_records(path: Path) -> list[dict[str, Any]]:
    """History rows of W&B's recording."""
    return [
        {(item.key or "/".join(item.nested_key)): json.loads(item.value_json) for item in row.item}
        for row in _wandb_protos(path, "history")
    ]


def _step_metrics(path: Path) -> dict[str, str]:
    """The x-axis that each pattern of metric names was given."""
    return {
        definition.glob_name or definition.name: definition.step_metric
        for definition in _wandb_protos(path, "metric")
        if definition.step_metric
    }


def _wandb_protos(path: Path, kind: str) -> Iterator[Any]:
    """W&B's recording is a LevelDB log of protocol buffers."""
    from wandb.proto import wandb_internal_pb2

    for data in _leveldb_records(path.read_bytes(), file_header=7):
        message = wandb_internal_pb2.Record()
        message.ParseFromString(data)
        if message.WhichOneof("record_type") == kind:
            yield getattr(message, kind)


def _leveldb_records(content: bytes, file_header: int) -> Iterator[bytes]:
    """Records of a LevelDB log: blocks of 32 KiB; 4 bytes checksum, 2 length, 1 part of record."""
    position, parts = file_header, b""
    while position + 7 <= len(content):
        if 32768 - position % 32768 < 7:
            position += 32768 - position % 32768
        length, part = struct.unpack_from("<HB", content, position + 4)
        parts += content[position + 7 : position + 7 + length]
        position += 7 + length
        if part in (1, 4):  # whole, or the last part
            yield parts
            parts = b""

"""RL stages end to end: real vLLM, real DeepSpeed, real Ray; killed, stopped and resumed."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from granite_rl.runs.catalogue import CATALOGUE, lookup
from tests.granite_rl.stage_runs import (
    assert_same_run,
    events_of,
    finish,
    metrics_of,
    one_process,
    stage_arguments,
    start,
    wait_until,
)

STEPS = 5

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def two_runs(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The same run twice, undisturbed, in one process: the second takes over the first's actors.

    Then the second's model and evaluation are deleted, and made again.
    """
    root = tmp_path_factory.mktemp("straight")
    runs = root / "first", root / "second"
    sinks = ("tracking.wandb_mode=offline", "tracking.tensorboard=true")

    def arguments(run: Path, *more: str) -> list[str]:
        heldout = f"eval.files={any_rows}"
        return stage_arguments(tiny_checkpoint, any_rows, run, STEPS, heldout, *more)

    with one_process(root / "log") as stage:
        stage(arguments(runs[0], *sinks))
        stage(arguments(runs[1]))
        shutil.rmtree(runs[1] / "hf")
        (runs[1] / "eval.json").unlink()
        stage(arguments(runs[1], "run.resume=auto"))
    return runs


@pytest.fixture(scope="module")
def straight_run(two_runs: tuple[Path, Path]) -> Path:
    """A run that nobody disturbed, with every sink on, on actors of its own."""
    return two_runs[0]


def roles_of(run: Path) -> dict[str, dict[str, object]]:
    """What ran as each role, by its name."""
    return {event["role"]: event for event in events_of(run) if event["kind"] == "role_started"}


def test_a_run_on_used_actors_has_the_same_bits(two_runs: tuple[Path, Path]) -> None:
    first, second = two_runs
    assert_same_run(second, first, STEPS)
    used = {name: role["pid"] for name, role in roles_of(first).items()}
    assert {name: role["pid"] for name, role in roles_of(second).items()} == used
    assert [event["kind"] for event in events_of(second)].count("product_missing") == 1
    evaluations = [json.loads((run / "eval.json").read_text()) for run in two_runs]
    assert evaluations[0]["domains"] == evaluations[1]["domains"]


def test_the_run_directory_is_complete(straight_run: Path, tiny_checkpoint: Path) -> None:
    status = json.loads((straight_run / "status.json").read_text())
    assert (status["state"], status["step"], status["exit_code"]) == ("succeeded", STEPS, 0)
    assert [line["step"] for line in metrics_of(straight_run)] == list(range(1, STEPS + 1))
    lineage = json.loads((straight_run / "lineage.json").read_text())
    assert lineage["parent"] == str(tiny_checkpoint)
    manifest = straight_run / "checkpoints" / f"step_{STEPS}" / "MANIFEST.json"
    assert manifest.is_file()
    assert list((straight_run / "wandb").glob("offline-run-*"))
    assert list((straight_run / "tensorboard").iterdir())
    for name in ("resolved.yaml", "overrides.txt", "versions.json"):
        assert (straight_run / "config" / name).stat().st_size
    evaluation = json.loads((straight_run / "eval.json").read_text())
    assert evaluation["domains"]["distinct"]["n"] == 40


CONDITIONAL = {
    "time/data_s": "pre-training",
    "perf/packing_efficiency": "SFT",
    "mismatch/importance_capped_fraction": "algorithm.importance_correction",
    "reward/<domain>/component/<name>": "a verifier that reports components",
    "reward/<domain>/language/<language>": "rows that name their language",
}
"""Entries of the RL sections that this stage has no reason to emit."""


def test_a_stage_emits_the_catalogue_and_nothing_else(straight_run: Path) -> None:
    emitted = {name for line in metrics_of(straight_run) for name in line if "/" in name}
    entries = {name: lookup(name) for name in emitted}
    assert [name for name, entry in entries.items() if entry is None] == []
    found = {entry.name for entry in entries.values() if entry is not None}
    expected = {metric.name for metric in CATALOGUE if metric.section != "train"}
    # The step itself is on every line; under this name it goes to W&B and Prometheus.
    assert expected - found == {*CONDITIONAL, "run/global_step"}


def test_engine_statistics_are_vllms(straight_run: Path) -> None:
    for line in metrics_of(straight_run):
        tokens = line["rollout/samples"] * line["rollout/response_length/mean"]
        assert line["engine/generated_tokens"] == pytest.approx(tokens)
        assert 0 < line["engine/kv_cache_usage"] < 1
        assert 0 < line["engine/requests_running"] <= line["rollout/samples"]
        assert 0 < line["engine/prefix_cache_hit_rate"] < 1
        assert line["engine/preemptions"] == 0
        assert 0 < line["time/generate_s"] <= line["time/step_s"]
        assert line["time/generators_idle_s"] > 0


def test_samples_are_shown_with_their_rewards(straight_run: Path) -> None:
    tables = list(straight_run.glob("wandb/offline-run-*/files/media/table/samples*.json"))
    assert len(tables) == STEPS
    assert not [event for event in events_of(straight_run) if event["kind"] == "tracking_failed"]
    (served,) = [event for event in events_of(straight_run) if event["kind"] == "prometheus"]
    assert str(served["message"]).endswith("/metrics")


def test_the_roles_are_the_real_ones(straight_run: Path) -> None:
    roles = roles_of(straight_run)
    assert roles["generator 0"]["engine"] == "vllm.v1.engine.llm_engine.LLMEngine"
    assert roles["generator 0"]["weight_transfer"] == "BucketWeightTransferEngine"
    assert roles["trainer rank 0"]["engine"] == "deepspeed.runtime.engine.DeepSpeedEngine"
    assert roles["generator 0"]["pid"] != roles["trainer rank 0"]["pid"]


def test_generator_and_trainer_agree_after_every_update(straight_run: Path) -> None:
    """A stale or half-loaded weight (a tied head, say) shows here as a difference of 1e-2."""
    lines = metrics_of(straight_run)
    assert all(line["policy/grad_norm"] > 0 for line in lines), "the weights did change"
    assert all(line["mismatch/logprob_abs_diff_mean"] < 1e-4 for line in lines)
    assert lines[-1]["policy/kl"] > 1e-5, "the policy moved away from the reference"


def test_the_finished_model_loads_anywhere(straight_run: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(straight_run / "hf")
    tokenizer = AutoTokenizer.from_pretrained(straight_run / "hf")
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], return_tensors="pt")
    assert model.generate(ids["input_ids"], max_new_tokens=2).shape[1] > 2


def test_a_killed_run_continues_to_the_same_bits(
    straight_run: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    arguments = stage_arguments(tiny_checkpoint, any_rows, run, STEPS, "run.resume=auto")
    process = start(arguments, log)
    wait_until(lambda: process.poll() is not None or len(metrics_of(run)) >= 2, "step 2", log)
    process.kill()
    process.wait(10)
    reached = len(metrics_of(run))
    assert 2 <= reached < STEPS, log.read_text()

    finish(start(arguments, log), log)
    assert_same_run(run, straight_run, STEPS)


def test_sigterm_saves_and_says_how_to_go_on(
    straight_run: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    arguments = stage_arguments(tiny_checkpoint, any_rows, run, 1000, "run.resume=auto")
    process = start(arguments, log)
    wait_until(lambda: process.poll() is not None or bool(metrics_of(run)), "step 1", log)
    process.send_signal(signal.SIGTERM)
    finish(process, log, code=75)
    status = json.loads((run / "status.json").read_text())
    assert status["state"] == "preempted"
    assert "run.resume=auto" in status["next_command"]
    assert (run / "checkpoints" / f"step_{status['step']}" / "MANIFEST.json").is_file()
    assert status["step"] == len(metrics_of(run))


def test_no_process_is_left(straight_run: Path) -> None:
    for name, role in roles_of(straight_run).items():
        # The number may be another process's by now: tests of the reward pool start thousands.
        command = Path(f"/proc/{role['pid']}/cmdline")
        assert not command.exists() or b"ray::" not in command.read_bytes(), name

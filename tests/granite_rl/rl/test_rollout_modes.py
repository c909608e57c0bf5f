"""Every way of making rollouts that the recipe leaves off, in real stages: what reaches the trainer
is exactly what was sampled, scored and in time.

All stages run in one process, so that the engines start once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from granite_rl.data.rows import read_rows
from granite_rl.data.stream import PromptStream
from tests.granite_rl.stage_runs import (
    Stage,
    assert_same_run,
    events_of,
    finish,
    metrics_of,
    prompts_of,
    records_of,
    stage_arguments,
    start,
    write_rows,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(400),
]


def test_overlap_changes_no_bit(
    stage: Stage, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    runs = {value: tmp_path / value for value in ("true", "false")}
    for value, run in runs.items():
        more = (f"rollout.overlap={value}", "trainer.rows_per_microbatch=1")
        stage(stage_arguments(tiny_checkpoint, any_rows, run, 3, *more))
    assert_same_run(runs["false"], runs["true"], 3)


def test_stale_rollouts_say_what_sampled_them_and_are_corrected(
    stage: Stage, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, steps, staleness = tmp_path / "run", 5, 1
    more = (
        f"rollout.staleness={staleness}",
        # Long enough for new weights to come in the middle of an answer.
        "rollout.max_response_tokens=32",
        "algorithm.importance_correction=token",
        "algorithm.importance_cap=1.0",
    )
    stage(stage_arguments(tiny_checkpoint, any_rows, run, steps, *more))
    lines = metrics_of(run)
    assert [line["step"] for line in lines] == list(range(1, steps + 1))
    for step, line in enumerate(lines, start=1):
        used = set()
        for record in records_of(run, step):
            starts, versions = zip(*record["weight_versions"], strict=True)
            assert starts[0] == 0
            assert list(starts) == sorted(set(starts))
            assert starts[-1] < record["tokens"]
            assert list(versions) == sorted(set(versions))
            used |= set(versions)
        # The weights that a step updates are those of the step before.
        assert max(0, step - 1 - staleness) <= min(used)
        assert max(used) <= step - 1
        assert line["mismatch/weight_version"] == min(used)
        # About as often above the cap of 1 as below.
        assert 0 < line["mismatch/importance_capped_fraction"] < 1
    stale = [line["mismatch/weight_version"] < step for step, line in enumerate(lines)]
    assert stale == [False, True, True, True, True]
    for line, older in zip(lines, stale, strict=True):
        assert (line["mismatch/logprob_abs_diff_mean"] > 1e-4) == older
    alarms = [event["alarm"] for event in events_of(run) if event["kind"] == "alarm"]
    assert "logprob_mismatch" not in alarms, "older weights were asked for"


HALF_FLAT = """
from envs.base import SingleTurnEnv
from rewards import reward


@reward("half_flat", range=(0.0, 1.0))
def half_flat(completion: str, ground_truth: str) -> float:
    return 0.5 if ground_truth == "flat" else min(1.0, len(set(completion)) / 30)


class Env(SingleTurnEnv):
    domain = "half_flat"
    reward = __file__ + ":half_flat"
"""


def test_dynamic_sampling_takes_further_prompts_and_resumes_after_them(
    stage: Stage, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path, HALF_FLAT, ["flat", "graded"] * 20)
    runs = {name: tmp_path / name for name in ("straight", "resumed")}
    prompts, rounds, steps = 4, 2, 4

    def arguments(name: str, last: int) -> list[str]:
        return stage_arguments(
            tiny_checkpoint,
            rows,
            runs[name],
            last,
            f"rollout.dynamic_sampling_rounds={rounds}",
            "algorithm.zero_variance=drop",
            "run.resume=auto",
        )

    stage(arguments("straight", steps))
    stage(arguments("resumed", 2))
    stage(arguments("resumed", steps))
    assert_same_run(runs["resumed"], runs["straight"], steps)

    lines = metrics_of(runs["straight"])
    taken = 0
    for step, line in enumerate(lines, start=1):
        groups = line["rollout/groups"]
        taken += int(groups)
        assert prompts <= groups <= prompts * (1 + rounds)
        assert line["run/samples_total"] == taken * 4
        records = records_of(runs["straight"], step)
        flat = {record["group"] for record in records if record["ground_truth"] == "flat"}
        assert all(record["advantage"] is None for record in records if record["group"] in flat)
        assert line["rollout/groups_dropped"] >= len(flat) > 0
        assert_trained(records, line)
    assert taken > prompts * steps, "some rounds were needed"
    stream = PromptStream(read_rows([rows]), seed=0, mixture=None)
    expected = [row.origin for row in stream.take(0, taken)]
    trained = [
        origin for step in range(1, steps + 1) for origin in prompts_of(runs["straight"], step)
    ]
    assert trained == expected, "none is left out, none comes twice"


def test_dynamic_sampling_ends_where_nothing_teaches(tiny_checkpoint: Path, tmp_path: Path) -> None:
    rows, log = write_rows(tmp_path, HALF_FLAT, ["flat"] * 8), tmp_path / "log"
    more = ("rollout.dynamic_sampling_rounds=2", "algorithm.zero_variance=drop")
    finish(
        start(stage_arguments(tiny_checkpoint, rows, tmp_path / "run", 2, *more), log), log, code=4
    )
    assert "none of the 2 steps trained anything" in log.read_text()
    for line in metrics_of(tmp_path / "run"):
        assert line["rollout/groups"] == line["rollout/groups_dropped"] == 12
        assert "policy/loss" not in line, "nothing was trained"
    assert not (tmp_path / "run" / "hf").exists(), "there is nothing to hand on"


TALK = '''
import time

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput


class Env(BaseTextEnv):
    """Asks for a second turn after an answer of odd length; some rows take long to be looked at."""

    domain = "talk"
    deterministic = True

    def __init__(self, env_config=None, extras=None):
        super().__init__()
        self.max_turns = 2
        self.slow = extras["reward_spec"]["ground_truth"] == "slow"

    def step(self, action):
        self.turns += 1
        if self.slow:
            time.sleep(3)
        done = self.slow or self.turns == 2 or len(action) % 2 == 0
        return BaseTextEnvStepOutput(
            observations=[] if done else [{"role": "user", "content": "And?"}],
            reward=0.1 + len(action) / 100,
            done=done,
            metadata={},
            postprocessed_action=None,
        )
'''


def test_a_late_sample_is_lost_and_nothing_else(
    stage: Stage, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """Every step has a row whose four verdicts take 12 s together. Second turns wait for it, as
    all of a step go out together; with a deadline of 6 s they never do."""
    runs = {"patient": tmp_path / "patient" / "run", "late": tmp_path / "late" / "run"}
    more = (
        "rollout.min_group_fraction=0.25",
        "rollout.max_turns=2",
        "rollout.max_response_tokens=32",
    )
    for (name, run), deadline in zip(runs.items(), ("null", "6"), strict=True):
        # Each has a file of its own: workers remember verdicts, and would have them at once.
        run.parent.mkdir()
        rows = write_rows(run.parent, TALK, ["slow", "quick", "quick", "quick"])
        steps = 1 if name == "patient" else 2
        arguments = stage_arguments(tiny_checkpoint, rows, run, steps, *more)
        stage([*arguments, f"rollout.deadline_s={deadline}"])

    patient = records_of(runs["patient"], 1)
    assert len(patient) == 16
    second = [record for record in patient if record["turns"] == 2]
    assert second
    assert not [record for record in second if record["ground_truth"] == "slow"]
    in_time = [record["completion"] for record in patient if record["turns"] == 1]
    assert [record["completion"] for record in records_of(runs["late"], 1)] == in_time
    for step, line in enumerate(metrics_of(runs["late"]), start=1):
        records = records_of(runs["late"], step)
        assert line["rollout/samples"] == 16
        assert line["rollout/failed/lost"] == 16 - len(records) > 0
        assert line["rollout/failed"] == line["rollout/failed/lost"] / 16
        assert {record["turns"] for record in records} == {1}
        assert {record["status"] for record in records} <= {"ok", "wrong_format"}
        assert all(record["reward"] >= 0.1 for record in records if record["status"] == "ok")
        assert line["reward/mean"] == pytest.approx(
            sum(record["reward"] for record in records) / len(records)
        )
        assert_trained(records, line)


def assert_trained(records: Sequence[dict[str, Any]], line: dict[str, Any]) -> None:
    """What a step trained are the model's own tokens of the samples that have an advantage."""
    trained = [record["tokens"] for record in records if record["advantage"] is not None]
    assert line["policy/tokens"] == sum(trained) > 0
    # What the trainer makes of these tokens is what the generator made of them: they stood in the
    # same context, the environment's words included.
    assert line["mismatch/logprob_abs_diff_mean"] < 1e-4


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Rows of `sql_explorer` and a model that has seen how they are answered."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    from envs.registry import make_env
    from envs.tasks import TASK_DOMAINS, rows
    from granite_rl.models.configs import granite_config
    from granite_rl.models.loading import init_policy, save_hf
    from granite_rl.models.tokenizer import encode_conversation, train_tokenizer

    directory = tmp_path_factory.mktemp("explorer")
    made = list(rows(TASK_DOMAINS["sql_explorer"], "train", 4, 0, [3]))
    path = directory / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in made))
    episodes = []
    for row in made:
        environment = make_env("sql_explorer", row)
        messages = list(row["prompt"])
        for action in row["extra_info"]["gold_actions"]:
            messages.append({"role": "assistant", "content": action})
            messages += environment.step(action)["observations"]
        episodes.append(messages)
    texts = [message["content"] for messages in episodes for message in messages]
    tokenizer = train_tokenizer([*texts, json.dumps(made[0]["tools"], indent=2)], 1024)
    config = granite_config("tiny", vocab_size=len(tokenizer))
    model = init_policy(config, 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    tools = made[0]["tools"]
    encoded = [encode_conversation(tokenizer, messages, tools=tools) for messages in episodes]
    inputs = pad_sequence([torch.tensor(item.token_ids) for item in encoded], batch_first=True)
    labels = pad_sequence(
        [
            torch.tensor(item.token_ids).masked_fill(~torch.tensor(item.assistant_mask), -100)
            for item in encoded
        ],
        batch_first=True,
        padding_value=-100,
    )
    for _ in range(50):
        loss = model(inputs, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"loss {loss.item():.3f}")
    save_hf(model, config, tokenizer, directory / "hf")
    return directory / "hf", path


def test_episodes_with_tools_train_on_what_the_model_said(
    stage: Stage, explorer: tuple[Path, Path], tmp_path: Path
) -> None:
    model, rows = explorer
    turns, budget = 4, 160
    more = (
        "rollout.max_context=640",
        "rollout.max_prompt_tokens=420",
        f"rollout.max_response_tokens={budget}",
        f"rollout.max_turns={turns}",
        "trainer.row_tokens=1024",
        "optim.lr=1e-4",
    )
    stage(stage_arguments(model, rows, tmp_path / "run", 2, *more))
    for step, line in enumerate(metrics_of(tmp_path / "run"), start=1):
        records = records_of(tmp_path / "run", step)
        assert len(records) == 16
        assert line["rollout/failed"] == 0
        several = [record for record in records if record["turns"] > 1]
        assert several
        assert max(record["turns"] for record in records) <= turns
        for record in records:
            assert record["tokens"] <= budget
            assert record["transcript"].count("[tool] ") >= record["turns"] - 1
        assert any("CREATE TABLE" in record["transcript"] for record in several)
        assert line["reward/sql_explorer/component/turns"] > 1
        assert_trained(records, line)

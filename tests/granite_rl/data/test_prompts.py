"""Prompts are checked against their environments, and carry the tools that their rows declare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envs.sql_explorer import SqlExplorerEnv
from envs.tasks import TASK_DOMAINS, rows
from granite_rl.data.prompts import prepare_prompts
from granite_rl.data.rows import read_rows
from granite_rl.errors import DataError
from granite_rl.models.tokenizer import encode_prompt, train_tokenizer

_TOKENIZER = train_tokenizer(["SELECT name FROM tables; what is the answer? "] * 50, 400)


def test_declared_tools_are_part_of_the_prompt(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    (row,) = rows(TASK_DOMAINS["sql_explorer"], "train", 1, 0)
    path.write_text(json.dumps(row))
    prompts = prepare_prompts(read_rows([path]), _TOKENIZER, 10_000)
    (prompt,) = prompts.rows
    ids = list(prompt.token_ids)
    assert ids == encode_prompt(_TOKENIZER, row["prompt"], tools=SqlExplorerEnv.declarations())
    text = _TOKENIZER.decode(ids)
    assert text.index("<tools>") < text.index('"run_sql"') < text.index("A SQLite database")
    assert row["extra_info"]["database"] not in text


@pytest.mark.parametrize(
    ("env_class", "words"),
    [
        ("aime", "ground_truth is required"),  # an AssertionError of SkyRL-Gym's
        ("sql_explorer", "no extra_info.database"),
    ],
)
def test_a_row_that_its_environment_refuses_is_named(
    tmp_path: Path, env_class: str, words: str
) -> None:
    path = tmp_path / "rows.jsonl"
    row = {
        "prompt": [{"role": "user", "content": "x"}],
        "env_class": env_class,
        "reward_spec": {"ground_truth": "1"},
    }
    path.write_text(json.dumps(row))
    found = read_rows([path])
    if env_class == "aime":
        del found[0].reward_spec["ground_truth"]
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: .*{words}"):
        prepare_prompts(found, _TOKENIZER, 10_000)


def test_a_ground_truth_is_asked_for_where_the_reward_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    start = {"prompt": [{"role": "user", "content": "say it once"}], "env_class": "math"}
    for method, wanted in (("repetition", ""), ("math", "no reward_spec with a ground_truth")):
        path.write_text(json.dumps(start | {"reward_spec": {"method": method}}) + "\n")
        if not wanted:
            assert len(prepare_prompts(read_rows([path]), _TOKENIZER, 512).rows) == 1
            continue
        with pytest.raises(DataError, match=rf"rows.jsonl:1: .*{wanted}"):
            prepare_prompts(read_rows([path]), _TOKENIZER, 512)

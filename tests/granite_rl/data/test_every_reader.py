"""Every reader of rows, the commands' too, refuses the same files alike: by name, file and line.

And each reads the same from parquet, whoever wrote it, as from JSON lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

import envs.__main__ as envs_main
import rewards.__main__ as rewards_main
import sft.reward_model.__main__ as reward_model_training
from envs.registry import make_env
from envs.tasks import TASK_DOMAINS, rows
from envs.validate import gold_episode
from granite_rl import stage
from granite_rl.data.prompts import prepare_prompts
from granite_rl.data.rows import read_rows
from granite_rl.entry import run_main
from granite_rl.errors import DataError
from granite_rl.evaluation import __main__ as evaluation
from granite_rl.models.tokenizer import encode_prompt, load_tokenizer, train_tokenizer
from granite_rl.runs.rollout_files import read_rollouts
from granite_rl.types import PromptRow
from pretrain.shards import read_texts
from rewards.files import read_rows as read_file
from sft import __main__ as fine_tuning
from sft.data import read_conversations
from sft.reward_model.data import read_pairs
from tests.granite_rl.stage_runs import stage_arguments
from tests.rewards.test_files import HOSTILE

TOKENIZER = train_tokenizer(["How much is one and two? It is three, my friend."] * 5, 350)
USER = {"role": "user", "content": "How much?"}
CALL = {"type": "function", "function": {"name": "add", "arguments": {"x": 1}}}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}

PROMPT = {
    "data_source": "mine",
    "prompt": [USER],
    "env_class": "math",
    "reward_spec": {"method": "math", "ground_truth": "4"},
}
CONVERSATION = {"messages": [USER, {"role": "assistant", "content": "three"}]}
PAIR = {"prompt": [USER], "chosen": "three", "rejected": "two"}

Reader = Callable[[Path], object]
READERS: dict[str, tuple[Reader, dict[str, Any]]] = {
    "prompts": (lambda path: read_rows([path]), PROMPT),
    "conversations": (lambda path: read_conversations([path], TOKENIZER, 500), CONVERSATION),
    "preferences": (lambda path: read_pairs(path, TOKENIZER, 500), PAIR),
    "texts": (lambda path: list(read_texts(path)), {"text": "one"}),
    "rollouts": (read_rollouts, {"completion": "one"}),
}
SURROGATES = {"a lone surrogate", "one in a key"}


def written(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_none_is_refused_by_every_reader(
    reader: str, kind: str, tmp_path: Path
) -> None:
    read, good = READERS[reader]
    if reader == "rollouts" and kind in SURROGATES:
        pytest.skip("a completion may hold half a character")
    content, says = HOSTILE[kind]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content.replace(b'{"a": 1}\n', json.dumps(good).encode() + b"\n", 1))
    with pytest.raises(DataError, match=re.escape(f"{path}{says}")) as caught:
        read(path)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("reader", READERS)
def test_damaged_parquet_is_refused_by_every_reader(reader: str, tmp_path: Path) -> None:
    read, good = READERS[reader]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([good] * 100), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=rf"{path}:1: not a parquet file"):
        read(path)


def test_every_entry_point_ends_with_the_code_for_data(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "rows.jsonl"
    bad.write_bytes('{"text": "é"}\n'.encode("latin-1"))
    model, run = f"model.path={tiny_checkpoint}", f"run.dir={tmp_path / 'run'}"
    calls: list[tuple[Callable[[Sequence[str]], int], list[str]]] = [
        (stage.main, stage_arguments(tiny_checkpoint, bad, tmp_path / "run", 1)),
        (fine_tuning.main, ["recipe=demo", model, f"data.train={bad}", run, "--dry-run"]),
        (
            reward_model_training.main,
            ["recipe=demo", model, f"data.train={bad}", run, "--dry-run"],
        ),
        (
            evaluation.main,
            [
                "recipe=demo",
                f"models={{a: {tiny_checkpoint}}}",
                f"eval.files=[{bad}]",
                f"output_dir={tmp_path}",
            ],
        ),
    ]
    for main, arguments in calls:
        assert run_main(main, arguments) == 4, capsys.readouterr().err
        assert f"error: {bad}:1: not UTF-8: byte 0xe9" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["latin-1", "UTF-16"])
@pytest.mark.parametrize(
    "command", [["validate"], ["score", "--output", "out.jsonl", "--input"], ["envs"]]
)
def test_commands_name_file_and_line(
    command: list[str],
    kind: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    content, says = HOSTILE[kind]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content.removeprefix(b'{"a": 1}\n'))
    if command == ["envs"]:
        code = envs_main.main(["validate", str(path)])
    else:
        code = rewards_main.main([*command, str(path)])
    assert code == (2 if kind == "UTF-16" else 1)
    shown = capsys.readouterr().err + (
        Path("out.jsonl").read_text() if Path("out.jsonl").exists() else ""
    )
    assert f"{path}{says.replace(':2:', ':1:')}"[:60] in shown


@pytest.mark.slow
def test_commands_read_parquet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = PROMPT | {"extra_info": {"gold_completion": "The answer is \\boxed{4}."}}
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([good, good]), path)
    assert rewards_main.main(["validate", str(path)]) == 0
    assert "2  full" in capsys.readouterr().out
    assert envs_main.main(["validate", str(path)]) == 0
    texts = [{key: json.dumps(v) if key != "env_class" else v for key, v in good.items()}]
    pq.write_table(pa.Table.from_pylist(texts), path)
    assert rewards_main.main(["validate", str(path)]) == 0
    assert envs_main.main(["validate", str(path)]) == 0
    path.write_bytes(b"PAR1")
    assert rewards_main.main(["validate", str(path)]) == 2
    assert f"{path}:1: not a parquet file" in capsys.readouterr().err


# -- the same rows from every writer ---------------------------------------------------------------

ASSISTANT = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWER = {"role": "tool", "content": "3", "tool_call_id": "1"}
PROMPTS: list[dict[str, Any]] = [
    PROMPT,
    PROMPT | {"tools": [TOOL], "prompt": [USER, ASSISTANT, ANSWER]},
    PROMPT | {"extra_info": {"a": [1], "b": {"c": True}}, "tools": None},
    PROMPT | {"reward_spec": {"method": "math", "ground_truth": None}, "extra_info": {"b": {}}},
]


def every_file(rows: list[dict[str, Any]], directory: Path, packed: Sequence[str]) -> list[Path]:
    """The rows as JSON lines, with members as JSON text, by pyarrow and by datasets."""
    texts = [{k: json.dumps(v) if k in packed else v for k, v in row.items()} for row in rows]
    files = [written(directory / "a.jsonl", rows), written(directory / "b.jsonl", texts)]
    for name, content in (("c", rows), ("d", texts)):
        # pyarrow takes the columns of the first row.
        columns = {key: None for row in content for key in row}
        content = [columns | row for row in content]
        pq.write_table(pa.Table.from_pylist(content), directory / f"{name}.parquet")
        Dataset.from_list(content).to_parquet(directory / f"{name}_datasets.parquet")
        files += [directory / f"{name}.parquet", directory / f"{name}_datasets.parquet"]
    return files


def without_origin(row: PromptRow) -> tuple[Any, ...]:
    extra = {key: value for key, value in row.extra_info.items() if value != {}}
    return (row.data_source, row.prompt, row.env_class, row.reward_spec, extra, row.tools)


def test_prompt_rows_are_the_same_from_every_writer(tmp_path: Path) -> None:
    first, *others = every_file(PROMPTS, tmp_path, ("prompt", "reward_spec", "extra_info", "tools"))
    wanted = [without_origin(row) for row in read_rows([first])]
    assert wanted[1][1][1] == {"role": "assistant", "content": "", "tool_calls": [CALL]}
    for path in others:
        assert [without_origin(row) for row in read_rows([path])] == wanted, path


@pytest.mark.parametrize("arguments", [{"x": 1}, '{"x":1}', ' {"x"  : 1}\n'])
@pytest.mark.parametrize("nested", [True, False])
def test_calls_in_a_prompt_reach_the_model(arguments: Any, nested: bool, tmp_path: Path) -> None:
    """Written alike, whether their arguments come as an object or as text."""
    function = {"name": "add", "arguments": arguments}
    call = {"type": "function", "function": function} if nested else function
    turns = [USER, {"role": "assistant", "tool_calls": [call]}, ANSWER]
    (row,) = read_rows([written(tmp_path / "a.jsonl", [PROMPTS[1] | {"prompt": turns}])])
    text = TOKENIZER.decode(encode_prompt(TOKENIZER, row.prompt, tools=row.tools))
    assert '<tool_call>\n{"name": "add", "arguments": {"x": 1}}\n</tool_call>' in text


def calling(arguments: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"name": "add", "arguments": arguments}]}


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"role": "assistant", "content": None}, "prompt[1] is not a chat message: content"),
        ({"role": "user", "content": "x", "tool_calls": [CALL]}, "tool_calls of the user"),
        ({"role": "assistant", "tool_calls": ["add"]}, "prompt[1].tool_calls is no list of calls"),
        ({"role": "assistant", "tool_calls": CALL}, "prompt[1].tool_calls is no list of calls"),
        ({"role": "assistant", "tool_calls": "[{"}, "'tool_calls' is text that is not JSON"),
        ({"role": "user", "content": [{"type": "image"}]}, "content is list, not text"),
        (calling("x = 1"), "prompt[1].tool_calls[0]: its arguments are no JSON: "),
        (calling('{"x": NaN}'), "prompt[1].tool_calls[0]: its arguments are no JSON: "),
        (calling("[1]"), "prompt[1].tool_calls[0]: its arguments are list, no object"),
        (calling(3), "prompt[1].tool_calls[0]: its arguments are int, no object"),
    ],
)
def test_messages_that_no_template_renders_are_refused(
    message: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.jsonl", [PROMPT | {"prompt": [USER, message]}])
    with pytest.raises(DataError, match=re.escape(f"{path}:1: ") + ".*" + re.escape(says)):
        read_rows([path])


def test_conversations_are_the_same_from_every_writer(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        CONVERSATION,
        {
            "messages": [USER, ASSISTANT, ANSWER, {"role": "assistant", "content": "three"}],
            "tools": [TOOL],
        },
        CONVERSATION | {"documents": [{"text": "one and two"}]},
    ]
    first, *others = every_file(rows, tmp_path, ("messages", "tools", "documents"))
    wanted = read_conversations([first], TOKENIZER, 500)
    assert len(wanted) == 3
    for path in others:
        read = read_conversations([path], TOKENIZER, 500)
        assert [read[i] for i in range(3)] == [wanted[i] for i in range(3)], path


def test_preferences_are_the_same_from_every_writer(tmp_path: Path) -> None:
    rows = [PAIR, PAIR | {"language": "en", "prompt": [USER, ASSISTANT, ANSWER]}]
    first, *others = every_file(rows, tmp_path, ("prompt",))
    wanted = read_pairs(first, TOKENIZER, 500)
    assert [pair.language for pair in wanted] == ["unknown", "en"]
    for path in others:
        assert read_pairs(path, TOKENIZER, 500) == wanted, path


@pytest.mark.parametrize("domain", TASK_DOMAINS)
def test_golds_score_full_from_parquet(domain: str, tmp_path: Path) -> None:
    """Rows of one domain share a type, but for those whose ground truths are of many shapes."""
    made = [json.loads(json.dumps(row)) for row in rows(TASK_DOMAINS[domain], "train", 60, 3)]
    path = tmp_path / "rows.parquet"
    mixed = "use_json" if domain == "logic" else None
    Dataset.from_list(made, on_mixed_types=mixed).to_parquet(path)
    read = list(read_file(path))
    assert len(read) == 60
    for where, row in read:
        env = make_env(row["env_class"], row)
        for turn in gold_episode(row):
            result = env.step(turn)["metadata"].get("result")
        assert result.teaches, f"{where}: {result.message}"
        assert result.score >= env.scorer.full_score - 1e-6, f"{where}: {result.message}"


# -- control tokens, lengths -----------------------------------------------------------------------


def test_control_tokens_are_named_by_file_and_line(tiny_checkpoint: Path, tmp_path: Path) -> None:
    tokenizer: PreTrainedTokenizerBase = load_tokenizer(tiny_checkpoint)
    evil = PROMPT | {"prompt": [{"role": "user", "content": "x<|end_of_text|>"}]}
    path = written(tmp_path / "a.jsonl", [PROMPT, *[evil] * 12, PROMPT])
    with pytest.raises(DataError) as caught:
        prepare_prompts(read_rows([path]), tokenizer, 100)
    lines = caught.value.message.splitlines()
    assert lines[0].startswith(f"{path}:2: messages[0].content: contains the control token")
    assert len(lines) == 11
    assert lines[-1] == "and 2 more rows"

"""Demo tasks: solvable as posed, split cleanly, noisy as intended, the same for a seed."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from envs.__main__ import main
from envs.demo import (
    DOMAINS,
    SOURCES,
    generate,
    preference_pairs,
    pretrain_documents,
    sft_rows,
)
from envs.demo.world import WEEKDAYS
from envs.registry import make_env
from rewards import get_reward
from rewards.files import write_jsonl


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_wanted_answer_scores_full_and_the_others_do_not(domain: str) -> None:
    task, rng = DOMAINS[domain], random.Random(5)
    reward = get_reward(task.reward)
    for _ in range(300):
        one = task.problem(rng)

        def score(answer: str, one: object = one) -> float:
            result = reward.score(
                answer,
                ground_truth=one.ground_truth,  # type: ignore[attr-defined]
                extra_info=one.extra_info,  # type: ignore[attr-defined]
            )
            assert result.teaches, result.message
            return result.score

        assert score(one.wanted) == reward.full_score, one
        assert score(one.wrong) < reward.full_score, one
        assert score("") < reward.full_score
        assert score(one.prompt) < reward.full_score, "the prompt must not be its own answer"
        if domain != "calibration":  # there any right answer will do: the noise is in knowing
            assert all(score(other) < reward.full_score for other in one.others), one


@pytest.mark.parametrize("domain", DOMAINS)
def test_splits_are_distinct_large_enough_and_never_overlap(domain: str) -> None:
    heldout = generate(domain, "heldout", 200, 0)
    train = generate(domain, "train", 700, 0)
    elsewhere = generate(domain, "train", 700, 99)
    prompts = {
        name: {row["prompt"][0]["content"] for row in rows}
        for name, rows in (("heldout", heldout), ("train", train), ("other seed", elsewhere))
    }
    assert len(prompts["heldout"]) == 200
    assert len(prompts["train"]) == 700
    assert not prompts["heldout"] & (prompts["train"] | prompts["other seed"])
    assert prompts["train"] != prompts["other seed"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_rows_are_in_the_schema_and_run(domain: str) -> None:
    row = json.loads(json.dumps(generate(domain, "train", 1, 3)[0]))
    assert set(row) == {"data_source", "prompt", "env_class", "reward_spec", "extra_info"}
    assert row["env_class"] == domain
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert make_env(domain, row).step("nonsense")["metadata"]["result"].teaches


def test_temporal_answers_agree_with_the_calendar() -> None:
    for row in generate("temporal", "train", 400, 1):
        text = row["prompt"][0]["content"]
        parts = text.replace(",", " ").replace("?", " ").replace(".", " ").split()
        gold = row["reward_spec"]["ground_truth"]
        sign = 1 if "after" in parts else -1
        if gold in WEEKDAYS:
            start = next(part for part in parts if part in WEEKDAYS)
            assert WEEKDAYS[(WEEKDAYS.index(start) + sign) % 7] == gold
        else:
            start = next(part for part in parts if part.endswith(":00"))
            hour = datetime.strptime(start, "%H:%M") + timedelta(hours=sign)
            assert hour.strftime("%H:%M") == gold


def test_logic_answers_agree_with_a_truth_table() -> None:
    for row in generate("logic", "train", 400, 1):
        text = row["prompt"][0]["content"]
        words = text.replace(".", " ").replace("?", " ").split()
        state = {words[i - 1]: words[i + 1] for i, word in enumerate(words) if word == "is"}
        asked = "in" if " in?" in text else "out"
        among = [place == asked for place in state.values()]
        assert len(among) == 2
        truth = all(among) if "both" in words else any(among)
        assert row["reward_spec"]["ground_truth"] == ("yes" if truth else "no")


def test_math_answers_agree_with_arithmetic() -> None:
    for row in generate("math", "train", 400, 1):
        text = row["prompt"][0]["content"]
        a, b = (int(char) for char in text if char.isdigit())
        result = a + b if "+" in text or "gets" in text else a - b
        assert row["reward_spec"]["ground_truth"] == str(result)


def test_supervised_data_is_noisy_as_intended() -> None:
    rows = list(sft_rows(6600, 0))
    styles: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        styles[row["domain"]][row["style"]] += 1
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
        assert row["messages"][1]["content"]
    assert set(styles) == set(DOMAINS)
    for domain, counts in styles.items():
        total = sum(counts.values())
        assert total == 600
        assert 0.30 < counts["wanted"] / total < 0.55, domain
        assert 0.05 < counts["wrong"] / total < 0.16, domain
    heldout = {
        row["prompt"][0]["content"] for d in DOMAINS for row in generate(d, "heldout", 200, 0)
    }
    assert not heldout & {row["messages"][0]["content"] for row in rows}


def test_preference_pairs_agree_with_the_rubric() -> None:
    rubric = get_reward("chat_rubric")
    rows = {row["prompt"][0]["content"]: row for row in generate("general_chat", "train", 1900, 0)}
    judged = 0
    languages = set()
    for pair in preference_pairs(600, 0):
        languages.add(pair["language"])
        row = rows.get(pair["prompt"][0]["content"])
        if row is None:
            continue
        judged += 1
        gold = row["reward_spec"]["ground_truth"]
        good, bad = (
            sum(rubric.score(pair[key], ground_truth=gold).components.values())
            for key in ("chosen", "rejected")
        )
        assert good > bad, pair
    assert judged > 400
    assert len(languages) == 12


@pytest.mark.parametrize("source", SOURCES)
def test_pretraining_text(source: str) -> None:
    documents = list(pretrain_documents(source, 12, 0))
    assert documents == list(pretrain_documents(source, 12, 0))
    assert documents != list(pretrain_documents(source, 12, 1))
    assert len(set(documents)) == 12
    longest = max(map(len, documents))
    assert (longest > 2000) == (source in ("books", "code_repositories"))


def test_pretraining_text_holds_no_heldout_prompt() -> None:
    heldout = [
        row["prompt"][0]["content"]
        for domain in DOMAINS
        for row in generate(domain, "heldout", 300, 0)
    ]
    text = "\n".join(
        itertools.chain.from_iterable(pretrain_documents(source, 60, 0) for source in SOURCES)
    )
    assert [prompt for prompt in heldout if prompt in text] == []


def test_unknown_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown domain 'maths'"):
        generate("maths", "train", 1, 0)
    with pytest.raises(ValueError, match="unknown split 'test'"):
        generate("math", "test", 1, 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"only about .* distinct heldout problems"):
        generate("identity", "heldout", 100_000, 0)
    with pytest.raises(ValueError, match="unknown source"):
        list(pretrain_documents("wikipedia", 1, 0))


def test_make_writes_rows_and_reports_what_is_impossible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "math.jsonl"
    make = ["make", "--domain", "math", "--n", "20", "--seed", "3", "--out", str(out)]
    assert main(make) == 0
    first = out.read_bytes()
    assert len(first.splitlines()) == 20
    assert main(make) == 0
    assert out.read_bytes() == first
    too_many = ["--n", "9999999", "--domain", "identity", "--languages", "zh"]
    assert main([*make, *too_many]) == 2
    assert "identity: only about" in capsys.readouterr().err
    assert out.read_bytes() == first
    assert sorted(path.name for path in out.parent.iterdir()) == ["math.jsonl"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_jsonl(path, [{"a": 1}])
    with pytest.raises(TypeError):
        write_jsonl(path, [{"a": 2}, {"a": object()}])
    assert path.read_text() == '{"a": 1}\n'
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


@pytest.mark.slow
def test_the_demo_data_set_is_whole_and_the_same_for_a_seed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(["demo", "--out", str(tmp_path / name), "--seed", "7"]) == 0
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.jsonl"))
    expected = {"sft.jsonl", "preferences.jsonl", "preferences_heldout.jsonl"}
    expected |= {f"{split}/{domain}.jsonl" for split in ("train", "heldout") for domain in DOMAINS}
    expected |= {f"pretrain/{source}.jsonl" for source in SOURCES}
    assert {str(path) for path in files} == expected
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()
    assert len((tmp_path / "a/heldout/math.jsonl").read_text().splitlines()) == 200

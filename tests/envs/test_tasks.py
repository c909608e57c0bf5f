"""Training tasks are solvable, distinct, the same for a seed, and right by independent means."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from envs.__main__ import main, reported
from envs.names import BUILTIN_ENVS
from envs.registry import load_env_class, make_env
from envs.tasks import DIFFICULTIES, TASK_DOMAINS, rows
from envs.tasks.text2sql import off_by_one
from rewards import get_reward

CHECKED = 150
SIX_LANGUAGES = ("en", "de", "fr", "es", "ja", "zh")


def made(domain: str, n: int, seed: int = 0, **options: Any) -> list[dict[str, Any]]:
    return list(rows(TASK_DOMAINS[domain], options.pop("split", "train"), n, seed, **options))


def text_of(row: dict[str, Any]) -> str:
    return str(row["prompt"][0]["content"])


def test_every_environment_has_its_tasks() -> None:
    assert set(TASK_DOMAINS) == set(BUILTIN_ENVS)
    for name, domain in TASK_DOMAINS.items():
        assert (domain.name, domain.reward) == (name, getattr(load_env_class(name), "reward", ""))


@pytest.mark.parametrize("domain", TASK_DOMAINS)
def test_rows_are_in_the_schema_solvable_and_not_their_own_answers(domain: str) -> None:
    for row in made(domain, CHECKED, seed=5):
        row = json.loads(json.dumps(row))
        assert set(row) - {"tools"} == {
            "data_source",
            "prompt",
            "env_class",
            "reward_spec",
            "extra_info",
        }
        declared = list(TASK_DOMAINS[domain].tools)
        assert row.get("tools", []) == declared
        assert [turn["role"] for turn in row["prompt"]] == ["user"]
        env = make_env(row["env_class"], row)
        full = get_reward(row["reward_spec"]["method"]).full_score

        gold = row["extra_info"]["gold_completion"]
        for completion in (gold, "", "I cannot help with that.", text_of(row)):
            result = env.step(completion)["metadata"]["result"]
            assert result.teaches, (result.message, row)
            assert (result.score == full) == (completion == gold), (completion, row)


@pytest.mark.parametrize("domain", TASK_DOMAINS)
def test_rows_are_distinct_split_cleanly_and_the_same_for_a_seed(domain: str) -> None:
    first, again, other = made(domain, 120), made(domain, 120), made(domain, 120, seed=1)
    heldout = made(domain, 60, split="heldout")
    assert first == again
    assert first != other
    prompts = {text_of(row) for row in (*first, *other)}
    assert len({text_of(row) for row in first}) == 120
    assert len({text_of(row) for row in heldout}) == 60
    assert not prompts & {text_of(row) for row in heldout}


@pytest.mark.parametrize("domain", TASK_DOMAINS)
def test_difficulties_and_languages_are_those_asked_for(domain: str) -> None:
    languages = TASK_DOMAINS[domain].languages
    mixed = [row["extra_info"] for row in made(domain, 120)]
    assert {extra["difficulty"] for extra in mixed} == set(DIFFICULTIES)
    assert {extra["language"] for extra in mixed} == set(languages)
    hard = made(domain, 20, difficulties=(3,), languages=languages[-1:])
    wanted = {(row["extra_info"]["difficulty"], row["extra_info"]["language"]) for row in hard}
    assert wanted == {(3, languages[-1])}


def test_several_domains_speak_six_languages() -> None:
    spoken = [name for name, domain in TASK_DOMAINS.items() if domain.languages == SIX_LANGUAGES]
    assert set(spoken) == {
        "general_chat",
        "identity",
        "in_context_learning",
        "math",
        "temporal",
    }


def test_unknown_requests_are_refused_at_once() -> None:
    math = TASK_DOMAINS["math"]
    with pytest.raises(ValueError, match=r"math has no tasks in 'pt'; it has en, de"):
        rows(math, "train", 1, 0, languages=("pt",))
    with pytest.raises(ValueError, match="unknown difficulty 4"):
        rows(math, "train", 1, 0, difficulties=(4,))
    with pytest.raises(ValueError, match="unknown split 'test'"):
        rows(math, "test", 1, 0)  # type: ignore[arg-type]


def test_an_exhausted_domain_says_how_much_there_is() -> None:
    with pytest.raises(ValueError, match=r"identity: only about \d+ distinct heldout problems"):
        made("identity", 10**6, split="heldout", difficulties=(1,), languages=("zh",))


def test_choices_are_distinct_and_no_letter_is_favoured() -> None:
    letters: Counter[str] = Counter()
    for row in made("science", 600, difficulties=(1,)):
        choices = row["extra_info"]["choices"]
        assert len(choices) == len(set(choices)) == 4
        letters[row["reward_spec"]["ground_truth"]] += 1
    assert max(letters.values()) < 1.4 * min(letters.values()), letters


def test_about_half_of_the_calibration_rows_have_an_answer() -> None:
    answerable = sum(row["extra_info"]["answerable"] for row in made("calibration", 600))
    assert 200 < answerable < 400


def test_sums_of_dates_agree_with_the_calendar() -> None:
    checked = 0
    for row in made("temporal", 800, languages=("en",)):
        text, gold = text_of(row), row["reward_spec"]["ground_truth"]["value"]
        days = [date.fromisoformat(found) for found in re.findall(r"\d{4}-\d{2}-\d{2}", text)]
        match row["extra_info"]["kind"]:
            case "add_days":
                number = int(re.findall(r"(\d+) days", text)[0])
                sign = -1 if "before" in text else 1
                assert (days[0] + timedelta(days=sign * number)).isoformat() == gold
            case "between":
                span = [days[0] + timedelta(days=n) for n in range((days[1] - days[0]).days + 1)]
                count = len(span) - ("not the first" in text) - 2 * ("neither" in text)
                assert str(count) == gold
            case "weekday":
                assert f"{days[0]:%A}" == gold
            case _:
                continue
        checked += 1
    assert checked > 150


def test_orderings_and_liars_have_exactly_one_solution() -> None:
    checked = 0
    for row in made("logic", 150):
        text, gold = text_of(row), row["reward_spec"]["ground_truth"]
        if row["extra_info"]["kind"] != "ordering":
            continue
        people = text.split(" ran a race")[0].split(", ")
        fitting = [order for order in itertools.permutations(people) if _fits(order, text)]
        assert len(fitting) == 1, text
        place = re.search(r"number (\d+)", text)
        wanted = fitting[0][int(place[1]) - 1] if place else ", ".join(fitting[0])
        assert gold == wanted
        checked += 1
    assert checked > 10


def _fits(order: tuple[str, ...], text: str) -> bool:
    """Tell whether a solution fits the statements read from the prompt."""
    at = {name: place for place, name in enumerate(order)}
    said = text.split("without ties. ")[1]
    return (
        all(at[a] < at[b] for a, b in re.findall(r"(\w+) finished before (\w+)\.", said))
        and all(
            at[a] == at[b] + 1
            for a, b in re.findall(r"(\w+) finished directly after (\w+)\.", said)
        )
        and all(at[a] != 0 for a in re.findall(r"(\w+) was not first\.", said))
        and all(at[a] != len(order) - 1 for a in re.findall(r"(\w+) was not last\.", said))
        and all(
            abs(at[a] - at[b]) == int(n) + 1
            for n, a, b in re.findall(r"Exactly (\d+) of .*? between (\w+) and (\w+)\.", said)
        )
        and all(
            abs(at[a] - at[b]) != 1
            for a, b in re.findall(r"(\w+) and (\w+) did not finish next", said)
        )
    )


def test_a_wrong_query_does_not_pass_as_the_right_one() -> None:
    reward = get_reward("sql")
    for row in made("text2sql", 60):
        truth = row["reward_spec"]["ground_truth"]
        for old, new in ((" > ", " <= "), (">=", "<"), (" < ", " >= "), ("<=", ">")):
            if old in truth["gold_sql"]:
                wrong = truth["gold_sql"].replace(old, new)
                assert reward.score(wrong, ground_truth=truth).score == 0.0, wrong
                break


def test_a_query_with_a_bound_off_by_one_does_not_pass() -> None:
    reward = get_reward("sql")
    tried = 0
    for row in made("text2sql", 60):
        truth = row["reward_spec"]["ground_truth"]
        for wrong in off_by_one(truth["gold_sql"]):
            assert reward.score(wrong, ground_truth=truth).score == 0.0, wrong
            tried += 1
    assert tried > 60
    assert off_by_one("a >= 3 AND b BETWEEN 1 AND 5 AND c <> 2") == [
        "a > 3 AND b BETWEEN 1 AND 5 AND c <> 2",
        "a >= 3 AND b BETWEEN 2 AND 5 AND c <> 2",
        "a >= 3 AND b BETWEEN 1 AND 4 AND c <> 2",
    ]


def test_make_reports_progress_and_refuses_clearly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows.jsonl"
    make = ["make", "--domain", "math", "--n", "30", "--seed", "3", "--out", str(out)]
    monkeypatch.setattr("envs.__main__.PROGRESS_EVERY_S", 0.0)
    assert main([*make, "--difficulty", "2", "--languages", "de,ja"]) == 0
    assert "15 of 30 rows" in capsys.readouterr().err
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    extras = [row["extra_info"] for row in written]
    assert len(written) == 30
    assert {extra["difficulty"] for extra in extras} == {2}
    assert {extra["language"] for extra in extras} == {"de", "ja"}
    before = out.read_bytes()
    german = ["--domain", "science", "--languages", "de"]
    assert main([*make, *german]) == 2
    assert "science has no tasks in 'de'; it has en" in capsys.readouterr().err
    for bad in (["--n", "0"], ["--difficulty", "4"], ["--domain", "maths"]):
        with pytest.raises(SystemExit) as stopped:
            main([*make, *bad])
        assert stopped.value.code == 2
    assert out.read_bytes() == before


def test_progress_passes_everything_on() -> None:
    assert list(reported([{"a": 1}, {"a": 2}], 2)) == [{"a": 1}, {"a": 2}]

"""Identity, calibration and chat are scored by what the response does, not by what it mentions."""

from __future__ import annotations

from typing import Any

import pytest

from envs.demo.identity import CLAIMS
from rewards import get_reward
from rewards.reading.abstaining import abstains


def identity_score(completion: str, *require: str) -> float:
    gold = {"name": "Granite", "maker": "IBM", "require": list(require or ("name",))}
    result = get_reward("identity").score(completion, ground_truth=gold)
    assert result.status == "ok", result.message
    return result.score


@pytest.mark.parametrize(
    "completion",
    [
        "I am Granite.",
        "I'm Granite, not ChatGPT.",
        "No, I am not ChatGPT. I am Granite, made by IBM.",
        "My name is Granite.",
        "Unlike Claude, I am Granite.",
        *(claim.format(who="Granite") for claim in CLAIMS.values()),
        "Sono Granite.",
        "Ik ben Granite.",
        "Jsem Granite.",
        "저는 Granite입니다.",
        "أنا Granite",
    ],
)
def test_identity_claims_count(completion: str) -> None:
    assert identity_score(completion) == 1.0


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "Granite?",
        "You asked about Granite.",
        "I am not Granite.",
        "I am ChatGPT, not Granite.",
        "I am Granite. I am ChatGPT.",
        "I am Granite, made by OpenAI.",
        "Granite is a stone.",
        "I am Granitemaster.",
    ],
)
def test_identity_mentions_negations_and_double_claims_do_not(completion: str) -> None:
    assert identity_score(completion) == 0.0


def test_identity_makers() -> None:
    assert identity_score("I was made by IBM.", "maker") == 1.0
    assert identity_score("IBM made me.", "maker") == 1.0
    assert identity_score("I am Granite, made by IBM.", "name", "maker") == 1.0
    assert identity_score("I am Granite.", "name", "maker") == 0.0
    assert identity_score("Not IBM. OpenAI made me.", "maker") == 0.0
    assert identity_score("IBM is a company.", "maker") == 0.0
    assert identity_score("I am Granite. Or are you ChatGPT?") == 1.0


def calibration(completion: str, answer: Any, **extra: Any) -> float:
    result = get_reward("abstention").score(
        completion, ground_truth={"answer": answer}, extra_info=extra
    )
    assert result.teaches, result.message
    return result.score


def test_abstention_pays_plus_one_zero_minus_lambda() -> None:
    assert calibration("It is Paris.", "Paris") == 1.0
    assert calibration("I don't know.", "Paris") == 0.0
    assert calibration("It is Rome.", "Paris") == -0.5
    assert calibration("I don't know.", None) == 1.0
    assert calibration("It is Rome.", None) == -0.5
    assert calibration("It is Rome.", None, penalty=1.0) == -1.0
    assert calibration("", "Paris") == -0.5


def test_abstention_cannot_be_had_both_ways() -> None:
    assert calibration("I don't know, perhaps Paris.", "Paris") == 0.0
    assert calibration("Parisian", "Paris") == -0.5
    assert calibration("Rome, Madrid, Paris, " * 20, "Paris") == -0.5
    bad = get_reward("abstention").score(
        "x", ground_truth={"answer": "y"}, extra_info={"penalty": 7}
    )
    assert bad.status == "error"


@pytest.mark.parametrize(
    "text", ["Ich weiß es nicht.", "知りません。", "모르겠어요", "我不知道", "لا أعرف"]
)
def test_abstaining_in_other_languages(text: str) -> None:
    assert abstains(text)
    assert not abstains("I know: Paris.")


CHAT = {"language": "en", "greeting": ["Hello"], "topic": ["tea"], "closing": ["Have a nice day!"]}


@pytest.mark.parametrize(
    ("completion", "failed"),
    [
        ("Hello! I like tea. Have a nice day!", None),
        ("hello Tom, I like TEA. Have a nice day", None),
        ("I like tea. Have a nice day!", "greets"),
        ("Hello! I like tea.", "closes"),
        ("Hello! Have a nice day!", "on_topic"),
        ("Hello! I like tea. I like tea. Have a nice day!", "no_repetition"),
        ("Hello! Ich mag tea und ich bin nicht die Frau. Have a nice day!", "language"),
        ("Hello! tea " + " ".join(map(str, range(600))) + " Have a nice day!", "short_enough"),
        ("Hello! tea " + "x" * 900 + " Have a nice day!", "no_repetition"),
        ("Hello! I like tea" + " and I like tea" * 9 + ". Have a nice day!", "no_repetition"),
        ("Hello! I like steak and my team. Have a nice day!", "on_topic"),
        ("Helloween! I like tea. Have a nice day!", "greets"),
        ("<think>Hm, tea.</think>Hello! I like tea. Have a nice day!", None),
        ("<think>Hello! I like tea.</think>Have a nice day!", "greets,on_topic"),
    ],
)
def test_chat_rubric(completion: str, failed: str | None) -> None:
    result = get_reward("chat_rubric").score(completion, ground_truth=CHAT)
    assert ",".join(k for k, v in result.components.items() if not v) == (failed or "")
    assert result.score == float(failed is None)

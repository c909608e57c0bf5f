"""Which environment variables are secrets, and that their values vanish."""

from __future__ import annotations

import pytest

from granite_rl.runs.redaction import environment_secrets, redact, redact_tree


@pytest.mark.parametrize(
    "name",
    [
        "HF_TOKEN",
        "WANDB_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "PGPASSWORD_PASSWORD",
        "RAY_AUTH_TOKEN",
        "TOKEN",
        "github_token",
    ],
)
def test_secret_names(name: str) -> None:
    assert environment_secrets({name: "0123456789"}) == ["0123456789"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("PATH", "/usr/bin:/bin"), ("TOKENIZERS_PARALLELISM", "false-false"), ("HF_TOKEN", "short")],
)
def test_ordinary_variables_are_left_alone(name: str, value: str) -> None:
    assert environment_secrets({name: value}) == []


def test_values_are_replaced_everywhere_longest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "secret-0123")
    monkeypatch.setenv("B_TOKEN", "secret-0123-and-more")
    assert redact("x secret-0123-and-more y secret-0123") == "x [redacted] y [redacted]"
    tree = {"a": ["secret-0123", 1], "b": {"c": "secret-0123"}, "d": None}
    assert redact_tree(tree) == {"a": ["[redacted]", 1], "b": {"c": "[redacted]"}, "d": None}

"""Checkpoints share an engine exactly when it can serve them in turn."""

from __future__ import annotations

from pathlib import Path

from granite_rl.evaluation.runner import share_engines


def checkpoint(root: Path, name: str, config: str, tokenizer: str) -> Path:
    directory = root / name
    directory.mkdir()
    (directory / "config.json").write_text(config)
    (directory / "tokenizer.json").write_text(tokenizer)
    return directory


def test_only_equal_architecture_and_tokenizer_share(tmp_path: Path) -> None:
    models = {
        "base": checkpoint(tmp_path, "base", "tiny", "bpe"),
        "large": checkpoint(tmp_path, "large", "3b", "bpe"),
        "sft": checkpoint(tmp_path, "sft", "tiny", "bpe"),
        "other": checkpoint(tmp_path, "other", "tiny", "other words"),
    }
    assert share_engines(models) == [["base", "sft"], ["large"], ["other"]]


def test_another_chat_template_has_an_engine_of_its_own(tmp_path: Path) -> None:
    models = {name: checkpoint(tmp_path, name, "tiny", "bpe") for name in ("a", "b", "c")}
    (models["c"] / "chat_template.jinja").write_text("{{ messages }}")
    assert share_engines(models) == [["a", "b"], ["c"]]

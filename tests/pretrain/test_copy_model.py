"""Copying the last phase's model to the run's."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from granite_rl.errors import disk_refuses
from pretrain.train import copy_model


def test_all_or_nothing_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, run = tmp_path / "phases" / "hf", tmp_path / "hf"
    (model / "additional_chat_templates").mkdir(parents=True)
    for name in ("config.json", "additional_chat_templates/tools.jinja"):
        (model / name).write_text(name)
    copy_model(model, run)
    assert (run / "config.json").read_text() == "config.json"
    assert (run / "additional_chat_templates" / "tools.jinja").is_file()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (model / "config.json").write_text("a new one")
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left") as caught:
        copy_model(model, run)
    assert disk_refuses(caught.value), "so that the run ends with code 5 and a sentence"
    assert (run / "config.json").read_text() == "config.json"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

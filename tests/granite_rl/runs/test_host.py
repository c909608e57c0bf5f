"""Memory and disk of a run's host, against the operating system's own numbers."""

from __future__ import annotations

import json
import os
import resource
import shutil

import pytest

from granite_rl.runs.host import GIB, host_metrics

from .conftest import OpenRun


def test_room_is_counted_in_checkpoints(open_run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 0, 5000))
    with open_run() as run:
        metrics = host_metrics(run)
        assert metrics["run/disk_free_gib"] == 5000 / GIB
        assert "run/disk_free_checkpoints" not in metrics
        step = run.checkpoints / "step_3"
        (step / "rank_0").mkdir(parents=True)
        (step / "model").write_bytes(bytes(1500))
        (step / "rank_0" / "optimizer").write_bytes(bytes(500))
        (run.checkpoints / "latest.json").write_text(json.dumps({"step": 3, "path": "step_3"}))
        assert host_metrics(run)["run/disk_free_checkpoints"] == 2.5
        run.finish("succeeded", 0)


def test_memory_is_this_process(open_run: OpenRun) -> None:
    with open_run() as run:
        mapped = bytearray(os.urandom(64 * 1024**2))
        resident = host_metrics(run)["run/memory_gib"] * GIB
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        assert len(mapped) < resident <= peak * 1.01
        run.finish("succeeded", 0)

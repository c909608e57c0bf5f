"""A stage as a Ray job: ``ray job submit -- python -m granite_rl.stage`` on a running cluster."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from granite_rl.training.launch import free_port
from tests.granite_rl.stage_runs import ROOT, metrics_of, stage_arguments

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What everybody who talks to the cluster needs: a token that only this test knows."""
    token = tmp_path / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    return os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


@pytest.fixture
def cluster(tmp_path: Path, environment: dict[str, str]) -> Iterator[str]:
    """A head node with ports and a directory of its own; yields the jobs API's address."""
    dashboard = free_port()
    # Not tmp_path: the paths of Ray's sockets may not exceed 107 bytes.
    directory = Path("/tmp") / f"granite-rl-job-{os.getpid()}"
    command = [
        *("ray", "start", "--head", "--block", "--num-cpus=2", "--disable-usage-stats"),
        f"--port={free_port()}",
        f"--dashboard-port={dashboard}",
        # By default every instance on a machine asks for the same port, and all but the first have
        # no agent that takes jobs.
        f"--dashboard-agent-listen-port={free_port()}",
        f"--temp-dir={directory}",
        "--dashboard-host=127.0.0.1",
    ]
    log = (tmp_path / "ray.log").open("wb")
    head = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert head.poll() is None, (tmp_path / "ray.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", dashboard)) == 0:
                    break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{dashboard}"
    finally:
        # The head node's processes share its session, which is ours to end.
        os.killpg(head.pid, signal.SIGTERM)
        try:
            head.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
        log.close()
        subprocess.run(["rm", "-rf", str(directory)], check=False)


def test_a_submitted_job_succeeds_and_leaves_a_complete_run(
    cluster: str,
    environment: dict[str, str],
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    stage = stage_arguments(tiny_checkpoint, any_rows, run, 2, f"eval.files={any_rows}")
    command = [
        *("ray", "job", "submit", "--address", cluster, "--submission-id", "granite-test"),
        *("--", "python", "-m", "granite_rl.stage", *stage),
    ]
    deadline = time.monotonic() + 90
    while True:
        submitted = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        # The dashboard answers some seconds before the node's agent can take a job.
        if "No available agent" not in submitted.stderr or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert "succeeded" in submitted.stdout
    listed = subprocess.run(
        ["ray", "job", "list", "--address", cluster],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "SUCCEEDED" in listed.stdout
    assert "granite-test" in listed.stdout
    assert json.loads((run / "status.json").read_text())["state"] == "succeeded"
    assert [line["step"] for line in metrics_of(run)] == [1, 2]
    for part in ("hf/model.safetensors", "eval.json", "lineage.json", "config/resolved.yaml"):
        assert (run / part).is_file(), part

"""A Ray cluster of several nodes on this machine, with ports, directory and token of its own."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from granite_rl.training.launch import free_port

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE_S = 300.0
"""Seconds that a node may take to start: on two busy cores a minute is not enough."""


class Nodes:
    """A running cluster."""

    def __init__(self, environment: dict[str, str], sessions: list[int]) -> None:
        self.environment = environment
        """What a driver needs to join."""
        self._sessions = sessions

    def processes(self, title: str) -> list[int]:
        """Ids of this cluster's processes whose command line contains a text."""
        found = []
        for directory in Path("/proc").glob("[0-9]*"):
            pid = int(directory.name)
            try:
                if (
                    os.getsid(pid) in self._sessions
                    and title.encode() in (directory / "cmdline").read_bytes()
                ):
                    found.append(pid)
            except (ProcessLookupError, FileNotFoundError):
                continue
        return sorted(found)


@contextmanager
def ray_nodes(directory: Path, count: int, cpus: int) -> Iterator[Nodes]:
    """Start nodes of so many CPUs each; they end with the block.

    Args:
        directory: for the log and the token.
        count: how many nodes.
        cpus: of each.
    """
    token = directory / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    authentication = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    # Not in `directory`: the paths of Ray's sockets may not exceed 107 bytes.
    temporary = Path("/tmp") / f"granite-rl-nodes-{os.getpid()}"
    port = free_port()
    log = (directory / "ray.log").open("ab")
    nodes: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> None:
        nodes.append(
            subprocess.Popen(
                [
                    *("ray", "start", *options, "--block", "--disable-usage-stats"),
                    f"--num-cpus={cpus}",
                    f"--dashboard-agent-listen-port={free_port()}",
                    f"--metrics-export-port={free_port()}",
                ],
                env=os.environ | authentication,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    try:
        start(
            "--head",
            f"--port={port}",
            f"--temp-dir={temporary}",
            "--include-dashboard=false",
            f"--ray-client-server-port={free_port()}",
        )
        address = _address(directory / "ray.log", port, nodes[0])
        for _ in range(count - 1):
            start(f"--address={address}")
        environment = authentication | {"RAY_ADDRESS": address}
        _wait_for_nodes(directory / "ray.log", environment, count)
        yield Nodes(environment, [node.pid for node in nodes])
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for node in reversed(nodes):
                # The node's processes share its session, which is ours to end.
                if _group_lives(node.pid):
                    os.killpg(node.pid, number)
            deadline = time.monotonic() + 10
            while any(map(_group_lives, [node.pid for node in nodes])):
                for node in nodes:
                    node.poll()
                if time.monotonic() > deadline:
                    break
                time.sleep(0.1)
        log.close()
        shutil.rmtree(temporary, ignore_errors=True)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _address(log: Path, port: int, head: subprocess.Popen[bytes]) -> str:
    """Return where the head node says that it is, once it runs."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        said = _COLOUR.sub("", log.read_text())
        assert head.poll() is None, said
        found = re.search(r"Local node IP: (\S+)", said)
        if found and "Ray runtime started" in said:
            return f"{found.group(1)}:{port}"
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def _wait_for_nodes(log: Path, environment: dict[str, str], count: int) -> None:
    """Until all nodes have joined."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        listed = subprocess.run(
            ["ray", "status", "--address", environment["RAY_ADDRESS"]],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if listed.stdout.count("node_") >= count:
            return
        assert time.monotonic() < deadline, listed.stdout + listed.stderr + log.read_text()
        time.sleep(1)

"""Find and join a running Ray cluster, and say what every process of ours there has in common.

Where a cluster does not answer, the reason is reported within seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from granite_rl.errors import PreflightError, first_line

CONNECT_S = 10
"""Seconds to wait for an answer of the cluster that ``RAY_ADDRESS`` names."""

PYTHON_ROOT = str(Path(__file__).resolve().parents[2])


def cluster_address(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the Ray cluster that a run is to use; None: this machine."""
    address = environment.get("RAY_ADDRESS")
    return None if address in (None, "", "local") else address


def actor_environment(threads: int | None = None) -> dict[str, str]:
    """Return every actor's environment; ``granite_rl.entry.run_main`` explains the wait policy.

    Args:
        threads: of OpenMP; None: its own choice.
    """
    # The packages' own root first, so that actors import what the driver runs.
    path = filter(None, [PYTHON_ROOT, os.environ.get("PYTHONPATH", "")])
    environment = {
        "PYTHONPATH": os.pathsep.join(path),
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    return environment if threads is None else environment | {"OMP_NUM_THREADS": str(threads)}


def session_options(threads: int | None = None) -> dict[str, Any]:
    """Return the arguments of ``ray.init`` that all sessions have; ``threads`` as above."""
    # Otherwise Ray hides the accelerators of actors that ask for none, and warns of it.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    return {
        "logging_level": logging.ERROR,
        "log_to_driver": False,
        "runtime_env": {"env_vars": actor_environment(threads)},
    }


def join_cluster(address: str, options: Mapping[str, Any]) -> None:
    """Connect this process to a cluster.

    Args:
        address: as in ``RAY_ADDRESS``.
        options: further arguments of ``ray.init``.

    Raises:
        PreflightError: no Ray cluster answers at the address (Ray would try for minutes), or
            the cluster refuses us.
    """
    import ray

    try:
        _check_answer(address)
        ray.init(address=address, **options)
    except (OSError, RuntimeError, ValueError) as error:
        ray.shutdown()
        raise PreflightError(
            f"RAY_ADDRESS={address}: {first_line(error)}",
            "start the cluster, correct RAY_ADDRESS, or unset it to run on this machine alone; one "
            "started by `ray start` wants RAY_AUTH_MODE=token and its token (~/.ray/auth_token, or "
            "RAY_AUTH_TOKEN_PATH)",
        ) from error


def _check_answer(address: str) -> None:
    """Check within seconds that a cluster answers at an address.

    Raises:
        OSError | RuntimeError | ValueError: no cluster answers.
    """
    import ray

    through_client = address.startswith("ray://")
    place = address.removeprefix("ray://")
    if not through_client:
        place = ray._private.services.canonicalize_bootstrap_address(address) or address
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S):
        pass
    if through_client:
        return
    # What listens there may not be Ray, or hang. A thread, because the call can't be interrupted.
    answers: list[object] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # whatever Ray raises means that it does not answer
            answers.append(ray._raylet.GcsClient(address=place))

    asking = threading.Thread(target=ask, name="ray-address-check", daemon=True)
    asking.start()
    asking.join(3 * CONNECT_S)
    if not answers:
        raise ConnectionError(f"no Ray cluster answers at {place}")

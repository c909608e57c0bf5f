"""Join a running Ray cluster, or report within seconds why that is not possible."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any

from granite_rl.errors import PreflightError

CONNECT_S = 10
"""Seconds to wait for an answer of the cluster that ``RAY_ADDRESS`` names."""


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
        said = str(error).strip() or type(error).__name__
        raise PreflightError(
            f"RAY_ADDRESS={address}: {said.splitlines()[0]}",
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

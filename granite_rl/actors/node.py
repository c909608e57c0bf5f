"""Tell where an actor runs."""

from __future__ import annotations

import ray


def node_id() -> str:
    """Return Ray's id of the node this process runs on; empty outside Ray."""
    return str(ray.get_runtime_context().get_node_id()) if ray.is_initialized() else ""

"""Generate training tasks: the nine domains, identity, calibration, and one with tools.

Harder and more varied than the demo's, in three difficulties and, where it makes sense, six
languages. `rows(TASK_DOMAINS["math"], "train", n, seed)` streams distinct rows, the same for a
seed; `python -m envs make` writes them.
"""

from __future__ import annotations

from envs.tasks import (
    calibration,
    general_chat,
    identity,
    in_context_learning,
    instruction_following,
    logic,
    math,
    science,
    sql_explorer,
    structured_output,
    temporal,
    text2sql,
)
from envs.tasks.base import DIFFICULTIES, Task, TaskDomain, rows

__all__ = ["DIFFICULTIES", "TASK_DOMAINS", "Task", "TaskDomain", "rows"]

TASK_DOMAINS: dict[str, TaskDomain] = {
    module.DOMAIN.name: module.DOMAIN
    for module in (
        math,
        science,
        logic,
        instruction_following,
        structured_output,
        text2sql,
        temporal,
        general_chat,
        in_context_learning,
        identity,
        calibration,
        sql_explorer,
    )
}

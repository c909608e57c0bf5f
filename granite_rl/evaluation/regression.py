"""Compares a stage's ``eval.json`` with its parent run's, and raises an alarm for each domain that
got worse.

As in the stage matrix, a domain has regressed when the whole 95 % interval of the difference lies
below zero. The domains that both evaluations hold are compared; for a parent without an
``eval.json`` in its run directory (a released model, say) there is no alarm.
"""

from __future__ import annotations

from pathlib import Path

from granite_rl.errors import DataError
from granite_rl.evaluation.matrix import Matrix, load_evaluation, percentage_points
from granite_rl.runs.alarms import Alarm
from granite_rl.runs.lineage import parent_run


def regression_alarms(run_dir: Path, step: int) -> list[Alarm]:
    """Return one alarm for each domain in which the parent run was significantly better.

    A parent's file that can't be read is an alarm too: the comparison must not end a run.

    Args:
        run_dir: a run with ``eval.json`` and ``lineage.json``.
        step: step that the alarms are recorded with.

    Raises:
        DataError: the run's own ``eval.json`` is malformed.
    """
    child = load_evaluation(run_dir / "eval.json")
    parent = parent_run(run_dir)
    if parent is None or not (parent / "eval.json").is_file():
        return []
    try:
        parents = load_evaluation(parent / "eval.json")
    except DataError as error:
        return [Alarm("eval_regression", step, f"not compared with the parent: {error}")]
    matrix = Matrix({"parent": parents, "child": child})
    alarms = []
    for change in matrix.transition("parent", "child").changes:
        if change.regression:
            before, after = f"{change.old.accuracy:.1%}", f"{change.new.accuracy:.1%}"
            interval = change.difference.interval
            low, high = percentage_points(interval.low), percentage_points(interval.high)
            message = (
                f"{change.domain}: accuracy {after}, but {before} in {parent.name} (95 % interval "
                f"of the difference {low} to {high} points)"
            )
            alarms.append(Alarm("eval_regression", step, message))
    return alarms

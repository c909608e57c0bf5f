"""Evaluates a stage's finished model on its held-out prompts, with the stage's own generators."""

from __future__ import annotations

import time
from statistics import fmean

from granite_rl.errors import Preempted
from granite_rl.evaluation.heldout import evaluate, write_evaluation
from granite_rl.evaluation.regression import regression_alarms
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.rl.inputs import Inputs
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.alarms import Alarm
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.preemption import StopSignal


def evaluate_stage(
    inputs: Inputs, rollouts: RolloutEngine, run: RunDirectory, step: int, stop: StopSignal
) -> tuple[dict[str, float], list[Alarm]]:
    """Evaluate and write ``eval.json``; returns its metrics, and an alarm for each domain that got
    worse.

    Args:
        inputs: the stage's inputs, with held-out prompts.
        rollouts: the stage's generators, with the final weights, and its scorers.
        run: the stage's run directory.
        step: step that the alarms are recorded with.
        stop: installed signal handlers.

    Raises:
        Preempted: SIGTERM or Ctrl-C came; there is no ``eval.json`` then.
    """
    assert inputs.heldout is not None

    def check() -> None:
        if stop.requested:
            raise Preempted(
                f"stopped by {stop.name} in the held-out evaluation, which is not complete; all "
                f"{step} steps are trained, and the model is saved in {run.hf}"
            )

    rollout = inputs.config.rollout
    begin = time.monotonic()
    result = evaluate(
        rollouts,
        inputs.heldout.rows,
        max_response_tokens=rollout.max_response_tokens,
        max_context=rollout.max_context,
        max_turns=rollout.max_turns,
        model=run.hf,
        model_hash=checkpoint_hash(run.hf),
        check=check,
    )
    write_evaluation(run.path / "eval.json", result)
    metrics = {"time/eval_s": time.monotonic() - begin}
    for domain, numbers in result["domains"].items():
        metrics[f"eval/{domain}/accuracy"] = float(numbers["accuracy"])
        metrics[f"eval/{domain}/n"] = float(numbers["n"])
    metrics["eval/mean"] = fmean(float(one["accuracy"]) for one in result["domains"].values())
    return metrics, regression_alarms(run.path, step)

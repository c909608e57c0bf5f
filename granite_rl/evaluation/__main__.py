"""Evaluate checkpoints on held-out prompts: ``python -m granite_rl.evaluation [key=value ...]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from granite_rl.entry import configure, parse_arguments, run_main, to_yaml
from granite_rl.errors import ExitCode
from granite_rl.evaluation.config import EvaluationConfig

PROGRAM = "python -m granite_rl.evaluation"
EXAMPLES = f"""examples:
  {PROGRAM} recipe=demo 'models={{sft: runs/sft/hf}}' 'eval.files=[rows.jsonl]' output_dir=OUT
  {PROGRAM} 'models={{a: DIR, b: DIR}}' 'eval.files=[x.jsonl,y.jsonl]' output_dir=OUT

Every key is explained in granite_rl/evaluation/config.py; the numbers are in conf/evaluation/."""


def main(argv: Sequence[str]) -> int:
    """Evaluate; returns the exit code."""
    parsed = parse_arguments(
        PROGRAM, "Greedy held-out evaluation through vLLM.", argv, epilog=EXAMPLES
    )
    config = configure("evaluation", EvaluationConfig, parsed.overrides)
    # Imported after the configuration was checked: a typo is told in a second, torch takes 3.
    from granite_rl.evaluation.checks import check_models

    models = check_models(config)
    if parsed.dry_run:
        print(to_yaml(config))
        return ExitCode.OK
    from granite_rl.evaluation.runner import evaluate_checkpoints

    evaluate_checkpoints(config, models)
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(run_main(main))

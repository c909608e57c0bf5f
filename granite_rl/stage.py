"""Run one RL stage: ``python -m granite_rl.stage multi_domain [key=value ...]``.

Works on its own (it starts a private Ray instance) and as a Ray job (it joins the cluster that the
job runs on). Everything that can be refused is refused before the first actor starts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from granite_rl.config import RL_STAGES, StageConfig
from granite_rl.entry import configure, parse_arguments, run_main, to_yaml
from granite_rl.errors import ExitCode
from granite_rl.runs.preemption import StopSignal

PROGRAM = "python -m granite_rl.stage"
EXAMPLES = f"""examples:
  {PROGRAM} multi_domain recipe=demo model.path=runs/sft/hf data.train=prompts.jsonl
  {PROGRAM} math model.path=DIR 'data.train=[a.jsonl,b.parquet]' optim.lr=1e-6 run.dir=runs/math
  {PROGRAM} math ... run.resume=auto          continue after a crash, or start
  {PROGRAM} math ... --dry-run                validate everything, start nothing

stages: {", ".join(RL_STAGES)}
Every key is explained in granite_rl/config.py; the numbers are in conf/rl/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 5 infrastructure, 6 diverged,
75 preempted (resumable)"""


def main(argv: Sequence[str]) -> int:
    """Run one stage; return the exit code."""
    parsed = parse_arguments(
        PROGRAM,
        "Run one RL stage on Ray: vLLM generators, DeepSpeed trainers.",
        argv,
        positional="stage",
        epilog=EXAMPLES,
    )
    config = configure("rl", StageConfig, parsed.overrides)
    with StopSignal() as stop:
        with stop.interrupting("before anything was written"):
            # Imported after the configuration was checked: a typo is told in a second, torch takes
            # five.
            from granite_rl.evaluation.stage import evaluate_stage
            from granite_rl.rl.inputs import load_inputs
            from granite_rl.rl.run import describe_plan, is_finished, run_stage
            from granite_rl.runs.directory import RunDirectory

            inputs = load_inputs(config)
        if parsed.dry_run:
            print(to_yaml(config))
            print(describe_plan(inputs))
            return ExitCode.OK
        with RunDirectory.open(
            config.run,
            kind=config.stage,
            config_yaml=to_yaml(config),
            overrides=parsed.overrides,
            command=["python", "-m", "granite_rl.stage", *argv],
            product=lambda path: is_finished(inputs, path),
        ) as run:
            if run.already_complete:
                print(f"{config.stage}: {run.path} is already complete; nothing to do")
                return ExitCode.OK
            return run_stage(inputs, run, evaluate_stage, stop)


if __name__ == "__main__":
    sys.exit(run_main(main))

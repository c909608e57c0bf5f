"""Run steps of the pipeline one after another: ``python -m granite_rl.pipeline.worker``.

Each request is one line of JSON on stdin, ``{"module", "arguments", "end"}``: the module's ``main``
runs as ``python -m MODULE ARGUMENT ...`` would run it, and when it has succeeded the line ``end``
is written. This saves the imports of every step but the first (5-15 s each on two cores), and
with ``STANDBY`` the start of Ray, vLLM and the trainers (20-25 s per RL stage). The price: a
step inherits a used process. So a step that does not return 0 ends the process with its exit code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import FrameType

from granite_rl.actors.standby import STANDBY
from granite_rl.entry import run_main
from granite_rl.errors import ExitCode


def main() -> int:
    """Run requested steps until stdin ends or a step fails; return the exit code."""
    # Between two steps, whose own handlers save first: leave as Python does, which ends Ray too.
    signal.signal(signal.SIGTERM, _leave)
    # Steps, and the processes that they start, must not read the requests.
    requests = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    with STANDBY:
        for line in requests:
            request = json.loads(line)
            code = run_step(request["module"], request["arguments"])
            sys.stderr.flush()
            if code != ExitCode.OK:
                return code
            print(request["end"], flush=True)
    return ExitCode.OK


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def run_step(module: str, arguments: Sequence[str]) -> int:
    """Run what ``python -m module arguments`` would; return its exit code."""
    try:
        found = find_spec(module)
        is_package = found is not None and found.submodule_search_locations is not None
        entry = import_module(f"{module}.__main__" if is_package else module)
        return run_main(entry.main, arguments)
    except SystemExit as error:  # argparse
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception:  # noqa: BLE001  (a bug: what Python itself would print, and its exit code)
        traceback.print_exc()
        return ExitCode.BUG


if __name__ == "__main__":
    sys.exit(main())

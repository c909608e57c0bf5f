"""Runs every benchmark, one after another: ``python -m tests.bench [NAME ...]`` (``make bench``).

Each runs in a process of its own, so that none inherits another's threads or memory. Their JSON
lines go to stdout and, by name, to ``runs/bench.json``; numbers of those that were not run stay.
``python -m tests.bench --table`` runs nothing and writes these numbers into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.bench.table import PAGE, render, replaced

MODULES = ("packed", "engine", "weight_sync", "controller", "rewards", "overlap", "trl")
"""Benchmarks in the order they run, the quick ones first: all together take about 25 minutes on two
cores."""
OUTPUT = Path("runs/bench.json")


def main() -> int:
    """Run the benchmarks; returns 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--table", action="store_true", help="write docs/performance.md's table")
    arguments = parser.parse_args()
    if arguments.table:
        numbers = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
        PAGE.write_text(replaced(PAGE.read_text(), render(numbers)))
        return 0
    chosen = arguments.names or list(MODULES)
    unknown = set(chosen) - set(MODULES)
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)[0]!r}; there are: {', '.join(MODULES)}")
    results = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    failed = []
    for name in chosen:
        print(f"# {name}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.{name}"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        sys.stdout.write(done.stdout)
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                result = json.loads(line)
                results[result.pop("name")] = result
        if done.returncode:
            failed.append(name)
        OUTPUT.parent.mkdir(exist_ok=True)
        OUTPUT.write_text(json.dumps(results, indent=1) + "\n")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

"""Compares verifiers with kill-on-timeout with a plain process pool around math-verify.

    python -m tests.bench.rewards [--samples 4000] [--workers 2]

Prints one JSON line per comparison, samples a second, both sides measured in this run:

- `rewards_math`: labelled answers as models write them, no two alike. Ours is the `math` reward in
  the killable pool; the peer is math-verify in `concurrent.futures.ProcessPoolExecutor`, chunks of
  32, with its own signal timeouts (the usual set-up; nothing there can be killed).
- `rewards_bombs`: the same with one completion in a hundred that keeps a computer algebra system
  busy for as long as it is let.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle

from rewards.sandbox.pool import RewardPool
from tests.bench.result import Result

BOMBS = (
    "9^{9^{9^9}}",
    "10000000!",
    "(x+1)^{100000}",
    "2^{1000000000}",
    "\\prod_{k=1}^{100000}(x+k)",
)
SHAPES = (
    "{n}",
    "{n}.50",
    "\\frac{{{n}}}{{7}}",
    "{n}\\sqrt{{2}}",
    "\\text{{{n}}}",
    "({n}, 3)",
    "{n},000",
    "x = {n}",
)


def samples(count: int, bombs: bool) -> list[tuple[str, str]]:
    """Make (completion, gold) pairs, right and wrong in turn."""
    made = []
    bomb = cycle(BOMBS)
    for number in range(count):
        gold = SHAPES[number % len(SHAPES)].format(n=number + 2)
        answer = gold if number % 2 else SHAPES[number % len(SHAPES)].format(n=number + 3)
        if bombs and number % 100 == 50:
            answer = next(bomb)
        text = f"We add the parts and simplify, step by step. So it is \\boxed{{{answer}}}."
        made.append((text, gold))
    return made


def peer_score(sample: tuple[str, str]) -> float:
    """Score with math-verify as its documentation shows it."""
    from math_verify import parse, verify

    completion, gold = sample
    return float(verify(parse(f"\\boxed{{{gold}}}"), parse(completion)))


def ours(pool: RewardPool, chosen: list[tuple[str, str]]) -> float:
    """Measure the samples a second of the killable pool."""
    items = [{"reward": "math", "completion": text, "ground_truth": gold} for text, gold in chosen]
    begin = time.perf_counter()
    results = pool.score(items)
    seconds = time.perf_counter() - begin
    assert len(results) == len(items)
    return len(items) / seconds


def peer(pool: ProcessPoolExecutor, chosen: list[tuple[str, str]]) -> float:
    """Measure the samples a second of the plain pool."""
    begin = time.perf_counter()
    assert len(list(pool.map(peer_score, chosen, chunksize=32))) == len(chosen)
    return len(chosen) / (time.perf_counter() - begin)


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=4_000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with (
        RewardPool(arguments.workers, cache_entries=0) as pool,
        ProcessPoolExecutor(arguments.workers) as plain,
    ):
        warm = samples(64 * arguments.workers, bombs=False)
        ours(pool, warm)
        peer(plain, warm)
        for name, bombs in (("rewards_math", False), ("rewards_bombs", True)):
            count = arguments.samples if not bombs else max(200, arguments.samples // 4)
            chosen = samples(count, bombs)
            mine, theirs = ours(pool, chosen), peer(plain, chosen)
            Result(name, mine, theirs, "samples/s").print()


if __name__ == "__main__":
    main()

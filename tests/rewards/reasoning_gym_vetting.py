"""Find out which reasoning-gym tasks can be trusted as rewards: the evidence for the allow-list.

    python -m tests.rewards.reasoning_gym_vetting [--items 24] [--listed] [--task T …] [--json FILE]

Every task is examined at every difficulty, each in a process of its own that is killed when it
hangs. It is trusted if, on all its items,

- the gold is what an independent solver finds from the text of the question
  (`tests.rewards.reasoning_solvers`), the scorer accepts the other right answers that it finds,
  and none of the wrong ones that it suggests;

and, on the first `EXAMINED` of them,

- the row survives JSON, is the same for the same seed whatever the global random state and the
  hash seed, and the scorer gives its own answer full marks, twice, with and without line breaks;
- nothing without an answer gets them: empty, garbage, the question, other items' answers together;
- no hedge does: the answer with an alternative, in any order and with any joining word;
- no constant answer is right for more than `MAX_CONSTANT_SHARE` of the items, and at least
  `MIN_DISTINCT_SHARE` of the questions differ;
- resource bombs (deep brackets, huge numbers, very long text) cost less than `MAX_SECONDS`;
- scoring prints nothing, and neither runs code, starts programs nor writes files (an audit hook
  looks on).

The last one is why some good-looking tasks are missing: their scorers call `eval`, or sympy's
parser, which is `eval`, on what the model wrote.

With 500 items the list takes three quarters of an hour; golds of a difficulty that are not checked
within `GOLD_LIMIT_S` are left, and the count is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rewards.reasoning_gym import FULL_MARKS, MAX_ANSWER_CHARS, marks
from rewards.reasoning_gym.tasks import (
    DIFFICULTIES,
    ITEMS_PER_SEED,
    UNCHECKED,
    UNDECIDED,
    VETTED,
    NoItem,
    config_of,
    load,
    make_item,
    scorer,
)
from tests.rewards.reasoning_solvers import SOLVERS, Golds

ITEMS = 24
# Items on which the scorer itself is examined, with thousands of answers.
EXAMINED = 24
SEED = 20_250
SEEDS = 4
MAX_SECONDS = 1.0
MAX_ITEM_SECONDS = 3.0
MAX_CONSTANT_SHARE = 0.75
MIN_DISTINCT_SHARE = 0.75
MAX_ROW_CHARS = 32_000
# Of the items that the generator makes, those that may be dropped as unsound.
MAX_DROPPED_SHARE = 0.75
# Of a task in `UNDECIDED`, the golds that the solver may find no better than another answer.
MAX_UNCLEAR_SHARE = 0.05
TASK_LIMIT_S = 240.0
GOLD_LIMIT_S = 300.0

GARBAGE = (
    "",
    " ",
    "\n\n",
    "asdf qwer zxcv",
    "I do not know",
    "the answer",
    "answer here",
    "?",
    "...",
    "\\",
    "%s{}",
    "\x00",
    "\ud83e",
    "None of the above, or all of them",
)
# Short answers that may be right now and then, but not on most items.
CONSTANTS: tuple[str, ...] = (
    *("0", "1", "-1", "0.0", "nan", "inf", "1e999", "a", "A", "*", "impossible"),
    *("yes", "no", "Yes", "No", "True", "False", "None", "null"),
    *("[]", "{}", "()", "[[]]"),
)
# Written so that no parser needs more than the limit to refuse them.
BOMBS = (
    "[" * MAX_ANSWER_CHARS,
    "(" * 3000 + "1" + ")" * 3000,
    '{"a":' * 3000,
    "9" * MAX_ANSWER_CHARS,
    "1 " * (MAX_ANSWER_CHARS // 2),
    "1,\n" * (MAX_ANSWER_CHARS // 3),
    "a" * MAX_ANSWER_CHARS,
    "\n" * (MAX_ANSWER_CHARS - 1) + "x",
    "9**9**9**9",
    "9^9^9^9",
    "1e99999999",
    "-" * MAX_ANSWER_CHARS,
    "~" * MAX_ANSWER_CHARS,
    "up " * (MAX_ANSWER_CHARS // 3),
)
# Answers that reach a parser, if the scorer has one.
PROBES = ("[1, 2]", "[[1, 2], [3, 4]]", "(1)", "1 + 1", "x", '"a"', "{'a': 1}", "2*x + C", "p & q")
JOINERS = (" or ", ", ", " ", "\n", "; ", "/", " and ", " (or maybe) ")

_FORBIDDEN_EVENTS = frozenset(
    {"exec", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect"}
)


class Refused(Exception):
    """Says which examination the task's scorer failed, and on what."""


class Unfit(Exception):
    """Says that the items of one difficulty are of no use: slow to make, repeated, too long."""


@dataclass(frozen=True)
class Verdict:
    """Is the outcome for one task at one difficulty; `reason` is empty if it passed.

    `scorer` says that the reason lies in the scorer, which the difficulties of a task share.
    `golds` were checked, `unclear` of them had more than one answer; before, `dropped` items
    were not made because of their questions.
    """

    task: str
    difficulty: int
    reason: str
    scorer: bool = False
    items: int = 0
    golds: int = 0
    unclear: int = 0
    dropped: int = 0
    slowest_ms: float = 0.0
    largest_row: int = 0


class _Watch:
    """Notes what code does while it is watched; there is one a process, as audit hooks stay."""

    def __init__(self) -> None:
        self.on = False
        self.seen: str = ""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        writes = event == "open" and any(c in str(arguments[1] or "r") for c in "wax+")
        if event in _FORBIDDEN_EVENTS or writes:
            self.seen = self.seen or event


class _Examination:
    def __init__(self, watch: _Watch) -> None:
        self.watch = watch
        self.slowest = 0.0

    def full(self, truth: Mapping[str, Any], answer: str) -> bool:
        """Tell whether the answer gets full marks; refuse slow or busy scorers."""
        config = truth.get("config", {})
        start = time.process_time()
        self.watch.on = True
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                score = marks(str(truth["task"]), truth["entry"], config, answer)
        except Exception as problem:  # noqa: BLE001 - the library's own bugs are what is looked for
            raise Refused(f"raises {type(problem).__name__} on {answer[:40]!r}") from None
        finally:
            self.watch.on = False
            seconds = time.process_time() - start
            self.slowest = max(self.slowest, seconds)
        if self.watch.seen:
            raise Refused(f"scoring {answer[:40]!r} makes it {self.watch.seen}")
        if printed.getvalue():
            raise Refused(f"prints on {answer[:40]!r}")
        if seconds > MAX_SECONDS:
            raise Refused(f"takes {seconds:.1f} s on {answer[:40]!r}")
        return score >= FULL_MARKS


def hedges(gold: str, others: Sequence[str]) -> Iterator[str]:
    """Return the gold answer together with something else, joined in many ways."""
    for other in others:
        for joiner in JOINERS:
            yield gold + joiner + other
            yield other + joiner + gold
        yield str([gold, other])
        yield str([other, gold])
        yield f"either {gold} or {other}"
        yield f"not {other} but {gold}"
    yield f"{gold} or not"
    yield f"{gold}\nor something else"


# (seed, index), question, row
Item = tuple[tuple[int, int], str, dict[str, Any]]


def _items(task: str, difficulty: int, count: int) -> tuple[list[Item], int]:
    """Return the first items, each with its seed and index, and how many were left out before."""
    made: list[Item] = []
    tried = 0
    # Most generators add index and seed: seeds that are nearer have the same items.
    for seed in range(SEED, SEED + SEEDS * ITEMS_PER_SEED, ITEMS_PER_SEED):
        for index in range(ITEMS_PER_SEED):
            tried += 1
            start = time.process_time()
            with suppress(NoItem):
                made.append(((seed, index), *make_item(task, difficulty, seed, index)))
            # The first builds the generator as well.
            if index and time.process_time() - start > MAX_ITEM_SECONDS:
                raise Unfit(f"takes more than {MAX_ITEM_SECONDS} s to make an item")
            if len(made) == count:
                return made, tried - count
            if tried > EXAMINED and len(made) < (1 - MAX_DROPPED_SHARE) * tried:
                raise Unfit(f"only {len(made)} of {tried} items are sound")
    return made, tried - len(made)


def digest(task: str, difficulty: int, count: int) -> str:
    """Return a fingerprint of a task's first items, to be compared between processes."""
    made, _ = _items(task, difficulty, count)
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()


def _golds(task: str, items: Sequence[Item]) -> Golds:
    """Check golds against the task's solver, as many as the time allows."""
    if task not in SOLVERS:
        raise Unfit(f"golds can't be checked: {UNCHECKED.get(task, 'no solver was written')}")

    def full(truth: Mapping[str, Any], answer: str) -> bool:
        return marks(task, truth["entry"], truth.get("config", {}), answer) >= FULL_MARKS

    golds = Golds()
    start = time.process_time()
    for _, question, truth in items:
        golds.check(question, truth, full)
        if time.process_time() - start > GOLD_LIMIT_S:
            break
    if problem := golds.problem(MAX_UNCLEAR_SHARE if task in UNDECIDED else 0.0):
        raise Unfit(problem)
    return golds


def _examine(task: str, difficulty: int, count: int, watch: _Watch) -> Verdict:
    if difficulty > 1 and config_of(task, difficulty) == config_of(task, difficulty - 1):
        raise Unfit("the same as the difficulty before")
    random.seed(1)
    made, dropped = _items(task, difficulty, min(count, EXAMINED))
    random.seed(2)
    # The last first: an item must not depend on those made before it.
    for place, *item in reversed(made[::3]):
        if make_item(task, difficulty, *place) != tuple(item):
            raise Unfit("not the same for the same seed")
    verdict = _examine_scorer(
        task, difficulty, [(question, truth) for _, question, truth in made], watch
    )
    if count > EXAMINED:
        made, dropped = _items(task, difficulty, count)
    largest = max(len(json.dumps(truth)) for *_, truth in made)
    if largest > MAX_ROW_CHARS:
        raise Unfit(f"a row of {largest} characters")
    golds = _golds(task, made)
    return replace(
        verdict,
        golds=golds.checked,
        unclear=golds.unclear,
        dropped=dropped,
        largest_row=largest,
    )


def _examine_scorer(
    task: str, difficulty: int, items: Sequence[tuple[str, dict[str, Any]]], watch: _Watch
) -> Verdict:
    """Give the scorer everything that should not be paid."""
    count = len(items)
    golds = [truth["entry"]["answer"] for _, truth in items]
    if not all(isinstance(gold, str) and gold.strip() for gold in golds):
        raise Unfit("has items without an answer")
    if max(map(len, golds)) > MAX_ANSWER_CHARS:
        raise Unfit(f"has answers of more than {MAX_ANSWER_CHARS} characters")
    if len({question for question, _ in items}) < MIN_DISTINCT_SHARE * count:
        raise Unfit("repeats its questions")
    examination = _Examination(watch)
    scorer(task, items[0][1].get("config", {}))  # what this imports is not the scoring's doing
    with suppress(Exception):  # lazy imports; whether it works is examined below
        marks(task, items[0][1]["entry"], items[0][1].get("config", {}), golds[0])
    for _, truth in items[:4]:
        for probe in PROBES:
            examination.full(truth, probe)
    always: Counter[str] = Counter()
    constants = dict.fromkeys((*CONSTANTS, *(gold for gold, _ in Counter(golds).most_common(3))))
    dumped = list(dict.fromkeys(golds))
    for place, (question, truth) in enumerate(items):
        gold = golds[place]
        for text in (gold, gold, f"\n{gold}\n", gold.strip()):
            if not examination.full(truth, text):
                raise Refused(f"its own answer {text[:40]!r} fails")
        for text in (*GARBAGE, question, f"{question}\n{gold}"):
            if examination.full(truth, text):
                raise Refused(f"pays for {text[:40]!r}")
        others = [other for other in dumped if other != gold][:2] or ["nothing"]
        if len(dumped) > 1:
            everything = [joiner.join(dumped) for joiner in JOINERS] + [json.dumps(dumped)]
        else:
            everything = []
        for text in (*hedges(gold, others), *everything):
            if text.strip() != gold.strip() and examination.full(truth, text):
                raise Refused(f"pays for the hedge {text[:60]!r}, gold {gold[:30]!r}")
        for text in constants:
            always[text] += examination.full(truth, text)
    for _, truth in items[:3]:
        for text in BOMBS:
            if examination.full(truth, text) and text.strip() != truth["entry"]["answer"]:
                raise Refused(f"pays for {text[:40]!r}")
    answer, hits = always.most_common(1)[0]
    if hits > MAX_CONSTANT_SHARE * count:
        # A right answer that is frequent makes poor items; one that is never right, a poor scorer.
        kind = Unfit if answer in golds else Refused
        raise kind(f"{answer[:40]!r} is right on {hits} of {count} items")
    slowest_ms = round(examination.slowest * 1000, 1)
    return Verdict(task, difficulty, "", items=count, slowest_ms=slowest_ms)


def _child(task: str, difficulty: int, count: int, out: Connection) -> None:
    try:
        verdict = _examine(task, difficulty, count, _Watch())
    except Refused as problem:
        verdict = Verdict(task, difficulty, str(problem), scorer=True)
    except Unfit as problem:
        verdict = Verdict(task, difficulty, str(problem))
    except Exception as problem:  # noqa: BLE001 - generators of unfit tasks raise anything
        verdict = Verdict(task, difficulty, f"{type(problem).__name__}: {problem}"[:200])
    out.send(verdict)


def vet(task: str, difficulty: int, items: int = ITEMS, limit_s: float = TASK_LIMIT_S) -> Verdict:
    """Examine one task at one difficulty, in a process of its own that is killed if it hangs."""
    load()  # before the fork, so that each child need not
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(task, difficulty, items, theirs), daemon=True)
    child.start()
    theirs.close()
    verdict = Verdict(task, difficulty, f"hangs for more than {limit_s:.0f} s")
    try:
        if ours.poll(limit_s):
            verdict = ours.recv()
    except EOFError:
        verdict = Verdict(task, difficulty, "ends the process")
    child.kill()
    child.join()
    return verdict


def same_in_another_process(cases: Sequence[tuple[str, int]], count: int = 8) -> list[str]:
    """Return the tasks of `cases` whose items depend on the process's hash seed."""
    outputs = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, "--digests", str(count)],
            input=json.dumps(list(cases)),
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(json.loads(done.stdout.splitlines()[-1]))
    return [
        f"{task} at {difficulty}"
        for (task, difficulty), one, other in zip(cases, *outputs, strict=True)
        if one != other
    ]


def described(verdict: Verdict) -> str:
    """Say in a line what the outcome is."""
    if verdict.reason:
        return verdict.reason
    text = f"passes, {verdict.golds} golds checked"
    text += f", {verdict.unclear} of them undecided" if verdict.unclear else ""
    return text + (f", {verdict.dropped} items dropped" if verdict.dropped else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Vet tasks and print a table; return 1 if it differs from `VETTED`."""
    parser = argparse.ArgumentParser(prog="python -m tests.rewards.reasoning_gym_vetting")
    parser.add_argument("--items", type=int, default=ITEMS, help="items per task and difficulty")
    parser.add_argument("--task", action="append", help="only these (repeatable)")
    parser.add_argument("--listed", action="store_true", help="only those on the list")
    parser.add_argument("--json", type=Path, help="also write the verdicts here")
    parser.add_argument("--digests", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.digests:
        cases = json.load(sys.stdin)
        print(json.dumps([digest(task, level, options.digests) for task, level in cases]))
        return 0
    tasks = options.task or sorted(VETTED if options.listed else load().DATASETS)
    verdicts = []
    start = time.monotonic()
    for place, task in enumerate(tasks):
        for difficulty in VETTED[task] if options.listed else DIFFICULTIES:
            verdict = vet(task, difficulty, options.items, TASK_LIMIT_S + 2 * options.items)
            verdicts.append(verdict)
            print(f"{task:28} {difficulty}  {described(verdict)}", flush=True)
            if verdict.scorer:
                break  # the other difficulties share the scorer
        passed_s = time.monotonic() - start
        left_s = passed_s / (place + 1) * (len(tasks) - place - 1)
        print(f"  {place + 1} of {len(tasks)} tasks, some {left_s / 60:.0f} min left", flush=True)
    unstable = set(
        same_in_another_process([(v.task, v.difficulty) for v in verdicts if not v.reason])
    )
    # One difficulty on which a scorer was fooled is enough to distrust it on all.
    fooled = {verdict.task for verdict in verdicts if verdict.scorer}
    passed: dict[str, tuple[int, ...]] = {}
    for verdict in verdicts:
        if verdict.reason or verdict.task in fooled:
            continue
        if f"{verdict.task} at {verdict.difficulty}" not in unstable:
            passed[verdict.task] = (*passed.get(verdict.task, ()), verdict.difficulty)
    if options.json:
        options.json.write_text(json.dumps([asdict(v) for v in verdicts], indent=1) + "\n")
    print(f"depend on the hash seed: {', '.join(sorted(unstable)) or 'none'}")
    print(f"VETTED: dict[str, tuple[int, ...]] = {json.dumps(passed)}")
    return int(passed != {task: VETTED[task] for task in tasks if task in VETTED})


if __name__ == "__main__":
    sys.exit(main())

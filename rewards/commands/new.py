"""Run `python -m rewards new NAME`: write a reward in one file, and cases beside it."""

from __future__ import annotations

import argparse
import json
import keyword
import re
import sys
from pathlib import Path
from typing import Any

from rewards.commands.rows import BadInput

TEMPLATE = '''"""{name}: say here what it rewards, and what it must not be fooled by."""

from __future__ import annotations

from typing import Any

from rewards import RewardResult, reward
from rewards.reading.text import after_reasoning


def gold(ground_truth: Any, extra_info: Any) -> str:
    """A completion that must score full, for `python -m rewards validate`."""
    return f"<answer>{{ground_truth}}</answer>"


@reward("{name}", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def {name}(completion: str, ground_truth: str) -> RewardResult:
    """1 if the last <answer>...</answer> is the ground truth, else 0."""
    head, found, answer = after_reasoning(completion).rpartition("<answer>")
    answer, closed, _ = answer.partition("</answer>")
    if not (found and closed):
        return RewardResult.wrong_format("no <answer>...</answer>")
    return RewardResult(float(answer.strip() == ground_truth), extracted=answer.strip()[:200])
'''

CASES: tuple[dict[str, Any], ...] = (
    {"case": "right", "completion": "So: <answer>42</answer>", "expect": "full"},
    {"case": "wrong", "completion": "<answer>41</answer>", "expect": "zero"},
    {"case": "both", "completion": "<answer>41 or 42</answer>", "expect": "zero"},
    {"case": "no tag", "completion": "It is 42.", "expect": "malformed"},
    {"case": "empty", "completion": "", "expect": "malformed"},
)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("new", help="a new reward: one file, and cases beside it")
    parser.add_argument("name", help="a Python identifier, such as short_answer")
    parser.add_argument("--directory", type=Path, default=Path(), help="where (default: here)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files that are missing; leave existing ones alone.

    Raises:
        BadInput: the name is no identifier, or both files exist.
    """
    name = arguments.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadInput(f"{name!r}: wanted lower-case letters, digits and underscores")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise BadInput(f"{name!r} is Python's own: a file of that name would hide it")
    source = arguments.directory / f"{name}.py"
    cases = arguments.directory / f"{name}.cases.jsonl"
    lines = [json.dumps({**case, "ground_truth": "42"}) for case in CASES]
    contents = {source: TEMPLATE.format(name=name), cases: "\n".join(lines) + "\n"}
    kept = [path for path in contents if path.exists()]
    if len(kept) == len(contents):
        raise BadInput(f"{source} and {cases} exist; they are left alone")
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        if path in kept:
            print(f"{path} exists and is left alone")
        else:
            path.write_text(content, encoding="utf-8")
            print(path)
    if source in kept:
        print(f"the cases are an example: write in {cases} what {source} should do")
    elif cases in kept:
        print(f"the reward is an example: change {source} until it does what {cases} says")
    print("next:")
    for command in ("test", "stress"):
        print(f"  python -m rewards {command} {source}:{name}")
    print(f'in a row: "reward_spec": {{"method": "{source}:{name}", "ground_truth": ...}}')
    return 0

"""Run `python -m rewards new NAME`: write a reward in one file, and cases beside it."""

from __future__ import annotations

import argparse
import json
import re
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
    """Write both files; leave existing ones alone.

    Raises:
        BadInput: the name is no identifier, or a file exists.
    """
    name = arguments.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadInput(f"{name!r}: wanted lower-case letters, digits and underscores")
    source = arguments.directory / f"{name}.py"
    cases = arguments.directory / f"{name}.cases.jsonl"
    for path in (source, cases):
        if path.exists():
            raise BadInput(f"{path} exists; it is left alone")
    arguments.directory.mkdir(parents=True, exist_ok=True)
    source.write_text(TEMPLATE.format(name=name), encoding="utf-8")
    lines = [json.dumps({**case, "ground_truth": "42"}) for case in CASES]
    cases.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{source}\n{cases}\nnext:")
    for command in ("test", "stress"):
        print(f"  python -m rewards {command} {source}:{name}")
    print(f'in a row: "reward_spec": {{"method": "{source}:{name}", "ground_truth": ...}}')
    return 0

"""Reads SciBench's answers to questions of college textbooks: numbers with units in LaTeX."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# SciBench counts an answer as right within 5 %.
RTOL = 0.05


def scibench(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of `dataset/original` of github.com/mandyyyyii/scibench (MIT).

    Every answer as the book writes it, with its unit, is right. The number 11 % larger, or 1 for
    0, is wrong, and so is the number alone where there is a unit.
    """
    for record in json.loads(path.read_text(encoding="utf-8")):
        number, unit = record["answer_number"].strip(), record["unit"].strip()
        written = record["answer_latex"].strip()
        times = r"\times " if re.match(r"\W*(?:\\mathrm\W*)?10 ?\^", unit) else ""
        sign = re.sub(r"[$\s]", "", unit)
        has_unit = bool(sign) and sign in re.sub(r"[$\s{}]", "", written)
        value = float(number.replace(",", "").replace("\u2212", "-"))
        wrong = value * 1.11 if value else 1.0
        answers = [
            (written if has_unit else f"{written} {times}{unit}", True),
            (f"{wrong!r} {times}{unit}", False),
        ]
        if re.search("[a-zA-Z%]", unit) and not times:
            answers.append((number, False))
        for answer, correct in answers:
            yield {
                "reward": "numeric",
                "completion": f"\\boxed{{{answer}}}",
                "ground_truth": {"value": number, "unit": unit},
                "extra_info": {"rtol": RTOL},
                "correct": correct,
                "name": record["problemid"].strip(),
            }

"""Make the demo's structured output: a person or a thing as a JSON object of two fields."""

from __future__ import annotations

import json
import random
from typing import Any

from envs.demo.task import DemoDomain, Problem
from envs.demo.world import ANIMALS, COLOURS, NAMES


def _record(rng: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "age": rng.randint(1, 9),
        "pet": rng.choice(ANIMALS),
        "hat": rng.choice(COLOURS),
    }
    key = rng.choice(tuple(fields))
    return {"name": rng.choice(NAMES), key: fields[key]}


def _schema(record: dict[str, Any]) -> dict[str, Any]:
    kinds = {key: "integer" if isinstance(v, int) else "string" for key, v in record.items()}
    return {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in kinds.items()},
        "required": list(record),
        "additionalProperties": False,
    }


def problem(rng: random.Random) -> Problem:
    """Tell a record in words; the prompt asks for JSON."""
    record = _record(rng)
    (_, name), (key, value) = record.items()
    wording = rng.randrange(4)
    prompt = (
        f"JSON of name {name}, {key} {value}.",
        f"Give JSON: name {name} and {key} {value}.",
        f"With name {name} and {key} {value}, write JSON.",
        f"Make a JSON object: name {name}, {key} {value}",
    )[wording]
    other = _record(rng)
    while other["name"] == name:
        other = _record(rng)
    return Problem(
        prompt=prompt,
        ground_truth={"schema": _schema(record), "value": record},
        wanted=json.dumps(record),
        others=(f"name {name}, {key} {value}", f"{name} has {key} {value}."),
        wrong=json.dumps({**record, "name": other["name"]}),
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """Write a record in words and as JSON."""
    record = _record(rng)
    (_, name), (key, value) = record.items()
    given = rng.choice((f"name {name}, {key} {value}.", f"{name} has {key} {value}."))
    return f"{given} {json.dumps(record)}"


DOMAIN = DemoDomain("structured_output", "json_schema", problem, fact)

"""Draw structured output: records told in prose, to be written as JSON after a schema.

The schema is in the prompt and the told record is the expected value, so that an empty but valid
object scores nothing. Not every property is required: what the text does not say is left out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from envs.tasks.base import Task, TaskDomain, words

FIRST_NAMES = words(
    "Amara Bruno Chiara Dmitri Elif Farid Greta Hugo Ines Jonas Kaori Luis Mei Noah"
)
LAST_NAMES = words("Abe Berg Costa Dubois Engel Fischer Garcia Haddad Ito Jansen Kim Lopez Novak")
CITIES = words("Lisbon Oslo Kyoto Nairobi Prague Lima Quito Turin Ghent Busan Porto Bergen Leeds")
GOODS = words("lamp desk chair kettle rug shelf mirror clock vase blanket stool basket mug")
TAGS = words("urgent gift fragile heavy returned export cold oversize insured sample")
SKILLS = words("welding Python Spanish accounting surveying first-aid carpentry Rust cooking")

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}

# (the record, its schema, the sentences that tell it)
Told = tuple[dict[str, Any], dict[str, Any], list[str]]


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def _date(rng: random.Random) -> str:
    return f"20{rng.randint(10, 29)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _order(rng: random.Random, difficulty: int) -> Told:
    items = [
        {"product": product, "quantity": rng.randint(1, 9), "price": rng.randint(500, 9999) / 100}
        for product in rng.sample(GOODS, difficulty + rng.randint(0, 1))
    ]
    record: dict[str, Any] = {
        "order_id": f"{rng.choice('ABCDEF')}-{rng.randint(1000, 99999)}",
        "customer": _name(rng),
        "items": items,
    }
    lines = [
        f"{item['quantity']} × {item['product']} at {item['price']:.2f} each" for item in items
    ]
    told = [f"Order {record['order_id']} was placed by {record['customer']}: {'; '.join(lines)}."]
    item_schema = _object(
        {
            "product": STRING,
            "quantity": {"type": "integer", "minimum": 1},
            "price": {"type": "number", "exclusiveMinimum": 0},
        },
        ["product", "quantity", "price"],
    )
    properties: dict[str, Any] = {
        "order_id": STRING,
        "customer": STRING,
        "items": {"type": "array", "minItems": 1, "items": item_schema},
        "express": {"type": "boolean"},
        "shipping": _object({"city": STRING, "date": {"type": "string"}}, ["city"]),
        "tags": {"type": "array", "items": {"enum": TAGS}},
    }
    if rng.random() < 0.6:
        record["express"] = rng.random() < 0.5
        told.append(f"It is {'' if record['express'] else 'not '}an express order.")
    if difficulty > 1:
        record["shipping"] = {"city": rng.choice(CITIES)}
        told.append(f"It goes to {record['shipping']['city']}")
        if rng.random() < 0.5:
            record["shipping"]["date"] = _date(rng)
            told[-1] += f" on {record['shipping']['date']}"
        told[-1] += "."
    if difficulty > 2:
        record["tags"] = rng.sample(TAGS, rng.randint(1, 3))
        told.append(f"Its tags, in this order, are {_list(record['tags'])}.")
    return record, _object(properties, ["order_id", "customer", "items"]), told


def _person(rng: random.Random, difficulty: int) -> Told:
    record: dict[str, Any] = {"name": _name(rng), "age": rng.randint(18, 90)}
    told = [f"{record['name']} is {record['age']} years old."]
    properties: dict[str, Any] = {
        "name": STRING,
        "age": {"type": "integer", "minimum": 0},
        "city": STRING,
        "skills": {"type": "array", "items": STRING},
        "children": {"type": "array", "items": _object({"name": STRING, "age": INTEGER}, ["name"])},
        "manager": {"type": ["string", "null"]},
    }
    if rng.random() < 0.7:
        record["city"] = rng.choice(CITIES)
        told.append(f"They live in {record['city']}.")
    if difficulty > 1 or rng.random() < 0.5:
        record["skills"] = rng.sample(SKILLS, rng.randint(1, 2 * difficulty))
        told.append(f"Their skills, in this order, are {_list(record['skills'])}.")
    if difficulty > 1:
        record["manager"] = _name(rng) if rng.random() < 0.6 else None
        told.append(
            f"Their manager is {record['manager']}."
            if record["manager"]
            else "They have no manager, which is to be stated as null."
        )
    if difficulty > 2:
        record["children"] = []
        for first in rng.sample(FIRST_NAMES, rng.randint(1, 3)):
            child: dict[str, Any] = {"name": first}
            words = first
            if rng.random() < 0.6:
                child["age"] = rng.randint(1, 17)
                words += f" (age {child['age']})"
            record["children"].append(child)
            told.append(f"They have a child named {words}.")
    return record, _object(properties, ["name", "age"]), told


def _booking(rng: random.Random, difficulty: int) -> Told:
    record: dict[str, Any] = {
        "hotel": f"Hotel {rng.choice(LAST_NAMES)}",
        "check_in": _date(rng),
        "nights": rng.randint(1, 14),
        "room": {"type": rng.choice(("single", "double", "suite")), "smoking": rng.random() < 0.3},
    }
    room = record["room"]
    told = [
        f"A booking at {record['hotel']} from {record['check_in']} for {record['nights']} nights, a"
        f" {room['type']} room for {'smokers' if room['smoking'] else 'non-smokers'}."
    ]
    guest = _object({"name": STRING, "loyalty": {"type": "string"}}, ["name"])
    properties: dict[str, Any] = {
        "hotel": STRING,
        "check_in": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "nights": {"type": "integer", "minimum": 1},
        "room": _object(
            {"type": {"enum": ["single", "double", "suite"]}, "smoking": {"type": "boolean"}},
            ["type", "smoking"],
        ),
        "guests": {"type": "array", "items": guest},
        "total": _object(
            {"amount": {"type": "number"}, "currency": STRING}, ["amount", "currency"]
        ),
    }
    if difficulty > 1:
        record["guests"] = []
        for _ in range(rng.randint(1, difficulty)):
            one: dict[str, Any] = {"name": _name(rng)}
            words = one["name"]
            if rng.random() < 0.5:
                one["loyalty"] = f"L{rng.randint(100, 99999)}"
                words += f" with loyalty number {one['loyalty']}"
            record["guests"].append(one)
            told.append(f"A guest is {words}.")
    if difficulty > 2 or rng.random() < 0.4:
        amount = rng.randint(80, 4000)
        record["total"] = {"amount": amount, "currency": rng.choice(("EUR", "USD", "JPY"))}
        told.append(f"The total is {amount} {record['total']['currency']}.")
    return record, _object(properties, ["hotel", "check_in", "nights", "room"]), told


KINDS: dict[str, Callable[[random.Random, int], Told]] = {
    "order": _order,
    "person": _person,
    "booking": _booking,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a record of a random kind."""
    kind = rng.choice(tuple(KINDS))
    record, schema, told = KINDS[kind](rng, difficulty)
    return Task(
        kind=kind,
        prompt=f"{' '.join(told)}\n\nWrite this as one JSON object that follows the schema below."
        " Leave out what the text does not say. Reply with the JSON only.\n\n"
        f"{json.dumps(schema)}",
        ground_truth={"schema": schema, "value": record},
        gold_completion=json.dumps(record),
    )


DOMAIN = TaskDomain("structured_output", "json_schema", draw)

"""Print every known instruction: its id, its kwargs with their types, and what it asks for."""

from __future__ import annotations

import sys

from rewards.ifeval import known_instructions
from rewards.ifeval.instruction import Schema, declared
from rewards.piping import until_reader_leaves


def _kind(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"[{_kind(schema['items'])}, …]"
    if schema["type"] == "object":
        return f"{{name: {_kind(schema['additionalProperties'])}, …}}"
    if "enum" in schema:
        return " | ".join(schema["enum"])
    return f"integer ≥ {schema['minimum']}" if schema["type"] == "integer" else "string"


def main() -> int:
    """Print the table, one instruction per block; returns the exit code."""
    for id, schema in known_instructions().items():
        print(f"{id}\n    {declared()[id].description}")
        for name, kind in schema["properties"].items():
            optional = "" if name in schema["required"] else " (optional)"
            print(f"    {name}: {_kind(kind)}{optional}")
    return 0


if __name__ == "__main__":
    sys.exit(until_reader_leaves(main))

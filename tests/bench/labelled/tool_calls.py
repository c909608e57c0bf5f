"""Reads labelled tool calls: models' answers to the Berkeley Function-Calling Leaderboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.labelled.answers import rows

_CATEGORIES = (
    *("simple", "multiple_function", "parallel_function", "parallel_multiple_function"),
    "relevance",
)
_RESULT = "gorilla_openfunctions_v1_test_{}_result.json"
_TYPES = {"dict": "object", "float": "number", "double": "number", "tuple": "array"}
# Questions in Java and JavaScript want values that are no JSON.
_WITH_CALLS = re.compile(r"v\d_(simple_python|multiple|parallel|live_)(?!.*relevance|turn)")
# OpenAI's names of functions know no dots, and the files' answers have lost them.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


def _name(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)


def _schema(declared: Any) -> Any:
    """Build a JSON schema from the leaderboard's, which has Python's names of types."""
    if isinstance(declared, list):
        return [_schema(item) for item in declared]
    if not isinstance(declared, dict):
        return declared
    schema = {key: _schema(value) for key, value in declared.items()}
    kind = declared.get("type")
    if isinstance(kind, str):
        schema["type"] = _TYPES.get(kind.lower(), kind.lower())
        if schema["type"] == "any":
            del schema["type"]
        elif "default" in declared and declared["default"] is None:
            schema["type"] = [schema["type"], "null"]
        # Descriptions in a default's place ("default": "false" of a boolean) declare nothing.
        schema.pop("default", None)
    return schema


def _tools(functions: Any) -> list[dict[str, Any]]:
    listed = functions if isinstance(functions, list) else [functions]
    return [
        {"name": _name(one["name"]), "parameters": _schema(one["parameters"])} for one in listed
    ]


class _Gold:
    """Describes the arguments of a right call: one of every parameter's values, and what else is
    right."""

    def __init__(self, possible: Mapping[str, Any]) -> None:
        self.either: dict[str, list[Any]] = {}
        self.optional: list[str] = []
        self.arguments = self._object(possible, "")

    def _object(self, possible: Mapping[str, Any], place: str) -> dict[str, Any]:
        found = {}
        for key, values in possible.items():
            pointer = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
            values = values if isinstance(values, list) else [values]
            if "" in values:  # the leaderboard's sign for "may be left out"
                self.optional.append(pointer)
            real = [value for value in values if value != ""]
            if not real:
                continue
            first, *others = real
            found[key] = self._value(first, pointer)
            if others:
                self.either[pointer] = [self._value(other, pointer) for other in others]
        return found

    def _value(self, value: Any, pointer: str) -> Any:
        if isinstance(value, dict):
            return self._object(value, pointer)
        if isinstance(value, list):
            return [self._value(item, f"{pointer}/{i}") for i, item in enumerate(value)]
        return value

    def call(self, name: str) -> dict[str, Any]:
        compare = {"either": self.either, "optional": self.optional}
        return {"name": name, "arguments": self.arguments, "compare": compare}


def _truth(prompt: Mapping[str, Any], possible: Any) -> dict[str, Any] | None:
    tools = _tools(prompt["function"])
    names = {tool["name"] for tool in tools}
    calls = []
    listed = [possible] if isinstance(possible, dict) else possible
    for key, arguments in (pair for one in listed for pair in one.items()):
        if not isinstance(arguments, dict):
            return None  # an error in one of the files
        # A second call of the same function has a number at the end of its name.
        name = _name(key)
        calls.append(_Gold(arguments).call(name if name in names else name.rpartition("_")[0]))
    return {"tools": tools, "calls": calls, "format": "json"}


def _completion(result: Any) -> str | None:
    """Return the calls as a JSON array; None if the model did not answer with calls that are
    JSON."""
    if isinstance(result, str):
        return result
    calls = []
    for one in result:
        if not isinstance(one, dict) or len(one) != 1:
            return None
        ((name, arguments),) = one.items()
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError:
                return None
        calls.append({"name": _name(name), "arguments": arguments})
    return json.dumps(calls, ensure_ascii=False)


def bfcl(path: Path) -> Iterator[dict[str, Any]]:
    """Read a release of github.com/HuanzhiMao/BFCL-Result: models' calls and the leaderboard's
    verdict.

    The score files list failures with their question and what would have been right. A question is
    known if any model failed it; of the answers, those of models that call functions by JSON.
    """
    failed: dict[str, set[tuple[str, int]]] = {category: set() for category in _CATEGORIES}
    truths: dict[tuple[str, int], dict[str, Any]] = {}
    models = sorted(folder.name for folder in (path / "score").iterdir())
    for category in _CATEGORIES:
        for model in models:
            file = path / "score" / model / f"{category}_score.json"
            for record in list(rows(file))[1:] if file.exists() else []:
                number = record["id"] - 1
                failed[category].add((model, number))
                if category != "relevance" and (category, number) not in truths:
                    truth = _truth(record["prompt"], record["possible_answer"])
                    if truth is not None:
                        truths[category, number] = truth
    for category in _CATEGORIES:
        for model in models:
            file = path / "result" / model / _RESULT.format(category)
            answers = list(rows(file)) if file.exists() else []
            if not any(isinstance(answer["result"], list) for answer in answers):
                continue  # answers in prose or in Python
            for number, answer in enumerate(answers):
                yield _row(
                    f"{model} {answer['id']}",
                    answer["result"],
                    {"tools": [], "calls": [], "format": "json"}
                    if category == "relevance"
                    else truths.get((category, number)),
                    (model, number) not in failed[category],
                )


def _changed(value: Any, right: Sequence[Any]) -> Any:
    """Return a value of the same type that is none of the right ones."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return next(value + step for step in range(1, len(right) + 2) if value + step not in right)
    if isinstance(value, str):
        return f"{value} {value}"
    if isinstance(value, dict):
        return {**value, "another": None}
    return [*(value or []), "another"]


def _mutant(call: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the call with one argument that is not right; None if it has none that could be
    wrong."""
    for name, value in call["arguments"].items():
        others = call["compare"]["either"].get("/" + name, [])
        changed = _changed(value, [value, *others])
        if changed not in others:
            return {"name": call["name"], "arguments": {**call["arguments"], name: changed}}
    return None


def _other(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call with the last of every argument's right values."""
    either = call["compare"]["either"]
    chosen = {n: either.get("/" + n, [v])[-1] for n, v in call["arguments"].items()}
    return {"name": call["name"], "arguments": chosen}


def _least(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call without what may be left out."""
    optional = set(call["compare"]["optional"])
    kept = {n: v for n, v in call["arguments"].items() if "/" + n not in optional}
    return {"name": call["name"], "arguments": kept}


def _names(calls: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(call["name"] for call in calls)


def bfcl_questions(path: Path) -> Iterator[dict[str, Any]]:
    """Read `bfcl_eval/data` of github.com/ShishirPatil/gorilla (Apache-2.0): the right calls.

    A row's own calls are right, with the first and with the last of an argument's right values and
    without what may be left out. With another argument, with one call less, and on another row,
    they are not.
    """
    before: list[dict[str, Any]] = []
    for file in sorted((path / "possible_answer").glob("*.json")):
        if not _WITH_CALLS.search(file.name):
            continue
        prompts = {prompt["id"]: prompt for prompt in rows(path / file.name)}
        for answer in rows(file):
            truth = _truth(prompts[answer["id"]], answer["ground_truth"])
            if truth is None:
                continue
            calls = truth["calls"]
            mutant = _mutant(calls[0])
            plain = [{"name": c["name"], "arguments": c["arguments"]} for c in calls]
            for given, correct in (
                (plain, True),
                ([_other(call) for call in calls], True),
                ([_least(call) for call in calls], True),
                ([mutant, *plain[1:]] if mutant else [], False),
                (plain[1:], False),
                (before if _names(before) != _names(plain) else [], False),
            ):
                if given:
                    yield {
                        "reward": "tool_call",
                        "name": answer["id"],
                        "completion": json.dumps(given, ensure_ascii=False),
                        "ground_truth": truth,
                        "correct": correct,
                    }
            before = plain


def _row(name: str, result: Any, truth: dict[str, Any] | None, correct: bool) -> dict[str, Any]:
    completion = _completion(result)
    if truth is None or completion is None:
        reason = "the question is not in the files"
        reason = reason if completion is not None else "no calls in JSON"
        return {"reward": "tool_call", "not_applicable": reason}
    return {
        "reward": "tool_call",
        "name": name,
        "completion": completion,
        "ground_truth": truth,
        "correct": correct,
    }

"""Declare instructions: an id, a plain function of the text, and the schema of its kwargs.

    @instruction("keywords:frequency")
    def keyword_frequency(
        text: str, *, keyword: Phrase, frequency: Count, relation: Relation
    ) -> bool:
        '''The keyword occurs that often.'''

The signature is the schema: every keyword argument is annotated with one of the kinds below, and
one with a default may be missing. A check that depends on the language of the prompt also takes
`prompt_language`: the one of the twelve that is written before the id (`fr:detectable_format:title`
as M-IFEval has it), else None. So a row is checked completely before any text is, and a broken
row is an error for every completion alike, never a pass and never a fail.
"""

from __future__ import annotations

import inspect
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

from rewards.nearest import nearest
from rewards.reading.languages import LANGUAGES

# The kinds of kwargs: a Python type for the reader, and the JSON schema that is enforced.
Count = Annotated[int, {"type": "integer", "minimum": 0}]
Positive = Annotated[int, {"type": "integer", "minimum": 1}]
Phrase = Annotated[str, {"type": "string", "pattern": r"\S"}]
Letter = Annotated[str, {"type": "string", "pattern": r"^\s*\S\s*$"}]
Phrases = Annotated[
    Sequence[str],
    {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"\S"}},
]
Spellings = Annotated[
    Mapping[str, str],
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"type": "string", "pattern": r"\S"},
    },
]
Counts = Annotated[
    Sequence[int],
    {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1}},
]
_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "at least": operator.ge,
    "at most": operator.le,
    "exactly": operator.eq,
    "less than": operator.lt,
    "more than": operator.gt,
}
# As M-IFEval's rows spell them; its Spanish one for a limit is inclusive.
_SPELLINGS = {
    "al menos": "at least",
    "como máximo": "at most",
    "au moins": "at least",
    "moins de": "less than",
    "以上": "at least",
    "未満": "less than",
}
Relation = Annotated[str, {"type": "string", "enum": [*_RELATIONS, *_SPELLINGS]}]
LanguageCode = Annotated[str, {"type": "string", "pattern": r"^[a-z]{2,3}(-[a-z]+)?$"}]
OurLanguage = Annotated[str, {"type": "string", "enum": list(LANGUAGES)}]
OurLanguages = Annotated[
    Sequence[str],
    {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(LANGUAGES)}},
]
SentenceKinds = Annotated[
    Sequence[str],
    {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "enum": ["statement", "question", "exclamation"]},
    },
]

Schema = Mapping[str, Any]
Check = Callable[..., bool]
C = TypeVar("C", bound=Check)


class BadInstruction(ValueError):
    """Says why a row's instruction is not understood: unknown id, or kwargs that do not fit."""


@dataclass(frozen=True)
class Instruction:
    """Is a declared instruction; `schema` is the JSON schema of its kwargs."""

    id: str
    check: Check
    schema: Schema

    @property
    def description(self) -> str:
        """Say what a text must do, in one line."""
        return (inspect.getdoc(self.check) or "").partition("\n")[0]


PROMPT_LANGUAGE = "prompt_language"
_declared: dict[str, Instruction] = {}


def instruction(id: str) -> Callable[[C], C]:
    """Declare a check under an id; the function itself stays a plain function.

    Raises:
        ValueError: the id is taken, or an argument is not annotated with one of the kinds.
    """

    def declare(check: C) -> C:
        if id in _declared:
            raise ValueError(f"instruction {id!r} is declared twice")
        hints = get_type_hints(check, include_extras=True)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for parameter in list(inspect.signature(check).parameters.values())[1:]:
            if parameter.name == PROMPT_LANGUAGE:
                continue
            kind = getattr(hints[parameter.name], "__metadata__", None)
            if kind is None:
                raise ValueError(f"instruction {id!r}: {parameter.name} has no kind")
            properties[parameter.name] = kind[0]
            if parameter.default is parameter.empty:
                required.append(parameter.name)
        schema = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        _declared[id] = Instruction(id, check, schema)
        return check

    return declare


def declared() -> dict[str, Instruction]:
    """Return all instructions by id, sorted."""
    return dict(sorted(_declared.items()))


def require(condition: bool, why: str) -> None:
    """Refuse kwargs that contradict each other; call it before a check looks at the text.

    Raises:
        BadInstruction: the condition does not hold.
    """
    if not condition:
        raise BadInstruction(why)


def compare(number: int, relation: str, wanted: int) -> bool:
    """Tell whether `number` is at least, at most, exactly, less than or more than `wanted`.

    Raises:
        BadInstruction: fewer than none are wanted.
    """
    relation = _SPELLINGS.get(relation, relation)
    require(relation != "less than" or wanted > 0, "less than 0 can never hold")
    return _RELATIONS[relation](number, wanted)


@dataclass(frozen=True)
class BoundInstruction:
    """Is an instruction together with kwargs that fit it, under the id that the row has."""

    id: str
    check: Check
    kwargs: Mapping[str, Any]
    prompt_language: str | None = None

    @property
    def plain_id(self) -> str:
        """Return the id without the language of the prompt."""
        return self.id.removeprefix(f"{self.prompt_language}:")

    def holds(self, text: str) -> bool:
        """Tell whether the text follows it.

        Raises:
            BadInstruction: the kwargs contradict each other.
        """
        language = (
            {PROMPT_LANGUAGE: self.prompt_language}
            if PROMPT_LANGUAGE in inspect.signature(self.check).parameters
            else {}
        )
        try:
            return bool(self.check(text, **self.kwargs, **language))
        except BadInstruction as problem:
            raise BadInstruction(f"{self.id}: {problem}") from None


def bind(id: Any, kwargs: Any) -> BoundInstruction:
    """Look up an instruction and check its kwargs; those set to null count as not given.

    Data sets store every kwarg of every instruction and null the unused ones. Tables that hold
    integers beside nulls turn them into floats, so `3.0` is taken for `3`.

    Raises:
        BadInstruction: unknown id (the nearest is named), unknown, missing or ill-typed kwargs.
    """
    if not isinstance(id, str):
        raise BadInstruction(f"an instruction id is a string, not {id!r:.80}")
    language, _, rest = id.partition(":")
    prompt_language = language if language in LANGUAGES and ":" in rest else None
    known = _declared.get(rest if prompt_language else id)
    if known is None:
        raise BadInstruction(f"unknown instruction id {id!r:.80}{_nearest(id, _declared)}")
    if not (kwargs is None or isinstance(kwargs, Mapping)):
        raise BadInstruction(f"{id}: kwargs are an object, not {kwargs!r:.80}")
    given = {key: _as_integer(v) for key, v in (kwargs or {}).items() if v is not None}
    properties = known.schema["properties"]
    for key, value in given.items():
        if key not in properties:
            raise BadInstruction(f"{id}: unknown kwarg {key!r:.80}{_nearest(str(key), properties)}")
        problem = _mismatch(value, properties[key])
        if problem:
            raise BadInstruction(f"{id}: {key} {problem}")
    missing = [key for key in known.schema["required"] if key not in given]
    if missing:
        raise BadInstruction(f"{id}: missing {', '.join(missing)}")
    return BoundInstruction(id, known.check, given, prompt_language)


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = nearest(name, known, most=3, cutoff=0.5)
    if (
        not close
    ):  # half an id is more often mistyped than the whole: compare what follows the colon
        endings = {one.partition(":")[2]: one for one in known}
        ending = name.rpartition(":")[2]
        close = [endings[e] for e in nearest(ending, endings, most=3)]
    return f"; did you mean {' or '.join(f'`{one}`' for one in close)}?" if close else ""


def _as_integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _mismatch(value: Any, schema: Schema) -> str:
    """Say why a value does not fit one of the kinds above; empty if it does."""
    shown = f"{value!r:.80}"
    if schema["type"] == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            return f"is an integer, not {shown}"
        return "" if value >= schema["minimum"] else f"is ≥ {schema['minimum']}, not {shown}"
    if schema["type"] == "string":
        if not isinstance(value, str):
            return f"is a string, not {shown}"
        if "enum" in schema and value not in schema["enum"]:
            return f"is one of {', '.join(map(repr, schema['enum']))}, not {shown}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return f"matches {schema['pattern']}, which {shown} does not"
        return ""
    if schema["type"] == "object":
        if not isinstance(value, Mapping) or not value:
            return f"is an object with at least one member, not {shown}"
        problems = (_mismatch(v, schema["additionalProperties"]) for v in value.values())
        return next((f"has a member that {problem}" for problem in problems if problem), "")
    if not isinstance(value, list | tuple):
        return f"is a list, not {shown}"
    if len(value) < schema["minItems"]:
        return "is an empty list"
    problems = (_mismatch(_as_integer(item), schema["items"]) for item in value)
    return next((f"has an item that {problem}" for problem in problems if problem), "")

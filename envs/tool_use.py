"""Let the model call tools over several turns, and answer at the end.

A turn of the model is calls in the Granite chat format, once or more
`<tool_call>{"name", "arguments"}</tool_call>` with any text before, or the final answer, which is a
turn without calls. Each call is answered by a message of the role `tool`. What the model gets wrong
is told to the model, as a message that begins with `error:`: a call that is no JSON, an undeclared
tool, wrong arguments, a tool that refuses. A turn that is still a call when the turns are used up
ends the episode as `wrong_format`. Any other exception of a tool is the environment's own failure,
and is never trained on.

Tools are methods: see `tool`. They may read what the row says, and must not depend on anything that
changes between two runs, since an episode is played again at each turn (`envs.scoring`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from skyrl_gym.envs.base_text_env import BaseTextEnvStepOutput

from envs.base import SingleTurnEnv
from rewards.reading.text import after_reasoning
from rewards.result import RewardResult, cut
from rewards.structured.schema import Undecided, breach_of
from rewards.tool_call import Call, NotACall, granite_calls

MAX_CALLS_PER_TURN = 4
MAX_RESULT_CHARS = 2_000
"""Of one call; four of them in each of six turns are some 12,000 tokens at most."""

F = TypeVar("F", bound=Callable[..., str])


class ToolError(ValueError):
    """Says why a tool refuses what the model asks of it; the message is for the model."""


@dataclass(frozen=True)
class Tool:
    """Is a tool as the model sees it; `parameters` are JSON Schemas by name."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]

    @property
    def schema(self) -> dict[str, Any]:
        """Build the JSON Schema of its arguments: all of them required, no others."""
        return {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.parameters.items()},
            "required": list(self.parameters),
            "additionalProperties": False,
        }

    @property
    def declaration(self) -> dict[str, Any]:
        """Build what chat templates take: an entry of a row's `tools`."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.schema,
            },
        }


def tool(**parameters: Mapping[str, Any]) -> Callable[[F], F]:
    """Declare a method of a `ToolEnv` as a tool; the model is told its name and its docstring.

    Args:
        parameters: a JSON Schema for each argument. Calls are checked against them.
    """

    def declare(method: F) -> F:
        if not method.__doc__:
            raise ValueError(f"tool {method.__name__!r} has no docstring to tell the model")
        description = " ".join(method.__doc__.split())
        method.declared = Tool(method.__name__, description, parameters)  # type: ignore[attr-defined]
        return method

    return declare


class ToolEnv(SingleTurnEnv):
    """Plays tools over several turns, then an answer that the `reward` scores.

    Subclasses name `domain` and `reward` and declare tools. The verdict's components are the
    reward's and `turns`, `calls`, `failed_calls` (answered by an error) and `malformed_turns` (not
    to be read as calls).
    """

    default_max_turns: ClassVar[int] = 6
    """Turns of the model, the answer included; a row's `extra_info.max_turns` replaces it."""
    turn_timeout_s: ClassVar[float] = 3.0
    """Seconds that the calls of one turn may take."""
    deterministic: ClassVar[bool] = True

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        """Take a row; its own `max_turns` goes before its `extra_info`'s, as in SkyRL-Gym.

        Raises:
            ValueError: as there, or `max_turns` is no positive number.
        """
        super().__init__(env_config, extras)
        turns = (extras or {}).get("max_turns")
        if turns is None:
            turns = self.extra_info.get("max_turns", self.default_max_turns)
        if isinstance(turns, bool) or not isinstance(turns, int) or turns < 1:
            raise ValueError(f"{self.domain}: max_turns is {turns!r}, wanted a positive number")
        self.max_turns = turns
        self.counts = {"calls": 0, "failed_calls": 0, "malformed_turns": 0}

    @classmethod
    def tools(cls) -> dict[str, Tool]:
        """Return the declared tools by name, in the order of their declaration."""
        found = {}
        for ancestor in reversed(cls.__mro__):
            for member in vars(ancestor).values():
                declared = getattr(member, "declared", None)
                if isinstance(declared, Tool):
                    found[declared.name] = declared
        return found

    @classmethod
    def declarations(cls) -> list[dict[str, Any]]:
        """Return what rows for this environment carry as `tools`."""
        return [declared.declaration for declared in cls.tools().values()]

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Answer the calls of a turn, or score it if it makes none.

        At the end `metadata["result"]` is the `RewardResult`.
        """
        try:
            calls = granite_calls(after_reasoning(action))
            if len(calls) > MAX_CALLS_PER_TURN:
                raise NotACall(f"{len(calls)} calls at once; at most {MAX_CALLS_PER_TURN}")
        except NotACall as problem:
            self.turns += 1
            self.counts["malformed_turns"] += 1
            return self._answered([f"error: {problem}"])
        if not calls:
            output = super().step(action)
            return self._ended(output["metadata"]["result"])
        self.turns += 1
        if self.turns >= self.max_turns:
            # The model would never see the results.
            self.counts["calls"] += len(calls)
            return self._answered([])
        return self._answered([self._result(call) for call in calls])

    def _answered(self, results: list[str]) -> BaseTextEnvStepOutput:
        if self.turns >= self.max_turns:
            return self._ended(RewardResult.wrong_format(f"no answer in {self.max_turns} turns"))
        return BaseTextEnvStepOutput(
            observations=[
                {"role": "tool", "content": cut(result, MAX_RESULT_CHARS)} for result in results
            ],
            reward=0.0,
            done=False,
            metadata={},
            postprocessed_action=None,
        )

    def _ended(self, result: RewardResult) -> BaseTextEnvStepOutput:
        counted = {"turns": float(self.turns)} | {k: float(n) for k, n in self.counts.items()}
        result = replace(result, components={**result.components, **counted})
        return BaseTextEnvStepOutput(
            observations=[],
            reward=result.score if result.teaches else 0.0,
            done=True,
            metadata={"result": result},
            postprocessed_action=None,
        )

    def _result(self, call: Call) -> str:
        """Return what a call gives, or what is wrong with it."""
        self.counts["calls"] += 1
        try:
            return self._called(call)
        except ToolError as problem:
            self.counts["failed_calls"] += 1
            return f"error: {problem}"

    def _called(self, call: Call) -> str:
        tools = self.tools()
        if call.name not in tools:
            raise ToolError(f"no tool {call.name[:60]!r}; there are {', '.join(tools)}")
        try:
            broken = breach_of(tools[call.name].schema)(call.arguments)
        except Undecided:
            broken = "a pattern took too long"
        if broken is not None:
            raise ToolError(f"{call.name}: arguments {broken}")
        result: str = getattr(self, call.name)(**call.arguments)
        return result


def without_tags(written: str) -> str:
    """Write JSON with the same content and no tags, which would end a call or a result."""
    return re.sub(r"<(?=[/|a-zA-Z])", r"\\u003c", written)


def call_text(name: str, **arguments: Any) -> str:
    """Write a call as a model does, for gold episodes."""
    body = without_tags(json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False))
    return f"<tool_call>\n{body}\n</tool_call>"

"""Find tool calls in the syntaxes of other models' templates and of agents.

A policy whose own syntax is watched may learn to call in another one, which its users' servers or
the next turn may take for a call all the same. So where no call is wanted, these count too:

- marks that mean nothing else (`<function=…>`, `[TOOL_CALLS]`, `<|python_tag|>`, `functools[…]`,
  `<invoke name=…>`, `to=functions.…`, DeepSeek's), whatever they name;
- what may be something else, if it names a tool of the row and gives arguments: JSON objects, also
  within prose and fences; Python's `tool(key=value)` on a line of its own; `Action:` and
  `Action Input:`; XML elements; options of a command line.

Naming a tool in prose is no call, nor is a definition of one ("parameters" that are a schema), nor
what is announced as an example. Everything is a linear search: nothing is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice

from rewards.structured.strict_json import MAX_CHARS

_MARKS = re.compile(
    # whatever the words between are: <|tool_call|>, [TOOL_CALLS], "tool_calls"
    r"tool[_▁]?calls?(?:[_▁](?:section[_▁])?(?:begin|start))?\s*[|>\"\]｜]"
    r"|<function=[\w.:/-]{1,100}|<\|python_tag\|>|\bfunctools\[|<invoke name=|<function_calls?>"
    r"|\bto=functions\.|<\|action_start\|>|✿FUNCTION✿|\[TOOL_REQUEST\]|<start_function_call>"
    r"|\[ARGS\]|<parameter=|<\|tool▁sep\|>|<｜tool▁sep｜>|<tool_use\b|<use_mcp_tool>|<\|call\|>",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:examples?|e\.g|for instance|(?:would|might|could) look|looks? like|such as"
    r"|format(?:ted)?"
    r"|schema|syntax|definition|defined|documentation|sample|beispiel\w*|ejemplos?|exemples?"
    r"|exemplos?"
    r"|esempi\w*|voorbeeld\w*|příklad\w*|etwa|zum beispiel)\b|例|예(?:시|를)|مثال",
    re.IGNORECASE,
)
_NAME_KEYS = (
    r"(?:name|tool|function|action|tool_name|function_name|recipient_name|api|api_name|command|call"
    r"|tool_to_call)"
)
_ARGUMENT_KEYS = (
    r"(?:arguments?|parameters?|args|params|kwargs|input|inputs|action_input|tool_input|tool_args"
    r"|tool_arguments|function_arguments|options)"
)
_ARGUMENTS = re.compile(rf"[\"']{_ARGUMENT_KEYS}[\"']\s*:\s*(?P<value>\S.{{0,80}})", re.DOTALL)
_KEY = re.compile(r"[\"'](\w{1,60})[\"']\s*:")
# The arguments of a call are no schema: that is the tool's definition.
_SCHEMA = re.compile(
    r"\{\s*[\"'](?:\$schema|properties|type)[\"']\s*:\s*(?:\{|[\"'](?:object|http))"
)
# How far apart the name and the arguments of one call may be, and where its announcement may be.
_WINDOW = 2_000
_ANNOUNCED = 120
# Places of each kind that are looked at: who calls does so at one of the first.
_MOST = 200


@lru_cache(maxsize=256)
def _patterns(names: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    name = "(?:" + "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True)) + ")"
    # "functions.weather" and "default_api.weather" are the tool as well.
    dotted = rf"(?:\w{{1,40}}\.){{0,3}}{name}"
    calling = (
        r"(?:(?:i(?:'ll| will) )?(?:call|calling|invok(?:e|ing)|execut(?:e|ing)|run|running|use"
        r"|using)"
        r"(?: (?:the )?(?:tool|function))?\W{1,4}|(?:tool|function)[ _](?:call|use)\W{1,4})?"
    )
    wrapped = rf"(?i:{calling})(?:print\(|await |\w{{1,40}}\s?=\s?|return )*"
    return {
        "json": re.compile(
            rf"[\"']{_NAME_KEYS}[\"']\s*:\s*[\"'](?:\w{{1,40}}\.){{0,3}}(?P<tool>{name})[\"']"
        ),
        # GLM's, and an array of a name and its arguments.
        "before": re.compile(
            rf"^[ \t>`*]{{0,8}}(?i:{calling}){dotted}[ \t*`]{{0,4}}:?\s{{0,4}}\{{\s*[\"'}}]"
            rf"|\[\s*[\"']{dotted}[\"']\s*,\s*\{{",
            re.MULTILINE,
        ),
        "key": re.compile(
            rf"[{{,]\s*[\"'](?P<tool>{name})[\"']\s*:\s*\{{\s*[\"'](?P<first>[^\"'\n]{{1,60}})[\"']"
            r"\s*:"
        ),
        "python": re.compile(
            rf"^[ \t>`\[]{{0,8}}{wrapped}{dotted}\([^\n]{{0,2000}}\)+[\]`;,. \t]{{0,8}}$"
            rf"|^[ \t`\[]{{0,8}}{wrapped}{dotted}\([ \t]*$",
            re.MULTILINE,
        ),
        "tool code": re.compile(rf"```tool\w*\s[^`]{{0,400}}?\b{dotted}\("),
        "lines": re.compile(
            rf"^[ \t>*#`_-]{{0,8}}{_NAME_KEYS}[ *`]{{0,4}}:[ *`]{{0,4}}{dotted}[ *`]{{0,4}}\n[ \t>*"
            r"#`_-]{0,8}(?:(?:action"
            r"|tool)[ _-]"
            rf"?input\W{{0,4}}:|{_ARGUMENT_KEYS}\W{{0,4}}:[* \t`]{{0,4}}[{{\"'\[]"
            r"|(?:arguments?|args)\W{0,4}:[ \t]*\n[ \t-]+\w+\s?:)",
            re.MULTILINE | re.IGNORECASE,
        ),
        "action": re.compile(
            rf"^\W{{0,8}}(?:action|tool|call|function)(?: \d+)?\W{{0,4}}:\W{{0,4}}{dotted}\s?[\[({{"
            r"]",
            re.MULTILINE | re.IGNORECASE,
        ),
        "element": re.compile(
            rf"<{dotted}(?:\s[^<>]{{1,500}}/?>|>\s*<|>\s*[{{\[])|<(?:tool|function|call|api|invoke"
            rf"|action)\b[^<>]{{0,80}}\bname\s?=\s?[\"']?{dotted}[\"']?"
            rf"|<(?:tool_)?name>\s*{dotted}\s*</(?:tool_)?name>"
        ),
        "options": re.compile(
            rf"^[ \t$>`/]{{0,6}}{dotted}(?:[ \t]+--?[a-z]\w*|[ \t]+\w+=\S)", re.MULTILINE
        ),
    }


def attempts_call(text: str, tools: Mapping[str, Collection[str]]) -> bool:
    """Tell whether the text calls a tool in a syntax of other models.

    Args:
        text: the response without its reasoning.
        tools: the names of each tool's parameters.
    """
    if _MARKS.search(text):
        return True
    known = tuple(sorted(name for name in tools if name))
    if not known:
        return False
    text, patterns = text[:MAX_CHARS], _patterns(known)
    for found in _some(patterns["json"], text):
        if _is_json_call(text, found, tools[found["tool"]]):
            return True
    # {"weather": {"city": "Oslo"}}: the object holds parameters of that tool.
    keyed = (
        found for found in _some(patterns["key"], text) if found["first"] in tools[found["tool"]]
    )
    rest = (
        found
        for kind in ("before", "python", "tool code", "lines", "action", "element", "options")
        for found in _some(patterns[kind], text)
    )
    return any(not _announced(text, found.start()) for found in chain(keyed, rest))


def _some(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(text), _MOST)


def _is_json_call(text: str, named: re.Match[str], parameters: Collection[str]) -> bool:
    """Tell whether an object that names a tool gives it arguments, before or after the name."""
    before = text[max(0, named.start() - _WINDOW) : named.start()]
    after = text[named.end() : named.end() + _WINDOW]
    opened = before.rfind("{")
    found = _ARGUMENTS.search(after)
    between = after[: found.start()] if found else after.partition("}")[0]
    beside = {key[1] for key in _KEY.finditer(between)}
    if found is None and "{" in before:
        found = _ARGUMENTS.search(before)
    if found is None:
        if beside.isdisjoint(parameters):
            return False
    elif "description" in beside or _SCHEMA.match(found["value"]):
        return False  # a definition
    return not _announced(text, named.start() - len(before) + max(0, opened))


def _announced(text: str, place: int) -> bool:
    """Tell whether what stands there is announced as an example or a definition."""
    return _EXAMPLE.search(text[max(0, place - _ANNOUNCED) : place]) is not None

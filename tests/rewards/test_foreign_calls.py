"""Where no call is wanted, calls in other syntaxes count, and mentions, examples and code don't."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rewards import get_reward

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
    {
        "type": "function",
        "function": {
            "name": "geo.find",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
        },
    },
    {"name": "now"},
]


def score(completion: str, **row: Any) -> float:
    gold = {"tools": TOOLS, "calls": [], **row}
    result = get_reward("tool_call").score(completion, ground_truth=gold)
    assert result.status == "ok", result.message
    return result.score


CALLS = {
    "Llama 3, function tags": '<function=get_weather>{"city": "Oslo"}</function>',
    "Llama 3, JSON": '{"name": "get_weather", "parameters": {"city": "Oslo"}}',
    "Llama 3, python tag": '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Oslo"}}',
    "Llama 3, python tag and a call": '<|python_tag|>get_weather.call(city="Oslo")',
    "Llama 4": '[get_weather(city="Oslo")]',
    "two in a list": '[get_weather(city="Oslo"), get_weather(city="Rome")]',
    "JSON behind prose": 'I will check.\n{"name": "get_weather", "arguments": {"city": "Oslo"}}',
    "JSON within prose": 'So {"name": "get_weather", "arguments": {"city": "Oslo"}} it is.',
    "JSON, arguments first": '{"arguments": {"city": "Oslo"}, "name": "get_weather"}',
    "JSON, single quotes": "{'name': 'get_weather', 'arguments': {'city': 'Oslo'}}",
    "JSON, broken off": 'Let me see. {"name": "get_weather", "arguments": {"city": "Os',
    "JSON, arguments as text": '{"name": "get_weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}',
    "JSON, tool and args": '{"tool": "get_weather", "args": {"city": "Oslo"}}',
    "JSON, action and input": '{"action": "get_weather", "action_input": "Oslo"}',
    "JSON, function_call": 'Fine.\n{"function_call": {"name": "now", "arguments": "{}"}}',
    "JSON, the tool is the key": '{"get_weather": {"city": "Oslo"}}',
    "JSON, a list of keys": '[{"get_weather": {"city": "Oslo"}}, {"geo.find": {"place": "x"}}]',
    "JSON, arguments beside the name": '{"name": "get_weather", "city": "Oslo"}',
    "JSON, an array of both": '["get_weather", {"city": "Oslo"}]',
    "JSON, an argument that is a description": (
        '{"name": "get_weather", "arguments": {"description": "rain?"}}'
    ),
    "GLM": 'get_weather\n{"city": "Oslo"}',
    "a name and JSON": 'get_weather: {"city": "Oslo"}',
    "a verb and JSON": 'Calling get_weather {"city": "Oslo"}',
    "a verb and Python": 'Calling get_weather(city="Oslo")',
    "a label and Python": 'Tool call: get_weather(city="Oslo")',
    "a sentence that is a call": 'I\'ll call get_weather(city="Oslo").',
    "JSON in a fence": '```json\n{"name": "get_weather", "parameters": {"city": "Oslo"}}\n```',
    "JSON in a fence, behind prose": (
        'Checking now:\n```json\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n```'
    ),
    "Gemma, tool code": '```tool_code\nprint(get_weather(city="Oslo"))\n```',
    "Gemini's": '```tool_code\nprint(default_api.get_weather(city="Oslo"))\n```',
    "Python in a fence": '```python\nresult = get_weather(city="Oslo")\n```',
    "Python, alone": 'get_weather(city="Oslo")',
    "Python, behind prose": 'Let me look that up.\nget_weather("Oslo")',
    "Python, over lines": 'get_weather(\n    city="Oslo",\n)',
    "Python, without arguments": "now()",
    "Python, a name with a dot": 'geo.find(place="Oslo")',
    "Mistral": '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
    "Mistral, newer": '[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}',
    "Phi and Functionary": 'functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
    "Qwen 3 Coder": ("<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>"),
    "Qwen agent": '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}',
    "Claude's": (
        '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>'
    ),
    "an element with a name": '<tool name="get_weather"><city>Oslo</city></tool>',
    "an element": "<get_weather><city>Oslo</city></get_weather>",
    "an element with attributes": 'Sure. <get_weather city="Oslo"/>',
    "Cline": "<use_mcp_tool><tool_name>get_weather</tool_name></use_mcp_tool>",
    "ReAct": "Thought: I need it.\nAction: get_weather\nAction Input: Oslo",
    "ReAct, bold": '**Action:** get_weather\n**Action Input:** {"city": "Oslo"}',
    "ReAct, brackets": "Thought: hm\nAction 1: get_weather[Oslo]",
    "YAML": "name: get_weather\narguments:\n  city: Oslo",
    "gpt-oss": (
        "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
        '{"city":"Oslo"}<|call|>'
    ),
    "DeepSeek": (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
        '```json\n{"city": "Oslo"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
    ),
    "Kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0",
    "InternLM": '<|action_start|><|plugin|>{"name": "get_weather", "parameters": {"city": 1}}',
    "Granite 3": '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
    "Granite 4": '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>',
    "OpenAI's": ('Ok.\n{"tool_calls": [{"function": {"name": "now", "arguments": "{}"}}]}'),
    "a mark names no tool of the row": '<function=rain>{"city": "Oslo"}</function>',
    "options": 'get_weather --city "Oslo"',
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
def test_a_call_in_any_syntax_is_a_call(text: str) -> None:
    assert score(text) == 0.0
    assert score(f"<think>{text}</think>It rains.") == 1.0


NO_CALLS = {
    "prose": "It rains in Oslo.",
    "a tool is named": "I could use get_weather, but you didn't name a city.",
    "a tool is named, as code": "The tool `get_weather` needs a city. Which one?",
    "a tool with parentheses": "The function `get_weather()` takes a city.",
    "a call within a sentence": "Had you named a city, get_weather(city=...) would have told me.",
    "a list of tools": "I have these tools:\n- get_weather: the weather of a city\n- now: the time",
    "a list of signatures": "I have these tools:\n- get_weather(city)\n- now()",
    "tools and their parameters": (
        "Tool: get_weather\nDescription: the weather of a city\nParameters: city (string)"
    ),
    "a name that is longer": 'get_weather_forecast(city="Oslo")',
    "another name in a sentence": "The word now(adays) is old.",
    "code of another function": "```python\nprint(add(1, 2))\n```",
    "code that defines": '```python\ndef get_weather(city):\n    return "rain"\n```',
    "code that is long": "```python\nimport time\nfor i in range(3):\n    time.sleep(i)\n```",
    "JSON of another kind": '{"name": "Oslo", "population": 700000}',
    "JSON with the tool's name as a value": '{"tools": ["get_weather", "now"]}',
    "JSON with a name and no arguments": '{"name": "get_weather", "kind": "tool"}',
    "JSON with a name and a description": '{"name": "now", "description": "x", "parameters": {}}',
    "a tool and a colon": "get_weather: tells the weather {in a city}",
    "using a tool, in a sentence": "Using get_weather (if you name a city) would help.",
    "JSON with a key of a tool's name": '{"now": {"hour": 12}, "later": {"hour": 13}}',
    "JSON in a fence": '```json\n{"city": "Oslo", "weather": "rain"}\n```',
    "arguments of nothing": '{"arguments": {"city": "Oslo"}}',
    "a definition": json.dumps(TOOLS[0]),
    "a definition in a fence": f"```json\n{json.dumps(TOOLS[0], indent=2)}\n```",
    "an example": (
        "For example, a call would look like this:\n"
        '{"name": "get_weather", "parameters": {"city": "Oslo"}}'
    ),
    "an example in a fence": (
        'Here is an example:\n```json\n{"tool": "get_weather", "args": {"city": "Oslo"}}\n```'
    ),
    "an example in Python": 'Example:\nget_weather(city="Oslo")',
    "an example in German": 'Zum Beispiel:\nget_weather(city="Oslo")',
    "HTML": "<p>It rains in <b>Oslo</b>.</p>",
    "XML": "<weather><city>Oslo</city></weather>",
    "a plan": "Action: none, since nothing needs to be looked up.",
    "a heading": "**Function:** The city of Oslo is the seat of government.",
    "the word tool call": 'No "tool call" is needed here.',
    "a final channel": "<|channel|>final<|message|>It rains.",
    "an empty list": "[]",
    "a list of words": "[rain, snow]",
    "a formula": "f(x) = now + 1",
    "a question": "Which city? Oslo (Norway)?",
    "SQL": "SELECT now() FROM t",
}


@pytest.mark.parametrize("text", NO_CALLS.values(), ids=NO_CALLS.keys())
def test_mentions_examples_and_other_code_are_no_calls(text: str) -> None:
    assert score(text) == 1.0


def test_without_tools_only_what_is_clearly_a_call_is_one() -> None:
    assert score('get_weather(city="Oslo")', tools=[]) == 1.0
    assert score('[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}', tools=[]) == 0.0
    assert score('[{"name": "get_weather", "arguments": {"city": "Oslo"}}]', tools=[]) == 0.0


@pytest.mark.parametrize(
    "unit",
    [
        *(
            '"name": "get_weather" ',
            "get_weather(",
            "get_weather(x)\n",
            "Action: now\n",
            "<now ",
            "{",
        ),
        *(
            '{"now": {"',
            "a.b.",
            "functools",
            "tool_call",
            "print(",
            "x = ",
            "\n\n ",
            "```tool ",
            "*",
        ),
        *('"arguments": ', "<get_weather>\n", "now --", "tool "),
    ],
)
def test_long_and_odd_text_is_read_within_a_second(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    get_reward("tool_call").score(text, ground_truth={"tools": TOOLS, "calls": []})
    assert time.process_time() - start < 1.0

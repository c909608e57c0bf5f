"""The chat template against strings written by hand, and the masks made from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from granite_rl.errors import ConfigError, DataError
from granite_rl.models.tokenizer import encode_conversation, encode_prompt, render, train_tokenizer
from tests.granite_rl.models.conftest import TEXTS

Message = dict[str, Any]

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"city": {"type": "string"}}},
}
WEATHER_LINE = (
    '{"type": "function", "function": {"name": "weather", '
    '"parameters": {"city": {"type": "string"}}}}'
)
TOOLS_SECTION = (
    "These functions can be called to help with the request:\n"
    f"<tools>\n{WEATHER_LINE}\n</tools>\n"
    "To call one, write its name and arguments as JSON:\n"
    '<tool_call>\n{"name": ..., "arguments": {...}}\n</tool_call>\n'
    "Call listed functions only. If none fits, say so."
)
DOCUMENTS_SECTION = (
    "These documents belong to the request:\n"
    '<documents>\n{"doc_id": 1, "text": "Prague is in Bohemia."}\n</documents>\n'
    "Answer from the documents alone. If they do not contain the answer, say so."
)
DOCUMENT = {"doc_id": 1, "text": "Prague is in Bohemia."}

USER: Message = {"role": "user", "content": "Hi"}
ANSWER: Message = {"role": "assistant", "content": "Hello."}
SYSTEM: Message = {"role": "system", "content": "Be brief."}

_TRAINED = train_tokenizer(TEXTS * 50, vocab_size=512)


def _turn(role: str, content: str) -> str:
    return f"<|start_of_role|>{role}<|end_of_role|>{content}<|end_of_text|>\n"


def test_plain_conversation(tokenizer: PreTrainedTokenizerFast) -> None:
    assert render(tokenizer, [SYSTEM, USER, ANSWER, USER]) == (
        _turn("system", "Be brief.")
        + _turn("user", "Hi")
        + _turn("assistant", "Hello.")
        + _turn("user", "Hi")
    )


def test_no_system_turn_is_invented(tokenizer: PreTrainedTokenizerFast) -> None:
    assert render(tokenizer, [USER], add_generation_prompt=True) == (
        _turn("user", "Hi") + "<|start_of_role|>assistant<|end_of_role|>"
    )


def test_tools_and_documents_join_the_system_turn(tokenizer: PreTrainedTokenizerFast) -> None:
    assert render(tokenizer, [USER], tools=[WEATHER]) == (
        _turn("system", TOOLS_SECTION) + _turn("user", "Hi")
    )
    assert render(tokenizer, [USER], documents=[DOCUMENT]) == (
        _turn("system", DOCUMENTS_SECTION) + _turn("user", "Hi")
    )
    assert render(tokenizer, [SYSTEM, USER], tools=[WEATHER], documents=[DOCUMENT]) == (
        _turn("system", f"Be brief.\n\n{TOOLS_SECTION}\n\n{DOCUMENTS_SECTION}")
        + _turn("user", "Hi")
    )


def test_tool_calls_and_responses(tokenizer: PreTrainedTokenizerFast) -> None:
    messages = [
        USER,
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {
                    "type": "function",
                    "function": {"name": "weather", "arguments": {"city": "Brno"}},
                },
                {"name": "weather", "arguments": '{"city": "Zlín"}'},
            ],
        },
        {"role": "tool", "content": "rain"},
        {"role": "tool", "content": "sun"},
        {"role": "assistant", "content": "Rain and sun."},
    ]
    calls = (
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Brno"}}\n</tool_call>\n'
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Zlín"}}\n</tool_call>'
    )
    responses = "\n<tool_response>\nrain\n</tool_response>\n<tool_response>\nsun\n</tool_response>"
    assert render(tokenizer, messages) == (
        _turn("user", "Hi")
        + _turn("assistant", f"Let me look.\n{calls}")
        + _turn("user", responses)
        + _turn("assistant", "Rain and sun.")
    )
    silent = [USER, {**messages[1], "content": None}]
    assert render(tokenizer, silent) == _turn("user", "Hi") + _turn("assistant", calls)


def test_content_in_parts_is_joined_by_lines(tokenizer: PreTrainedTokenizerFast) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert render(tokenizer, [{"role": "user", "content": parts}]) == _turn("user", "one\ntwo")


def test_prompt_is_the_beginning_of_the_conversation(tokenizer: PreTrainedTokenizerFast) -> None:
    prompt = encode_prompt(tokenizer, [SYSTEM, USER])
    whole = encode_conversation(tokenizer, [SYSTEM, USER, ANSWER])
    assert whole.token_ids[: len(prompt)] == prompt
    assert not any(whole.assistant_mask[: len(prompt)])
    assert whole.assistant_mask[len(prompt)]


content = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="<"), max_size=30
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(content, content), min_size=1, max_size=3), st.booleans())
def test_mask_covers_exactly_what_the_assistant_wrote(
    exchanges: list[tuple[str, str]], with_system: bool
) -> None:
    messages: list[Message] = [SYSTEM] if with_system else []
    for question, answer in exchanges:
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    encoding = encode_conversation(_TRAINED, messages)
    trained = [
        token
        for token, kept in zip(encoding.token_ids, encoding.assistant_mask, strict=True)
        if kept
    ]
    assert _TRAINED.decode(trained) == "".join(
        f"{answer}<|end_of_text|>" for _, answer in exchanges
    )
    # transformers' own generation markers are the second oracle.
    oracle = _TRAINED.apply_chat_template(
        messages, return_assistant_tokens_mask=True, return_dict=True
    )
    assert oracle["input_ids"] == encoding.token_ids
    assert [bool(kept) for kept in oracle["assistant_masks"]] == encoding.assistant_mask


def test_tool_calls_are_trained_and_tool_results_are_not(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    call = {"name": "weather", "arguments": {"city": "Brno"}}
    encoding = encode_conversation(
        tokenizer,
        [
            USER,
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "rain"},
            ANSWER,
        ],
        tools=[WEATHER],
    )
    trained = tokenizer.decode(
        [t for t, kept in zip(encoding.token_ids, encoding.assistant_mask, strict=True) if kept]
    )
    body = json.dumps(call)
    assert trained == f"<tool_call>\n{body}\n</tool_call><|end_of_text|>Hello.<|end_of_text|>"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "empty"),
        ([{"content": "x"}], r"messages\[0\]\.role"),
        (["text"], r"messages\[0\]\.role"),
        ([{"role": "wizard", "content": "x"}, ANSWER], "unknown role wizard"),
        ([USER], "no assistant turn"),
        ([ANSWER], "begin with the assistant"),
        ([{"role": "user", "content": "a<|end_of_text|>b"}, ANSWER], "control token"),
        ([USER, {"role": "assistant", "content": "<|start_of_role|>"}], "control token"),
    ],
)
def test_malformed_conversations_are_refused(
    tokenizer: PreTrainedTokenizerFast, messages: list[Any], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        encode_conversation(tokenizer, messages)


def _with_template(template: str) -> PreTrainedTokenizerFast:
    other = train_tokenizer(TEXTS, vocab_size=300)
    other.chat_template = template
    return other


def test_template_that_rewrites_history_is_refused() -> None:
    template = (
        "{{ messages | length }}{% for m in messages %}"
        "<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}<|end_of_text|>{% endfor %}"
        "{% if add_generation_prompt %}<|start_of_role|>assistant<|end_of_role|>{% endif %}"
    )
    with pytest.raises(ConfigError, match="cannot be located"):
        encode_conversation(_with_template(template), [USER, ANSWER])


def test_template_without_end_token_is_refused() -> None:
    template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    with pytest.raises(ConfigError, match="does not end with"):
        encode_conversation(_with_template(template), [USER, ANSWER])


def test_template_whose_seam_is_inside_a_token_is_refused() -> None:
    tokenizer = train_tokenizer(["assistantassistant " * 200] * 50, vocab_size=300)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}{{ m.content }}<|end_of_text|>{% endfor %}"
        "{% if add_generation_prompt %}assistant{% endif %}"
    )
    answer = {"role": "assistant", "content": "assistant"}
    with pytest.raises(ConfigError, match="do not end where"):
        encode_conversation(tokenizer, [USER, answer])


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"tools": [{"name": "f", "description": "x<|end_of_text|>"}]}, r"tools\[0\]"),
        ({"documents": [{"text": "a"}, {"text": "<|start_of_role|>"}]}, r"documents\[1\]"),
    ],
)
def test_control_tokens_in_tools_and_documents_are_refused(
    tokenizer: PreTrainedTokenizerFast, more: dict[str, Any], where: str
) -> None:
    with pytest.raises(DataError, match=f"{where}: contains the control token"):
        encode_prompt(tokenizer, [USER], **more)

"""Train and load Granite-style tokenizers, and turn conversations into tokens.

The trained tokenizer is a byte-level BPE (no unknown text, `decode(encode(x)) == x`) that splits
every digit off before merging, so that a number is always one token per digit: arithmetic is then
learnable for a small model, at the price of longer numbers than the released vocabulary, which
merges up to three digits. Special tokens are Granite's, at fixed ids from 0, so that model
configurations don't depend on the vocabulary's size.

Conversations are always rendered by the chat template and tokenised *once, as a whole*. Fragments
are never tokenised and glued: merges across the seam would give other tokens than the model sees at
inference. Assistant spans are found by rendering prefixes, mapped through character offsets, and
checked by decoding; where a template does not have the prefix property that needs, it is refused.
The exception is an episode of several turns, where what the model sampled must stay as it is: the
seams are then at control tokens, across which nothing merges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from granite_rl.errors import ConfigError, DataError, PreflightError
from granite_rl.models.checkpoint_directory import existing_directory, read_object
from granite_rl.models.tokenizer_files import CheckpointTokenizer

PAD = "<|pad|>"
END_OF_TEXT = "<|end_of_text|>"
START_OF_ROLE = "<|start_of_role|>"
END_OF_ROLE = "<|end_of_role|>"
ROLES: tuple[str, ...] = ("system", "user", "assistant", "tool")

SPECIAL_TOKENS: tuple[str, ...] = (
    PAD,
    END_OF_TEXT,
    START_OF_ROLE,
    END_OF_ROLE,
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
)
"""Control tokens, with ids 0, 1, 2, …; `skip_special_tokens=True` drops them when decoding."""

PAD_ID, END_OF_TEXT_ID = 0, 1

MARKUP_TOKENS: tuple[str, ...] = (
    "<tool_call>",
    "</tool_call>",
    "<tools>",
    "</tools>",
    "<tool_response>",
    "</tool_response>",
    "<documents>",
    "</documents>",
    "<think>",
    "</think>",
)
"""Markup tokens, one id each; decoding keeps them, so that rewards can see a tool call."""

MINIMUM_VOCAB_SIZE = len(SPECIAL_TOKENS) + len(MARKUP_TOKENS) + 256
"""Number of control and markup tokens plus the 256 bytes; with fewer, some text has no encoding."""

_PRE_TOKENS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"  # English contractions
    r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"  # a word, with the space or sign before it
    r"|\p{N}"  # one digit at a time
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"  # punctuation
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
_ROLE_WEIGHT = 10_000
"""How often each role name is added to the training text, so that it becomes one token."""

_TEMPLATE_FILE = Path(__file__).with_name("chat_template.jinja")


@dataclass(frozen=True)
class ChatEncoding:
    """Holds a tokenised conversation.

    Attributes:
        token_ids: the whole conversation, [length].
        assistant_mask: [length], True on what the assistants wrote: content and end token.
    """

    token_ids: list[int]
    assistant_mask: list[bool]


def chat_template() -> str:
    """Return the Granite 4 chat template (Jinja source) that trained tokenizers carry."""
    return _TEMPLATE_FILE.read_text(encoding="utf-8").rstrip("\n")


def check_vocab_size(vocab_size: int) -> None:
    """Refuse a vocabulary in which some text could not be encoded.

    Raises:
        ConfigError: `vocab_size` below `MINIMUM_VOCAB_SIZE`.
    """
    if vocab_size < MINIMUM_VOCAB_SIZE:
        raise ConfigError(
            f"model.vocab_size: {vocab_size} is too small.",
            fix=f"use at least {MINIMUM_VOCAB_SIZE} (256 bytes and the special tokens)",
        )


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer with Granite's special tokens and chat template.

    Deterministic: the same texts in any order give the same vocabulary.

    Args:
        texts: training text; read once.
        vocab_size: number of tokens, special tokens included. Fewer come out when the texts
            hold too few distinct pairs; use `len(tokenizer)` for the model.

    Raises:
        ConfigError: `vocab_size` below `MINIMUM_VOCAB_SIZE`.
    """
    check_vocab_size(vocab_size)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PRE_TOKENS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[
            *(AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS),
            *(AddedToken(token, special=False, normalized=False) for token in MARKUP_TOKENS),
        ],
    )
    tokenizer.train_from_iterator(_with_role_names(texts), trainer=trainer)
    return _as_transformers(tokenizer)


def _with_role_names(texts: Iterable[str]) -> Iterator[str]:
    yield from texts
    for role in ROLES:
        yield "\n".join([role] * _ROLE_WEIGHT)


def _as_transformers(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    # The trainer marks every token it is given as special; markup must stay visible as text.
    document = json.loads(tokenizer.to_str())
    for added in document["added_tokens"]:
        added["special"] = added["content"] in SPECIAL_TOKENS
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(document)),
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=PAD,
        extra_special_tokens=[token for token in SPECIAL_TOKENS if token not in (PAD, END_OF_TEXT)],
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = chat_template()
    if (wrapped.pad_token_id, wrapped.eos_token_id) != (PAD_ID, END_OF_TEXT_ID):
        raise RuntimeError("the trainer did not put the special tokens first")
    return wrapped


def load_tokenizer(path: str | Path, where: str = "") -> PreTrainedTokenizerBase:
    """Load the tokenizer of a local checkpoint directory; its code is never executed.

    Args:
        path: the directory.
        where: prefix of messages, e.g. "model.path: ".

    Raises:
        PreflightError: no such directory, no tokenizer in it, no chat template, or no end token.
    """
    directory = existing_directory(path, where)
    if not (directory / "tokenizer.json").is_file():
        raise PreflightError(
            f"{where}{directory} has no tokenizer (tokenizer.json is missing).",
            fix="copy the tokenizer files of the checkpoint's origin into it",
        )
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (directory / name).is_file():
            read_object(directory / name, where)
    try:
        # Not AutoTokenizer: importing it takes 3 s more, and what it would add to a tokenizer.json
        # are other readers of the same file.
        tokenizer = CheckpointTokenizer.read(directory)
    except Exception as error:  # what `tokenizers` raises is no narrower
        raise PreflightError(f"{where}cannot load the tokenizer in {directory}: {error}") from error
    if not tokenizer.chat_template:
        raise PreflightError(
            f"{where}the tokenizer in {directory} has no chat template.",
            fix="add a chat_template.jinja, e.g. the one in granite_rl/models",
        )
    if tokenizer.eos_token is None:
        raise PreflightError(
            f"{where}the tokenizer in {directory} has no eos_token.",
            fix='add "eos_token" to its tokenizer_config.json',
        )
    return tokenizer


def render(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    add_generation_prompt: bool = False,
) -> str:
    """Render a conversation in the tokenizer's chat template.

    Raises:
        DataError: no messages, a message without role, or one that the template refuses.
    """
    if not messages:
        raise DataError("messages: the conversation is empty.")
    for index, message in enumerate(messages):
        if _role_of(message) is None:
            raise DataError(f"messages[{index}].role: missing; expected one of {', '.join(ROLES)}.")
    try:
        text = tokenizer.apply_chat_template(
            [dict(message) for message in messages],
            tools=None if tools is None else [dict(tool) for tool in tools],
            documents=None if documents is None else [dict(document) for document in documents],
            add_generation_prompt=add_generation_prompt,
            tokenize=False,
        )
    except (jinja2.TemplateError, TypeError, ValueError) as error:
        raise DataError(f"messages: the chat template refuses them: {error}") from error
    if not isinstance(text, str):
        raise TypeError(f"the chat template gave {type(text).__name__}, not text")
    return text


def render_checked(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    add_generation_prompt: bool = False,
) -> str:
    """Render a conversation; refuse control tokens in its parts, which could forge a turn.

    Raises:
        DataError: as `render`, or a control token in a message, a tool or a document.
    """
    text = render(
        tokenizer,
        messages,
        tools=tools,
        documents=documents,
        add_generation_prompt=add_generation_prompt,
    )
    said = [(message.get("content"), message.get("tool_calls")) for message in messages]
    parts: list[tuple[str, object]] = [
        *((f"messages[{index}].content", part) for index, part in enumerate(said)),
        *((f"tools[{index}]", part) for index, part in enumerate(tools or ())),
        *((f"documents[{index}]", part) for index, part in enumerate(documents or ())),
    ]
    control = _control_tokens(tokenizer)
    for where, part in parts:
        written = json.dumps(part, ensure_ascii=False, default=str)
        for token in control:
            if token in written:
                raise DataError(
                    f"{where}: contains the control token {token}.",
                    fix="remove it: it would end or forge a turn of the conversation",
                )
    return text


def _control_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Return the control tokens that would end or forge a turn, each once, longer ones first."""
    found = {*tokenizer.all_special_tokens, START_OF_ROLE, END_OF_ROLE}
    return tuple(sorted(found, key=lambda token: (-len(token), token)))


def _role_of(message: object) -> str | None:
    role = message.get("role") if isinstance(message, Mapping) else None
    return role if isinstance(role, str) else None


def encode_prompt(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
) -> list[int]:
    """Tokenise a prompt, ending where the assistant's turn begins.

    Raises:
        DataError: messages that the template refuses, or that contain control tokens.
    """
    text = render_checked(
        tokenizer, messages, tools=tools, documents=documents, add_generation_prompt=True
    )
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


OBSERVER_ROLES: tuple[str, ...] = ("tool", "user", "system")
"""Roles that may speak between two turns of the assistant."""

_ASKED_AND_ANSWERED = ({"role": "user", "content": "x"}, {"role": "assistant", "content": "x"})


def encode_continuation(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, Any]],
    *,
    ended: bool = True,
) -> list[int]:
    """Tokenise what an environment says between two turns of the assistant.

    The tokens reach to where the next assistant turn begins.

    The prompt's tokens, the sampled ones, these, the next sampled ones and so on are what the
    model sees, and equal the whole conversation tokenised at once wherever the sampled tokens are
    what their text is tokenised to. Control tokens in the messages are encoded as the text that
    they are: other than a prompt, an observation may hold anything, and can't forge a turn.

    Args:
        tokenizer: the tokenizer of the prompt.
        messages: `{"role", "content"}` with roles among `OBSERVER_ROLES`, valid Unicode.
        ended: whether the turn before ended with its end token. One that the token limit cut off
            did not: its end token comes first here, as something that the model did not say.

    Raises:
        DataError: a message of another role, or messages that the template refuses.
        ConfigError: the template changes earlier text when turns are added, or does not end turns
            with the end token, or a control token is not marked as special.
    """
    for index, message in enumerate(messages):
        if _role_of(message) not in OBSERVER_ROLES or not isinstance(message.get("content"), str):
            raise DataError(
                f"messages[{index}]: not an observation, which has text for its content and one"
                f" of the roles {', '.join(OBSERVER_ROLES)}."
            )
    added = tokenizer.get_added_vocab()
    control = {token: added[token] for token in _control_tokens(tokenizer) if token in added}
    stand_ins = _stand_ins(control, "".join(str(message["content"]) for message in messages))
    shown = [
        {"role": message["role"], "content": _replaced(str(message["content"]), stand_ins)}
        for message in messages
    ]
    before = render(tokenizer, _ASKED_AND_ANSWERED)
    text = render(tokenizer, [*_ASKED_AND_ANSWERED, *shown], add_generation_prompt=True)
    if not text.startswith(before):
        raise ConfigError(
            "chat template: rendering changes before the messages that are added, so"
            " an episode can't be continued.",
            fix="use a template in which a conversation's text is a prefix of its continuation",
        )
    end_token = str(tokenizer.eos_token)
    start = end_of_turn(tokenizer, before, 0, 1)
    token_ids = _pieces(tokenizer, text[start - len(end_token) :], control, stand_ins)
    return token_ids[1:] if ended else token_ids


def _stand_ins(control: Iterable[str], content: str) -> dict[str, str]:
    """Choose, for each control token in `content`, a character that `content` does not contain."""
    free = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in content)
    return {token: next(free) for token in control if token in content}


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    """Replace strings in a text, in the order given: longer ones first, as a tokenizer matches."""
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def _pieces(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    control: Mapping[str, int],
    stand_ins: Mapping[str, str],
) -> list[int]:
    """Tokenise `text`: control tokens are the template's, stand-ins are part of the content."""
    meant = {character: token for token, character in stand_ins.items()}
    token_ids: list[int] = []
    for piece in re.split(f"({'|'.join(map(re.escape, control))})", text):
        if piece in control:
            token_ids.append(control[piece])
            continue
        written = tokenizer(
            _replaced(piece, meant), add_special_tokens=False, split_special_tokens=True
        )["input_ids"]
        if not set(control.values()).isdisjoint(written):
            raise ConfigError(
                "tokenizer: a control token of the chat template is not marked as special, so what"
                " an environment says could forge a turn.",
                fix=f"mark {START_OF_ROLE} and {END_OF_ROLE} as special tokens",
            )
        token_ids += written
    return token_ids


def encode_conversation(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]] | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
) -> ChatEncoding:
    """Tokenise a whole conversation, with a mask over what the assistants wrote.

    The mask covers each assistant turn's content and tool calls and its end token, nothing else;
    that is verified by decoding. Cost: one rendering per assistant turn and one tokenisation.

    Raises:
        DataError: no assistant turn, or messages that the template refuses.
        ConfigError: the chat template changes earlier text when turns are added, or does not end
            assistant turns with the end token, so that spans cannot be known.
    """

    def rendered(turns: Sequence[Mapping[str, Any]], *, prompt: bool = False) -> str:
        return render(
            tokenizer, turns, tools=tools, documents=documents, add_generation_prompt=prompt
        )

    text = render_checked(tokenizer, messages, tools=tools, documents=documents)
    spans: list[tuple[int, int]] = []
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        if index == 0:
            raise DataError("messages[0]: a conversation can't begin with the assistant.")
        prompt = rendered(messages[:index], prompt=True)
        through = rendered(messages[: index + 1])
        if not (through.startswith(prompt) and text.startswith(through)):
            raise ConfigError(
                f"chat template: rendering changes before messages[{index}] as turns are "
                "added, so the assistant's text cannot be located.",
                fix="use a template in which a conversation's text is a prefix of its continuation",
            )
        spans.append((len(prompt), end_of_turn(tokenizer, through, len(prompt), index)))
    if not spans:
        raise DataError("messages: no assistant turn, so there is nothing to train on.")
    return _mask_spans(tokenizer, text, spans)


def end_of_turn(tokenizer: PreTrainedTokenizerBase, through: str, start: int, index: int) -> int:
    """Return the character position after the end token of the turn that starts at `start`."""
    end_token = str(tokenizer.eos_token)
    position = through.rfind(end_token, start)
    if position < 0 or through[position + len(end_token) :].strip():
        raise ConfigError(
            f"chat template: the assistant turn messages[{index}] does not end with "
            f"the end token {end_token}.",
            fix="the end token must be learnt, or generation never stops: add it to the template",
        )
    return position + len(end_token)


def _mask_spans(
    tokenizer: PreTrainedTokenizerBase, text: str, spans: Sequence[tuple[int, int]]
) -> ChatEncoding:
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    token_ids: list[int] = list(encoded["input_ids"])
    offsets: list[tuple[int, int]] = list(encoded["offset_mapping"])
    mask = [False] * len(token_ids)
    position = 0
    for start, end in spans:
        while position < len(offsets) and offsets[position][0] < start:
            position += 1
        first = position
        while position < len(offsets) and offsets[position][1] <= end:
            mask[position] = True
            position += 1
        decoded = tokenizer.decode(token_ids[first:position], skip_special_tokens=False)
        if decoded != text[start:end]:
            raise ConfigError(
                "tokenizer: tokens do not end where the assistant's text does: trained would be "
                f"{decoded!r}, written was {text[start:end]!r}.",
                fix="use a tokenizer whose role and end markers are special tokens",
            )
    return ChatEncoding(token_ids, mask)

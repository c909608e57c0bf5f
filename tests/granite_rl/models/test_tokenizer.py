"""The trained tokenizer: lossless, digit by digit, deterministic, with Granite's special tokens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models.tokenizer import (
    END_OF_TEXT,
    MARKUP_TOKENS,
    MINIMUM_VOCAB_SIZE,
    ROLES,
    SPECIAL_TOKENS,
    chat_template,
    load_tokenizer,
    train_tokenizer,
)
from tests.granite_rl.models.conftest import TEXTS

_TRAINED = train_tokenizer(TEXTS * 50, vocab_size=512)


def _ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives_a_round_trip(text: str) -> None:
    assert _TRAINED.decode(_ids(_TRAINED, text)) == text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789 ab.,-+", max_size=40))
def test_every_digit_is_a_token_of_its_own(text: str) -> None:
    tokens = [_TRAINED.decode([token]) for token in _ids(_TRAINED, text)]
    assert [token for token in tokens if any(c.isdigit() for c in token)] == [
        character for character in text if character.isdigit()
    ]


def test_no_vocabulary_entry_mixes_a_digit_with_anything() -> None:
    plain = set(_TRAINED.get_vocab()) - set(SPECIAL_TOKENS) - set(MARKUP_TOKENS)
    assert [
        token for token in plain if len(token) > 1 and any(c in "0123456789" for c in token)
    ] == []


def test_frequent_words_and_roles_are_single_tokens() -> None:
    for word in (*ROLES, " width", "The", " answer"):
        assert len(_ids(_TRAINED, word)) == 1, word


def test_special_tokens_have_fixed_ids_and_roles() -> None:
    assert [_TRAINED.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS] == list(
        range(len(SPECIAL_TOKENS))
    )
    assert (_TRAINED.pad_token_id, _TRAINED.eos_token_id, _TRAINED.bos_token_id) == (0, 1, 1)
    assert set(_TRAINED.all_special_tokens) == set(SPECIAL_TOKENS)
    for token in (*SPECIAL_TOKENS, *MARKUP_TOKENS):
        assert len(_ids(_TRAINED, f"a{token}b")) == 3


def test_markup_survives_decoding_and_control_tokens_do_not() -> None:
    ids = _ids(_TRAINED, f"<tool_call>x</tool_call>{END_OF_TEXT}")
    assert _TRAINED.decode(ids, skip_special_tokens=True) == "<tool_call>x</tool_call>"


def test_vocabulary_does_not_depend_on_the_order_of_texts() -> None:
    again = train_tokenizer(reversed(TEXTS * 50), vocab_size=512)
    assert again.backend_tokenizer.to_str() == _TRAINED.backend_tokenizer.to_str()


def test_size_asked_for_is_an_upper_bound_that_rich_text_reaches() -> None:
    assert len(train_tokenizer(TEXTS * 50, vocab_size=320)) == 320
    assert len(train_tokenizer(["ab"], vocab_size=100_000)) < 400


def test_vocabulary_too_small_for_all_bytes_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.vocab_size: 100.*"):
        train_tokenizer(TEXTS, vocab_size=100)
    assert _TRAINED.decode(_ids(train_tokenizer(["x"], MINIMUM_VOCAB_SIZE), "")) == ""


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    _TRAINED.save_pretrained(tmp_path)
    for loaded in (load_tokenizer(tmp_path), AutoTokenizer.from_pretrained(str(tmp_path))):
        text = f"12 + 34 = 46 über <tool_call>\n{END_OF_TEXT} x"
        assert _ids(loaded, text) == _ids(_TRAINED, text)
        assert loaded.get_vocab() == _TRAINED.get_vocab()
        assert loaded.chat_template == chat_template()
        assert loaded.decode(_ids(loaded, text)) == text
        assert set(loaded.all_special_tokens) == set(SPECIAL_TOKENS)


def test_loading_refuses_what_could_not_work(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="'nowhere' is not a directory"):
        load_tokenizer("nowhere")
    with pytest.raises(PreflightError, match=r"no tokenizer \(tokenizer.json is missing\)"):
        load_tokenizer(tmp_path)
    _TRAINED.save_pretrained(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(PreflightError, match="no chat template"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(PreflightError):
        load_tokenizer(tmp_path)
    shutil.rmtree(tmp_path)

"""Shards, windows and plans: what is on disk is what is trained."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import PreTrainedTokenizerBase

from granite_rl.entry import compose, validate
from granite_rl.errors import ConfigError, DataError
from granite_rl.models.tokenizer import train_tokenizer
from pretrain.config import PretrainConfig
from pretrain.phases import build_plan, table
from pretrain.shards import Source, prepare
from pretrain.windows import batch_of, train_batches, validation_windows

TEXTS = [f"Row {i}: the sum of {i} and {i + 1} is {2 * i + 1}. Ünïcode ✓" for i in range(60)]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return train_tokenizer(TEXTS, 400)


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path


@pytest.fixture
def source(tmp_path: Path, tokenizer: PreTrainedTokenizerBase) -> Source:
    return prepare("demo", write(tmp_path / "t.jsonl", TEXTS), tmp_path / "s", tokenizer, 0.1)


def test_shards_hold_every_document_once(
    source: Source, tokenizer: PreTrainedTokenizerBase
) -> None:
    documents = []
    for shard in (source.train, source.validation):
        text = tokenizer.decode(shard.read(0, shard.tokens), skip_special_tokens=False)
        assert text.endswith("<|end_of_text|>")
        parts = text.split("<|end_of_text|>")[:-1]
        assert len(parts) == shard.documents
        assert sum(len(part.encode()) for part in parts) == shard.bytes
        documents += parts
    assert sorted(documents) == sorted(TEXTS)
    assert source.validation.documents == 6


def test_more_text_keeps_what_was_held_out(
    tmp_path: Path, source: Source, tokenizer: PreTrainedTokenizerBase
) -> None:
    longer = write(tmp_path / "l.jsonl", [*TEXTS, "one more", "and another"])
    again = prepare("demo", longer, tmp_path / "l", tokenizer, 0.1)
    before = source.validation
    assert np.array_equal(again.validation.read(0, before.tokens), before.read(0, before.tokens))
    assert again.fingerprint != source.fingerprint


def test_shards_are_made_once_and_again_when_damaged(
    tmp_path: Path, source: Source, tokenizer: PreTrainedTokenizerBase
) -> None:
    stamp = source.train.path.stat().st_mtime_ns
    assert prepare("demo", tmp_path / "t.jsonl", tmp_path / "s", tokenizer, 0.1) == source
    assert source.train.path.stat().st_mtime_ns == stamp
    source.train.path.write_bytes(b"x")
    again = prepare("demo", tmp_path / "t.jsonl", tmp_path / "s", tokenizer, 0.1)
    assert again == source
    assert again.train.path.stat().st_size > 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"body": "x"}', "no text"),
        ('{"text": 5}', "no text"),
        ("[]", "not a JSON object"),
    ],
)
def test_bad_rows_are_named(
    tmp_path: Path, tokenizer: PreTrainedTokenizerBase, line: str, message: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps({"text": "fine"}) + "\n" + line + "\n")
    with pytest.raises(DataError, match=rf"bad\.jsonl:2: {message}"):
        prepare("bad", file, tmp_path / "s", tokenizer, 0.1)
    with pytest.raises(DataError, match="does not exist"):
        prepare("none", tmp_path / "none.jsonl", tmp_path / "s", tokenizer, 0.1)


def test_too_few_documents_to_hold_out(tmp_path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(DataError, match="2 documents are too few"):
        prepare("few", write(tmp_path / "f.jsonl", ["a", "b"]), tmp_path / "s", tokenizer, 0.1)


def test_windows_keep_documents_apart() -> None:
    end = 1
    batch = batch_of(np.array([[7, 8, end, 9, end, end, 5], [2, 3, 4, 5, 6, 7, 8]]), end)
    assert batch.position_ids.tolist() == [[0, 1, 2, 0, 1, 0, 0], [0, 1, 2, 3, 4, 5, 6]]
    pairs = [
        (int(batch.input_ids[row, col]), int(target))
        for row, col, target in zip(
            batch.target_rows, batch.target_cols, batch.target_ids, strict=True
        )
    ]
    assert pairs == [(7, 8), (8, end), (9, end), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    assert batch.tokens == 14


def test_train_and_validation_windows(source: Source) -> None:
    rows = [("demo", 3), ("demo", 0), ("demo", 2)]
    batches = train_batches(rows, {"demo": source}, 16, 2, 1)
    assert [batch.input_ids.shape for batch in batches] == [(2, 16), (1, 16)]
    assert np.array_equal(batches[0].input_ids[0], source.train.read(48, 64))
    windows = list(validation_windows(source.validation, 16, 50))
    assert [window.shape[1] for window in windows] == [16, 16, 16, 2]
    assert np.array_equal(np.concatenate(windows, 1)[0], source.validation.read(0, 50))


def config(*overrides: str) -> PretrainConfig:
    always = ["recipe=demo", "data.dir=/nowhere"]
    return validate(PretrainConfig, compose("pretrain", [*always, *overrides]))


def demo_sources(tokens: int = 300_000) -> dict[str, Any]:
    class Split:
        def __init__(self) -> None:
            self.tokens = tokens

        def windows(self, context: int) -> int:
            return self.tokens // context

    class OneSource:
        train = Split()

    names = {name for phase in config().phases.values() for name in phase.mixture}
    return {name: OneSource() for name in names}


def test_the_recipe_composes_with_its_published_numbers() -> None:
    recipe = validate(PretrainConfig, compose("pretrain", ["data.dir=/nowhere"]))
    phases = list(recipe.phases.values())
    assert [phase.tokens for phase in phases[:4]] == [10e12, 2e12, 2e12, 0.5e12]
    assert sum(phases[0].mixture.values()) == 100
    assert sum(phases[2].mixture.values()) == pytest.approx(100.01)
    assert [phase.context for phase in phases] == [4096] * 4 + [32768, 131072]
    staged = compose("pretrain", ["data.dir=/x", "+phase=long_context_512k"])
    longest = list(validate(PretrainConfig, staged).phases.values())[-1]
    assert (longest.context, longest.mixture) == (524288, {"books": 80, "code_repositories": 20})


def test_plan_joins_rates_tokens_and_windows() -> None:
    plans = build_plan(config(), demo_sources())
    for before, after in itertools.pairwise(plans):
        assert after.first_step == before.first_step + before.steps
        assert after.tokens_before == before.tokens_before + before.steps * before.tokens_per_step
    by_name = {plan.name: plan for plan in plans}
    general, math_code = by_name["general"], by_name["math_code"]
    assert general.rate(0) < general.rate(general.steps // 2)
    assert math_code.rate(0) == pytest.approx(general.rate(general.steps))
    annealing, refinement = by_name["annealing"], by_name["refinement"]
    assert annealing.rate(0) == pytest.approx(math_code.rate(math_code.steps))
    assert annealing.rate(annealing.steps) == pytest.approx(0.1 * annealing.rate(0))
    assert refinement.rate(0) == pytest.approx(annealing.rate(annealing.steps))
    assert refinement.rate(refinement.steps) == 0
    assert by_name["long_context_32k"].rate(0) == pytest.approx(1e-4)
    # What phase 2 takes of the code goes on where phase 1 stopped.
    assert math_code.order.offsets["code"] == general.order.counts["code"]
    share = general.order.counts["common_crawl"] / sum(general.order.counts.values())
    assert share == pytest.approx(0.59, abs=1e-3)


def test_table_says_what_was_normalised() -> None:
    sources = demo_sources()
    text = table(build_plan(config("phases.general.mixture.code=30"), sources), sources)
    assert "weights sum to 110 and are normalised" in text
    assert "common_crawl" in text


def test_too_little_text_is_refused_before_training() -> None:
    with pytest.raises(ConfigError, match=r"phases\.general\.mixture\.common_crawl.*max_epochs"):
        build_plan(config(), demo_sources(tokens=20_000))
    with pytest.raises(ConfigError, match=r"less than one row of 128"):
        build_plan(config(), demo_sources(tokens=100))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.ranks=3", r"phases\.general\.batch_sequences|share"),
        ("phases.general.merge=0.5", r"merge"),
        ("phases.general.schedule.kind=cosine", r"schedule"),
        ("phases.annealing.number=1", r"order"),
        ("phases.general.mixture.code=-1", r"code"),
    ],
)
def test_bad_values_are_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(override)

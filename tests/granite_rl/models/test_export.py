"""What was in a checkpoint comes out of its export, unless training changed it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    GraniteConfig,
    GraniteForCausalLM,
    PreTrainedTokenizerFast,
)

from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.preflight import check_model
from granite_rl.models.reward_model import RewardModel
from granite_rl.models.tokenizer import chat_template, load_tokenizer
from pretrain.merge import merge
from pretrain.train import set_context
from tests.granite_rl.models.conftest import TEXTS

SPECIAL = (
    "<|pad|>",
    "<|end_of_text|>",
    "<|start_of_role|>",
    "<|end_of_role|>",
    "<|end_of_turn|>",
    "<|reference_start|>",
)


def read(file: Path) -> Any:
    return json.loads(file.read_text())


def write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content))


@pytest.fixture
def foreign(tmp_path: Path, policy: GraniteForCausalLM) -> Path:
    """A checkpoint as released ones are: written by another version, with files of GPT-2's class.

    Its config.json has names of before transformers 5, fields that equal today's defaults, and one
    of its own; its generation_config.json two end tokens and a sampling temperature.
    """
    directory = tmp_path / "foreign"
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=400,
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=list(SPECIAL),
        ),
    )
    settings = GraniteConfig.from_dict(
        policy.config.to_dict() | {"vocab_size": 448, "tie_word_embeddings": False}
    )
    init_policy(settings, 3).save_pretrained(directory)
    bpe.save(str(directory / "tokenizer.json"))
    vocabulary = read(directory / "tokenizer.json")["model"]
    write(directory / "vocab.json", vocabulary["vocab"])
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in vocabulary["merges"]]
    (directory / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    write(
        directory / "tokenizer_config.json",
        {
            "add_prefix_space": False,
            "bos_token": "<|end_of_text|>",
            "eos_token": "<|end_of_text|>",
            "pad_token": "<|pad|>",
            "unk_token": "<|end_of_text|>",
            "extra_special_tokens": {"turn": "<|end_of_turn|>"},
            "model_max_length": 131072,
            "padding_side": "left",
            "tokenizer_class": "GPT2Tokenizer",
        },
    )
    write(
        directory / "special_tokens_map.json",
        {"eos_token": "<|end_of_text|>", "additional_special_tokens": list(SPECIAL[2:])},
    )
    (directory / "chat_template.jinja").write_text("{# theirs #}" + chat_template())
    config = read(directory / "config.json")
    del config["rope_parameters"], config["dtype"]
    write(
        directory / "config.json",
        config
        | {
            "eos_token_id": [1, 4],
            "rope_theta": 10_000_000.0,
            "rope_scaling": None,
            "torch_dtype": "bfloat16",
            "tie_word_embeddings": False,
            "transformers_version": "4.46.0",
            "use_cache": True,
            "attention_dropout": 0.0,
            "pad_token_id": None,
            "their_own": {"a": [1, 2]},
        },
    )
    write(
        directory / "generation_config.json",
        {
            "_from_model_config": True,
            "bos_token_id": 1,
            "eos_token_id": [1, 4],
            "pad_token_id": 0,
            "temperature": 0.6,
            "transformers_version": "4.46.0",
        },
    )
    return directory


@pytest.fixture
def exported(foreign: Path, tmp_path: Path) -> Path:
    check_model(foreign, key="model.path")
    model = load_policy(foreign)
    return save_hf(model.state_dict(), model.config, load_tokenizer(foreign), tmp_path / "hf")


def test_files_of_the_tokenizer_come_out_as_they_are(foreign: Path, exported: Path) -> None:
    for name in (
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "vocab.json",
        "merges.txt",
        "chat_template.jinja",
    ):
        assert (exported / name).read_bytes() == (foreign / name).read_bytes(), name
    before, after = (AutoTokenizer.from_pretrained(str(path)) for path in (foreign, exported))
    assert type(after) is type(before)
    # Ours reads tokenizer.json alone, whatever the class, and gives the same tokens.
    for reader in (after, load_tokenizer(foreign)):
        assert reader(TEXTS[2])["input_ids"] == before(TEXTS[2])["input_ids"]


def test_every_end_token_and_default_of_sampling_comes_out(foreign: Path, exported: Path) -> None:
    name = "generation_config.json"
    assert read(exported / name) == read(foreign / name)
    assert GenerationConfig.from_pretrained(str(exported)).eos_token_id == [1, 4]


def test_every_field_of_the_configuration_comes_out(foreign: Path, exported: Path) -> None:
    before, after = read(foreign / "config.json"), read(exported / "config.json")
    changed = {name for name, value in before.items() if after.get(name, ...) != value}
    assert changed == {"torch_dtype", "transformers_version"}
    assert after["torch_dtype"] == after["dtype"] == "float32"  # what was trained and written
    assert after["rope_parameters"]["rope_theta"] == 10_000_000.0
    loaded = load_policy(exported)
    assert not loaded.config.tie_word_embeddings
    assert torch.equal(loaded.lm_head.weight, load_policy(foreign).lm_head.weight)


def test_an_export_of_an_export_is_the_same(exported: Path, tmp_path: Path) -> None:
    model = load_policy(exported)
    again = save_hf(model, model.config, load_tokenizer(exported), tmp_path / "again")
    assert checkpoint_hash(again) == checkpoint_hash(exported)


def test_what_training_changes_comes_out_changed(foreign: Path, tmp_path: Path) -> None:
    """A long-context phase of pre-training, and the merge behind it."""
    model = load_policy(foreign)
    set_context(model, 5e7, 4096)
    after = save_hf(model, model.config, load_tokenizer(foreign), tmp_path / "after")
    merge(after, foreign, 0.5, tmp_path / "merged")
    for directory in (after, tmp_path / "merged"):
        config = read(directory / "config.json")
        assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] == 5e7
        assert config["max_position_embeddings"] == 4096
        assert config["their_own"] == {"a": [1, 2]}
        assert read(directory / "generation_config.json")["eos_token_id"] == [1, 4]


def test_a_reward_model_keeps_tokenizer_and_configuration(foreign: Path, tmp_path: Path) -> None:
    model = RewardModel.init_from_policy(foreign, seed=0)
    directory = model.save(tmp_path / "rm", load_tokenizer(foreign))
    name = "tokenizer_config.json"
    assert (directory / name).read_bytes() == (foreign / name).read_bytes()
    config = read(directory / "config.json")
    assert config["their_own"] == {"a": [1, 2]}
    assert config["eos_token_id"] == [1, 4]
    assert config["architectures"] == ["GraniteForSequenceClassification"]
    check_model(directory, key="rewards.model_path", role="reward_model", trained=False)
    again = RewardModel.load(directory).save(tmp_path / "again", load_tokenizer(directory))
    assert checkpoint_hash(again) == checkpoint_hash(directory)


def test_the_shipped_tokenizer_comes_out_as_it_is(
    tmp_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    first = save_hf(policy, policy.config, tokenizer, tmp_path / "first")
    model = load_policy(first)
    read_back = load_tokenizer(first)
    shutil.copytree(first, tmp_path / "kept")
    shutil.rmtree(first)  # a parent may be gone by the time its child is written
    second = save_hf(model, model.config, read_back, tmp_path / "second")
    for file in (tmp_path / "kept").iterdir():
        assert (second / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_tokenizer_that_was_changed_in_memory_comes_out_changed(
    foreign: Path, tmp_path: Path
) -> None:
    changed = load_tokenizer(foreign)
    changed.add_tokens(["<|mine|>"])
    changed.save_pretrained(tmp_path / "changed")
    assert "<|mine|>" in load_tokenizer(tmp_path / "changed").get_vocab()

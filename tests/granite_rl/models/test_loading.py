"""Checkpoint directories: bit-exact round trips, atomic writing, and refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, GraniteForCausalLM, PreTrainedTokenizerFast

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models import loading
from granite_rl.models.checkpoint_directory import checkpoint_hash, replace_directory
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf


@pytest.fixture
def checkpoint(
    tmp_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> Path:
    return save_hf(policy, policy.config, tokenizer, tmp_path / "hf")


def _same_weights(left: torch.nn.Module, right: torch.nn.Module) -> bool:
    ours, theirs = left.state_dict(), right.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[n], theirs[n]) for n in ours)


def test_round_trip_is_bit_exact(checkpoint: Path, policy: GraniteForCausalLM) -> None:
    for loaded in (load_policy(checkpoint), AutoModelForCausalLM.from_pretrained(str(checkpoint))):
        assert isinstance(loaded, GraniteForCausalLM)
        assert _same_weights(loaded, policy)
        assert loaded.lm_head.weight.data_ptr() == loaded.model.embed_tokens.weight.data_ptr()
        ids = torch.arange(40).unsqueeze(0)
        assert torch.equal(loaded(input_ids=ids).logits, policy(input_ids=ids).logits)


def test_loaded_policy_is_ready_for_training(checkpoint: Path) -> None:
    model = load_policy(checkpoint, "bfloat16")
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert model.config._attn_implementation == "sdpa"
    assert model.config.use_cache is False
    with pytest.raises(ConfigError, match="'float8' is not one of"):
        load_policy(checkpoint, "float8")


def test_tied_head_is_stored_once(checkpoint: Path) -> None:
    with safe_open(checkpoint / "model.safetensors", "pt") as tensors:
        assert "model.embed_tokens.weight" in tensors.keys()  # noqa: SIM118 (not a dict)
        assert "lm_head.weight" not in tensors.keys()  # noqa: SIM118


def test_state_dict_of_another_dtype_says_so_in_the_config(
    tmp_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    state = {name: tensor.bfloat16() for name, tensor in policy.state_dict().items()}
    directory = save_hf(state, policy.config, tokenizer, tmp_path / "bf16")
    saved = json.loads((directory / "config.json").read_text())
    assert saved["dtype"] == "bfloat16"
    assert saved["use_cache"] is True
    assert (
        saved["eos_token_id"]
        == json.loads((directory / "generation_config.json").read_text())["eos_token_id"]
    )
    assert AutoModelForCausalLM.from_pretrained(str(directory)).dtype == torch.bfloat16


def test_two_different_heads_under_a_tied_config_are_refused(
    tmp_path: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    state = policy.state_dict() | {"lm_head.weight": policy.lm_head.weight.detach() + 1}
    with pytest.raises(ValueError, match="lm_head and embed_tokens differ"):
        save_hf(state, policy.config, tokenizer, tmp_path / "hf")
    assert list(tmp_path.iterdir()) == []


def test_shards_load_like_one_file(
    tmp_path: Path,
    policy: GraniteForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_SHARD_SIZE", "100KB")
    directory = save_hf(policy, policy.config, tokenizer, tmp_path / "hf")
    shards = sorted(directory.glob("model-*.safetensors"))
    assert len(shards) > 1
    assert _same_weights(load_policy(directory), policy)
    shards[0].unlink()
    with pytest.raises(PreflightError, match=f"lacks the weights {shards[0].name}"):
        load_policy(directory)


def test_tokenizer_that_does_not_fit_is_refused(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    rows = len(tokenizer) - 1
    small = granite_config("tiny", vocab_size=rows, num_hidden_layers=1)
    with pytest.raises(PreflightError, match=f"{rows} embedding rows .* has token {rows}"):
        save_hf(init_policy(small, 0), small, tokenizer, tmp_path / "hf")
    endless = granite_config("tiny", vocab_size=len(tokenizer), eos_token_id=2)
    with pytest.raises(PreflightError, match=r"eos_token_id 2, .*end_of_text.* is 1"):
        save_hf(init_policy(endless, 0), endless, tokenizer, tmp_path / "hf")


def test_existing_checkpoint_is_replaced_as_a_whole(
    checkpoint: Path, policy: GraniteForCausalLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    (checkpoint / "stale.txt").write_text("from before")
    save_hf(policy, policy.config, tokenizer, checkpoint)
    assert not (checkpoint / "stale.txt").exists()
    assert [path.name for path in checkpoint.parent.iterdir()] == ["hf"]


def test_failed_write_leaves_the_old_checkpoint(checkpoint: Path) -> None:
    before = checkpoint_hash(checkpoint)

    def half_write() -> None:
        with replace_directory(checkpoint) as temporary:
            (temporary / "config.json").write_text("{}")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        half_write()
    assert checkpoint_hash(checkpoint) == before
    assert [path.name for path in checkpoint.parent.iterdir()] == ["hf"]


def test_hash_is_of_what_makes_the_model(checkpoint: Path, tmp_path: Path) -> None:
    original = checkpoint_hash(checkpoint)
    copy = tmp_path / "elsewhere"
    shutil.copytree(checkpoint, copy)
    (copy / "README.md").write_text("a note")
    assert checkpoint_hash(copy) == original
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert checkpoint_hash(copy) != original
    (tmp_path / "empty").mkdir()
    with pytest.raises(PreflightError, match="no checkpoint to hash"):
        checkpoint_hash(tmp_path / "empty")


def test_loading_refuses_what_is_not_a_granite_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="'nowhere' is not a directory"):
        load_policy("nowhere")
    with pytest.raises(PreflightError, match=r"no config\.json"):
        load_policy(tmp_path)
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"model_type": "llama"}))
    with pytest.raises(PreflightError, match="'llama' model"):
        load_policy(checkpoint)


@pytest.mark.parametrize("change", ["wider", "deeper", "truncated", "shallower", "absent"])
def test_damaged_checkpoint_is_refused(checkpoint: Path, change: str) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    weights = checkpoint / "model.safetensors"
    if change == "wider":
        config["intermediate_size"] += 32
    elif change == "deeper":
        config["num_hidden_layers"] += 1
    elif change == "shallower":
        config["num_hidden_layers"] -= 1
    elif change == "truncated":
        weights.write_bytes(weights.read_bytes()[:-1000])
    else:
        weights.unlink()
    (checkpoint / "config.json").write_text(json.dumps(config))
    with pytest.raises(PreflightError):
        load_policy(checkpoint)

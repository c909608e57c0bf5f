"""What the check of a checkpoint refuses, each before anything starts and under the right key."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors.torch import load_file, save_file
from transformers import GraniteConfig, GraniteForCausalLM, PreTrainedTokenizerFast

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models import loading
from granite_rl.models.checkpoint_directory import INDEX_FILE
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.preflight import (
    COUNTS,
    CPU_HEAD_SIZES,
    check_continued,
    check_model,
    check_served,
    check_tokenizer,
    expected_tensors,
)
from granite_rl.models.reward_model import RewardModel


def edit(file: Path, **changes: Any) -> None:
    """Change fields of a JSON file; None stands for null, an ellipsis removes the field."""
    content = json.loads(file.read_text()) if file.exists() else {}
    content |= changes
    file.write_text(json.dumps({name: v for name, v in content.items() if v is not ...}))


def config(**changes: Any) -> Callable[[Path], None]:
    return lambda directory: edit(directory / "config.json", **changes)


def tokenizer_config(**changes: Any) -> Callable[[Path], None]:
    return lambda directory: edit(directory / "tokenizer_config.json", **changes)


def generation(**changes: Any) -> Callable[[Path], None]:
    return lambda directory: edit(directory / "generation_config.json", **changes)


def written(name: str, text: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_text(text)


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Change the tensors of model.safetensors."""

    def apply(directory: Path) -> None:
        tensors = load_file(directory / "model.safetensors")
        change(tensors)
        save_file(tensors, directory / "model.safetensors")

    return apply


def own_head(directory: Path) -> None:
    """A head of its own, and no word about it in config.json: transformers' default is untied."""
    weights(lambda t: t.update({"lm_head.weight": t["model.embed_tokens.weight"] + 1}))(directory)
    edit(directory / "config.json", tie_word_embeddings=...)


def halved(directory: Path) -> None:
    file = directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def added_token(directory: Path) -> None:
    document = json.loads((directory / "tokenizer.json").read_text())
    last = max(document["model"]["vocab"].values())
    document["added_tokens"].append(
        document["added_tokens"][0] | {"id": last + 1, "content": "<|new|>"}
    )
    (directory / "tokenizer.json").write_text(json.dumps(document))


def other_shard(directory: Path) -> None:
    """An index that names a shard which isn't there."""
    names = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").rename(directory / "model-00001-of-00002.safetensors")
    weight_map = dict.fromkeys(names, "model-00001-of-00002.safetensors")
    weight_map["model.norm.weight"] = "model-00002-of-00002.safetensors"
    (directory / INDEX_FILE).write_text(json.dumps({"weight_map": weight_map}))


def wrong_index(directory: Path) -> None:
    """An index that leaves a tensor of the file out."""
    names = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").rename(directory / "a.safetensors")
    weight_map = dict.fromkeys(names, "a.safetensors")
    del weight_map["model.norm.weight"]
    (directory / INDEX_FILE).write_text(json.dumps({"weight_map": weight_map}))


def both(directory: Path) -> None:
    (directory / INDEX_FILE).write_text(
        json.dumps({"weight_map": {"model.norm.weight": "model.safetensors"}})
    )


def no_template(directory: Path) -> None:
    (directory / "chat_template.jinja").unlink()


def pointer(directory: Path) -> None:
    (directory / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")


BROKEN: Mapping[str, tuple[Callable[[Path], object], str]] = {
    # config.json
    "config is a list": (written("config.json", "[]"), "no JSON object"),
    "config is cut off": (written("config.json", '{"model_type"'), "cannot read"),
    "another model": (config(model_type="llama"), "'llama' model"),
    "no vocab_size": (config(vocab_size=...), "vocab_size is missing"),
    "layers as text": (config(num_hidden_layers="2"), "num_hidden_layers is '2'"),
    "layers are true": (config(num_hidden_layers=True), "num_hidden_layers is True"),
    "odd heads": (config(num_attention_heads=3), "a divisor of hidden_size"),
    "key-value heads": (config(num_key_value_heads=3), "a divisor of num_attention_heads"),
    "tie is null": (config(tie_word_embeddings=None), "tie_word_embeddings is None"),
    "whole epsilon": (config(rms_norm_eps=1), "rms_norm_eps is 1"),
    "dtype": (config(dtype="float9"), "dtype is 'float9'"),
    "activation": (config(hidden_act="gelu"), "hidden_act is 'gelu'"),
    "quantised": (config(quantization_config={"quant_method": "fp8"}), "quantised"),
    "rope type": (config(rope_parameters={"rope_type": "dynamic", "factor": 2.0}), "'dynamic'"),
    "rope factor": (config(rope_parameters=None, rope_scaling={"type": "linear"}), "factor"),
    "positions are null": (config(max_position_embeddings=None), "max_position_embeddings is None"),
    "pad is a list": (config(pad_token_id=[0]), "pad_token_id is [0]"),
    "pad is beyond the rows": (config(pad_token_id=100_256), "pad_token_id is 100256"),
    "pad is another": (config(pad_token_id=3), "pad_token_id 3"),
    "end is another": (config(eos_token_id=2), "never stop"),
    "end is left out": (config(eos_token_id=...), "never stop"),
    "end is null": (config(eos_token_id=None), "eos_token_id is None"),
    "ends are others": (config(eos_token_id=[2, 3]), "never stop"),
    "no architectures": (config(architectures=...), "architectures is None"),
    "architectures is text": (config(architectures="x"), "expected a list"),
    # weights
    "wider": (config(intermediate_size=128), "has shape [64, 96], expected [64, 128]"),
    "deeper": (config(num_hidden_layers=3), "9 missing tensors"),
    "shallower": (config(num_hidden_layers=1), "9 unexpected tensors"),
    "biases": (config(attention_bias=True), "8 missing tensors"),
    "more rows": (config(vocab_size=1024), "expected [1024, 64]"),
    "no tie": (config(tie_word_embeddings=...), "nothing (false)"),
    "untied": (config(tie_word_embeddings=False), "no lm_head.weight"),
    "two heads": (
        weights(lambda t: t.update({"lm_head.weight": t["model.embed_tokens.weight"] + 1})),
        "lm_head.weight is not model.embed_tokens.weight",
    ),
    "cut in half": (halved, "should have"),
    "empty": (written("model.safetensors", ""), "no safetensors"),
    "pointer": (pointer, "no safetensors"),
    "no weights": (lambda directory: (directory / "model.safetensors").unlink(), "lacks"),
    "missing shard": (other_shard, "lacks the weights model-00002-of-00002"),
    "wrong index": (wrong_index, "is in no file"),
    "index is a list": (written(INDEX_FILE, "[]"), "no JSON object"),
    "two sets of weights": (both, "holds both"),
    "float64": (
        weights(lambda t: t.update({"model.norm.weight": t["model.norm.weight"].double()})),
        "stored as F64",
    ),
    # tokenizer
    "no tokenizer": (lambda directory: (directory / "tokenizer.json").unlink(), "no tokenizer"),
    "tokenizer is cut off": (written("tokenizer.json", '{"version"'), "cannot read"),
    "tokenizer is another file": (written("tokenizer.json", "{}"), "cannot load the tokenizer"),
    "tokenizer config": (written("tokenizer_config.json", "[]"), "no JSON object"),
    "no template": (no_template, "no chat template"),
    "template is broken": (written("chat_template.jinja", "{% if %}"), "refuses them"),
    "no end token": (tokenizer_config(eos_token=...), "no eos_token"),
    "end token is new": (tokenizer_config(eos_token="<|eot|>"), "embedding rows"),
    "no padding token": (tokenizer_config(pad_token=...), "no pad_token"),
    "token beyond the rows": (added_token, "embedding rows"),
    # generation_config.json
    "generation is cut off": (written("generation_config.json", "{"), "cannot read"),
    "generation never stops": (generation(eos_token_id=[2, 3]), "never stop"),
    "generation end": (generation(eos_token_id="1"), "eos_token_id is '1'"),
}


@pytest.fixture(scope="module")
def checkpoint(
    tmp_path_factory: pytest.TempPathFactory,
    policy: GraniteForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
) -> Path:
    return save_hf(policy, policy.config, tokenizer, tmp_path_factory.mktemp("whole") / "hf")


@pytest.fixture(scope="module")
def reward_model(checkpoint: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    model = RewardModel.init_from_policy(checkpoint, seed=0)
    return model.save(checkpoint.parent / "reward_model", tokenizer)


def test_a_whole_checkpoint_passes(checkpoint: Path, reward_model: Path) -> None:
    checked = check_model(checkpoint, key="model.path", context=128, context_key="a.key")
    assert checked.positions == 128
    assert checked.tokenizer.eos_token == "<|end_of_text|>"
    check_model(reward_model, key="rewards.model_path", role="reward_model", trained=False)
    check_tokenizer(checkpoint, key="model.tokenizer")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_checkpoint_is_refused(checkpoint: Path, tmp_path: Path, kind: str) -> None:
    broken = tmp_path / "hf"
    shutil.copytree(checkpoint, broken)
    change, says = BROKEN[kind]
    change(broken)
    with pytest.raises(PreflightError) as refusal:
        check_model(broken, key="models.mine")
    assert refusal.value.message.startswith("models.mine: ")
    assert says in refusal.value.message


@pytest.mark.parametrize(
    "change",
    [
        config(pad_token_id=None),
        config(pad_token_id=...),
        config(eos_token_id=[5, 1]),
        config(rope_parameters=..., rope_theta=1e6, rope_scaling=None),
        config(rope_parameters={"rope_type": "yarn", "factor": 2.0, "rope_theta": 1e4}),
        config(dtype=..., torch_dtype="bfloat16"),
        weights(lambda t: t.update({"lm_head.weight": t["model.embed_tokens.weight"].clone()})),
        generation(eos_token_id=[3, 1], temperature=0.6),
        lambda directory: (directory / "generation_config.json").unlink(),
        own_head,
    ],
)
def test_what_passes_is_trained_and_exported(
    checkpoint: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """The check refuses nothing that works, and lets nothing pass that fails at the end."""
    directory = tmp_path / "hf"
    shutil.copytree(checkpoint, directory)
    change(directory)
    checked = check_model(directory, key="model.path")
    model = load_policy(directory)
    exported = save_hf(model, model.config, checked.tokenizer, tmp_path / "exported")
    check_model(exported, key="model.path")


def test_a_context_beyond_the_positions_is_refused(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match=r"rollout\.max_context: 129 tokens, but model\.path "):
        check_model(checkpoint, key="model.path", context=129, context_key="rollout.max_context")


def test_a_policy_is_no_reward_model_and_the_other_way_round(
    checkpoint: Path, reward_model: Path
) -> None:
    with pytest.raises(PreflightError, match=r"rewards\.model_path: .* is not a reward model"):
        check_model(checkpoint, key="rewards.model_path", role="reward_model", trained=False)
    with pytest.raises(PreflightError, match=r"model\.path: .* is a reward model, not a policy"):
        check_model(reward_model, key="model.path")


def test_a_reference_must_read_the_policys_tokens(
    checkpoint: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    smaller = granite_config("tiny", vocab_size=300, num_hidden_layers=1)
    model = init_policy(smaller, 0)
    reference = tmp_path / "reference"
    reference.mkdir()
    model.save_pretrained(reference)
    with pytest.raises(PreflightError, match=r"model\.reference: the model has 300 embedding rows"):
        check_model(reference, key="model.reference", trained=False, tokenizer=tokenizer)


def test_what_is_not_trained_needs_no_padding(checkpoint: Path, tmp_path: Path) -> None:
    directory = tmp_path / "hf"
    shutil.copytree(checkpoint, directory)
    tokenizer_config(pad_token=...)(directory)
    check_model(directory, key="models.mine", trained=False)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"attention_bias": True, "mlp_bias": True},
        {"tie_word_embeddings": False, "num_key_value_heads": 2},
        {"head_dim": 64},
    ],
)
def test_expected_tensors_are_the_models(
    policy: GraniteForCausalLM, changes: dict[str, Any]
) -> None:
    settings = GraniteConfig.from_dict(policy.config.to_dict() | changes)
    with torch.device("meta"):
        model = GraniteForCausalLM(settings)
    shapes = {name: tuple(value.shape) for name, value in model.named_parameters()}
    assert expected_tensors(settings.to_dict(), "policy") == shapes


def test_types_are_checked_as_strictly_as_transformers_does(
    checkpoint: Path, tmp_path: Path
) -> None:
    """Every field of a Granite's configuration that transformers would refuse is refused."""
    directory = tmp_path / "hf"
    shutil.copytree(checkpoint, directory)
    whole = json.loads((directory / "config.json").read_text())
    inherited = {field.name for field in fields(GraniteConfig.__mro__[1])}
    own = [field.name for field in fields(GraniteConfig) if field.name not in inherited]
    assert set(COUNTS) <= set(own)
    for name in own:
        for value in ("x", 1, 1.5, None, True, [1]):
            try:
                GraniteConfig.from_dict(whole | {name: value})
            except StrictDataclassError:
                (directory / "config.json").write_text(json.dumps(whole | {name: value}))
                with pytest.raises(PreflightError, match=name):
                    check_model(directory, key="model.path")


def test_shards_pass(
    tmp_path: Path,
    policy: GraniteForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_SHARD_SIZE", "100KB")
    directory = save_hf(policy, policy.config, tokenizer, tmp_path / "hf")
    check_model(directory, key="model.path")


def test_a_template_without_the_end_token_can_not_be_continued(
    checkpoint: Path, tmp_path: Path
) -> None:
    check_continued(check_model(checkpoint, key="model.path"), "model.path")
    directory = tmp_path / "hf"
    shutil.copytree(checkpoint, directory)
    template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    (directory / "chat_template.jinja").write_text(template)
    checked = check_model(directory, key="model.path")
    with pytest.raises(PreflightError, match=r"model\.path: .* does not end with the end token"):
        check_continued(checked, "model.path")
    config(architectures=["GraniteForSequenceClassification"])(directory)
    weights(lambda t: t.update({"score.weight": torch.zeros(1, 64)}))(directory)
    with pytest.raises(PreflightError, match="does not end with the end token"):
        check_model(directory, key="rewards.model_path", role="reward_model", trained=False)


def test_workers_must_share_the_heads(checkpoint: Path) -> None:
    """Two heads, one of them for keys and values."""
    checked = check_model(checkpoint, key="model.path")
    check_served(checked, tensor_parallel=2, on_cpu=True)
    with pytest.raises(ConfigError, match=r"generator\.tensor_parallel: 3 workers"):
        check_served(checked, tensor_parallel=3, on_cpu=True)
    other = checked._replace(config=checked.config | {"head_dim": 48})
    check_served(other, tensor_parallel=1, on_cpu=False)
    with pytest.raises(PreflightError, match="heads of size 48"):
        check_served(other, tensor_parallel=1, on_cpu=True)


def test_head_sizes_are_those_of_the_engine() -> None:
    """Read from its source: importing vLLM takes 20 s."""
    package = find_spec("vllm")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent / "v1/attention/backends/cpu_attn.py"
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "get_supported_head_sizes":
            assert isinstance(node.body[0], ast.Return)
            assert node.body[0].value is not None
            assert ast.literal_eval(node.body[0].value) == list(CPU_HEAD_SIZES)
            return
    raise AssertionError(f"{source} names no head sizes")

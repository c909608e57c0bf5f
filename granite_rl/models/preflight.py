"""Check that a checkpoint can be trained, served and exported, before anything starts.

Every entry point calls `check_model` (pre-training, which has no model yet, `check_tokenizer`), in
a dry run too. It reads config.json, the headers of the weights and the tokenizer, and refuses what
transformers, vLLM or the export would only refuse later: at the start of an actor, or when the
finished model is written. No weight is loaded, and neither torch nor a model class is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from granite_rl.errors import ConfigError, DataError, PreflightError
from granite_rl.models.checkpoint_directory import read_config, read_object
from granite_rl.models.stored_tensors import StoredTensor, same_bytes, stored_tensors
from granite_rl.models.tokenizer import encode_continuation, end_of_turn, load_tokenizer, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Role = Literal["policy", "reward_model"]

POLICY_ARCHITECTURE = "GraniteForCausalLM"
REWARD_ARCHITECTURE = "GraniteForSequenceClassification"
GENERATION_FILE = "generation_config.json"
EMBEDDING, HEAD, SCORE = "model.embed_tokens.weight", "lm_head.weight", "score.weight"

COUNTS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
)
"""Fields that config.json must contain, because transformers' defaults fit another model."""
_FLAGS = ("tie_word_embeddings", "attention_bias", "mlp_bias", "use_cache")
_REALS = ("rms_norm_eps", "initializer_range")
_NUMBERS = (
    "attention_dropout",
    "embedding_multiplier",
    "logits_scaling",
    "residual_multiplier",
    "attention_multiplier",
)
_DTYPES = ("float32", "bfloat16", "float16")
_STORED_DTYPES = ("F32", "BF16", "F16")
_ROPE_TYPES = ("default", "linear", "llama3", "yarn")
"""RoPE types whose frequencies don't depend on the sequence's length. With others the trainer,
which packs sequences, would compute other logits than the generator.
"""
CPU_HEAD_SIZES = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Head sizes that vLLM's attention for CPUs supports."""
_DEFAULT_EOS = 2
"""End token that transformers assumes for a Granite whose config.json names none."""


class CheckedModel(NamedTuple):
    """Holds what was read from a checkpoint while it was checked."""

    directory: Path
    config: dict[str, Any]
    """The content of config.json."""
    tokenizer: PreTrainedTokenizerBase

    @property
    def positions(self) -> int:
        """Return the length of the model's longest sequence, in tokens."""
        return int(self.config["max_position_embeddings"])


def check_model(
    path: str | Path,
    *,
    key: str,
    role: Role = "policy",
    context: int | None = None,
    context_key: str = "",
    trained: bool = True,
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> CheckedModel:
    """Check configuration, weights, tokenizer, context and export of a checkpoint together.

    Args:
        path: its directory.
        key: the configuration key that holds the path, for messages.
        role: the kind of model that the checkpoint must hold.
        context: tokens of the longest sequence it will get; None: the model's own maximum.
        context_key: the key that sets `context`.
        trained: whether a model is going to be trained from it and exported.
        tokenizer: the tokenizer that encodes its inputs; None: the checkpoint's own.

    Raises:
        PreflightError: the checkpoint can't be used; the message begins with `key`.
        ConfigError: the context is longer than the model's; the message begins with `context_key`.
    """
    where = f"{key}: "
    directory = Path(path)
    config = read_config(directory, where)
    _check_config(config, f"{where}{directory / 'config.json'}: ")
    tensors = stored_tensors(directory, where)
    _check_role(directory, config, tensors, role, where)
    _check_tensors(directory, config, tensors, role, where)
    if context is not None and context > config["max_position_embeddings"]:
        raise ConfigError(
            f"{context_key}: {context} tokens, but {key} {directory} has "
            f"{config['max_position_embeddings']} positions (max_position_embeddings).",
            f"set {context_key} to {config['max_position_embeddings']} or less, or take a model of "
            "longer context",
        )
    own = tokenizer is None
    read = load_tokenizer(directory, where) if tokenizer is None else tokenizer
    _check_vocabulary(read, config["vocab_size"], where)
    if own:
        _check_template(read, role, f"{where}{directory}")
    if role == "policy" and own:
        _check_ends(directory, config, read, where, trained=trained)
    return CheckedModel(directory, config, read)


def check_served(model: CheckedModel, *, tensor_parallel: int, on_cpu: bool) -> None:
    """Check that vLLM can serve a checked model as the ``generator`` section wants it.

    Raises:
        ConfigError: the workers can't share the model.
        PreflightError: vLLM has no attention for the model's heads.
    """
    config = model.config
    heads = config["num_attention_heads"]
    keys = config.get("num_key_value_heads") or heads
    shared = heads % tensor_parallel == 0 and config["intermediate_size"] % tensor_parallel == 0
    if not shared or (keys % tensor_parallel and tensor_parallel % keys):
        raise ConfigError(
            f"generator.tensor_parallel: {tensor_parallel} workers can't share the {heads} heads "
            f"({keys} for keys and values) of {model.directory} evenly.",
            f"use a divisor of {keys}",
        )
    if on_cpu and _head_size(config) not in CPU_HEAD_SIZES:
        raise PreflightError(
            f"{model.directory} has heads of size {_head_size(config)}, for which vLLM has no "
            f"attention on CPUs (sizes: {', '.join(map(str, CPU_HEAD_SIZES))}).",
        )


def check_continued(model: CheckedModel, key: str) -> None:
    """Check that episodes of several turns can be continued in the model's chat template.

    Raises:
        PreflightError: the template prevents it; the message begins with `key`.
    """
    try:
        encode_continuation(model.tokenizer, [{"role": "user", "content": "x"}])
    except (ConfigError, DataError) as error:
        raise PreflightError(f"{key}: {model.directory}: {error.message}", error.fix) from error


def check_tokenizer(path: str | Path, *, key: str) -> PreTrainedTokenizerBase:
    """Check the tokenizer from which a new model's vocabulary and special tokens will come.

    Raises:
        PreflightError: the tokenizer can't be loaded or lacks what training needs.
    """
    where = f"{key}: "
    tokenizer = load_tokenizer(path, where)
    _check_vocabulary(tokenizer, len(tokenizer), where)
    _check_template(tokenizer, "policy", f"{where}{path}")
    check_export(tokenizer, len(tokenizer), tokenizer.eos_token_id, None, where)
    return tokenizer


def check_export(
    tokenizer: PreTrainedTokenizerBase,
    vocab_size: int,
    eos_token_id: object,
    pad_token_id: object,
    where: str = "",
) -> None:
    """Check that a model configuration and a tokenizer fit together in one checkpoint.

    Raises:
        PreflightError: more tokens than embedding rows, no padding token, or another padding or end
            token: generation would never stop.
    """
    _check_vocabulary(tokenizer, vocab_size, where)
    if tokenizer.pad_token_id is None:
        raise PreflightError(
            f"{where}the tokenizer has no pad_token, which fills up packed rows.",
            fix=f'add "pad_token" to its tokenizer_config.json, e.g. "{tokenizer.eos_token}"',
        )
    ends = eos_token_id if isinstance(eos_token_id, list) else [eos_token_id]
    if tokenizer.eos_token_id not in ends:
        raise PreflightError(
            f"{where}config.json says eos_token_id {eos_token_id}, the tokenizer's end token "
            f"{tokenizer.eos_token} is {tokenizer.eos_token_id}: generation would never stop.",
            fix=f"set eos_token_id in config.json to {tokenizer.eos_token_id}, or to a list that "
            "holds it",
        )
    if pad_token_id is not None and pad_token_id != tokenizer.pad_token_id:
        raise PreflightError(
            f"{where}config.json says pad_token_id {pad_token_id}, the tokenizer's padding token "
            f"{tokenizer.pad_token} is {tokenizer.pad_token_id}.",
            fix=f"set pad_token_id in config.json to {tokenizer.pad_token_id}",
        )


def _check_config(config: Mapping[str, Any], where: str) -> None:
    """Check the types of the fields, as strictly as transformers does when it loads the model."""

    def refuse(field: str, wanted: str) -> None:
        value = repr(config[field]) if field in config else "missing"
        raise PreflightError(f"{where}{field} is {value}; expected {wanted}.")

    for field in COUNTS:
        if not _is_id(config.get(field)) or config[field] < 1:
            refuse(field, "a positive whole number")
    for field in ("num_key_value_heads", "head_dim"):
        value = config.get(field, 1)
        if not (_is_id(value) and value > 0) and not (field[0] == "n" and value is None):
            refuse(field, "a positive whole number")
    for field in _FLAGS:
        if not isinstance(config.get(field, True), bool):
            refuse(field, "true or false")
    for field in (*_REALS, *_NUMBERS):
        value = config.get(field, 1.0)
        if not (isinstance(value, float) or (field in _NUMBERS and type(value) is int)):
            refuse(field, "a number" if field in _NUMBERS else "a number with a decimal point")
    heads = config["num_attention_heads"]
    if config["hidden_size"] % heads and "head_dim" not in config:
        refuse("num_attention_heads", f"a divisor of hidden_size {config['hidden_size']}")
    if heads % (config.get("num_key_value_heads") or heads):
        refuse("num_key_value_heads", f"a divisor of num_attention_heads {heads}")
    if _head_size(config) % 2:
        refuse("num_attention_heads", "such that a head's size is even, for rotary embeddings")
    if config.get("hidden_act", "silu") != "silu":
        refuse("hidden_act", "'silu', the one that vLLM has for this model")
    if config.get("quantization_config") is not None:
        raise PreflightError(
            f"{where}quantization_config: the weights are quantised.",
            fix="take the checkpoint in bfloat16; quantise the finished model",
        )
    for field in ("dtype", "torch_dtype"):
        if config.get(field) not in (None, *_DTYPES):
            refuse(field, f"one of {', '.join(_DTYPES)}")
    rows = config["vocab_size"]
    for field in ("bos_token_id", "pad_token_id"):
        if config.get(field) is not None and not _is_row(config[field], rows):
            refuse(field, f"null or one token id below vocab_size {rows}")
    if not _are_rows(config.get("eos_token_id", _DEFAULT_EOS), rows):
        refuse("eos_token_id", f"a token id below vocab_size {rows}, or a list of them")
    _check_rope(config, where)


def _check_rope(config: Mapping[str, Any], where: str) -> None:
    field = "rope_parameters" if config.get("rope_parameters") is not None else "rope_scaling"
    rope = config.get(field)
    if rope is None:
        return
    kind = rope.get("rope_type", rope.get("type", "default")) if isinstance(rope, dict) else None
    if kind not in _ROPE_TYPES:
        raise PreflightError(
            f"{where}{field} is {rope!r}; expected an object with a rope_type among "
            f"{', '.join(_ROPE_TYPES)}."
        )
    factor = rope.get("factor")
    if kind != "default" and not (isinstance(factor, int | float) and factor > 0):
        raise PreflightError(f"{where}{field}.factor is {factor!r}; {kind} needs a positive one.")


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_row(value: object, rows: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < rows


def _are_rows(value: object, rows: int) -> bool:
    """Return whether a value is one token id or a list of at least one."""
    ids = value if isinstance(value, list) else [value]
    return bool(ids) and all(_is_row(one, rows) for one in ids)


def _head_size(config: Mapping[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _check_role(
    directory: Path,
    config: Mapping[str, Any],
    tensors: Mapping[str, StoredTensor],
    role: Role,
    where: str,
) -> None:
    named = config.get("architectures")
    if not isinstance(named, list | None):
        raise PreflightError(f"{where}{directory}: architectures is {named!r}; expected a list.")
    if role == "policy" and (REWARD_ARCHITECTURE in (named or []) or SCORE in tensors):
        raise PreflightError(
            f"{where}{directory} is a reward model, not a policy.",
            fix="give the checkpoint of a language model, e.g. the one it was trained from",
        )
    if role == "reward_model" and (REWARD_ARCHITECTURE not in (named or [])):
        raise PreflightError(
            f"{where}{directory} is not a reward model (architectures: {named}).",
            fix="train one from preference pairs with python -m sft.reward_model",
        )
    if role == "policy" and POLICY_ARCHITECTURE not in (named or []):
        raise PreflightError(
            f"{where}{directory}: architectures is {named}; expected ['{POLICY_ARCHITECTURE}'].",
            fix="set it in config.json, if the weights are a Granite's",
        )


def expected_tensors(config: Mapping[str, Any], role: Role) -> dict[str, tuple[int, ...]]:
    """Return names and shapes of the tensors of a Granite with this configuration.

    A tied head is left out.
    """
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    queries = config["num_attention_heads"] * _head_size(config)
    heads = config.get("num_key_value_heads") or config["num_attention_heads"]
    keys = heads * _head_size(config)
    matrices = {
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    tensors: dict[str, tuple[int, ...]] = {
        EMBEDDING: (config["vocab_size"], hidden),
        "model.norm.weight": (hidden,),
    }
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        tensors[f"{prefix}input_layernorm.weight"] = (hidden,)
        tensors[f"{prefix}post_attention_layernorm.weight"] = (hidden,)
        for name, shape in matrices.items():
            tensors[f"{prefix}{name}.weight"] = shape
            if config.get("mlp_bias" if name.startswith("mlp") else "attention_bias", False):
                tensors[f"{prefix}{name}.bias"] = shape[:1]
    if role == "reward_model":
        tensors[SCORE] = (1, hidden)
    elif not config.get("tie_word_embeddings", False):
        tensors[HEAD] = (config["vocab_size"], hidden)
    return tensors


def _check_tensors(
    directory: Path,
    config: Mapping[str, Any],
    tensors: Mapping[str, StoredTensor],
    role: Role,
    where: str,
) -> None:
    restore = "the checkpoint is incomplete or of another model; restore it"
    expected = expected_tensors(config, role)
    tied = config.get("tie_word_embeddings", False) and role == "policy"
    if HEAD in expected and HEAD not in tensors:
        raise PreflightError(
            f"{where}{directory} has no {HEAD}, and its config.json says tie_word_embeddings "
            f"{str(config.get('tie_word_embeddings', 'nothing (false)')).lower()}.",
            fix="set tie_word_embeddings to true, if the head is the embedding",
        )
    if tied and HEAD in tensors:
        if EMBEDDING in tensors and not same_bytes(tensors[HEAD], tensors[EMBEDDING]):
            raise PreflightError(
                f"{where}{directory} says tie_word_embeddings true, but {HEAD} is not {EMBEDDING}.",
                fix="set tie_word_embeddings to false in config.json, if the head is its own",
            )
        expected[HEAD] = expected[EMBEDDING]
    for kind, names in (
        ("missing", expected.keys() - tensors.keys()),
        ("unexpected", tensors.keys() - expected.keys()),
    ):
        if names:
            raise PreflightError(
                f"{where}{directory} does not fit its config.json: {len(names)} {kind} tensors, "
                f"e.g. {', '.join(sorted(names)[:3])}.",
                fix=restore,
            )
    for name, tensor in tensors.items():
        if tensor.shape != expected[name]:
            raise PreflightError(
                f"{where}{directory} does not fit its config.json: {name} has shape "
                f"{list(tensor.shape)}, expected {list(expected[name])}.",
                fix=restore,
            )
        if tensor.dtype not in _STORED_DTYPES:
            raise PreflightError(
                f"{where}{directory}: {name} is stored as {tensor.dtype}, which can't be trained.",
                fix="take the checkpoint in bfloat16; quantise the finished model",
            )


def _check_vocabulary(tokenizer: PreTrainedTokenizerBase, rows: int, where: str) -> None:
    highest = max(tokenizer.get_vocab().values())
    if highest >= rows:
        raise PreflightError(
            f"{where}the model has {rows} embedding rows (vocab_size), but the tokenizer has token "
            f"{highest}.",
            fix="use the tokenizer that belongs to the model, or remove its added tokens",
        )


def _check_template(tokenizer: PreTrainedTokenizerBase, role: Role, where: str) -> None:
    question = {"role": "user", "content": "x"}
    try:
        render(tokenizer, [question], add_generation_prompt=True)
        if role == "reward_model":
            answered = [question, {"role": "assistant", "content": "x"}]
            end_of_turn(tokenizer, render(tokenizer, answered), 0, 1)
    except (ConfigError, DataError) as error:
        raise PreflightError(f"{where}: {error.message}", error.fix) from error


def _check_ends(
    directory: Path,
    config: Mapping[str, Any],
    tokenizer: PreTrainedTokenizerBase,
    where: str,
    *,
    trained: bool,
) -> None:
    """Check the end and padding tokens in config.json and generation_config.json."""
    file = directory / GENERATION_FILE
    generation = read_object(file, where) if file.is_file() else {}
    ends = generation.get("eos_token_id")
    rows = config["vocab_size"]
    if ends is not None and not _are_rows(ends, rows):
        raise PreflightError(
            f"{where}{file}: eos_token_id is {ends!r}; expected a token id below {rows}, or a list."
        )
    if not trained:
        return
    check_export(
        tokenizer,
        rows,
        config.get("eos_token_id", _DEFAULT_EOS),
        config.get("pad_token_id"),
        f"{where}{directory}: ",
    )
    if ends is not None and tokenizer.eos_token_id not in (
        ends if isinstance(ends, list) else [ends]
    ):
        raise PreflightError(
            f"{where}{file}: eos_token_id is {ends}, the tokenizer's end token "
            f"{tokenizer.eos_token} is {tokenizer.eos_token_id}: generation would never stop.",
            fix=f"add {tokenizer.eos_token_id} to it",
        )

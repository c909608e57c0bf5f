"""Policies in and out of Hugging Face checkpoint directories.

Every hand-off between stages is such a directory: config, safetensors, tokenizer, chat template.
Reading is strict (no remote code, no pickles, no weight missing or left over), because a silently
re-initialised tensor trains well enough not to be noticed. Writing is atomic: a directory with the
final name is complete. The price is disk for two copies while an existing directory is replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn
from transformers import (
    AutoConfig,
    GenerationConfig,
    GraniteConfig,
    GraniteForCausalLM,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as hf_logging

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models.configs import initial_std

DTYPES: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""Names of the dtypes that models load in."""

WEIGHTS_FILE, INDEX_FILE = "model.safetensors", "model.safetensors.index.json"
_SHARD_SIZE = "5GB"
_IDENTITY_PATTERNS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template*",
)


def init_policy(config: GraniteConfig, seed: int) -> GraniteForCausalLM:
    """A freshly initialised policy in float32, the same for the same seed on every machine.

    Weights are normal with the deviations of `configs.initial_std` (muP's), norms are one. The
    global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):  # transformers draws weights that are replaced below
        model: GraniteForCausalLM = GraniteForCausalLM._from_config(
            config, dtype=torch.float32, attn_implementation="sdpa"
        )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            std = initial_std(config, name)
            if std is None:
                parameter.fill_(1.0)
            else:
                parameter.normal_(0.0, std, generator=generator)
    model.config.use_cache = False
    return model


def torch_dtype(name: str) -> torch.dtype:
    """The dtype called `name`.

    Raises:
        ConfigError: not one of `DTYPES`.
    """
    try:
        return DTYPES[name]
    except KeyError:
        raise ConfigError(f"dtype: {name!r} is not one of {', '.join(DTYPES)}.") from None


def load_policy(path: str | Path, dtype: str = "float32") -> GraniteForCausalLM:
    """Load a Granite causal language model from a local directory, for training.

    Safetensors only, no remote code, SDPA attention, key-value cache off.

    Raises:
        ConfigError: unknown dtype.
        PreflightError: not a directory, no config or weights, another architecture, or weights
            that don't match the configuration tensor by tensor.
    """
    target = torch_dtype(dtype)
    directory = check_checkpoint(path)
    try:
        with _quiet_transformers():
            loaded: Any = GraniteForCausalLM.from_pretrained(
                str(directory),
                dtype=target,
                attn_implementation="sdpa",
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise PreflightError(f"model.path: cannot load {directory}: {error}") from error
    model, report = loaded
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            names = ", ".join(sorted(str(name) for name in report[kind])[:3])
            raise PreflightError(
                f"model.path: {directory} does not fit its config.json: "
                f"{len(report[kind])} {kind.replace('_', ' ')}, e.g. {names}.",
                fix="the checkpoint is incomplete or of another model; restore it",
            )
    model.config.use_cache = False
    if not isinstance(model, GraniteForCausalLM):
        raise TypeError(f"from_pretrained gave {type(model).__name__}")
    return model


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """No progress bar and no load report: what is wrong becomes our own error."""
    verbosity, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(verbosity)
        if bars:
            hf_logging.enable_progress_bar()


def check_checkpoint(path: str | Path) -> Path:
    """The directory of a Granite checkpoint, after checking cheaply that it is one.

    Reads config.json and the shard index, no weights.

    Raises:
        PreflightError: no directory, no config.json, not a Granite, or weight files missing.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise PreflightError(
            f"model.path: {str(path)!r} is not a directory.",
            fix="give a local checkpoint directory (download hub models first)",
        )
    if not (directory / "config.json").is_file():
        raise PreflightError(
            f"model.path: {directory} is not a checkpoint (no config.json).",
            fix="a finished run's model is in its hf/ directory",
        )
    try:
        config = AutoConfig.from_pretrained(
            str(directory), trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise PreflightError(
            f"model.path: cannot read {directory / 'config.json'}: {error}"
        ) from error
    if config.model_type != "granite":
        raise PreflightError(
            f"model.path: {directory} holds a {config.model_type!r} model; expected 'granite'."
        )
    missing = [name for name in weight_files(directory) if not (directory / name).is_file()]
    if missing:
        raise PreflightError(
            f"model.path: {directory} lacks the weights {', '.join(missing)}.",
            fix="only safetensors are read; convert other formats first",
        )
    return directory


def weight_files(directory: Path) -> list[str]:
    """Names of the safetensors files that make up the checkpoint in `directory`."""
    index = directory / INDEX_FILE
    if not index.is_file():
        return [WEIGHTS_FILE]
    try:
        return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
        raise PreflightError(f"model.path: {index} is damaged: {error!r}") from error


def save_hf(
    model: nn.Module | Mapping[str, torch.Tensor],
    config: GraniteConfig,
    tokenizer: PreTrainedTokenizerBase,
    directory: str | Path,
) -> Path:
    """Write a Hugging Face checkpoint atomically and durably; an existing one is replaced.

    Weights keep their dtype. A tied `lm_head.weight` is written once, as the embedding.

    Args:
        model: a module, or its full (gathered) state dict with the module's own names.
        config: the model's configuration.
        tokenizer: written beside the weights, with its chat template.
        directory: the final place; its parent is created.

    Raises:
        ConfigError: the tokenizer doesn't fit the configuration (more tokens than embedding rows,
            or other pad or end-of-text ids: generation would never stop).
        ValueError: the configuration ties the embeddings but the state dict holds two that differ.
    """
    _check_tokenizer_fits(config, tokenizer)
    state = dict(model.state_dict() if isinstance(model, nn.Module) else model)
    if config.tie_word_embeddings:
        head = state.pop("lm_head.weight", None)
        embedding = state.get("model.embed_tokens.weight")
        if head is not None and (embedding is None or not torch.equal(head, embedding)):
            raise ValueError("tie_word_embeddings is set, but lm_head and embed_tokens differ")
    saved_config = GraniteConfig.from_dict({**config.to_dict(), "use_cache": True})
    dtypes = {tensor.dtype for tensor in state.values() if tensor.is_floating_point()}
    if len(dtypes) == 1:
        saved_config.dtype = dtypes.pop()
    with replace_directory(directory) as temporary:
        write_weights(state, temporary)
        saved_config.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        GenerationConfig(
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
            pad_token_id=config.pad_token_id,
        ).save_pretrained(temporary)
    return Path(directory)


def _check_tokenizer_fits(config: GraniteConfig, tokenizer: PreTrainedTokenizerBase) -> None:
    if len(tokenizer) > config.vocab_size:
        raise ConfigError(
            f"model.vocab_size: {config.vocab_size} rows, but the tokenizer has {len(tokenizer)}.",
            fix=f"set it to {len(tokenizer)} or more",
        )
    for field in ("eos_token_id", "pad_token_id"):
        configured, actual = getattr(config, field), getattr(tokenizer, field)
        ends = configured if isinstance(configured, list) else [configured]
        if actual is not None and actual not in ends:
            raise ConfigError(
                f"model.{field}: the configuration says {configured}, the tokenizer {actual}.",
                fix=f"build the configuration with {field}={actual}",
            )


def write_weights(state: Mapping[str, torch.Tensor], directory: Path) -> None:
    """Write tensors as safetensors into `directory`, in shards of at most 5 GB with an index."""
    tensors = {name: tensor.detach() for name, tensor in state.items()}
    split = split_torch_state_dict_into_shards(
        tensors, filename_pattern="model{suffix}.safetensors", max_shard_size=_SHARD_SIZE
    )
    for filename, names in split.filename_to_tensors.items():
        shard = {name: tensors[name].to("cpu").contiguous() for name in names}
        save_file(shard, directory / filename, metadata={"format": "pt"})
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (directory / INDEX_FILE).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


@contextlib.contextmanager
def replace_directory(directory: str | Path) -> Iterator[Path]:
    """A temporary directory that takes the place of `directory` when the block succeeds.

    Files are synced to disk before the rename. When the block fails, the temporary directory is
    removed and whatever was there stays.
    """
    final = Path(directory)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.tmp-", dir=final.parent))
    try:
        temporary.chmod(0o755)
        yield temporary
        for path in temporary.rglob("*"):
            _sync(path)
        _sync(temporary)
        aside: Path | None = None
        if final.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{final.name}.old-", dir=final.parent))
            os.replace(final, aside)
        os.replace(temporary, final)
        _sync(final.parent)
        if aside is not None:
            shutil.rmtree(aside)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checkpoint_hash(directory: str | Path) -> str:
    """SHA-256 (hex) over the names and contents of a checkpoint's weights, config and tokenizer.

    Other files (README, lineage, optimizer states) don't count. Reads everything: about 1 GB/s.

    Raises:
        PreflightError: no such directory, or nothing in it that counts.
    """
    root = Path(directory)
    files = sorted({path for pattern in _IDENTITY_PATTERNS for path in root.glob(pattern)})
    if not files:
        raise PreflightError(f"{root} holds no checkpoint to hash.")
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.name}\0{content}\n".encode())
    return digest.hexdigest()

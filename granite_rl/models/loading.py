"""Read policies from Hugging Face checkpoint directories and write them there.

Every hand-off between stages is such a directory: config, safetensors, tokenizer, chat template.
Reading is strict (no remote code, no pickles, no weight missing or left over), because a silently
re-initialised tensor trains well enough not to be noticed. Writing is atomic, see
`checkpoint_directory`. Transformers' models are imported where they are used: that takes 4 s, which
a launcher that starts ranks, and never loads a model itself, should not pay.
"""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models.checkpoint_directory import INDEX_FILE, read_config, replace_directory
from granite_rl.models.config_files import (
    read_config_files,
    write_config,
    write_generation_config,
)
from granite_rl.models.preflight import check_export
from granite_rl.models.stored_tensors import stored_tensors

if TYPE_CHECKING:
    from transformers import GraniteConfig, GraniteForCausalLM, PreTrainedTokenizerBase

DTYPES: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""Names of the dtypes that models load in."""

_SHARD_SIZE = "5GB"


def init_policy(config: GraniteConfig, seed: int) -> GraniteForCausalLM:
    """Initialise a policy in float32; the same seed gives the same weights on every machine.

    Weights are normal with the deviations of `configs.initial_std` (muP's), norms are one. The
    global random state is left as it was.
    """
    from transformers import GraniteForCausalLM

    from granite_rl.models.configs import initial_std

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
    """Return the dtype called `name`.

    Raises:
        ConfigError: the name is not one of `DTYPES`.
    """
    try:
        return DTYPES[name]
    except KeyError:
        raise ConfigError(f"{name!r} is not one of the dtypes {', '.join(DTYPES)}.") from None


def load_policy(path: str | Path, dtype: str = "float32") -> GraniteForCausalLM:
    """Load a Granite causal language model from a local directory, for training.

    Safetensors only, no remote code, SDPA attention, key-value cache off.

    Raises:
        ConfigError: unknown dtype.
        PreflightError: not a directory, no config or weights, another architecture, or weights
            that don't match the configuration tensor by tensor.
    """
    from transformers import GraniteForCausalLM

    target = torch_dtype(dtype)
    directory = Path(path)
    read_config(directory)
    stored_tensors(directory)
    try:
        with _quiet_transformers():
            loaded: Any = GraniteForCausalLM.from_pretrained(
                str(directory),
                config=read_config_files(directory),
                dtype=target,
                attn_implementation="sdpa",
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except (
        OSError,
        ValueError,
        RuntimeError,
        SafetensorError,
        StrictDataclassError,
    ) as error:
        raise PreflightError(f"cannot load the model in {directory}: {error}") from error
    model, report = loaded
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            names = ", ".join(sorted(str(name) for name in report[kind])[:3])
            raise PreflightError(
                f"{directory} does not fit its config.json: "
                f"{len(report[kind])} {kind.replace('_', ' ')}, e.g. {names}.",
                fix="the checkpoint is incomplete or of another model; restore it",
            )
    model.config.use_cache = False
    if not isinstance(model, GraniteForCausalLM):
        raise TypeError(f"from_pretrained gave {type(model).__name__}")
    return model


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Silence transformers' progress bar and load report; errors are raised as our own."""
    from transformers.utils import logging as hf_logging

    verbosity, bars = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(verbosity)
        if bars:
            hf_logging.enable_progress_bar()


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
        PreflightError: the tokenizer doesn't fit the configuration, see `preflight.check_export`.
        ValueError: the configuration ties the embeddings but the state dict holds two that differ.
    """
    check_export(tokenizer, config.vocab_size, config.eos_token_id, config.pad_token_id)
    state = dict(model.state_dict() if isinstance(model, nn.Module) else model)
    if config.tie_word_embeddings:
        head = state.pop("lm_head.weight", None)
        embedding = state.get("model.embed_tokens.weight")
        if head is not None and (embedding is None or not torch.equal(head, embedding)):
            raise ValueError("tie_word_embeddings is set, but lm_head and embed_tokens differ")
    dtypes = {tensor.dtype for tensor in state.values() if tensor.is_floating_point()}
    with replace_directory(directory) as temporary:
        write_weights(state, temporary)
        write_config(config, temporary, dtypes.pop() if len(dtypes) == 1 else None, use_cache=True)
        tokenizer.save_pretrained(temporary)
        write_generation_config(config, temporary)
    return Path(directory)


def save_tensors(
    tensors: Mapping[str, torch.Tensor], path: Path, metadata: Mapping[str, str]
) -> None:
    """Write one safetensors file.

    Raises:
        OSError: the disk is full: safetensors has one error for everything, and writing tensors
            that were made here can fail for no other reason.
    """
    try:
        save_file(dict(tensors), path, metadata=dict(metadata))
    except SafetensorError as error:
        raise OSError(errno.ENOSPC, str(error), str(path)) from error


def write_weights(state: Mapping[str, torch.Tensor], directory: Path) -> None:
    """Write tensors as safetensors into `directory`, in shards of at most 5 GB with an index."""
    tensors = {name: tensor.detach() for name, tensor in state.items()}
    split = split_torch_state_dict_into_shards(
        tensors, filename_pattern="model{suffix}.safetensors", max_shard_size=_SHARD_SIZE
    )
    for filename, names in split.filename_to_tensors.items():
        shard = {name: tensors[name].to("cpu").contiguous() for name in names}
        save_tensors(shard, directory / filename, {"format": "pt"})
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (directory / INDEX_FILE).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")

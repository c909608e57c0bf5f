"""Carry config.json and generation_config.json of a checkpoint over to models made from it.

Transformers reads config.json into a class and writes back less: fields that equal its defaults
vanish (``tie_word_embeddings: false`` among them), and with them names that older readers need
(``rope_theta`` beside ``rope_parameters``). A generation_config.json may hold a list of end tokens
and sampling defaults that no configuration knows. So both texts stay with the configuration from
reading to writing: what training changed comes from the configuration, the rest is as it was.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from granite_rl.models.preflight import GENERATION_FILE

if TYPE_CHECKING:
    import torch
    from transformers import GraniteConfig

_CARRIED = "files_of_the_parent"
"""Attribute of a configuration that holds the texts of its files; it is removed before writing."""
_CONFIG_FILE = "config.json"
_THEIRS = ("transformers_version", "_name_or_path", "_attn_implementation", "auto_map")
"""Fields about the file or the program that read it, not about the model."""


def read_config_files(directory: Path) -> GraniteConfig:
    """Read a checkpoint's configuration, together with the texts of its files.

    The directory was checked before: see `granite_rl.models.preflight`.
    """
    from transformers import GraniteConfig

    config = GraniteConfig.from_pretrained(str(directory), local_files_only=True)
    texts = {
        name: (directory / name).read_text(encoding="utf-8")
        for name in (_CONFIG_FILE, GENERATION_FILE)
        if (directory / name).is_file()
    }
    setattr(config, _CARRIED, texts)
    return config


def write_config(
    config: GraniteConfig, directory: Path, dtype: torch.dtype | None, **changes: Any
) -> None:
    """Write config.json: the configuration's values, and fields that only the parent's file has.

    Args:
        config: configuration of the model that is written.
        directory: directory of the new config.json.
        dtype: dtype of the weights; None: the configuration's own.
        changes: further fields to set.
    """
    from transformers import GraniteConfig

    fields = {**config.to_dict(), **changes}
    texts = fields.pop(_CARRIED, {})
    saved = GraniteConfig.from_dict(fields)
    if dtype is not None:
        saved.dtype = dtype
    saved.save_pretrained(directory)
    file = directory / _CONFIG_FILE
    written = json.loads(file.read_text(encoding="utf-8"))
    parent: dict[str, Any] = json.loads(texts.get(_CONFIG_FILE, "{}"))
    lost = [name for name in parent if name not in written and name not in _THEIRS]
    if not lost:
        return
    values = json.loads(saved.to_json_string(use_diff=False))
    for name in lost:
        written[name] = _value(name, parent[name], values)
    file.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _value(name: str, before: Any, values: dict[str, Any]) -> Any:
    """Return the current value of a field that transformers did not write."""
    if name == "torch_dtype":
        return values["dtype"]
    if name == "rope_theta":
        return values["rope_parameters"]["rope_theta"]
    return values.get(name, before)


def write_generation_config(config: GraniteConfig, directory: Path) -> None:
    """Write generation_config.json: the parent's, or one with the configuration's token ids."""
    from transformers import GenerationConfig

    texts = cast("dict[str, str]", getattr(config, _CARRIED, {}))
    if GENERATION_FILE in texts:
        (directory / GENERATION_FILE).write_text(texts[GENERATION_FILE], encoding="utf-8")
        return
    GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
    ).save_pretrained(directory)

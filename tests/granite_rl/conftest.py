"""A tiny checkpoint and prompt files, made once a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained Granite of ~1 M parameters with a tokenizer that knows the demo's words."""
    from envs.demo import generate
    from granite_rl.models.configs import granite_config
    from granite_rl.models.loading import init_policy, save_hf
    from granite_rl.models.tokenizer import train_tokenizer

    texts = [row["prompt"][0]["content"] for row in generate("math", "train", 300, 0)]
    tokenizer = train_tokenizer(texts, 512)
    config = granite_config("tiny", vocab_size=len(tokenizer))
    directory = tmp_path_factory.mktemp("checkpoint") / "hf"
    save_hf(init_policy(config, 0), config, tokenizer, directory)
    return directory


@pytest.fixture(scope="session")
def any_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts whose reward an untrained model can earn: it pays for distinct characters.

    The environment is a user's file, named in each row as ``path:Class``.
    """
    directory = tmp_path_factory.mktemp("rows")
    environment = directory / "distinct_env.py"
    environment.write_text(
        "from envs.base import SingleTurnEnv\n"
        "from rewards import reward\n\n\n"
        "@reward('distinct', range=(0.0, 1.0))\n"
        "def distinct(completion: str) -> float:\n"
        "    return min(1.0, len(set(completion)) / 30)\n\n\n"
        "class DistinctEnv(SingleTurnEnv):\n"
        "    domain = 'distinct'\n"
        "    reward = __file__ + ':distinct'\n"
    )
    path = directory / "train.jsonl"
    with path.open("w") as file:
        for number in range(40):
            row = {
                "data_source": "test",
                "prompt": [{"role": "user", "content": f"How many eggs are {number} eggs?"}],
                "env_class": f"{environment}:DistinctEnv",
                "reward_spec": {"method": "rule", "ground_truth": ""},
            }
            file.write(json.dumps(row) + "\n")
    return path

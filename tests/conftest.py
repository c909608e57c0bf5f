"""An environment that is the same for every test, and a tiny checkpoint with prompts, made once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports torch or starts a process: on two cores every further thread costs time,
# and no test may reach for the network or for somebody's account.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.update(
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    WANDB_MODE="offline",
    RAY_USAGE_STATS_ENABLED="0",
)
os.environ.pop("WANDB_API_KEY", None)
# Programs that a test starts by name (ninja, granite-rl, ray) are those of this environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

# The suite says the same thing each time, also on a loaded machine; HYPOTHESIS_PROFILE=explore
# looks further than the examples that are always tried.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which the two processes of `make test` take files: the longest first, so that
    neither process is left with one of them at the end.

    Whole files (`--dist loadfile`), so that none of a file's fixtures is made twice.
    """
    patience = {item.path: 2 for item in items}
    for item in items:
        patience[item.path] = min(patience[item.path], _quickness(item))
    items.sort(key=lambda item: patience[item.path])


def _quickness(item: pytest.Item) -> int:
    """0 for tests with a cluster, 1 for other slow ones, 2 for the rest."""
    if item.get_closest_marker("ray"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Granite of ~1 M parameters, trained just enough to babble instead of repeating itself."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    from envs.demo import sft_rows
    from granite_rl.models.configs import granite_config
    from granite_rl.models.loading import init_policy, save_hf
    from granite_rl.models.tokenizer import encode_conversation, train_tokenizer

    conversations = [row["messages"] for row in sft_rows(400, 0) if row["domain"] == "math"]
    texts = [message["content"] for messages in conversations for message in messages]
    tokenizer = train_tokenizer(texts, 512)
    config = granite_config("tiny", vocab_size=len(tokenizer))
    model = init_policy(config, 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    encoded = [torch.tensor(encode_conversation(tokenizer, c).token_ids) for c in conversations]
    for step in range(40):
        batch = [encoded[(step * 8 + index) % len(encoded)] for index in range(8)]
        labels = pad_sequence(batch, batch_first=True, padding_value=-100)
        model(labels.clamp(min=0), labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    directory = tmp_path_factory.mktemp("checkpoint") / "hf"
    save_hf(model, config, tokenizer, directory)
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

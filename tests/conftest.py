"""An environment that is the same for every test, and a tiny checkpoint with prompts, made once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.granite_rl.stage_runs import Stage

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


DISTINCT = """
from envs.base import SingleTurnEnv
from rewards import reward


@reward("distinct", range=(0.0, 1.0))
def distinct(completion: str) -> float:
    return min(1.0, len(set(completion)) / 30)


class Env(SingleTurnEnv):
    domain = "distinct"
    reward = __file__ + ":distinct"
"""


@pytest.fixture(scope="session")
def any_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts whose reward an untrained model can earn: it pays for distinct characters.

    The environment is a user's file, named in each row as ``path:Class``.
    """
    from tests.granite_rl.stage_runs import write_rows

    return write_rows(tmp_path_factory.mktemp("rows"), DISTINCT, [""] * 40)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Runs stages to their end, those of a file in one process: the engines start once."""
    from tests.granite_rl.stage_runs import one_process

    with one_process(tmp_path_factory.mktemp("stage") / "log") as run:
        yield run

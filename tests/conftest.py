"""Fixtures that more than one room's tests need, and an environment that is the same for all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Before anything imports torch or starts a process: on two cores every further thread costs time,
# and no test may reach for the network or for somebody's account.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.update(
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    WANDB_MODE="offline",
    RAY_USAGE_STATS_ENABLED="0",
    # One driver after another in one session: a warning a run about an old cluster helps nobody.
    RAY_DEDUP_LOGS="1",
)
os.environ.pop("WANDB_API_KEY", None)
# Programs that a test starts by name (ninja, granite-rl, ray) are those of this environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

# The suite says the same thing each time, also on a loaded machine; HYPOTHESIS_PROFILE=explore looks
# further than the examples that are always tried.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

RunModule = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture
def run_module(tmp_path: Path) -> RunModule:
    """Run ``python -m MODULE ARGUMENTS`` to its end and return what it printed.

    Keyword arguments: ``timeout_s`` (default 60), ``cwd`` (default the repository's root), ``env``
    (added to this process's environment).
    """

    def run(
        module: str,
        *arguments: str,
        timeout_s: float = 60.0,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=cwd,
            env=os.environ | (env or {}),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face checkpoint of the tiny Granite, untrained, with a tokenizer that fits it.

    Made once a session (about a second). Read-only by convention: a test that changes it copies it.
    """
    from granite_rl.models.configs import granite_config
    from granite_rl.models.loading import init_policy, save_hf
    from granite_rl.models.tokenizer import train_tokenizer

    texts = [
        f"{a} + {b} = {a + b}. The answer is \\boxed{{{a + b}}}."
        for a in range(40)
        for b in range(40)
    ]
    tokenizer = train_tokenizer(texts, vocab_size=384)
    config = granite_config("tiny", vocab_size=len(tokenizer), max_position_embeddings=256)
    return save_hf(
        init_policy(config, seed=0), config, tokenizer, tmp_path_factory.mktemp("tiny") / "hf"
    )


@pytest.fixture(scope="module")
def local_ray() -> Iterator[Any]:
    """A Ray cluster of this test module alone, without dashboard; four logical CPUs."""
    import ray

    ray.init(
        address="local",
        num_cpus=4,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=256 * 1024**2,
    )
    yield ray
    ray.shutdown()

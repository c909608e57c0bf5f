"""All four RL stages on the recipe's own batch, 64 prompts x 16 samples, with a tiny model.

Nothing is scaled down but what the model can't do: its context is 1,024 tokens, and its answers are
cut at 32 (the recipe's 8,192 and 4,096). Learning rate, KL weight, batch, loss and all the rest are
what `conf/` says when nobody says otherwise. Each stage starts from the model of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from envs.demo import generate
from envs.names import NINE_DOMAINS
from tests.granite_rl.stage_runs import Stage, metrics_of

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.long, pytest.mark.timeout(900)]

STEPS = 2
PROMPTS, SAMPLES = 64, 16

TINY = (
    "recipe=granite41",
    f"data.max_steps={STEPS}",
    "rollout.max_context=1024",
    "rollout.max_prompt_tokens=256",
    "rollout.max_response_tokens=32",
    "algorithm.overlong_buffer=8",  # the recipe's is a quarter of its response
    "rollout.save_every=1",
    "tracking.wandb_mode=disabled",
    "tracking.tensorboard=false",
    "tracking.prometheus=false",
)

RECIPE = {
    # stage: (domains, learning rate, KL weight), as published
    "multi_domain": (NINE_DOMAINS, 5e-7, 0.05),
    "rlhf": (("general_chat",), 3e-7, 0.09),
    "identity": (("identity", "calibration"), 3e-7, 0.09),
    "math": (("math",), 5e-7, 0.05),
}


def write_prompts(path: Path, domains: Sequence[str]) -> Path:
    """Enough prompts for every step to have its own."""
    each = -(-STEPS * PROMPTS // len(domains))
    rows: list[dict[str, Any]] = [
        row for domain in domains for row in generate(domain, "train", each, seed=0)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def reward_model(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has learnt nothing: its scores differ, and that is all that is needed."""
    from granite_rl.models.reward_model import RewardModel
    from granite_rl.models.tokenizer import load_tokenizer

    directory = tmp_path_factory.mktemp("reward_model") / "hf"
    RewardModel.init_from_policy(tiny_checkpoint, seed=0).save(
        directory, load_tokenizer(tiny_checkpoint)
    )
    return directory


def test_all_stages_run_on_the_recipes_batch(
    stage: Stage, tiny_checkpoint: Path, reward_model: Path, tmp_path: Path
) -> None:
    model = tiny_checkpoint
    for name, (domains, lr, beta) in RECIPE.items():
        run, rows = tmp_path / name, write_prompts(tmp_path / f"{name}.jsonl", domains)
        arguments = [name, *TINY, f"model.path={model}", f"data.train={rows}", f"run.dir={run}"]
        if name in ("multi_domain", "rlhf"):
            arguments.append(f"rewards.model_path={reward_model}")
        stage(arguments)
        resolved = yaml.safe_load((run / "config" / "resolved.yaml").read_text())
        assert resolved["optim"]["lr"] == lr
        assert resolved["algorithm"]["kl_beta"] == beta
        lines = metrics_of(run)
        assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
        for line in lines:
            assert line["policy/lr"] == lr
            assert line["policy/grad_norm"] > 0
            assert line["mismatch/logprob_abs_diff_mean"] < 1e-4
            assert line.keys() >= {f"reward/{domain}/mean" for domain in domains}
        assert lines[-1]["run/samples_total"] == STEPS * PROMPTS * SAMPLES
        model = run / "hf"

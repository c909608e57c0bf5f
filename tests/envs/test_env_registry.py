"""Environments are found by name in any process, and are really SkyRL-Gym's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import skyrl_gym
from omegaconf import OmegaConf
from skyrl_gym.envs.base_text_env import BaseTextEnv

from envs.base import SingleTurnEnv
from envs.demo import DOMAINS, generate
from envs.names import BUILTIN_ENVS, NINE_DOMAINS
from envs.registry import (
    UnknownEnv,
    env_domain,
    known_envs,
    load_env_class,
    make_env,
)
from rewards import RewardResult, UnknownReward

ROW = {
    "data_source": "test",
    "prompt": [{"role": "user", "content": "3 + 4 = ?"}],
    "env_class": "math",
    "reward_spec": {"method": "math", "ground_truth": "7"},
    "extra_info": {},
}


def test_every_domain_is_its_own_environment() -> None:
    assert set(BUILTIN_ENVS) == {*DOMAINS, "sql_explorer"}
    assert len(NINE_DOMAINS) == 9
    assert not {"identity", "calibration", "sql_explorer"} & set(NINE_DOMAINS)
    for name in BUILTIN_ENVS:
        found = load_env_class(name)
        assert issubclass(found, SingleTurnEnv)
        assert (found.domain, env_domain(name)) == (name, name)
        if name in DOMAINS:
            assert found.reward == DOMAINS[name].reward
    learned = [n for n in BUILTIN_ENVS if getattr(load_env_class(n), "uses_reward_model", False)]
    assert learned == ["general_chat"]


def test_one_episode() -> None:
    env = make_env("math", ROW)
    prompt, info = env.init(ROW["prompt"])
    assert (prompt, info) == (ROW["prompt"], {})
    out = env.step("so \\boxed{7}")
    assert (out["reward"], out["done"], out["observations"]) == (1.0, True, [])
    result = out["metadata"]["result"]
    assert isinstance(result, RewardResult)
    assert result.extracted == "7"


def test_a_failed_verifier_is_not_a_wrong_answer() -> None:
    broken = {**ROW, "reward_spec": {"method": "math", "ground_truth": ""}}
    out = make_env("math", broken).step("\\boxed{7}")
    assert out["reward"] == 0.0
    assert out["metadata"]["result"].status == "error"


@pytest.mark.parametrize("domain", DOMAINS)
def test_skyrl_gyms_own_make_runs_ours(domain: str) -> None:
    row = generate(domain, "train", 1, 0)[0]
    env = skyrl_gym.make(domain, env_config={}, extras=row)
    assert env.step("")["metadata"]["result"].teaches


def test_skyrl_gyms_bundled_environments_stay() -> None:
    row = {**ROW, "env_class": "gsm8k", "reward_spec": {"method": "rule", "ground_truth": "7"}}
    assert make_env("gsm8k", row).step("#### 7")["reward"] == 1.0
    assert env_domain("gsm8k") == "gsm8k"
    shadowed = skyrl_gym.registry["skyrl_text2sql"].entry_point
    assert shadowed == "skyrl_gym.envs.sql.env:SQLEnv"
    assert {"aime", "gsm8k_multi_turn", "search", "skyrl_text2sql"} <= set(known_envs())


def test_rule_means_the_environments_own_reward() -> None:
    row = {**ROW, "reward_spec": {"method": "rule", "ground_truth": "7"}}
    assert make_env("math", row).step("\\boxed{7}")["reward"] == 1.0
    named = {**ROW, "reward_spec": {"method": "logic_exact", "ground_truth": "7"}}
    assert make_env("math", named).step("<answer>7</answer>")["reward"] == 1.0


def test_a_row_may_name_several_rewards() -> None:
    short = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    method = [{"name": "rule", "weight": 3}, {"name": "ifeval", "ground_truth": short}]
    row: dict[str, Any] = {**ROW, "reward_spec": {"method": method, "ground_truth": "7"}}
    out = make_env("math", row).step("Well, \\boxed{7}")
    assert out["reward"] == pytest.approx(0.75)
    components = out["metadata"]["result"].components
    assert (components["math/score"], components["ifeval/score"]) == (1.0, 0.0)
    broken = {"instruction_id_list": ["no:such"], "kwargs": [{}]}
    row["reward_spec"]["method"][1]["ground_truth"] = broken
    out = make_env("math", row).step("\\boxed{7}")
    assert (out["reward"], out["metadata"]["result"].status) == (0.0, "error")


@pytest.mark.parametrize("override", ["logic_exact", {"logic_exact": 1.0}, ["logic_exact"]])
def test_the_configuration_overrides_what_rows_name(override: object) -> None:
    config = OmegaConf.create({"reward": override})
    for env_config in (config, {"reward": override}):
        env = make_env("math", ROW, env_config)
        assert env.step("<answer>7</answer>")["reward"] == 1.0
        assert make_env("math", ROW, env_config).step("\\boxed{8}")["reward"] == 0.0


def test_bad_rows_and_names_say_what_is_wrong() -> None:
    with pytest.raises(UnknownEnv, match="did you mean `math`"):
        load_env_class("maths")
    with pytest.raises(ValueError, match="math: the row has no reward_spec"):
        make_env("math", {"prompt": []})
    with pytest.raises(ValueError, match="two parts log as math"):
        make_env("math", {**ROW, "reward_spec": {"method": ["math", "math"], "ground_truth": "7"}})
    with pytest.raises(UnknownReward, match="no reward 'mth'"):
        make_env("math", {**ROW, "reward_spec": {"method": "mth", "ground_truth": "7"}})


def test_an_environment_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from envs.base import SingleTurnEnv\n"
        "class Mine(SingleTurnEnv):\n    domain = 'mine'\n    reward = 'math'\n"
        "class NotAnEnv:\n    pass\n"
    )
    env = make_env(f"{file}:Mine", {**ROW, "reward_spec": {"ground_truth": "7"}})
    assert isinstance(env, BaseTextEnv)
    assert env.step("\\boxed{7}")["reward"] == 1.0
    assert env_domain(f"{file}:Mine") == "mine"
    with pytest.raises(UnknownEnv, match="no class 'Absent'"):
        load_env_class(f"{file}:Absent")
    with pytest.raises(UnknownEnv, match="not a subclass of BaseTextEnv"):
        load_env_class(f"{file}:NotAnEnv")
    with pytest.raises(UnknownEnv, match="no such file"):
        load_env_class(f"{tmp_path}/nowhere.py:Mine")


def test_names_resolve_in_a_fresh_process_without_heavy_imports() -> None:
    code = (
        "import sys\n"
        "from envs.registry import load_env_class\n"
        "print(load_env_class('text2sql').__module__, [m for m in ('ray', 'vllm', 'deepspeed',"
        " 'granite_rl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "envs.domains []"

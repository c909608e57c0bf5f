"""Score one rollout in a worker of the reward pool: its environment, its turns, the reply.

An item is JSON: ``{"env_class", "row", "actions", "max_turns": optional}``, the row as SkyRL has it
and all turns of the model so far. The environment is built anew for each item and played through
these turns; what the last of them gives is the reply, a `RewardResult` at the end of the episode
and a `Continue` before. So workers hold nothing between two turns: any of them can answer the next
one, and killing one costs no episode. The price is that an episode of n turns runs
n (n + 1) / 2 steps, 21 for six turns, of some milliseconds each where the model takes seconds.

It takes an environment that says the same again when it is played again. One that does not has to
say so (`deterministic = False`) and is refused beyond its first turn.

The score of an episode is the `RewardResult` in the last step's metadata (`envs.base`), else the
sum of the steps' rewards, as in SkyRL. A step before the end whose reward is None pays nothing;
None at the end says that the episode has no verdict, and it is `skipped`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

from envs.registry import make_env
from rewards.result import Continue, Reply, RewardResult
from rewards.sandbox.scoring import Prepared

TIMEOUT_S = 10.0
"""Of a step of an environment that doesn't say: those of others."""


def prepare(item: Mapping[str, Any]) -> Prepared:
    """Build the environment of a row, up to where the model's turns come in.

    Of an environment are read, where it has them: `scorer` (a `rewards.Reward`), `turn_timeout_s`
    (seconds that a step may take beside the scorer's), `deterministic` and `isolated`.
    """
    name, actions = str(item["env_class"]), list(item["actions"])
    environment = _bounded(name, item["row"], item.get("max_turns"))
    environment.init([dict(message) for message in item["row"]["prompt"]])
    scorer = getattr(environment, "scorer", None)
    verdict_s = 0.0 if scorer is None else scorer.timeout_s
    turn_s = getattr(environment, "turn_timeout_s", TIMEOUT_S if scorer is None else 0.0)
    repeats = getattr(environment, "deterministic", scorer is not None)
    return Prepared(
        run=lambda: _play(name, environment, actions, item.get("max_turns")),
        timeout_s=verdict_s + turn_s * len(actions),
        deterministic=repeats and (scorer is None or scorer.deterministic),
        imports=() if scorer is None else scorer.imports,
        isolated=getattr(environment, "isolated", True) and (scorer is None or scorer.isolated),
    )


def _bounded(name: str, row: Mapping[str, Any], max_turns: int | None) -> BaseTextEnv:
    """Build the environment of a row with the lower of its own and the caller's turn limit."""
    environment = make_env(name, row)
    if max_turns is not None and max_turns < environment.max_turns:
        environment = make_env(name, {**row, "max_turns": max_turns})
    return environment


def _play(
    name: str, environment: BaseTextEnv, actions: Sequence[str], max_turns: int | None
) -> Reply:
    """Play the environment through the model's turns; return what the last one gives."""
    rewards: list[float | None] = []
    try:
        for action in actions:
            output = environment.step(action)
            rewards.append(_reward_of(output))
            if output["done"]:
                break
        metrics = environment.get_metrics()
        environment.close()
        if not output["done"]:
            return _going_on(name, environment, output, rewards, max_turns)
    except Exception as error:  # noqa: BLE001  (a user's environment may raise anything; never a wrong answer)
        return RewardResult.error(f"{name}: {type(error).__name__}: {error}"[:500])
    if len(rewards) < len(actions):
        return RewardResult.error(
            f"{name}: ended at turn {len(rewards)} of {len(actions)} when played again: it has to"
            " say `deterministic = False`, or be it"
        )
    result = (output.get("metadata") or {}).get("result")
    if isinstance(result, RewardResult):
        return result
    if rewards[-1] is None:
        return RewardResult.skipped(f"{name}: the last step's reward is None")
    return _return(name, rewards, metrics)


def _reward_of(output: Any) -> float | None:
    """Return the reward of one step.

    Raises:
        TypeError: the step returned something else than SkyRL-Gym's dict, or its reward is none.
        KeyError: a member is missing.
    """
    if not isinstance(output, Mapping):
        raise TypeError(f"step returned {type(output).__name__}, not a dict with reward and done")
    reward = output["reward"]
    if reward is None:
        return None
    try:
        return float(reward)
    except TypeError:
        kind = type(reward).__name__
        raise TypeError(f"the step's reward is a {kind}, neither a number nor None") from None


def _going_on(
    name: str,
    environment: BaseTextEnv,
    output: BaseTextEnvStepOutput,
    rewards: Sequence[float | None],
    max_turns: int | None,
) -> Reply:
    """Reply to a turn that did not end the episode; the turn limit may end it all the same."""
    if not getattr(environment, "deterministic", True):
        return RewardResult.error(
            f"{name}: asks for another turn, but says it is not deterministic; episodes are played"
            " again at every turn, which takes one that is"
        )
    if environment.max_turns <= 1:
        return RewardResult.error(
            f"{name}: asks for another turn, but its max_turns is {environment.max_turns}"
        )
    bound = min(environment.max_turns, max_turns or environment.max_turns)
    if len(rewards) >= bound:
        unfinished = _return(name, rewards, {})
        if not unfinished.teaches:
            return unfinished
        return RewardResult(
            unfinished.score, "wrong_format", message=f"no end within {bound} turns"
        )
    return Continue.of(output["observations"])


def _return(name: str, rewards: Sequence[float | None], metrics: Mapping[str, Any]) -> RewardResult:
    """Give the verdict of an environment that knows only floats."""
    total = math.fsum(reward for reward in rewards if reward is not None)
    if not math.isfinite(total):
        return RewardResult.error(f"{name}: the steps' rewards are {list(rewards)}"[:500])
    components = {
        str(key): float(value)
        for key, value in metrics.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    return RewardResult(total, components=components)

"""Combine several rewards for one row into one reward, their weighted mean.

`reward_spec.method` of a row, or what overrides it, is one of:

- a name: `"math"`, `"path/to/file.py:function"`;
- a mapping from names to weights: `{"math": 1.0, "language": 0.25}`;
- a list of parts, each a name or a mapping: `[{"name": "ifeval", "weight": 2.0, "label": "format",
  "ground_truth": {...}, "extra_info": {...}}, "repetition"]`. `weight` is 1 unless given. `label`
  names the part in the logs and tells two parts with one reward apart. A part with its own
`ground_truth` gets that instead of the row's, and its `extra_info` overlays the row's. Nulls
count as absent, since tables (parquet) fill in every key that any row has.

The score is the weighted mean of the parts. Every part logs under its label: `language/score`,
`language/foreign_share`, … so what is averaged away in the score stays visible.

A part that fails (`error`, `timeout`) makes the whole row fail: a mean over what happened to work
would call a right answer half right. A part that does not apply (`skipped`) is left out and the
weights of the others are normalised again; with nothing left the row is `skipped`. So a policy
gains nothing by provoking a failure, and loses nothing on rows where a part cannot say anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.registry import Message, Reward, get_reward
from rewards.result import RewardResult

Method = str | Mapping[str, Any] | Sequence[Any]
_PART_KEYS = frozenset({"name", "weight", "label", "ground_truth", "extra_info"})


@dataclass(frozen=True)
class Part:
    """Holds one reward of a composition with its weight and label."""

    reward: Reward
    weight: float = 1.0
    label: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """`ground_truth` and `extra_info` of this part, where it has its own."""


@dataclass(frozen=True)
class Composition(Reward):
    """Is a reward that is the weighted mean of others; `compose` makes one.

    The range spans those of the parts, since a mean over any of them stays within it.
    """

    parts: tuple[Part, ...] = ()

    @property
    def needs_ground_truth(self) -> bool:
        """Tell whether any part needs the row's ground truth."""
        return any(
            part.reward.needs_ground_truth and "ground_truth" not in part.overrides
            for part in self.parts
        )

    @property
    def full_score(self) -> float:
        """Return the score of a completion that is perfect by every part."""
        return _mean([(part.weight, part.reward.full_score) for part in self.parts])


@dataclass(frozen=True)
class _Scorer:
    """Computes a composition's score. It is an object, not a closure, so that it can be pickled."""

    parts: tuple[Part, ...]

    def __call__(
        self,
        completion: str,
        ground_truth: Any,
        prompt: Sequence[Message],
        messages: Sequence[Message],
        extra_info: Mapping[str, Any],
    ) -> RewardResult:
        results = [
            (
                part,
                part.reward.score(
                    completion,
                    ground_truth=part.overrides.get("ground_truth", ground_truth),
                    prompt=prompt,
                    messages=messages,
                    extra_info={**extra_info, **part.overrides.get("extra_info", {})},
                ),
            )
            for part in self.parts
        ]
        return _combined(results)


def _mean(weighted: Sequence[tuple[float, float]]) -> float:
    total = math.fsum(weight for weight, _ in weighted)
    return math.fsum(weight * value for weight, value in weighted) / total


def _combined(results: Sequence[tuple[Part, RewardResult]]) -> RewardResult:
    components: dict[str, float] = {}
    for part, result in results:
        if result.teaches:
            components[f"{part.label}/score"] = float(result.score)
        components |= {f"{part.label}/{name}": value for name, value in result.components.items()}
    said = [f"{part.label}: {result.message}" for part, result in results if result.message]
    message = "; ".join(said)[:1000]
    statuses = {result.status for _, result in results}
    for failure in ("error", "timeout"):
        if failure in statuses:
            return RewardResult(0.0, failure, components, message=message)
    taught = [(part, result) for part, result in results if result.teaches]
    if not taught:
        return RewardResult(0.0, "skipped", components, message=message)
    low = min(result.score for _, result in taught)
    high = max(result.score for _, result in taught)
    score = _mean([(part.weight, result.score) for part, result in taught])
    return RewardResult(
        # Rounding may carry a mean of equal scores past them, and so out of the range.
        min(max(score, low), high),
        "wrong_format" if "wrong_format" in statuses else "ok",
        components,
        extracted=next((r.extracted for _, r in taught if r.extracted is not None), None),
        message=message,
    )


def _part(spec: Any, default: str) -> Part:
    if isinstance(spec, str):
        spec = {"name": spec}
    if isinstance(spec, Mapping):
        spec = {key: value for key, value in spec.items() if value is not None}
    if not isinstance(spec, Mapping) or not isinstance(spec.get("name"), str):
        raise ValueError(f"a part is a name or has a 'name', not {spec!r}")
    unknown = sorted(set(map(str, spec)) - _PART_KEYS)
    if unknown:
        raise ValueError(
            f"part {spec['name']!r}: unknown {', '.join(unknown)}; "
            f"known: {', '.join(sorted(_PART_KEYS))}"
        )
    weight = spec.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise ValueError(f"part {spec['name']!r}: weight {weight!r} is no number")
    if not (math.isfinite(weight) and weight > 0):
        raise ValueError(f"part {spec['name']!r}: weight {weight!r} is not finite and positive")
    if not isinstance(spec.get("extra_info", {}), Mapping):
        raise ValueError(f"part {spec['name']!r}: extra_info is no mapping")
    found = get_reward(default if spec["name"] == "rule" else spec["name"])
    overrides = {key: spec[key] for key in ("ground_truth", "extra_info") if key in spec}
    return Part(found, float(weight), str(spec.get("label") or found.name), overrides)


def listed(method: Method) -> list[Any]:
    """Return the parts of a method as it lists them, a mapping as names with weights.

    Raises:
        ValueError: it is neither, or there are none.
    """
    parts: object = method
    if isinstance(method, Mapping):
        parts = [{"name": k, "weight": w} for k, w in method.items() if w is not None]
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError(f"method {method!r} is no name, no mapping and no list of parts")
    return list(parts)


def compose(method: Method | None, default: str = "rule") -> Reward:
    """Return the reward that a method names, a `Composition` where it names several.

    Args:
        method: see the module; None stands for `default`.
        default: what the name `rule` means, which is what SkyRL's data sets say for "whatever
            the environment does".

    Raises:
        ValueError: a part is malformed, two have one label, or there are none.
        rewards.UnknownReward: a name is not found.
    """
    if method is None or isinstance(method, str):
        return get_reward(default if method in (None, "rule") else method)
    parts = tuple(_part(spec, default) for spec in listed(method))
    labels = [part.label for part in parts]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(f"two parts log as {', '.join(twice)}: give them a 'label' each")
    return Composition(
        name="+".join(labels),
        function=_Scorer(parts),
        range=(
            min(part.reward.range[0] for part in parts),
            max(part.reward.range[1] for part in parts),
        ),
        timeout_s=sum(part.reward.timeout_s for part in parts),
        deterministic=all(part.reward.deterministic for part in parts),
        imports=tuple(dict.fromkeys(name for part in parts for name in part.reward.imports)),
        isolated=all(part.reward.isolated for part in parts),
        parts=parts,
    )

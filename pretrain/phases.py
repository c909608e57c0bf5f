"""Plans a run before it starts: steps, learning rates, order and data demands of every phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from granite_rl.errors import ConfigError
from granite_rl.training.schedules import exponential_to, linear_to, power, warmup
from pretrain.config import ExponentialSchedule, Phase, PowerSchedule, PretrainConfig
from pretrain.mixture import Order, apportion
from pretrain.shards import Source


@dataclass(frozen=True)
class PhasePlan:
    """Holds one phase with everything that follows from the configuration and the data."""

    index: int
    name: str
    phase: Phase
    steps: int
    first_step: int
    """Number of optimizer steps in the phases before it."""
    tokens_before: int
    """Number of tokens trained in the phases before it."""
    start_rate: float
    """Learning rate at which an exponential or linear schedule starts."""
    order: Order

    @property
    def directory(self) -> str:
        """Return the name of the phase's directory below ``<run>/phases``."""
        return f"{self.phase.number}_{self.name}"

    @property
    def tokens_per_step(self) -> int:
        """Return the tokens of one step, over all ranks."""
        return self.phase.batch_sequences * self.phase.context

    def rate(self, step: int) -> float:
        """Return the learning rate of step ``step`` (from 0) of the phase; at ``steps``, the rate
        at its end."""
        schedule = self.phase.schedule
        done = step * self.tokens_per_step
        if isinstance(schedule, PowerSchedule):
            rate = power(
                self.tokens_before + done,
                self.phase.batch_sequences,
                a=schedule.a,
                b=schedule.b,
                maximum=schedule.maximum,
            )
            # Counted at the end of the step, so that the first one trains too.
            return rate * warmup(done + self.tokens_per_step, schedule.warmup_tokens)
        progress = step / self.steps
        if isinstance(schedule, ExponentialSchedule):
            return self.start_rate * exponential_to(progress, schedule.end_factor)
        return self.start_rate * linear_to(progress)


def build_plan(config: PretrainConfig, sources: Mapping[str, Source]) -> list[PhasePlan]:
    """Plan all phases in order.

    Raises:
        ConfigError: a source has less than one window, or would be repeated too often.
    """
    plans: list[PhasePlan] = []
    used: dict[str, int] = dict.fromkeys(sources, 0)
    tokens, first_step = 0, 0
    for index, (name, phase) in enumerate(config.phases.items()):
        per_step = phase.batch_sequences * phase.context
        steps = max(1, round(phase.tokens / per_step))
        available = {}
        for source in phase.mixture:
            available[source] = sources[source].train.windows(phase.context)
            if not available[source]:
                raise ConfigError(
                    f"phases.{name}.context: {source} has {sources[source].train.tokens} tokens, "
                    f"less than one row of {phase.context}",
                    "give it more text, or shorten the context",
                )
        counts = apportion(steps * phase.batch_sequences, phase.mixture)
        offsets = {source: used[source] // phase.context for source in phase.mixture}
        start = getattr(phase.schedule, "start", None)
        if start is None:
            start = plans[-1].rate(plans[-1].steps) if plans else 0.0
        plans.append(
            PhasePlan(
                index=index,
                name=name,
                phase=phase,
                steps=steps,
                first_step=first_step,
                tokens_before=tokens,
                start_rate=start,
                order=Order(counts, available, offsets, config.run.seed, phase.context),
            )
        )
        for source, count in counts.items():
            used[source] += count * phase.context
            epochs = used[source] / (available[source] * phase.context)
            if epochs > config.data.max_epochs:
                raise ConfigError(
                    f"phases.{name}.mixture.{source}: its {sources[source].train.tokens} tokens "
                    f"would be trained {epochs:.2f} times by the end of the phase, over "
                    f"data.max_epochs={config.data.max_epochs:g}",
                    "give it more text or less weight, or raise data.max_epochs",
                )
        tokens += steps * per_step
        first_step += steps
    return plans


def table(plans: list[PhasePlan], sources: Mapping[str, Source]) -> str:
    """Render requested against available tokens of every source in every phase, as text."""
    lines = [
        f"{'phase':<26}{'source':<24}{'share':>8}{'requested':>12}{'available':>12}{'epochs':>8}"
    ]
    for plan in plans:
        weights = plan.phase.mixture
        total = sum(weights.values())
        for source, weight in weights.items():
            requested = plan.order.counts[source] * plan.phase.context
            available = sources[source].train.tokens
            lines.append(
                f"{plan.directory:<26}{source:<24}{weight / total:>8.2%}{requested:>12,}"
                f"{available:>12,}{requested / available:>8.2f}"
            )
        note = "" if abs(total - 100) < 0.1 else f"; weights sum to {total:g} and are normalised"
        lines.append(
            f"{plan.directory:<26}{plan.steps} steps x {plan.phase.batch_sequences} rows x "
            f"{plan.phase.context} tokens, rate {plan.rate(0):.3g} to "
            f"{plan.rate(plan.steps):.3g}{note}"
        )
    return "\n".join(lines)

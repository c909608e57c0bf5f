"""Computes learning rates as pure functions of what has been trained, and muP's parameter groups.

The only state of a schedule is the counter it is asked about (tokens or steps), so a resumed run
continues exactly, and a phase can be re-planned without replaying the one before. DeepSpeed's and
transformers' own schedules have none of the recipe's shapes.

Warm-up and decay are given as *factors* of a peak where a phase has one; the power schedule gives
the rate itself.
"""

from __future__ import annotations

import math

from torch import nn

from granite_rl.training.engine import ParameterGroup

POWER_A = 4.0
POWER_B = -0.51
POWER_MAX = 0.02
"""IBM's constants of the power schedule (Shen et al. 2024, section 5)."""


def power(
    tokens: float,
    batch_sequences: float,
    *,
    a: float = POWER_A,
    b: float = POWER_B,
    maximum: float = POWER_MAX,
) -> float:
    """Compute the power learning rate: min(maximum, batch * a * tokens ** b).

    Source: Shen et al. 2024, "Power Scheduler", arXiv 2408.13359, eq. 7. It transfers over batch
    sizes and token counts because nothing in it knows the end of training. It is a **muP** rate:
    use `parameter_groups` with the model's m_width.

    Args:
        tokens: tokens trained before this step, > 0 or the maximum applies.
        batch_sequences: batch size in sequences.
        a: amplitude. b: exponent, negative. maximum: cap at the start.
    """
    if tokens <= 0:
        return maximum
    return float(min(maximum, batch_sequences * a * tokens**b))


def warmup(done: float, length: float) -> float:
    """Compute the linear warm-up factor: 0 at the start, 1 from ``length`` on (always if it is
    0)."""
    return 1.0 if length <= 0 else min(1.0, max(0.0, done) / length)


def exponential_to(progress: float, end: float) -> float:
    """Compute a decay factor from 1 at progress 0 to ``end`` at progress 1, convex, constant after.

    f(r) = (1 - d) * e / (e - 1) * exp(-r) + (d * e - 1) / (e - 1): an exponential with rate one,
    scaled to meet both ends exactly, zero included. Source: IBM's public lm-engine. Other code
    bases call other curves exponential (Megatron's is 2 * 0.5 ** r - 1).

    Args:
        progress: r, share of the phase that is done; clamped to [0, 1].
        end: d, factor at the end, 0 .. 1.
    """
    r = min(1.0, max(0.0, progress))
    e = math.e
    factor = (1 - end) * e / (e - 1) * math.exp(-r) + (end * e - 1) / (e - 1)
    return max(factor, 0.0)


def linear_to(progress: float, end: float = 0.0) -> float:
    """Compute a factor on the straight line from 1 at progress 0 to ``end`` at progress 1, constant
    after."""
    r = min(1.0, max(0.0, progress))
    return 1.0 + (end - 1.0) * r


def warmup_then_linear(step: int, total_steps: int, warmup_steps: int) -> float:
    """Compute SFT's factor: linear warm-up over the first steps, then linear decay to zero at the
    end.

    The first of ``n`` warm-up steps trains with 1/n, not with 0, and the last step of all with more
    than zero, so that no step is wasted.

    Args:
        step: steps done before this one, 0 .. total_steps - 1.
        total_steps: steps of the whole run.
        warmup_steps: steps of warm-up.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    remaining = total_steps - warmup_steps
    return linear_to((step - warmup_steps) / remaining) if remaining > 0 else 1.0


def parameter_groups(
    module: nn.Module, weight_decay: float, mup_width: float = 1.0
) -> list[ParameterGroup]:
    """Split the parameters into AdamW's groups: weight decay on matrices only, and muP's smaller
    rate inside the blocks.

    muP (Yang et al. 2022, arXiv 2203.03466, table 8, Adam): hidden matrices train at
    rate / m_width, embeddings, head and norms at the rate itself. Norms' vectors are not decayed.

    Args:
        module: a Granite model, or a wrapper of one.
        weight_decay: decay of matrices.
        mup_width: m_width, `granite_rl.models.configs.mup_width`; 1 switches muP off.
    """
    blocks, tables, vectors = [], [], []
    for name, parameter in module.named_parameters():
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif ".layers." in name:
            blocks.append(parameter)
        else:
            tables.append(parameter)
    groups = [
        ParameterGroup(params=blocks, weight_decay=weight_decay, lr_scale=1.0 / mup_width),
        ParameterGroup(params=tables, weight_decay=weight_decay, lr_scale=1.0),
        ParameterGroup(params=vectors, weight_decay=0.0, lr_scale=1.0),
    ]
    return [group for group in groups if group["params"]]

"""Draws small inline SVG pictures for the report: accuracies across stages, and curves over steps.

Hand-made rather than plotted, so that the report is one file of about 100 KB without scripts,
fonts or a plotting library, and follows the reader's light or dark setting through CSS classes.
Eleven domains in one line chart would be unreadable, so each gets a panel of its own on the same
scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

Point = tuple[float, float, float]
"""Value, and low and high end of its interval."""


def nice_ticks(low: float, high: float, count: int = 3) -> list[float]:
    """Choose about ``count`` round numbers covering ``[low, high]``, in steps of 1, 2 or 5 times a
    power of ten."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / max(1, count)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1.0, 2.0, 5.0, 10.0) if m * magnitude >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def interval_panel(title: str, labels: Sequence[str], points: Sequence[Point | None]) -> str:
    """Draw one domain across the stages: percentages with 95 % whiskers on a scale of 0 to 100.

    Args:
        title: the domain.
        labels: short stage names below the axis.
        points: one per stage, as fractions; None where nothing was evaluated.
    """
    width, height = 232, 148
    left, right, top, bottom = 26, 12, 12, 22
    spread = (width - left - right) / max(1, len(labels))

    def x(index: int) -> float:
        return left + spread * (index + 0.5)

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1.0 - value)

    parts = []
    for tick in (0.0, 0.5, 1.0):
        parts.append(_gridline(left, width - right, y(tick)))
        parts.append(_text(left - 5, y(tick) + 3, f"{100 * tick:.0f}", "end"))
    for index, label in enumerate(labels):
        parts.append(_text(x(index), height - 7, label, "middle"))
    known = [(index, point) for index, point in enumerate(points) if point is not None]
    for index, (_, low, high) in known:
        left_end, right_end = x(index) - 4, x(index) + 4
        parts.append(
            f'<path class="whisker" d="M{left_end:.1f} {y(low):.1f}H{right_end:.1f}'
            f"M{x(index):.1f} {y(low):.1f}V{y(high):.1f}"
            f'M{left_end:.1f} {y(high):.1f}H{right_end:.1f}"/>'
        )
    path = " ".join(f"{x(index):.1f},{y(point[0]):.1f}" for index, point in known)
    parts.append(f'<polyline class="line" points="{path}"/>')
    for index, (value, low, high) in known:
        note = f"{labels[index]}: {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        parts.append(
            f'<circle class="dot" cx="{x(index):.1f}" cy="{y(value):.1f}" r="3.5">'
            f"<title>{escape(note)}</title></circle>"
        )
    return _figure(title, width, height, parts)


def curve_panel(title: str, points: Sequence[tuple[float, float]], *, from_zero: bool) -> str:
    """Draw one metric over the steps of a stage.

    Args:
        title: the metric's name.
        points: step and value, in order.
        from_zero: whether the scale must include 0 (a divergence) or may start higher (a reward).
    """
    width, height = 232, 148
    left, right, top, bottom = 44, 12, 10, 24
    if not points:
        middle = _text(width / 2, height / 2, "not logged", "middle")
        return _figure(title, width, height, [middle])
    values = [value for _, value in points]
    ticks = nice_ticks(min([0.0, *values] if from_zero else values), max(values))
    low, high = ticks[0], ticks[-1]
    first, last = points[0][0], points[-1][0]

    def x(step: float) -> float:
        share = (step - first) / (last - first) if last > first else 0.5
        return left + (width - left - right) * share

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1.0 - (value - low) / (high - low))

    parts = []
    for tick in ticks:
        parts.append(_gridline(left, width - right, y(tick)))
        parts.append(_text(left - 5, y(tick) + 3, f"{tick:.4g}", "end"))
    parts.append(
        _text(x(first), height - 8, f"step {first:g}", "start" if last > first else "middle")
    )
    if last > first:
        parts.append(_text(x(last), height - 8, f"{last:g}", "end"))
    path = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in points)
    parts.append(f'<polyline class="line" points="{path}"/>')
    end_step, end_value = points[-1]
    parts.append(
        f'<circle class="dot" cx="{x(end_step):.1f}" cy="{y(end_value):.1f}" r="3.5">'
        f"<title>{escape(f'step {end_step:g}: {end_value:.4g}')}</title></circle>"
    )
    return _figure(title, width, height, parts)


def _gridline(x1: float, x2: float, y: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _text(x: float, y: float, content: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def _figure(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    body = "".join(parts)
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{escape(title)}">{body}</svg>'
        "</figure>"
    )

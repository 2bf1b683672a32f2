"""A small line of a metric's figures: no axes, as the numbers stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 120, 28
_EDGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """The line as a path, and where its last figure stands."""

    path: str
    x: float
    y: float
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: Sequence[Decimal | None]) -> Sparkline | None:
    """The line through the values, with gaps where there is none; None where it would be no line."""
    told = [float(value) for value in values if value is not None]
    if len(told) < 2:
        return None
    low, high = min(told), max(told)
    spread = (high - low) or 1.0
    step = (WIDTH - 2 * _EDGE) / (len(values) - 1)
    path, pen, x, y = [], "M", 0.0, 0.0
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x = _EDGE + step * place
        y = HEIGHT / 2 if high == low else HEIGHT - _EDGE - (float(value) - low) / spread * (HEIGHT - 2 * _EDGE)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return Sparkline(path="".join(path), x=round(x, 1), y=round(y, 1))

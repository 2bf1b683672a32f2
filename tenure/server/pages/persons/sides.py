"""Both sides of an action as a small picture: their rates with limits, and the difference between them."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.engage.lift import Lift, Outcome, wilson
from tenure.engage.words import percent, points

WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One side: the width of its rate, and the places of its limits, of `WIDTH` in all; and the rate in words."""

    width: str
    low: str
    high: str
    rate: str
    limits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The bars of both sides on one scale up to `most`; the difference with its limits around zero."""

    treated: Bar
    held_out: Bar
    most: str
    zero: str
    low: str
    high: str
    middle: str
    ends: tuple[str, str]


def sides(lift: Lift) -> Sides | None:
    """The picture; None where a side has nobody."""
    if lift.difference is None or lift.low is None or lift.high is None:
        return None
    limits = [wilson(side.converted, side.people) for side in (lift.treated, lift.held_out)]
    most = min(1.0, max(0.01, *(high for _, high in limits)) * 1.05)
    bound = max(abs(lift.low), abs(lift.high), 0.005) * 1.1
    across = [f"{(value + bound) / (2 * bound) * WIDTH:.1f}" for value in (0.0, lift.low, lift.high, lift.difference)]
    return Sides(
        treated=_bar(lift.treated, limits[0], most), held_out=_bar(lift.held_out, limits[1], most),
        most=percent(most), zero=across[0], low=across[1], high=across[2], middle=f"{float(across[3]) - 4:.1f}",
        ends=(points(-bound), points(bound)),
    )  # fmt: skip


def _bar(side: Outcome, limits: tuple[float, float], most: float) -> Bar:
    low, high = limits
    return Bar(
        width=f"{(side.rate or 0) / most * WIDTH:.1f}", low=f"{low / most * WIDTH:.1f}",
        high=f"{high / most * WIDTH:.1f}", rate=percent(side.rate), limits=f"{percent(low)} – {percent(high)}",
    )  # fmt: skip

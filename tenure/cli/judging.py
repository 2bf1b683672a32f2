"""Figures, bands and statuses as tables show them, the same in lists of targets, scorecards and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from tenure.lifecycle.periods import PeriodUnit
    from tenure.metrics.definition import Unit
    from tenure.metrics.status import Status
    from tenure.metrics.targets import Limits

_STYLES = {"ahead": "green", "on track": "green", "behind": "yellow", "missed": "red", "no data": "dim"}
_FINE, _COARSE = Decimal(10), Decimal(1000)


def figure(unit: Unit, value: Decimal | None, currency: str | None) -> str:
    """A figure as people read it: 12.5 %, £1,200, 4.5 days, 1,204."""
    from tenure.wording import Money, number

    if value is None:
        return "–"
    if unit == "rate":
        return f"{_cut(value * 100)} %"
    if unit == "money":
        # what goes over a hundred says enough without the small change
        whole = abs(value) >= 100
        return Money(currency, [Decimal(10_000)] if whole else [])(value)
    if unit == "days":
        return _time(value)
    return number(int(value)) if value == value.to_integral_value() and unit == "count" else _cut(value)


def band(unit: Unit, limits: Limits | None, currency: str | None) -> str:
    """A band as people read it: ≥ 40 %, ≤ £12, 3 to 5 days."""
    if limits is None:
        return ""
    low, high = (None if one is None else figure(unit, one, currency) for one in (limits.low, limits.high))
    if low is not None and high is not None:
        return low if low == high else f"{low} – {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def state(status: Status | None) -> Text:
    """A status in its colour; empty where there is none."""
    from rich.text import Text

    return Text(status or "", style=_STYLES.get(status or "", ""))


def change(value: Decimal | None, previous: Decimal | None, unit: Unit) -> str:
    """What a figure has gained since the period before: +12 %, of a share in points; empty where none can be told."""
    if value is None or previous is None:
        return ""
    if unit == "rate":
        points = ((value - previous) * 100).quantize(Decimal("0.1"))
        return f"{points:+} pt" if points else "±0"
    if unit == "score" or previous <= 0:
        return ""
    percent = ((value / previous - 1) * 100).quantize(Decimal(1))
    if abs(percent) >= 1000:
        return f"×{(value / previous).quantize(Decimal(1))}"
    return f"{percent:+} %" if percent else "±0"


def for_each(period: PeriodUnit, by: tuple[str, str] | None = None, stage: str | None = None) -> str:
    """For what a target is, in a few words."""
    told: Mapping[str, str] = {"stage": stage or "", (by[0] if by else "by"): by[1] if by else ""}
    return ", ".join([period, *(f"{name} {value}" for name, value in told.items() if value)])


def _cut(value: Decimal) -> str:
    if not value:
        return "0"
    step = Decimal(1 if abs(value) >= _COARSE else "0.1" if abs(value) >= _FINE else "0.01")
    return f"{value.quantize(step):,f}"


def _time(days: Decimal) -> str:
    for size, word, scale in ((2, "days", 1), (Decimal(2) / 24, "h", 24), (Decimal(2) / 1440, "min", 1440)):
        if abs(days) >= size:
            return f"{_cut(days * scale)} {word}"
    return f"{_cut(days * 86400)} s"

"""Figures, bands and statuses as tables show them, the same in lists of targets, scorecards and alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from tenure.lifecycle.periods import PeriodUnit
    from tenure.metrics.definition import Unit
    from tenure.metrics.status import Status
    from tenure.metrics.targets import Limits

_STYLES = {"ahead": "green", "on track": "green", "behind": "yellow", "missed": "red", "no data": "dim"}


def band(unit: Unit, limits: Limits | None, currency: str | None) -> str:
    """A band as people read it: ≥ 40 %, ≤ £12, 3 to 5 days."""
    if limits is None:
        return ""
    from tenure.wording import figure

    low, high = (None if one is None else figure(one, unit, currency, short=True) for one in (limits.low, limits.high))
    if low is not None and high is not None:
        return low if low == high else f"{low} – {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def state(status: Status | None) -> Text:
    """A status in its colour; empty where there is none."""
    from rich.text import Text

    return Text(status or "", style=_STYLES.get(status or "", ""))


def for_each(period: PeriodUnit, by: tuple[str, str] | None = None, stage: str | None = None) -> str:
    """For what a target is, in a few words."""
    told: Mapping[str, str] = {"stage": stage or "", (by[0] if by else "by"): by[1] if by else ""}
    return ", ".join([period, *(f"{name} {value}" for name, value in told.items() if value)])

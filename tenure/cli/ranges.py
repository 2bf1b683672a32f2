"""Periods of which only a part counts: told in words, and as the options that choose them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.lifecycle.periods import Period, PeriodUnit
    from tenure.workspace import Workspace


def chosen_range(ws: Workspace, period: Period) -> str:
    """The options that choose the moments of a period: days where it begins and ends at midnight, else moments."""
    from tenure.cli.rows import iso

    since = _day(ws, period.begins) or iso(period.begins)
    until = _last_day(ws, period.ends) or iso(period.ends - 1)
    return f" --since {since} --until {until}"


def in_part(ws: Workspace, unit: PeriodUnit, chosen: Sequence[Period]) -> str:
    """A sentence on the periods of which only a part counts; empty where all are whole."""
    from tenure.wording import moment
    from tenure.workspace.calendar import last_periods

    told = []
    for one in dict.fromkeys((*chosen[:1], *chosen[-1:])):
        (whole,) = last_periods(ws, unit, 1, until=one.begins)
        begins = f"from {_day(ws, one.begins) or moment(one.begins, ws.zone)}" if one.begins > whole.begins else ""
        ends = f"up to {_last_day(ws, one.ends) or moment(one.ends - 1, ws.zone)}" if one.ends < whole.ends else ""
        if begins or ends:
            told.append(f"{one.name} only {' '.join(filter(None, (begins, ends)))}")
    return f"In part: {', '.join(told)}." if told else ""


def _day(ws: Workspace, time: int) -> str:
    """The day that begins at a moment; empty where none does."""
    from tenure.lifecycle.periods import day_of, midnight

    day = day_of(ws.zone, time)
    return day.isoformat() if midnight(ws.zone, day) == time else ""


def _last_day(ws: Workspace, time: int) -> str:
    """The day that ends at a moment; empty where none does."""
    from tenure.lifecycle.periods import day_of

    return (day_of(ws.zone, time) - timedelta(days=1)).isoformat() if _day(ws, time) else ""

"""The calendar of a workspace: its time zone, the day its weeks begin on, the month its years begin in."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tenure.errors import UsageError
from tenure.lifecycle.periods import UNITS, Period, PeriodUnit, latest, midnight, periods

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_NAME = re.compile(r"([1-9]\d{3})(?=$|[-/])")
_WEEK = timedelta(days=7)


def last_periods(workspace: Workspace, unit: PeriodUnit, count: int, *, until: int) -> tuple[Period, ...]:
    """The `count` periods up to the one with the moment `until` (microseconds UTC), the earliest first.

    Raises UsageError where there is no such kind of period.
    """
    _check(unit)
    config = workspace.definitions.config
    return latest(
        workspace.zone, unit, count, until=until, week_start=config.first_weekday, year_start=config.first_month
    )


def all_periods(workspace: Workspace, unit: PeriodUnit, *, since: int, until: int) -> tuple[Period, ...]:
    """Every period with a moment from `since` to `until`. Raises UsageError where there is no such kind."""
    _check(unit)
    config = workspace.definitions.config
    return periods(
        workspace.zone, unit, since=since, until=until, week_start=config.first_weekday, year_start=config.first_month
    )


def named_period(workspace: Workspace, text: str) -> tuple[PeriodUnit, Period]:
    """The period of that name (2025-03, 2025-Q1, 2025-W10, 2025, 2025-03-15; 2024/25-Q1 where years begin later).

    Raises UsageError where it is no name of a period.
    """
    match = _NAME.match(text)
    # a year is told by the two around it, and there are none of those at the end of the calendar
    if match is not None and (year := int(match[1])) + 2 <= date.max.year:
        # weeks of a year begin before it, and a year that begins late ends in the next
        since, until = (midnight(workspace.zone, day) for day in (date(year, 1, 1) - _WEEK, date(year + 2, 1, 1)))
        for unit in UNITS:
            for period in all_periods(workspace, unit, since=since, until=until):
                if period.name == text:
                    return unit, period
    raise UsageError(f"{text!r} is no period.", hint="Write it as 2025-03, 2025-Q1, 2025-W10, 2025, or as a day in it.")


def _check(unit: PeriodUnit) -> None:
    if unit not in UNITS:
        raise UsageError(f"There is no period {unit!r}.", hint=f"There are: {', '.join(UNITS)}.")

"""The calendar of a workspace: its time zone, the day its weeks begin on, the month its years begin in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.errors import UsageError
from tenure.lifecycle.periods import UNITS, Period, PeriodUnit, latest, periods

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


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


def _check(unit: PeriodUnit) -> None:
    if unit not in UNITS:
        raise UsageError(f"There is no period {unit!r}.", hint=f"There are: {', '.join(UNITS)}.")

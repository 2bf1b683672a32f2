"""Calendar periods: days, weeks, months, quarters and years, as the clocks of a time zone count them.

    periods(ZoneInfo("Europe/London"), "month", since=since, until=until)

A period holds the moments from `begins` up to, and without, `ends` (microseconds since 1970 UTC), so that those of one
unit follow each other without a gap; a day on which clocks change has 23 or 25 hours. Where midnight does not exist
the day begins when clocks jump; where there are two, at the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from tenure.errors import UsageError

PeriodUnit = Literal["day", "week", "month", "quarter", "year"]

UNITS: tuple[PeriodUnit, ...] = get_args(PeriodUnit)
MONDAY, JANUARY = 0, 1
MOST = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MONTHS: dict[PeriodUnit, int] = {"month": 1, "quarter": 3, "year": 12}
_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """A calendar period: `begins <= moment < ends` (microseconds since 1970 UTC).

    `name` is 2024-03-05, 2024-W10, 2024-03, 2024-Q1 or 2024, and sorts like time among periods of one unit; `start` is
    the first day.
    """

    begins: int
    ends: int
    name: str
    start: date


def periods(
    zone: ZoneInfo, unit: PeriodUnit, *, since: int, until: int, week_start: int = MONDAY, year_start: int = JANUARY
) -> tuple[Period, ...]:
    """Every period with a moment from `since` to `until`, both included; none where `until` is before `since`.

    `week_start` is 0 for Monday to 6 for Sunday; `year_start` the month in which years, and quarters, begin: a year
    that begins in April is named 2024/25. Raises UsageError where there are more than 10,000.
    """
    if until < since:
        return ()
    first = _first_day(day_of(zone, since), unit, week_start, year_start)
    last = day_of(zone, until)
    found: list[Period] = []
    while first <= last:
        following = _following(first, unit)
        if following is None:
            break
        begins, ends = midnight(zone, first), midnight(zone, following)
        # a zone may leave a whole day out
        if begins < ends:
            name = _name(first, unit, week_start, year_start)
            found.append(Period(begins=begins, ends=ends, name=name, start=first))
        if len(found) > MOST:
            raise UsageError(f"That is more than {MOST:,} periods.", hint="Take longer periods, or begin later.")
        first = following
    return tuple(found)


def latest(
    zone: ZoneInfo, unit: PeriodUnit, count: int, *, until: int, week_start: int = MONDAY, year_start: int = JANUARY
) -> tuple[Period, ...]:
    """The `count` periods up to the one with the moment `until`, the earliest first."""
    widest = {"day": 3, "week": 9, "month": 33, "quarter": 100, "year": 400}[unit]
    since = until - count * widest * timedelta(days=1) // _MICROSECOND
    since = max(since, midnight(zone, date(2, 1, 1)))
    found = periods(zone, unit, since=since, until=until, week_start=week_start, year_start=year_start)
    return found[-count:] if count else ()


def midnight(zone: ZoneInfo, day: date) -> int:
    """The first moment of a day, in microseconds since 1970 UTC."""
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // _MICROSECOND


def day_of(zone: ZoneInfo, moment: int) -> date:
    """The day of a moment (microseconds since 1970 UTC) as the clocks of a zone have it."""
    try:
        return (_EPOCH + moment * _MICROSECOND).astimezone(zone).date()
    except OverflowError:
        # where calendars of computers end
        return date(9999, 12, 30) if moment > 0 else date(2, 1, 1)


def _first_day(day: date, unit: PeriodUnit, week_start: int, year_start: int) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case _:
            months = day.year * _YEAR + day.month - 1
            months -= (day.month - year_start) % _MONTHS[unit]
            return date(months // _YEAR, months % _YEAR + 1, 1)


def _following(first: date, unit: PeriodUnit) -> date | None:
    try:
        if unit in ("day", "week"):
            return first + timedelta(days=1 if unit == "day" else 7)
        months = first.year * _YEAR + first.month - 1 + _MONTHS[unit]
        return date(months // _YEAR, months % _YEAR + 1, 1)
    except (OverflowError, ValueError):
        return None


def _name(first: date, unit: PeriodUnit, week_start: int, year_start: int) -> str:
    year = f"{first.year:04}"
    began = first.year if first.month >= year_start else first.year - 1
    if year_start != JANUARY:
        year = f"{began:04}/{(began + 1) % 100:02}"
    match unit:
        case "week" if week_start == MONDAY:
            iso = first.isocalendar()
            return f"{iso.year:04}-W{iso.week:02}"
        case "day" | "week":
            return first.isoformat()
        case "month":
            return f"{first.year:04}-{first.month:02}"
        case "quarter":
            return f"{year}-Q{(first.month - year_start) % _YEAR // 3 + 1}"
        case "year":
            return year

"""Moments as people write and read them: ISO 8601 in UTC, six digits of second, `Z`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tenure.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """The whole microseconds from 1970 to an aware moment."""
    return (moment - EPOCH) // MICROSECOND


def iso(time: int | None) -> str:
    """The moment as text, such as 2011-12-09T12:50:00.000000Z; empty for None."""
    if time is None:
        return ""
    try:
        moment = EPOCH + timedelta(microseconds=time)
    except OverflowError:
        return "after 9999"
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26) + "Z"


def parse_moment(text: str, zone: ZoneInfo) -> int:
    """The microseconds since 1970 of a date or time as written.

    A date stands for the end of that day, a time without offset is local to `zone`. Raises UsageError.
    """
    try:
        if len(text) == len("2011-12-09"):
            day = date.fromisoformat(text) + timedelta(days=1)
            return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone)) - 1
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no date or time.", hint="Write 2011-12-09 or 2011-12-09T12:50:00Z.") from None
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone))

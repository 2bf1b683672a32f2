"""What the models know of customers, from the measures of a store: by SQL, for any window, with any hold-out.

Purchases of one local day count as one. A customer's time begins with the first day of purchase and ends with the end
of the window, whether or not somebody bought then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection, first_row

Days: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
Truths: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.bool_]]"

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Customers as known at the end of a window, one number each, times in days.

    `frequency` counts days of purchase after the first, `recency` and `T` go from the first to the last of them and to
    the end; `value` is the mean of what the days after the first brought, 0 where there is none; `lately` counts the
    days of purchase in as long a time before the end as the hold-out is long.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    value: Floats
    lately: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summary:
    """The customers who first bought in a window. `units` are their keys.

    `begin`, `end` and `until` are local days counted from 1970-01-01: `before` knows what happened up to `end`, `after`
    up to `until`. Without a hold-out both are the same.
    """

    units: np.ndarray[tuple[int], np.dtype[np.int64]]
    begin: int
    end: int
    until: int
    before: Known
    after: Known

    @property
    def held_out(self) -> int:
        """The days of the hold-out."""
        return self.until - self.end


def summary(
    connection: Connection, kind: int, zone: ZoneInfo, *, until: int, held_out: int = 0, since: int | None = None,
    kept: str = "TRUE",
) -> Summary:  # fmt: skip
    """The customers of a kind of measure up to the moment `until`, of which the last `held_out` days are held out.

    `since` leaves out who first bought before that moment; `kept` is a condition on `unit`. Moments are microseconds
    UTC; days are those of `zone`.
    """
    first = _first(connection, kind, until, kept)
    day = local_day(zone, until if first is None else first, until)
    end_day = _day_of(zone, until)
    split = end_day - held_out
    table = connection.sql(
        f"SELECT unit, {day} AS day, coalesce(CAST(value AS DOUBLE), 0) AS value FROM measures "
        f"WHERE kind = {kind} AND time <= {until} AND {kept} ORDER BY unit, day, value"
    ).to_arrow_table()
    bought = _Bought.of(*(table[name].to_numpy() for name in ("unit", "day", "value")))
    if since is not None:
        bought = bought.of_those(bought.day[bought.begins] >= _day_of(zone, since))
    born = bought.day[bought.begins]
    return Summary(
        units=bought.unit[bought.begins], begin=int(born.min()) if len(born) else split, end=split, until=end_day,
        before=bought.known(split, max(held_out, 1)), after=bought.known(end_day, max(held_out, 1)),
    )  # fmt: skip


def span(connection: Connection, kind: int, zone: ZoneInfo, *, until: int, kept: str = "TRUE") -> tuple[int, int]:
    """The local days of the first purchase and of the end, from 1970-01-01; twice the end where nobody bought."""
    first = _first(connection, kind, until, kept)
    return _day_of(zone, until if first is None else first), _day_of(zone, until)


def _first(connection: Connection, kind: int, until: int, kept: str) -> int | None:
    found = first_row(connection, f"SELECT min(time) FROM measures WHERE kind = {kind} AND time <= {until} AND {kept}")
    return int(found[0]) if found and found[0] is not None else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bought:
    """Purchases in the order of units and days; `begins` are the places of each unit's first, `own` says whose each is.

    To sort them and to sum what lies together is several times quicker than to group them twice, by day and by unit.
    """

    unit: Days
    day: Days
    value: Floats
    begins: Days
    own: Days

    @classmethod
    def of(cls, unit: Days, day: Days, value: Floats) -> _Bought:
        begins = np.flatnonzero(np.diff(unit, prepend=unit[:1] - 1))
        own = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(unit)))
        return cls(unit=unit, day=day, value=value, begins=begins, own=own)

    def of_those(self, kept: Truths) -> _Bought:
        """The purchases of some of the units."""
        there = kept[self.own]
        return self.of(self.unit[there], self.day[there], self.value[there])

    def known(self, end: int, lately: int) -> Known:
        """What is known of every unit at the end of a day, and of as many days before it: `lately`."""
        first = self.day[self.begins]
        since, known = self.day - first[self.own], self.day <= end
        # several purchases of a day are one
        another = (np.diff(self.day, prepend=0) != 0) & known
        another[self.begins] = first <= end
        later = known & (since > 0)
        days = self._sums(another)
        recency = np.maximum.reduceat(np.where(later, since, 0), self.begins) if len(first) else first
        return Known(
            frequency=days - 1, recency=recency.astype(np.float64), T=(end - first).astype(np.float64),
            value=self._sums(np.where(later, self.value, 0.0)) / np.maximum(days - 1, 1),
            lately=self._sums(another & (self.day > end - lately)),
        )  # fmt: skip

    def _sums(self, values: Floats | Truths) -> Floats:
        """The sum of each unit."""
        return np.bincount(self.own, values, minlength=len(self.begins)).astype(np.float64)


def local_day(zone: ZoneInfo, first: int, last: int) -> str:
    """SQL of the local day of `time`, from 1970-01-01: the offsets of the zone between two moments are written out."""
    offsets: list[tuple[int | None, int]] = []
    previous: int | None = None
    for day in range(first // DAY - 1, last // DAY + 3):
        offset = _offset(zone, day * DAY)
        if offset != previous:
            offsets.append((_change(zone, (day - 1) * DAY, day * DAY) if previous is not None else None, offset))
            previous = offset
    cases = "".join(
        f" WHEN time >= {moment} THEN {offset}" for moment, offset in reversed(offsets) if moment is not None
    )
    shift = f"CASE{cases} ELSE {offsets[0][1]} END" if cases else str(offsets[0][1])
    # floor division, also before 1970
    return f"CAST(floor((time + {shift}) / {DAY}.0) AS BIGINT)"


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The moment between the two at which the offset becomes the later one."""
    later = _offset(zone, high)
    while high - low > 1_000_000:
        middle = (low + high) // 2 // 1_000_000 * 1_000_000
        if middle <= low:
            break
        low, high = (low, middle) if _offset(zone, middle) == later else (middle, high)
    return high


def _offset(zone: ZoneInfo, time: int) -> int:
    shift = datetime.fromtimestamp(time // 1_000_000, UTC).astimezone(zone).utcoffset()
    return int(shift.total_seconds()) * 1_000_000 if shift else 0


def _day_of(zone: ZoneInfo, time: int) -> int:
    return (time + _offset(zone, time)) // DAY

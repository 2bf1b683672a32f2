"""What the models know of customers, from the measures of a store: by SQL, for any window, with any hold-out.

Purchases of one local day count as one. A customer's time begins with the first day of purchase and ends with the end
of the window, whether or not somebody bought then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection, first_row

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
    found = first_row(connection, f"SELECT min(time) FROM measures WHERE kind = {kind} AND time <= {until} AND {kept}")
    day = local_day(zone, found[0] if found and found[0] is not None else until, until)
    end_day = _day_of(zone, until)
    split = end_day - held_out
    born = f" HAVING min(day) >= {_day_of(zone, since)}" if since is not None else ""
    early = f"FILTER (WHERE day <= {split})"
    # the mean without the first day, as a sum without it: a look back to the first day of each would cost as much again
    table = connection.sql(
        f"""
        WITH days AS (
            SELECT unit, {day} AS day, CAST(coalesce(sum(value), 0) AS DOUBLE) AS value
            FROM measures WHERE kind = {kind} AND time <= {until} AND {kept} GROUP BY 1, 2
        )
        SELECT unit, min(day) AS first,
            count(*) - 1 AS f1, max(day) - min(day) AS r1,
            coalesce((sum(value) - arg_min(value, day)) / nullif(count(*) - 1, 0), 0) AS v1,
            count(*) FILTER (WHERE day > {end_day - max(held_out, 1)}) AS l1,
            count(*) {early} - 1 AS f0, coalesce(max(day) {early} - min(day), 0) AS r0,
            coalesce((sum(value) {early} - arg_min(value, day)) / nullif(count(*) {early} - 1, 0), 0) AS v0,
            count(*) FILTER (WHERE day > {split - max(held_out, 1)} AND day <= {split}) AS l0
        FROM days GROUP BY unit{born} ORDER BY unit
        """
    ).to_arrow_table()

    def column(name: str) -> Floats:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    born_on = column("first")
    after, before = (
        Known(
            frequency=column(f"f{n}"), recency=column(f"r{n}"), T=by - born_on, value=column(f"v{n}"),
            lately=column(f"l{n}"),
        )
        for n, by in ((1, end_day), (0, split))
    )  # fmt: skip
    return Summary(
        units=np.asarray(table["unit"].to_numpy(), dtype=np.int64), begin=int(born_on.min()) if len(born_on) else split,
        end=split, until=end_day, before=before, after=after,
    )  # fmt: skip


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

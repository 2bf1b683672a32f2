"""How long everybody waited between purchases, and how long after a moment they bought: for the next order's date."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from tenure.predict.features import Units
from tenure.predict.next_order import Waits
from tenure.predict.special import Floats
from tenure.predict.summary import local_day
from tenure.warehouse.connection import Connection


def waits(
    connection: Connection, kind: int, zone: ZoneInfo, units: Units, *, first: int, until: int, end: int
) -> Waits:
    """The waiting times of the units (sorted keys) up to the end of the local day `end`; `until` is the moment of the
    end of the log, and `first` that of its first purchase.
    """
    day = local_day(zone, first, until)
    table = connection.sql(
        f"""
        WITH days AS (SELECT DISTINCT unit, {day} AS day FROM measures WHERE kind = {kind} AND time <= {until}),
        gaps AS (SELECT unit, day, ln(day - lag(day) OVER (PARTITION BY unit ORDER BY day)) AS gap
                 FROM days WHERE day <= {end})
        SELECT unit, {end} - max(day) AS silent, count(gap) AS gaps, coalesce(avg(gap), 0) AS mean,
            coalesce(var_pop(gap), 0) AS variance FROM gaps GROUP BY unit ORDER BY unit
        """
    ).to_arrow_table()
    found = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    place = np.searchsorted(found, units)

    def column(name: str) -> Floats:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)[place]

    return Waits(silent=column("silent"), gaps=column("gaps"), mean=column("mean"), variance=column("variance"))


def first_after(
    connection: Connection, kind: int, zone: ZoneInfo, units: Units, *, first: int, until: int, after: int, days: int
) -> Floats:
    """After how many days past the local day `after` each unit bought, within `days`; infinite for who did not."""
    day = local_day(zone, first, until)
    table = connection.sql(
        f"SELECT unit, min({day}) - {after} AS days FROM measures WHERE kind = {kind} AND time <= {until} "
        f"AND {day} > {after} AND {day} <= {after + days} GROUP BY unit ORDER BY unit"
    ).to_arrow_table()
    came = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    found = np.full(len(units), np.inf)
    place = np.searchsorted(units, came)
    there = (place < len(units)) & (units[np.minimum(place, len(units) - 1)] == came)
    found[place[there]] = np.asarray(table["days"].to_numpy(), dtype=np.float64)[there]
    return found


def repeat_days(connection: Connection, kind: int, zone: ZoneInfo, *, until: int, kept: str) -> Floats:
    """The local days of every purchase after a customer's first, those of one customer and day as one."""
    ((first,),) = connection.execute(f"SELECT min(time) FROM measures WHERE kind = {kind}").fetchall()
    day = local_day(zone, first if first is not None else until, until)
    table = connection.sql(
        f"SELECT day FROM (SELECT unit, {day} AS day, min({day}) OVER (PARTITION BY unit) AS born FROM measures "
        f"WHERE kind = {kind} AND time <= {until} AND {kept}) WHERE day > born GROUP BY unit, day"
    ).to_arrow_table()
    return np.asarray(table["day"].to_numpy(), dtype=np.float64)

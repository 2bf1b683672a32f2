"""Rules: fixed shares of a conversion for the places on its path. Credits are exact and sum to the conversions.

Where a share depends on place and length of the path alone, the database counts how often each channel stood where, and
the shares are applied to those counts as fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from tenure.lifecycle.forecast import DAY
from tenure.metrics.attribution.touches import PATHS, is_direct
from tenure.warehouse.connection import Connection

Credits = dict[str | None, Fraction]
Share = Callable[[int, int], Fraction]

DIRECT = ("direct", "(direct)", "none", "(none)")
HALF_LIFE = 7 * DAY
# shares that halve with time are cut into so many parts, the last touch taking what is left over
PARTS = 10**12


def first(place: int, length: int) -> Fraction:
    """All to the first touch."""
    return Fraction(place == 1)


def last(place: int, length: int) -> Fraction:
    """All to the last touch."""
    return Fraction(place == length)


def linear(place: int, length: int) -> Fraction:
    """The same to every touch."""
    return Fraction(1, length)


def u_shaped(place: int, length: int) -> Fraction:
    """40 % to the first touch, 40 % to the last, the rest to those between alike; of two touches a half each."""
    return _ends(Fraction(40, 100), Fraction(40, 100), place, length)


def j_shaped(place: int, length: int) -> Fraction:
    """20 % to the first touch, 60 % to the last, the rest to those between alike; of two touches 25 % and 75 %."""
    return _ends(Fraction(20, 100), Fraction(60, 100), place, length)


BY_PLACE: Mapping[str, Share] = {
    "first": first, "last": last, "linear": linear, "u": u_shaped, "j": j_shaped,
}  # fmt: skip


def credits_by_place(connection: Connection) -> dict[str, Credits]:
    """What each rule of `BY_PLACE` credits to each channel, from one count."""
    rows = connection.execute(
        f"SELECT channel, place, length, CAST(sum(times) AS BIGINT) FROM {PATHS} WHERE converts GROUP BY 1, 2, 3"
    ).fetchall()
    found: dict[str, Credits] = {name: {} for name in BY_PLACE}
    for channel, place, length, times in rows:
        for name, share in BY_PLACE.items():
            found[name][channel] = found[name].get(channel, Fraction(0)) + share(place, length) * times
    return found


def last_non_direct(connection: Connection, direct: tuple[str, ...] = DIRECT) -> Credits:
    """All to the last touch that is not direct; to the last where all are."""
    rows = connection.execute(
        f"""
        SELECT channel, CAST(sum(times) AS BIGINT) FROM (
            SELECT channel, times, place, coalesce(
                max(CASE WHEN NOT {is_direct(direct)} THEN place END) OVER (PARTITION BY unit, path_end), length
            ) AS chosen FROM {PATHS} WHERE converts
        ) WHERE place = chosen GROUP BY channel
        """
    ).fetchall()
    return {channel: Fraction(times) for channel, times in rows}


def time_decay(connection: Connection, half_life: int = HALF_LIFE) -> Credits:
    """Shares that halve with every `half_life` (microseconds) that a touch is older than the path's last one.

    A share is kept to twelve decimals, and the last touch takes what is left over, so that they sum to 1.
    """
    rows = connection.execute(
        f"""
        WITH weighed AS (
            SELECT unit, path_end, channel, place, length, times,
                pow(2.0, -(age - min(age) OVER p) / {half_life}.0) AS weight
            FROM {PATHS} WHERE converts WINDOW p AS (PARTITION BY unit, path_end)
        ),
        cut AS (
            SELECT *, CASE WHEN place = length THEN 0
                ELSE CAST(floor(weight / sum(weight) OVER p * {PARTS}) AS BIGINT) END AS part
            FROM weighed WINDOW p AS (PARTITION BY unit, path_end)
        ),
        filled AS (
            SELECT channel, times, CASE WHEN place = length THEN {PARTS} - sum(part) OVER p ELSE part END AS part
            FROM cut WINDOW p AS (PARTITION BY unit, path_end)
        )
        SELECT channel, CAST(sum(part * times) AS HUGEINT) FROM filled GROUP BY channel
        """
    ).fetchall()
    return {channel: Fraction(parts, PARTS) for channel, parts in rows}


def _ends(begin: Fraction, end: Fraction, place: int, length: int) -> Fraction:
    if length == 1:
        return Fraction(1)
    if length == 2:
        return (begin if place == 1 else end) / (begin + end)
    if place == 1:
        return begin
    return end if place == length else (1 - begin - end) / (length - 2)

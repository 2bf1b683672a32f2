"""The days of a company: seasons and weekends, hours of the day by time zone.

Time is counted in days since the company's first day, and in *trade days*: a day on which twice as much is sold counts
twice. A wait that is drawn in trade days is short before Christmas and long in August, so that a process of constant
rate follows the seasons (a time change; D. R. Cox and D. Oakes, Analysis of Survival Data, 1984, chapter 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from tenure.simulate.draws import Floats, Ints

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = np.iinfo(np.int64).max // 4

# how much of a day's trade falls into each hour, local time
_EVENING = (1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 3, 4, 4.5, 4.5, 5, 4.5, 4, 4, 4.5, 5, 6, 7, 8, 8, 6, 3)
_OFFICE = (0, 0, 0, 0, 0, 0, 0.1, 0.6, 4, 8, 9, 8, 5, 7, 9, 8, 6, 3, 0.8, 0.3, 0.1, 0, 0, 0)


class Calendar:
    """The company's days from `start` (microseconds UTC) to the end of its last day.

    `season` weighs the months from January on, `week` the days from Monday on; `zones` names a time zone a country.
    """

    def __init__(
        self, *, end: date, days: int, season: Sequence[float], week: Sequence[float], zones: Sequence[str]
    ) -> None:
        first = end - timedelta(days=days - 1)
        self.days = days
        self.first = first
        self.start = _midnight(first)
        self.end = self.start + days * DAY
        all_days = [first + timedelta(days=day) for day in range(days)]
        weights = np.array([season[day.month - 1] * week[day.weekday()] for day in all_days])
        self.weights = weights / weights.mean()
        self._passed = np.concatenate([[0.0], np.cumsum(self.weights)])
        self._marks = np.arange(days + 1, dtype=np.float64)
        self._weekend = np.array([day.weekday() >= 5 for day in all_days])
        self._zones = np.array([[_offset(zone, day) for day in all_days] for zone in zones], dtype=np.int64)
        self._hours = {name: _hours(weights) for name, weights in (("evening", _EVENING), ("office", _OFFICE))}

    def trade(self, day: Floats) -> Floats:
        """Trade days for days; before the first day they pass evenly."""
        return np.where(day < 0, day, np.interp(day, self._marks, self._passed) + np.maximum(day - self.days, 0))

    def day(self, trade: Floats) -> Floats:
        """Days for trade days."""
        over = np.maximum(trade - self._passed[-1], 0)
        return np.where(trade < 0, trade, np.interp(trade, self._passed, self._marks) + over)

    def moment(self, day: Floats, country: npt.NDArray[np.integer], hour: Floats, hours: str = "evening") -> Ints:
        """The moment on that day (its whole number) in the country, at an hour by chance (`hour` from 0 to 1)."""
        number = np.floor(day).astype(np.int64)
        marks, passed = self._hours[hours]
        local = (np.interp(hour, passed, marks) * HOUR).astype(np.int64)
        return self.start + number * DAY + local - self._offset(country, number)

    def office(self, at: Ints, country: npt.NDArray[np.integer], hour: Floats) -> Ints:
        """The moment in office hours, on the day of `at` or, where that is over or a weekend, on the next days."""
        number = np.floor_divide(at - self.start, DAY)
        moment = self.moment(number.astype(np.float64), country, hour, "office")
        for _ in range(3):
            off = (moment < at) | self._weekend[np.clip(number, 0, self.days - 1)]
            number = number + off
            moment = moment + off * DAY
        return moment

    def day_of(self, at: Ints) -> Ints:
        """The number of the day, UTC."""
        return np.floor_divide(at - self.start, DAY)

    def at(self, day: date) -> int:
        """Midnight UTC at which the day begins."""
        return _midnight(day)

    def _offset(self, country: npt.NDArray[np.integer], day: Ints) -> Ints:
        return np.asarray(self._zones[country, np.clip(day, 0, self.days - 1)])


def days(number: float | Floats) -> Ints:
    """Days as whole microseconds."""
    return np.asarray(np.asarray(number) * DAY).astype(np.int64)


def _midnight(day: date) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def _offset(zone: str, day: date) -> int:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    offset = noon.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def _hours(weights: Sequence[float]) -> tuple[Floats, Floats]:
    passed = np.concatenate([[0.0], np.cumsum(weights)])
    return np.arange(25, dtype=np.float64), passed / passed[-1]

"""When something is to be done again: every so often, or at times of the day.

every: 15 minutes
at: ["03:00", "15:00"]

Schedule(seconds=900.0).due(last=None, now=…, zone=…)      # True: it never ran
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import field_validator, model_validator

from tenure.documents import DefinitionModel, Texts, did_you_mean, listing

SHORTEST = 10.0
_UNITS: Mapping[str, float] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_WRITTEN = re.compile(r"(?:(?P<count>[0-9]+) )?(?P<unit>[A-Za-z]+)")
_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Every so many seconds, or at times of the local day where there are any."""

    seconds: float = 0.0
    times: tuple[time, ...] = ()

    @property
    def told(self) -> str:
        """When that is, in words: every 15 minutes, at 03:00 and 15:00."""
        if self.times:
            return f"at {listing([f'{one:%H:%M}' for one in self.times], 'and')}"
        for unit, length in reversed(list(_UNITS.items())):
            if self.seconds % length == 0:
                count = int(self.seconds // length)
                return f"every {unit}" if count == 1 else f"every {count} {unit}s"
        return f"every {self.seconds:g} seconds"

    def due(self, *, last: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is time, where it began last at `last` (None: never). What was missed is done once."""
        return last is None or self.next_after(last, zone) <= now

    def next_after(self, last: datetime, zone: ZoneInfo) -> datetime:
        """The first moment after `last`, in UTC; a local time that a clock change skips is one hour later."""
        if not self.times:
            return last + timedelta(seconds=self.seconds)
        day = last.astimezone(zone).date()
        moments = (
            datetime.combine(day + timedelta(days=ahead), at, tzinfo=zone).astimezone(UTC)
            for ahead in (0, 1, 2)
            for at in self.times
        )
        return min(moment for moment in moments if moment > last)


class Scheduled(DefinitionModel):
    """What the entries of `sources:` and `exports:` say of when they run."""

    if TYPE_CHECKING:
        # each declares them itself, where they belong among its other keys
        every: str | None
        at: Texts

    @field_validator("every", check_fields=False)
    @classmethod
    def _a_length(cls, written: str | None) -> str | None:
        if written is not None:
            seconds("every", written)
        return written

    @field_validator("at", check_fields=False)
    @classmethod
    def _times_of_day(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for one in written:
            _time(one)
        return written

    @model_validator(mode="after")
    def _one_of_them(self) -> Scheduled:
        if self.every and self.at:
            raise ValueError(
                f"It runs either every {self.every}, or at {self.at[0]}. Keep `every` or `at`, not both of them."
            )
        return self

    def schedule(self, default: float) -> Schedule:
        """When it runs; every so many seconds where it does not say."""
        if self.at:
            return Schedule(times=tuple(_time(one) for one in self.at))
        return Schedule(seconds=default if self.every is None else seconds("every", self.every))


def seconds(key: str, written: str) -> float:
    """The seconds of a length of time as written: 15 minutes, hour. Raises ValueError where it is none."""
    found = _WRITTEN.fullmatch(" ".join(written.split()))
    if found is None:
        raise ValueError(f"'{key}' must be a length of time, not '{written}'. Write 15 minutes, or 1 hour.")
    unit = found["unit"].lower()
    length = _UNITS.get(unit.removesuffix("s"))
    if length is None:
        names = [*_UNITS, *(f"{name}s" for name in _UNITS)]
        guess = did_you_mean(unit, names) or "There are: seconds, minutes, hours, days, weeks."
        raise ValueError(f"'{key}' has an unknown unit '{found['unit']}'. {guess}")
    told = int(found["count"] or 1) * length
    if key == "every" and told < SHORTEST:
        raise ValueError(f"'{key}' is {written}, and may not be less than {SHORTEST:g} seconds. Write 1 minute, say.")
    return told


def _time(written: str) -> time:
    found = _TIME.fullmatch(written.strip())
    if found is None or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        raise ValueError(f'\'at\' must be a time of day, not \'{written}\'. Write "03:00", or ["03:00", "15:00"].')
    return time(int(found["hour"]), int(found["minute"]))

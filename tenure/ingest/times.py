"""Local times as moments: whole microseconds UTC, by the rule for hours that a clock change skips or repeats.

    zone = Zone.named("Europe/London")
    moments, skipped, repeated = zone.moments(local)       # NumPy arrays of microseconds

A local time that does not exist moves forward by the gap; of one that exists twice the first is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Microseconds = npt.NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1850, 2200
_STEP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone as the periods between its clock changes; the first and the last have no end.

    `starts[i]` is the local time at which period `i` begins, `ends[i]` the one at which it ends, `offsets[i]` local
    time minus UTC; all in microseconds.
    """

    name: str
    starts: Microseconds
    ends: Microseconds
    offsets: Microseconds

    @staticmethod
    @cache
    def named(name: str) -> Zone:
        """The zone of that name in the IANA database."""
        changes = list(_changes(ZoneInfo(name)))
        limit = np.iinfo(np.int64).max
        instants = [instant for instant, _ in changes]
        offsets = np.array([offset for _, offset in changes], dtype=np.int64)
        starts = np.array([-limit, *(at + offset for at, offset in changes[1:])], dtype=np.int64)
        ends = np.array(
            [*(at + offset for at, offset in zip(instants[1:], offsets[:-1].tolist(), strict=True)), limit],
            dtype=np.int64,
        )
        return Zone(name=name, starts=starts, ends=ends, offsets=offsets)

    def moments(self, local: Microseconds) -> tuple[Microseconds, int, int]:
        """The moments of local times, how many of these do not exist, and how many exist twice."""
        # the first period that ends after the local time: where two hold it, the earlier
        period = np.searchsorted(self.ends, local, side="right")
        skipped = local < self.starts[period]
        # in a gap the offset before it applies, which moves the time forward by the gap
        moments = local - self.offsets[np.where(skipped, period - 1, period)]
        following = np.minimum(period + 1, len(self.ends) - 1)
        repeated = (following > period) & (local >= self.starts[following])
        return moments, int(skipped.sum()), int(repeated.sum())


def _changes(zone: ZoneInfo) -> list[tuple[int, int]]:
    """The clock changes of a zone: the moment, and local time minus UTC from then on."""
    at = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    last = datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    offset = _offset(zone, at)
    changes = [(_microseconds(at), _length(offset))]
    while at < last:
        following = at + _STEP
        if _offset(zone, following) != offset:
            # the change lies between the two; halving finds its second
            before, after = at, following
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
                if _offset(zone, middle) == offset:
                    before = middle
                else:
                    after = middle
            # a step may hold more than one change: go on from this one
            at, offset = after, _offset(zone, after)
            changes.append((_microseconds(at), _length(offset)))
        else:
            at = following
    return changes


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _microseconds(at: datetime) -> int:
    return _length(at - _EPOCH)


def _length(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)

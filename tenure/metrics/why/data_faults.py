"""Whether the data is at fault: events that break off, stop, or are counted by another rule from one day on.

Daily counts of each event are held against its own rhythm: its level in the four weeks beside, what is usual for the
day of the week, and what all other events did meanwhile, so that Christmas and a quiet August do not look like an
outage. A stretch of days is a fault where so few events, at that rate and scatter, come by chance less than once in
thousands of such looks (the likelihood ratio of a scan; M. Kulldorff, A Spatial Scan Statistic, Communications in
Statistics 26 (1997), 1481-1496).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from tenure.metrics.why.activity import Activity

Floats = npt.NDArray[np.float64]

BESIDE = 28
# a stretch with less than this share of what is usual has broken off
BROKEN = 0.5
# a lasting step to less than this, or more than its inverse, is another rule
STEPPED = 0.75
_CHANCE, _CHANCE_OF_STEP = 0.001, 0.01
_ITSELF = 0.9
_LONGEST = 62
# at least so many events must be missing or added
_LEAST = 8.0
_FEW_DAYS = 10
# hardly any is less than this share; an event is back at this share of its level
_HARDLY = 0.15
_BACK = 0.6
# so many other events, from other sources, tell what was going on
_OTHERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Events that broke off (`outage`) or are counted otherwise (`step`) from the first day up to and with the last.

    `found` of them came where `usual` were to be expected; `strength` is the logarithm of the likelihood ratio. `open`
    tells that it lasts to the end of what is looked at.
    """

    kind: Literal["outage", "step"]
    events: tuple[str, ...]
    sources: tuple[str, ...]
    first: date
    last: date
    found: float
    usual: float
    strength: float
    open: bool


def faults(activity: Activity, names: Sequence[str], first: date, last: date) -> tuple[Fault, ...]:
    """The faults of some events within days (both included), those that struck together as one, the strongest first."""
    looked = [name for name in names if name in activity.counts]
    if not looked or activity.days < 2 * _FEW_DAYS:
        return ()
    begin, end = max(activity.place(first), 0), min(activity.place(last) + 1, activity.days)
    series = {name: _Series.of(activity, name) for name in activity.counts}
    found = []
    for name in looked:
        outage = _outage(activity, series, name, begin, end, len(looked))
        step = None if outage is not None else _step(activity, series, name, begin, end, len(looked))
        found += [one for one in (outage, step) if one is not None]
    return tuple(sorted(_together(found), key=lambda one: -one.strength))


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """Counts of an event and what is usual for the day, added up, to be asked for any stretch of days."""

    counts: Floats
    weights: Floats

    @classmethod
    def of(cls, activity: Activity, name: str) -> _Series:
        counts = activity.counts[name]
        return cls(_added(counts), _added(activity.weights(name)))

    def between(self, first: int, last: int) -> tuple[float, float]:
        return float(self.counts[last] - self.counts[first]), float(self.weights[last] - self.weights[first])

    def level(self, first: int, last: int) -> float | None:
        """Events a usual day in a stretch; None where it is too short."""
        first, last = max(first, 0), min(last, len(self.counts) - 1)
        if last - first < _FEW_DAYS:
            return None
        count, weight = self.between(first, last)
        return count / weight if weight > 0 else None

    def poorest(self, until: int, days: int) -> float:
        """The fewest events there ever were in so many days before a day; what comes in bursts has such stretches."""
        if until < 2 * days:
            return math.inf
        return float((self.counts[days : until + 1] - self.counts[: until + 1 - days]).min())


def _outage(
    activity: Activity, every: Mapping[str, _Series], name: str, begin: int, end: int, looks: int
) -> Fault | None:
    """The stretch in which an event most surely broke off: hardly any came, or few, and many again later."""
    series = every[name]
    scatter = _scatter(activity, name)
    span = end - begin
    needed = _needed(max(span, 1) * min(span, _LONGEST) * looks, _CHANCE)
    best: tuple[float, int, int, float, float] | None = None
    for first in range(begin, end):
        before = series.level(first - BESIDE, first)
        if before is None:
            continue
        for last in range(first + 1, min(first + _LONGEST, end) + 1):
            count, weight = series.between(first, last)
            usual = before * weight
            if count >= BROKEN * usual or usual - count < _LEAST or _ratio(count, usual) / scatter <= needed:
                continue
            following = series.level(last, last + BESIDE)
            back = following is not None and following >= _BACK * before
            if count > _HARDLY * usual and not back:
                continue
            if count >= BROKEN * series.poorest(first, last - first):
                continue
            sure = min(before, following) * weight if back and following is not None else usual
            strength = _ratio(count, sure) / scatter if count < BROKEN * sure else 0.0
            if strength > needed and (best is None or strength > best[0]):
                best = (strength, first, last, count, sure)
    if best is None:
        return None
    _, first, last, count, usual = best
    others = _meanwhile(activity, every, name, first, last)
    # with nothing to compare it to, a quiet season could look like that
    broken = BROKEN if others else _HARDLY
    # what breaks off together must not hide it; where everything stops at once, nothing is left to compare with
    meanwhile = float(np.quantile(others, 0.75)) if others else 1.0
    usual *= meanwhile if meanwhile > _HARDLY else 1.0
    strength = _ratio(count, usual) / scatter
    if count >= broken * usual or usual - count < _LEAST or strength <= needed:
        return None
    until = _until(series, first, last)
    if until > last:
        count, weight = series.between(first, until)
        usual, last = usual / series.between(first, last)[1] * weight, until
    return _fault("outage", activity, name, first, last, count, usual, strength)


def _until(series: _Series, first: int, last: int) -> int:
    """The place after the last day of an outage, which may go on beyond what is looked at."""
    level = series.level(first - BESIDE, first) or 0.0
    while last + 1 < len(series.counts):
        count, weight = series.between(last, last + 1)
        if count > _HARDLY * level * weight or level * weight < 1:
            break
        last += 1
    return last


def _step(
    activity: Activity, every: Mapping[str, _Series], name: str, begin: int, end: int, looks: int
) -> Fault | None:
    """The day from which on an event most surely comes at another rate, while others do not."""
    series = every[name]
    scatter = _scatter(activity, name, share=1.0)
    needed = _needed(max(end - begin, 1) * looks, _CHANCE_OF_STEP)
    best: tuple[float, int, float, float] | None = None
    for first in range(max(begin + 1, 2 * _FEW_DAYS), end - _FEW_DAYS + 1):
        last = min(first + 2 * BESIDE, activity.days)
        before = series.level(first - 2 * BESIDE, first)
        others = _meanwhile(activity, every, name, first, last, beside=2 * BESIDE, after=False)
        if before is None or not others:
            continue
        count, weight = series.between(first, last)
        # other events must not have done the like
        low, high = np.quantile(others, (0.25, 0.75))
        plain = before * weight
        usual = plain * float(np.clip(count / max(plain, 1e-9), low, high))
        # nor may it be the others alone that changed
        fell = count < min(STEPPED * usual, _ITSELF * plain)
        if abs(count - usual) < _LEAST or not (fell or count > max(usual / STEPPED, plain / _ITSELF)):
            continue
        # the level before is an estimate too
        known, _ = series.between(max(first - 2 * BESIDE, 0), first)
        strength = _ratio(count, usual) / scatter * known / (known + usual)
        if strength > needed and (best is None or strength > best[0]):
            best = (strength, first, count, usual)
    if best is None:
        return None
    strength, first, count, usual = best
    last = min(first + 2 * BESIDE, activity.days)
    return _fault("step", activity, name, first, last, count, usual, strength)


def _meanwhile(
    activity: Activity, every: Mapping[str, _Series], name: str, first: int, last: int, *, beside: int = BESIDE,
    after: bool = True,
) -> list[float]:  # fmt: skip
    """What each other event did in a stretch, as a multiple of what the days beside it let expect.

    Of events from other sources alone, and none where these are too few.
    """
    ratios = []
    own = set(activity.sources.get(name, ()))
    for other, series in every.items():
        if other == name or own & set(activity.sources[other]):
            continue
        before = series.level(first - beside, first)
        following = series.level(last, last + beside) if after else None
        if before is None:
            continue
        level = before if following is None else min(before, following)
        count, weight = series.between(first, last)
        if level * weight >= 3 * _LEAST:
            ratios.append(count / (level * weight))
    return ratios if len(ratios) >= _OTHERS else []


def _fault(
    kind: Literal["outage", "step"], activity: Activity, name: str, first: int, last: int, count: float, usual: float,
    strength: float,
) -> Fault:  # fmt: skip
    return Fault(
        kind=kind, events=(name,), sources=activity.sources[name], first=activity.day(first),
        last=activity.day(last - 1), found=count, usual=usual, strength=strength, open=last >= activity.days,
    )  # fmt: skip


def _together(found: Sequence[Fault]) -> list[Fault]:
    """Faults of one kind in about the same days as one."""
    joined: list[Fault] = []
    for one in sorted(found, key=lambda fault: -fault.strength):
        for place, other in enumerate(joined):
            if one.kind == other.kind and _overlap(one, other) >= 0.6:
                joined[place] = Fault(
                    kind=other.kind, events=(*other.events, *one.events),
                    sources=tuple(sorted({*other.sources, *one.sources})), first=other.first, last=other.last,
                    found=other.found + one.found, usual=other.usual + one.usual,
                    strength=other.strength + one.strength, open=other.open or one.open,
                )  # fmt: skip
                break
        else:
            joined.append(one)
    return joined


def _overlap(one: Fault, other: Fault) -> float:
    """Days of both over days of either."""
    day = timedelta(days=1)
    both = (min(one.last, other.last) + day - max(one.first, other.first)).days
    either = (max(one.last, other.last) + day - min(one.first, other.first)).days
    return max(both, 0) / either


def _scatter(activity: Activity, name: str, *, share: float = 0.9) -> float:
    """By how much daily counts scatter more than chance alone makes them (at least 1), in the calmest share of days.

    An outage is wild itself and must not hide behind it; a step is not, but bursts look like steps.
    """
    counts = activity.counts[name]
    weights = activity.weights(name)
    # the level moves slowly: each day is held against its fortnight
    kernel = np.ones(15)
    usual = weights * np.convolve(counts, kernel, "same") / np.maximum(np.convolve(weights, kernel, "same"), 1e-9)
    there = usual > 0
    if there.sum() < _FEW_DAYS:
        return 1.0
    squares = np.sort((counts[there] - usual[there]) ** 2 / usual[there])
    return max(1.0, float(squares[: max(int(share * len(squares)), 1)].mean()))


def _needed(looks: int, chance: float) -> float:
    """The log likelihood ratio that is reached with that chance in any of so many looks.

    Twice the ratio is about chi-squared with one degree of freedom (S. S. Wilks, Annals of Mathematical Statistics 9,
    1938), so that it exceeds x with probability erfc(√x), about e⁻ˣ / √(πx).
    """
    wanted = math.log(looks / chance)
    found = wanted
    for _ in range(20):
        found = max(wanted - math.log(math.pi * found) / 2, 1.0)
    return found


def _ratio(count: float, usual: float) -> float:
    """The logarithm of the likelihood ratio of a Poisson count against what was to be expected."""
    if usual <= 0:
        return 0.0
    return (count * math.log(count / usual) if count > 0 else 0.0) - count + usual


def _added(numbers: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(numbers)])

"""Metrics outside the band that was to be expected, each with what moved most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING

from tenure.errors import UsageError
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.definition import Metric
from tenure.metrics.expected import RATE, Band, expected
from tenure.metrics.figures import MetricPoint
from tenure.metrics.pace import adds_up
from tenure.metrics.why.cells import NOBODY, NONE, SEVERAL
from tenure.metrics.why.dimensions import OTHERS
from tenure.metrics.why.found import Why

if TYPE_CHECKING:
    from tenure.workspace.targets import Targets
    from tenure.workspace.workspace import Workspace

HISTORY = 60
DRIVERS = 3
# parts that say nothing
_NOT_NAMED = (NOBODY, NONE, SEVERAL, OTHERS)
# after how many periods a season comes again
SEASON: dict[PeriodUnit, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A part that moved a metric: of which dimension, and its contribution, in the metric's unit and of the change."""

    dimension: str
    part: str
    contribution: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A metric outside its band in a period; `compared` is the period that `drivers` tell the change from."""

    metric: Metric
    period: Period
    value: Decimal
    band: Band
    compared: Period
    drivers: tuple[Driver, ...] = ()
    data_fault: bool = False

    @property
    def good(self) -> bool | None:
        """Whether it lies on the better side; None where neither is better."""
        if self.metric.direction == "context":
            return None
        return (self.value > self.band.high) == (self.metric.direction == "up")


def alerts(
    ws: Workspace, targets: Targets, metrics: Sequence[Metric], *, period: PeriodUnit, at: str | None,
    rate: float | None,
) -> tuple[Alert, ...]:  # fmt: skip
    """The metrics that lie outside their band in the last whole period, those furthest off first."""
    if rate is not None and not 0 < rate < 1:
        raise UsageError(f"A rate of false alarms lies between 0 and 1, not at {rate}.", hint="Write 0.02 for 2 %.")
    asked = targets.complete(period, HISTORY, at)
    if len(asked) < 3:
        return ()
    told = targets.by_metric(metrics, asked)
    found: list[tuple[float, Alert]] = []
    for metric in metrics:
        *earlier, now = told[metric.name]
        # what people still have time for is no figure yet
        if now.value is None or now.status is not None:
            continue
        band = expected(
            [None if one.value is None else float(one.value) for one in earlier], season=SEASON[period],
            rate=rate or RATE, counts=metric.unit == "count" and adds_up(metric.formula), spread=_chance(metric, now),
        )  # fmt: skip
        if band is None or band.low <= float(now.value) <= band.high:
            continue
        before = asked[-1 - (SEASON[period] if band.seasonal else 1)]
        off = abs(float(now.value) - band.middle) / max((band.high - band.low) / 2, 1e-12)
        why = ws.why.metric(metric.name, since=before.start.isoformat(), until=asked[-1].start.isoformat(),
                            period=period)  # fmt: skip
        alert = Alert(
            metric=metric, period=asked[-1], value=now.value, band=band, compared=before, drivers=_drivers(why),
            data_fault=bool(why.faults),
        )  # fmt: skip
        found.append((off, alert))
    return tuple(alert for _, alert in sorted(found, key=lambda one: -one[0]))


def _chance(metric: Metric, now: MetricPoint) -> float:
    """The standard deviation that chance alone gives a share of so many; 0 for what is none."""
    part, whole = now.numerator, now.denominator
    if metric.unit != "rate" or part is None or whole is None or not 0 <= part <= whole or not whole:
        return 0.0
    # a share of none or all is not for sure (L. D. Brown, T. T. Cai and A. DasGupta, 2001: two added on each side)
    share = (float(part) + 2) / (float(whole) + 4)
    return sqrt(share * (1 - share) / float(whole))


def _drivers(why: Why) -> tuple[Driver, ...]:
    """The part of each dimension that moved most in the direction of the change; first those that others did not do."""
    if not why.change:
        return ()
    found = []
    for one in why.breakdowns:
        parts = [part for part in one.parts if part.contribution * why.change > 0 and part.part not in _NOT_NAMED]
        if len(one.parts) > 1 and parts:
            most = max(parts, key=lambda part: abs(part.contribution))
            found.append(
                Driver(
                    dimension=one.dimension, part=most.part, contribution=most.contribution,
                    share=most.contribution / why.change,
                )
            )  # fmt: skip
    alone = {(cause.dimension, cause.part) for cause in why.causes if cause.kind == "part"}
    return tuple(sorted(found, key=lambda one: ((one.dimension, one.part) not in alone, -one.share))[:DRIVERS])

"""What a report tells besides the moves of people: key figures, cohorts, journeys, channels, personas, what comes.

Each is None, or empty, where the data cannot tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from tenure.charts import Trend
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.attribution.side_by_side import Attribution
from tenure.metrics.cohorts import CohortCell
from tenure.metrics.figures import RUNNING, MetricPoint
from tenure.metrics.journeys.follows import Follow
from tenure.metrics.journeys.paths import Path
from tenure.metrics.judged import Judged
from tenure.metrics.personas.personas import Personas
from tenure.metrics.rfm import RfmCell
from tenure.metrics.why.found import Why
from tenure.metrics.why.persons import adds_up
from tenure.predict.card import ModelCard
from tenure.predict.value.products import ProductRow
from tenure.predict.value.saving import Saving
from tenure.predict.value.serving import Unprofitable
from tenure.predict.value.spread import Spread
from tenure.workspace import Workspace
from tenure.workspace.calendar import last_periods
from tenure.workspace.outlook import Outlook
from tenure.workspace.value import Basis, Payback

MONTHS = 12
BOUGHT = "purchase"
STEPS, PATHS = 4, 8
# so many people and months let an outlook begin
_PEOPLE, _PAST = 20, 4
_CHANGES = 4
_BESIDE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTrend:
    """A key metric over the last months, and how it stands."""

    judged: Judged
    trend: Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What customers are worth, cost and put at stake; `saving` is None where no chances to be lost are written."""

    basis: Basis
    spread: Spread
    cohorts: Payback
    saving: Saving | None
    unprofitable: Unprofitable
    promote: tuple[ProductRow, ...]
    discontinue: tuple[ProductRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of the sections that ask more than the history."""

    trends: tuple[KeyTrend, ...] = ()
    cohorts: tuple[CohortCell, ...] = ()
    follows: tuple[Follow, ...] = ()
    paths: tuple[Path, ...] = ()
    credits: Attribution | None = None
    rfm: tuple[RfmCell, ...] = ()
    personas: Personas | None = None
    why: Why | None = None
    outlook: Outlook | None = None
    cards: tuple[ModelCard, ...] = ()
    value: Valued | None = None


def measured(ws: Workspace, lifecycle: Lifecycle, *, people: int) -> Measured:
    """The figures as of the workspace's moment; `people` are all who are known."""
    if not people:
        return Measured()
    name = lifecycle.name
    # what mostly computes goes on beside what mostly asks the store; each thread has a cursor of its own
    with ThreadPoolExecutor(_BESIDE) as hands:
        outlook = hands.submit(_outlook, ws, name, people)
        trends = _trends(ws, name)
        rfm = _rfm(ws, name)
        personas = hands.submit(ws.journeys.personas, name, event=BOUGHT) if rfm else None
        return Measured(
            trends=trends, rfm=rfm, follows=ws.journeys.follows(name), why=_why(ws, name, trends),
            cohorts=ws.cohorts.table(name=name, count=MONTHS) if rfm else (),
            paths=ws.journeys.paths(name, to=BOUGHT, steps=STEPS, most=PATHS) if rfm else (),
            credits=_credits(ws, name) if rfm else None, personas=personas.result() if personas else None,
            outlook=outlook.result(), cards=ws.predictions.cards(), value=_value(ws, name),
        )  # fmt: skip


def _value(ws: Workspace, lifecycle: str) -> Valued | None:
    if ws.predictions.card("purchases") is None:
        return None
    told = ws.value
    try:
        basis, spread, cohorts = told.basis(lifecycle), told.spread(lifecycle), told.cohorts(lifecycle)
    except UsageError:
        return None
    try:
        saving = told.saving(lifecycle)
    except UsageError:
        saving = None
    try:
        products = told.products(lifecycle).rows
    except UsageError:
        products = ()
    return Valued(
        basis=basis, spread=spread, cohorts=cohorts, saving=saving, unprofitable=told.unprofitable(lifecycle),
        promote=tuple(one for one in products if one.advice == "promote"),
        discontinue=tuple(one for one in products if one.advice == "discontinue"),
    )  # fmt: skip


def _rfm(ws: Workspace, lifecycle: str) -> tuple[RfmCell, ...]:
    try:
        return ws.journeys.rfm(lifecycle, event=BOUGHT)
    except UsageError:
        return ()


def _trends(ws: Workspace, lifecycle: str) -> tuple[KeyTrend, ...]:
    names = ws.targets.key_metrics
    if not names:
        return ()
    judged = [one for one in ws.targets.judged(names, lifecycle=lifecycle) if not one.lacks]
    return key_trends(ws, judged, "month", MONTHS, until=ws.moment(None), lifecycle=lifecycle)


def key_trends(
    ws: Workspace, judged: Sequence[Judged], unit: PeriodUnit, count: int, *, until: int, lifecycle: str
) -> tuple[KeyTrend, ...]:
    """The metrics with their figures of the last `count` periods up to a moment, none from before the log begins."""
    metrics = [ws.metrics.metric(one.name) for one in judged]
    asked = last_periods(ws, unit, count + 1, until=until)
    first = ws.first_event or 0
    known = [place for place, one in enumerate(asked) if place and one.ends > first]
    points = ws.targets.by_metric(metrics, asked[known[0] - 1 :], lifecycle=lifecycle) if known else {}
    return tuple(
        KeyTrend(
            judged=one,
            trend=Trend(
                title=one.title, unit=one.unit, points=points[one.name], pace=None if one.over else one.pace,
                limits=[
                    limits
                    for limits, _ in ws.targets.beside(metric, points[one.name], period=unit, lifecycle=lifecycle)
                ],
            ),
        )
        for one, metric in zip(judged, metrics, strict=True)
        if points and any(point.value is not None for point in points[one.name])
    )  # fmt: skip


def _why(ws: Workspace, lifecycle: str, trends: tuple[KeyTrend, ...]) -> Why | None:
    """Why the key figure whose last whole month was the most unusual changed in it; where that is chance, the first."""
    parted = [one for one in trends if _unusual(one) and adds_up(ws.metrics.metric(one.judged.name))]
    if not parted:
        return None
    found: Why | None = None
    for name in dict.fromkeys([max(parted, key=_unusual).judged.name, parted[0].judged.name]):
        told = ws.why.metric(name, lifecycle=lifecycle)
        if told.breakdowns and told.change:
            found = told
            if not told.within_noise:
                break
    return found


def _unusual(one: KeyTrend) -> float:
    """How large the last whole change is beside those before; 0 where there are too few."""
    whole = [float(point.value) for point in one.trend.points if point.value is not None and not _runs(point)]
    changes = [abs(after - before) for before, after in pairwise(whole)]
    if len(changes) < _CHANGES:
        return 0.0
    usual = median(changes[:-1])
    return changes[-1] / usual if usual else 0.0


def _runs(point: MetricPoint) -> bool:
    return (point.status or "").startswith(RUNNING)


def _credits(ws: Workspace, lifecycle: str) -> Attribution | None:
    found = ws.journeys.attribution(BOUGHT, lifecycle)
    channels = [one for one in found.channels if one.channel is not None and any(one.credits.values())]
    return found if found.conversions and len(channels) > 1 else None


def _outlook(ws: Workspace, lifecycle: str, people: int) -> Outlook | None:
    past = [one for one in last_periods(ws, "month", _PAST + 1, until=ws.moment(None)) if _whole(ws, one)]
    return ws.outlook.expected(lifecycle) if people >= _PEOPLE and len(past) >= _PAST else None


def _whole(ws: Workspace, period: Period) -> bool:
    first = ws.first_event
    return first is not None and period.ends > first and period.ends <= ws.moment(None) + 1

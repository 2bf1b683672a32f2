"""Metrics: the catalogue, each period by period, broken down, explained, and what lies outside the expected.

    found = trend(reader, "orders", lifecycle="classic", unit="month", at=None)     # None: not yet, ask again

Nothing here names anybody but to whoever may see people: breakdowns are by what few values tell of many people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.definition import Metric
from tenure.metrics.figures import RUNNING, MetricPoint
from tenure.metrics.judged import Judged
from tenure.metrics.split import FIRST_TOUCH
from tenure.metrics.status import Status
from tenure.metrics.targets import Limits
from tenure.metrics.why.found import Why
from tenure.metrics.why.persons import adds_up, carried
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import later, soon
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.alerts import Alert
from tenure.workspace.metrics import CatalogueEntry

CATEGORY = "category"
PERSONA = "persona"
MOST_PARTS = 24
# a trait tells of groups where it has few values, each of which many people have
_MOST_VALUES, _EACH = 30, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A key metric in a period, and what it was in the periods up to it."""

    judged: Judged
    points: tuple[MetricPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trended:
    """A metric period by period, the target and status of each, and how the last one stands."""

    metric: Metric
    points: tuple[MetricPoint, ...]
    beside: tuple[tuple[Limits | None, Status | None], ...]
    judged: Judged

    @property
    def lacks(self) -> str:
        """What there are no figures for; empty where there are some."""
        return next((one.status or "" for one in self.points if (one.status or "").startswith("no data")), "")

    @property
    def whole(self) -> MetricPoint | None:
        """The last period that is over."""
        return next((one for one in reversed(self.points) if not (one.status or "").startswith(RUNNING)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One part of a breakdown (None: it is not known), period by period."""

    part: str | None
    points: tuple[MetricPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A metric by parts, the largest in the last period first; `left` further ones are not told."""

    by: str
    periods: tuple[str, ...]
    rows: tuple[PartRow, ...]
    left: int


def metric(name: str) -> Metric | None:
    """The metric of that name; None where there is none."""
    return holding.workspace().metrics.all.get(name)


def catalogue(reader: Reader) -> tuple[CatalogueEntry, ...]:
    """Every metric, and what this workspace lacks for it."""
    require(reader, Right.FIGURES)
    return soon(_catalogue)


def key_figures(reader: Reader, lifecycle: str, unit: PeriodUnit, at: str | None) -> tuple[KeyFigure, ...] | None:
    """The key metrics in the period with a moment (None: now); None while they are worked out."""
    require(reader, Right.FIGURES)
    return later(_key_figures, lifecycle, unit, at)


def trend(reader: Reader, name: str, lifecycle: str | None, unit: PeriodUnit, at: str | None) -> Trended | None:
    """A metric in the periods up to the one with a moment (None: now); None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(kept_trend, name, lifecycle, unit, at)


def splits(reader: Reader, name: str) -> tuple[str, ...]:
    """By what a metric is broken down: the first touch, what its events say, and traits of few values."""
    require(reader, Right.FIGURES)
    own = (CATEGORY,) if carried(holding.workspace().metrics.metric(name), CATEGORY) else ()
    return (*FIRST_TOUCH, *own, *(one for one in group_traits() if one not in (*FIRST_TOUCH, *own)))


def split(
    reader: Reader, name: str, by: str, lifecycle: str | None, unit: PeriodUnit, at: str | None
) -> Split | None:  # fmt: skip
    """A metric by parts; None while it is worked out. Raises UsageError for what it is not broken down by."""
    from tenure.errors import UsageError

    known = splits(reader, name)
    if by not in known:
        raise UsageError(f"There is no breakdown by {by[:60]!r}.", hint=f"There are: {', '.join(known)}.")
    return later(_split, name, by, lifecycle, unit, at)


def why(
    reader: Reader, name: str, lifecycle: str | None, unit: PeriodUnit, since: str | None, until: str | None,
    *, personas: bool = False,
) -> Why | None:  # fmt: skip
    """Why a metric changed; None while it is worked out. The people behind it only for whoever may see people."""
    require(reader, Right.FIGURES)
    # what does not exist is told before anything is begun
    ws = holding.workspace()
    ws.metrics.metric(name)
    ws.why.periods(since, until, unit)
    found = later(kept_why, name, lifecycle, unit, since, until, personas)
    return found if found is None or reader.may(Right.PEOPLE) else replace(found, behind=None)


def has_people(name: str) -> bool:
    """Whether the parts of a change have people who can be listed."""
    return adds_up(holding.workspace().metrics.metric(name))


def alerts(reader: Reader, unit: PeriodUnit) -> tuple[Alert, ...] | None:
    """What lies outside its band in the last whole period; None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_alerts, unit)


def sql(reader: Reader, name: str, lifecycle: str | None, unit: PeriodUnit) -> str:
    """The query of a metric, readable; it names nobody."""
    require(reader, Right.FIGURES)
    return holding.workspace().metrics.sql(name, period=unit, lifecycle=lifecycle)


@kept(4)
def group_traits() -> tuple[str, ...]:
    """The traits that tell of groups and never of somebody: few values, each of many people."""
    roster = holding.workspace().roster
    found = []
    for name in roster.traits():
        values = roster.values(name)
        if 2 <= len(values) <= _MOST_VALUES and sum(people for _, people in values) >= _EACH * len(values):
            found.append(name)
    return tuple(found)


@kept(4)
def _catalogue() -> tuple[CatalogueEntry, ...]:
    return holding.workspace().metrics.catalogue()


@kept(24)
def _key_figures(lifecycle: str, unit: PeriodUnit, at: str | None) -> tuple[KeyFigure, ...]:
    ws = holding.workspace()
    names = ws.targets.key_metrics
    judged = ws.targets.judged(names, period=unit, at=at, lifecycle=lifecycle)
    points = _by_name(ws.metrics.points(names, period=unit, until=at, lifecycle=lifecycle))
    return tuple(KeyFigure(judged=one, points=points.get(one.name, ())) for one in judged)


@kept(128)
def kept_trend(name: str, lifecycle: str | None, unit: PeriodUnit, at: str | None) -> Trended:
    """A metric period by period; figures that everybody may see."""
    ws = holding.workspace()
    chosen = ws.metrics.metric(name)
    points = ws.metrics.points([name], period=unit, until=at, lifecycle=lifecycle)
    (judged,) = ws.targets.judged([name], period=unit, at=at, lifecycle=lifecycle)
    beside = ws.targets.beside(chosen, points, period=unit, lifecycle=lifecycle)
    return Trended(metric=chosen, points=points, beside=beside, judged=judged)


@kept(64)
def _split(name: str, by: str, lifecycle: str | None, unit: PeriodUnit, at: str | None) -> Split:
    points = holding.workspace().metrics.points([name], period=unit, until=at, by=by, lifecycle=lifecycle)
    rows: dict[str | None, list[MetricPoint]] = {}
    for one in points:
        rows.setdefault(one.part, []).append(one)
    told = [PartRow(part=part, points=tuple(mine)) for part, mine in rows.items()]
    told.sort(key=lambda one: (one.part is None, -(_size(one.points)), one.part or ""))
    periods = tuple(dict.fromkeys(one.period for one in points))
    return Split(by=by, periods=periods, rows=tuple(told[:MOST_PARTS]), left=max(len(told) - MOST_PARTS, 0))


@kept(48)
def kept_why(
    name: str, lifecycle: str | None, unit: PeriodUnit, since: str | None, until: str | None, personas: bool
) -> Why:
    """Why a metric changed, with the people behind it: for whoever may see them."""
    return holding.workspace().why.metric(
        name, since=since, until=until, period=unit, lifecycle=lifecycle, personas=personas
    )


@kept(8)
def _alerts(unit: PeriodUnit) -> tuple[Alert, ...]:
    return holding.workspace().targets.alerts(period=unit)


def _size(points: Sequence[MetricPoint]) -> Decimal:
    """By what parts are put in order: what the last figures rest on, or say."""
    return sum((Decimal(one.n) if one.n is not None else abs(one.value or Decimal(0)) for one in points), Decimal(0))


def _by_name(points: Sequence[MetricPoint]) -> dict[str, tuple[MetricPoint, ...]]:
    found: dict[str, list[MetricPoint]] = {}
    for one in points:
        found.setdefault(one.metric, []).append(one)
    return {name: tuple(mine) for name, mine in found.items()}

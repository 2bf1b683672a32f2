"""The figures of a report to the board: one period beside its target, the period before, and a year before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.moves.findings import Finding
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.definition import Metric
from tenure.metrics.figures import MetricPoint
from tenure.metrics.judged import Judged
from tenure.report.measured import KeyTrend, key_trends
from tenure.wording import Money, day
from tenure.workspace import Workspace
from tenure.workspace.actions import ActionResult, done_and_lift
from tenure.workspace.calendar import all_periods, named_period
from tenure.workspace.timeline import Noted

FINDINGS = 3
# so many periods show where each key figure comes from
TRENDS = 8
# how many periods make a year; whole years are compared with the year before
_YEAR: Mapping[PeriodUnit, int] = {"week": 52, "month": 12, "quarter": 4, "year": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A metric in the period, its target, and what it was in the period before and a year before (None: not told)."""

    judged: Judged
    metric: Metric
    year_before: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a report to the board tells; `known_at` (microseconds UTC) is when its last event was received."""

    workspace: str
    currency: str | None
    zone: ZoneInfo
    lifecycle: Lifecycle
    period: Period
    unit: PeriodUnit
    known_at: int
    as_of: int
    figures: tuple[KeyFigure, ...]
    stages: tuple[StagePeriod, ...]
    findings: tuple[Finding, ...]
    comments: str
    trends: tuple[KeyTrend, ...] = ()
    actions: tuple[ActionResult, ...] = ()
    notes: tuple[Noted, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the period goes on."""
        return self.period.ends > self.as_of + 1


def board(ws: Workspace, name: str | None = None, *, lifecycle: str | None = None, comments: str = "") -> Board:
    """The figures of a period (2011-Q3, 2011-09, 2011-W36, 2011; default: the last whole quarter) for the board.

    `comments` is Markdown. Raises UsageError where the data has no such period.
    """
    unit, asked = _period(ws, name)
    config = ws.definitions.config
    chosen = ws.lifecycle(lifecycle)
    now = ws.moves.scope(chosen.name).now
    at = day(asked.begins, ws.zone)
    judged = [
        one for one in ws.targets.judged(period=unit, at=at, lifecycle=chosen.name, every=False) if not one.lacks
    ]  # fmt: skip
    earlier = _year_before(ws, [one.name for one in judged], unit, asked, chosen.name)
    money = Money(config.currency, [Decimal(1_000_000)])
    trends = key_trends(ws, judged, unit, TRENDS, until=min(asked.ends - 1, now), lifecycle=chosen.name)
    points = max((one.trend.points for one in trends), key=len, default=())
    return Board(
        workspace=config.name, currency=config.currency, zone=ws.zone, lifecycle=chosen, period=asked, unit=unit,
        known_at=ws.received_until or now, as_of=now,
        figures=tuple(
            KeyFigure(judged=one, metric=ws.metrics.metric(one.name), year_before=earlier.get(one.name))
            for one in judged
        ),
        stages=tuple(
            row
            for row in ws.moves.over_time(chosen.name, unit=unit, since=at, until=day(asked.ends - 1, ws.zone))
            if row.period.name == asked.name
        ),
        findings=ws.moves.findings(chosen.name, most=FINDINGS, money=money, day=partial(day, zone=ws.zone)),
        comments=comments,
        trends=trends,
        notes=ws.timeline.notes([(one.period, one.start) for one in points], until=min(asked.ends, now + 1)),
        actions=done_and_lift(ws, asked),
    )  # fmt: skip


def _period(ws: Workspace, name: str | None) -> tuple[PeriodUnit, Period]:
    now = ws.refreshed_as_of or ws.as_of
    since = ws.first_event or now
    if name is None:
        quarters = all_periods(ws, "quarter", since=since, until=now)
        whole = [one for one in quarters if one.ends <= now + 1]
        return "quarter", (whole or list(quarters))[-1]
    unit, period = named_period(ws, name)
    if unit not in _YEAR:
        raise UsageError("A day is too short for a report.", hint="Name a week, a month, a quarter or a year.")
    if period.begins > now or period.ends <= since:
        raise UsageError(
            f"The data has no period {name!r}; it goes from {day(since, ws.zone)} to {day(now, ws.zone)}.",
            hint="Name one within it.",
        )
    return unit, period


def _year_before(
    ws: Workspace, names: Sequence[str], unit: PeriodUnit, asked: Period, lifecycle: str
) -> dict[str, Decimal | None]:
    """The figures of the same period of the year before, where the data reaches back so far."""
    since = ws.first_event or asked.begins
    found = all_periods(ws, unit, since=since, until=asked.begins)
    back = _YEAR[unit]
    # the first period is seldom whole, so it compares with nothing
    if len(found) <= back + 1 or not names:
        return {}
    then = found[-1 - back]
    told: tuple[MetricPoint, ...] = ws.metrics.points(
        names, period=unit, since=then.start.isoformat(), until=then.start.isoformat(), lifecycle=lifecycle
    )
    return {one.metric: one.value for one in told}


def frozen(told: Board) -> dict[str, object]:
    """The figures as plain data, to be kept beside the report: what was known when it was made."""
    return {
        "workspace": told.workspace,
        "lifecycle": told.lifecycle.name,
        "definition": told.lifecycle.id,
        "period": told.period.name,
        "known_at": told.known_at,
        "as_of": told.as_of,
        "figures": [
            {
                "metric": one.judged.name,
                "value": _text(one.judged.value),
                "numerator": _text(one.judged.numerator),
                "denominator": _text(one.judged.denominator),
                "n": one.judged.n,
                "previous": _text(one.judged.previous),
                "year_before": _text(one.year_before),
                "status": one.judged.status,
            }
            for one in told.figures
        ],
        "stages": [
            {
                "stage": row.stage,
                "people": row.people,
                "entries": row.entries,
                "exits": row.exits,
                "money": _text(row.money),
            }
            for row in told.stages
        ],
        "findings": [one.sentence for one in told.findings],
        "actions": [
            {
                "action": one.action.id,
                "treated": one.lift.treated.people,
                "held_out": one.lift.held_out.people,
                "difference": one.lift.difference,
                "low": one.lift.low,
                "high": one.lift.high,
                "verdict": one.verdict,
            }
            for one in told.actions
        ],
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"

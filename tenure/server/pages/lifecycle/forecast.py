"""Who moves next, and where will everybody be? Moves that time alone brings, and the outlook on the periods to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format

from tenure import charts
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import day_of, midnight
from tenure.server import holding
from tenure.server.access.notes import notes_of
from tenure.server.access.stages import DueTo, due, due_by_day
from tenure.server.access.standing import Coming, coming
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle.addresses import listed, people_in, stage_page
from tenure.server.pages.lifecycle.overview import chosen_lifecycle, unit_of
from tenure.server.pages.lifecycle.parts import known_lifecycle, working
from tenure.server.pages.lifecycle.pictures import ahead_picture, column, coming_picture, errors_picture, noun_of
from tenure.server.pages.page import page
from tenure.server.spoken import period
from tenure.server.words import whole
from tenure.workspace.timeline import Noted

WINDOWS = (7, 30, 90)
_BY_WEEK = 31  # days, beyond which a column is a week
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A move from a stage to another, how many make it within the days shown, and the list of them."""

    move: DueTo
    people: int
    link: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A day (or week) to come: what it is called, how many move in it, and the list of them."""

    name: str
    people: int
    link: str


@page(Right.FIGURES)
def forecast(request: HttpRequest) -> HttpResponse:
    """The page."""
    ws = holding.workspace()
    lifecycle = chosen_lifecycle(request)
    if not lifecycle or ws.refreshed_as_of is None or ws.first_event is None:
        return render(request, "lifecycle/empty.html", {"sources": ws.definitions.config.sources})
    days = days_of(request)
    moves = [
        Due(
            move=one, people=one.people[-1][1], stage=stage_page(lifecycle, one.stage),
            link=listed("due", lifecycle, stages=[one.stage], to=[one.to or "none"], days=days),
        )
        for one in due(request.user, lifecycle.name, (days,))
    ]  # fmt: skip
    told = {
        "lifecycle": lifecycle, "lifecycles": [one for one in ws.definitions.lifecycles if not one.segment],
        "days": days, "windows": WINDOWS, "moves": moves, "count": sum(one.people for one in moves),
        "all": listed("due", lifecycle, days=days), "spans": _spans(request, lifecycle, days),
        "by_week": days > _BY_WEEK, "money": column(one.move.money for one in moves),
    }  # fmt: skip
    return render(request, "lifecycle/forecast.html", told)


@page(Right.FIGURES)
def days_chart(request: HttpRequest) -> HttpResponse:
    """The part with the chart of moves by day."""
    lifecycle, days = known_lifecycle(request), days_of(request)
    rows: Counter[tuple[date, str | None]] = Counter()
    first = _first_day()
    for begin, _origin, to, people in due_by_day(request.user, lifecycle.name, days):
        day = day_of(holding.workspace().zone, begin)
        rows[_start(day, first, days), to] += people
    starts = _starts(days)
    found: list[tuple[str, str | None, int]] = []
    for start in starts:
        here = [(date_format(start, "j M"), to, people) for (begins, to), people in rows.items() if begins == start]
        found += here or [(date_format(start, "j M"), None, 0)]
    colours = tuple(charts.stage_colours(lifecycle).items())
    zone = holding.workspace().zone
    last = midnight(zone, starts[-1] + timedelta(days=_length(days)))
    notes = notes_of(request.user, [(date_format(one, "j M"), one) for one in starts], until=last, ahead=True)
    told = {
        "notes": notes,
        "picture": coming_picture(tuple(found), colours, noun_of(lifecycle), notes), "by_week": days > _BY_WEEK,
        "legend": [(stage, charts.stage_colours(lifecycle)[stage.name]) for stage in lifecycle.stages
                   if any(to == stage.name for _, to in rows)],
    }  # fmt: skip
    return render(request, "lifecycle/days.html", told)


@page(Right.FIGURES)
def outlook(request: HttpRequest) -> HttpResponse:
    """The part with the outlook: people by stage in the periods to come, and how good such outlooks were."""
    lifecycle, unit = known_lifecycle(request), unit_of(request)
    found = coming(request.user, lifecycle.name, unit)
    if found is None:
        return working(request)
    told = {"found": found, "lifecycle": lifecycle, "unit": period(unit)}
    if found.outlook is not None:
        shown = [one.period for one in found.past] + [one.period for one in found.outlook.expected]
        periods = list(dict.fromkeys(shown))
        named = [(one.name, one.start) for one in periods]
        notes = notes_of(request.user, named, until=periods[-1].ends, ahead=True)
        told |= _outlook(found, lifecycle, notes) | {"notes": notes}
    return render(request, "lifecycle/outlook.html", told)


def days_of(request: HttpRequest) -> int:
    """How many days ahead are looked at."""
    asked = whole(request.GET, "days")
    return asked if asked in WINDOWS else 30


def _outlook(found: Coming, lifecycle: Lifecycle, notes: tuple[Noted, ...]) -> dict[str, object]:
    assert found.outlook is not None
    told = found.outlook
    stages = {stage.name: stage for stage in lifecycle.stages}
    last = told.expected[-1].period
    past = tuple(one for one in found.past if one.stage in stages)
    tested = {one.stage: one.people for one in told.backtest.stages} if told.backtest else {}
    return {
        "last": last,
        "picture": ahead_picture(past, tuple(one for one in told.expected if one.stage), lifecycle, notes),
        "errors": errors_picture(told.backtest, lifecycle) if told.backtest else None,
        "rows": [
            (
                stages[one.stage], told.now[one.stage], people_in(lifecycle, one.stage), one,
                found.targets.get(one.stage),
            )
            for one in told.expected
            if one.period == last and one.stage is not None
        ],
        "off": _percent(told.backtest.people.wape(told.backtest.people.outlook)) if told.backtest else "",
        "off_last": _percent(told.backtest.people.wape(told.backtest.people.last)) if told.backtest else "",
        "error_rows": [
            (stages[name], *(_percent(one.wape(error)) for error in (one.outlook, one.last, one.season)), one.best)
            for name, one in tested.items()
            if name is not None and one.actual
        ],
        "money": column(Decimal(f"{one.money:.2f}") for one in found.levers),
        "levers": [(one, stages[one.stage]) for one in found.levers],
        "needed": [
            (one, stages[one.stage], [(stages[way.stage] if way.stage else None, way) for way in one.ways])
            for one in found.needed
        ],
    }  # fmt: skip


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.1f} %"


def _spans(request: HttpRequest, lifecycle: Lifecycle, days: int) -> list[Span]:
    counted: Counter[date] = Counter()
    first = _first_day()
    for begin, _origin, _to, people in due_by_day(request.user, lifecycle.name, days):
        counted[_start(day_of(holding.workspace().zone, begin), first, days)] += people
    length = timedelta(days=_length(days))
    return [
        Span(
            name=date_format(start, "j F Y"), people=counted[start],
            link=listed("due", lifecycle, since=start, until=start + length - timedelta(days=1), days=days),
        )
        for start in _starts(days)
        if counted[start]
    ]  # fmt: skip


def _first_day() -> date:
    """The first day on which something may still happen."""
    ws = holding.workspace()
    return day_of(ws.zone, (ws.refreshed_as_of or ws.as_of) + 1)


def _start(day: date, first: date, days: int) -> date:
    """The first day of the column that a day belongs to."""
    length = _length(days)
    return first + timedelta(days=(day - first).days // length * length)


def _starts(days: int) -> list[date]:
    """The first days of all columns."""
    ws = holding.workspace()
    first, last = _first_day(), day_of(ws.zone, (ws.refreshed_as_of or ws.as_of) + days * DAY)
    step = _length(days)
    return [first + timedelta(days=ahead) for ahead in range(0, (last - first).days + 1, step)]


def _length(days: int) -> int:
    """How many days a column is of."""
    return _WEEK if days > _BY_WEEK else 1

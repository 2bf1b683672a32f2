"""A stage: who was there, who comes and leaves, who is about to, what it means and what is done for it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tenure import charts
from tenure.errors import TenureError
from tenure.expressions import in_words
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.server import holding
from tenure.server.access.lifecycle import chosen_period, last_day, over_time
from tenure.server.access.moving import Listed, listed
from tenure.server.access.notes import notes_of
from tenure.server.access.sheets import Sheet, sheet_file, sheet_of, write
from tenure.server.access.stages import PERIODS, DueTo, found_stage
from tenure.server.access.stages import stage as found_in
from tenure.server.access.standing import scorecard, stays
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle import addresses
from tenure.server.pages.lifecycle.overview import (
    flow_link,
    moved_on_link,
    period_of,
    switches,
    unit_of,
    why_empty,
)
from tenure.server.pages.lifecycle.parts import at_of, working
from tenure.server.pages.lifecycle.pictures import column, noun_of, stage_pictures, staying_picture
from tenure.server.pages.page import page
from tenure.server.spoken import period

SHOWN = 10
_SOON = 30


@page(Right.FIGURES)
def stage(request: HttpRequest, lifecycle: str, name: str) -> HttpResponse:
    """The page."""
    defined, asked = _asked(lifecycle, name)
    found = found_in(request.user, lifecycle, name, unit=unit_of(request), period=period_of(request))
    chosen, whole = found.whole.chosen, found.whole
    within = {"since": chosen.since, "until": chosen.until}
    told = {
        "found": found, "row": found.row, "whole": whole, "stage": asked, "lifecycle": defined, "chosen": chosen,
        "colour": charts.stage_colours(defined)[name], "here": addresses.people_in(defined, name),
        "came": addresses.listed("moved", defined, to=[name], **within),
        "left": addresses.listed("moved", defined, stages=[name], **within),
        "on": moved_on_link(defined, name, chosen),
        "periods": [
            (
                one, addresses.listed("stage", defined, stages=[name], until=_until(one)),
                addresses.listed("moved", defined, to=[name], **_within(one)),
                addresses.listed("moved", defined, stages=[name], **_within(one)),
            )
            for one in reversed(found.over_time)
        ],
        "came_from": [(flow, flow_link(defined, chosen, flow)) for flow in found.came_from],
        "went_to": [(flow, flow_link(defined, chosen, flow)) for flow in found.went_to],
        "due": [_due(defined, one) for one in found.due], "due_days": [days for days, _people in _days(found.due)],
        "due_link": addresses.listed("due", defined, stages=[name], days=_SOON), "soon": _SOON,
        "due_money": column(one.money for one in found.due),
        "why_empty": "" if found.row.people else why_empty(found.row),
        "condition": in_words(asked.when) if asked.when is not None else "", "sheet": sheet_of(asked),
        "may_define": request.user.may(Right.DEFINE) and not defined.segment,
        "stages": [(one, addresses.stage_page(defined, one.name)) for one in defined.stages],
        "act": _act(request, defined, name), "may_export": request.user.may(Right.EXPORT),
    }  # fmt: skip
    if request.user.may(Right.PEOPLE) and found.due:
        due = Listed(what="due", lifecycle=lifecycle, stages=(name,), days=_SOON)
        first = listed(request.user, due, limit=SHOWN)
        rows = [(one, addresses.page_of(defined, one.person.id)) for one in first.rows]
        told |= {"first": rows, "due_count": first.count, "first_money": column(one.money for one in first.rows)}
    return render(request, "lifecycle/stage.html", told | switches(request, defined, chosen) | {"measures": ()})


@page(Right.FIGURES)
def pictures(request: HttpRequest, lifecycle: str, name: str) -> HttpResponse:
    """The part with the charts."""
    defined, asked = _asked(lifecycle, name)
    unit = unit_of(request)
    rows = tuple(one for one in over_time(request.user, lifecycle, unit=unit, count=PERIODS[unit]) if one.stage == name)
    periods = [(one.period.name, one.period.start) for one in rows]
    notes = notes_of(request.user, periods, until=rows[-1].period.ends if rows else None)
    people, moves = stage_pictures(rows, name, charts.stage_colours(defined)[name], noun_of(defined), notes)
    told = {"people": people, "moves": moves, "stage": asked, "unit": period(unit), "notes": notes}
    return render(request, "lifecycle/charts.html", told)


@page(Right.FIGURES)
def staying(request: HttpRequest, lifecycle: str, name: str) -> HttpResponse:
    """The part that tells how long people stay."""
    defined, asked = _asked(lifecycle, name)
    found = stays(request.user, lifecycle)
    if found is None:
        return working(request)
    times = next(one for one in found.times if one.stage == name)
    stuck = next(one for one in found.stuck if one.stage == name)
    told = {
        "times": times, "stuck": stuck, "stage": asked, "lifecycle": defined,
        "stuck_link": addresses.listed("stuck", defined, stages=[name]),
        "picture": staying_picture(times, charts.stage_colours(defined)[name]) if times.visits else None,
    }  # fmt: skip
    return render(request, "lifecycle/staying.html", told)


@page(Right.FIGURES)
def measured(request: HttpRequest, lifecycle: str, name: str) -> HttpResponse:
    """The part with the stage's figures and metrics, their targets and pace."""
    defined, asked = _asked(lifecycle, name)
    chosen = chosen_period(unit_of(request), period_of(request))
    card = scorecard(request.user, lifecycle, chosen.unit, at_of(chosen))
    if card is None:
        return working(request)
    own = next(one for one in card.stages if one.stage.name == name)
    told = {
        "figures": list(own.figures.values()), "metrics": [one for one in own.metrics if not one.lacks],
        "lacking": [one for one in own.metrics if one.lacks], "card": card, "stage": asked, "lifecycle": defined,
    }  # fmt: skip
    return render(request, "lifecycle/measured.html", told)


@page(Right.DEFINE)
def sheet(request: HttpRequest, lifecycle: str, name: str) -> HttpResponse:
    """The stage sheet as a form; a POST writes it into the lifecycle's file."""
    defined, asked = _asked(lifecycle, name)
    file = sheet_file(request.user, defined)
    shown, base, problem = sheet_of(asked), file.base, None
    if request.method == "POST":
        shown, base = _sheet(request), request.POST.get("base", "")[:64]
        try:
            write(request.user, defined, asked, shown, base=base, address=request.META.get("REMOTE_ADDR"))
        except TenureError as error:
            problem = error
        else:
            messages.success(request, _("The stage sheet is kept, in %(file)s.") % {"file": file.file})
            return redirect(addresses.stage_page(defined, name))
    told = {
        "stage": asked, "lifecycle": defined, "sheet": shown, "file": file, "base": base, "problem": problem,
        "metrics": sorted(holding.workspace().metrics.all),
    }  # fmt: skip
    return render(request, "lifecycle/sheet.html", told, status=400 if problem else 200)


def _asked(lifecycle: str, name: str) -> tuple[Lifecycle, Stage]:
    found = found_stage(lifecycle, name)
    if found is None:
        raise Http404(f"{lifecycle}/{name}")
    return found


def _sheet(request: HttpRequest) -> Sheet:
    def line(name: str) -> str:
        return " ".join(request.POST.get(name, "").split())

    def lines(name: str) -> tuple[str, ...]:
        told = (" ".join(one.split()) for one in request.POST.get(name, "").splitlines())
        return tuple(one for one in told if one)

    return Sheet(
        title=line("title"), means=line("means"), needs=lines("needs"), processes=lines("processes"),
        owner=line("owner"), metrics=tuple(request.POST.get("metrics", "").replace(",", " ").split()),
    )  # fmt: skip


def _until(one: StagePeriod) -> str | None:
    """The last day of a period; None where it is not over, so that the list is that of now."""
    return last_day(one.period) if one.complete else None


def _within(one: StagePeriod) -> dict[str, str]:
    """The first and the last day of a period, as lists of moves are asked for."""
    return {"since": one.period.start.isoformat(), "until": last_day(one.period)}


def _due(lifecycle: Lifecycle, one: DueTo) -> tuple[DueTo, list[tuple[int, str]]]:
    to = [one.to or "none"]
    return one, [
        (people, addresses.listed("due", lifecycle, stages=[one.stage], to=to, days=days))
        for days, people in one.people
    ]


def _days(due: tuple[DueTo, ...]) -> tuple[tuple[int, int], ...]:
    return due[0].people if due else ()


def _act(request: HttpRequest, lifecycle: Lifecycle, name: str) -> str:
    """Where these people are made into an action; empty where the reader may not, or there are no such pages."""
    if not request.user.may(Right.ACT) or lifecycle.unit != addresses.CUSTOMER:
        return ""
    return addresses.people_in(lifecycle, name)

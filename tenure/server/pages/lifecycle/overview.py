"""Where is everybody? The lifecycle drawn: people and money by stage, who moved in a period, and who is about to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenure import charts
from tenure.expressions import in_words
from tenure.lifecycle.definition import Lifecycle
from tenure.server import holding
from tenure.server.access.lifecycle import SOON, UNITS, Chosen, FlowRow, Overview, StageRow, Unit, week
from tenure.server.access.lifecycle import overview as found_in
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle.addresses import listed, people_in, stage_page
from tenure.server.pages.lifecycle.drawing import NARROW, WIDE, Drawing, Size, drawing
from tenure.server.pages.lifecycle.pictures import column, noun_of
from tenure.server.pages.lifecycle.said import sentences
from tenure.server.pages.page import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A stage as the map shows it: its figures and, for whoever may see people, the lists behind them."""

    row: StageRow
    colour: str
    amount: Decimal
    of: Decimal
    link: str
    here: str
    came: str
    left: str
    on: str
    due: tuple[tuple[int, int, str], ...]
    why_empty: str


@page(Right.FIGURES)
def overview(request: HttpRequest) -> HttpResponse:
    """The page."""
    ws = holding.workspace()
    lifecycle = chosen_lifecycle(request)
    if not lifecycle or ws.refreshed_as_of is None or ws.first_event is None:
        return render(request, "lifecycle/empty.html", {"sources": ws.definitions.config.sources})
    unit, money = unit_of(request), request.GET.get("show") == "money"
    found = found_in(request.user, lifecycle=lifecycle.name, unit=unit, period=period_of(request))
    lines = [_line(found, row, money=money) for row in found.stages]
    told = {
        "found": found, "lifecycle": lifecycle, "chosen": found.chosen, "money": money, "soon": SOON,
        "journey": [line for line in lines if not line.row.stage.side],
        "beside": [line for line in lines if line.row.stage.side], "maps": _maps(found, money=money),
        "colours": charts.stage_colours(lifecycle), "titles": {stage.name: stage.title for stage in lifecycle.stages},
        "flows": [(flow, flow_link(found.lifecycle, found.chosen, flow)) for flow in found.flows],
        "sentences": sentences(week(request.user, lifecycle.name), found), "outside": people_in(lifecycle, None),
        "column": column(row.money for row in found.stages), "noun": noun_of(lifecycle),
        "excluded": ws.excluded, "money_words": ws.money_words,
    }  # fmt: skip
    return render(request, "lifecycle/overview.html", told | switches(request, lifecycle, found.chosen))


def chosen_lifecycle(request: HttpRequest) -> Lifecycle | None:
    """The lifecycle of the address, by default the first; None where the workspace has none."""
    ws = holding.workspace()
    if not ws.definitions.lifecycles:
        return None
    name = request.GET.get("lifecycle") or None
    if name is not None and ws.definitions.lifecycle(name) is None:
        raise Http404(name)
    return ws.lifecycle(name)


def unit_of(request: HttpRequest) -> Unit:
    """The kind of period of the address."""
    asked = request.GET.get("by", "month")
    return next((unit for unit in UNITS if unit == asked), "month")


def period_of(request: HttpRequest) -> str | None:
    """The name of the period of the address."""
    return request.GET.get("period", "")[:20] or None


def switches(request: HttpRequest, lifecycle: Lifecycle, chosen: Chosen) -> dict[str, Any]:
    """What the switches of lifecycle, period and measure lead to."""
    ws = holding.workspace()
    kept = {name: request.GET[name] for name in ("lifecycle", "show") if request.GET.get(name)}
    same = kept | {"by": chosen.unit} | ({"period": request.GET["period"]} if request.GET.get("period") else {})
    measures = (("people", _("People")), ("money", _("Money")))
    return {
        "lifecycles": [
            (one, urlencode(same | {"lifecycle": one.name})) for one in ws.definitions.lifecycles if not one.segment
        ],
        "units": [(unit, unit_title(unit), urlencode(kept | {"by": unit})) for unit in UNITS],
        "measures": [(name, title, urlencode(same | {"show": name})) for name, title in measures],
        "earlier": urlencode(kept | {"by": chosen.unit, "period": chosen.before}) if chosen.before else "",
        "later": urlencode(kept | {"by": chosen.unit, "period": chosen.after}) if chosen.after else "",
        "period_title": period_title(chosen),
    }  # fmt: skip


def unit_title(unit: Unit) -> str:
    """What a kind of period is called."""
    return {"week": _("Week"), "month": _("Month"), "quarter": _("Quarter")}[unit]


def period_title(chosen: Chosen) -> str:
    """The period as people call it: `May 2025`, `the week from 5 May 2025`, `2025-Q2`; `so far` while it runs."""
    start = chosen.period.start
    match chosen.unit:
        case "month":
            title = date_format(start, "F Y")
        case "week":
            title = _("the week from %(day)s") % {"day": date_format(start, "j F Y")}
        case _:
            title = chosen.period.name
    return _("%(period)s so far") % {"period": title} if chosen.running else title


def flow_link(lifecycle: Lifecycle, chosen: Chosen, flow: FlowRow) -> str:
    """The list of the moves of a flow."""
    origin = "new" if flow.new else flow.stage or "none"
    return listed("moved", lifecycle, stages=[origin], to=[flow.to or "none"], since=chosen.since, until=chosen.until)


def _line(found: Overview, row: StageRow, *, money: bool) -> Line:
    lifecycle, name, chosen = found.lifecycle, row.stage.name, found.chosen
    within = {"since": chosen.since, "until": chosen.until}
    return Line(
        row=row, colour=charts.stage_colours(lifecycle)[name], amount=row.money if money else Decimal(row.people),
        of=found.money if money else Decimal(found.people), link=stage_page(lifecycle, name),
        here=people_in(lifecycle, name), came=listed("moved", lifecycle, to=[name], **within),
        left=listed("moved", lifecycle, stages=[name], **within),
        on=moved_on_link(lifecycle, name, chosen),
        due=tuple((days, row.due[days], listed("due", lifecycle, stages=[name], days=days)) for days in SOON),
        why_empty="" if row.people else why_empty(row),
    )  # fmt: skip


def moved_on_link(lifecycle: Lifecycle, stage: str, chosen: Chosen) -> str:
    """The list of the moves from a stage to every later one of the journey."""
    main = [one.name for one in lifecycle.stages if not one.side and not one.otherwise]
    later = main[main.index(stage) + 1 :] if stage in main else []
    return listed("moved", lifecycle, stages=[stage], to=later, since=chosen.since, until=chosen.until)


def why_empty(row: StageRow) -> str:
    """Why nobody is in a stage: what would fill it, or its condition in words."""
    if not row.possible and row.lacking:
        needed = "; ".join(_needed(one.name, one.events, one.sources) for one in row.lacking)
        return _("Nothing here can fill it yet. It takes %(needed)s.") % {"needed": needed}
    if row.stage.when is not None:
        return _("Nobody meets its condition now: %(when)s.") % {"when": in_words(row.stage.when)}
    return _("Nobody is here now.")


def _needed(name: str, events: tuple[str, ...], sources: tuple[str, ...]) -> str:
    if not events:
        return name
    listed_events = " / ".join(events)
    if not sources:
        return listed_events
    return _("%(events)s (from %(sources)s)") % {"events": listed_events, "sources": ", ".join(sources)}


def _maps(found: Overview, *, money: bool) -> list[tuple[str, Drawing, dict[FlowRow, str]]]:
    """The picture for wide and for narrow screens, and the list behind each line of it."""
    links = {flow: flow_link(found.lifecycle, found.chosen, flow) for flow in found.flows}
    return [(word, _drawn(found, size, money=money), links) for word, size in (("wide", WIDE), ("narrow", NARROW))]


def _drawn(found: Overview, size: Size, *, money: bool) -> Drawing:
    rows = found.stages
    return drawing(
        [row.stage.name for row in rows if not row.stage.side], [row.stage.name for row in rows if row.stage.side],
        {row.stage.name: float(row.money) if money else float(row.people) for row in rows}, found.flows, size,
    )  # fmt: skip

"""Who is behind that? The people of a figure of cohorts, journeys, RFM, personas, paths, or of a part of a change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenure.metrics.journeys.paths import MOST_STEPS
from tenure.server import holding
from tenure.server.access.figures_people import Behind, behind, behind_table
from tenure.server.access.people import PAGE
from tenure.server.accounts.audit import record
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import is_part, lifecycle_of
from tenure.server.pages.figures.cohorts import COUNT
from tenure.server.pages.figures.rfm_names import rfm_name
from tenure.server.pages.figures.value import KINDS as COSTS
from tenure.server.pages.lifecycle.addresses import act_on, page_of
from tenure.server.pages.page import page
from tenure.server.pages.taken import csv_file
from tenure.server.words import offset_of, whole, with_query
from tenure.wording import Money, moment, number

KINDS = ("rfm", "persona", "follow", "path", "cohort", "part", "value")
BACK = {
    "rfm": "journeys", "persona": "journeys", "follow": "journeys", "path": "journeys", "cohort": "cohorts",
    "part": "metrics", "value": "value",
}  # fmt: skip
_MONEY = ("money", "value", "value_low", "value_high", "at_stake", "net", "cost", "of_it", "cut_to")
_SHARES = ("p_churn", "break_even_margin", "price_rise")
_TIMES = ("last_at", "happened_at", "next_at", "began")


@page(Right.PEOPLE)
def people(request: HttpRequest, what: str) -> HttpResponse:
    """The list; what htmx asks for is only more of its rows, and `as=csv` is all of it to be taken out."""
    if what not in KINDS:
        raise Http404(what)
    asked = asked_in(request.GET, what)
    if request.GET.get("as") == "csv":
        return _csv(request, asked)
    offset, title = offset_of(request.GET), title_of(asked)
    found = behind(request.user, asked, offset=offset)
    told: dict[str, Any] = {
        "found": found, "asked": asked, "title": title, "back": _back(asked),
        "lifecycle": lifecycle_of(request), "times": asked.what == "follow", "again": request.get_full_path(),
        "may_export": request.user.may(Right.EXPORT), "act": act_on(request, lifecycle_of(request)),
        "csv_query": with_query(request.GET, **{"as": "csv"}),
    }  # fmt: skip
    if found is not None:
        told |= {
            "columns": [(_heading(name), name not in _TIMES and not _is_word(name)) for name in found.columns],
            "rows": [
                (row, page_of(found.lifecycle, row.person.id),
                 [(_cell(name, row.told[name]), name not in _TIMES and not _is_word(name)) for name in found.columns])
                for row in found.rows
            ],
            "next_query": with_query(request.GET, offset=offset + PAGE) if found.more else "",
        }  # fmt: skip
        if offset and is_part(request):
            return render(request, "figures/people_rows.html", told)
    return render(request, "figures/people.html", told)


def asked_in(get: QueryDict, what: str) -> Behind:
    """The figure that an address asks about. Raises Http404 for a lifecycle that does not exist."""
    lifecycle = holding.workspace().lifecycle(get.get("lifecycle") or None)
    told = {name: get.get(name, "")[:200] for name in ("cell", "first", "then", "counted", "by", "metric")}
    return Behind(
        what=what, lifecycle=lifecycle.name, days=whole(get, "days", most=3650) or None,  # type: ignore[arg-type]
        k=whole(get, "k", most=20), stage=get.get("stage", "")[:64] or None,
        segment=get.get("segment", "")[:64] or None,
        steps=tuple(one[:200] for one in get.getlist("step")[:MOST_STEPS]), to=get.get("to", "")[:150],
        start=get.get("from", "")[:150], walked=get.get("walked") == "1",
        age=whole(get, "age", most=1000), unit=next((one for one in COUNT if one == get.get("unit")), "month"), **told,
    )  # fmt: skip


def _csv(request: HttpRequest, asked: Behind) -> HttpResponseBase:
    table = behind_table(request.user, asked)
    if table is None:
        # it is still being made: the list says so
        return redirect(f"{reverse('figures_people', args=[asked.what])}?{with_query(request.GET, **{'as': None})}")
    record(
        request.user, "took out a list", f"{asked.what}, {table.num_rows:,} rows",
        address=request.META.get("REMOTE_ADDR"), query=request.GET.urlencode()[:500],
    )  # fmt: skip
    return csv_file(table, asked.what)


def title_of(asked: Behind) -> str:
    """The question that the list answers."""
    stages = {one.name: one.title for one in holding.workspace().lifecycle(asked.lifecycle).stages}
    match asked.what:
        case "rfm":
            recency, _dash, much = asked.cell.partition("-")
            if much:
                return _("Who is in field %(recency)s, %(much)s of the RFM map?") % {"recency": recency, "much": much}
            return _("Who is “%(cell)s”?") % {"cell": rfm_name(asked.cell)}
        case "persona":
            return _("Who is in persona %(cell)s?") % {"cell": asked.cell}
        case "follow":
            return _("Who went from %(first)s to %(then)s?") % {"first": asked.first, "then": asked.then}
        case "path":
            return _of_path(asked, stages)
        case "value":
            return _of_value(asked)
        case "cohort" if asked.age is None:
            return _("Who began in %(cohort)s?") % {"cohort": asked.cell}
        case "cohort":
            head, _colon, stage = asked.counted.partition(":")
            done = {
                "kept": _("was a customer"),
                "reached": _("had reached %(stage)s") % {"stage": stages.get(stage, stage)},
            }.get(head, _("bought"))  # fmt: skip
            return _("Who of those of %(cohort)s %(done)s, %(age)s %(unit)ss after?") % {
                "cohort": asked.cell, "done": done, "age": asked.age, "unit": asked.unit,
            }  # fmt: skip
        case _:
            metric = holding.workspace().metrics.all.get(asked.metric)
            if metric is None:
                raise Http404(asked.metric)
            return _("%(metric)s, %(by)s %(part)s: who is it?") % {
                "metric": metric.title, "by": asked.by, "part": stages.get(asked.cell, asked.cell),
            }  # fmt: skip


def _of_path(asked: Behind, stages: Mapping[str, str]) -> str:
    """The question that the list of a path answers."""
    titles = {f"stage:{name}": title for name, title in stages.items()}
    goal = asked.to or asked.start
    told = {"goal": titles.get(goal, goal.removeprefix("event:")), "path": " → ".join(asked.steps)}
    if asked.walked:
        return _("Who went this way, whether they came to %(goal)s or not: %(path)s?") % told
    if asked.to and asked.steps:
        return _("Who came to %(goal)s this way: %(path)s?") % told
    if asked.to:
        return _("Who came to %(goal)s with nothing seen before?") % told
    if asked.steps:
        return _("Who went this way after %(goal)s: %(path)s?") % told
    return _("Who came to %(goal)s with nothing after?") % told


def _of_value(asked: Behind) -> str:
    """The question that a list of value answers."""
    told = {"part": asked.first.removeprefix("again:")}
    match asked.cell:
        case "tenth":
            return _("Who is in tenth %(part)s by value?") % told
        case "cohort":
            return _("Who first bought in %(part)s?") % told
        case "channel":
            return _("Who came by %(part)s?") % told
        case "saving":
            if not told["part"]:
                return _("Who is worth saving?")
            return _("Who is worth saving, of those with a chance to be lost from %(part)s %% on?") % told
        case "unprofitable":
            if not told["part"]:
                return _("Who costs more than they bring?")
            return _("Who would be profitable, but for one cost: %(part)s?") % told
        case "product":
            if asked.first.startswith("again:"):
                return _("Who began with %(part)s and bought again?") % told
            return _("Who began with %(part)s?") % told
        case _:
            return _("What are customers worth?")


def _back(asked: Behind) -> str:
    if asked.what == "value":
        pages = {"cohort": "won", "channel": "won", "product": "products"}
        name = pages.get(asked.cell, asked.cell)
        return reverse("value_of", args=[name if name in ("won", "saving", "unprofitable", "products") else "spread"])
    if asked.what == "part":
        return reverse("metric", args=[asked.metric])
    if asked.what == "path":
        told = {"show": "paths", "lifecycle": asked.lifecycle, "to": asked.to, "from": asked.start,
                "days": asked.days or "", "segment": asked.segment or ""}  # fmt: skip
        return f"{reverse('journeys')}?{urlencode({key: one for key, one in told.items() if one})}"
    query = {"rfm": "?show=rfm", "persona": "?show=personas"}.get(asked.what, "")
    return f"{reverse(BACK[asked.what])}{query}"


def _heading(name: str) -> str:
    return {
        "recency": _("Recent"), "frequency": _("Often"), "monetary": _("Much"),
        "last_at": _("Last bought"), "purchases": _("Purchases"), "money": _("Spent"), "began": _("Began"),
        "stage": _("In stage"), "from": _("From"), "to": _("To"), "happened_at": _("On"), "next_at": _("Then on"),
        "before": _("Before"), "after": _("After"), "of_before": _("Of, before"), "of_after": _("Of, after"),
        "contribution": _("Contributed"), "value": _("Expected"), "value_low": _("At least"),
        "value_high": _("At most"), "at_stake": _("At stake"), "p_churn": _("Chance to be lost"), "net": _("Left"),
        "cost": _("Cost to serve"), "largest_cost": _("Most of it"), "of_it": _("That is"), "cut_to": _("Cut to"),
        "break_even_margin": _("Margin to break even"), "price_rise": _("Or prices up by"),
    }.get(name, name)  # fmt: skip


def _is_word(name: str) -> bool:
    return name in ("stage", "from", "to", "largest_cost")


def _cell(name: str, value: Any) -> str:
    ws = holding.workspace()
    if name in _TIMES:
        return moment(value, ws.zone)
    if value is None:
        return {"from": _("(begin)"), "to": _("(end)")}.get(name, "")
    if name == "largest_cost":
        return str(COSTS.get(value, value))
    if name in _SHARES:
        return f"{number(Decimal(repr(100 * value)).quantize(Decimal('0.1')))} %"
    if name in _MONEY:
        return Money(ws.definitions.config.currency, [value])(value)
    if isinstance(value, Decimal):
        return number(value.quantize(Decimal("0.01")))
    return number(value) if isinstance(value, int | float) else str(value)

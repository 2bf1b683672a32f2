"""One metric: how it went, by what it breaks down, why it changed, what it means, and what it is to reach."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenure.errors import TenureError, UsageError
from tenure.events import EventBinding
from tenure.lifecycle.definition import Lifecycle
from tenure.metrics.definition import Metric
from tenure.metrics.why.found import Breakdown, PartChange, Why
from tenure.metrics.why.sentences import difference, sentence
from tenure.server import holding
from tenure.server.access import figures, figures_targets
from tenure.server.access.lifecycle import UNITS, Unit
from tenure.server.access.notes import notes_of
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import (
    at_of,
    has_figures,
    kept,
    lifecycle_of,
    nothing,
    period,
    switched,
    working,
)
from tenure.server.pages.figures.pictures import trend_picture, why_picture
from tenure.server.pages.figures.sparkline import sparkline
from tenure.server.pages.page import missing, page
from tenure.server.words import amount
from tenure.wording import change

BETTER = {
    "up": gettext_lazy("More is better."), "down": gettext_lazy("Less is better."),
    "context": gettext_lazy("Neither more nor less is better."),
}  # fmt: skip
# beyond chance, as the analysis has it
SURE = 0.05
PARTS = 12
CAUSES = 5


@page(Right.FIGURES)
def metric(request: HttpRequest, name: str) -> HttpResponse:
    """The page."""
    chosen_metric = known(name)
    if not has_figures():
        return nothing(request, chosen_metric.title)
    return render(request, "figures/metric.html", _told(request, chosen_metric))


def _told(request: HttpRequest, one: Metric) -> dict[str, Any]:
    lifecycle, chosen = lifecycle_of(request), period(request)
    return _trend(request, one, lifecycle) | {
        "metric": one, "better": BETTER[one.direction], "splits": figures.splits(request.user, one.name),
        "split": request.GET.get("split", "")[:100], "needs": [_event(each) for each in one.needs],
        "may_define": request.user.may(Right.DEFINE),
        "adds_up": figures.has_people(one.name),
    } | switched(request, lifecycle, chosen)  # fmt: skip


@page(Right.FIGURES)
def trend(request: HttpRequest, name: str) -> HttpResponse:
    """The part with the figures over time."""
    one, lifecycle, chosen = known(name), lifecycle_of(request), period(request)
    told = _trend(request, one, lifecycle)
    if told["trended"] is None:
        return working(request, told["again"])
    return render(request, "figures/trend.html", {"metric": one} | told | switched(request, lifecycle, chosen))


def _trend(request: HttpRequest, one: Metric, lifecycle: Lifecycle) -> dict[str, Any]:
    chosen = period(request)
    at = at_of(request, chosen)
    found = figures.trend(request.user, one.name, lifecycle.name, chosen.unit, at)
    again = f"{reverse('metric_trend', args=[one.name])}?{kept(request, 'lifecycle', 'by', 'period')}"
    told: dict[str, Any] = {"trended": found, "again": again}
    if found is not None and not found.lacks:
        whole = found.whole
        place = found.points.index(whole) if whole else 0
        before = found.points[place - 1] if whole and place else None
        periods = [(point.period, point.start) for point in found.points]
        notes = notes_of(request.user, periods, until=found.judged.period.ends)
        told |= {
            "picture": trend_picture(one.name, lifecycle.name, chosen.unit, at, notes), "notes": notes,
            "whole": whole, "before": before,
            "change": change(whole.value, before.value, one.unit) if whole and before else "",
            "rows": list(zip(reversed(found.points), reversed(found.beside), strict=True)),
            "aimed": any(limits for limits, _status in found.beside),
        }  # fmt: skip
    return told


@page(Right.FIGURES)
def split(request: HttpRequest, name: str) -> HttpResponse:
    """The part with a breakdown."""
    one, lifecycle, chosen = known(name), lifecycle_of(request), period(request)
    by = request.GET.get("split", "")[:100]
    at = at_of(request, chosen)
    found = figures.split(request.user, name, by, lifecycle.name, chosen.unit, at)
    if found is None:
        return working(request, request.get_full_path())
    rows = [
        (row, row.points[-1], row.points[-2] if len(row.points) > 1 else None,
         sparkline([point.value for point in row.points]))
        for row in found.rows
    ]  # fmt: skip
    told = {"metric": one, "found": found, "rows": rows, "by": by}
    return render(request, "figures/split.html", told | switched(request, lifecycle, chosen))


@page(Right.FIGURES)
def why(request: HttpRequest, name: str) -> HttpResponse:
    """The part that says why the metric changed."""
    one, lifecycle, chosen = known(name), lifecycle_of(request), period(request)
    since, until = (request.GET.get(key, "")[:20] or None for key in ("from", "to"))
    split_by = request.GET.get("split", "")[:100] or None
    if until is None and not chosen.running:
        until = chosen.period.name
    found = figures.why(
        request.user, name, lifecycle.name, chosen.unit, since, until, personas=split_by == figures.PERSONA
    )
    if found is None:
        return working(request, request.get_full_path())
    told = {"metric": one, "found": found, "periods": _periods(chosen.unit), "behind": found.behind}
    told |= _explained(found, split_by, lifecycle, chosen.unit, since, until)
    told["may_list"] = request.user.may(Right.PEOPLE) and figures.has_people(name)
    return render(request, "figures/why.html", told | switched(request, lifecycle, chosen))


def _explained(
    found: Why, asked: str | None, lifecycle: Lifecycle, unit: Unit, since: str | None, until: str | None
) -> dict[str, Any]:  # fmt: skip
    currency = holding.workspace().definitions.config.currency
    told: dict[str, Any] = {
        "difference": difference(found.metric, found.change, currency),
        "usual": difference(found.metric, found.usual, currency).lstrip("+") if found.usual else "",
        "causes": [sentence(found, cause, currency) for cause in found.causes[:CAUSES]],
        "breakdowns": [one.dimension for one in found.breakdowns],
    }
    shown = _shown(found, asked)
    if shown is None:
        return told
    titles = {stage.name: stage.title for stage in lifecycle.stages} if shown.dimension == "stage" else {}
    listed = {"metric": found.metric.name, "lifecycle": lifecycle.name, "by": shown.dimension, "unit": unit,
              "first": found.one.name, "then": found.two.name}  # fmt: skip
    people = reverse("figures_people", args=["part"])
    rows = [
        (part, titles.get(part.part, part.part), difference(found.metric, part.contribution, currency),
         difference(found.metric, part.excess, currency), part.probability is not None and part.probability < SURE,
         f"{people}?{urlencode(listed | {'cell': part.part})}")
        for part in _in_order(shown)[:PARTS]
    ]  # fmt: skip
    rest = sum((part.contribution for part in _in_order(shown)[PARTS:]), shown.rest)
    key = (found.metric.name, lifecycle.name, unit, since, until)
    picture = why_picture(*key, shown.dimension, asked == figures.PERSONA) if found.change is not None else None
    return told | {
        "shown": shown,
        "parts": rows,
        "others": max(len(shown.parts) - PARTS, 0),
        "why_picture": picture,
        "rest": difference(found.metric, rest, currency) if rest else "",
    }


def _shown(found: Why, asked: str | None) -> Breakdown | None:
    """The breakdown that is asked for, or the one in which a part stands out most."""
    if asked:
        for one in found.breakdowns:
            if one.dimension == asked:
                return one
        names = ", ".join(one.dimension for one in found.breakdowns)
        raise UsageError(f"There is no breakdown by {asked!r}.", hint=f"There are: {names}.")
    telling = [one for one in found.breakdowns if any(_sure(part) for part in one.parts)]
    return next(iter([*telling, *found.breakdowns]), None)


def _sure(part: PartChange) -> bool:
    return part.probability is not None and part.probability < SURE


def _in_order(shown: Breakdown) -> list[PartChange]:
    return sorted(shown.parts, key=lambda part: (not _sure(part), -abs(part.contribution)))


def _periods(unit: Unit) -> Sequence[str]:
    """The names of the last periods, the latest first."""
    return [one.name for one in reversed(holding.workspace().metrics.periods(unit)[1:])]


@page(Right.FIGURES)
def sql(request: HttpRequest, name: str) -> HttpResponse:
    """The part with the query."""
    one, lifecycle, chosen = known(name), lifecycle_of(request), period(request)
    told = {"metric": one, "sql": figures.sql(request.user, name, lifecycle.name, chosen.unit)}
    return render(request, "figures/sql.html", told)


@page(Right.DEFINE)
def target(request: HttpRequest, name: str) -> HttpResponse:
    """The part with the target as a form; a POST writes it into the workspace's files."""
    one, lifecycle = known(name), lifecycle_of(request)
    unit: Unit = next((unit for unit in UNITS if unit == request.GET.get("by", "month")), "month")
    back = f"{reverse('metric', args=[name])}?{kept(request, 'lifecycle', 'by', 'period')}"
    if request.method != "POST":
        return render(request, "figures/target.html", _target(request, one, lifecycle, unit))
    try:
        _written(request, one, unit)
    except TenureError as error:
        told = _told(request, one) | _target(request, one, lifecycle, unit)
        told |= {"error": error, "problems": getattr(error, "problems", ()), "posted": request.POST}
        return render(request, "figures/metric.html", told, status=400)
    return redirect(back)


def _target(request: HttpRequest, one: Metric, lifecycle: Lifecycle, unit: Unit) -> dict[str, Any]:
    scale = 100 if one.unit == "rate" else 1
    aim = figures_targets.aim(request.user, one.name, unit, lifecycle.name)
    proposed = figures_targets.proposal(request.user, one.name, unit)
    limits = aim.limits
    query = kept(request, "lifecycle", "period", by=unit)
    return {
        "aim": aim, "unit": unit, "metric": one, "percent": one.unit == "rate", "query": query,
        "low": _plain(limits.low if limits else None, scale), "high": _plain(limits.high if limits else None, scale),
        "proposed": [
            (each, each.best if each.best is not None else each.median, _plain(each.best, scale),
             _plain(each.median, scale))
            for each in proposed or ()
        ],
    }  # fmt: skip


def _plain(value: Decimal | None, scale: int) -> str:
    """A figure as somebody types it."""
    if value is None:
        return ""
    exact = (value * scale).quantize(Decimal("0.01"))
    return f"{exact.normalize():f}"


def _written(request: HttpRequest, one: Metric, unit: Unit) -> None:
    post = request.POST
    file, base = post.get("file", "")[:200], post.get("base", "")[:64]
    place = int(post["place"]) if post.get("place", "").isascii() and post.get("place", "")[:5].isdigit() else None
    address = request.META.get("REMOTE_ADDR")
    if post.get("do") == "remove":
        if place is None:
            raise UsageError(_("The form does not say which target."))
        figures_targets.drop_aim(request.user, one.name, file=file, place=place, base=base, address=address)
        messages.success(request, _("The target is gone; the history of changes has it."))
        return
    bounds = {key: post.get(key, "").replace("%", "") for key in ("low", "high")}
    low, high = amount(bounds, "low"), amount(bounds, "high")
    if one.unit == "rate":
        low, high = (None if each is None else each / 100 for each in (low, high))
    change_made = figures_targets.set_aim(
        request.user, one.name, unit, low=low, high=high, note=post.get("note", ""), file=file, place=place, base=base,
        address=address,
    )  # fmt: skip
    files = ", ".join(sorted(change_made.files))
    messages.success(request, _("The target is kept, in %(file)s.") % {"file": files})


def known(name: str) -> Metric:
    """The metric of an address. Raises Http404 where there is none."""
    found = figures.metric(name)
    if found is None:
        raise missing("metric")
    return found


def _event(binding: EventBinding) -> str:
    return " / ".join(binding.events)

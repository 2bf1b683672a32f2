"""Which channel brought them? Every way of attribution side by side, and what each channel cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenure.charts.credited import UNKNOWN
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import day_of
from tenure.metrics.attribution.side_by_side import METHODS, Attribution
from tenure.server import holding
from tenure.server.access.figures_heavy import BY, attribution
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import choice, has_figures, is_part, lifecycle_of, nothing, working
from tenure.server.pages.figures.journeys import first_of, occasions
from tenure.server.pages.figures.pictures import credited_picture
from tenure.server.pages.page import missing, page
from tenure.server.words import with_query
from tenure.wording import Money, in_signs

DAYS = ("7", "30", "90")
TIMES = {"all": None, "year": 365, "quarter": 91}
ROWS = 25
HEADINGS = {
    "first": gettext_lazy("First"), "last": gettext_lazy("Last"), "last_non_direct": gettext_lazy("Last not direct"),
    "linear": gettext_lazy("All alike"), "u": "U", "j": "J", "time_decay": gettext_lazy("Time decay"),
    "markov": "Markov", "shapley": "Shapley",
}  # fmt: skip
_STAGE, _EVENT = "stage:", "event:"


@page(Right.FIGURES)
def channels(request: HttpRequest) -> HttpResponse:
    """The page; for htmx the figures alone."""
    if not has_figures():
        return nothing(request, _("Which channel brought them?"))
    lifecycle = lifecycle_of(request)
    places = occasions(request, lifecycle)
    what = request.GET.get("what", "")[:150] or _default(places, lifecycle)
    if what not in places:
        raise missing("conversion")
    by, days = choice(request, "by", BY, "channel"), int(choice(request, "days", DAYS, "30"))
    time, every = choice(request, "time", tuple(TIMES), "all"), choice(request, "times", ("first", "every"), "first")
    asked = (
        lifecycle.name, what.removeprefix(_EVENT) if what.startswith(_EVENT) else None,
        what.removeprefix(_STAGE) if what.startswith(_STAGE) else None, by, days,
    )  # fmt: skip
    since = _since(TIMES[time])
    found = attribution(request.user, *asked, every=every == "every", since=since)
    again = f"{reverse('channels')}?{request.GET.urlencode()}"
    told: dict[str, Any] = {
        "found": found, "again": again, "lifecycle": lifecycle, "places": places, "what": what, "goal": places[what],
        "by": by, "bys": BY, "days": days, "all_days": DAYS, "time": time, "times": every, "since": since,
        "spans": [(name, text, with_query(request.GET, time=name)) for name, text in _spans()],
        "lifecycles": [one for one in holding.workspace().definitions.lifecycles if not one.segment],
    }  # fmt: skip
    if found is not None and found.conversions:
        told |= _figures(found) | {"picture": credited_picture(*asked, every == "every", since)}
    if is_part(request):
        return working(request, again) if found is None else render(request, "figures/credited.html", told)
    return render(request, "figures/channels.html", told)


def _default(places: dict[str, str], lifecycle: Lifecycle) -> str:
    order = f"{_EVENT}Order Completed"
    return order if order in places else first_of(lifecycle)


def _spans() -> list[tuple[str, str]]:
    return [("all", _("All time")), ("year", _("365 days")), ("quarter", _("91 days"))]


def _since(days: int | None) -> str | None:
    """The day from which on conversions count."""
    if days is None:
        return None
    ws = holding.workspace()
    return (day_of(ws.zone, ws.refreshed_as_of or ws.as_of) - timedelta(days=days)).isoformat()


def _figures(found: Attribution) -> dict[str, Any]:
    """The credits and costs as tables show them: a row a channel, a figure a method."""
    credited = [one for one in found.channels if any(one.credits.values())]
    digits = 0 if found.conversions >= 10_000 else 1
    paid = [one for one in credited if one.spend is not None]
    amounts = [cost for one in paid for method in METHODS if (cost := one.cost(method)) is not None]
    money = Money(holding.workspace().definitions.config.currency, amounts)
    costs = []
    for one in paid[:ROWS]:
        each = [one.cost(method) for method in METHODS]
        costs.append((one.channel or UNKNOWN, one.spend, ["" if cost is None else money(cost) for cost in each]))
    return {
        "headings": [(HEADINGS[method], words) for method, words in METHODS.items()],
        "credits": [
            (
                one.channel or UNKNOWN, one.touches,
                [in_signs(f"{float(one.credits[m]):,.{digits}f}") if one.credits[m] else "" for m in METHODS],
            )
            for one in credited[:ROWS]
        ],
        "costs": costs, "left": max(len(credited) - ROWS, 0), "untouched": found.conversions - found.touched,
        "paths": found.touched + found.others,
        "unplaced": sum(one.spend for one in found.channels if one.spend is not None and one not in paid),
    }  # fmt: skip

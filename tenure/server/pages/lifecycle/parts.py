"""Parts of pages that come once the page stands, as they take a while: what stands out, and targets."""

from __future__ import annotations

import shlex

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.lifecycle.definition import Lifecycle
from tenure.metrics.judged import Judged
from tenure.server.access.lifecycle import Chosen, chosen_period
from tenure.server.access.standing import findings as found_out
from tenure.server.access.standing import scorecard
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle.addresses import listed, stage_page
from tenure.server.pages.lifecycle.overview import chosen_lifecycle, period_of, unit_of
from tenure.server.pages.page import missing, page


@page(Right.FIGURES)
def findings(request: HttpRequest) -> HttpResponse:
    """What stands out, as a list."""
    lifecycle = known_lifecycle(request)
    found = found_out(request.user, lifecycle.name)
    if found is None:
        return working(request)
    told = [(one, finding_link(lifecycle, one.command)) for one in found]
    return render(request, "lifecycle/findings.html", {"findings": told})


@page(Right.FIGURES)
def standing(request: HttpRequest) -> HttpResponse:
    """The stages against their targets."""
    lifecycle = known_lifecycle(request)
    chosen = chosen_period(unit_of(request), period_of(request))
    card = scorecard(request.user, lifecycle.name, chosen.unit, at_of(chosen))
    if card is None:
        return working(request)
    rows: list[tuple[str, str, Judged]] = []
    for one in card.stages:
        judged = [*one.figures.values(), *one.metrics]
        rows += [(one.stage.title, stage_page(lifecycle, one.stage.name), each) for each in judged if each.target]
    rows += [("", "", each) for each in card.besides if each.target]
    return render(request, "lifecycle/standing.html", {"rows": rows, "card": card, "lifecycle": lifecycle})


def known_lifecycle(request: HttpRequest) -> Lifecycle:
    """The lifecycle of the address. Raises Http404 where the workspace has none."""
    found = chosen_lifecycle(request)
    if found is None:
        raise missing("lifecycle")
    return found


def at_of(chosen: Chosen) -> str | None:
    """The moment at which a period is looked at: its last day, or now while it runs."""
    return None if chosen.running else chosen.until


def working(request: HttpRequest) -> HttpResponse:
    """The part that says that it is being worked out, and asks again in a moment."""
    return render(request, "lifecycle/working.html", {"again": request.get_full_path()})


def finding_link(lifecycle: Lifecycle, command: str) -> str:
    """The list that the command of a finding shows; empty where there is none."""
    words = shlex.split(command)
    told = {words[at][2:]: words[at + 1] for at in range(len(words) - 1) if words[at].startswith("--")}
    match words[0]:
        case "people":
            return listed("stage", lifecycle, stages=[told["stage"]], highest=told.get("highest"))
        case "forecast":
            return listed("due", lifecycle, stages=[told["from"]], to=[told["to"]], days=told["days"])
        case "conversion":
            return listed(
                "entered", lifecycle, stages=[words[1]], days=told["within"], since=told["since"], until=told["until"]
            )
        case _:
            return ""

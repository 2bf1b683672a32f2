"""How are we doing? Key metrics, the scorecard of the stages, what is out of the ordinary, and every metric."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenure.lifecycle.definition import Lifecycle, Phase
from tenure.metrics.judged import Judged
from tenure.metrics.scorecard import Scorecard, StageCard
from tenure.server import holding
from tenure.server.access import figures
from tenure.server.access.lifecycle import Chosen
from tenure.server.access.standing import scorecard as stages_in
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import (
    choice,
    has_figures,
    is_part,
    lifecycle_of,
    nothing,
    period,
    switched,
    working,
)
from tenure.server.pages.figures.sparkline import Sparkline, sparkline
from tenure.server.pages.lifecycle import addresses
from tenure.server.pages.lifecycle.overview import moved_on_link
from tenure.server.pages.lifecycle.parts import at_of as at_end
from tenure.server.pages.page import page
from tenure.wording import change
from tenure.workspace.metrics import CatalogueEntry

PHASES: tuple[str, ...] = get_args(Phase)
SHOWN = 6
NEEDS = "no data: needs "


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A key metric as its card shows it."""

    judged: Judged
    line: Sparkline | None
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """A stage on the scorecard, the lists behind its figures, and its metrics of which `hidden` more have figures."""

    card: StageCard
    change: str
    stage: str
    here: str
    came: str
    left: str
    on: str
    metrics: tuple[Judged, ...]
    hidden: int


@page(Right.FIGURES)
def metrics(request: HttpRequest) -> HttpResponse:
    """The page; its figures come in parts."""
    if not has_figures():
        return nothing(request, _("How are we doing?"))
    lifecycle, chosen = lifecycle_of(request), period(request)
    told = _found(request) | switched(request, lifecycle, chosen)
    return render(request, "figures/metrics.html", told)


@page(Right.FIGURES)
def key_metrics(request: HttpRequest) -> HttpResponse:
    """The part with the key metrics."""
    lifecycle, chosen = lifecycle_of(request), period(request)
    found = figures.key_figures(request.user, lifecycle.name, chosen.unit, at_end(chosen))
    if found is None:
        return working(request, request.get_full_path())
    cards = [
        Card(
            judged=one.judged, line=sparkline([point.value for point in one.points]),
            change=change(one.judged.value, one.judged.previous, one.judged.unit) if one.judged.over else "",
        )
        for one in found if not one.judged.lacks
    ]  # fmt: skip
    told = {"cards": cards, "lacking": [one.judged for one in found if one.judged.lacks]}
    return render(request, "figures/keys.html", told | switched(request, lifecycle, chosen))


@page(Right.FIGURES)
def scorecard(request: HttpRequest) -> HttpResponse:
    """The part with the stages, their figures and their metrics."""
    lifecycle, chosen = lifecycle_of(request), period(request)
    card = stages_in(request.user, lifecycle.name, chosen.unit, at_end(chosen))
    if card is None:
        return working(request, request.get_full_path())
    told = {
        "card": card, "lines": _lines(lifecycle, chosen, card),
        "besides": [one for one in card.besides if not one.lacks],
        "aimed": any(one.target for line in card.stages for one in line.figures.values()),
    }  # fmt: skip
    return render(request, "figures/scorecard.html", told | switched(request, lifecycle, chosen))


@page(Right.FIGURES)
def alerts(request: HttpRequest) -> HttpResponse:
    """The part with what lies outside the expected."""
    lifecycle, chosen = lifecycle_of(request), period(request)
    found = figures.alerts(request.user, chosen.unit)
    if found is None:
        return working(request, request.get_full_path())
    told = {"alerts": [(one, Decimal(repr(one.band.low)), Decimal(repr(one.band.high))) for one in found]}
    return render(request, "figures/alerts.html", told | switched(request, lifecycle, chosen))


@page(Right.FIGURES)
def catalogue(request: HttpRequest) -> HttpResponse:
    """The part with the metrics that a search finds; the whole page for who comes without htmx."""
    if not is_part(request):
        return metrics(request)
    return render(request, "figures/catalogue.html", _found(request))


def _found(request: HttpRequest) -> dict[str, Any]:
    """The metrics of the catalogue that are asked for."""
    every = figures.catalogue(request.user)
    words = request.GET.get("q", "")[:100].lower().split()
    phase, ready = choice(request, "phase", PHASES, ""), choice(request, "data", ("there", "lacking"), "")
    found = [
        one for one in every
        if (not phase or one.metric.phase == phase) and (not ready or bool(one.lacks) == (ready == "lacking"))
        and all(word in _sought(one) for word in words)
    ]  # fmt: skip
    return {
        "entries": [(one, one.lacks.removeprefix(NEEDS).replace("`", "")) for one in found], "every": len(every),
        "there": sum(not one.lacks for one in every), "phases": [one for one in PHASES if _has(every, one)],
        "phase": phase, "data": ready, "q": request.GET.get("q", "")[:100],
    }  # fmt: skip


def _sought(entry: CatalogueEntry) -> str:
    one = entry.metric
    return f"{one.name} {one.title} {one.means} {one.phase} {entry.lacks}".lower()


def _has(entries: tuple[CatalogueEntry, ...], phase: str) -> bool:
    return any(one.metric.phase == phase for one in entries)


def _lines(lifecycle: Lifecycle, chosen: Chosen, card: Scorecard) -> list[StageLine]:
    keys = holding.workspace().targets.key_metrics
    shown: set[str] = set()
    found = []
    for one in card.stages:
        name, within = one.stage.name, {"since": chosen.since, "until": chosen.until}
        metrics, hidden = _chosen(one, keys, shown)
        shown |= {judged.name for judged in one.metrics}
        population = one.figures["population"]
        here = (
            addresses.listed("stage", lifecycle, stages=[name], until=chosen.until) if card.over
            else addresses.people_in(lifecycle, name)
        )  # fmt: skip
        found.append(
            StageLine(
                card=one, change=change(population.value, population.previous, "count"),
                stage=addresses.stage_page(lifecycle, name), here=here,
                came=addresses.listed("moved", lifecycle, to=[name], **within),
                left=addresses.listed("moved", lifecycle, stages=[name], **within),
                on=moved_on_link(lifecycle, name, chosen), metrics=metrics, hidden=hidden,
            )
        )  # fmt: skip
    return found


def _chosen(one: StageCard, keys: tuple[str, ...], shown: set[str]) -> tuple[tuple[Judged, ...], int]:
    """The metrics shown of a stage, and how many more have figures: first those with a target, then its own, then keys.

    A metric that an earlier stage of the phase showed is not shown again, unless it is the stage's own.
    """
    new = [
        judged for judged in one.metrics
        if not judged.lacks and (judged.value is not None or judged.status is not None)
        and (judged.name not in shown or judged.name in one.stage.metrics
             or (judged.target is not None and judged.target.stage is not None))
    ]  # fmt: skip
    ranked = sorted(
        new, key=lambda each: (each.status is None, each.name not in one.stage.metrics, each.name not in keys)
    )
    most = max(SHOWN, sum(each.status is not None for each in ranked))
    return tuple(ranked[:most]), max(len(ranked) - most, 0)

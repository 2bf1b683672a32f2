"""How far can predictions be trusted? The card of every model, as it was when its scores were written."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenure import charts
from tenure.predict.card import ModelCard
from tenure.server import holding
from tenure.server.access import predictions as access
from tenure.server.access.kept import kept
from tenure.server.access.notes import notes_of
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle.pictures import HALF, Picture, drawn, marks_of
from tenure.server.pages.page import missing, page
from tenure.workspace.timeline import Noted


@page(Right.FIGURES)
def predictions(request: HttpRequest) -> HttpResponse:
    """The cards, a line each."""
    return render(request, "figures/predictions.html", {"cards": access.cards(request.user)})


@page(Right.FIGURES)
def prediction(request: HttpRequest, name: str) -> HttpResponse:
    """A card."""
    card = access.card(request.user, name)
    if card is None:
        raise missing("prediction")
    weeks = [(one.day, date.fromisoformat(one.day)) for one in card.weeks]
    notes = notes_of(request.user, weeks, until=card.as_of) if weeks else ()
    told: dict[str, Any] = {
        "card": card, "headings": [heading for heading, _more in card.judged_by],
        "trials": [(one, [_figure(value) for value in one.figures]) for one in card.trials],
        "lacking": [gate for gate in card.gates if not gate.met],
        "bins": [(f"{_percent(one.least)} – {_percent(one.most)}", one.people, _percent(one.expected),
                  _percent(one.came), f"{_percent(one.low)} – {_percent(one.high)}") for one in card.bins],
        "tenths": [(one.number, one.people, f"{one.expected * one.people:,.0f}", one.came,
                    "" if one.lift is None else f"{one.lift:.1f} ×") for one in card.tenths],
        "bands": [(one.name, one.people, one.lost, _percent(one.lost / one.people) if one.people else "",
                   "" if one.lift is None else f"{one.lift:.1f} ×") for one in card.bands],
        "currency": holding.workspace().definitions.config.currency,
        "values": [(f"{one.least:,.2f} – {one.most:,.2f}", one.people, f"{one.expected:,.2f}", f"{one.naive:,.2f}",
                    f"{one.came:,.2f}") for one in card.values],
        "parameters": [(one.name, f"{one.value:.4g}", "" if one.error is None else f"{one.error:.2g}")
                       for one in card.parameters],
        "drift": [(one.name, f"{one.stability:.2f}", _moved(one.stability)) for one in card.drift
                  if one.stability is not None],
        "realised": [(one.as_of, one.people, _percent(one.predicted), _percent(one.came)) for one in card.realised],
        "pictures": _pictures(card.name, card.as_of, notes), "notes": notes,
    }  # fmt: skip
    return render(request, "figures/prediction.html", told)


@kept(24, spoken=True)
def _pictures(name: str, as_of: int, notes: tuple[Noted, ...]) -> tuple[tuple[str, str, Picture], ...]:
    """The charts of a card: title, what they show, and the picture."""
    card = access.kept_card(name, as_of)
    if card is None:
        return ()
    return tuple(_drawn(card, marks_of(notes)))


def _drawn(card: ModelCard, marks: tuple[charts.Mark, ...]) -> list[tuple[str, str, Picture]]:
    found = []
    if card.weeks:
        told = _("Line: what came; dashed: expected; right of the rule the model did not know.")

        def all_so_far(width: int) -> Any:
            return charts.tracking(card.weeks, width=width, cumulative=True, notes=marks)

        def by_week(width: int) -> Any:
            return charts.tracking(card.weeks, width=width, cumulative=False, notes=marks)

        found.append((_("In all so far"), told, drawn("tracking-all", all_so_far, width=HALF)))
        found.append((_("Week by week"), told, drawn("tracking-weeks", by_week, width=HALF)))
    if card.classes:
        found.append((
            _("By how often people had bought"), _("Bars: what they bought; ticks: expected."),
            drawn("classes", lambda width: charts.by_frequency(card.classes, width=width), width=HALF),
        ))  # fmt: skip
    if card.values:
        found.append((
            _("Do values come as expected?"), _("Bars: what a purchase was worth; ticks: expected; rings: own mean."),
            drawn("values", lambda width: charts.by_value(card.values, width=width), width=HALF),
        ))  # fmt: skip
    if card.bins:
        found.append((
            _("Do chances keep what they say?"), _("On the dashed line they do; bars hold four cases in five."),
            drawn("reliability", lambda width: charts.reliability(card.bins, width=width), width=HALF),
        ))  # fmt: skip
    if card.tenths:
        found.append((
            _("Does it find them?"), _("How much more often it came for each tenth than for all."),
            drawn("lift", lambda width: charts.lift(card.tenths, width=width), width=HALF),
        ))  # fmt: skip
    return found


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _moved(index: float) -> str:
    return _("far") if index >= 0.25 else _("some") if index >= 0.1 else ""

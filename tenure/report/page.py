"""The report as one HTML file: no script, nothing loaded, light, dark and print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from tenure import charts
from tenure.lifecycle.moves.findings import COHORT_DAYS
from tenure.report.figures import Figures
from tenure.report.sections import journeys, metrics, moves, outlook, people, predictions, value
from tenure.report.sketch import Look, Sketch, drawn
from tenure.wording import Money, moment, share, units


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A stage on the map."""

    title: str
    means: str
    condition: str
    colour: str
    people: str
    money: str
    share: str
    onward: str
    flow: str
    due: str
    empty: bool


def page(figures: Figures, *, command: str = "tenure") -> str:
    """The report as HTML; `command` is what stands before the commands that list people."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    lifecycle = figures.lifecycle
    colours = charts.stage_colours(lifecycle)
    cards = _cards(figures, colours)
    journey = [cards[one.name] for one in lifecycle.stages if not one.side]
    beside = [cards[one.name] for one in lifecycle.stages if one.side]
    environment = Environment(
        loader=PackageLoader("tenure.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    look = Look(
        titles={stage.name: stage.title for stage in lifecycle.stages}, colours=colours, noun=units(lifecycle.unit),
        currency=figures.currency, notes=tuple(figures.notes),
    )  # fmt: skip
    total = sum((one.money for one in figures.stages), Decimal(0))
    return environment.get_template("report.html.jinja").render(
        figures=figures, journey=journey, beside=beside, pictures=drawn(sketches(figures, look)), command=command,
        legend=[(cards[name].title, colour) for name, colour in colours.items()],
        style=(files("tenure.report") / "report.css").read_text(encoding="utf-8"),
        as_of=moment(figures.now, figures.zone), people=several_units(figures, figures.people),
        money=Money(figures.currency, [total])(total), noun=units(lifecycle.unit), onward_days=COHORT_DAYS,
        outside=next((one.people for one in figures.stages if one.stage is None), 0),
    )  # fmt: skip


def several_units(figures: Figures, count: int) -> str:
    """`1 person`, `2,000 people`."""
    return f"{count:,} {units(figures.lifecycle.unit, count)}"


def _cards(figures: Figures, colours: Mapping[str, str]) -> dict[str, Card]:
    counted = {one.stage: one for one in figures.stages}
    money = Money(figures.currency, [one.money for one in figures.stages])
    leaving: dict[str, int] = {}
    for move in figures.due:
        leaving[move.stage] = leaving.get(move.stage, 0) + move.people
    flows = _flows(figures)
    found = {}
    for stage in figures.lifecycle.stages:
        people, amount = (
            (counted[stage.name].people, counted[stage.name].money) if stage.name in counted else (0, Decimal(0))
        )
        further = figures.onward.get(stage.name)
        found[stage.name] = Card(
            title=stage.title, means=stage.means.rstrip("."), condition=figures.condition(stage),
            colour=colours[stage.name], people=f"{people:,}", money=money(amount),
            share=share(people, figures.people), empty=people == 0,
            onward=f"{share(further.reached, further.people)} of {further.people:,}" if further else "",
            flow=flows.get(stage.name, ""),
            due=f"{leaving[stage.name]:,}" if stage.name in leaving else "",
        )  # fmt: skip
    return found


def _flows(figures: Figures) -> dict[str, str]:
    """Who came to each stage and left it in the last whole month."""
    whole = [row for row in figures.over_time if row.complete]
    if not whole:
        return {}
    last = max(row.period for row in whole)
    return {
        row.stage: f"{row.entries:,} came, {row.exits:,} left in {last.name}"
        for row in whole
        if row.period == last and row.stage is not None and (row.entries or row.exits)
    }


def sketches(figures: Figures, look: Look) -> list[Sketch]:
    """The sections that the figures can fill, in the order in which they are read."""
    measured = figures.measured
    return [
        *metrics.key_figures(measured, look),
        *metrics.why(measured, look),
        *moves.months(figures, look),
        *moves.moves(figures, look),
        *moves.times(figures, look),
        *people.cohorts(measured, look),
        *people.rfm(measured, look),
        *people.personas(measured, look),
        *journeys.follows(measured, look),
        *journeys.paths(measured, look),
        *journeys.credited(measured, look),
        *moves.due(figures, look),
        *outlook.outlook(figures, look),
        *predictions.cards(measured, look),
        *value.worth(measured, look),
    ]

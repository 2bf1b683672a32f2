"""The report as one HTML file: no script, nothing loaded, light, dark and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from tenure import charts
from tenure.lifecycle.moves.findings import COHORT_DAYS
from tenure.report.figures import DUE_DAYS, Figures
from tenure.wording import Money, day, length, moment, several, share, units

WIDE, NARROW = 860, 330


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart of the page, drawn for wide and for narrow screens, and its figures as a table."""

    name: str
    title: str
    told: str
    wide: str
    narrow: str
    legend: bool
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
    total = sum((one.money for one in figures.stages), Decimal(0))
    return environment.get_template("report.html.jinja").render(
        figures=figures, journey=journey, beside=beside, pictures=_pictures(figures, colours), command=command,
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


def _pictures(figures: Figures, colours: Mapping[str, str]) -> list[Picture]:
    titles = {stage.name: stage.title for stage in figures.lifecycle.stages}
    noun = units(figures.lifecycle.unit)
    found: list[Picture] = []
    if figures.over_time:
        found.append(_over_time(figures, titles, colours, noun))
    if figures.transitions:
        rows = figures.transitions
        found.append(
            _picture(
                "moves", "Where do people go from each stage?",
                f"Of the moves out of each stage since {figures.since}, how many in a hundred went where. "
                f"{several(sum(row.moves for row in rows), 'move')} in all.",
                lambda width: charts.matrix(rows, titles=titles, width=width),
                ("From", "To", "Moves", "Of", "Share", "Median time before"),
                [
                    (
                        "new" if row.new else titles.get(row.stage or "", "no stage"),
                        titles.get(row.to or "", "no stage"), f"{row.moves:,}", f"{row.of:,}",
                        share(row.moves, row.of), "" if row.median is None else length(row.median),
                    )
                    for row in rows
                ],
            )
        )  # fmt: skip
    if any(row.quarter is not None for row in figures.times):
        found += _times(figures, titles, colours)
    if figures.due:
        due = figures.due
        money = Money(figures.currency, [row.money for row in due])
        found.append(
            _picture(
                "due", f"Who will move within {DUE_DAYS} days if nothing happens?",
                f"{several(sum(row.people for row in due), 'move')} by the conditions of the stages alone; who does "
                "something moves otherwise.",
                lambda width: charts.due(due, titles=titles, colours=colours, width=width, noun=noun),
                ("From", "To", noun.capitalize(), "Worth", "First", "Last"),
                [
                    (
                        titles[row.stage], titles.get(row.to or "", "no stage"), f"{row.people:,}", money(row.money),
                        day(row.earliest, figures.zone), day(row.latest, figures.zone),
                    )
                    for row in due
                ],
            )
        )  # fmt: skip
    return found


def _over_time(figures: Figures, titles: Mapping[str, str], colours: Mapping[str, str], noun: str) -> Picture:
    rows = [row for row in figures.over_time if row.stage is not None]
    money = Money(figures.currency, [row.money for row in rows if row.money is not None])
    return _picture(
        "months", "Who is where, month by month?", _change(figures, titles),
        lambda width: charts.over_time(rows, colours=colours, width=width, noun=noun),
        ("Month", "Stage", noun.capitalize(), "Came", "Left", "Worth"),
        [
            (
                row.period.name + ("" if row.complete else " so far"), titles[row.stage or ""], f"{row.people:,}",
                f"{row.entries:,}", f"{row.exits:,}", "" if row.money is None else money(row.money),
            )
            for row in rows
        ],
        legend=True,
    )  # fmt: skip


def _change(figures: Figures, titles: Mapping[str, str]) -> str:
    """What changed most between the first month shown and now."""
    first, last = figures.over_time[0].period, figures.over_time[-1].period
    then = {row.stage: row.people for row in figures.over_time if row.period == first}
    now = {row.stage: row.people for row in figures.over_time if row.period == last}
    changes = {stage: people - then.get(stage, 0) for stage, people in now.items() if stage is not None}
    stage = max(changes, key=lambda one: abs(changes[one]))
    if first == last or not changes[stage]:
        return "Where everybody stood at the end of each month."
    word = "grew" if changes[stage] > 0 else "shrank"
    return (
        f"{titles[stage]} {word} most since {first.name}, by {abs(changes[stage]):,} "
        f"to {several_units(figures, now[stage])}."
    )


def _times(figures: Figures, titles: Mapping[str, str], colours: Mapping[str, str]) -> list[Picture]:
    times = figures.times
    rows = [
        (
            titles[row.stage], f"{row.visits:,}", f"{row.ended:,}", f"{row.inside:,}",
            *("not yet" if value is None else length(value) for value in (row.quarter, row.median, row.three_quarters)),
        )
        for row in times
        if row.visits
    ]  # fmt: skip
    head = ("Stage", "Visits", "Ended", "Still inside", "A quarter left", "Half left", "Three quarters left")
    return [
        _picture(
            "staying", "How long do people stay?",
            "The middle half of all visits to each stage, with the median; faded where three quarters have not left.",
            lambda width: charts.staying(times, titles=titles, colours=colours, width=width), head, rows,
        ),
        _picture(
            "survival", "How many are still there after so many days?",
            "By Kaplan-Meier: whoever is still inside counts for as long as they have been seen.",
            lambda width: charts.survival(times, colours=colours, width=width), head, rows, legend=True,
        ),
    ]  # fmt: skip


def _picture(
    name: str, title: str, told: str, draw: Any, head: tuple[str, ...], rows: Sequence[tuple[str, ...]],
    *, legend: bool = False,
) -> Picture:  # fmt: skip
    return Picture(
        name=name, title=title, told=told, wide=charts.svg(draw(WIDE), name=f"{name}-wide"),
        narrow=charts.svg(draw(NARROW), name=f"{name}-narrow"), legend=legend, head=head, rows=tuple(rows),
    )  # fmt: skip

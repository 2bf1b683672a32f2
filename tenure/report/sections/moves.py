"""Who is where and where they go: months, moves, time in stages, and who will move if nothing happens."""

from __future__ import annotations

from tenure import charts
from tenure.report.figures import DUE_DAYS, Figures
from tenure.report.sketch import Look, Sketch
from tenure.wording import Money, day, length, several, share, units


def months(figures: Figures, look: Look) -> list[Sketch]:
    """The people of every stage, month by month."""
    if not figures.over_time:
        return []
    rows = [row for row in figures.over_time if row.stage is not None]
    money = Money(figures.currency, [row.money for row in rows if row.money is not None])
    noted = look.noted([row.period.name for row in rows])
    return [
        Sketch(
            name="months", title="Who is where, month by month?", legend=True,
            told=f"{_change(figures, look)}{noted}",
            draw=lambda width: charts.over_time(
                rows, colours=look.colours, width=width, noun=look.noun, notes=look.marks
            ),
            head=("Month", "Stage", look.noun.capitalize(), "Came", "Left", "Worth"),
            rows=tuple(
                (
                    row.period.name + ("" if row.complete else " so far"), look.titles[row.stage or ""],
                    f"{row.people:,}", f"{row.entries:,}", f"{row.exits:,}",
                    "" if row.money is None else money(row.money),
                )
                for row in rows
            ),
        )
    ]  # fmt: skip


def moves(figures: Figures, look: Look) -> list[Sketch]:
    """Where people go from each stage."""
    rows = figures.transitions
    if not rows:
        return []
    return [
        Sketch(
            name="moves", title="Where do people go from each stage?",
            told=f"Of the moves out of each stage since {figures.since}, how many in a hundred went where. "
            f"{several(sum(row.moves for row in rows), 'move')} in all.",
            draw=lambda width: charts.matrix(rows, titles=look.titles, width=width),
            head=("From", "To", "Moves", "Of", "Share", "Median time before"),
            rows=tuple(
                (
                    "new" if row.new else look.titles.get(row.stage or "", "no stage"),
                    look.titles.get(row.to or "", "no stage"), f"{row.moves:,}", f"{row.of:,}",
                    share(row.moves, row.of), "" if row.median is None else length(row.median),
                )
                for row in rows
            ),
        )
    ]  # fmt: skip


def times(figures: Figures, look: Look) -> list[Sketch]:
    """How long people stay in each stage."""
    found = figures.times
    if not any(row.quarter is not None for row in found):
        return []
    rows = tuple(
        (
            look.titles[row.stage], f"{row.visits:,}", f"{row.ended:,}", f"{row.inside:,}",
            *("not yet" if value is None else length(value) for value in (row.quarter, row.median, row.three_quarters)),
        )
        for row in found
        if row.visits
    )  # fmt: skip
    head = ("Stage", "Visits", "Ended", "Still inside", "A quarter left", "Half left", "Three quarters left")
    return [
        Sketch(
            name="staying", title="How long do people stay?",
            told="The middle half of all visits to each stage, with the median; "
            "faded where three quarters have not left.",
            draw=lambda width: charts.staying(found, titles=look.titles, colours=look.colours, width=width),
            head=head, rows=rows,
        ),
        Sketch(
            name="survival", title="How many are still there after so many days?",
            told="By Kaplan-Meier: whoever is still inside counts for as long as they have been seen.", legend=True,
            draw=lambda width: charts.survival(found, colours=look.colours, width=width), head=head, rows=rows,
        ),
    ]  # fmt: skip


def due(figures: Figures, look: Look) -> list[Sketch]:
    """Who will move if nothing happens."""
    rows = figures.due
    if not rows:
        return []
    money = Money(figures.currency, [row.money for row in rows])
    return [
        Sketch(
            name="due", title=f"Who will move within {DUE_DAYS} days if nothing happens?",
            told=f"{several(sum(row.people for row in rows), 'move')} by the conditions of the stages alone; who does "
            "something moves otherwise.",
            draw=lambda width: charts.due(
                rows, titles=look.titles, colours=look.colours, width=width, noun=look.noun
            ),
            head=("From", "To", look.noun.capitalize(), "Worth", "First", "Last"),
            rows=tuple(
                (
                    look.titles[row.stage], look.titles.get(row.to or "", "no stage"), f"{row.people:,}",
                    money(row.money), day(row.earliest, figures.zone), day(row.latest, figures.zone),
                )
                for row in rows
            ),
        )
    ]  # fmt: skip


def _change(figures: Figures, look: Look) -> str:
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
        f"{look.titles[stage]} {word} most since {first.name}, by {abs(changes[stage]):,} "
        f"to {now[stage]:,} {units(figures.lifecycle.unit, now[stage])}."
    )

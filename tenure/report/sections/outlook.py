"""What is to come: the people of every stage in the months ahead, and how good such outlooks were."""

from __future__ import annotations

from tenure import charts
from tenure.metrics.outlook.backtest import Backtest, Errors
from tenure.report.figures import Figures
from tenure.report.sketch import Look, Sketch
from tenure.wording import several


def outlook(figures: Figures, look: Look) -> list[Sketch]:
    """The outlook, and its errors in the past."""
    told = figures.measured.outlook
    past = [one for one in figures.over_time if one.stage is not None]
    if told is None or not told.expected or not past:
        return []
    periods = list(dict.fromkeys(one.period for one in told.expected))
    shown = {stage: title for stage, title in look.titles.items() if any(one.stage == stage for one in told.expected)}
    found = [
        Sketch(
            name="outlook", title=f"What is to come in the next {several(len(periods), 'month')}?",
            told=f"{look.noun.capitalize()} in each stage if people go on as they did; above each the figure of "
            f"{periods[-1].name}, with the limits (the band) of four in five outcomes."
            + look.noted([one.period.name for one in past]),
            draw=lambda width: charts.ahead(
                past, told.expected, titles=shown, colours=look.colours, width=width, notes=look.marks
            ),
            head=("Month", "Stage", look.noun.capitalize(), "Low", "High", "Come", "Low", "High"),
            rows=tuple(
                (
                    one.period.name, look.titles[one.stage],
                    *(
                        f"{value:,.0f}"
                        for value in (
                            one.people, one.people_low, one.people_high, one.entries, one.entries_low, one.entries_high
                        )
                    ),
                )
                for one in told.expected
                if one.stage is not None
            ),
        )
    ]  # fmt: skip
    return found + ([_errors(told.backtest, look)] if told.backtest is not None else [])


def _errors(told: Backtest, look: Look) -> Sketch:
    worse = [
        look.titles[one.stage] for one in told.stages
        if one.stage is not None and one.people.actual and one.people.best != "outlook"
    ]  # fmt: skip
    words = (
        f"{several(len(told.made_at), 'outlook')} made from what was known by {told.made_at[0].name} to "
        f"{told.made_at[-1].name}, held against what came up to {several(told.ahead, 'month')} later: off by "
        f"{_part(told.people, told.people.outlook)} of the people; saying that nothing changes, by "
        f"{_part(told.people, told.people.last)}."
    )
    if worse:
        words += f" A simpler rule did better for {', '.join(worse)}: there, rely on that."
    return Sketch(
        name="errors", title="How far off would it have been?", told=words,
        draw=lambda width: charts.errors(told, titles=look.titles, width=width),
        head=("Stage", "Outlook off by", "Last value", "Same season", "Best"),
        rows=tuple(
            (
                look.titles[one.stage], _part(one.people, one.people.outlook), _part(one.people, one.people.last),
                _part(one.people, one.people.season), one.people.best,
            )
            for one in told.stages
            if one.stage is not None and one.people.actual
        ),
    )  # fmt: skip


def _part(errors: Errors, error: float | None) -> str:
    part = errors.wape(error)
    return "" if part is None else f"{100 * part:.0f} %"

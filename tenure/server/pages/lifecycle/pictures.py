"""Charts of the lifecycle's pages, drawn once for figures that stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext

from tenure import charts
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.moves.times import TimeInStage
from tenure.metrics.outlook.backtest import Backtest
from tenure.metrics.outlook.outlook import Expected
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.spoken import units
from tenure.wording import Money
from tenure.workspace.timeline import Noted

WIDE, HALF, NARROW = 860, 520, 330


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as SVG, for wide and for narrow screens."""

    wide: str
    narrow: str


def drawn(name: str, draw: Callable[[int], Any], *, width: int = WIDE) -> Picture:
    """The chart at both widths, in the reader's language; `name` sets it apart from the others of its page."""
    language = (get_language() or "en").partition("-")[0]
    with charts.said_by(gettext):
        wide, narrow = (
            charts.svg(draw(one), name=f"{name}-{word}", language=language)
            for one, word in ((width, "wide"), (NARROW, "narrow"))
        )
    return Picture(wide=wide, narrow=narrow)


@dataclass(frozen=True, slots=True)
class Column:
    """What writes the amounts of one column alike; templates would call a writer that stands alone."""

    money: Money


def column(amounts: Iterable[Decimal]) -> Column:
    """What writes these amounts."""
    return Column(Money(holding.workspace().definitions.config.currency, amounts))


def noun_of(lifecycle: Lifecycle) -> str:
    """Whom a lifecycle counts: people, accounts."""
    return units(lifecycle.unit)


def marks_of(notes: Iterable[Noted]) -> tuple[charts.Mark, ...]:
    """The notes as charts mark them."""
    return tuple(charts.Mark(number=one.number, period=one.period) for one in notes)


@kept(64, spoken=True)
def stage_pictures(
    rows: tuple[StagePeriod, ...], stage: str, colour: str, noun: str, notes: tuple[Noted, ...] = ()
) -> tuple[Picture, Picture]:
    """A stage's people at the end of each period, and who came and left in it, with the notes of the time."""
    colours, marks = {stage: colour}, marks_of(notes)
    return (
        drawn(
            "people",
            lambda width: charts.over_time(rows, colours=colours, width=width, noun=noun, notes=marks),
            width=HALF,
        ),
        drawn("moves", lambda width: charts.in_out(rows, colour=colour, width=width, notes=marks), width=HALF),
    )


@kept(64, spoken=True)
def staying_picture(times: TimeInStage, colour: str) -> Picture:
    """The part of a stage's visitors who are still there after so many days."""
    colours = {times.stage: colour}
    return drawn("staying", lambda width: charts.survival([times], colours=colours, width=width), width=HALF)


@kept(16, spoken=True)
def coming_picture(
    rows: tuple[tuple[str, str | None, int], ...], colours: tuple[tuple[str, str], ...], noun: str,
    notes: tuple[Noted, ...] = (),
) -> Picture:  # fmt: skip
    """How many move on each day, by the stages they come to, with what is noted for these days."""
    told, marks = dict(colours), marks_of(notes)
    return drawn("coming", lambda width: charts.coming(rows, colours=told, width=width, noun=noun, notes=marks))


@kept(16, spoken=True)
def ahead_picture(
    past: tuple[StagePeriod, ...], expected: tuple[Expected, ...], lifecycle: Lifecycle,
    notes: tuple[Noted, ...] = (),
) -> Picture:  # fmt: skip
    """The people of every stage as they were and as they are expected, with the notes of the time."""
    titles = {stage.name: stage.title for stage in lifecycle.stages}
    colours = charts.stage_colours(lifecycle)
    marks = marks_of(notes)
    return drawn(
        "ahead",
        lambda width: charts.ahead(past, expected, titles=titles, colours=colours, width=width, notes=marks),
    )


@kept(16, spoken=True)
def errors_picture(told: Backtest, lifecycle: Lifecycle) -> Picture:
    """How far earlier outlooks were off."""
    titles = {stage.name: stage.title for stage in lifecycle.stages}
    return drawn("errors", lambda width: charts.errors(told, titles=titles, width=width), width=HALF)

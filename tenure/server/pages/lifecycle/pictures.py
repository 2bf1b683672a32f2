"""Charts of the lifecycle's pages, drawn once for figures that stay the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tenure import charts
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.moves.times import TimeInStage
from tenure.wording import units

WIDE, HALF, NARROW = 860, 520, 330


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as SVG, for wide and for narrow screens."""

    wide: str
    narrow: str


def drawn(name: str, draw: Callable[[int], Any], *, width: int = WIDE) -> Picture:
    """The chart at both widths; `name` sets it apart from the others of its page."""
    return Picture(
        wide=charts.svg(draw(width), name=f"{name}-wide"), narrow=charts.svg(draw(NARROW), name=f"{name}-narrow")
    )


def noun_of(lifecycle: Lifecycle) -> str:
    """Whom a lifecycle counts: people, accounts."""
    return units(lifecycle.unit)


@lru_cache(64)
def stage_pictures(rows: tuple[StagePeriod, ...], stage: str, colour: str, noun: str) -> tuple[Picture, Picture]:
    """A stage's people at the end of each period, and who came and left in it."""
    colours = {stage: colour}
    return (
        drawn("people", lambda width: charts.over_time(rows, colours=colours, width=width, noun=noun), width=HALF),
        drawn("moves", lambda width: charts.in_out(rows, colour=colour, width=width), width=HALF),
    )


@lru_cache(64)
def staying_picture(times: TimeInStage, colour: str) -> Picture:
    """The part of a stage's visitors who are still there after so many days."""
    colours = {times.stage: colour}
    return drawn("staying", lambda width: charts.survival([times], colours=colours, width=width), width=HALF)

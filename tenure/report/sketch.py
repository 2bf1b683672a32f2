"""A section of a report before it is drawn: what it says, its chart, and its figures as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tenure import charts
from tenure.workspace.timeline import Noted

WIDE, NARROW = 860, 330
# so many pictures are drawn at a time
_HANDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What every section needs to speak of a lifecycle: titles and colours of stages, whom it counts, the currency."""

    titles: Mapping[str, str]
    colours: Mapping[str, str]
    noun: str
    currency: str | None
    notes: tuple[Noted, ...] = ()

    @property
    def marks(self) -> tuple[charts.Mark, ...]:
        """The notes on the time axis, as charts mark them."""
        return tuple(charts.Mark(number=one.number, period=one.period) for one in self.notes)

    def noted(self, periods: Sequence[str]) -> str:
        """The notes of these periods in words, behind a text; empty for none."""
        told = (f"{one.number}: {one.text} ({one.day.isoformat()})." for one in self.notes if one.period in periods)
        return "".join(f" {one}" for one in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A chart of the page, to be drawn at a width, and its figures as a table; `listed` stands below it in words."""

    name: str
    title: str
    told: str
    draw: Callable[[int], Any]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: bool = False
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A sketch that is drawn, for wide and for narrow screens."""

    sketch: Sketch
    wide: str
    narrow: str


def drawn(sketches: Sequence[Sketch]) -> list[Picture]:
    """The sketches as pictures, in their order."""
    with ThreadPoolExecutor(_HANDS) as hands:
        return list(hands.map(_drawn, sketches))


def _drawn(sketch: Sketch) -> Picture:
    sizes = ((WIDE, "wide"), (NARROW, "narrow"))
    wide, narrow = (charts.svg(sketch.draw(width), name=f"{sketch.name}-{word}") for width, word in sizes)
    return Picture(sketch=sketch, wide=wide, narrow=narrow)

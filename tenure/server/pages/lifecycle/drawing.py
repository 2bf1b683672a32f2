"""The lifecycle drawn: a disc for each stage down the page, and between them the moves, the thicker the more.

Moves down the list bulge to the right, moves back to the left. Everything is in pixels; a row of the page is ROW high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from tenure.server.access.lifecycle import FlowRow

ROW, BESIDE = 68, 40
_MOST = 24  # arcs that an eye can still follow
_LEAST = 0.015  # of the thickest
_LEVELS = 7  # so many stages apart, arcs go no further out


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How far out arcs go: the first level, and each further one; the room for a number; the largest disc and arc."""

    first: int
    step: int
    room: int
    disc: int
    arc: int


WIDE = Size(first=34, step=22, room=34, disc=19, arc=16)
NARROW = Size(first=16, step=7, room=2, disc=12, arc=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A stage: where it is, and how large."""

    stage: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """The moves from a stage to another: the line, its thickness, and where its number stands."""

    flow: FlowRow
    path: str
    width: float
    x: float
    y: float
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The picture, as wide and high as it is."""

    width: int
    height: int
    discs: tuple[Disc, ...]
    arcs: tuple[Arc, ...]


def drawing(
    journey: Sequence[str], beside: Sequence[str], weights: Mapping[str, float], flows: Sequence[FlowRow], size: Size
) -> Drawing:
    """The stages of the journey and below them those beside it, each as large as its weight, and the moves of these."""
    places = {name: place for place, name in enumerate((*journey, *beside))}
    middle = {
        name: ROW * place + ROW / 2 + (BESIDE if name in beside and journey else 0) for name, place in places.items()
    }
    shown = [one for one in flows if one.stage in places and one.to in places and one.stage != one.to]
    most = max((one.moves for one in shown), default=0)
    shown = [one for one in shown if one.moves >= most * _LEAST][:_MOST]

    def out(one: FlowRow) -> float:
        assert one.stage is not None
        assert one.to is not None
        apart = abs(places[one.to] - places[one.stage])
        return size.first + size.step * (min(apart, _LEVELS) - 1)

    left = max((out(one) for one in shown if _back(one, places)), default=0) + size.room + size.arc / 2
    right = max((out(one) for one in shown if not _back(one, places)), default=0) + size.room + size.arc / 2
    x = max(left, size.disc + 2)
    arcs = []
    for one in shown:
        assert one.stage is not None
        assert one.to is not None
        away = -out(one) if _back(one, places) else out(one)
        start, end = middle[one.stage], middle[one.to]
        # the middle of such a curve is three quarters of the way to where it is pulled
        pulled = x + away * 4 / 3
        path = f"M{x:.1f} {start:.1f}C{pulled:.1f} {start:.1f} {pulled:.1f} {end:.1f} {x:.1f} {end:.1f}"
        arcs.append(
            Arc(
                flow=one, path=path,
                width=round(1.5 + (size.arc - 1.5) * one.moves / most, 1), x=round(x + away, 1), y=(start + end) / 2,
                told=size.room > size.disc,
            )
        )  # fmt: skip
    top = max(weights.values(), default=0) or 1
    discs = [
        Disc(
            stage=name, x=round(x, 1), y=middle[name],
            radius=round(3 + (size.disc - 3) * sqrt(max(weights[name], 0) / top), 1),
        )
        for name in places
    ]  # fmt: skip
    return Drawing(
        width=round(x + max(right, size.disc + 2)), height=ROW * len(places) + (BESIDE if journey and beside else 0),
        discs=tuple(discs), arcs=tuple(sorted(arcs, key=lambda arc: -arc.width)),
    )  # fmt: skip


def _back(one: FlowRow, places: Mapping[str, int]) -> bool:
    return places[one.to or ""] < places[one.stage or ""]

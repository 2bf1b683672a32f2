"""The stages of one person as a band over time: past, present, and what comes if they stay silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster.person import Stay

WIDTH = 1000
# a stay that is shorter is drawn as wide as this, so that it can be seen
_LEAST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One stay as a rectangle: from `x` on, `width` wide, of `WIDTH` in all; `ahead` where it is still to come."""

    x: str
    width: str
    stage: str
    entered_at: int
    left_at: int | None
    ahead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ribbon:
    """The bands, the place of the present moment, and the moments at both ends (microseconds UTC)."""

    bands: tuple[Band, ...]
    now: str
    begins: int
    ends: int


def ribbon(stays: Sequence[Stay], *, first_seen: int, as_of: int) -> Ribbon:
    """The stays as a picture; what is scheduled later than the longest past is cut off."""
    begins = min([first_seen, *(one.entered_at for one in stays)], default=first_seen)
    past = max(as_of - begins, DAY)
    moves = [moment for one in stays for moment in (one.entered_at, one.left_at) if moment and moment > as_of]
    # some room behind the last move that is to come, and never more future than past
    ends = as_of + min(max(max(moves, default=as_of) - as_of + past // 20, past // 10), past)

    def place(moment: int) -> float:
        return max(0.0, min(1.0, (moment - begins) / (ends - begins))) * WIDTH

    bands = []
    for one in stays:
        if one.entered_at >= ends:
            continue
        parts = [(one.entered_at, one.left_at)]
        if one.entered_at <= as_of and (one.left_at is None or one.left_at > as_of):
            # the present stay goes on: what is left of it is still to come
            parts = [(one.entered_at, as_of), (as_of, one.left_at)]
        for begin, end in parts:
            x, until = place(begin), place(ends if end is None else end)
            bands.append(
                Band(
                    x=f"{x:.1f}", width=f"{max(until - x, _LEAST):.1f}", stage=one.stage, entered_at=one.entered_at,
                    left_at=one.left_at, ahead=begin >= as_of,
                )
            )  # fmt: skip
    return Ribbon(bands=tuple(bands), now=f"{place(as_of):.1f}", begins=begins, ends=ends)

"""How wide the columns of a table are: what may give way does, and what does not fit goes into another block.

    blocks([Need.of("Period", 10), Need.of("People", 6, right=True)], room=80)      # [[(0, 10), (1, 6)]]

In this order columns give way where there is no room: headings of numbers go onto several lines, long texts are folded,
then cut, spare columns go, headings of numbers are cut. Numbers are never cut: what still has no room goes into further
blocks of columns, each of which begins with the columns that say what a row is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GAP = 2
"""Blanks between two columns."""
LEAST = 12
"""A long column that is cut keeps this much."""
HEADING = 5
"""A heading that is cut keeps this much, or as much as tells it from the others."""

_CUT_TEXT = 3


@dataclass(frozen=True, slots=True)
class Need:
    """How wide a column is at each step of giving way: whole, heading wrapped, text folded, text cut, heading cut."""

    steps: tuple[int, int, int, int, int]
    right: bool = False
    spare: bool = False

    @classmethod
    def of(
        cls, heading: str, cells: int, *, kept: int = HEADING, right: bool = False, spare: bool = False,
        long: Literal["", "cut", "fold"] = "",
    ) -> Need:  # fmt: skip
        """The need of a column whose widest cell takes `cells`; `kept` letters of a word of its heading must stay."""
        whole = max(len(heading), cells)
        if right:
            word = max(map(len, heading.split()), default=0)
            wrapped = max(word, cells)
            steps = (whole, wrapped, wrapped, wrapped, max(min(word, kept), cells))
        else:
            least = min(whole, LEAST)
            folded = least if long == "fold" else whole
            steps = (whole, whole, folded, least if long else whole, least if long else whole)
        return cls(steps, right=right, spare=spare)


def told_apart(headings: Sequence[str]) -> int:
    """How many letters of every word of the headings must stay for them to differ as they do whole; 5 at least."""
    kept = HEADING
    longest = max((len(word) for heading in headings for word in heading.split()), default=0)
    while kept < longest and len({lines(heading, kept) for heading in headings}) < len(set(headings)):
        kept += 1
    return kept


def lines(heading: str, width: int) -> str:
    """The heading on as many lines as it takes; a word that is wider than `width` is cut."""
    found: list[str] = []
    for word in heading.split():
        shown = word if len(word) <= width else f"{word[: max(width - 1, 0)]}…"
        if found and len(found[-1]) + 1 + len(shown) <= width:
            found[-1] += f" {shown}"
        else:
            found.append(shown)
    return "\n".join(found)


def blocks(needs: Sequence[Need], room: int | None) -> list[list[tuple[int, int]]]:
    """The blocks of columns, each a place in `needs` and its width; one block where `room` is None, or enough."""
    places = list(range(len(needs)))
    if room is None:
        return [[(place, needs[place].steps[0]) for place in places]]
    for spare in reversed([place for place in places if needs[place].spare]):
        if _total([needs[place].steps[_CUT_TEXT] for place in places]) <= room:
            break
        places.remove(spare)
    widths = _fitted([needs[place] for place in places], room)
    if widths is not None:
        return [list(zip(places, widths, strict=True))]
    return [
        list(zip(block, _fitted([needs[place] for place in block], room) or _least(needs, block), strict=True))
        for block in _split(needs, places, room)
    ]


def _split(needs: Sequence[Need], places: Sequence[int], room: int) -> list[list[int]]:
    """The places in blocks that have room with their headings whole, the leading columns in every one."""
    least = [need.steps[_CUT_TEXT] for need in needs]
    lead = list(places[:1])
    for place in places[1:]:
        # what a row is about stands before its numbers
        if needs[place].right or _total([least[one] for one in (*lead, place)]) > room // 2:
            break
        lead.append(place)
    found: list[list[int]] = []
    for place in places[len(lead) :]:
        if found and _total([least[one] for one in (*found[-1], place)]) <= room:
            found[-1].append(place)
        else:
            found.append([*lead, place])
    return found or [lead]


def _fitted(needs: Sequence[Need], room: int) -> list[int] | None:
    """The widths, giving way no more than it takes; None where that is not enough."""
    before = [need.steps[0] for need in needs]
    for floor in zip(*(need.steps for need in needs), strict=True):
        if _total(floor) <= room:
            return _shrunk(before, floor, room)
        before = list(floor)
    return None


def _least(needs: Sequence[Need], block: Sequence[int]) -> list[int]:
    return [needs[place].steps[-1] for place in block]


def _shrunk(widths: Sequence[int], floor: Sequence[int], room: int) -> list[int]:
    """The widths, the widest of those above their floor narrowed until there is room."""
    found = list(widths)
    while _total(found) > room:
        widest = max((place for place in range(len(found)) if found[place] > floor[place]), key=found.__getitem__)
        found[widest] -= 1
    return found


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)

"""The RFM map: how recently across, how often and for how much upwards, a field for every pair and its people in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, MUTED, NARROW, charted, themed
from tenure.metrics.rfm import RFM_CELLS, RfmCell

_FIFTHS = range(1, 6)


def rfm_title(name: str) -> str:
    """What a cell is called: `can't lose` of cant_lose."""
    return name.replace("_", " ").replace("cant", "can't")


def rfm_map(rows: Sequence[RfmCell], *, width: int, noun: str) -> Any:
    """All cells of the map with their names, the darker the more people; the best are on the top right."""
    people: dict[tuple[int, int], int] = {}
    for one in rows:
        place = (one.recency, (one.frequency + one.monetary + 1) // 2)
        people[place] = people.get(place, 0) + one.people
    most = max(people.values(), default=1)
    narrow = width < NARROW
    values: list[dict[str, Any]] = [
        {
            "recency": recency, "much": much, "people": people.get((recency, much), 0),
            "part": people.get((recency, much), 0) / most,
            "told": f"{people[recency, much]:,}" if (recency, much) in people else "–",
            "name": rfm_title(RFM_CELLS[recency, much, much]),
        }
        for recency in _FIFTHS for much in _FIFTHS
    ]  # fmt: skip
    quiet = alt.Axis(labelAngle=0, domain=False, ticks=False)
    base = charted(values).encode(
        x=alt.X("recency:O", title="last bought: long ago (1) to lately (5), in fifths of all buyers", axis=quiet),
        y=alt.Y("much:O", sort="descending", title="how often, how much (fifths)", axis=quiet),
    )
    fields = base.mark_rect(color=ACCENT, cornerRadius=3).encode(
        opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, 1], range=[0.06, 0.6]), legend=None)
    )
    counts = base.mark_text(fontSize=11 if narrow else 14, fontWeight="bold", dy=-6).encode(text="told:N")
    names = base.mark_text(fontSize=8 if narrow else 11, dy=9, color=MUTED, lineBreak=" " if narrow else "|").encode(
        text="name:N"
    )
    return themed(alt.layer(fields, counts, names), width=width, height=5 * (56 if narrow else 58)).properties(
        description=f"{noun} by recency, frequency and money"
    )

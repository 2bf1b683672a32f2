"""Who will move if nothing happens: a bar for each move, its length the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.colours import NONE
from tenure.charts.matrix import NO_STAGE
from tenure.charts.theme import INK, charted, themed
from tenure.lifecycle.forecast import DueMove

_ROW = 30


def due(
    rows: Sequence[DueMove], *, titles: Mapping[str, str], colours: Mapping[str, str], width: int, noun: str
) -> Any:
    """The moves that silence brings, most people first, each in the colour of the stage they come to."""
    values: list[dict[str, Any]] = [
        {
            "move": f"{titles[row.stage]} → {NO_STAGE if row.to is None else titles[row.to]}", "people": row.people,
            "told": f"{row.people:,}", "colour": NONE if row.to is None else colours[row.to],
        }
        for row in sorted(rows, key=lambda row: -row.people)
    ]  # fmt: skip
    # room for the number after the longest bar
    end = 1.15 * max((row.people for row in rows), default=1)
    base = charted(values).encode(
        y=alt.Y("move:N", sort=[value["move"] for value in values], title=None, axis=alt.Axis(labelLimit=width // 2)),
        x=alt.X("people:Q", title=noun, scale=alt.Scale(domain=[0, end]), axis=alt.Axis(format="~s", tickCount=5)),
    )
    bars = base.mark_bar(height=16, cornerRadius=3).encode(color=alt.Color("colour:N", scale=None))
    told = base.mark_text(align="left", dx=5, color=INK).encode(text="told:N")
    return themed(alt.layer(bars, told), width=width, height=_ROW * max(1, len(values)))

"""How many will move on each day if nothing happens, in the colours of the stages that they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.colours import NONE
from tenure.charts.notes import Mark, marked
from tenure.charts.theme import charted, themed

_NAME = 62  # pixels that the name of a day takes


def coming(
    rows: Sequence[tuple[str, str | None, int]], *, colours: Mapping[str, str], width: int, noun: str,
    notes: Sequence[Mark] = (),
) -> Any:  # fmt: skip
    """Stacked columns of (day or week, stage they come to, people), in the order of the rows."""
    names = [*colours, "none"]
    values = [
        {"day": day, "to": to or "none", "people": people, "order": names.index(to or "none")}
        for day, to, people in rows
    ]
    days = list(dict.fromkeys(day for day, *_ in rows))
    # as many names as there is room for, evenly
    step = max(1, -(-len(days) * _NAME // width))
    chart = (
        charted(values)
        .mark_bar()
        .encode(
            x=alt.X(
                "day:N", sort=days, title=None, scale=alt.Scale(domain=days),
                axis=alt.Axis(labelAngle=0, values=days[::step], ticks=False),
            ),
            y=alt.Y("people:Q", title=noun, axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color("to:N", scale=alt.Scale(domain=names, range=[*colours.values(), NONE]), legend=None),
            order=alt.Order("order:Q"),
        )
    )  # fmt: skip
    return themed(marked(chart, notes, days), width=width, height=240)

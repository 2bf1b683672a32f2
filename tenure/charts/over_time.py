"""Who is where, period by period: a column of people for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.notes import Mark, marked
from tenure.charts.theme import charted, themed
from tenure.lifecycle.moves.over_time import StagePeriod


def over_time(
    rows: Sequence[StagePeriod], *, colours: Mapping[str, str], width: int, noun: str, notes: Sequence[Mark] = ()
) -> Any:
    """Stacked columns of the people in each stage at the end of each period; who is in none is left out."""
    names = list(colours)
    values = [
        {"period": row.period.name, "stage": row.stage, "people": row.people, "order": names.index(row.stage)}
        for row in rows
        if row.stage is not None
    ]
    periods = list(dict.fromkeys(row.period.name for row in rows))
    chart = (
        charted(values)
        .mark_bar()
        .encode(
            x=alt.X("period:N", sort=periods, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False)),
            y=alt.Y("people:Q", title=noun, axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color(
                "stage:N", scale=alt.Scale(domain=names, range=list(colours.values())), legend=None, sort=names
            ),
            order=alt.Order("order:Q"),
        )
    )
    return themed(marked(chart, notes, periods), width=width, height=240)

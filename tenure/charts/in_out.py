"""Who came to a stage and who left it, period by period: columns up and down from one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.notes import Mark, marked
from tenure.charts.theme import GRID, INK, MUTED, charted, say, themed
from tenure.lifecycle.moves.over_time import StagePeriod


def in_out(rows: Sequence[StagePeriod], *, colour: str, width: int, notes: Sequence[Mark] = ()) -> Any:
    """The entries of one stage above the line in its colour, its exits below in grey; what is left over a tick."""
    values = [
        {"period": row.period.name, "in": row.entries, "out": -row.exits, "net": row.entries - row.exits}
        for row in rows
    ]
    periods = [row.period.name for row in rows]
    base = charted(values).encode(
        x=alt.X("period:N", sort=periods, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False))
    )
    axis = alt.Axis(labelExpr="format(abs(datum.value), '~s')", tickCount=5)
    came = base.mark_bar(color=colour).encode(y=alt.Y("in:Q", title=say("left · came"), axis=axis))
    left = base.mark_bar(color=MUTED, opacity=0.55).encode(y="out:Q")
    net = base.mark_tick(color=INK, thickness=2).encode(y="net:Q")
    line = base.mark_rule(color=GRID).encode(y=alt.datum(0))
    return themed(marked(alt.layer(came, left, line, net), notes, periods), width=width, height=220)

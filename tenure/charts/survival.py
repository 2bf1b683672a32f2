"""The share of a stage's visitors still there after so many days: one step curve a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import CURVE_WIDTH, charted, say, themed
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.times import TimeInStage

LONGEST = 365  # days that are shown


def survival(rows: Sequence[TimeInStage], *, colours: Mapping[str, str], width: int) -> Any:
    """Kaplan-Meier curves of the time in each stage, over the first year."""
    values = [
        {"stage": row.stage, "days": min(time / DAY, LONGEST), "share": share}
        for row in rows
        if row.visits
        for time, share in _within(row.curve)
    ]
    chart = (
        charted(values)
        .mark_line(interpolate="step-after", strokeWidth=CURVE_WIDTH)
        .encode(
            x=alt.X("days:Q", title=say("days since entering"), scale=alt.Scale(domain=[0, LONGEST], nice=False)),
            y=alt.Y("share:Q", title=say("still there"), axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "stage:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None
            ),
        )
    )
    return themed(chart, width=width, height=240)


def _within(curve: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The curve from everybody at 0 to the last day that is shown, where its last step carries on."""
    shown = [(0, 1.0), *((time, share) for time, share in curve if time <= LONGEST * DAY)]
    beyond = any(time > LONGEST * DAY for time, _ in curve)
    return [*shown, (LONGEST * DAY, shown[-1][1])] if beyond else shown

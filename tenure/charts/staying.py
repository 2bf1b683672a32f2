"""How long people stay in each stage: the middle half of the visits, and the median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import INK, MUTED, charted, say, themed
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.times import TimeInStage

_ROW = 30


def staying(
    rows: Sequence[TimeInStage], *, titles: Mapping[str, str], colours: Mapping[str, str], width: int
) -> Any:  # fmt: skip
    """Bars from the first to the third quartile in days, a line at the median; faded where so many have not left."""
    known = [row for row in rows if row.quarter is not None]
    furthest = max((row.three_quarters or row.median or row.quarter or 0 for row in known), default=0) / DAY
    end = furthest * 1.05 or 1.0
    values = [
        {
            "stage": titles[row.stage], "colour": colours[row.stage], "begin": (row.quarter or 0) / DAY,
            "end": end if row.three_quarters is None else row.three_quarters / DAY,
            "median": None if row.median is None else row.median / DAY, "open": row.three_quarters is None,
        }
        for row in known
    ]  # fmt: skip
    order = [titles[row.stage] for row in known]
    base = charted(values).encode(y=alt.Y("stage:N", sort=order, title=None))
    scale = alt.Scale(domain=[0, end], nice=False)
    bars = base.mark_bar(height=14, cornerRadius=3).encode(
        x=alt.X("begin:Q", title=say("days in the stage"), scale=scale, axis=alt.Axis(tickCount=6)),
        x2="end:Q", color=alt.Color("colour:N", scale=None),
        opacity=alt.condition("datum.open", alt.value(0.45), alt.value(1)),
    )  # fmt: skip
    medians = base.mark_tick(color=INK, thickness=2, height=20).encode(x=alt.X("median:Q", scale=scale))
    arrows = base.transform_filter("datum.open").mark_text(text="→", color=MUTED, dx=-8).encode(x=alt.X("end:Q"))
    return themed(alt.layer(bars, medians, arrows), width=width, height=_ROW * max(1, len(known)))

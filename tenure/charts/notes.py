"""Notes on the time axis: small numbers over the periods in which something was noted; the page says what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from tenure.charts.theme import INK, MUTED, charted


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A note by its number, and the name of the period that it falls into."""

    number: int
    period: str


def marked(chart: Any, marks: Sequence[Mark], periods: Sequence[str]) -> Any:
    """The chart with a dotted line and the numbers over every period with notes; `periods` are those of its axis."""
    noted: dict[str, list[str]] = {}
    for one in marks:
        if one.period in periods:
            noted.setdefault(one.period, []).append(str(one.number))
    if not noted:
        return chart
    # many notes in one period would run into its neighbours
    rows = [
        {"period": period, "note": ", ".join(numbers) if len(numbers) < 3 else f"{numbers[0]}–{numbers[-1]}"}
        for period, numbers in noted.items()
    ]
    base = charted(rows).encode(x=alt.X("period:N", sort=list(periods), title=None))
    line = base.mark_rule(color=MUTED, strokeDash=[2, 3], opacity=0.7)
    told = base.mark_text(color=INK, baseline="bottom", dy=-3, fontSize=11).encode(text="note:N", y=alt.value(0))
    return alt.layer(chart, line, told)

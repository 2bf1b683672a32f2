"""Notes on the time axis: small numbers over the periods in which something was noted; the page says what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    noted = numbers(marks, periods)
    if not noted:
        return chart
    rows = [{"period": period, "note": told} for period, told in noted.items()]
    return alt.layer(chart, *noting(charted(rows).encode(x=alt.X("period:N", sort=list(periods), title=None))))


def numbers(marks: Sequence[Mark], periods: Sequence[str]) -> Mapping[str, str]:
    """The numbers of the notes of every period that has some, as they are written there."""
    noted: dict[str, list[int]] = {}
    for one in marks:
        if one.period in periods:
            noted.setdefault(one.period, []).append(one.number)
    # many notes in one period would run into its neighbours
    return {
        period: ", ".join(map(str, here)) if len(here) < 3 else f"{here[0]}–{here[-1]}"
        for period, here in noted.items()
    }  # fmt: skip


def noting(base: Any) -> tuple[Any, Any]:
    """The marks of notes, of rows that have a `note` and their place on the time axis: a line, and the numbers."""
    line = base.mark_rule(strokeDash=[2, 3], opacity=0.7).encode(color=alt.value(MUTED))
    told = base.mark_text(baseline="bottom", dy=-3, fontSize=11).encode(
        text="note:N", y=alt.value(0), color=alt.value(INK)
    )
    return line, told

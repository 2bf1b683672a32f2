"""The most travelled paths: a line of steps for each, and below it a bar as long as it has people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, MUTED, NARROW, charted, say, themed
from tenure.metrics.journeys.paths import Path
from tenure.wording import number

_ROW = 44


def paths(rows: Sequence[Path], *, to: str, width: int, noun: str) -> Any:
    """The paths to something (its title in `to`), most people first; the steps are told above the bars."""
    narrow = width < NARROW
    letters = (width - 20) // (5 if narrow else 6)
    values: list[dict[str, Any]] = [
        {
            "place": place, "people": one.people, "told": number(one.people),
            "steps": _steps([*(one.steps or (say("nothing seen before"),)), to], letters),
        }
        for place, one in enumerate(rows)
    ]  # fmt: skip
    end = 1.15 * max((row.people for row in rows), default=1)
    base = charted(values).encode(y=alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0.2)))
    x = alt.X("people:Q", title=noun, scale=alt.Scale(domain=[0, end]), axis=alt.Axis(format="~s", tickCount=4))
    bars = base.mark_bar(height=9, cornerRadius=3, color=ACCENT, yOffset=12, y2Offset=12).encode(x=x)
    counts = base.mark_text(align="left", dx=5, dy=12, color=MUTED, fontSize=11).encode(x=x, text="told:N")
    words = base.mark_text(align="left", dy=-6, fontSize=10 if narrow else 12).encode(x=alt.value(2), text="steps:N")
    return themed(alt.layer(bars, counts, words), width=width, height=_ROW * max(1, len(values)))


def _steps(names: Sequence[str], letters: int) -> str:
    """The steps on a line; where they do not fit, the first are left out: the last say most."""
    told = list(names)
    text = " → ".join(told)
    while len(text) > letters and len(told) > 2:
        told = told[1:]
        text = "… → " + " → ".join(told)
    return text if len(text) <= letters else text[: letters - 1] + "…"

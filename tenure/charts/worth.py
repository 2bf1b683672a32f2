"""What customers are worth: how many are worth how much, beside what they cost, and what of it is at stake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, NARROW, WARM, charted, say, themed
from tenure.predict.value.payback import Group
from tenure.predict.value.saving import ChurnBand
from tenure.predict.value.spread import Bar
from tenure.wording import number


def worth(bars: Sequence[Bar], *, width: int, noun: str) -> Any:
    """A bar for each step of value, with its people; the first and the last hold what is beyond the others."""
    names = [_name(one) for one in bars]
    rows = [{"value": name, "people": one.people} for name, one in zip(names, bars, strict=True)]
    every = 4 if width < NARROW else 2
    shown = names[::every]
    axis = alt.Axis(values=shown, labelAngle=0 if width >= NARROW else -40, labelOverlap=False)
    return themed(
        charted(rows).mark_bar(color=ACCENT).encode(
            x=alt.X("value:N", sort=names, title=say("worth from … on"), axis=axis),
            y=alt.Y("people:Q", title=noun, axis=alt.Axis(tickMinStep=1)),
        ),
        width=width, height=240,
    )  # fmt: skip


def _name(bar: Bar) -> str:
    return say("less") if bar.least is None else number(bar.least)


def payback(groups: Sequence[Group], *, width: int) -> Any:
    """What a customer of each group cost (a bar) and is worth (a tick)."""
    rows = [{"part": one.part or "", "cost": one.cac or 0.0, "worth": one.each or 0.0} for one in groups]
    base = charted(rows).encode(
        x=alt.X("part:N", sort=[one.part or "" for one in groups], title=None,
                axis=alt.Axis(labelAngle=0 if width >= NARROW else -60, labelOverlap=True))
    )  # fmt: skip
    bars = base.mark_bar(color=WARM).encode(y=alt.Y("cost:Q", title=say("each cost, and is worth")))
    ticks = base.mark_tick(color=ACCENT, thickness=4, orient="horizontal").encode(y="worth:Q")
    return themed(alt.layer(bars, ticks), width=width, height=220)


def at_stake(bands: Sequence[ChurnBand], *, width: int) -> Any:
    """What people are worth by their chance to be lost (pale), and what of it is at stake."""
    rows = [
        {"chance": f"{one.least} to {one.most} %", "value": one.value, "stake": one.at_stake}
        for one in bands
    ]  # fmt: skip
    base = charted(rows).encode(
        y=alt.Y("chance:N", sort=[str(row["chance"]) for row in rows], title=say("chance to be lost"))
    )
    whole = base.mark_bar(color=ACCENT, opacity=0.3).encode(x=alt.X("value:Q", title=say("expected, and at stake")))
    part = base.mark_bar(color=WARM, height=10).encode(x="stake:Q")
    return themed(alt.layer(whole, part), width=width, height=160)

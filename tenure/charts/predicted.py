"""How good predictions were: expected beside what came, by chance, by week, by how often people had bought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.notes import Mark, noting, numbers
from tenure.charts.theme import ACCENT, CURVE_WIDTH, INK, MUTED, WARM, charted, say, themed
from tenure.predict.card import Class, ValueBand, Week
from tenure.predict.judged import Bin, Decile

_PERCENT = "datum.value + ' %'"


def reliability(bins: Sequence[Bin], *, width: int) -> Any:
    """The share for whom it came, by the chance that was given; on the line, chances keep what they say."""
    rows = [
        {"expected": 100 * one.expected, "came": 100 * one.came, "low": 100 * one.low, "high": 100 * one.high,
         "people": one.people}
        for one in bins
    ]  # fmt: skip
    most = max((max(row["expected"], row["high"]) for row in rows), default=1.0) * 1.05
    scale = alt.Scale(domain=[0, min(most, 100)], nice=False, clamp=True)
    axis = alt.Axis(labelExpr=_PERCENT, tickCount=5)
    line = charted([{"expected": 0, "came": 0}, {"expected": most, "came": most}]).mark_line(
        color=MUTED, strokeDash=[4, 4], clip=True
    )
    at = alt.X("expected:Q", title=say("chance given"), scale=scale, axis=axis)
    base = charted(rows).encode(x=at)
    spread = base.mark_rule(color=ACCENT, strokeWidth=3, opacity=0.35).encode(
        y=alt.Y("low:Q", title=say("share for whom it came"), scale=scale, axis=axis), y2="high:Q"
    )
    dots = base.mark_point(color=ACCENT, filled=True, opacity=1, size=60).encode(y=alt.Y("came:Q", scale=scale))
    return themed(alt.layer(line.encode(x=at, y=alt.Y("came:Q", scale=scale)), spread, dots), width=width, height=260)


def tracking(weeks: Sequence[Week], *, width: int, cumulative: bool, notes: Sequence[Mark] = ()) -> Any:
    """Repeat purchases by week, or in all so far: what came (a line) and what was expected (dashed); a rule stands
    where the hold-out begins, of which the model did not know. The periods of `notes` are the days of weeks.
    """
    came = expected = 0.0
    rows = []
    for one in weeks:
        came, expected = came + one.came, expected + (one.expected or 0.0)
        rows.append({"week": one.day, "came": came if cumulative else one.came,
                     "expected": (expected if cumulative else one.expected)})  # fmt: skip
    base = charted(rows).encode(x=alt.X("week:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True)))
    title = say("repeat purchases so far") if cumulative else say("repeat purchases a week")
    lines = base.mark_line(color=INK, strokeWidth=CURVE_WIDTH).encode(y=alt.Y("came:Q", title=title))
    model = base.mark_line(color=ACCENT, strokeWidth=CURVE_WIDTH, strokeDash=[6, 4]).encode(y="expected:Q")
    split = next((one.day for one in weeks if one.held_out), None)
    marks = [lines, model]
    if split is not None:
        marks.append(charted([{"week": split}]).mark_rule(color=WARM, strokeWidth=2).encode(x="week:T"))
    noted = numbers(notes, [one.day for one in weeks])
    if noted:
        marks += noting(charted([{"week": day, "note": told} for day, told in noted.items()]).encode(x="week:T"))
    return themed(alt.layer(*marks), width=width, height=240)


def by_frequency(classes: Sequence[Class], *, width: int) -> Any:
    """What people bought in the hold-out on average (bars), and were expected to (ticks), by how often before."""
    rows = [{"before": one.name, "came": one.came, "expected": one.expected} for one in classes]
    order = [one.name for one in classes]
    base = charted(rows).encode(
        x=alt.X("before:N", sort=order, title=say("bought before on so many days"), axis=alt.Axis(labelAngle=0))
    )
    bars = base.mark_bar(color=INK, opacity=0.35).encode(y=alt.Y("came:Q", title=say("bought in the hold-out")))
    ticks = base.mark_tick(color=ACCENT, thickness=4, orient="horizontal").encode(y="expected:Q")
    return themed(alt.layer(bars, ticks), width=width, height=220)


def by_value(values: Sequence[ValueBand], *, width: int) -> Any:
    """What a purchase was worth in the hold-out (bars), by what was expected (ticks); rings are the own mean before."""
    rows = [
        {"band": number, "came": one.came, "expected": one.expected, "own": one.naive}
        for number, one in enumerate(values, start=1)
    ]
    base = charted(rows).encode(
        x=alt.X("band:O", title=say("tenth of people by the value expected"), axis=alt.Axis(labelAngle=0))
    )
    bars = base.mark_bar(color=INK, opacity=0.35).encode(y=alt.Y("came:Q", title=say("value of a purchase")))
    ticks = base.mark_tick(color=ACCENT, thickness=4, orient="horizontal").encode(y="expected:Q")
    rings = base.mark_point(color=MUTED).encode(y="own:Q")
    return themed(alt.layer(bars, ticks, rings), width=width, height=220)


def lift(tenths: Sequence[Decile], *, width: int) -> Any:
    """How much more often it came for each tenth of people than for all, those with the greatest chance first."""
    rows = [{"tenth": str(one.number), "lift": one.lift or 0.0} for one in tenths]
    base = charted(rows).encode(
        x=alt.X("tenth:N", sort=[str(one.number) for one in tenths],
                title=say("tenth of people, the greatest chance first"), axis=alt.Axis(labelAngle=0))
    )  # fmt: skip
    bars = base.mark_bar(color=ACCENT).encode(y=alt.Y("lift:Q", title=say("times as often as all")))
    level = charted([{"lift": 1}]).mark_rule(color=MUTED, strokeDash=[4, 4]).encode(y="lift:Q")
    return themed(alt.layer(bars, level), width=width, height=220)

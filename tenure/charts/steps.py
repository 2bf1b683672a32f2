"""Why a figure changed: from what it was to what it is, one step for each part, which add up to the change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, INK, MUTED, NARROW, WARM, charted, say, themed
from tenure.metrics.why.found import Breakdown, Why
from tenure.wording import figure

_ROW = 30
OTHERS = "all others"


def steps(
    found: Why, breakdown: Breakdown, *, width: int, currency: str | None, names: Mapping[str, str] | None = None,
    most: int = 8,
) -> Any:  # fmt: skip
    """The parts of a breakdown, the largest contribution first; more than `most` are told together.

    What raised the figure is blue and marked +, what lowered it orange and marked -. `names` are the titles of parts.
    """
    unit = found.metric.unit
    parts = sorted(breakdown.parts, key=lambda one: -abs(one.contribution))
    told = [((names or {}).get(one.part, one.part), one.contribution) for one in parts[:most]]
    left = sum((one.contribution for one in parts[most:]), breakdown.rest)
    if left:
        told.append((say(OTHERS) if len(parts) > most else say("the days of the period"), left))
    before, after = found.before or Decimal(0), found.after or Decimal(0)
    scale = 100 if unit == "rate" else 1
    at = before
    values: list[dict[str, Any]] = [_bar(found.one.name, Decimal(0), before, figure(before, unit, currency), scale)]
    for name, part in told:
        values.append(_bar(name, at, at + part, gained(part, unit, currency), scale, way=1 if part >= 0 else -1))
        at += part
    values.append(_bar(found.two.name, Decimal(0), after, figure(after, unit, currency), scale))
    order = [row["name"] for row in values]
    lows, highs = [min(row["from"], row["to"]) for row in values], [max(row["from"], row["to"]) for row in values]
    whole = max(highs) - min(*lows, 0)
    # the change is what is looked at: where it is a small part, the bars begin above 0
    inner = min(min(row["from"], row["to"]) for row in values[1:-1]) if len(values) > 2 else 0
    start = inner - 0.35 * (max(highs) - inner) if inner > 0.6 * max(highs) > 0 else min(*lows, 0)
    end = max(highs) + 0.28 * ((max(highs) - start) or whole or 1)
    for row in values:
        row["from"] = max(row["from"], start)
    x = alt.X(
        "from:Q", title=_words(unit, currency, cut=start > 0), scale=alt.Scale(domain=[start, end], nice=False),
        axis=alt.Axis(format="~s" if end >= 10_000 else ".2~f", tickCount=5),
    )  # fmt: skip
    y = alt.Y(
        "name:N", sort=order, title=None,
        axis=alt.Axis(labelLimit=width // 3, domain=False, ticks=False, labelFontSize=11 if width < NARROW else 12),
    )  # fmt: skip
    colour = alt.Color("way:N", scale=alt.Scale(domain=[-1, 0, 1], range=[WARM, MUTED, ACCENT]), legend=None)
    base = charted(values).encode(y=y)
    bars = base.mark_bar(height=16, cornerRadius=2).encode(x=x, x2="to:Q", color=colour)
    texts = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(x=alt.X("end:Q"), text="told:N")
    return themed(alt.layer(bars, texts), width=width, height=_ROW * len(values))


def gained(part: Decimal, unit: str, currency: str | None) -> str:
    """A contribution with its sign: +€574.62; of a rate in points: -1.9 pt."""
    if unit == "rate":
        return f"{float(part) * 100:+.1f} pt"
    said = figure(part, unit, currency)
    return said if part < 0 else f"+{said}"


def _bar(name: str, begin: Decimal, end: Decimal, told: str, scale: int, *, way: int = 0) -> dict[str, Any]:
    return {
        "name": name, "from": float(begin) * scale, "to": float(end) * scale, "told": told, "way": way,
        "end": float(max(begin, end)) * scale,
    }  # fmt: skip


def _words(unit: str, currency: str | None, *, cut: bool) -> str:
    said = {"rate": say("percent"), "money": currency or say("money"), "days": say("days")}.get(unit, say("number"))
    return f"{said} {say('(does not begin at 0)')}" if cut else said

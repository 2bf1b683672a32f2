"""Attribution side by side: for every channel and method the part of all conversions that it is credited with."""

from __future__ import annotations

from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, INK, MUTED, NARROW, charted, say, themed
from tenure.metrics.attribution.side_by_side import METHODS, Attribution

UNKNOWN = "not known"
_FIELD = 28


def credited(found: Attribution, *, width: int, most: int = 12) -> Any:
    """The channels, most credit by the Markov chain first, by all methods, in percent of all conversions."""
    shown, unknown = found.channels[:most], say(UNKNOWN)
    short = short_names()
    total = found.conversions or 1
    values: list[dict[str, Any]] = [
        {
            "channel": one.channel or unknown, "method": short.get(method, method), "part": float(credit / total),
            "told": f"{100 * float(credit / total):.0f}" if credit * 200 >= total else "·",
        }
        for one in shown
        for method, credit in one.credits.items()
    ]  # fmt: skip
    channels = [one.channel or unknown for one in shown]
    narrow = width < NARROW
    base = charted(values).encode(
        x=alt.X(
            "method:N", sort=[short.get(one, one) for one in METHODS], title=None,
            axis=alt.Axis(orient="top", labelAngle=-60 if narrow else -30, domain=False, ticks=False),
        ),
        y=alt.Y("channel:N", sort=channels, title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=90 if narrow else 140)),
    )  # fmt: skip
    largest = max((row["part"] for row in values), default=1) or 1
    fields = base.mark_rect(color=ACCENT, cornerRadius=3).encode(
        opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, largest], range=[0.05, 0.6]), legend=None)
    )
    numbers = base.mark_text(fontSize=10 if narrow else 12).encode(
        text="told:N", color=alt.condition("datum.part >= 0.05", alt.value(INK), alt.value(MUTED))
    )
    return themed(alt.layer(fields, numbers), width=width, height=_FIELD * max(1, len(channels)))


def short_names() -> dict[str, str]:
    """What the methods are called above their columns."""
    return {
        "first": say("first"), "last": say("last"), "last_non_direct": say("last not direct"),
        "linear": say("linear"), "u": say("U shape"), "j": say("J shape"), "time_decay": say("time decay"),
        "markov": "Markov", "shapley": "Shapley",
    }  # fmt: skip

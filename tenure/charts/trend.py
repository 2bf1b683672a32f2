"""A metric over time, with its target and where the running period will end; one, or many side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt

from tenure.charts.notes import Mark, marked, noting, numbers
from tenure.charts.theme import ACCENT, CURVE_WIDTH, INK, MUTED, charted, faceted, say, themed
from tenure.metrics.figures import RUNNING, MetricPoint
from tenure.metrics.targets import Limits
from tenure.wording import figure

_ROOM = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A metric's figures, oldest first, and the target of each period (None: none; empty: of no period).

    `pace` is where the last period will end, where it goes on.
    """

    title: str
    unit: str
    points: Sequence[MetricPoint]
    limits: Sequence[Limits | None] = ()
    pace: Decimal | None = None


def trend(told: Trend, *, width: int, currency: str | None, height: int = 240, notes: Sequence[Mark] = ()) -> Any:
    """The metric as a line; the target a band; a running period hollow, with a diamond where it will end."""
    rows = _rows(told)
    values = [one for row in rows for one in (row["bottom"], row["top"])]
    axis = alt.Axis(labelAngle=0, labelOverlap=True, ticks=False)
    scale = alt.Scale(domain=[min(values), max(values)], nice=False)
    layers = _layers(rows, x_axis=axis, y_title=_axis(told.unit, currency), scale=scale, size=30)
    return themed(marked(layers, notes, [row["period"] for row in rows]), width=width, height=height)


def trends(told: Sequence[Trend], *, width: int, currency: str | None, notes: Sequence[Mark] = ()) -> Any:
    """A small chart for each metric, each with its own scale, its last figure above it."""
    rows = [row | {"view": _headed(one, currency)} for one in told for row in _rows(one)]
    noted = numbers(notes, list(dict.fromkeys(row["period"] for row in rows)))
    rows = [row | {"note": noted.get(row["period"])} for row in rows]
    layers = _layers(rows, x_axis=None, y_title=None, scale=alt.Scale(nice=False), size=14)
    return faceted(layers, order=[_headed(one, currency) for one in told], width=width)


def _rows(told: Trend) -> list[dict[str, Any]]:
    """The figures as the marks take them: rates in percent, open sides of a target at the edges of the picture."""
    scale = 100 if told.unit == "rate" else 1
    limits = [*told.limits, *[None] * (len(told.points) - len(told.limits))]
    values = [None if one.value is None else float(one.value) * scale for one in told.points]
    pace = None if told.pace is None else float(told.pace) * scale
    bounds = [float(one) * scale for both in limits if both for one in (both.low, both.high) if one is not None]
    shown = [*(one for one in values if one is not None), *bounds, *([] if pace is None else [pace])]
    top, bottom = max(shown, default=1.0), min([0.0, *shown])
    top = top + _ROOM * (top - bottom) if top > bottom else bottom + 1
    return [
        {
            "period": point.period, "value": value, "running": (point.status or "").startswith(RUNNING),
            "low": bottom if both is None or both.low is None else float(both.low) * scale,
            "high": top if both is None or both.high is None else float(both.high) * scale, "aimed": both is not None,
            "pace": pace if place == len(values) - 1 else None, "top": top, "bottom": bottom,
        }
        for place, (point, value, both) in enumerate(zip(told.points, values, limits, strict=True))
    ]  # fmt: skip


def _layers(rows: Sequence[dict[str, Any]], *, x_axis: Any, y_title: str | None, scale: Any, size: int) -> Any:
    periods = list(dict.fromkeys(row["period"] for row in rows))
    base = charted(rows).encode(
        x=alt.X(
            "period:N", sort=periods, title=None, scale=alt.Scale(paddingInner=0, paddingOuter=0), axis=x_axis
        )
    )  # fmt: skip
    small = y_title is None
    y = alt.Y(
        "value:Q", title=y_title, scale=scale,
        axis=alt.Axis(
            labelExpr="abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '.2~f')",
            tickCount=3 if small else 5, domain=False, ticks=False, minExtent=34 if small else 0,
        ),
    )  # fmt: skip
    # nothing is seen of these: they give every view its scale
    edges = [base.mark_point(opacity=0, size=1).encode(y=alt.Y(f"{edge}:Q", scale=scale)) for edge in ("top", "bottom")]
    band = base.transform_filter("datum.aimed").mark_bar(color=ACCENT, opacity=0.14).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q"
    )  # fmt: skip
    over = base.transform_filter("!datum.running && isValid(datum.value)")
    line = over.mark_line(color=INK, strokeWidth=CURVE_WIDTH).encode(y=y)
    dots = over.mark_point(color=INK, filled=True, opacity=1, size=size).encode(y=y)
    now = base.transform_filter("datum.running && isValid(datum.value)").mark_point(
        color=MUTED, filled=False, size=1.8 * size
    )
    ahead = base.transform_filter("isValid(datum.pace)").mark_point(
        shape="diamond", color=ACCENT, filled=True, opacity=1, size=2.8 * size
    )
    marks = [line, dots, now.encode(y=y), ahead.encode(y=alt.Y("pace:Q", scale=scale))]
    if any(row.get("note") for row in rows):
        marks += noting(base.transform_filter("isValid(datum.note)"))
    return alt.layer(band, *(edges if small else []), *marks)


def _headed(one: Trend, currency: str | None) -> str:
    last = next((point for point in reversed(one.points) if point.value is not None), None)
    said = "no data" if last is None else f"{figure(last.value, one.unit, currency, short=True)} in {last.period}"
    return f"{one.title}|{said}"


def _axis(unit: str, currency: str | None) -> str:
    return {
        "rate": say("percent"), "money": currency or say("money"), "days": say("days"), "score": say("score"),
    }.get(unit, say("number"))  # fmt: skip

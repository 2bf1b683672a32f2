"""The outlook: the people of every stage as they were and as expected, and how far off earlier outlooks were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.colours import NONE
from tenure.charts.notes import Mark, noting, numbers
from tenure.charts.theme import ACCENT, CURVE_WIDTH, INK, MUTED, NARROW, WARM, charted, faceted, say, themed
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.metrics.outlook.backtest import Backtest
from tenure.metrics.outlook.outlook import Expected
from tenure.wording import number

_ROW = 34


def ahead(
    past: Sequence[StagePeriod], expected: Sequence[Expected], *, titles: Mapping[str, str],
    colours: Mapping[str, str], width: int, notes: Sequence[Mark] = (),
) -> Any:  # fmt: skip
    """A small chart for each stage: a line what was, broken what is expected, a band for four of five outcomes."""
    periods = list(dict.fromkeys([one.period.name for one in past] + [one.period.name for one in expected]))
    rows: list[dict[str, Any]] = []
    order: list[str] = []
    for stage, title in titles.items():
        will = [one for one in expected if one.stage == stage]
        was = [one for one in past if one.stage == stage]
        end = will[-1] if will else None
        said = "" if end is None else _figures(end)
        order.append(f"{title}|{said}")
        same = {"view": order[-1], "colour": colours.get(stage, NONE)}
        rows += [same | {"period": one.period.name, "was": one.people} for one in was]
        if was and will:
            # the broken line begins where the full one ends
            now = was[-1]
            rows.append(same | {"period": now.period.name, "will": now.people, "low": now.people, "high": now.people})
        rows += [
            same | {"period": one.period.name, "will": one.people, "low": one.people_low, "high": one.people_high}
            for one in will
        ]
        rows += [same | {"period": period, "note": told} for period, told in numbers(notes, periods).items()]
    base = charted(rows).encode(
        x=alt.X("period:N", sort=periods, scale=alt.Scale(domain=periods), axis=None),
        color=alt.Color("colour:N", scale=None),
    )
    axis = alt.Axis(
        labelExpr="abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '.2~f')", tickCount=3,
        domain=False, ticks=False, minExtent=34,
    )  # fmt: skip
    ahead = base.transform_filter("isValid(datum.will)")
    band = ahead.mark_area(opacity=0.25).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    dashes = ahead.mark_line(strokeWidth=CURVE_WIDTH, strokeDash=[4, 3]).encode(y=alt.Y("will:Q", title=None))
    lines = base.transform_filter("isValid(datum.was)").mark_line(strokeWidth=CURVE_WIDTH)
    marks = noting(base.transform_filter("isValid(datum.note)")) if notes else ()
    return faceted(
        alt.layer(band, lines.encode(y=alt.Y("was:Q", title=None, axis=axis)), dashes, *marks), order=order,
        width=width,
    )  # fmt: skip


def _figures(one: Expected) -> str:
    low, people, high = (number(round(value)) for value in (one.people_low, one.people, one.people_high))
    return f"{people} ({low} – {high})"


def errors(told: Backtest, *, titles: Mapping[str, str], width: int) -> Any:
    """How far earlier outlooks were off on average, in percent of what came, beside two rules that cost nothing."""
    rules = [say("outlook"), say("last value"), say("same season")]
    values: list[dict[str, Any]] = []
    for one in told.stages:
        if one.stage is None or not one.people.actual:
            continue
        for rule, error in zip(rules, (one.people.outlook, one.people.last, one.people.season), strict=True):
            part = one.people.wape(error)
            if part is not None:
                values.append({"stage": titles[one.stage], "rule": rule, "error": 100 * part})
    order = [titles[one.stage] for one in told.stages if one.stage is not None]
    narrow = width < NARROW
    base = charted(values).encode(
        y=alt.Y("stage:N", sort=order, title=None, axis=alt.Axis(grid=True, domain=False, ticks=False)),
        x=alt.X("error:Q", title=say("off by, in percent of what came"), axis=alt.Axis(tickCount=5)),
    )
    legend = alt.Legend(
        title=None, orient="top", labelColor=INK, columns=3, labelFontSize=11 if narrow else 12, symbolOpacity=1
    )
    dots = base.mark_point(size=90, filled=True, opacity=1).encode(
        shape=alt.Shape(
            "rule:N", scale=alt.Scale(domain=rules, range=["circle", "square", "triangle-up"]), legend=legend
        ),
        color=alt.Color("rule:N", scale=alt.Scale(domain=rules, range=[ACCENT, WARM, MUTED]), legend=legend),
    )
    return themed(dots, width=width, height=_ROW * max(1, len(order)))

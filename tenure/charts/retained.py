"""Cohorts through the periods after they began: a field for each, the darker the more of them are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt

from tenure.charts.notes import Mark, numbers
from tenure.charts.theme import ACCENT, INK, MUTED, NARROW, charted, themed
from tenure.metrics.cohorts import CohortCell

ALL = "all"
_FIELD = 24


def retained(
    cells: Sequence[CohortCell], *, width: int, unit: str, shown: Literal["share", "each"] = "share",
    notes: Sequence[Mark] = (),
) -> Any:  # fmt: skip
    """The cells as a heat map: of cohorts in percent of `base`, or what each of the people brought.

    What is not complete has a broken frame and no colour: it will still grow. Where age 0 is everybody, it has none.
    The numbers of notes stand behind the periods of their cohorts.
    """
    noted = numbers(notes, [one.cohort.name for one in cells if one.cohort is not None])
    rows: list[dict[str, Any]] = []
    for one in cells:
        value = one.share if shown == "share" else one.each
        if value is None:
            continue
        told = float(value) * (100 if shown == "share" else 1)
        rows.append(
            {
                "cohort": ALL if one.cohort is None else _called(one.cohort.name, noted), "age": one.age, "value": told,
                "told": f"{told:.0f}", "complete": one.complete,
                "first": one.age == 0 and shown == "share" and told >= 100,
            }
        )  # fmt: skip
    order = list(dict.fromkeys(row["cohort"] for row in rows))
    most = max((row["value"] for row in rows if row["complete"] and not row["first"]), default=1) or 1
    for row in rows:
        row["part"] = 0 if row["first"] else min(row["value"] / most, 1)
    narrow = width < NARROW
    base = charted(rows).encode(
        x=alt.X(
            "age:O", title=f"{unit}s after the first",
            axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
        ),
        y=alt.Y("cohort:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False)),
    )  # fmt: skip
    fields = base.transform_filter("datum.complete").mark_rect(color=ACCENT, cornerRadius=2).encode(
        opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.6]), legend=None)
    )  # fmt: skip
    frames = base.transform_filter("!datum.complete").mark_rect(
        fillOpacity=0, stroke=MUTED, strokeDash=[2, 2], strokeWidth=1, cornerRadius=2
    )
    told = base.mark_text(fontSize=9 if narrow else 11).encode(
        text="told:N", color=alt.condition("datum.complete", alt.value(INK), alt.value(MUTED))
    )
    return themed(alt.layer(fields, frames, told), width=width, height=_FIELD * len(order))


def _called(name: str, noted: Mapping[str, str]) -> str:
    return f"{name} ({noted[name]})" if name in noted else name

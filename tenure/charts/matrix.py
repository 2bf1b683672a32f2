"""Moves from each stage to each other: a field for every pair, the darker the larger its part of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, INK, MUTED, charted, themed
from tenure.lifecycle.moves.transitions import Transition

NO_STAGE, NEW = "no stage", "new"
_FIELD = 30


def matrix(rows: Sequence[Transition], *, titles: Mapping[str, str], width: int) -> Any:
    """Where those who left each stage went, in parts of the row; whoever was not known before stands as new."""
    values = [
        {
            "from": _origin(row, titles), "to": _title(row.to, titles), "share": float(row.share),
            "told": f"{100 * float(row.share):.0f}" if row.share >= 1 / 200 else "·",
        }
        for row in rows
    ]  # fmt: skip
    order = [NEW, *titles.values(), NO_STAGE]
    base = charted(values).encode(
        x=alt.X("to:N", sort=order, title="to", axis=alt.Axis(orient="top", labelAngle=-40, domain=False, ticks=False)),
        y=alt.Y("from:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False)),
    )
    fields = base.mark_rect(color=ACCENT, cornerRadius=3).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.06, 0.6]), legend=None)
    )
    numbers = base.mark_text(fontSize=11).encode(
        text="told:N", color=alt.condition("datum.share >= 0.1", alt.value(INK), alt.value(MUTED))
    )
    return themed(alt.layer(fields, numbers), width=width, height=_FIELD * len({value["from"] for value in values}))


def _origin(row: Transition, titles: Mapping[str, str]) -> str:
    return NEW if row.new else _title(row.stage, titles)


def _title(stage: str | None, titles: Mapping[str, str]) -> str:
    return NO_STAGE if stage is None else titles[stage]

"""Personas side by side: what sets each apart, blue where they do more of it than all others, orange where less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from tenure.charts.theme import ACCENT, NARROW, WARM, charted, themed
from tenure.metrics.personas.personas import Persona

_FIELD = 30
_MOST = 1.5  # standard deviations that have the full colour
_EACH = 4


def personas(rows: Sequence[Persona], *, width: int, currency: str | None, most: int = 12) -> Any:
    """A row for each trait that sets some persona apart, a column for each persona, with the figure in the field."""
    named = dict.fromkeys(trait.told for one in rows for trait in one.traits[:_EACH])
    shown = list(named)[:most]
    values: list[dict[str, Any]] = [
        {
            "persona": one.name, "trait": trait.told, "more": trait.difference > 0,
            "part": min(abs(trait.difference) / _MOST, 1), "told": trait.value(trait.inside, currency),
        }
        for one in rows
        for trait in one.traits
        if trait.told in shown
    ]  # fmt: skip
    narrow = width < NARROW
    base = charted(values).encode(
        x=alt.X(
            "persona:N", sort=[one.name for one in rows], title=None,
            axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
        ),
        y=alt.Y(
            "trait:N", sort=shown, title=None,
            axis=alt.Axis(
                domain=False, ticks=False, labelLimit=150 if narrow else 260, labelFontSize=10 if narrow else 12
            ),
        ),
    )  # fmt: skip
    fields = base.mark_rect(cornerRadius=3).encode(
        color=alt.condition("datum.more", alt.value(ACCENT), alt.value(WARM)),
        opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.6]), legend=None),
    )
    numbers = base.mark_text(fontSize=10 if narrow else 12).encode(text="told:N")
    return themed(alt.layer(fields, numbers), width=width, height=_FIELD * max(1, len(shown)))

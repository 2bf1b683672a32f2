"""How charts look: quiet axes, the page's own type, and colours that the page decides.

Text, lines and grid are drawn in stand-in colours; `draw.svg` puts the page's style variables in their place, so that
one picture serves light, dark and print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

INK, MUTED, GRID, ACCENT = "#010203", "#010204", "#010205", "#010206"
VARIABLES: Mapping[str, str] = {INK: "--ink", MUTED: "--muted", GRID: "--grid", ACCENT: "--accent"}
# where labels are measured and where they are shown, letters are as wide
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
CURVE_WIDTH = 2


def charted(values: Sequence[Mapping[str, object]]) -> Any:
    """A chart of the rows, still without marks."""
    return alt.Chart(alt.Data(values=list(values)))  # type: ignore[no-untyped-call]


def themed(chart: Any, *, width: int, height: int | None = None) -> Any:
    """The chart at a width (pixels), in the look of all charts."""
    sized = chart.properties(width=width, **({} if height is None else {"height": height}))
    return sized.configure(
        background="transparent",
        font=FONT,
        padding={"left": 6, "right": 6, "top": 2, "bottom": 2},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=MUTED, titleColor=MUTED, gridColor=GRID, domainColor=GRID, tickColor=GRID, labelFontSize=12,
            titleFontSize=12, titleFontWeight="normal", labelLimit=140,
        ),
        text=alt.MarkConfig(color=INK, fontSize=12),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )  # fmt: skip

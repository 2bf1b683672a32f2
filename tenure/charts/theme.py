"""How charts look: quiet axes, the page's own type, and colours that the page decides.

Text, lines and grid are drawn in stand-in colours; `draw.svg` puts the page's style variables in their place, so that
one picture serves light, dark and print. ACCENT and WARM are a blue and an orange, told apart by people with the common
kinds of colour blindness.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import altair as alt

INK, MUTED, GRID, ACCENT, PAPER, WARM = "#010203", "#010204", "#010205", "#010206", "#010207", "#010208"
VARIABLES: Mapping[str, str] = {
    INK: "--ink", MUTED: "--muted", GRID: "--grid", ACCENT: "--accent", PAPER: "--paper", WARM: "--warm",
}  # fmt: skip
# where labels are measured and where they are shown, letters are as wide
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
CURVE_WIDTH = 2
# below, a picture is drawn for a narrow screen
NARROW = 500
# small views: their height, the room of their axes, between them and at the edges of the picture
_HEIGHT, _AXIS, _BETWEEN, _EDGE = 84, 40, 22, 6

_said: ContextVar[Callable[[str], str]] = ContextVar("said", default=str)


def say(text: str) -> str:
    """A text of the chart's own in the language in which charts are drawn."""
    return _said.get()(text)


@contextmanager
def said_by(words: Callable[[str], str]) -> Iterator[None]:
    """Nothing; the texts of charts that are made inside are what `words` makes of the English ones."""
    token = _said.set(words)
    try:
        yield
    finally:
        _said.reset(token)


def charted(values: Sequence[Mapping[str, object]]) -> Any:
    """A chart of the rows, still without marks."""
    # as a text: rows as such would be copied, value by value, with every step that makes a chart
    rows = json.dumps(list(values))
    return alt.Chart(alt.Data(values=rows, format=alt.DataFormat(type="json")))  # type: ignore[no-untyped-call]


def themed(chart: Any, *, width: int, height: int | None = None) -> Any:
    """The chart at a width (pixels), in the look of all charts."""
    sized = chart.properties(width=width, **({} if height is None else {"height": height}))
    return configured(sized, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))


def faceted(layers: Any, *, order: Sequence[str], width: int) -> Any:
    """A small view for each value of `view` (`title|second line`), each with its own scale, in the look of all."""
    columns = 2 if width < NARROW else 4
    each = (width - 2 * _EDGE - _BETWEEN * (columns - 1)) // columns - _AXIS
    views = layers.properties(width=each, height=_HEIGHT).facet(
        facet=alt.Facet(
            "view:N", sort=list(order), title=None,
            header=alt.Header(
                labelExpr="split(datum.label, '|')", labelAnchor="start", labelColor=INK, labelFontSize=12,
                labelLimit=each + _BETWEEN, labelPadding=8,
            ),
        ),
        columns=columns, spacing={"row": 58, "column": _AXIS + _BETWEEN}, bounds="flush",
    ).resolve_scale(y="independent")  # fmt: skip
    return configured(views, autosize=alt.AutoSizeParams(type="pad"))


def configured(chart: Any, *, autosize: Any) -> Any:
    """The chart in the look of all charts."""
    return chart.configure(
        background="transparent",
        font=FONT,
        padding={"left": 6, "right": 6, "top": 2, "bottom": 2},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=MUTED, titleColor=MUTED, gridColor=GRID, domainColor=GRID, tickColor=GRID, labelFontSize=12,
            titleFontSize=12, titleFontWeight="normal", labelLimit=140,
        ),
        title=alt.TitleConfig(color=INK, fontSize=12, anchor="start", fontWeight="bold", subtitleColor=MUTED,
                              subtitleFontSize=12, offset=6),
        text=alt.MarkConfig(color=INK, fontSize=12),
        autosize=autosize,
    )  # fmt: skip

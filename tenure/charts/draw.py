"""A chart as SVG that stands in a page: no script, the page's colours, no identifier that another picture has too."""

from __future__ import annotations

import json
import re
from typing import Any

from tenure.charts.theme import VARIABLES


def svg(chart: Any, *, name: str) -> str:
    """The chart as an <svg> element; `name` sets its identifiers apart from those of other pictures of the page.

    Its colours are the variables --ink, --muted, --grid and --accent of the page.
    """
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict(validate=False))))
    for colour, variable in VARIABLES.items():
        drawn = drawn.replace(colour, f"var({variable})")
    drawn = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', drawn)
    drawn = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", drawn)
    # the page sets the size; the picture keeps its proportions
    return re.sub(r'<svg([^>]*?) width="[^"]*" height="[^"]*"', r'<svg\1 role="img"', drawn, count=1)

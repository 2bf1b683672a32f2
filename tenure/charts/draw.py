"""A chart as SVG that stands in a page: no script, the page's colours, no identifier that another picture has too."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from tenure.charts.theme import VARIABLES

# what draws numbers as other languages write them
_LOCALES: Mapping[str, Literal["de-DE"]] = {"de": "de-DE"}


def svg(chart: Any, *, name: str, language: str = "en") -> str:
    """The chart as an <svg> element; `name` sets its identifiers apart from those of other pictures of the page.

    `language` decides how numbers and days are written. Its colours are the variables --ink, --muted, --grid and
    --accent of the page.
    """
    import vl_convert

    spec, locale = json.dumps(chart.to_dict(validate=False)), _LOCALES.get(language)
    drawn = str(vl_convert.vegalite_to_svg(spec, format_locale=locale, time_format_locale=locale))
    for colour, variable in VARIABLES.items():
        drawn = drawn.replace(colour, f"var({variable})")
    drawn = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', drawn)
    drawn = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", drawn)
    # the page sets the size; the picture keeps its proportions
    return re.sub(r'<svg([^>]*?) width="[^"]*" height="[^"]*"', r'<svg\1 role="img"', drawn, count=1)

"""The colours of stages: one hue a phase, one shade a stage.

The hues are those of M. Okabe and K. Ito (Color universal design, 2008), which people with the common kinds of colour
blindness tell apart, moved to a lightness that stands on white and on near-black paper alike. Order, titles and tables
say the same, so that nobody needs the colours.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tenure.lifecycle.definition import Lifecycle

NONE = "#8a8f98"
_PHASES = {
    "reach": "#6f93b8",
    "acquisition": "#3ba0d8",
    "activation": "#1fa8a0",
    "conversion": "#2b74c4",
    "retention": "#1d9a6c",
    "expansion": "#6da32f",
    "loyalty": "#8a63c9",
    "advocacy": "#c766a8",
    "service": "#c49a1a",
    "risk": "#e07b2a",
    "gone": "#a3503f",
}
_KINDS = {"prospect": "#3ba0d8", "customer": "#1d9a6c", "former": "#a3503f"}
_STEP = 0.11  # lightness between two stages of one phase


def stage_colours(lifecycle: Lifecycle) -> Mapping[str, str]:
    """The colour (#rrggbb) of every stage; stages of one phase are shades of one hue."""
    return _colours(tuple((stage.name, stage.phase, stage.kind) for stage in lifecycle.stages))


@lru_cache(256)
def _colours(stages: tuple[tuple[str, str | None, str | None], ...]) -> Mapping[str, str]:
    hues = {name: _PHASES.get(phase or "", _KINDS.get(kind or "", NONE)) for name, phase, kind in stages}
    found: dict[str, str] = {}
    for hue in dict.fromkeys(hues.values()):
        alike = [name for name, of in hues.items() if of == hue]
        for place, name in enumerate(alike):
            found[name] = _shade(hue, (place - (len(alike) - 1) / 2) * -_STEP)
    return MappingProxyType({name: found[name] for name, *_ in stages})


def _shade(colour: str, by: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    shaded = colorsys.hls_to_rgb(hue, min(0.75, max(0.3, light + by)), full)
    return "#" + "".join(f"{round(part * 255):02x}" for part in shaded)

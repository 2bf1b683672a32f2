"""What follows what: touchpoints down a line, an arc for every step from one to another, as wide as it is frequent.

Steps down the line stand on the right, steps back up on the left, so that neither needs its colour to be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from typing import Any

import altair as alt
import numpy as np

from tenure.charts.theme import ACCENT, INK, NARROW, PAPER, WARM, charted, say, themed
from tenure.metrics.journeys.follows import Follow
from tenure.wording import number

BEGIN, END = "(begin)", "(end)"
_TOUCHPOINTS, _ARCS = 11, 26
_ROW = 38
_BENDS = 24
_ANEW = 0.05


def follows(rows: Sequence[Follow], *, width: int, touchpoints: int = _TOUCHPOINTS) -> Any:
    """The most frequent steps between the most frequent touchpoints, in the order in which people come to them.

    What comes again right after itself is told beside its name.
    """
    shown, again = chosen(rows, touchpoints=touchpoints)
    order = ordered(shown)
    place = {name: at for at, name in enumerate(order)}
    most = max((one.times for one in shown), default=1)
    reach = max(len(order) - 1, 1)
    arcs: list[dict[str, Any]] = []
    for arc, one in enumerate(shown):
        first, last = place[one.source or BEGIN], place[one.target or END]
        side = 1 if last > first else -1
        # on the right there is room for the names
        near = 0.32 if side > 0 else 0.12
        far = side * (near + (1 - near) * abs(last - first) / reach)
        for bend in range(_BENDS + 1):
            angle = pi * bend / _BENDS
            arcs.append(
                {
                    "arc": arc, "x": far * sin(angle), "y": first + (last - first) * (1 - cos(angle)) / 2,
                    "bend": bend, "width": 0.8 + 7 * sqrt(one.times / most), "back": side < 0,
                }
            )  # fmt: skip
    names = [
        {"name": _called(name) + (f"  ↺ {number(again[name])}" if again.get(name) else ""), "x": 0, "y": at}
        for name, at in place.items()
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.75, 1.05], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[len(order) - 0.4, -0.6], nice=False))
    lines = charted(arcs).mark_line(opacity=0.45, strokeCap="round", interpolate="natural").encode(
        x=x, y=y, detail="arc:N", order="bend:Q",
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        color=alt.condition("datum.back", alt.value(WARM), alt.value(ACCENT)),
    )  # fmt: skip
    size = 11 if width < NARROW else 12
    dots = charted(names).mark_point(filled=True, color=INK, opacity=1, size=36).encode(x=x, y=y)
    # a broad edge of paper keeps the names readable on the arcs
    behind = charted(names).mark_text(
        align="left",
        dx=9,
        fontSize=size,
        fontWeight="bold",
        color=PAPER,
        stroke=PAPER,
        strokeWidth=5,
        strokeJoin="round",
    )
    before = charted(names).mark_text(align="left", dx=9, fontSize=size, fontWeight="bold", color=INK)
    texts = [one.encode(x=x, y=y, text="name:N") for one in (behind, before)]
    return themed(alt.layer(lines, *texts, dots), width=width, height=_ROW * len(order))


def _called(name: str) -> str:
    return {BEGIN: say(BEGIN), END: say(END)}.get(name, name)


def chosen(
    rows: Sequence[Follow], *, touchpoints: int = _TOUCHPOINTS, arcs: int = _ARCS
) -> tuple[tuple[Follow, ...], dict[str, int]]:
    """The steps that are drawn, the most frequent first, and how often each touchpoint comes right after itself."""
    volume = Counter[str]()
    for one in rows:
        if one.source is not None:
            volume[one.source] += one.times
    kept = {name for name, _ in volume.most_common(touchpoints)}
    again = {
        one.source: one.times
        for one in rows
        if one.source is not None and one.source in kept and one.source == one.target
    }
    between = [
        one for one in sorted(rows, key=lambda one: -one.times)
        if one.source != one.target and one.source in (*kept, None) and one.target in (*kept, None)
    ]  # fmt: skip
    return tuple(between[:arcs]), again


def ordered(rows: Sequence[Follow]) -> list[str]:
    """The touchpoints of the steps in the order in which somebody who begins comes to them first, on average.

    The steps are taken as a chain that begins anew at its end; who comes to what sooner stands higher.
    """
    names = list(dict.fromkeys(name for one in rows for name in (one.source or BEGIN, one.target or END)))
    chances = np.zeros((len(names), len(names)))
    for one in rows:
        chances[names.index(one.source or BEGIN), names.index(one.target or END)] += one.times
    start = names.index(BEGIN) if BEGIN in names else 0
    # where nothing is drawn that follows, it goes on at the beginning; seldom everybody does
    chances[chances.sum(axis=1) == 0, start] = 1
    chances = chances / chances.sum(axis=1, keepdims=True)
    chances = (1 - _ANEW) * chances
    chances[:, start] += _ANEW
    soon = {}
    for place, name in enumerate(names):
        others = [at for at in range(len(names)) if at != place]
        steps = np.linalg.solve(
            np.eye(len(others)) - chances[np.ix_(others, others)] * (1 - 1e-9), np.ones(len(others))
        )
        soon[name] = float(steps[others.index(start)]) if place != start else 0.0
    inner = sorted((name for name in names if name not in (BEGIN, END)), key=lambda name: (soon[name], name))
    return [*([BEGIN] if BEGIN in names else []), *inner, *([END] if END in names else [])]

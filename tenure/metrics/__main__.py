"""Writes the reference page of metrics: `python -m tenure.metrics docs/reference/metrics.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from tenure.events import STANDARD
from tenure.metrics import library
from tenure.metrics.definition import Metric, define
from tenure.metrics.functions import METRIC_FUNCTIONS, SETTINGS
from tenure.metrics.left_out import LEFT_OUT

_INTRODUCTION = """\
# Metrics

This page is written by `python -m tenure.metrics`; do not edit it.

A metric is worked out for every day, week, month, quarter or year of the workspace's time zone. `tenure metrics` lists
those below and tells which of them the workspace has the events for; `tenure metric NAME` gives the figures, and
`tenure sql metric NAME` the query behind them. [Add a metric](../how-to/add-a-metric.md) tells how to write one.

- A ratio is unknown where its denominator is 0, never 0. As a whole formula, numerator and denominator are kept.
- A metric whose events are absent has no figures and says what it needs.
- `n` is how many events or people a figure, or its denominator, rests on.
- `running` marks a period that is not over, and one whose people still have time (`within=`).
- People whom the workspace excludes are in no figure.
- Times are told in days, with a fraction; a figure of people is one of different people.
"""
_BETTER = {"up": "more is better", "down": "less is better", "context": "neither more nor less is better"}


def page() -> str:
    """The reference page, in Markdown."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    metrics = list(
        define(
            [(spec, document, False) for spec, document in library.specs()], bindings=STANDARD,
            constants={"margin": Decimal(0)},
        ).metrics.values()
    )  # fmt: skip
    yield _INTRODUCTION
    yield "## The language of formulas\n"
    yield (
        "Formulas are written in [the language of conditions](conditions.md), with functions of their own. Figures are "
        "added, subtracted, multiplied and divided; the name of another metric, or of a part, stands for its formula, "
        "and `margin` for the workspace's.\n"
    )
    for group, functions in groupby(METRIC_FUNCTIONS.values(), lambda one: one.group):
        yield f"### {group}\n"
        yield "| | | example |"
        yield "|---|---|---|"
        yield from (f"| `{one.signature}` | {one.means} | `{one.example}` |" for one in functions)
        yield ""
    yield "### Settings\n"
    yield "| | | example |"
    yield "|---|---|---|"
    yield from (f"| `{one.signature}` | {one.means} | `{one.example}` |" for one in SETTINGS)
    yield "\n## The metrics\n"
    yield "| phase | metrics |"
    yield "|---|---|"
    for phase, own in groupby(metrics, lambda one: one.phase):
        yield f"| {phase} | {', '.join(f'[{one.name}](#{one.name})' for one in own)} |"
    yield ""
    for metric in metrics:
        yield from _metric(metric)
    yield "## Left out\n"
    yield "| metric | why |"
    yield "|---|---|"
    yield from (f"| {name} | {why} |" for name, why in LEFT_OUT.items())


def _metric(metric: Metric) -> Iterator[str]:
    yield f"### {metric.name}\n"
    yield f"{metric.title}. {metric.means} ({metric.unit}; {_BETTER[metric.direction]}; phase {metric.phase})\n"
    yield "```text"
    yield metric.text
    yield from (f"{name} = {text}" for name, text in metric.parts.items())
    yield "```\n"
    needs = "; ".join(" or ".join(one.events) + (f" where `{one.where}`" if one.where else "") for one in metric.needs)
    settings = ", ".join(f"`{name}` in tenure.yaml" for name in metric.settings)
    told = "; ".join(part for part in (needs, settings) if part) or "stages of a lifecycle"
    yield f"Needs: {told}. Source: {metric.source}.\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

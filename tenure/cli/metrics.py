"""`tenure metrics`: the catalogue, and which of it this workspace has the events for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace.metrics import CatalogueEntry

_NEEDS = "no data: needs "


@app.command(
    "metrics", epilog="tenure metrics --ready\ntenure metrics --phase retention\ntenure metrics -o metrics.csv"
)
def metrics(
    context: typer.Context,
    ready: Annotated[bool, typer.Option("--ready", help="Only those that this workspace has the events for.")] = False,
    phase: Annotated[
        str | None, typer.Option("--phase", metavar="PHASE", help="Only those of a phase, such as retention.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Every metric there is, and whether this workspace has the events that it needs.

    As CSV and JSON: metric, title, phase, unit, direction, ready, needs, means, formula, source.
    """
    from typing import get_args

    from tenure.documents import did_you_mean
    from tenure.lifecycle.definition import Phase

    phases = get_args(Phase)
    if phase is not None and phase not in phases:
        hint = did_you_mean(phase, phases) or f"There are: {', '.join(phases)}."
        raise UsageError(f"There is no phase {phase!r}.", hint=hint)
    with opened(context) as ws:
        everything = ws.metrics.catalogue(lifecycle=lifecycle)
        entries = [
            one for one in everything if (phase is None or one.metric.phase == phase) and not (ready and one.lacks)
        ]
        give(Listing(lambda: _rows(entries), lambda screen: _show(screen, context, entries, everything)), form, file)


def _rows(entries: Sequence[CatalogueEntry]) -> pa.Table:
    from tenure.cli.rows import TEXT, TRUTH, table

    return table(
        metric=(TEXT, [one.metric.name for one in entries]),
        title=(TEXT, [one.metric.title for one in entries]),
        phase=(TEXT, [one.metric.phase for one in entries]),
        unit=(TEXT, [one.metric.unit for one in entries]),
        direction=(TEXT, [one.metric.direction for one in entries]),
        ready=(TRUTH, [not one.lacks for one in entries]),
        needs=(TEXT, [one.lacks.removeprefix(_NEEDS) or None for one in entries]),
        means=(TEXT, [one.metric.means for one in entries]),
        formula=(TEXT, [one.metric.text for one in entries]),
        source=(TEXT, [one.metric.source or None for one in entries]),
    )


def _show(
    screen: Screen, context: typer.Context, entries: Sequence[CatalogueEntry], everything: Sequence[CatalogueEntry]
) -> None:
    from rich.text import Text

    from tenure.cli.screen import Cell, Column
    from tenure.wording import several

    there = sum(not one.lacks for one in everything)
    screen.title("Metrics", f"{several(len(everything), 'metric')}; this workspace has the events for {there:,}")
    if not entries:
        screen.say("None.")
        return
    columns = [
        Column("Metric", long="cut"), Column("Phase", spare=True), Column("Unit", spare=True),
        Column("Needs", long="cut"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for one in entries:
        needs = one.lacks.removeprefix(_NEEDS).replace("`", "")
        style = "dim" if one.lacks else ""
        told = (one.metric.name, one.metric.phase, one.metric.unit, needs)
        rows.append([Text(text, style=style) for text in told])
    screen.table(columns, rows)
    example = next((one for one in entries if not one.lacks), None)
    if example is not None:
        screen.next(typed(context, f"metric {example.metric.name}"))
    elif not there:
        screen.say("Bring events in first: the metrics tell which ones they need.")

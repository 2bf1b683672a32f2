"""`tenure sql`: the queries behind the figures, to read and to run elsewhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import App, Commands, app, opened
from tenure.cli.options import LifecycleOption, PeriodOption, SinceOption, period_unit
from tenure.cli.output import write_text

sql = App(
    name="sql", cls=Commands, no_args_is_help=True, rich_markup_mode=None, add_completion=False,
    help="The query behind a figure, to read or to run elsewhere.",
)  # fmt: skip
app.add_typer(sql)


class Engine(StrEnum):
    """An engine that queries are written for."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@sql.command(
    "lifecycle",
    epilog="tenure sql lifecycle classic\ntenure sql lifecycle classic --engine spark -o classic.sql",
)
def lifecycle(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A lifecycle or segment.")],
    engine: Annotated[Engine, typer.Option("--engine", metavar="ENGINE", help="duckdb or spark.")] = Engine.DUCKDB,
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to FILE.")] = None,
) -> None:
    """The query of a lifecycle, one comment a step."""
    with opened(context) as ws:
        text = ws.sql(name, engine=engine.value)
    write_text(text.rstrip() + "\n", file)


@sql.command(
    "metric",
    epilog="tenure sql metric average_order_value\n"
    "tenure sql metric nrr --period quarter --since 2011-01-01 -o nrr.sql",
)
def metric(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A metric, as `tenure metrics` lists it.")],
    period: PeriodOption = "month",
    since: SinceOption = None,
    lifecycle: LifecycleOption = None,
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to FILE.")] = None,
) -> None:
    """The query of a metric alone, one comment a step; it gives period and value."""
    with opened(context) as ws:
        text = ws.metrics.sql(name, period=period_unit(period), since=since, lifecycle=lifecycle)
    write_text(text.rstrip() + "\n", file)

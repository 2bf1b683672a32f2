"""`tenure alerts`: the metrics outside what was to be expected, and what moved them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, opened, typed
from tenure.cli.options import AtOption, PeriodOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.workspace import Workspace
    from tenure.workspace.alerts import Alert

_STEP = Decimal(1).scaleb(-9)


@app.command(
    "alerts",
    epilog="tenure alerts\ntenure alerts --period week --every\ntenure alerts --at 2024-06-30 --rate 0.05",
)
def alerts(
    context: typer.Context,
    period: PeriodOption = "month",
    at: AtOption = None,
    every: Annotated[
        bool, typer.Option("--every", help="Look at every metric, not only key metrics and those with a target.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option("--rate", metavar="SHARE", help="How many of the quiet ones may be false alarms. Default: 0.02."),
    ] = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """The metrics that were outside what was to be expected in the last whole period, with what moved them most.

    As CSV and JSON: metric, period, value, low, expected, high, compared_with, dimension, part, contribution, share.
    """
    with opened(context) as ws:
        with working("Looking at what was to be expected"):
            names = [one.metric.name for one in ws.metrics.catalogue() if not one.lacks] if every else None
            found = ws.targets.alerts(names, period=period_unit(period), at=at, rate=rate)
        unknown = "" if found else _too_short(ws, period, at)
        give(
            Listing(
                lambda: _rows(found), lambda screen: _show(screen, context, ws, found, names, rate, unknown=unknown)
            ),
            form, file,
        )  # fmt: skip


def _too_short(ws: Workspace, period: str, at: str | None) -> str:
    """What is missing to know what is usual; empty where nothing is."""
    from tenure.metrics.expected import LEAST

    whole = max(len(ws.targets.complete(period_unit(period), LEAST + 1, at)) - 1, 0)
    if whole > LEAST:
        return ""
    there = "there is 1" if whole == 1 else f"there are {whole}"
    return f"Nothing can be told yet: it takes {LEAST + 1} whole {period}s, and {there}."


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, found: Sequence[Alert], names: list[str] | None,
    rate: float | None, *, unknown: str,
) -> None:  # fmt: skip
    from rich.text import Text

    from tenure.cli.screen import Column
    from tenure.metrics.expected import RATE
    from tenure.wording import figure, several

    currency = ws.definitions.config.currency
    own = {one.metric for one in ws.targets.all.targets} & ws.metrics.all.keys()
    looked = len(names) if names is not None else len({*ws.targets.key_metrics, *own})
    screen.title(
        f"Outside what was to be expected{f' in {found[0].period.name}' if found else ''}",
        f"{several(looked, 'metric')} looked at; of quiet ones {(rate or RATE) * 100:g} % are alarms by chance",
    )
    if not found:
        screen.say(unknown or "None.")
        screen.next(typed(context, "scorecard"))
        return
    rows: list[list[Cell]] = []
    for one in found:
        unit = one.metric.unit
        low, high = (
            figure(Decimal(repr(limit)), unit, currency, short=True) for limit in (one.band.low, one.band.high)
        )
        style = {True: "green", False: "red", None: "yellow"}[one.good]
        rows.append(
            [
                one.metric.title,
                Text(figure(one.value, unit, currency, short=True), style=style),
                f"{low} – {high}",
                _moved(one),
            ]
        )
    screen.table(
        [Column("Metric", long="cut"), Column("Value", right=True), Column("Expected", right=True),
         Column("Moved most by", long="fold")],
        rows,
    )  # fmt: skip
    if any(one.drivers for one in found):
        screen.say(
            "Shares are of the change from the period before, or from the same season where there is one.", "dim"
        )
    screen.next(
        typed(context, f"why {found[0].metric.name} --from {found[0].compared.name} --to {found[0].period.name}")
    )


def _moved(alert: Alert) -> str:
    from tenure.wording import share

    told = [
        f"{one.dimension} {one.part} ({share(one.contribution, one.contribution / one.share)})" for one in alert.drivers
    ]
    return "; ".join([*(["data may be missing"] if alert.data_fault else []), *told]) or "nothing alone"


def _rows(found: Sequence[Alert]) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, table

    exact = pa.decimal128(38, 9)
    rows = [(one, driver) for one in found for driver in (one.drivers or (None,))]

    def told(value: float) -> Decimal:
        return Decimal(repr(value)).quantize(_STEP)

    return table(
        metric=(TEXT, [one.metric.name for one, _ in rows]),
        period=(TEXT, [one.period.start.isoformat() for one, _ in rows]),
        value=(exact, [one.value.quantize(_STEP) for one, _ in rows]),
        low=(exact, [told(one.band.low) for one, _ in rows]),
        expected=(exact, [told(one.band.middle) for one, _ in rows]),
        high=(exact, [told(one.band.high) for one, _ in rows]),
        compared_with=(TEXT, [one.compared.start.isoformat() for one, _ in rows]),
        dimension=(TEXT, [driver.dimension if driver else None for _, driver in rows]),
        part=(TEXT, [driver.part if driver else None for _, driver in rows]),
        contribution=(exact, [driver.contribution.quantize(_STEP) if driver else None for _, driver in rows]),
        share=(exact, [driver.share.quantize(_STEP) if driver else None for _, driver in rows]),
    )

"""`tenure metric`: what a metric was, period by period."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption, PeriodOption, SinceOption, UntilOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.metrics.definition import Metric
    from tenure.metrics.figures import MetricPoint
    from tenure.metrics.status import Status
    from tenure.metrics.targets import Limits
    from tenure.workspace import Workspace

_BETTER = {"up": "more is better", "down": "less is better", "context": "neither more nor less is better"}


@app.command(
    "metric",
    epilog="tenure metric average_order_value\n"
    "tenure metric customer_retention_rate --period quarter --since 2011-01-01\n"
    "tenure metric new_leads --by channel --format csv -o leads.csv",
)
def metric(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A metric, as `tenure metrics` lists it.")],
    period: PeriodOption = "month",
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHAT", help="Broken down: by channel, a property or a trait.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    lifecycle: LifecycleOption = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME", help="From what was received up to then.")
    ] = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """What a metric was, period by period; by default the last twelve.

    As CSV and JSON: period (its first day), part (with --by), value, numerator, denominator, target (of a range the
    lower limit), status.
    """
    with opened(context) as ws:
        chosen = ws.metrics.metric(name)
        with working("Working out the metric"):
            points = ws.metrics.points(
                [name], period=period_unit(period), since=since, until=until, by=by, lifecycle=lifecycle,
                known_at=known_at,
            )  # fmt: skip
            judged = ws.targets.beside(chosen, points, period=period_unit(period), lifecycle=lifecycle, by=by)
        give(
            Listing(
                lambda: _rows(chosen, points, by, judged),
                lambda screen: _show(screen, context, ws, chosen, points, by, judged),
            ),
            form, file,
        )  # fmt: skip


def _rows(
    metric: Metric, points: tuple[MetricPoint, ...], by: str | None,
    judged: Sequence[tuple[Limits | None, Status | None]],
) -> pa.Table:  # fmt: skip
    import pyarrow as pa

    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    whole = metric.unit == "count" and all(
        one.value is None or one.value == one.value.to_integral_value() for one in points
    )
    kind = WHOLE if whole else AMOUNT if metric.unit == "money" else pa.decimal128(38, 9)
    step = Decimal(1).scaleb(0 if whole else -6 if metric.unit == "money" else -9)
    cells = [None if one.value is None else one.value.quantize(step) for one in points]
    own = table(
        period=(TEXT, [one.start.isoformat() for one in points]),
        part=(TEXT, [one.part for one in points]),
        value=(kind, [int(cell) if whole and cell is not None else cell for cell in cells]),
        numerator=(AMOUNT, [_exact(one.numerator) for one in points]),
        denominator=(AMOUNT, [_exact(one.denominator) for one in points]),
        target=(AMOUNT, [None if limits is None else _exact(limits.aim) for limits, _ in judged]),
        status=(TEXT, [one.stands(status) for one, (_, status) in zip(points, judged, strict=True)]),
    )
    return own if by else own.drop_columns(["part"])


def _exact(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.000001"))


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, metric: Metric, points: tuple[MetricPoint, ...],
    by: str | None, judged: Sequence[tuple[Limits | None, Status | None]],
) -> None:  # fmt: skip
    from rich.text import Text

    from tenure.cli.judging import band, state
    from tenure.cli.screen import Cell, Column
    from tenure.wording import figure, number

    screen.title(metric.title, as_of(ws, ws.moment(None)))
    screen.say(f"{metric.means} {_BETTER[metric.direction].capitalize()}.")
    lacking = next((one.status for one in points if (one.status or "").startswith("no data")), None)
    if lacking is not None:
        screen.say(f"N{lacking[1:]}.", "yellow")
        screen.next(typed(context, "metrics --ready"))
        return
    currency = ws.definitions.config.currency
    aimed = any(limits is not None for limits, _ in judged)
    ratio = any(one.denominator is not None for one in points)
    columns = [
        Column("Period"), *([Column(by.capitalize(), long="cut")] if by else []), Column("Value", right=True),
        *([Column("Of", right=True, spare=True)] if ratio else []), Column("n", right=True, spare=True),
        *([Column("Target", right=True)] if aimed else []), Column(""),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for one, (limits, status) in zip(points, judged, strict=True):
        cells: list[Cell] = [one.period, *([one.part or "none known"] if by else [])]
        cells.append(figure(one.value, metric.unit, currency))
        if ratio:
            cells.append(f"{_short(one.numerator)} / {_short(one.denominator)}")
        cells += [number(one.n) if one.n is not None else ""]
        cells += [band(metric.unit, limits, currency)] if aimed else []
        stands = state(status) if status is not None else Text("")
        cells.append(stands.append(f"{' · ' if stands.plain else ''}{one.status or ''}", style="not bold dim"))
        rows.append(cells)
    screen.table(columns, rows)
    if by and all(one.part is None for one in points):
        screen.say(f"Nothing tells a {by}: neither the events of this metric, nor a first touch or trait of people.")
    if any(one.status == "running" for one in points):
        screen.say("running: the period, or the time that people still have, is not over.", "dim")
    screen.say(f"= {metric.text}", "dim")
    for name, text in metric.parts.items():
        screen.line(f"{name} = {text}", "dim")
    screen.next(typed(context, f"sql metric {metric.name}"))


def _short(amount: Decimal | None) -> str:
    from tenure.wording import number

    return "–" if amount is None else number(amount.quantize(Decimal("0.01")))

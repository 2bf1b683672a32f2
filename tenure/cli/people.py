"""`tenure people`: who is in a stage, the most valuable first."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.workspace import Workspace


@app.command(
    "people",
    epilog="tenure people --stage at_risk\n"
    "tenure people --stage at_risk --from loyalty --format csv -o call.csv\n"
    "tenure people --stage loyalty --at 2011-06-30",
)
def people(
    context: typer.Context,
    stage: Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="Only those in this stage.")] = None,
    previous: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="Only those who came from this stage.")
    ] = None,
    lifecycle: LifecycleOption = None,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who is in which stage, the most valuable first.

    Since when, until when if they stay silent, and worth how much.
    """
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        rows = ws.people(chosen.name, stage=stage, previous=previous, at=at)
        title = f"Who is in {stage or 'which stage'}" + (f", from {previous}" if previous else "")
        give(Listing(lambda: rows, lambda screen: _show(screen, context, ws, chosen, rows, title, at)), form, file)


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, title: str,
    at: str | None,
) -> None:  # fmt: skip
    from tenure.cli.rows import moments, total
    from tenure.cli.screen import PAGE, Column
    from tenure.cli.wording import Money, moment, units

    shown = rows.slice(0, PAGE)
    everything = total(rows, "money")
    currency = ws.definitions.config.currency
    money = Money(currency, shown["money"].to_pylist())
    columns = [
        Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Stage", long="cut"),
        Column("Before", long="cut", spare=True), Column("Since"), Column("Until", spare=True),
        Column("Money", right=True),
    ]  # fmt: skip
    listed = [
        [row["customer_id"], row["stage"], row["previous"], *(moment(time, ws.zone) for time in times),
         money(row["money"])]
        for row, *times in zip(
            shown.drop_columns(["entered_at", "left_at"]).to_pylist(), moments(shown, "entered_at"),
            moments(shown, "left_at"), strict=True,
        )
    ]  # fmt: skip
    screen.title(title, as_of(ws, ws.moment(at), lifecycle))
    if not listed:
        screen.say("Nobody.")
        return
    screen.table(columns, listed)
    screen.more(len(listed), rows.num_rows, "use --format csv -o FILE.")
    count = f"{rows.num_rows:,} {units(lifecycle.unit, rows.num_rows)}"
    screen.say(f"{count}, {Money(currency, [everything])(everything)}. Money is {ws.money_words}.", style="dim")
    first = rows["customer_id"][0].as_py()
    when = f" --at {quote(at)}" if at else ""
    screen.next(typed(context, f"explain {quote(first)}{chosen_with(ws, lifecycle)}{when}"))

"""`tenure history`: every stay in every stage."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working
from tenure.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace


@app.command(
    "history",
    epilog="tenure history --customer 12346\n"
    "tenure history -l classic --scheduled\n"
    "tenure history -o history.csv\n"
    "tenure history --as-of 2011-06-30 --known-at 2011-07-05 -o reported.csv",
)
def history(
    context: typer.Context,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="Only this one's.")] = None,
    lifecycle: Annotated[
        str | None,
        typer.Option("-l", "--lifecycle", metavar="NAME", help="Only this lifecycle's or segment's. Default: all."),
    ] = None,
    scheduled: Annotated[
        bool, typer.Option("--scheduled", help="Only what is still to come, if they stay silent.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="From the events up to then, computed anew.")
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="TIME", help="From the events received up to then, computed anew."),
    ] = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Every stay in every stage, past and scheduled.

    As CSV and JSON: lifecycle, customer_id, stage, previous, entered_at, left_at; moments in UTC. A stay that has not
    ended has its scheduled end in left_at, where there is one.
    """
    with opened(context) as ws:
        ws.lifecycle(lifecycle)
        with working("Computing the histories anew" if as_of or known_at else "Reading the histories"):
            rows = ws.history(lifecycle, customer=customer, scheduled=scheduled, as_of=as_of, known_at=known_at)
        if customer is not None and not rows.num_rows and not ws.knows(customer, lifecycle):
            raise UsageError(
                f"There is no {ws.lifecycle(lifecycle).unit} {customer!r}.",
                hint="Ids are written as in the source, leading zeros included.",
            )
        now = ws.moment(as_of)
        give(
            Listing(
                lambda: rows,
                lambda screen: _show(screen, context, ws, rows, now, lifecycle=lifecycle, customer=customer),
            ),
            form, file,
        )  # fmt: skip


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, rows: pa.Table, now: int, *, lifecycle: str | None,
    customer: str | None,
) -> None:  # fmt: skip
    from rich.text import Text

    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import length, several, units

    shown = rows.slice(0, PAGE if customer is None else rows.num_rows)
    columns = [
        *([Column("Lifecycle", long="cut")] if lifecycle is None else []),
        *([Column("Customer", long="cut")] if customer is None else []),
        Column("Stage", long="cut"), Column("Before", long="cut", spare=True), Column("Entered"), Column("Left"),
        *([Column("Stayed", right=True, spare=True)] if customer is not None else []),
    ]  # fmt: skip
    table = []
    names = shown.select(["lifecycle", "customer_id", "stage", "previous"]).to_pylist()
    due = False
    for row, entered, left in zip(names, moments(shown, "entered_at"), moments(shown, "left_at"), strict=True):
        to_come = entered is not None and entered > now
        due = due or to_come or (left is not None and left > now)
        cells = [row["lifecycle"]] if lifecycle is None else []
        cells += [row["customer_id"]] if customer is None else []
        cells += [row["stage"], row["previous"], _told(entered, now, ws), _told(left, now, ws)]
        if customer is not None and entered is not None:
            cells.append("" if to_come else length(min(left or now, now) - entered))
        table.append([Text(cell or "", style="dim") if to_come else cell for cell in cells])
    title = "Every stay in every stage" if customer is None else f"Every stay of {customer}"
    screen.title(title, as_of(ws, now, ws.lifecycle(lifecycle) if lifecycle else None))
    if not table:
        screen.say("Nothing to show: no stay, or none still to come.", style="dim")
        return
    screen.table(columns, table)
    screen.more(len(table), rows.num_rows, "use --format csv -o FILE.")
    if due:
        screen.say("~ is still to come, and comes if nothing happens until then.", style="dim")
    if customer is not None:
        screen.next(typed(context, f"explain {quote(customer)}"))
    elif len(table) < rows.num_rows:
        unit = units(ws.lifecycle(lifecycle).unit)
        screen.say(f"{several(rows.num_rows, 'stay')} of all {unit}.", style="dim")


def _told(time: int | None, now: int, ws: Workspace) -> str:
    """The moment, marked where it is still to come."""
    from tenure.wording import moment

    return f"{moment(time, ws.zone)}{'~' if time is not None and time > now else ''}"

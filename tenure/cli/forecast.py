"""`tenure forecast`: who moves where, and when, if nobody does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.forecast import DueMove
    from tenure.workspace import Workspace

MOST_DAYS = 36_500
NO_STAGE = "none"


@app.command(
    "forecast",
    epilog="tenure forecast --days 30\n"
    "tenure forecast --days 7 --people\n"
    "tenure forecast --days 30 --people -o due.csv",
)
def forecast(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=MOST_DAYS, help="How far to look ahead.")] = 30,
    people: Annotated[bool, typer.Option("--people", help="List everybody who moves, the next first.")] = False,
    stage: Annotated[str | None, typer.Option("--from", metavar="STAGE", help="Only moves from this stage.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="STAGE", help="Only moves to this stage, or to none.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who moves where in the next days if nobody does anything."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if people:
            rows = _between(ws, chosen, ws.due(chosen.name, days=days), stage, to)
            listing = Listing(lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows, days))
        else:
            moves = tuple(
                move for move in ws.forecast(chosen.name, days=days)
                if stage in (None, move.stage) and to in (None, move.to or NO_STAGE)
            )  # fmt: skip
            _known(ws, chosen, stage, to)
            listing = Listing(
                lambda: _rows(chosen, moves), lambda screen: _show(screen, context, ws, chosen, moves, days)
            )
        give(listing, form, file)


def _known(ws: Workspace, lifecycle: Lifecycle, stage: str | None, to: str | None) -> None:
    """Nothing; raises UsageError where there is no such stage."""
    scope = ws.moves.scope(lifecycle.name)
    if stage is not None:
        scope.code(stage)
    if to is not None:
        scope.state(to)


def _between(ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, stage: str | None, to: str | None) -> pa.Table:
    """The rows of moves between the stages asked for."""
    import pyarrow.compute as pc

    _known(ws, lifecycle, stage, to)
    for column, asked in (("stage", stage), ("to", to)):
        if asked is not None:
            names = pc.fill_null(rows[column], NO_STAGE) if asked == NO_STAGE else rows[column]
            rows = rows.filter(pc.equal(names, asked))
    return rows


def _rows(lifecycle: Lifecycle, moves: tuple[DueMove, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(moves)),
        stage=(TEXT, [move.stage for move in moves]),
        to=(TEXT, [move.to for move in moves]),
        people=(WHOLE, [move.people for move in moves]),
        money=(AMOUNT, [move.money for move in moves]),
        earliest=(MOMENT, [move.earliest for move in moves]),
        latest=(MOMENT, [move.latest for move in moves]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, moves: tuple[DueMove, ...], days: int
) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import Money, day, units

    _title(screen, ws, lifecycle, days)
    if not moves:
        screen.say("Nobody moves.")
        return
    money = Money(ws.definitions.config.currency, [move.money for move in moves])
    outside = "not in it" if lifecycle.segment else "none"
    screen.table(
        [Column("From", long="cut"), Column("To", long="cut"), Column(units(lifecycle.unit).capitalize(), right=True),
         Column("Money", right=True), Column("First"), Column("Last", spare=True)],
        [
            [move.stage, move.to or outside, f"{move.people:,}", money(move.money), day(move.earliest, ws.zone),
             day(move.latest, ws.zone)]
            for move in moves
        ],
    )  # fmt: skip
    screen.say(f"Somebody who moves twice is in both rows. Money is {ws.money_words}.", style="dim")
    screen.next(typed(context, f"forecast --days {days} --people{chosen_with(ws, lifecycle)}"))


def _show_people(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, days: int
) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, units

    _title(screen, ws, lifecycle, days)
    if not rows.num_rows:
        screen.say("Nobody moves.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    outside = "not in it" if lifecycle.segment else "none"
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("From", long="cut"),
         Column("To", long="cut"), Column("On"), Column("Money", right=True)],
        [
            [row["customer_id"], row["stage"], row["to"] or outside, moment(at, ws.zone), money(row["money"])]
            for row, at in zip(shown.drop_columns(["moves_at"]).to_pylist(), moments(shown, "moves_at"), strict=True)
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.next(explaining(context, ws, lifecycle, rows))


def _title(screen: Screen, ws: Workspace, lifecycle: Lifecycle, days: int) -> None:
    from tenure.wording import several

    ahead = f"Who moves in the next {'day' if days == 1 else several(days, 'day')} if nobody does anything"
    screen.title(ahead, as_of(ws, ws.moment(None), lifecycle))

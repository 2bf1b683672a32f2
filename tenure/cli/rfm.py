"""`tenure rfm`: how recently, how often and for how much people bought."""

from __future__ import annotations

from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.rfm import RfmCell
    from tenure.workspace import Workspace


@app.command(
    "rfm",
    epilog="tenure rfm\ntenure rfm --people champion\ntenure rfm --people 155 --format csv -o cant_lose.csv\n"
    "tenure rfm --event order --days 365",
)
def rfm(
    context: typer.Context,
    people: Annotated[
        str | None, typer.Option("--people", metavar="CELL", help="List the people of a cell: champion, or 543.")
    ] = None,
    event: Annotated[str, typer.Option("--event", metavar="EVENT", help="What counts as buying.")] = "purchase",
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", help="Only what was bought in the last so many days.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who bought how recently, how often and for how much, in fifths with names."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if people is not None:
            rows = ws.journeys.rfm_people(people, chosen.name, event=event, days=days)
            listing = Listing(lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows, people))
        else:
            cells = ws.journeys.rfm(chosen.name, event=event, days=days)
            listing = Listing(
                lambda: _rows(cells), lambda screen: _show(screen, context, ws, chosen, cells, event, days)
            )
        give(listing, form, file)


def _rows(cells: Sequence[RfmCell]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        cell=(TEXT, [one.name for one in cells]),
        recency=(WHOLE, [one.recency for one in cells]),
        frequency=(WHOLE, [one.frequency for one in cells]),
        monetary=(WHOLE, [one.monetary for one in cells]),
        people=(WHOLE, [one.people for one in cells]),
        money=(AMOUNT, [one.money for one in cells]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, cells: Sequence[RfmCell], event: str,
    days: int | None,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.metrics.rfm import RFM_NAMES
    from tenure.wording import Money, several, share, units

    screen.title("How recently, how often and for how much", as_of(ws, ws.moment(None), lifecycle))
    if not cells:
        within = f" in the last {several(days, 'day')}" if days else ""
        screen.say(f"Nobody has bought anything{within}.")
        return
    people = {name: sum(one.people for one in cells if one.name == name) for name in RFM_NAMES}
    worth = {name: sum((one.money for one in cells if one.name == name), Decimal(0)) for name in RFM_NAMES}
    everybody, everything = sum(people.values()), sum(worth.values(), Decimal(0))
    money = Money(ws.definitions.config.currency, [everything])
    screen.table(
        [Column("Cell", long="cut"), Column(units(lifecycle.unit).capitalize(), right=True),
         Column("Share", right=True), Column("Money", right=True), Column("Share", right=True),
         Column("Each", right=True, spare=True)],
        [
            *(
                [name, f"{count:,}", share(count, everybody), money(worth[name]),
                 share(max(worth[name], Decimal(0)), everything), money(worth[name] / count)]
                for name, count in people.items() if count
            ),
            ["All", f"{everybody:,}", "", money(everything), "", money(everything / everybody)],
        ],
        total=True,
    )  # fmt: skip
    span = f"in the last {several(days, 'day')}" if days else "ever"
    screen.say(
        f"Money is what was spent {span}. Fifths of everybody who bought; who are alike share the lower score.",
        style="dim",
    )
    best = max((name for name in RFM_NAMES if people[name]), key=lambda name: worth[name])
    again = (f" --event {quote(event)}" if event != "purchase" else "") + (f" --days {days}" if days else "")
    screen.next(typed(context, f"rfm --people {best}{again}{chosen_with(ws, lifecycle)}"))


def _show_people(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, cell: str
) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, several, units

    screen.title(f"Who is in {cell}", as_of(ws, ws.moment(None), lifecycle))
    if not rows.num_rows:
        screen.say("Nobody.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("R F M"), Column("Last bought"),
         Column("Purchases", right=True), Column("Money", right=True)],
        [
            [row["customer_id"], f"{row['recency']} {row['frequency']} {row['monetary']}", moment(at, ws.zone),
             f"{row['purchases']:,}", money(row["money"])]
            for row, at in zip(shown.drop_columns(["last_at"]).to_pylist(), moments(shown, "last_at"), strict=True)
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.say(f"{several(rows.num_rows, units(lifecycle.unit, 1), units(lifecycle.unit))}.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))

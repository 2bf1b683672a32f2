"""`tenure crosstab`: how two lifecycles map onto each other."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened
from tenure.cli.options import AtOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.crosstab import Pair
    from tenure.workspace import Workspace


@app.command("crosstab", epilog="tenure crosstab classic vip\ntenure crosstab classic vip --money --at 2011-06-30")
def crosstab(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="The lifecycle or segment in the rows.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The lifecycle or segment in the columns.")],
    money: Annotated[bool, typer.Option("--money", help="Money in place of people.")] = False,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """How many people are in each pair of stages of two lifecycles."""
    with opened(context) as ws:
        rows, columns = ws.lifecycle(one), ws.lifecycle(other)
        pairs = ws.moves.crosstab(rows.name, columns.name, at=at)
        give(
            Listing(
                lambda: _rows(rows, columns, pairs),
                lambda screen: _show(screen, ws, rows, columns, pairs, at, money=money),
            ),
            form, file,
        )  # fmt: skip


def _rows(rows: Lifecycle, columns: Lifecycle, pairs: tuple[Pair, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [rows.name] * len(pairs)),
        stage=(TEXT, [pair.stage for pair in pairs]),
        other_lifecycle=(TEXT, [columns.name] * len(pairs)),
        other_stage=(TEXT, [pair.other for pair in pairs]),
        people=(WHOLE, [pair.people for pair in pairs]),
        money=(AMOUNT, [pair.money for pair in pairs]),
    )


def _show(
    screen: Screen, ws: Workspace, rows: Lifecycle, columns: Lifecycle, pairs: tuple[Pair, ...], at: str | None, *,
    money: bool,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    what = "Money" if money else units(rows.unit).capitalize()
    screen.title(f"{what} in {rows.title} (rows) and {columns.title} (columns)", as_of(ws, ws.moment(at)))
    if not pairs:
        screen.say("Nobody is known yet.")
        return
    across, down = _used(columns, [pair.other for pair in pairs]), _used(rows, [pair.stage for pair in pairs])
    told: dict[tuple[str | None, str | None], Decimal] = {
        (pair.stage, pair.other): pair.money if money else Decimal(pair.people) for pair in pairs
    }
    nothing = Decimal(0)
    sums = [sum((told.get((stage, other), nothing) for stage in down), nothing) for other in across]
    amount = Money(ws.definitions.config.currency, [sum(sums, nothing)])

    def written(value: Decimal | None) -> str:
        # blank is where nobody is, not where money comes to nothing
        return "" if value is None else amount(value) if money else f"{int(value):,}"

    table = []
    for stage in down:
        cells = [told.get((stage, other)) for other in across]
        table.append(
            [stage or _outside(rows), *map(written, cells), written(sum((one or nothing for one in cells), nothing))]
        )
    screen.table(
        [Column("", long="cut"), *(Column(other or _outside(columns), right=True, long="cut") for other in across),
         Column("All", right=True)],
        [*table, ["All", *map(written, sums), written(sum(sums, nothing))]], total=True,
    )  # fmt: skip


def _used(lifecycle: Lifecycle, stages: list[str | None]) -> list[str | None]:
    """The stages that somebody is in, in the order of the list, None last."""
    names: list[str | None] = [*(stage.name for stage in lifecycle.stages), None]
    return [name for name in names if name in stages]


def _outside(lifecycle: Lifecycle) -> str:
    return "not in it" if lifecycle.segment else "none"

"""`tenure cohorts`: who came in one period, followed through the periods after it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption, PeriodOption, SinceOption, UntilOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.metrics.cohorts import CohortCell
    from tenure.workspace import Workspace

_TITLES = {
    "retention": "who came again", "orders": "orders", "revenue": "revenue", "kept": "who is a customer",
    "reached": "who had reached",
}  # fmt: skip


@app.command(
    "cohorts",
    epilog="tenure cohorts\ntenure cohorts --what revenue --absolute --period quarter\n"
    'tenure cohorts --by "first conversion" --what reached:loyalty\ntenure cohorts --format csv -o cohorts.csv',
)
def cohorts(
    context: typer.Context,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="FIRST", help='"first order": an event, a stage, or "first event" for any event at all.'
        ),
    ] = "first purchase",
    what: Annotated[
        str,
        typer.Option(
            "--what", metavar="WHAT", help="retention, retention:EVENT, orders, revenue, kept or reached:STAGE."
        ),
    ] = "retention",
    period: PeriodOption = "month",
    since: SinceOption = None,
    until: UntilOption = None,
    absolute: Annotated[bool, typer.Option("--absolute", help="Numbers in place of percentages.")] = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who came in one period, followed through the periods after it; by default the last twelve.

    As CSV and JSON: cohort (empty: all of them, of complete cells), begins, age, people, value, share, each, complete.
    The share is of the people; for orders and revenue, of those in the cohort's first period.
    """
    with opened(context) as ws:
        found = ws.cohorts.table(what, by=by, unit=period_unit(period), since=since, until=until, name=lifecycle)
        give(
            Listing(
                lambda: _rows(found),
                lambda screen: _show(screen, context, ws, found, by=by, what=what, absolute=absolute),
            ),
            form, file,
        )  # fmt: skip


def _rows(found: tuple[CohortCell, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, TEXT, TRUTH, WHOLE, table

    return table(
        cohort=(TEXT, [one.cohort.name if one.cohort else None for one in found]),
        begins=(MOMENT, [one.cohort.begins if one.cohort else None for one in found]),
        age=(WHOLE, [one.age for one in found]),
        people=(WHOLE, [one.people for one in found]),
        value=(AMOUNT, [one.value for one in found]),
        share=(AMOUNT, [one.share for one in found]),
        each=(AMOUNT, [one.each for one in found]),
        complete=(TRUTH, [one.complete for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, found: tuple[CohortCell, ...], *, by: str, what: str,
    absolute: bool,
) -> None:  # fmt: skip
    from tenure.cli.screen import Cell, Column

    head, _, named = what.partition(":")
    begun = by if by.startswith("first ") else f"first {by}"
    screen.title(f"Cohorts by {begun}: {_TITLES[head]}{f' {named}' if named else ''}", as_of(ws, ws.moment(None)))
    if not any(one.people for one in found):
        screen.say("Nobody began in that time.")
        return
    write = _writer(ws, found, head, absolute=absolute)
    rows: dict[str, list[CohortCell]] = {}
    for one in found:
        rows.setdefault(one.cohort.name if one.cohort else "All", []).append(one)
    ages = max(one.age for one in found) + 1
    together = rows.pop("All", [])
    listed: list[list[Cell]] = [
        [name, f"{cells[0].people:,}", *(_marked(cell, write) for cell in cells), *[""] * (ages - len(cells))]
        for name, cells in rows.items()
    ]
    if together:
        people = sum(cells[0].people for cells in rows.values())
        row: list[Cell] = ["All", f"{people:,}", *(_marked(cell, write) for cell in together)]
        listed.append([*row, *[""] * (ages - len(together))])
    screen.table(
        [Column("Cohort"), Column("People", right=True),
         *(Column(str(age), right=True, spare=age > 0) for age in range(ages))],
        listed, total=bool(together),
    )  # fmt: skip
    if any(not one.complete for one in found):
        screen.say("* so far: the period is not over, and is not among all.", style="dim")
    if head in ("orders", "revenue") and not absolute:
        screen.line("100 % are those of the first period.", "dim")
    option = f' --by "{by}"' if by != "first purchase" else ""
    screen.next(typed(context, f"cohorts{option} --what {what} --format csv -o cohorts.csv"))


def _marked(cell: CohortCell, write: Callable[[CohortCell], str]) -> str:
    return write(cell) + ("" if cell.complete else "*")


def _writer(ws: Workspace, found: tuple[CohortCell, ...], head: str, *, absolute: bool) -> Callable[[CohortCell], str]:
    from tenure.wording import Money, number, share

    if not absolute:
        return lambda cell: share(cell.value, cell.base)
    if head == "revenue":
        money = Money(ws.definitions.config.currency, [one.value for one in found])
        return lambda cell: money(cell.value)
    return lambda cell: number(Decimal(cell.value))

"""`tenure conversion`: of those who entered a stage in each period, how many came further, and who."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, PeopleOption, PeriodOption, SinceOption, UntilOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.conversion import Cohort
    from tenure.lifecycle.periods import PeriodUnit
    from tenure.workspace import Workspace


@app.command(
    "conversion",
    epilog="tenure conversion conversion retention --within 90\ntenure conversion retention --period quarter\n"
    "tenure conversion conversion retention --since 2011-03-01 --until 2011-03-31 --people",
)
def conversion(
    context: typer.Context,
    stage: Annotated[str, typer.Argument(metavar="FROM", help="The stage that people entered.")],
    to: Annotated[
        str | None, typer.Argument(metavar="[TO]", help="The stage to reach. Default: any later one of the journey.")
    ] = None,
    within: Annotated[
        int | None,
        typer.Option("--within", metavar="DAYS", min=1, max=36_500, help="In how many days. Default: so far."),
    ] = None,
    period: PeriodOption = "month",
    since: SinceOption = None,
    until: UntilOption = None,
    people: PeopleOption = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Of those who first entered a stage in each period, how many came further."""
    from tenure.cli.options import period_unit

    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        goal = to or "any later stage"
        if people:
            rows = ws.moves.people_converted(stage, to, chosen.name, days=within, since=since, until=until)
            listing = Listing(
                lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows, f"{stage} to {goal}")
            )
        else:
            unit = period_unit(period)
            found = ws.moves.conversion(stage, to, chosen.name, days=within, unit=unit, since=since, until=until)
            listing = Listing(
                lambda: _rows(chosen, found, stage, to, within),
                lambda screen: _show(screen, context, ws, chosen, found, stage, to, within, unit),
            )
        give(listing, form, file)


def _rows(lifecycle: Lifecycle, found: tuple[Cohort, ...], stage: str, to: str | None, within: int | None) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, SHARE, TEXT, TRUTH, WHOLE, table
    from tenure.cli.times import exact_days

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [stage] * len(found)),
        to=(TEXT, [to] * len(found)),
        within_days=(WHOLE, [within] * len(found)),
        period=(TEXT, [one.period.name for one in found]),
        begins=(MOMENT, [one.period.begins for one in found]),
        ends=(MOMENT, [one.period.ends for one in found]),
        people=(WHOLE, [one.people for one in found]),
        reached=(WHOLE, [one.reached for one in found]),
        share=(SHARE, [one.share for one in found]),
        median_days=(AMOUNT, [exact_days(one.median) for one in found]),
        complete=(TRUTH, [one.complete for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[Cohort, ...], stage: str,
    to: str | None, within: int | None, unit: PeriodUnit,
) -> None:  # fmt: skip
    from tenure.cli.ranges import chosen_range, in_part
    from tenure.cli.screen import Column
    from tenure.wording import length, several, share, units

    limit = f"within {several(within, 'day')}" if within else "so far"
    title = f"From {stage} to {to or 'any later stage'} {limit}, by the period of the first entry"
    screen.title(title, as_of(ws, ws.moment(None), lifecycle))
    if not any(one.people for one in found):
        nobody = "Nobody" if lifecycle.unit == "customer" else f"No {units(lifecycle.unit, 1)}"
        screen.say(f"{nobody} entered {stage} in that time.")
        return
    open_yet = within is not None and any(not one.complete for one in found)
    screen.table(
        [Column("Period"), Column(units(lifecycle.unit).capitalize(), right=True), Column("Came", right=True),
         Column("Share", right=True), Column("Half of them within", right=True)],
        [
            [one.period.name, f"{one.people:,}", f"{one.reached:,}",
             ("" if one.complete or within is None else "at least ") + share(one.reached, one.people),
             "" if one.median is None else length(one.median)]
            for one in found
        ],
    )  # fmt: skip
    if open_yet:
        who = "not everybody" if lifecycle.unit == "customer" else f"not all {units(lifecycle.unit)}"
        screen.say(f"At least: {who} had {several(within or 0, 'day')} yet, so the share can only grow.", "dim")
    elif within is None:
        screen.say("Earlier cohorts had more time: compare them with --within DAYS.", style="dim")
    if parts := in_part(ws, unit, [one.period for one in found]):
        screen.line(parts, "dim")
    best = max(found, key=lambda one: one.people)
    target = f" {quote(to)}" if to else ""
    days = f" --within {within}" if within else ""
    range_ = f"{days}{chosen_range(ws, best.period)}"
    screen.next(typed(context, f"conversion {quote(stage)}{target}{range_} --people{chosen_with(ws, lifecycle)}"))


def _show_people(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, way: str
) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, several, units

    who, others = ("Who", "who") if lifecycle.unit == "customer" else (f"Which {units(lifecycle.unit)}", "which")
    screen.title(f"{who} came from {way}, and {others} did not", as_of(ws, ws.moment(None), lifecycle))
    if not rows.num_rows:
        screen.say("Nobody.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Entered"), Column("Came"),
         Column("Money", right=True)],
        [
            [customer, moment(entered, ws.zone), moment(reached, ws.zone), money(worth)]
            for customer, entered, reached, worth in zip(
                shown["customer_id"].to_pylist(), moments(shown, "entered_at"), moments(shown, "reached_at"),
                shown["money"].to_pylist(), strict=True,
            )
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    came = rows.num_rows - rows["reached_at"].null_count
    one, more = units(lifecycle.unit, 1), units(lifecycle.unit)
    screen.say(f"{several(rows.num_rows, one, more)}, {came:,} of them came.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))

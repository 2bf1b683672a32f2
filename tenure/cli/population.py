"""`tenure population`: people and money of every stage over time, with who came and who went."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, PeriodOption, SinceOption, UntilOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.over_time import StagePeriod
    from tenure.workspace import Workspace


@app.command(
    "population",
    epilog="tenure population\ntenure population --period week --since 2011-09-01\ntenure population --stage at_risk\n"
    "tenure population --period quarter --format csv",
)
def population(
    context: typer.Context,
    period: PeriodOption = "month",
    since: SinceOption = None,
    until: UntilOption = None,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="One stage, or none, with who came and who went.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """People in every stage at the end of each period; money, who came and who went."""
    from tenure.cli.options import period_unit
    from tenure.cli.ranges import in_part
    from tenure.lifecycle.moves.scope import NONE
    from tenure.wording import units

    with opened(context) as ws:
        chosen, unit = ws.lifecycle(lifecycle), period_unit(period)
        scope = ws.moves.scope(chosen.name)
        asked = None if stage is None or scope.state(stage) == NONE else stage
        found = ws.moves.over_time(chosen.name, unit=unit, since=since, until=until)
        if stage is not None:
            found = tuple(one for one in found if one.stage == asked)

        def show(screen: Screen) -> None:
            told = chosen.stage(asked) if asked else None
            heading = f"{units(chosen.unit).capitalize()} by stage at the end of each period"
            if stage is not None:
                heading = f"{told.title if told else 'In no stage,'} over time"
            screen.title(heading, as_of(ws, ws.moment(None), chosen))
            if not any(one.people or one.before or one.entries for one in found):
                _show_nobody(screen, context, ws, chosen, limited=bool(stage or since or until))
                return
            (_show if stage is None else _show_stage)(screen, context, ws, chosen, found)
            if parts := in_part(ws, unit, [one.period for one in found]):
                screen.line(parts, "dim")
            screen.next(_next(context, ws, chosen, found, one_stage=stage is not None))

        give(Listing(lambda: _rows(chosen, found), show), form, file)


def _rows(lifecycle: Lifecycle, found: tuple[StagePeriod, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, TEXT, TRUTH, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        period=(TEXT, [one.period.name for one in found]),
        begins=(MOMENT, [one.period.begins for one in found]),
        ends=(MOMENT, [one.period.ends for one in found]),
        stage=(TEXT, [one.stage for one in found]),
        before=(WHOLE, [one.before for one in found]),
        entries=(WHOLE, [one.entries for one in found]),
        new=(WHOLE, [one.new for one in found]),
        exits=(WHOLE, [one.exits for one in found]),
        people=(WHOLE, [one.people for one in found]),
        money=(AMOUNT, [one.money for one in found]),
        complete=(TRUTH, [one.complete for one in found]),
    )


def _show_nobody(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, *, limited: bool) -> None:
    if limited:
        screen.say("Nobody was there in that time.")
        screen.next(typed(context, f"population{chosen_with(ws, lifecycle)}"))
        return
    screen.say("Nobody is known yet.")
    screen.next(typed(context, "run"), typed(context, "doctor"))


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[StagePeriod, ...]
) -> None:
    from tenure.cli.screen import Column

    outside = "not in it" if lifecycle.segment else "none"
    # a stage that nobody was in tells nothing
    stages = list(dict.fromkeys(one.stage for one in found))
    stages = [stage for stage in stages if any(one.people for one in found if one.stage == stage)]
    by_period: dict[str, dict[str | None, StagePeriod]] = {}
    for one in found:
        by_period.setdefault(_named(one), {})[one.stage] = one
    screen.table(
        [Column("Period"), *(Column(stage or outside, right=True) for stage in stages),
         Column("All", right=True)],
        [
            [name, *(f"{told[stage].people:,}" for stage in stages), f"{sum(one.people for one in told.values()):,}"]
            for name, told in by_period.items()
        ],
    )  # fmt: skip
    if any(not one.complete for one in found):
        screen.say("* so far", style="dim")


def _show_stage(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[StagePeriod, ...]
) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    money = Money(ws.definitions.config.currency, [one.money for one in found if one.money is not None])
    screen.table(
        [Column("Period"), Column("Before", right=True), Column("Came", right=True), Column("new", right=True),
         Column("Went", right=True), Column(units(lifecycle.unit).capitalize(), right=True),
         Column("Money", right=True)],
        [
            [_named(one), f"{one.before:,}", f"{one.entries:,}", f"{one.new:,}", f"{one.exits:,}", f"{one.people:,}",
             "" if one.money is None else money(one.money)]
            for one in found
        ],
    )  # fmt: skip
    _footnotes(screen, found)
    screen.line(f"Money is {ws.money_words}, as it was then.", "dim")


def _next(
    context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[StagePeriod, ...], *, one_stage: bool
) -> str:
    """What to type next: who came to the one stage last, or the largest stage by itself."""
    from tenure.cli.ranges import chosen_range

    if one_stage:
        last = found[-1]
        listed = f"moves --to {quote(last.stage or 'none')}{chosen_range(ws, last.period)} --people"
    else:
        largest = max(found, key=lambda one: (one.period, one.stage is not None, one.people))
        listed = f"population --stage {quote(largest.stage or 'none')}"
    return typed(context, listed + chosen_with(ws, lifecycle))


def _named(one: StagePeriod) -> str:
    return one.period.name if one.complete else f"{one.period.name}*"


def _footnotes(screen: Screen, found: tuple[StagePeriod, ...]) -> None:
    screen.say("Whoever came is counted each time, so that before + came - went = people.", style="dim")
    if any(not one.complete for one in found):
        screen.line("* so far", "dim")

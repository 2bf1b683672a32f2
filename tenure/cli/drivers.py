"""`tenure drivers`: what people do before they enter a stage, or leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.drivers import Driver, Drivers
    from tenure.workspace import Workspace


@app.command("drivers", epilog="tenure drivers loyalty\ntenure drivers loyalty --leave --days 60")
def drivers(
    context: typer.Context,
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="A stage of the lifecycle.")],
    leave: Annotated[bool, typer.Option("--leave", help="Before leaving the stage, not before entering it.")] = False,
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=730, help="How far is looked ahead, and back.")
    ] = 30,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Which behaviours go before entering or leaving a stage, among people who are otherwise alike.

    As CSV and JSON: stage, move, days, event, did, moved, others, others_moved, ratio, low, high, difference,
    probability.
    """
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        with working("Comparing those who did with those who did not"):
            found = ws.why.drivers(stage, leave=leave, days=days, lifecycle=lifecycle)
        give(Listing(lambda: _rows(found), lambda screen: _show(screen, context, ws, chosen, found)), form, file)


def _rows(found: Drivers) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, WHOLE, table

    every, real = found.found, pa.float64()
    return table(
        stage=(TEXT, [found.stage] * len(every)),
        move=(TEXT, ["leave" if found.leave else "enter"] * len(every)),
        days=(WHOLE, [found.days] * len(every)),
        event=(TEXT, [one.event for one in every]),
        did=(WHOLE, [one.did for one in every]),
        moved=(WHOLE, [one.moved for one in every]),
        others=(WHOLE, [one.others for one in every]),
        others_moved=(WHOLE, [one.others_moved for one in every]),
        ratio=(real, [one.ratio for one in every]),
        low=(real, [one.low for one in every]),
        high=(real, [one.high for one in every]),
        difference=(real, [one.difference for one in every]),
        probability=(real, [one.probability for one in every]),
    )


def _show(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Drivers) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import several, units

    move = "leaving" if found.leave else "entering"
    screen.title(f"What goes before {move} {found.stage}", as_of(ws, ws.moment(None), lifecycle))
    many = units(lifecycle.unit, found.people)
    screen.say(
        f"{found.people:,} {many} looked at every {several(found.days, 'day')}, {found.looks:,} times in all; "
        f"{several(found.moves, 'time')} the move followed within {several(found.days, 'day')}."
    )
    sure = [one for one in found.found if one.sure]
    if not sure:
        screen.say("No behaviour stands out beyond chance." if found.found else "Too few moves to say anything.")
    if found.found:
        screen.table(
            [Column("In the days before", long="cut"), Column("Did it", right=True), Column("Others", right=True),
             Column("Times as likely", right=True), Column("95 %", right=True), Column("n", right=True, spare=True),
             Column("By chance", right=True, spare=True)],
            [_cells(one) for one in (sure or found.found[:5])],
        )  # fmt: skip
    rest = len(found.found) - len(sure)
    if sure and rest:
        screen.line(f"{several(rest, 'other behaviour')} made no difference beyond chance.", "dim")
    if found.scarce:
        screen.line(f"{several(len(found.scarce), 'behaviour')} too rare to tell, or shared by everybody.", "dim")
    screen.say(
        "People in the same stage for about as long are compared. Still, this is no proof of a cause: who means to do "
        "one thing often does the other too. An experiment tells.",
        "yellow",
    )
    other = "" if found.leave else " --leave"
    screen.next(typed(context, f"drivers {found.stage}{other}{_option(ws, lifecycle)}"))


def _option(ws: Workspace, lifecycle: Lifecycle) -> str:
    from tenure.cli.app import chosen_with

    return chosen_with(ws, lifecycle)


def _cells(one: Driver) -> list[str]:
    from tenure.wording import number

    chance = "<0.1 %" if one.probability < 0.001 else f"{one.probability * 100:.1f} %"
    return [
        one.event, _share(one.moved, one.did), _share(one.others_moved, one.others), f"{one.ratio:.2f}",
        f"{one.low:.2f} to {one.high:.2f}", number(one.did), chance,
    ]  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"

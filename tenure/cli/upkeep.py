"""`tenure retention`, `tenure compact`: what is past its period, and the files without what was taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, folder_of, opened, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace
    from tenure.workspace.upkeep import Aged


@app.command("retention", epilog="tenure retention\ntenure retention --forget")
def retention(
    context: typer.Context,
    forget: Annotated[bool, typer.Option("--forget", help="Take out what is past its period.")] = False,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """What is past the periods of `retention:`, by event, and which figures change where it is taken out.

    `tenure serve` takes it out once a day; --forget does so now.
    """
    from tenure.wording import several

    with opened(context) as ws:
        found = ws.upkeep.retention()
        give(Listing(lambda: _rows(found), lambda screen: _show(screen, context, ws, found, forget)), form, file)
        if forget and found:
            done = ws.upkeep.forget()
            ws.refresh()
            told = (
                f"{several(done.left, 'event')} left the log, {several(done.bared, 'event')} lost what nothing reads."
            )
            typer.echo(told, err=True)
            typer.echo(f"Their bytes leave the file with: {typed(context, 'compact')}", err=True)


@app.command("compact", epilog="tenure compact")
def compact(context: typer.Context) -> None:
    """Write the files anew, so that no bytes of what was erased, or is past its period, are left in them.

    `tenure serve` does so once a day where anything was taken out.
    """
    from tenure.warehouse.compaction import compact_sqlite
    from tenure.wording import size

    with opened(context) as ws:
        done = ws.upkeep.compact()
    compact_sqlite(folder_of(context) / ".tenure" / "operations.sqlite3")
    typer.echo(f"The store takes {size(done.after)}, and took {size(done.before)}; {done.seconds:.1f} s.")


def _rows(found: tuple[Aged, ...]) -> pa.Table:
    from tenure.cli.rows import MOMENT, TEXT, WHOLE, table

    return table(
        event=(TEXT, [one.events.name for one in found]),
        days=(WHOLE, [one.events.period for one in found]),
        before=(MOMENT, [one.events.cut for one in found]),
        earliest=(MOMENT, [one.events.earliest for one in found]),
        leave=(WHOLE, [one.events.leaving for one in found]),
        bared=(WHOLE, [one.events.bared for one in found]),
        stages=(TEXT, [", ".join(one.stages) for one in found]),
        metrics=(TEXT, [", ".join(one.metrics) for one in found]),
    )


def _show(screen: Screen, context: typer.Context, ws: Workspace, found: tuple[Aged, ...], forget: bool) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import day

    if not ws.definitions.config.retention:
        screen.say("Everything is kept for ever: tenure.yaml says nothing else.")
        screen.say("Say how long: retention: {Page Viewed: 400 days, default: 3 years}")
        return
    if not found:
        screen.say("Nothing is past its period.")
        return
    screen.title("What is past its period")
    screen.table(
        [Column("Event", long="fold"), Column("Kept", right=True), Column("Before"), Column("Leave", right=True),
         Column("Bared", right=True)],
        [[one.events.name, f"{one.events.period:,} days", day(one.events.cut, ws.zone), f"{one.events.leaving:,}",
          f"{one.events.bared:,}"] for one in found],
    )  # fmt: skip
    screen.say("No stage changes: events that lifecycles count, the first event of everybody, and the last word on a")
    screen.say(
        "trait are bared: when and to whom stays, with what is counted of them, and all else that they say goes."
    )
    if changing := list(dict.fromkeys(name for one in found for name in one.metrics)):
        shown = ", ".join(changing[:12]) + (f" and {len(changing) - 12} more" if len(changing) > 12 else "")
        screen.say(f"Metrics that know less of the time before: {shown}.")
    screen.say("Journeys, personas and lists of events know only of what is left; so do definitions written later.")
    if not forget:
        screen.next(typed(context, "retention --forget"))

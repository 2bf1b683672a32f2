"""`tenure act`: begins an action on a list of people, some of whom are held out."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import Format, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace
    from tenure.workspace.actions import Started


@app.command(
    "act",
    epilog="tenure act 'Win back, June' --stage at_risk --goal order --days 30 --preview\n"
    "tenure act 'Win back, June' --stage at_risk --goal order --channel email --owner ann -o list.csv\n"
    "tenure act 'Call the best' --segment best --goal order.revenue --kind tasks --hold-out 20%\n"
    "tenure act Survey --ids asked.txt --goal survey --days 14",
)
def act(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it, and find it by.")],
    goal: Annotated[
        str, typer.Option("--goal", metavar="EVENT", help="What they are to do: order, or order.margin to weigh it.")
    ],
    stage: Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="Those in this stage.")] = None,
    segment: Annotated[str | None, typer.Option("--segment", metavar="NAME", help="Those in this segment.")] = None,
    ids: Annotated[
        Path | None,
        typer.Option("--ids", metavar="FILE", help="Those in a file: an id a line, or CSV with customer_id."),
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help="For how long the goal counts.")] = 30,
    hold_out: Annotated[str, typer.Option("--hold-out", metavar="SHARE", help="Whom to leave alone.")] = "10%",
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", help="Whose action it is.")] = "",
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="NAME", help="email, phone …: who did not consent to it is left out."),
    ] = None,
    consent: Annotated[
        str, typer.Option("--consent", metavar="RULE", help="given, or not_withdrawn: all who did not object.")
    ] = "given",
    purpose: Annotated[str, typer.Option("--purpose", metavar="NAME", help="What consent is asked for.")] = "marketing",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="download or tasks.")] = "download",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was offered or said.")] = "",
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Began then, with the list of then: for a trial run.")
    ] = None,
    lifecycle: LifecycleOption = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what it would do.")] = False,
    file: OutputOption = None,
) -> None:
    """Act on a list of people, hold some of them out, and so learn what the action brings.

    Writes an event for everybody on the list; with -o the list of those treated. `tenure actions` tells the lift.
    """
    from tenure.errors import UsageError

    if preview and file is not None:
        raise UsageError("A preview has no list: nobody is drawn.", hint="Leave out --preview, or -o.")
    with opened(context) as ws:
        people, listed = listed_people(ws, stage, segment, ids, lifecycle, at)
        begin = ws.actions.preview if preview else ws.actions.start
        started = begin(
            name, people, goal=goal, days=days, share=_share(hold_out), owner=owner, kind=kind, channel=channel,
            consent=consent, note=note, listed=listed, at=at, purpose=purpose,
        )  # fmt: skip
        if not preview and not started.again:
            # nothing of it waits for the next run
            ws.refresh()
        give(
            Listing(lambda: _rows(started), lambda s: _show(s, context, ws, started, preview, file)), Format.TABLE, None
        )
        if file is not None:
            from tenure.cli.actions import give_people

            give_people(ws, started.begun.action.id, None, file)


def listed_people(
    ws: Workspace, stage: str | None, segment: str | None, ids: Path | None, lifecycle: str | None, at: str | None
) -> tuple[pa.Table | list[str], str]:
    """The list, and which one it is in words."""
    from tenure.errors import UsageError

    if sum(one is not None for one in (stage, segment, ids)) != 1:
        raise UsageError("Which people?", hint="Name one list: --stage STAGE, --segment NAME or --ids FILE.")
    if ids is not None:
        return _read(ids), f"file {ids.name}"
    if segment is not None:
        if not ws.lifecycle(segment).segment:
            raise UsageError(f"{segment!r} is a lifecycle, not a segment.", hint="Name a stage of it: --stage STAGE.")
        return ws.people(segment, stage=segment, at=at), f"segment {segment}"
    chosen = ws.lifecycle(lifecycle)
    return ws.people(chosen.name, stage=stage, at=at), f"stage {stage} of {chosen.name}"


def _read(path: Path) -> list[str]:
    """The ids of a file: an id a line, or the column customer_id of a CSV file."""
    import csv

    from tenure.errors import UsageError

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageError(f"{path} cannot be read: {reason}.", hint="Name a file with an id a line.") from None
    rows = list(csv.reader(text.splitlines()))
    head = [cell.strip() for cell in rows[0]] if rows else []
    if "customer_id" in head:
        place = head.index("customer_id")
        found = [row[place].strip() for row in rows[1:] if len(row) > place]
    elif any(len(row) > 1 for row in rows):
        raise UsageError(f"{path} has several columns, and none is customer_id.", hint="Name one of them so.")
    else:
        found = [row[0].strip() for row in rows if row]
    # an apostrophe is what keeps a spreadsheet from running a text
    return [one.removeprefix("'") for one in found if one]


def _share(text: str) -> Decimal:
    """A share as it is typed: 10%, or 0.1."""
    from tenure.errors import UsageError

    word = text.strip().replace(" ", "")
    try:
        return Decimal(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except InvalidOperation:
        raise UsageError(f"{text!r} is no share.", hint="Write 10% or 0.1.") from None


def _rows(started: Started) -> pa.Table:
    from tenure.cli.rows import TEXT, WHOLE, table

    begun = started.begun
    return table(
        action=(TEXT, [begun.action.id]), treated=(WHOLE, [begun.treated]), held_out=(WHOLE, [begun.held_out]),
        left_out=(WHOLE, [begun.left_out]), unknown=(WHOLE, [started.unknown]),
    )  # fmt: skip


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, started: Started, preview: bool, file: Path | None
) -> None:
    from tenure.cli.screen import Column
    from tenure.engage.lift import detectable
    from tenure.engage.words import percent, points
    from tenure.wording import day, several

    begun, action = started.begun, started.begun.action
    what = "would begin" if preview else "had begun before, as it is" if started.again else "has begun"
    screen.title(f"{action.name} {what}", as_of(ws, action.started_at))
    reached, whole = begun.treated + begun.held_out, begun.treated + begun.held_out + begun.left_out
    people = several(whole, "person", "people")
    rows: list[list[str]] = [["On the list", f"{whole + started.unknown:,}", action.people]]
    if started.unknown:
        rows.append(["Not known", f"{started.unknown:,}", "or excluded from every figure"])
    if action.channel is not None:
        why = f"without consent to {action.channel}" if action.consent == "given" else f"withdrew from {action.channel}"
        rows.append(["Left out", f"{begun.left_out:,}", why])
    rows.append(["Held out", f"{begun.held_out:,}", f"{percent(float(action.share))} by lot; leave them alone"])
    by = f", by {action.owner}" if action.owner else ""
    rows.append(["Treated", f"{begun.treated:,}", ("tasks" if action.kind == "tasks" else "to download") + by])
    screen.table([Column(""), Column("People", right=True), Column("", long="fold")], rows)
    until = day(action.ends_at, ws.zone)
    screen.say(f"The goal is {action.goal.text}, within {several(action.days, 'day')}: until {until}.")
    if not begun.held_out:
        screen.line(f"Nobody is held out of {people}, so nobody will be able to tell what it brought.", style="yellow")
    elif not begun.treated:
        screen.line("Everybody is held out, so there is nothing to do.", style="yellow")
    else:
        gain = detectable(reached, begun.held_out / reached, 0.1)
        told = f"a gain of {points(gain)[1:]}" if gain is not None else "no gain at all"
        screen.line(f"If one in ten would come anyway, {told} or more shows in four of five cases.", style="dim")
    if preview:
        screen.line("Nothing is written yet: without --preview it begins.")
    elif file is None and action.kind == "download":
        screen.next(
            typed(context, f"actions {action.id} --people -o {action.id}.csv"), typed(context, f"actions {action.id}")
        )
    else:
        screen.next(typed(context, f"actions {action.id}"))

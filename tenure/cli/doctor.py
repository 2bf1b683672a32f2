"""`tenure doctor`: what the workspace holds, how far it is, and what to look at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, folder_of, opened, typed
from tenure.cli.cautions import lonely, waiting
from tenure.cli.loops import loops_served, show_loops
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.plan import named
from tenure.errors import StoreError, WorkspaceHeld

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace
    from tenure.workspace.checkup import Checkup

STORE_FOLDER = ".tenure"
LITTLE_ROOM = 1 << 30


@dataclass(frozen=True, slots=True)
class Disk:
    """What the store takes and what is free beside it, in bytes."""

    store: int
    free: int


@app.command("doctor", epilog="tenure doctor\ntenure doctor --format json")
def doctor(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """What the workspace holds, how far it is, and what to look at."""
    folder = folder_of(context)
    try:
        with opened(context) as ws:
            found, disk = ws.checkup(), _disk(folder)
            listing = Listing(
                lambda: _rows(found, disk), lambda screen: _show(screen, context, ws, found, disk),
                lambda: _document(ws, found, disk),
            )  # fmt: skip
            give(listing, form, file)
    except WorkspaceHeld:
        raise
    except StoreError as error:
        hint = (
            f"All that {folder / STORE_FOLDER} holds is made again from the sources: move it away, then `tenure run`."
        )
        raise StoreError(error.message, hint=hint) from error


def _disk(folder: Path) -> Disk:
    files = [path for path in (folder / STORE_FOLDER).rglob("*") if path.is_file()]
    return Disk(sum(path.stat().st_size for path in files), shutil.disk_usage(folder).free)


def _document(ws: Workspace, found: Checkup, disk: Disk) -> dict[str, object]:
    from tenure import __version__
    from tenure.cli.rows import iso

    return {
        "tenure": __version__,
        "workspace": ws.definitions.config.name,
        "store_bytes": disk.store,
        "free_bytes": disk.free,
        "events": found.events,
        "events_after_as_of": found.future,
        "first_event": iso(found.first_event),
        "last_event": iso(found.last_event),
        "as_of": iso(found.as_of),
        "refreshed_as_of": iso(found.refreshed_as_of),
        "units": dict(found.units),
        "excluded": found.excluded,
        "waiting_for_a_run": found.pending,
        "stays": found.history_rows,
        "stale_definitions": [named(name) for name in found.stale],
        "sources": [
            {"source": one.source, "files": one.files, "events": one.events, "rejected": one.rejected,
             "last_read": iso(one.received_at)}
            for one in found.sources
        ],
        "without_a_number": [{"asked": one.asked, "events": one.events, "of": one.of} for one in found.unread],
        "silence_before_last_event_days": found.lonely.days if found.lonely else None,
        "warnings": list(found.warnings),
    }  # fmt: skip


def _rows(found: Checkup, disk: Disk) -> pa.Table:
    from tenure.cli.rows import TEXT, iso, table

    told = {
        "store_bytes": disk.store, "free_bytes": disk.free, "events": found.events,
        "events_after_as_of": found.future, "first_event": iso(found.first_event), "last_event": iso(found.last_event),
        "as_of": iso(found.as_of), "refreshed_as_of": iso(found.refreshed_as_of),
        **{f"units: {kind}": count for kind, count in found.units.items()}, "excluded": found.excluded,
        "waiting_for_a_run": found.pending, "stays": found.history_rows,
        "stale_definitions": " ".join(named(name) for name in found.stale),
        **{f"rejected: {one.source}": one.rejected for one in found.sources},
        **{f"without a number: {one.asked}": one.events for one in found.unread}, "warnings": len(found.warnings),
    }  # fmt: skip
    return table(
        what=(TEXT, list(told)), value=(TEXT, [None if value is None else str(value) for value in told.values()])
    )


def _show(screen: Screen, context: typer.Context, ws: Workspace, found: Checkup, disk: Disk) -> None:
    from tenure import __version__
    from tenure.cli.screen import Column
    from tenure.wording import moment, size, units

    def at(time: int | None) -> str:
        return moment(time, ws.zone) or "never"

    config = ws.definitions.config
    span = f"{at(found.first_event)} to {at(found.last_event)}" if found.events else ""
    screen.title(config.name, f"Tenure {__version__} · times in {ws.zone.key}")
    whose = [
        [units(kind).capitalize(), f"{count:,}", f"{found.excluded:,} left out (`exclude`)"
         if kind == "customer" and config.exclude else ""]
        for kind, count in found.units.items()
    ]  # fmt: skip
    run = f"histories up to {at(found.refreshed_as_of)}" if found.refreshed_as_of is not None else "no run yet"
    screen.table(
        [Column("Held"), Column("", right=True), Column("", long="fold")],
        [
            ["Events", f"{found.events:,}", span],
            *whose,
            ["Stays in stages", f"{found.history_rows:,}", run],
            ["Store", size(disk.store), f"{size(disk.free)} free on its disk"],
            ["As of", "", f"{at(found.as_of)} (as_of: {config.as_of})"],
        ],
    )
    if found.sources:
        screen.table(
            [Column("Source", long="cut"), Column("Files", right=True), Column("Events", right=True),
             Column("Rejected", right=True), Column("Last read")],
            [
                [one.source, f"{one.files:,}", f"{one.events:,}", f"{one.rejected:,}", at(one.received_at)]
                for one in found.sources
            ],
        )  # fmt: skip
    loops, failing = loops_served(folder_of(context), ws)
    show_loops(screen, loops)
    problems = [*_problems(ws, found, disk), *failing]
    if problems:
        screen.title("To look at")
        screen.listed(problems)
    else:
        screen.say("Nothing to look at.")
    if found.stale or found.pending or found.refreshed_as_of is None:
        applied = found.stale and found.refreshed_as_of is not None
        screen.next(*([typed(context, "plan")] if applied else []), typed(context, "run"))


def _problems(ws: Workspace, found: Checkup, disk: Disk) -> list[str]:
    from tenure.wording import several, share, size

    told = []
    if found.stale and found.refreshed_as_of is not None:
        names = ", ".join(named(name) for name in found.stale)
        told.append(f"Not the definition that is applied: {names}.")
    told += waiting(ws) + lonely(ws)
    if found.future:
        told.append(f"{several(found.future, 'event')} after that moment; each counts once its time comes.")
    refused = sum(one.rejected for one in found.sources)
    if refused:
        told.append(f"{several(refused, 'row')} did not load; `tenure rejected` lists them.")
    for one in found.unread:
        part = share(one.events, one.of)
        have = "has" if one.events == 1 else "have"
        told.append(f"{one.events:,} of {one.of:,} events ({part}) {have} no number that counts: {one.asked}.")
    told += found.warnings
    if disk.free < LITTLE_ROOM:
        told.append(f"Only {size(disk.free)} are free on the disk.")
    return told

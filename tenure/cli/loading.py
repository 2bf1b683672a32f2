"""`tenure import` and `tenure run`: what is new comes in, and every history is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.cautions import lonely
from tenure.cli.plan import named
from tenure.cli.progress import importing, working
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.cli.screen import Screen
    from tenure.ingest.report import LoadReport
    from tenure.lifecycle.refresh import Refreshed
    from tenure.workspace import Workspace


@app.command("import", epilog="tenure import\ntenure import orders returns")
def import_(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Only these sources. Default: all.", show_default=False),
    ] = None,
) -> None:
    """Read new and changed files into the event log.

    A file is loaded whole or not at all; what was loaded before is not loaded twice.
    """
    with opened(context) as ws:
        if not ws.sources(sources or ()):
            raise UsageError("This workspace has no source.", hint="Add one under `sources:` in tenure.yaml.")
        with _screen() as screen:
            _import(screen, ws, sources or ())
            screen.next(typed(context, "run"))


@app.command("run", epilog="tenure run\ntenure -C shop run")
def run(context: typer.Context) -> None:
    """Import what is new, then bring every history up to date.

    Only people with new or late events are computed again, and definitions that changed.
    """
    with opened(context) as ws:
        reports: Sequence[LoadReport] = ()
        with _screen() as screen:
            if ws.sources():
                reports = _import(screen, ws, ())
            else:
                screen.say("This workspace has no source; add one under `sources:` in tenure.yaml.")
        with working("Working out who is where"):
            refreshed = ws.refresh()
        with _screen() as screen:
            screen.gap()
            _show_refreshed(screen, ws, refreshed)
            rejected = any(report.rejected for report in reports)
            screen.next(
                typed(context, "stages"), *([typed(context, "rejected")] if rejected else []),
                *([typed(context, "doctor")] if ws.definitions.warnings else []),
            )  # fmt: skip


@contextmanager
def _screen() -> Iterator[Screen]:
    from tenure.cli.screen import Screen

    with Screen.on(None) as screen:
        yield screen


def _import(screen: Screen, ws: Workspace, only: Sequence[str]) -> Sequence[LoadReport]:
    """What became of the sources; loaded one by one, so that it is told even where a later one fails."""
    grouped = {source.name for source in ws.definitions.config.sources if source.group}
    reports: list[LoadReport] = []
    try:
        with importing(grouped) as progress:
            for name in ws.sources(only):
                reports += ws.load(progress, only=[name])
    finally:
        if reports:
            _show_loaded(screen, ws, reports)
    return reports


def _show_loaded(screen: Screen, ws: Workspace, reports: Sequence[LoadReport]) -> None:
    from tenure.cli.screen import Column
    from tenure.ingest.tables import DATABASE
    from tenure.wording import several

    unchanged = sum(report.unchanged for report in reports)
    files = sum(len(report.files) for report in reports)
    if unchanged == files:
        if any(file.file == DATABASE for report in reports for file in report.files):
            screen.say("Nothing new in files or databases since the last import.")
            return
        were = "is as it was" if files == 1 else "are as they were"
        screen.say(f"Nothing new: {several(files, 'file')} {were} at the last import.")
        return
    counted = [Column(name, right=True) for name in ("Rows", "Events", "Loaded", "Known", "Changed", "Rejected")]
    screen.table(
        [Column("Source", long="cut"), *counted],
        [
            [report.source, *(f"{count:,}" for count in (report.lines, report.read, report.loaded, report.duplicates,
             report.changed, sum(report.rejected.values())))]
            for report in reports
            if report.unchanged < len(report.files)
        ],
    )  # fmt: skip
    notes = [note for report in reports for note in _notes(report, ws)]
    screen.listed([*notes, *(warning for report in reports for warning in report.warnings)])


def _notes(report: LoadReport, ws: Workspace) -> Iterator[str]:
    from tenure.ingest.tables import DATABASE
    from tenure.wording import moment, several

    read = [file for file in report.files if not file.unchanged]
    first = min((file.first_time for file in read if file.first_time is not None), default=None)
    last = max((file.last_time for file in read if file.last_time is not None), default=None)
    new = sum(file.new_customers for file in read)
    if first is not None and last is not None:
        people = f", {several(new, 'new person', 'new people')}" if new else ""
        span = " to ".join(dict.fromkeys(moment(time, ws.zone) for time in (first, last)))
        place = "its database" if read[0].file == DATABASE else several(len(read), "file")
        yield f"{report.source}: {place}, {span}{people}."
    if report.unchanged and report.files[0].file != DATABASE:
        yield f"{report.source}: {several(report.unchanged, 'file')} unchanged, not read again."


def _show_refreshed(screen: Screen, ws: Workspace, refreshed: Refreshed) -> None:
    from tenure.wording import several

    screen.title("Histories", as_of(ws, refreshed.as_of))
    told = []
    if refreshed.rebuilt:
        told.append(f"Computed over everybody: {_names(refreshed.rebuilt)}.")
    kept = sorted({one.name for one in ws.definitions.all} - set(refreshed.rebuilt))
    if refreshed.units and kept:
        told.append(f"Brought up to date for {several(refreshed.units, 'person', 'people')}: {_names(kept)}.")
    elif kept:
        told.append(f"Up to date already: {_names(kept)}.")
    if refreshed.removed:
        told.append(f"Removed: {_names(refreshed.removed)}.")
    if not ws.definitions.lifecycles:
        told.append("There is no lifecycle to work out; add one under `lifecycles:`.")
    screen.listed([*told, *lonely(ws)])


def _names(names: Sequence[str]) -> str:
    return ", ".join(sorted(named(name) for name in names))

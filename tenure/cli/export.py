"""`tenure export`: copies of what is known of everybody, brought up to date in files or in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, opened, typed
from tenure.cli.progress import working
from tenure.errors import TenureError, UsageError

if TYPE_CHECKING:
    from tenure.cli.screen import Screen
    from tenure.workspace.exports import Exported


@app.command("export", epilog="tenure export lake\ntenure export --all")
def export(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="The exports to run.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Run all of them.")] = False,
) -> None:
    """Bring exports up to date: files, or tables of a database.

    Only what changed since the last time is written. What is exported is as of the last `tenure run`.
    """  # fmt: skip
    from tenure.cli.screen import Screen

    with opened(context) as ws:
        known = ws.exports.names()
        if not known:
            raise UsageError("This workspace has no export.", hint="Add one under `exports:` in tenure.yaml.")
        if bool(names) == everything:
            raise UsageError(
                "Name the exports to run, or say --all.", hint=f"There {_are(len(known))}: {', '.join(known)}."
            )
        done: list[Exported] = []
        failed: list[tuple[str, TenureError]] = []
        for name in known if everything else names or ():
            try:
                with working(f"Exporting {name}"):
                    done.append(ws.exports.run(name))
            except TenureError as error:
                if not everything:
                    raise
                # one that fails stops no other
                failed.append((name, error))
        with Screen.on(None) as screen:
            if done:
                _show(screen, done)
            for name, why in failed:
                screen.say(f"{name} failed: {why}")
            if not failed:
                screen.next(typed(context, "stages"))
    if failed:
        raise typer.Exit(1)


def _show(screen: Screen, done: list[Exported]) -> None:
    from tenure.cli.screen import Column

    screen.table(
        [Column("Export", long="cut"), Column("Table"),
         *(Column(name, right=True) for name in ("Rows", "Written", "Taken out"))],
        [
            [one.name, table.table, f"{table.rows:,}", f"{table.written:,}",
             "" if table.deleted is None else f"{table.deleted:,}"]
            for one in done for table in one.tables
        ],
    )  # fmt: skip
    screen.listed([f"{one.name}: {one.to}, {one.place}." for one in done])


def _are(count: int) -> str:
    return "is" if count == 1 else "are"

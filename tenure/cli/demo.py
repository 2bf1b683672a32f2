"""`tenure demo`: every customer's stage in one command, of a simulated shop or from one's own file of purchases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app
from tenure.errors import TenureError, UsageError

if TYPE_CHECKING:
    from tenure.ingest.column_names import Role

FOLDER = "tenure-demo"


@app.command(
    "demo",
    epilog="tenure demo                          a shop that is simulated\n"
    "tenure demo --data orders.csv        your own file\n"
    "tenure demo --data orders.csv --into shop --customer member --amount net",
)
def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FILE", help="A file of purchases: CSV of any kind, Parquet or JSON Lines, also .gz."
        ),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help=f"The workspace to make. Default: {FOLDER}.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="COLUMN", help="Whose it is, where that is not found out.")
    ] = None,
    time: Annotated[str | None, typer.Option("--time", metavar="COLUMN", help="When it happened.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", metavar="COLUMN", help="What it is worth.")] = None,
    invoice: Annotated[
        str | None, typer.Option("--invoice", metavar="COLUMN", help="Which order it belongs to.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the pages on what was made, at the end. Default: --serve.")
    ] = True,
) -> None:
    """From a file of purchases, or a simulated shop, to every customer's stage, what is next, and what stands out."""
    named: dict[Role, str | None] = {"customer": customer, "time": time, "amount": amount, "invoice": invoice}
    given: dict[Role, str] = {role: column for role, column in named.items() if column is not None}
    if given and data is None:
        raise UsageError("Columns are named of a file.", hint="Name it with --data FILE.")
    from tenure.cli import demo_company, demo_file
    from tenure.cli.demo_screen import show
    from tenure.cli.screen import Screen

    with _made(into) as folder:
        shown = demo_company.worked_out(folder) if data is None else demo_file.worked_out(folder, data, given)

    with Screen.on(None) as screen:
        show(screen, shown)
    if serve:
        from tenure.cli.serve import start

        start(folder, browser=True, anywhere=True)


@contextmanager
def _made(into: Path | None) -> Iterator[Path]:
    """The workspace's folder, new or empty; gone again where something goes wrong."""
    folder = into or _free(Path(FOLDER))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already, and not empty.", hint="Name another folder with --into.")
    was_there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{folder} cannot be made: {reason}.", hint="Name another folder with --into.") from None
    try:
        yield folder
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            folder.mkdir(exist_ok=True)
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            raise TenureError(f"{folder} cannot be written: {reason}.", hint="Nothing was kept.") from error
        raise


def _free(folder: Path) -> Path:
    """The first of tenure-demo, tenure-demo-2 … that is free."""
    number, name = 1, folder
    while name.exists() and (not name.is_dir() or any(name.iterdir())):
        number += 1
        name = folder.with_name(f"{folder.name}-{number}")
    return name

"""`tenure demo`: from a file of purchases to every customer's stage, in one command.

It finds out what the file holds, makes a workspace with the sources and with windows fitted to the trade, loads it, and
shows what came of it. Without a file it makes a small sample company first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import CONFIG, app
from tenure.cli.progress import importing, working
from tenure.errors import SourceError, TenureError, UsageError

if TYPE_CHECKING:
    from tenure.cli.demo_screen import Shown
    from tenure.ingest.column_names import Role
    from tenure.ingest.recognise import Recognised
    from tenure.ingest.report import LoadReport
    from tenure.lifecycle.findings import Observed, Total
    from tenure.lifecycle.rhythm import Rhythm
    from tenure.workspace import Workspace

FOLDER = "tenure-demo"
ONE_TIME = "one_time"
PURCHASE = "Order Completed"
# a silence that no trade that goes on has
NEVER_SILENT = timedelta(days=366)
SAMPLE_SEED, SAMPLE_END = 1, date(2025, 6, 30)

_CONFIG = """\
# Made by `tenure demo` from {file}. It is yours: change what you like.
# `tenure plan` shows what a change would do, `tenure run` applies it.
name: {name}
timezone: {timezone}  # of times that carry none{guessed}
{currency}as_of: {as_of}  # the figures are for that moment; `now` for data that go on
lifecycles: [classic]  # lifecycles/classic.yaml, its windows fitted to this trade
segments:
  {segment}: "count(purchase) == 1"  # bought once and not again
events:
  purchase: {{event: {event}, value: revenue}}  # what counts as a purchase, and what it is worth
{sources}"""
_VISITS = """\
  - name: visits
    files: data/visits.csv
    event_column: event  # Page Viewed, Signed Up
    customer: customer_no
    time: at
"""


@app.command(
    "demo",
    epilog="tenure demo                          a sample company\n"
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
) -> None:
    """From a file of purchases to every customer's stage, what happens next, and what stands out."""
    named: dict[Role, str | None] = {"customer": customer, "time": time, "amount": amount, "invoice": invoice}
    given: dict[Role, str] = {role: column for role, column in named.items() if column is not None}
    if given and data is None:
        raise UsageError("Columns are named of a file.", hint="Name it with --data FILE.")
    with _made(into) as folder:
        shown = _worked_out(folder, data, given)

    from tenure.cli.demo_screen import show
    from tenure.cli.screen import Screen

    with Screen.on(None) as screen:
        show(screen, shown)


def _worked_out(folder: Path, data: Path | None, given: Mapping[Role, str]) -> Shown:
    """Everything that the demo shows; on the way the workspace in `folder` is made, loaded and run."""
    import tenure
    from tenure.lifecycle import library
    from tenure.lifecycle.rhythm import with_windows
    from tenure.workspace.moments import iso

    found = _recognised(folder, data, given)
    (folder / "lifecycles").mkdir()
    config = folder / CONFIG
    config.write_text(_config(found, data), encoding="utf-8")
    definition = folder / "lifecycles" / "classic.yaml"
    classic = library.document("classic").text
    definition.write_text(classic, encoding="utf-8")
    with tenure.open(folder) as ws, importing([source.name for source in found.sources if source.group]) as progress:
        reports = ws.load(progress)
        timezone, as_of, alone = ws.zone.key, ws.as_of, ws.lonely_last_event()
    _anything(found, reports)
    misdated = alone is not None and alone > NEVER_SILENT
    if alone is not None and misdated:
        # one row of 2099 must not make everybody a lost customer
        as_of -= alone // timedelta(microseconds=1)
        config.write_text(_config(found, data, as_of=iso(as_of)), encoding="utf-8")
    rhythm, loaded = _fitted(folder, as_of, timezone)
    definition.write_text(with_windows(classic, rhythm), encoding="utf-8")
    from tenure.cli.demo_screen import Shown

    with tenure.open(folder) as ws, working("Working out every stage"):
        ws.refresh()
        return Shown(
            folder=folder, file=data.name if data else "the sample company's order_lines.csv", own=data is not None,
            found=found, reports=reports, totals=loaded,
            rhythm=rhythm, counts=ws.stages(), observed=_observed(ws, rhythm, loaded), lifecycle=ws.lifecycle(),
            zone=ws.zone, as_of=as_of, currency=ws.definitions.config.currency, notes=tuple(_notes(reports, misdated)),
            alone=None if misdated else alone, misdated=misdated,
        )  # fmt: skip


def _recognised(folder: Path, data: Path | None, given: Mapping[Role, str]) -> Recognised:
    from tenure.ingest.recognise import recognise

    if data is not None:
        with working(f"Looking at {data.name}"):
            return recognise(data, given=given)
    from tenure.simulate import write_sample

    with working("Making a sample company"):
        lines, _ = write_sample(folder / "data", seed=SAMPLE_SEED, end=SAMPLE_END)
        return recognise(lines, name=f"data/{lines.name}")


def _notes(reports: tuple[LoadReport, ...], misdated: bool) -> Iterator[str]:
    """What a person should know of the import besides what was left out."""
    if misdated:
        yield f"the last events lie more than {NEVER_SILENT.days} days after all others: taken for mis-dated"
    for report in reports:
        yield from (warning.removesuffix(".") for warning in report.warnings if " rejected: " not in warning)


def _config(found: Recognised, data: Path | None, *, as_of: str = "last_event") -> str:
    """The text of `tenure.yaml`."""
    from tenure.ingest.source_text import scalar

    return _CONFIG.format(
        file=data.name if data else "a sample that it made itself",
        name=scalar(data.name.split(".")[0] if data else "Sample company"),
        timezone=found.timezone or "UTC",
        guessed=", taken from the country of most lines" if found.timezone else "",
        currency=f"currency: {found.currency}\n" if found.currency else "",
        as_of=as_of, segment=ONE_TIME, event=PURCHASE, sources=found.yaml + ("" if data else _VISITS),
    )  # fmt: skip


def _fitted(folder: Path, as_of: int, timezone: str) -> tuple[Rhythm, dict[str, Total]]:
    """The rhythm of the trade, and what the log holds."""
    from tenure.events import EventBinding
    from tenure.lifecycle.findings import totals
    from tenure.lifecycle.rhythm import fit
    from tenure.warehouse.duckdb import Store
    from tenure.workspace.workspace import STORE_FILE

    with working("Fitting the windows"), Store.open(folder / ".tenure" / STORE_FILE) as store:
        purchase = EventBinding(name="purchase", events=(PURCHASE,), value="revenue")
        with store.transaction() as connection:
            return fit(connection, purchase, as_of=as_of, timezone=timezone), totals(connection, as_of=as_of)


def _observed(ws: Workspace, rhythm: Rhythm, loaded: Mapping[str, Total]) -> Observed:
    from tenure.lifecycle.findings import FORECAST_DAYS, Observed

    sold = loaded[PURCHASE]
    return Observed(
        at_risk=ws.people(stage="at_risk"), reactivated=ws.people(stage="reactivated"), once=ws.people(ONE_TIME),
        due=ws.due(days=FORECAST_DAYS), at_risk_days=rhythm.at_risk, lapsed_days=rhythm.lapsed, customers=sold.people,
        first=sold.first, levels=tuple(stage.name for stage in ws.lifecycle().stages if not stage.side),
        once_name=ONE_TIME,
    )  # fmt: skip


def _anything(found: Recognised, reports: tuple[LoadReport, ...]) -> None:
    """Raises SourceError where no order came in."""
    if reports[0].loaded:
        return
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in reports[0].rejected.items()) or "no row is a sale"
    columns = ", ".join(f"{role} = {name}" for role, name in found.columns.items())
    raise SourceError(
        f"No order of {found.path.name} could be read: {reasons}.",
        hint=f"Understood were {columns}. Name others with --customer, --time, --amount or --invoice.",
    )


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

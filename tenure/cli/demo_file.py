"""The demo with one's own file of purchases: it finds out what the file holds, and makes the workspace for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tenure.cli.app import CONFIG
from tenure.cli.demo_screen import Shown, day, worked
from tenure.cli.progress import importing, working
from tenure.errors import SourceError
from tenure.wording import Money, several

if TYPE_CHECKING:
    from tenure.ingest.column_names import Role
    from tenure.ingest.recognise import Recognised
    from tenure.ingest.report import LoadReport
    from tenure.lifecycle.rhythm import Rhythm
    from tenure.lifecycle.totals import Total

ONE_TIME = "one_time"
PURCHASE, REFUND = "Order Completed", "Order Refunded"
# a silence that no trade that goes on has
NEVER_SILENT = timedelta(days=366)
# reasons that refuse one line each; the others refuse an order with all its lines
_OF_A_GROUP = ("the rows of the group", "is no amount", "no currency", "no exchange rate")
_UNREAD = ("where the header has", "where cannot be worked out", "the line is ", "is no number")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """What came of loading the file."""

    found: Recognised
    reports: tuple[LoadReport, ...]
    totals: Mapping[str, Total]
    notes: tuple[str, ...]
    zone: ZoneInfo
    currency: str | None
    misdated: bool


def worked_out(folder: Path, data: Path, given: Mapping[Role, str]) -> Shown:
    """Everything that the demo shows; on the way the workspace in `folder` is made, loaded and run."""
    import tenure
    from tenure.ingest.recognise import recognise
    from tenure.lifecycle import library
    from tenure.lifecycle.rhythm import with_windows
    from tenure.workspace.checkup import silence
    from tenure.workspace.moments import iso

    with working(f"Looking at {data.name}"):
        found = recognise(data, given=given)
    (folder / "lifecycles").mkdir()
    config = folder / CONFIG
    config.write_text(_config(found, data), encoding="utf-8")
    definition = folder / "lifecycles" / "classic.yaml"
    classic = library.document("classic").text
    definition.write_text(classic, encoding="utf-8")
    with tenure.open(folder) as ws, importing([source.name for source in found.sources if source.group]) as progress:
        reports = ws.load(progress)
        zone, as_of, alone, currency = ws.zone, ws.as_of, silence(ws), ws.definitions.config.currency
    _anything(found, reports)
    misdated = alone is not None and alone > NEVER_SILENT
    if alone is not None and misdated:
        # one row of 2099 must not make everybody a lost customer
        as_of -= alone // timedelta(microseconds=1)
        config.write_text(_config(found, data, as_of=iso(as_of)), encoding="utf-8")
    rhythm, totals = _fitted(folder, as_of, zone.key)
    definition.write_text(with_windows(classic, rhythm), encoding="utf-8")
    loaded = _Loaded(
        found=found, reports=reports, totals=totals, notes=tuple(_notes(reports, misdated)), zone=zone,
        currency=currency, misdated=misdated,
    )  # fmt: skip
    rows = f"{several(found.rows, 'row')}" if found.whole else f"more than {found.rows:,} rows"
    return worked(
        folder, heading=f"What {data.name} holds", beside=rows, told=tuple(_understood(loaded)), rhythm=rhythm,
        money="Ordered, 365 days",
        note="Those in no stage have refunds, and nothing else in this file.", alone=None if misdated else alone,
        until="where the mis-dated rows are left aside" if misdated else "the moment of the last event",
    )  # fmt: skip


def _understood(loaded: _Loaded) -> Iterator[tuple[str, str]]:
    """The lines that say what was understood, each with its label."""
    found, sold = loaded.found, loaded.totals[PURCHASE]
    yield "Columns", ", ".join(_columns(loaded))
    orders = f"{several(sold.events, 'order')} of {several(sold.people, 'person', 'people')}"
    lines = _lines(loaded, 0)
    if found.grouped and lines is not None:
        orders = f"{several(lines, 'line')} → {orders}"
    worth = Money(loaded.currency, [])(sold.revenue)
    yield "Orders", f"{orders}, {day(sold.first, loaded.zone)} to {day(sold.last, loaded.zone)}, {worth}"
    if given_back := loaded.totals.get(REFUND):
        lines = _lines(loaded, 1)
        what = several(given_back.events, "refund")
        cancelled = f"{several(lines, 'cancelled line')} ({found.cancelled}) → " if lines is not None else ""
        yield "Refunds", f"{cancelled}{what} of {Money(loaded.currency, [])(given_back.revenue)}"
    else:
        yield "Refunds", "none: no row is below zero, and no number marks a cancellation"
    yield "Left out", _left_out(loaded)
    yield "Decided", "; ".join([*found.notes, *loaded.notes]) or "nothing had to be guessed"


def _columns(loaded: _Loaded) -> Iterator[str]:
    found = loaded.found
    for role in ("customer", "time", "invoice"):
        if role in found.columns:
            yield f"{role} {found.columns[role]}"
    yield f"amount {found.amount}"


def _left_out(loaded: _Loaded) -> str:
    reasons: dict[str, int] = {}
    for report in loaded.reports:
        for reason, count in report.rejected.items():
            # every source of the file refuses the lines that cannot be read at all
            before = reasons.get(reason, 0)
            reasons[reason] = max(before, count) if any(sign in reason for sign in _UNREAD) else before + count
    if not reasons:
        return "nothing"
    told = [
        f"{several(count, 'line')} without a customer"
        if reason == "no customer"
        else f"{several(count, 'line')}: {reason}"
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
    ]
    return f"{'; '.join(told)} (`tenure rejected` lists them)"


def _lines(loaded: _Loaded, place: int) -> int | None:
    """The lines behind the events of a source; None where that cannot be told from the report."""
    report = loaded.reports[place]
    if loaded.misdated or any(sign in reason for reason in report.rejected for sign in _OF_A_GROUP):
        return None
    return report.lines - sum(report.rejected.values())


def _notes(reports: tuple[LoadReport, ...], misdated: bool) -> Iterator[str]:
    """What a person should know of the import besides what was left out."""
    if misdated:
        yield f"the last events lie more than {NEVER_SILENT.days} days after all others: taken for mis-dated"
    for report in reports:
        yield from (warning.removesuffix(".") for warning in report.warnings if " rejected: " not in warning)


def _config(found: Recognised, data: Path, *, as_of: str = "last_event") -> str:
    """The text of `tenure.yaml`."""
    from tenure.ingest.source_text import scalar

    return _CONFIG.format(
        file=data.name,
        name=scalar(data.name.split(".")[0]),
        timezone=found.timezone or "UTC",
        guessed=", taken from the country of most lines" if found.timezone else "",
        currency=f"currency: {found.currency}\n" if found.currency else "",
        as_of=as_of, segment=ONE_TIME, event=PURCHASE, sources=found.yaml,
    )  # fmt: skip


def _fitted(folder: Path, as_of: int, timezone: str) -> tuple[Rhythm, dict[str, Total]]:
    """The rhythm of the trade, and what the log holds."""
    from tenure.events import EventBinding
    from tenure.lifecycle.rhythm import fit
    from tenure.lifecycle.totals import totals
    from tenure.warehouse.duckdb import Store
    from tenure.workspace.workspace import STORE_FILE

    with working("Fitting the windows"), Store.open(folder / ".tenure" / STORE_FILE) as store:
        purchase = EventBinding(name="purchase", events=(PURCHASE,), value="revenue")
        with store.transaction() as connection:
            return fit(connection, purchase, as_of=as_of, timezone=timezone), totals(connection, as_of=as_of)


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

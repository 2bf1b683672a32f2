"""What a foreign file of purchases is: how it is written, which column is what, and the sources that read it.

    found = recognise(Path("export.csv"))
    found.sources              # what `sources:` of a workspace would say, as models
    found.yaml                 # the same as text, with comments
    found.notes                # what had to be decided, and why

Nothing is guessed in silence: what the data do not settle is either in `notes`, or an error that shows the columns and
what to write by hand.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tenure.documents import did_you_mean, listing
from tenure.errors import SourceError, UsageError
from tenure.ingest.column_facts import Looked, look, printable, quoted
from tenure.ingest.column_names import Role
from tenure.ingest.columns import NUMBER
from tenure.ingest.columns_chosen import Chosen, choose
from tenure.ingest.countries import currency_of, home
from tenure.ingest.dialect import Dialect, dialect
from tenure.ingest.known_exports import export_named, sources_of
from tenure.ingest.source import Source
from tenure.ingest.source_text import blank_separated, written_sources
from tenure.ingest.trade import Trade, trade
from tenure.warehouse.sandbox import Sandbox
from tenure.warehouse.source_sql import quote_text

_DATE = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[ T].*)?"
_HOME_SHARE = 0.5
_SHOWN = 80
_CAME_TO_NOTHING = (
    r"(?i)^(cancel|void|fail|declin|reject|abandon|storn|annul|abgebrochen|fehlgeschlagen|anulad|cancelad)"
)
_MOST_STATES = 6
_READING = ("files", "format", "skip", "encoding", "delimiter", "decimal", "query", "folders")
_WORTH_A_TRAIT: tuple[Role, ...] = ("country", "email", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A file of purchases, understood.

    `columns` are the columns by what they are; `rows` have been looked at (all of them where `whole`), in which
    `amount` tells in words what a row is worth and `cancelled` which rows take an order back (empty: none). `currency`
    and `timezone` are None where the file gives no sign of them.
    """

    path: Path
    dialect: Dialect
    rows: int
    whole: bool
    columns: Mapping[Role, str]
    amount: str
    grouped: bool
    cancelled: str
    days_only: bool
    currency: str | None
    timezone: str | None
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    yaml: str


def recognise(
    path: Path, *, given: Mapping[Role, str] | None = None, name: str | None = None,
    progressed: Callable[[int], None] = lambda _: None,
) -> Recognised:  # fmt: skip
    """What the file at `path` is.

    `given` names columns by hand, `name` is how the sources name the file (default: by its absolute path), `progressed`
    hears how many rows have been read.

    Raises UsageError where there is no such file or column, SourceError where it cannot be read or is no table of
    purchases; that shows the columns, and what to write by hand.
    """
    path = _found(path)
    written = dialect(path)
    _has_columns(path, written)
    with Sandbox.open(folders=[path.parent]) as sandbox:
        looked = look(_probe(path, written), path.parent, written, sandbox, progressed)
        if written.known and not given and (found := _known(path, name or str(path), written, looked)):
            return found
        chosen = choose(looked, given or {})
        if chosen.missing:
            raise _not_understood(path, looked, chosen)
        found = _understood(path, name or str(path), written, looked, chosen, trade(looked, chosen))
    if not found.whole:
        # the reader of the rest stands in a circle of references, and holds the file until it is collected
        gc.collect()
    return found


def _understood(path: Path, name: str, written: Dialect, looked: Looked, chosen: Chosen, found: Trade) -> Recognised:
    assert chosen.time is not None
    notes = [*chosen.notes, *found.notes]
    if not looked.whole:
        notes.append(f"decided on the first {looked.rows:,} lines")
    common_rows = [_done(looked, chosen, notes), _one_currency(looked, chosen, notes)]
    orders = " and ".join(filter(None, [found.orders, *common_rows]))
    currency, timezone = _home(looked, chosen, notes)
    common = _common(name, written, chosen, found)
    sources = [_source(common, "orders", "Order Completed", orders, found.revenue(), found, chosen)]
    if found.refunds:
        refunds = " and ".join(filter(None, [found.refunds, *common_rows]))
        sources.append(_source(common, "refunds", "Order Refunded", refunds, found.revenue(refund=True), found, chosen))
    models = tuple(Source.model_validate(source) for source in sources)
    return Recognised(
        path=path, dialect=written, rows=looked.rows, whole=looked.whole,
        columns={role: facts.name for role, facts in chosen.columns.items()}, amount=found.told,
        grouped=found.group is not None, cancelled=found.cancelled, days_only=chosen.time.days_only, currency=currency,
        timezone=timezone, notes=tuple(notes), sources=models, yaml=written_sources(sources),
    )  # fmt: skip


def _known(path: Path, name: str, written: Dialect, looked: Looked) -> Recognised | None:
    """The file as the export that it is, where that tells of purchases."""
    export = export_named(written.known or "")
    told = export_sources(path, written, name)
    if not any(source.get("event") == "Order Completed" for source in told):
        return None
    models = tuple(Source.model_validate(source) for source in told)
    return Recognised(
        path=path, dialect=written, rows=looked.rows, whole=looked.whole, columns={}, amount="as the export tells it",
        grouped=any(source.group or source.query for source in models), cancelled="", days_only=False, currency=None,
        timezone=None, notes=(f"recognised by its columns: {export.title}", *filter(None, [export.note])),
        sources=models, yaml=written_sources(told),
    )  # fmt: skip


def export_sources(path: Path, written: Dialect, name: str) -> list[dict[str, object]]:
    """The entries of `sources:` that read a file which is a known export; `name` is how they name it."""
    export = export_named(written.known or "")
    # the day of an export that tells no other time: when the file was made
    day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    folders = str(Path(name).parent) if Path(name).is_absolute() else None
    return sources_of(
        export, written.columns, reading=_reading(name, written), file=name, folders=folders, day=day
    )  # fmt: skip


def _found(path: Path) -> Path:
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", hint="Name one file of it: CSV, Parquet or JSON Lines.")
    if not path.exists():
        near = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"There is no file {path}.", hint=did_you_mean(path.name, near))
    return path.resolve()


def _has_columns(path: Path, written: Dialect) -> None:
    """Raises SourceError where the file's text is plainly no table with a header."""
    if written.format != "csv" or not written.first:
        return
    if not written.blanks and written.delimiter is None:
        raise SourceError(
            f"No sign splits the lines of {path} into columns; the first is '{_short(written.first)}'.",
            hint="Export it as CSV with commas, semicolons or tabs, and a header line.",
        )
    if any(_is_datum(cell) for cell in written.columns):
        raise SourceError(
            f"The first line of {path} is a row of data, not the names of the columns: '{_short(written.first)}'.",
            hint=f"Put a line with {len(written.columns)} names above it, such as customer_id, ordered_at, amount.",
        )


def _is_datum(cell: str) -> bool:
    return re.fullmatch(f"{NUMBER}|[0-9]+,[0-9]+|{_DATE}", cell.strip()) is not None


def _probe(path: Path, written: Dialect) -> Source:
    """A source that reads the file as it is."""
    fields: dict[str, object] = {"name": "probe", "event": "Order Completed", "customer": "none", "time": "time"}
    return Source.model_validate(fields | _reading(str(path), written))


def _reading(path: str, written: Dialect) -> dict[str, object]:
    """The entries of a source that say how its file is read."""
    if written.blanks:
        return {"query": blank_separated(path, written), "folders": str(Path(path).parent)}
    fields: dict[str, object] = {"files": path}
    if not written.named:
        fields["format"] = written.format
    if written.format == "csv":
        if written.skip:
            fields["skip"] = written.skip
        if written.encoding != "utf-8":
            fields["encoding"] = written.encoding
        if written.delimiter not in (None, ","):
            fields["delimiter"] = "tab" if written.delimiter == "\t" else written.delimiter
        if written.decimal != ".":
            fields["decimal"] = written.decimal
    return fields


def _common(name: str, written: Dialect, chosen: Chosen, found: Trade) -> dict[str, object]:
    """The entries that all sources of the file share."""
    customer, time = chosen["customer"], chosen.time
    assert time is not None
    moment = time.expression
    if clock := chosen.get("clock"):
        moment = f"concat({quoted(time.facts.name)}, ' ', {quoted(clock.name)})"
    by_name = quoted(customer.name)
    fields: dict[str, object] = _reading(name, written)
    # 17850.0 is what a spreadsheet or pandas makes of 17850
    fields["customer"] = f"regexp_replace({by_name}, '[.]0$', '')" if customer.pointed else customer.name
    fields["time"] = moment
    ids = {"id": found.id, "group": found.group}
    return fields | {key: value for key, value in ids.items() if value is not None}


def _source(
    common: Mapping[str, object], name: str, event: str, where: str, revenue: str, found: Trade, chosen: Chosen
) -> dict[str, object]:
    properties = {"revenue": revenue}
    if found.group is not None and (invoice := chosen.get("invoice")):
        properties["order_id"] = invoice.name
    if product := chosen.get("product"):
        properties["products"] = f"list({quoted(product.name)})" if found.group else f"[{quoted(product.name)}]"
    traits = {
        role: facts.name for role in _WORTH_A_TRAIT
        if (facts := chosen.get(role)) is not None and facts.name != chosen["customer"].name
    }  # fmt: skip
    return {
        "name": name, **{key: common[key] for key in _READING if key in common}, **({"where": where} if where else {}),
        "event": event, **{key: common[key] for key in ("customer", "time", "id", "group") if key in common},
        "properties": properties, **({"traits": traits} if traits else {}),
    }  # fmt: skip


def _done(looked: Looked, chosen: Chosen, notes: list[str]) -> str:
    """The condition that keeps what came about, where a column of states says of some rows that they did not."""
    column = chosen.get("status")
    if column is None:
        return ""
    table = looked.sandbox.table(
        f"SELECT trim(CAST({column.sql} AS VARCHAR)) AS v, count(*) AS n FROM looked "
        f"WHERE regexp_matches(CAST({column.sql} AS VARCHAR), {quote_text(_CAME_TO_NOTHING)}) "
        "GROUP BY 1 ORDER BY n DESC, 1"
    )
    if not 0 < table.num_rows <= _MOST_STATES:
        return ""
    states = table["v"].to_pylist()
    notes.append(f"{sum(table['n'].to_pylist()):,} lines left out where {column.name} is {listing(states)}")
    return f"coalesce({quoted(column.name)}, '') not in ({', '.join(map(quote_text, states))})"


def _one_currency(looked: Looked, chosen: Chosen, notes: list[str]) -> str:
    """The condition that keeps the rows of one currency where there are several: they cannot be added."""
    column = chosen.get("currency")
    if column is None:
        return ""
    table = looked.sandbox.table(
        f"SELECT trim(CAST({column.sql} AS VARCHAR)) AS v, count(*) AS n FROM looked "
        f"WHERE {column.sql} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"
    )
    if table.num_rows < 2:
        return ""
    main, rest = table["v"][0].as_py(), sum(table["n"].to_pylist()[1:])
    notes.append(f"{rest:,} lines in other currencies than {main} left out: they need a file of exchange rates")
    return f"{quoted(column.name)} = {quote_text(main)}"


def _home(looked: Looked, chosen: Chosen, notes: list[str]) -> tuple[str | None, str | None]:
    """The currency and the time zone, as far as the file gives a sign of them."""
    currency: str | None = None
    if column := chosen.get("currency"):
        currency = currency_of(column.examples[0]) or (column.examples[0] if len(column.examples[0]) == 3 else None)
    for role in ("amount", "price"):
        if currency is None and (facts := chosen.get(role)):
            currency = currency_of(facts.name, *facts.examples)
            if currency:
                notes.append(f"amounts in {currency}, as the column {facts.name} says")
    column = chosen.get("country")
    if column is None:
        return currency, None
    table = looked.sandbox.table(
        f"SELECT trim(CAST({column.sql} AS VARCHAR)) AS v, count(*) AS n FROM looked "
        "GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"
    )
    share = table["n"][0].as_py() / looked.rows
    found = home(table["v"][0].as_py() or "")
    if found is None or share < _HOME_SHARE:
        return currency, None
    told = f"times of {found.timezone}" if currency else f"amounts in {found.currency}, times of {found.timezone}"
    notes.append(f"{told}: {share * 100:.0f} % of the lines are from {found.name}")
    return currency or found.currency, found.timezone


def _not_understood(path: Path, looked: Looked, chosen: Chosen) -> SourceError:
    """What is missing, which columns there are, and what to write by hand."""
    words = {"customer": "who bought", "time": "when", "amount": "for how much"}
    missing = [f"{words[role]} ({role})" for role in chosen.missing]
    shown = "; ".join(facts.shown for facts in looked.columns[:12])
    more = f" … and {len(looked.columns) - 12} more" if len(looked.columns) > 12 else ""
    known = {
        role: chosen[role].name for role in ("customer", "time", "amount", "price", "invoice")
        if role in chosen.columns
    }  # fmt: skip
    understood = (
        f" Understood so far: {', '.join(f'{role} = {name}' for role, name in known.items())}." if known else ""
    )
    options = " ".join(f"--{role} COLUMN" for role in chosen.missing)
    return SourceError(
        printable(f"{path} does not show {' or '.join(missing)}. Its columns: {shown}{more}.{understood}"),
        hint=f"Name what is there: {options}. A file of purchases needs all of customer, time and amount.",
    )


def _short(text: str) -> str:
    flat = printable(" ".join(text.split()))
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"

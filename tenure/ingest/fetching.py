"""The rows of a source's database, brought into a Parquet file, so that the event log waits for no other machine.

    with fetched(source, url=url, state=state, folder=temp, now=now, zone=zone) as rows:
        rows.path, rows.count, rows.state          # state is what the next fetch begins from

Only what the cursor calls new is asked for. The state is kept with the rows in one transaction, by whoever loads them.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from tenure.documents import did_you_mean
from tenure.errors import SourceError
from tenure.ingest.schedule import seconds
from tenure.ingest.source import Source
from tenure.warehouse.databases import connected
from tenure.warehouse.databases.since import Since, Value, capped, from_where, highest, read, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Rows in a file; `whole` tells that they are all there are, `state` how far they go."""

    path: Path
    count: int
    whole: bool
    state: str


@contextmanager
def fetched(
    source: Source, *, url: str, state: str | None, folder: Path, now: int, zone: ZoneInfo
) -> Iterator[Fetched]:  # fmt: skip
    """The rows that are new since `state`, as a file that is gone afterwards; all of them without a state.

    `now` is in microseconds UTC, `zone` that of times without offset. Raises SourceError where the database cannot be
    read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetched-") as made:
        path = Path(made) / "rows.parquet"
        before = _decoded(state)
        since = None
        if before is not None and before[0].casefold() == (source.cursor or "").casefold():
            since = Since(column=before[0], value=from_where(before[1], _overlap(source)))
        highest_seen = before if since is not None else None
        count, writer = 0, None
        try:
            with connected(url) as database:
                for batch in database.read((source.query or "").strip().rstrip("; \n"), since):
                    if writer is None:
                        # cells of one kind are many, and the file is read once
                        writer = pq.ParquetWriter(path, batch.schema, compression="lz4")
                        column = _cursor_of(source, batch.schema.names)
                    if batch.num_rows:
                        writer.write_batch(batch)
                        count += batch.num_rows
                    if column is not None:
                        value = highest(highest_seen[1] if highest_seen else None, batch.column(column))
                        highest_seen = None if value is None else (column, value)
        finally:
            if writer is not None:
                writer.close()
        yield Fetched(path=path, count=count, whole=since is None, state=_encoded(_capped(highest_seen, now, zone)))


def _cursor_of(source: Source, names: list[str]) -> str | None:
    """The column of the cursor as the database calls it."""
    if source.cursor is None:
        return None
    wanted = source.cursor.strip('"`').casefold()
    for name in names:
        if name.casefold() == wanted:
            return name
    raise SourceError(
        f"The query of source '{source.name}' gives no column {source.cursor}, its cursor.",
        hint=did_you_mean(source.cursor, names) or f"It gives: {', '.join(names[:12])}.",
    )


def _overlap(source: Source) -> timedelta | int | None:
    if source.overlap is None:
        return None
    written = source.overlap.strip()
    return int(written) if written.isdigit() else timedelta(seconds=seconds("overlap", written))


def _capped(seen: tuple[str, Value] | None, now: int, zone: ZoneInfo) -> tuple[str, Value] | None:
    if seen is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)
    value = capped(seen[1], now=moment, local=moment.astimezone(zone).replace(tzinfo=None))
    return None if value is None else (seen[0], value)


# a state stands within a fingerprint, whose parts are separated by points
def _encoded(seen: tuple[str, Value] | None) -> str:
    return "" if seen is None else base64.urlsafe_b64encode(written(*seen).encode()).decode()


def _decoded(state: str | None) -> tuple[str, Value] | None:
    return read(base64.urlsafe_b64decode(state).decode()) if state else None


def read_until(fingerprint: str) -> Value | None:
    """How far a database was read, as the fingerprint of a load tells it; None where there is no cursor."""
    seen = _decoded(fingerprint.split(".", maxsplit=1)[0])
    return None if seen is None else seen[1]

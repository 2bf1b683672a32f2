"""Tables and files as events: reads what a source names, file by file, each in one transaction.

settings = LoadSettings(timezone="Europe/London", currency="GBP")
report = load(store, source, folder=workspace, settings=settings, received_at=now)
report.loaded, report.rejected, report.warnings
"""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import ImportStopped, SourceError
from tenure.ingest.fetching import Fetched, fetched
from tenure.ingest.mapping import RATES, Conversion, mapping
from tenure.ingest.rates import Rates, read_rates
from tenure.ingest.reading import Malformed
from tenure.ingest.relation import Relation, open_file, open_query, open_rows
from tenure.ingest.report import FileReport, LoadReport, Progress
from tenure.ingest.source import Source
from tenure.ingest.times import Zone
from tenure.warehouse.databases import url_of
from tenure.warehouse.duckdb import Store
from tenure.warehouse.failures import interruptible
from tenure.warehouse.sandbox import Sandbox, SandboxError
from tenure.warehouse.source_sql import parse_query
from tenure.warehouse.store import ARRIVING, Arrival

QUERY = "(query)"
DATABASE = "(database)"
# rows that cross from the sandbox to the store at a time
BATCH_ROWS = 262_144
_WILD = "*?["
_ONCE = """
    DELETE FROM rejected WHERE source = $source AND file = $file AND (raw, load) NOT IN (
        SELECT (raw, max(load)) FROM rejected WHERE source = $source AND file = $file AND raw IS NOT NULL GROUP BY raw
    ) AND raw IS NOT NULL
"""
_LATER = ("database", "cursor", "skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """What the workspace says about all its sources; `rates` is the file of exchange rates.

    `variables` are those of the environment, which hold the URLs of databases.
    """

    timezone: str = "UTC"
    currency: str | None = None
    rates: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def load(
    store: Store,
    source: Source,
    *,
    folder: Path,
    settings: LoadSettings,
    received_at: int,
    progress: Callable[[Progress], None] | None = None,
) -> LoadReport:
    """What became of the source's files; paths are taken from `folder`.

    `received_at` is in microseconds UTC. Each file is one transaction: where it fails, or Ctrl-C comes, nothing of it
    is kept, and the files before it are. Files that did not change since they were loaded are not read. `progress` is
    called from another thread.

    Raises SourceError where a file cannot be read at all, ImportStopped on Ctrl-C, DiskFull.
    """
    loader = _Loader(
        store=store, source=source, folder=folder, settings=settings, received_at=received_at,
        progress=progress or (lambda _: None),
    )  # fmt: skip
    try:
        return interruptible(loader.run, loader.interrupt)
    except KeyboardInterrupt:
        where = f"while {loader.current} was read; nothing of it was kept" if loader.current else "before it began"
        raise ImportStopped(
            f"The import of '{source.name}' was stopped {where}.",
            hint="Run it again: what was loaded before is not loaded twice.",
        ) from None


@dataclass(slots=True, kw_only=True)
class _Loader:
    store: Store
    source: Source
    folder: Path
    settings: LoadSettings
    received_at: int
    progress: Callable[[Progress], None]
    current: str = ""
    stopped: bool = False
    _sandbox: Sandbox | None = None
    _rates: Rates | None = None

    def run(self) -> LoadReport:
        """Loads every file that is new or changed."""
        known = self.store.fingerprints(self.source.name)
        zone = Zone.named(self.source.timezone or self.settings.timezone)
        if self.source.currency_column is not None and self.settings.rates is not None:
            self._rates = read_rates(self.settings.rates)
        definition = self._definition()
        reports = []
        if self.source.database is not None:
            reports.append(self._fetch(definition, known.get(DATABASE), zone))
        elif self.source.query is not None:
            query = parse_query(self.source.query, self.folder)
            files = [path for pattern in query.files for path in _matching(pattern, "query")]
            reports.append(
                self._one(QUERY, files, f"{_fingerprint(files)}.{definition}.{self.source.on_change}", known, zone)
            )
        else:
            for path, label in self._files():
                reports.append(
                    self._one(
                        label, [path], f"{_fingerprint([path])}.{definition}.{self.source.on_change}", known, zone
                    )
                )
        return LoadReport(
            source=self.source.name, on_change=self.source.on_change, files=tuple(reports), zone=zone.name
        )

    def _fetch(self, definition: str, known: str | None, zone: Zone) -> FileReport:
        """Loads what is new in the database; where the source's definition has changed, everything."""
        self.current = f"the database of {self.source.name}"
        state, after = None, f"{definition}.{self.source.on_change}"
        if known is not None and known.partition(".")[2] == after:
            state = known.partition(".")[0]
        url = url_of(self.source.database or "", self.settings.variables, folder=self.folder)
        with fetched(
            self.source, url=url, state=state, folder=self.store.temp_directory, now=self.received_at,
            zone=ZoneInfo(zone.name),
        ) as rows:  # fmt: skip
            if not rows.count:
                return FileReport(file=DATABASE, unchanged=True)
            report = self._one(DATABASE, [rows.path], f"{rows.state}.{after}", {}, zone, rows)
        if report.rejected and not rows.whole:
            # a row that was read again is told once
            with self.store.transaction() as connection:
                connection.execute(_ONCE, {"source": self.source.name, "file": DATABASE})
        return report

    def interrupt(self) -> None:
        """Ends what runs; the transaction is rolled back."""
        self.stopped = True
        with suppress(Exception):
            if self._sandbox is not None:
                self._sandbox.interrupt()
        self.store.interrupt()

    def _one(
        self, label: str, paths: list[Path], fingerprint: str, known: dict[str, str], zone: Zone,
        rows: Fetched | None = None,
    ) -> FileReport:  # fmt: skip
        """Loads one file, or the query, unless it is known as it is."""
        self.current = label
        if known.get(label) == fingerprint:
            return FileReport(file=label, unchanged=True)
        redefined = label in known and known[label].split(".")[1] != fingerprint.split(".")[1]
        memory = max(self.store.memory_limit // 2, 256 << 20)
        folders = [path.resolve().parent for path in paths]
        if self.source.query is not None and rows is None:
            folders = [self.folder / folder for folder in self.source.folders] or [self.folder]
        with Sandbox.open(
            folders=folders, memory_limit=memory, threads=self.store.threads,
            temp_directory=self.store.temp_directory / "sandbox",
        ) as sandbox:  # fmt: skip
            self._sandbox = sandbox
            try:
                return self._load(sandbox, label, paths, fingerprint, zone, rows, redefined=redefined)
            finally:
                self._sandbox = None

    def _load(
        self, sandbox: Sandbox, label: str, paths: list[Path], fingerprint: str, zone: Zone, rows: Fetched | None, *,
        redefined: bool,
    ) -> FileReport:  # fmt: skip
        if rows is not None:
            relation = open_rows(rows.path, sandbox)
        elif self.source.query is not None:
            relation = open_query(self.source, self.folder, sandbox)
        else:
            relation = open_file(paths[0], self.source, sandbox, progressed=partial(self._progressed, label, None))
        conversion = None
        if self._rates is not None and self.settings.currency is not None:
            sandbox.register(RATES, self._rates.table)
            conversion = Conversion(currency=self.settings.currency, last_day=self._rates.last_day)
        query = mapping(self.source, relation, sandbox, conversion)
        arrival = Arrival(
            source=self.source.name, file=label, fingerprint=fingerprint, received_at=self.received_at,
            type=self.source.event_type, on_change=self.source.on_change,
            by_content=self.source.id is None and self.source.group is None, cause="import",
            whole=rows is None or rows.whole,
        )  # fmt: skip
        counts = _Counts()
        batches = self._arriving(sandbox, query, relation, label, zone, counts)
        try:
            appended = self.store.append(batches, arrival)
        except SandboxError as error:
            hint = ""
            if error.kind == "OutOfMemory":
                hint = "Its groups or its query need more memory: raise the limit, or make the source smaller."
            raise SourceError(
                f"{label} of source '{self.source.name}' cannot be read: {error.message}.", hint=hint
            ) from error
        return FileReport(
            file=label,
            lines=counts.lines + len(relation.malformed),
            read=appended.read,
            loaded=appended.loaded,
            duplicates=appended.duplicates,
            changed=appended.changed,
            replaced=appended.replaced,
            changes=appended.changes,
            rejected=appended.rejected,
            nonexistent_times=counts.nonexistent,
            ambiguous_times=counts.ambiguous,
            future=appended.future,
            first_time=appended.first_time,
            last_time=appended.last_time,
            dropped_values=counts.dropped,
            new_customers=appended.new_customers,
            redefined=redefined,
        )

    def _arriving(
        self, sandbox: Sandbox, query: str, relation: Relation, label: str, zone: Zone, counts: _Counts
    ) -> Iterator[pa.RecordBatch]:
        """The rows on their way: times in UTC, and at the end the lines that could not be taken apart."""
        rows = 0
        try:
            for batch in sandbox.batches(query, rows=BATCH_ROWS):
                if self.stopped:
                    raise KeyboardInterrupt
                rows += batch.num_rows
                if relation.total is not None or relation.native:
                    self._progressed(label, relation.total, rows)
                yield counts.timed(batch, zone)
        except SourceError:
            if relation.failures:
                raise relation.failures.pop() from None
            raise
        if relation.malformed:
            yield _refused(relation.malformed)

    def _progressed(self, label: str, total: int | None, rows: int) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.progress(Progress(source=self.source.name, file=label, rows=rows, total=total))

    def _files(self) -> list[tuple[Path, str]]:
        """The source's files with the names they go by, each once, in the order of their names."""
        found: dict[Path, str] = {}
        for pattern in self.source.files:
            for path in _matching(str(self.folder / pattern), "files"):
                try:
                    label = path.relative_to(self.folder).as_posix()
                except ValueError:
                    label = path.as_posix() if Path(pattern).is_absolute() else _relative(pattern, path)
                found.setdefault(path, label)
        return sorted(found.items(), key=lambda item: item[1])

    def _definition(self) -> str:
        """What the rows depend on besides the files, as a short hash."""
        fields: dict[str, object] = self.source.model_dump(
            mode="json", exclude={"files", "folders", "on_change", "every", "at", "overlap", *_LATER}
        )
        # what sources came to have later tells nothing apart where it is not used: no file is read anew for it
        fields |= {key: value for key in _LATER if (value := getattr(self.source, key))}
        fields |= {"timezone": self.source.timezone or self.settings.timezone}
        if self.source.currency_column is not None and self.settings.rates is not None:
            fields |= {"currency": self.settings.currency, "rates": _fingerprint([self.settings.rates])}
        text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Counts:
    nonexistent: int = 0
    ambiguous: int = 0
    dropped: int = 0
    lines: int = 0

    def timed(self, batch: pa.RecordBatch, zone: Zone) -> pa.RecordBatch:
        """The batch as arriving rows: local times of `zone` become moments."""
        local, moment = batch.column("local_time"), batch.column("moment")
        moments, nonexistent, ambiguous = zone.moments(_filled(local))
        there = np.asarray(local.is_valid())
        if nonexistent or ambiguous:
            # rows without a local time count as the first of January 1970
            _, nonexistent, ambiguous = zone.moments(_filled(local)[there])
        self.nonexistent += nonexistent
        self.ambiguous += ambiguous
        self.dropped += int(np.asarray(batch.column("dropped")).sum())
        self.lines += int(np.asarray(batch.column("lines")).sum())
        limit = np.iinfo(np.int64).max
        given = np.asarray(moment.is_valid())
        times = np.minimum(np.where(there, moments, limit), np.where(given, _filled(moment), limit))
        time = pa.array(times, mask=~(there | given))
        columns = [time if name == "time" else batch.column(name) for name in ARRIVING.names]
        return pa.RecordBatch.from_arrays(columns, names=ARRIVING.names)


def _filled(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(column.cast(pa.int64()).fill_null(0), dtype=np.int64)


def _refused(malformed: list[Malformed]) -> pa.RecordBatch:
    """Lines that could not be taken apart, as refused rows."""
    rows = sorted(malformed, key=lambda row: row.position)
    columns = {
        "position": [row.position for row in rows],
        "reason": [row.reason for row in rows],
        "raw": [json.dumps(row.raw, ensure_ascii=False) for row in rows],
    }
    arrays = [pa.array(columns.get(field.name, [None] * len(rows)), type=field.type) for field in ARRIVING]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([field.with_nullable(True) for field in ARRIVING]))


def _matching(pattern: str, key: str) -> list[Path]:
    """The files of a pattern, in order; `key` is where the source names it."""
    if any(sign in pattern for sign in _WILD) and not Path(pattern).exists():
        # patterns may be absolute and may go up, which Path.glob does not do
        found = sorted(path for name in glob.glob(pattern, recursive=True) if (path := Path(name)).is_file())  # noqa: PTH207
        if not found:
            raise SourceError(f"No file matches {pattern}.", hint=f"Check `{key}:`, or put the files there.")
        return found
    path = Path(pattern)
    if path.is_dir():
        raise SourceError(f"{path} is a folder.", hint=f"Write {path}/*.csv, say.")
    if not path.exists():
        near = sorted(other.name for other in path.parent.iterdir()) if path.parent.is_dir() else []
        raise SourceError(f"There is no file {path}.", hint=did_you_mean(path.name, near) or f"Check `{key}:`.")
    return [path]


def _relative(pattern: str, path: Path) -> str:
    """The path as the workspace writes it: with the folders of its pattern."""
    fixed = []
    for part in Path(pattern).parts[:-1]:
        if any(sign in part for sign in _WILD):
            return path.as_posix()
        fixed.append(part)
    return Path(*fixed, path.name).as_posix() if fixed else path.as_posix()


def _fingerprint(paths: list[Path]) -> str:
    """What changes when a file does: size and time of change."""
    told = []
    for path in paths:
        stat = path.stat()
        told.append(f"{path.name}:{stat.st_size}:{stat.st_mtime_ns}")
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:24]


__all__ = ["QUERY", "LoadReport", "LoadSettings", "Progress", "load"]

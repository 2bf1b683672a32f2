"""One file (or query) as a table in the sandbox: its columns, its rows, and what a row was where it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenure.errors import SourceError
from tenure.ingest.columns import Column, Columns, sniff
from tenure.ingest.reading import (
    POSITION,
    RAW_LENGTH,
    SAMPLE_ROWS,
    Malformed,
    TextFile,
    format_of,
    read_delimited,
    read_lines,
)
from tenure.ingest.source import Source
from tenure.warehouse.sandbox import Sandbox
from tenure.warehouse.source_sql import parse_query, quote_text
from tenure.warehouse.where import path as member_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table in the sandbox.

    `rows` is a SELECT of `position` and the columns, to be run once; `sample` the same of the first rows, to be run
    often. `raw` is SQL of a row as JSON, `content` of all it holds (what makes two rows equal), `problem` of why a row
    cannot be read (null: it can), `malformed` the rows that were set aside while reading, `failures` what ended it.
    `total` is the number of rows where the file tells.
    """

    name: str
    columns: Columns
    rows: str
    sample: str
    raw: str
    content: str
    problem: str | None = None
    native: bool
    malformed: list[Malformed] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    total: int | None = None


def open_file(path: Path, source: Source, sandbox: Sandbox, *, progressed: Callable[[int], None]) -> Relation:
    """The file as a relation; `progressed` hears how many rows have been read."""
    form = format_of(path, source)
    if form == "parquet":
        return _parquet(path, sandbox)
    if form == "jsonl":
        return _json_lines(read_lines(path, source), sandbox, progressed)
    return _delimited(read_delimited(path, source), source, sandbox, progressed)


def open_query(source: Source, folder: Path, sandbox: Sandbox) -> Relation:
    """The source's query as a relation; its result is worked out here, once."""
    query = parse_query(source.query or "", folder)
    try:
        sandbox.create("queried", f"SELECT *, row_number() OVER () AS {_quoted('tenure position')} FROM ({query.sql})")
    except SourceError as error:
        raise SourceError(f"The query of source '{source.name}' failed: {error.message}", hint=error.hint) from error
    return _native("query", "queried", sandbox, position=_quoted("tenure position"), hidden="tenure position")


def open_rows(path: Path, sandbox: Sandbox) -> Relation:
    """Rows that were fetched from a database as a relation."""
    return _parquet(path, sandbox)


def _parquet(path: Path, sandbox: Sandbox) -> Relation:
    rows = f"read_parquet({quote_text(str(path.resolve()))}, file_row_number = true)"
    try:
        relation = _native(str(path), rows, sandbox, position="file_row_number + 1", hidden="file_row_number")
        total = sandbox.table(
            f"SELECT sum(num_rows) AS n FROM parquet_file_metadata({quote_text(str(path.resolve()))})"
        )
    except SourceError as error:
        if not path.exists():
            raise SourceError(f"There is no file {path}.", hint="Check `files:`.") from error
        raise SourceError(f"{path} cannot be read as Parquet: {error.message}.", hint="Export it again.") from error
    return Relation(
        name=relation.name, columns=relation.columns, rows=relation.rows, sample=relation.sample, raw=relation.raw,
        content=relation.content, native=True, total=int(total["n"][0].as_py() or 0),
    )  # fmt: skip


def _native(name: str, rows: str, sandbox: Sandbox, *, position: str, hidden: str) -> Relation:
    """A relation of typed columns."""
    types = sandbox.types(f"SELECT * FROM {rows}")
    types.pop(hidden, None)
    columns = [
        Column(name=column, sql=f"c{i}", native=True, type=type_) for i, (column, type_) in enumerate(types.items())
    ]
    listed = ", ".join(f"{_quoted(column.name)} AS {column.sql}" for column in columns)
    query = f"SELECT {position} AS {POSITION}, {listed} FROM {rows}"
    return Relation(
        name=name, columns=Columns(columns), rows=query, sample=f"{query} LIMIT {SAMPLE_ROWS}", raw=_raw(columns),
        content=_content(columns), native=True,
    )  # fmt: skip


def _delimited(file: TextFile, source: Source, sandbox: Sandbox, progressed: Callable[[int], None]) -> Relation:
    columns = []
    for i, name in enumerate(file.columns):
        facts: Any = sniff(file.sample.column(i), comma=source.decimal == ",")
        columns.append(Column(name=name, sql=f"c{i}", **facts))
    _register(file, sandbox, progressed)
    # an empty cell says nothing
    listed = ", ".join(f"nullif({column.sql}, '') AS {column.sql}" for column in columns)
    return Relation(
        name=str(file.path), columns=Columns(columns), native=False, malformed=file.malformed, failures=file.failures,
        rows=f"SELECT {POSITION}, {listed} FROM arriving", sample=f"SELECT {POSITION}, {listed} FROM sampled",
        raw=_raw(columns), content=_content(columns),
    )  # fmt: skip


def _json_lines(file: TextFile, sandbox: Sandbox, progressed: Callable[[int], None]) -> Relation:
    names, values = _members(file.sample)
    if not names and file.sample.num_rows:
        raise SourceError(f"No line of {file.path} is a JSON object.", hint="JSON Lines has one object a line.")
    columns = []
    for i, name in enumerate(names):
        facts: Any = _sniff_json(values[name])
        columns.append(Column(name=name, sql=f"c{i}", json=f"json_extract(sound, {member_path(name)})", **facts))
    _register(file, sandbox, progressed)
    structure = quote_text(json.dumps(dict.fromkeys(names, "JSON"), ensure_ascii=False))
    members = "".join(f", o.{_quoted(column.name)} ->> '$' AS {column.sql}" for column in columns)
    valid = "json_valid(c0) AND json_type(CASE WHEN json_valid(c0) THEN c0 END) = 'OBJECT'"

    def query(table: str) -> str:
        parsed = (
            f"SELECT {POSITION}, c0 AS line, CASE WHEN {valid} THEN from_json(c0, {structure}) END AS o FROM {table}"
        )
        return (
            f"SELECT {POSITION}, line{members}, o IS NULL AS unread, CASE WHEN o IS NOT NULL THEN line END AS sound "
            f"FROM ({parsed})"
        )

    return Relation(
        name=str(file.path), columns=Columns(columns), native=False, malformed=file.malformed, failures=file.failures,
        rows=query("arriving"), sample=query("sampled"), raw=f"substr(line, 1, {RAW_LENGTH})", content="line",
        problem="CASE WHEN unread THEN 'the line is no JSON object' END",
    )  # fmt: skip


def _members(sample: pa.Table) -> tuple[list[str], dict[str, list[object]]]:
    """The members of the sample's objects in the order of their first appearance, with their values."""
    values: dict[str, list[object]] = {}
    folded: dict[str, str] = {}
    for line in sample.column(0).to_pylist():
        try:
            row = json.loads(line, parse_float=str)
        except ValueError:
            continue
        if isinstance(row, dict):
            for name, value in row.items():
                values.setdefault(folded.setdefault(name.casefold(), name), []).append(value)
    return list(values), values


def _sniff_json(values: list[object]) -> dict[str, object]:
    if any(isinstance(value, (dict, list)) for value in values):
        return {"kind": "json"}
    texts = [
        None if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in values
    ]
    return dict(sniff(pa.chunked_array([pa.array(texts, type=pa.string())]), comma=False))


def _register(file: TextFile, sandbox: Sandbox, progressed: Callable[[int], None]) -> None:
    """Makes the file's rows readable as `arriving`, once, and its first rows as `sampled`."""

    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        try:
            for batch in file.batches:
                rows += batch.num_rows
                progressed(rows)
                yield batch
        except BaseException as error:
            file.failures.append(error)
            raise

    sandbox.register("sampled", file.sample)
    sandbox.register("arriving", pa.RecordBatchReader.from_batches(file.schema, batches()))


def _raw(columns: list[Column]) -> str:
    """SQL of a row as a JSON object under the names of the file."""
    if not columns:
        return "'{}'"
    # a struct takes no two names that differ in case alone
    members = ", ".join(f"{_quoted(column.name)} := {column.sql}" for column in columns)
    return f"substr(CAST(to_json(struct_pack({members})) AS VARCHAR), 1, {RAW_LENGTH})"


def _content(columns: list[Column]) -> str:
    cells = ", ".join(f"coalesce(CAST({column.sql} AS VARCHAR), chr(30))" for column in columns)
    return f"concat_ws(chr(31), {cells})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

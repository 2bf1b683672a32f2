"""Exports as files: a folder a table, in it a file a month or a share of the people, and a manifest of what they hold.

    exports/lake/manifest.json
    exports/lake/history/2024-01.parquet

Each file is written aside and put in its place whole; a file whose rows say the same as before is not touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tenure.errors import TenureError, UsageError
from tenure.warehouse.comparing import Copied
from tenure.workspace.export_tables import ExportTable

MANIFEST = "manifest.json"
_ENDS = (".parquet", ".csv")
# rows of those tables that are split by people, not by time
SHARE_ROWS = 250_000
_MOST_SHARES = 64
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a table: its rows, how many were written this time, how many taken out where that is known."""

    table: str
    rows: int
    written: int
    deleted: int | None = None
    whole: bool = False


class Files:
    """The folder of an export."""

    def __init__(self, folder: Path, name: str, form: str) -> None:
        self.folder, self.form = folder, form
        self._name = name
        self._before = self._manifest()
        self._tables: dict[str, Any] = {}

    def shares(self, table: ExportTable, rows: int) -> int:
        """In how many files the people of a table are; the same as before, unless they became four times as many."""
        before = int(self._known(table.name).get("shares", 0))
        wanted = 1
        while wanted * SHARE_ROWS < rows and wanted < _MOST_SHARES:
            wanted *= 2
        return before if before and before <= wanted * 4 and wanted <= before * 4 else wanted

    def write(self, table: ExportTable, copied: Copied, shares: int) -> Written:
        """What became of the table's files."""
        parts = copied.parts() or {NONE: (0, "")}
        known = self._known(table.name).get("parts", {})
        shape = dict(copied.columns)
        same_shape = self._before.get("format") == self.form and self._known(table.name).get("columns") == shape
        place = self.folder / table.name
        place.mkdir(parents=True, exist_ok=True)
        written = 0
        held: dict[str, Any] = {}
        for part, (rows, digest) in parts.items():
            file = f"{part}.{self.form}"
            told = {"file": f"{table.name}/{file}", "rows": rows, "digest": digest}
            if not (same_shape and known.get(part) == told and (place / file).is_file()):
                self._put(place / file, copied.part(part))
                written += rows
            held[part] = told
        self._tables[table.name] = {"columns": shape, "shares": shares, "parts": held}
        return Written(
            table=table.name, rows=sum(rows for rows, _ in parts.values()), written=written, whole=not known
        )  # fmt: skip

    def done(self, *, as_of: str) -> None:
        """Nothing; the manifest tells of the files as they are, and those that it does not name are gone."""
        told = {"export": self._name, "format": self.form, "as_of": as_of, "tables": self._tables}
        part = self.folder / f".{MANIFEST}.part"
        part.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        _placed(part, self.folder / MANIFEST)
        for name in {*self._tables, *self._before.get("tables", {})}:
            named = {one["file"] for one in self._tables.get(name, {"parts": {}})["parts"].values()}
            # those of the form before too
            for path in (self.folder / name).glob("*"):
                if path.suffix in _ENDS and f"{name}/{path.name}" not in named:
                    path.unlink()

    def _put(self, path: Path, batches: Iterator[pa.RecordBatch]) -> None:
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as file:
                writer = self._writer(file, next(batches).schema)
                for batch in batches:
                    writer.write_batch(self._told(batch))
                writer.close()
                file.flush()
                os.fsync(file.fileno())
            _placed(part, path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise TenureError(
                f"{path} cannot be written: {reason}.", hint="What was exported before is as it was."
            ) from None
        finally:
            part.unlink(missing_ok=True)

    def _writer(self, file: Any, schema: pa.Schema) -> Any:
        if self.form == "parquet":
            return pq.ParquetWriter(file, schema, compression="zstd")
        texts = [pa.field(one.name, pa.string()) if pa.types.is_timestamp(one.type) else one for one in schema]
        return pacsv.CSVWriter(file, pa.schema(texts))

    def _told(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch; in CSV moments are texts of ISO 8601."""
        if self.form == "parquet":
            return batch
        columns = [
            pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column
            for column in batch.columns
        ]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    def _known(self, table: str) -> dict[str, Any]:
        found: dict[str, Any] = self._before.get("tables", {}).get(table, {})
        return found

    def _manifest(self) -> dict[str, Any]:
        """What the folder holds. Raises UsageError where it is somebody else's."""
        path = self.folder / MANIFEST
        if not path.is_file():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise UsageError(
                    f"{self.folder} holds something else than the export '{self._name}'.",
                    hint="Name another `folder:`; files of an export are written and removed there.",
                )
            return {}
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            # cut short by no write of ours; everything is written anew
            return {}
        told: dict[str, Any] = held if isinstance(held, dict) else {}
        of = told.get("export")
        if of != self._name:
            raise UsageError(
                f"{self.folder} holds {f'the export {of!r}' if of else 'something else'}, not '{self._name}'.",
                hint="Name another `folder:` for one of them.",
            )
        return told


def _placed(part: Path, path: Path) -> None:
    part.replace(path)

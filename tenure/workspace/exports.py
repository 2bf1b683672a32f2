"""Exports of a workspace, each brought up to date: `ws.exports`.

    with tenure.open("shop") as ws:
        ws.exports.run("lake")           # what was written, table by table

Only what changed since the last time is written, and the target is then what an export of everything would be.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.warehouse.comparing import Copied, Log, kept
from tenure.warehouse.databases import url_of
from tenure.workspace.export_files import Files, Written
from tenure.workspace.export_spec import ExportSpec
from tenure.workspace.export_tables import ExportTable, export_tables

if TYPE_CHECKING:
    from tenure.warehouse.databases.target import Target
    from tenure.workspace.workspace import Workspace

_STATES = "exports"
# one run of an export at a time: two would write the same files
_running: dict[tuple[str, str], threading.Lock] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export did: where it went, the moment as of which it speaks, and what became of each table."""

    name: str
    to: str
    place: str
    as_of: int
    tables: tuple[Written, ...]

    @property
    def written(self) -> int:
        """The rows that were written."""
        return sum(one.written for one in self.tables)


class Exports:
    """The exports that `tenure.yaml` defines."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def names(self) -> tuple[str, ...]:
        """The names of the exports."""
        return tuple(one.name for one in self._ws.definitions.config.exports)

    def run(self, name: str) -> Exported:
        """What became of an export: its target holds what the workspace knows as of its last refresh.

        Raises UsageError where there is none of that name or no history yet, SourceError where its database cannot be
        reached.
        """
        spec = self._spec(name)
        with _running.setdefault((str(self._ws.folder.absolute()), name), threading.Lock()):
            return self._run(spec)

    def _run(self, spec: ExportSpec) -> Exported:
        tables = export_tables(self._ws, spec.tables)
        as_of = self._ws._now()
        moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=as_of)).isoformat()
        with self._ws._store.aside() as connection:
            if spec.to == "postgresql":
                place, written = f"schema {spec.schema_name}", self._to_database(spec, tables, connection, moment)
            else:
                folder = self._ws.folder / (spec.folder or f"exports/{spec.name}")
                place, written = str(folder), _to_files(spec, folder, tables, connection, moment)
        return Exported(name=spec.name, to=spec.to, place=place, as_of=as_of, tables=written)

    def _spec(self, name: str) -> ExportSpec:
        for one in self._ws.definitions.config.exports:
            if one.name == name:
                return one
        names = self.names()
        hint = did_you_mean(name, names) or (f"There are: {', '.join(names)}." if names else "There are none yet.")
        raise UsageError(f"There is no export {name!r}.", hint=hint)

    def _to_database(
        self, spec: ExportSpec, tables: tuple[ExportTable, ...], connection: Log, as_of: str
    ) -> tuple[Written, ...]:
        from tenure.warehouse.databases.target import writing

        url = url_of(spec.database or "", self._ws._variables, folder=self._ws.folder)
        states = self._ws._store.path.parent / _STATES / spec.name
        run = secrets.token_hex(8)
        copies = {table.name: Copied(connection, table.name, table.sql, key=table.key) for table in tables}
        shapes = _shapes(tables, copies)
        (states / run).mkdir(parents=True)
        for name, copied in copies.items():
            copied.keep(states / run / f"{name}.parquet")
        found = []
        try:
            with writing(url, schema=spec.schema_name) as target:
                before, shaped = target.run(spec.name)
                for table in tables:
                    copied, state = copies[table.name], states / (before or "none") / f"{table.name}.parquet"
                    same = shaped.get(table.name) == shapes[table.name] and target.there(table.name)
                    if same and state.is_file():
                        held = kept(state)
                        new, gone = target.change(table.name, copied.new(held), copied.gone(held))
                        found.append(Written(table=table.name, rows=copied.count, written=new, deleted=gone))
                        continue
                    if not same:
                        _refuse_others(target, spec, table.name)
                        target.make(table.name, copied.columns, key=table.key, texts=table.json)
                    rows = target.replace(table.name, copied.all())
                    found.append(Written(table=table.name, rows=rows, written=rows, whole=True))
                for other in shaped.keys() - shapes.keys():
                    target.drop(other)
                target.committed(spec.name, run, shapes, as_of=as_of)
        except BaseException:
            # whether it was committed may be unknown; without its state the next one writes everything
            shutil.rmtree(states / run, ignore_errors=True)
            raise
        for old in states.iterdir():
            if old.name != run:
                shutil.rmtree(old, ignore_errors=True)
        return tuple(found)


def _refuse_others(target: Target, spec: ExportSpec, table: str) -> None:
    if table not in target.ours and target.there(table):
        raise UsageError(
            f"There is a table {spec.schema_name}.{table} that no export made.",
            hint="Name another `schema_name:`; the tables of an export are dropped and made anew.",
        )


def _to_files(
    spec: ExportSpec, folder: Path, tables: tuple[ExportTable, ...], connection: Log, as_of: str
) -> tuple[Written, ...]:
    files = Files(folder, spec.name, spec.to)
    found = []
    for table in tables:
        shares = 1
        part = table.month
        if part is None:
            ((rows,),) = connection.execute(f"SELECT count(*) FROM ({table.sql})").fetchall()
            shares = files.shares(table, rows)
            part = f"printf('part-%02d-of-%02d', md5_number_lower(customer_id) % {shares} + 1, {shares})"
        found.append(files.write(table, Copied(connection, table.name, table.sql, key=table.key, part=part), shares))
    files.done(as_of=as_of)
    return tuple(found)


def _shapes(tables: tuple[ExportTable, ...], copies: Mapping[str, Copied]) -> dict[str, str]:
    """What each of the target's tables looks like, as a hash."""
    told = {table.name: json.dumps([dict(copies[table.name].columns), table.key, table.json]) for table in tables}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in told.items()}

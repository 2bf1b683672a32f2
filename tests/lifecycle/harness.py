"""Oracle events and definitions put through the engine: a store in memory, filled the way that sources fill one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from tenure.documents import parse, validate
from tenure.errors import DefinitionError
from tenure.events import STANDARD
from tenure.lifecycle.definition import Lifecycle, LifecycleSpec, define
from tenure.lifecycle.history import View, compute, prepared
from tenure.lifecycle.refresh import Applied, Refreshed, applied, refresh
from tenure.warehouse.connection import Connection
from tenure.warehouse.duckdb import Store
from tenure.warehouse.known import Known
from tenure.warehouse.schema import SCHEMA_VERSION, TABLES
from tenure.warehouse.store import ARRIVING, OPTIONAL, Appended, Arrival, OnChange

from ..oracle.evaluate import Event
from ..oracle.history import Row

COLUMNS = pa.schema([*ARRIVING, *(OPTIONAL.field(name) for name in ("received_at",))])
SCRATCH = Path("unused")  # a store in memory spills nowhere


class Engine:
    """A store in memory, and the lifecycles that are worked out in it."""

    def __init__(self, *, threads: int = 1) -> None:
        self.store = Store.open(Path(":memory:"), threads=threads, temp_directory=SCRATCH)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def emptied(self) -> Engine:
        """The engine as if it were new; that is quicker than a new one."""
        for table in TABLES:
            self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute("INSERT INTO facts VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
        self.store._known = Known()  # what it remembers of the rows that were there
        return self

    @property
    def connection(self) -> Connection:
        return self.store.connection()

    def arrive(
        self, events: Sequence[Event], *, on_change: OnChange = "reject", accounts: Mapping[str, str] | None = None
    ) -> Appended:
        """What became of the events, all of them in one batch; `accounts` tells those of some by message id."""
        return self.store.append(
            [batch(events, accounts=accounts)], Arrival(source="test", received_at=0, on_change=on_change)
        )

    def refresh(self, lifecycles: Sequence[Lifecycle], *, as_of: int, anew: bool = False) -> Refreshed:
        with self.store.transaction() as connection:
            return refresh(connection, lifecycles, as_of=as_of, anew=anew)

    def stored(self) -> list[Row]:
        """The rows of the stored history, sorted."""
        return rows_of(self.connection, "stage_codes", applied(self.connection))

    def computed(self, lifecycles: Sequence[Lifecycle], *, as_of: int, known_at: int | None = None) -> list[Row]:
        """The rows of the history as of and as known at a moment, computed beside the stored one."""
        with self.store.transaction() as connection:
            codes = {lifecycle.name: place for place, lifecycle in enumerate(lifecycles, start=1)}
            connection.execute(f"CREATE OR REPLACE TEMP TABLE beside ({TABLES['stage_codes']})")
            ready = prepared(connection, lifecycles, codes)
            compute(connection, ready, lifecycles, View(as_of=as_of, known_at=known_at), into="beside")
            held = {
                one.name: Applied(
                    name=one.name, code=codes[one.name], id=one.id, stages=ready.stages[one.name], unit=one.unit
                )
                for one in lifecycles
            }
            return rows_of(connection, "beside", held)


class Engines:
    """Engines for many examples in turn; tables that were emptied often grow slow, so each serves for some only."""

    def __init__(self, turns: int = 50) -> None:
        self.turns = turns
        self.used = 0
        self.engine: Engine | None = None

    def next(self) -> Engine:
        if self.engine is None or self.used >= self.turns:
            if self.engine is not None:
                self.engine.store.close()
            self.engine, self.used = Engine(), 0
        self.used += 1
        return self.engine.emptied()


def rows_of(connection: Connection, table: str, held: Mapping[str, Applied]) -> list[Row]:
    """The rows of a table of stage codes with the names of things; rows of nothing known are an error."""
    names = {one.code: one for one in held.values()}
    told = connection.execute(
        f"SELECT lifecycle, units.id, entered_at, stage, previous, left_at, units.kind "
        f"FROM {table} LEFT JOIN units ON units.key = {table}.unit"
    ).fetchall()
    rows = []
    for code, unit, entered, stage, previous, left, kind in told:
        one = names[code]
        assert kind == one.unit
        before = None if previous is None else one.stages[previous]
        rows.append(Row(one.name, unit, entered, one.stages[stage], before, left))
    return sorted(rows, key=str)


def batch(events: Sequence[Event], *, accounts: Mapping[str, str] | None = None) -> pa.RecordBatch:
    """The events as a source hands them to the store."""
    told = [
        {
            "position": place,
            "message_id": event.message_id,
            "customer_id": event.customer,
            "account": (accounts or {}).get(event.message_id),
            "name": event.name,
            "time": event.time,
            "properties": json.dumps(event.properties, ensure_ascii=False),
            "traits": json.dumps(event.traits, ensure_ascii=False) if event.traits else None,
            "received_at": event.received_at,
        }
        for place, event in enumerate(events, start=1)
    ]
    return pa.RecordBatch.from_pylist(told, schema=COLUMNS)


def defined(definitions: Sequence[Mapping[str, object]]) -> list[Lifecycle]:
    """The lifecycles that the mappings mean, read as their files would be; raises DefinitionError."""
    documents = [parse(as_yaml(written), file=f"{written['lifecycle']}.yaml") for written in definitions]
    specs = [validate(LifecycleSpec, document) for document in documents]
    others = {spec.lifecycle: tuple(next(iter(stage)) for stage in spec.stages) for spec in specs}
    found = [
        define(spec, document, bindings=STANDARD, others=others)
        for spec, document in zip(specs, documents, strict=True)
    ]
    if problems := [problem for one in found for problem in one.problems]:
        raise DefinitionError(problems)
    return [one.lifecycle for one in found if one.lifecycle]


def as_yaml(written: object) -> str:
    """The definition as YAML: JSON, with characters that no text file may hold written as escapes."""
    text = json.dumps(written, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def difference(got: Sequence[Row], wanted: Sequence[Row]) -> str:
    """What is in one list of rows and not in the other, to be read by a person."""
    return "\n".join(
        [
            "too many:", *(str(row) for row in got if row not in wanted),
            "missing:", *(str(row) for row in wanted if row not in got),
        ]
    )  # fmt: skip

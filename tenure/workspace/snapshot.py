"""Histories as of another moment, or as known then, computed aside."""

from __future__ import annotations

from tenure.lifecycle.history import View, compute, prepared
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection
from tenure.warehouse.schema import TABLES
from tenure.workspace.definitions import Definitions


def computed(
    connection: Connection, definitions: Definitions, table: str, *, as_of: int, known_at: int | None
) -> dict[str, Applied]:
    """The definitions as they are applied in the temporary table `table`, which holds their histories.

    Events count up to `as_of`, and as far as they were received by `known_at`.
    """
    codes = {one.name: place for place, one in enumerate(definitions.all, start=1)}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({TABLES['stage_codes']})")
    ready = prepared(connection, definitions.all, codes)
    compute(connection, ready, definitions.all, View(as_of=as_of, known_at=known_at), into=table)
    return {
        one.name: Applied(name=one.name, code=codes[one.name], id=one.id, stages=ready.stages[one.name], unit=one.unit)
        for one in definitions.all
    }

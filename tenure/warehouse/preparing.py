"""The tables of a store, made when it is opened: all of a new one, and what older ones lack."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tenure.errors import StoreError
from tenure.warehouse.facts import fact
from tenure.warehouse.measures import keep_firsts
from tenure.warehouse.schema import ADDED, SCHEMA_VERSION, TABLES


def prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Makes the tables, and the columns of older tables, that are missing."""
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "facts" in names:
        version = int(fact(connection, "schema") or 0)
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"The event store {path} was written by a newer Tenure (schema {version}, this one knows "
                f"{SCHEMA_VERSION}).",
                hint="Install the newer version.",
            )
    elif names:
        raise StoreError(
            f"{path} is a database of something else (tables {', '.join(sorted(names)[:5])}).",
            hint="Move it away, or name another workspace folder.",
        )
    missing = [name for name in TABLES if name not in names]
    columns = connection.execute("SELECT table_name, column_name FROM duckdb_columns()").fetchall()
    added = [(table, column, kind) for table, column, kind in ADDED
             if table in names and (table, column) not in columns]  # fmt: skip
    if missing or added:
        connection.begin()
        for table, column, kind in added:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        for name in missing:
            connection.execute(f"CREATE TABLE {name} ({TABLES[name]})")
        if "facts" in missing:
            connection.execute("INSERT INTO facts VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
        else:
            connection.execute("UPDATE facts SET value = ? WHERE name = 'schema'", [str(SCHEMA_VERSION)])
        if "first_measures" in missing and "measures" not in missing:
            kinds = [kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM measures").fetchall()]
            keep_firsts(connection, "measures", kinds)
        connection.commit()

"""The roofline: DuckDB orders the rows that a definition counts by customer and time, and writes them into a file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.rivals.history import Clock, Ran
from benchmarks.rows import KINDS


def run(company: Path, lifecycle: str, target: Path, people: int) -> Ran:
    """Seconds of one `CREATE TABLE AS`; leaves no history."""
    store = target.with_suffix(".duckdb")
    store.unlink(missing_ok=True)
    with duckdb.connect(str(store)) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH '{company / 'rows.duckdb'}' AS company (READ_ONLY)")
        clock = Clock()
        connection.execute(
            f"CREATE TABLE roofline AS SELECT customer, time, kind FROM company.rows "
            f"WHERE kind IN {KINDS[lifecycle]} ORDER BY customer, time"
        )
        clock.lap("compute")
    store.unlink()
    return Ran(seconds=clock.parts["compute"], parts=clock.parts)

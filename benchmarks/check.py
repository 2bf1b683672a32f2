"""Whether two histories are the same rows; by days where one of them knows days only."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.rivals.history import DAY
from benchmarks.rivals.spine import LAST_DAY

# the state at the end of each day: a visit within a day leaves nothing, and what it parted is one again
_BY_DAYS = f"""
    WITH visits AS (
        SELECT customer, stage, entered_at // {DAY} AS entered, coalesce(left_at // {DAY}, {LAST_DAY} + 1) AS gone
        FROM {{rows}}
    ),
    kept AS (
        SELECT customer, stage, entered, least(gone, {LAST_DAY} + 1) AS gone
        FROM visits WHERE gone > entered AND entered <= {LAST_DAY}
    ),
    joined AS (
        SELECT *, lag(stage) OVER past IS NOT DISTINCT FROM stage AND lag(gone) OVER past = entered AS same
        FROM kept WINDOW past AS (PARTITION BY customer ORDER BY entered)
    ),
    runs AS (
        SELECT *, count(*) FILTER (same IS NOT TRUE) OVER (PARTITION BY customer ORDER BY entered) AS run FROM joined
    ),
    merged AS (
        SELECT customer, any_value(stage) AS stage, min(entered) AS entered, max(gone) AS gone
        FROM runs GROUP BY customer, run
    )
    SELECT customer, stage,
        CASE WHEN lag(gone) OVER past = entered THEN lag(stage) OVER past END AS previous,
        entered AS entered_at, nullif(gone, {LAST_DAY} + 1) AS left_at
    FROM merged WINDOW past AS (PARTITION BY customer ORDER BY entered)
"""


def differences(reference: Path, other: Path, *, daily: bool = False, stride: int = 1) -> tuple[int, int]:
    """Rows of `other`, and rows that only one of the two has; `other` holds every `stride`-th customer."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        rows = f"read_parquet('{reference}')"
        connection.execute(f"CREATE TABLE reference AS {_BY_DAYS.format(rows=rows) if daily else f'FROM {rows}'}")
        connection.execute(f"CREATE TABLE other AS FROM read_parquet('{other}')")
        connection.execute(f"DELETE FROM reference WHERE customer % {stride} <> 0")
        columns = "customer, stage, previous, entered_at, left_at"
        ((count,),) = connection.execute("SELECT count(*) FROM other").fetchall()
        ((apart,),) = connection.execute(f"""
            SELECT count(*) FROM (
                (SELECT {columns} FROM reference EXCEPT ALL SELECT {columns} FROM other)
                UNION ALL (SELECT {columns} FROM other EXCEPT ALL SELECT {columns} FROM reference)
            )""").fetchall()
    return count, apart

"""Measures at some moments, extracted anew: where events left the log, say less, or belong to somebody else."""

from __future__ import annotations

from tenure.warehouse import measures
from tenure.warehouse.connection import Connection


def anew_at(connection: Connection, moments: str) -> None:
    """Nothing; extracts the measures at the moments of the events in the table `moments` anew, from what the log holds.

    Call it where events left, or lost what nothing reads; who they belonged to was first seen when they were.
    """
    for unit, kinds in measures._by_unit(measures.registered(connection)):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE anew AS "
            f"SELECT DISTINCT unit, time FROM ({measures.keyed_events(unit, moments)})"
        )
        concerned = f"kind IN ({measures._list(kinds)}) AND (unit, time) IN (SELECT (unit, time) FROM anew)"
        connection.execute(f"DELETE FROM measures WHERE {concerned}")
        kept = measures.keyed_events(unit, "events")
        keyed = f"(SELECT * FROM ({kept}) WHERE (unit, time) IN (SELECT (unit, time) FROM anew))"
        measures._number_ties(connection, keyed)
        measures._insert(connection, measures._extracted(kinds, keyed))
        connection.execute(f"DELETE FROM first_measures WHERE {concerned}")
        firsts = f"kind IN ({measures._list(kinds)}) AND unit IN (SELECT unit FROM anew)"
        measures.keep_firsts(connection, f"(SELECT * FROM measures WHERE {firsts})", kinds.values())
        connection.execute("DROP TABLE anew")

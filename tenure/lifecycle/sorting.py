"""The stays of a unit, put where they lie together: whoever asks for one person's reads few places then.

A rebuild writes them as they come, which is sooner done.
"""

from __future__ import annotations

from tenure.warehouse.connection import Connection, first_row

TOGETHER = 122_880  # rows that are stored, and so looked through, together
ENOUGH = 2.0


def scattered(connection: Connection, *, together: int = TOGETHER) -> float:
    """How many times as many rows are looked through for one unit's stays as if all lay in order; 1 at best."""
    row = first_row(
        connection,
        f"""
        SELECT sum(reach) / count(DISTINCT lifecycle) / (max(most) - min(least) + 1) FROM (
            SELECT lifecycle, min(unit) AS least, max(unit) AS most, max(unit) - min(unit) + 1 AS reach
            FROM stage_codes GROUP BY lifecycle, rowid // {together}
        )
        """,
    )
    return 1.0 if row is None or row[0] is None else float(row[0])


def sort_stays(connection: Connection) -> None:
    """Nothing; the stays lie by lifecycle and unit."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sorted_stays AS FROM stage_codes ORDER BY lifecycle, unit, entered_at"
    )
    connection.execute("DELETE FROM stage_codes")
    connection.execute("INSERT INTO stage_codes FROM sorted_stays")
    connection.execute("DROP TABLE sorted_stays")

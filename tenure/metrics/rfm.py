"""RFM: how recently, how often and for how much people bought, each in fifths, and names for the combinations.

RFM_CELLS[5, 5, 5]            # 'champion'; every one of the 125 combinations has exactly one name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from types import MappingProxyType

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.events import EventBinding
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.tell import timestamp
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure

# by recency (5 is the latest) and by the mean of frequency and money, rounded up, from 1 to 5
_MAP = {
    5: ("new", "potential_loyalist", "potential_loyalist", "champion", "champion"),
    4: ("promising", "potential_loyalist", "loyal", "champion", "champion"),
    3: ("about_to_sleep", "need_attention", "loyal", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    1: ("lost", "lost", "at_risk", "cant_lose", "cant_lose"),
}
RFM_NAMES = (
    "champion", "loyal", "potential_loyalist", "new", "promising", "need_attention", "about_to_sleep", "at_risk",
    "cant_lose", "hibernating", "lost",
)  # fmt: skip
_FIFTHS = range(1, 6)
RFM_CELLS: Mapping[tuple[int, int, int], str] = MappingProxyType(
    {(r, f, m): _MAP[r][(f + m + 1) // 2 - 1] for r, f, m in product(_FIFTHS, _FIFTHS, _FIFTHS)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmCell:
    """One combination of fifths that somebody is in, the name it has, its people and what they spent in the time."""

    recency: int
    frequency: int
    monetary: int
    name: str
    people: int
    money: Decimal


def rfm(connection: Connection, scope: Scope, bought: EventBinding, *, days: int | None = None) -> tuple[RfmCell, ...]:
    """The cells that somebody is in, from the best to the worst; `days` leaves out what was bought earlier.

    Everybody is ranked by whole days since the last purchase, by number of purchases and by their sum. With k people
    who are worse out of n, the score is 1 + floor(5 k / n): fifths, and who are alike share the lower one.

    Source: A. M. Hughes, Strategic Database Marketing (1994), for the scores by fifths; the names' map is our own.
    """
    rows = connection.execute(
        f"SELECT r, f, m, count(*), sum(monetary) FROM ({_scored(connection, scope, bought, days)}) GROUP BY 1, 2, 3"
    ).fetchall()
    return tuple(
        RfmCell(recency=r, frequency=f, monetary=m, name=RFM_CELLS[r, f, m], people=people, money=money)
        for r, f, m, people, money in sorted(rows, reverse=True)
    )


def rfm_people(
    connection: Connection, scope: Scope, bought: EventBinding, cell: str, *, days: int | None = None
) -> pa.Table:
    """Who is in the cells of a name (`champion`) or in one cell (`543`), most money first.

    Columns: customer_id, cell, recency, frequency, monetary (1 to 5), last_at, purchases, money.
    Raises UsageError where there is no such cell.
    """
    listed = ", ".join(f"({r}, {f}, {m}, '{name}')" for (r, f, m), name in RFM_CELLS.items())
    chosen = ", ".join(f"({r}, {f}, {m})" for r, f, m in cells_of(cell))
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, named.cell, r AS recency, f AS frequency, m AS monetary,
            {timestamp("last_at")} AS last_at, purchases, monetary AS money
        FROM ({_scored(connection, scope, bought, days)}) AS scored JOIN units ON units.key = scored.unit
        JOIN (VALUES {listed}) AS named (r, f, m, cell) USING (r, f, m)
        WHERE (r, f, m) IN ({chosen}) ORDER BY money DESC, customer_id
        """
    ).to_arrow_table()


def cells_of(cell: str) -> Sequence[tuple[int, int, int]]:
    """The combinations that a name, or three digits for recency, frequency and money, stands for."""
    if len(cell) == 3 and all(digit in "12345" for digit in cell):
        return [(int(cell[0]), int(cell[1]), int(cell[2]))]
    if cell not in RFM_NAMES:
        hint = did_you_mean(cell, RFM_NAMES) or f"There are: {', '.join(RFM_NAMES)}; or three digits, such as 543."
        raise UsageError(f"There is no RFM cell {cell!r}.", hint=hint)
    return [combination for combination, name in RFM_CELLS.items() if name == cell]


def _scored(connection: Connection, scope: Scope, bought: EventBinding, days: int | None) -> str:
    """SQL of everybody who bought: unit, last_at, purchases, monetary, and the scores r, f, m."""
    kind = MeasureKind(unit=scope.lifecycle.unit, events=bought.events, where=bought.where, properties=bought.values)
    number = ensure(connection, [kind])[kind]
    since = f" AND time > {scope.now - days * DAY}" if days is not None else ""
    return f"""
        WITH buyers AS (
            SELECT unit, max(time) AS last_at, count(*) AS purchases,
                CAST(coalesce(sum(value), 0) AS DECIMAL(38,6)) AS monetary
            FROM measures WHERE kind = {number} AND time <= {scope.now}{since} AND {scope.kept()} GROUP BY unit
        )
        SELECT unit, last_at, purchases, monetary,
            1 + 5 * (rank() OVER (ORDER BY ({scope.now} - last_at) // {DAY} DESC) - 1) // count(*) OVER () AS r,
            1 + 5 * (rank() OVER (ORDER BY purchases) - 1) // count(*) OVER () AS f,
            1 + 5 * (rank() OVER (ORDER BY monetary) - 1) // count(*) OVER () AS m
        FROM buyers
    """

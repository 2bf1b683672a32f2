"""The feed of moves: what became known of who moved where, in the order in which it did, corrections included.

    begin(connection)                            # from the next refresh on
    listed(connection, after=0, limit=1000)

A row says that a unit moved (`stage` null: into none), or takes an earlier row back (`retracts` is its `seq`, or 0
where it was known before the feed began). Rows are written in the transaction of the refresh that found them, so that
those that stand, added to the history at the beginning, are the history. A lifecycle whose definition changed is told
in one row without a unit: whoever follows it reads its history anew, since a changed rule moves everybody and is no
news of anybody.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.facts import fact, set_fact
from tenure.warehouse.where import named, quote

FACT = "feed"
# why a move is told: see docs/how-to/follow-moves.md
CAUSES = ("event", "deadline", "late", "definition", "merge", "erase", "import")
# lifecycles that Tenure makes for itself begin with it
_INNER = "#"
_MOVE = "lifecycle, unit, stage, previous, moved_at"


class Told(Protocol):
    """A lifecycle as the feed tells it: its code in the store, the id of its definition, its stages."""

    @property
    def code(self) -> int:
        """Its number in `stage_codes`."""
        ...

    @property
    def id(self) -> str:
        """The hash of its canonical form."""
        ...

    @property
    def stages(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How far the feed is: the moment up to which history was known when it began, and the number of its last row."""

    since: int | None
    seq: int

    def told(self) -> str:
        """The fact that tells it."""
        return json.dumps({"since": self.since, "seq": self.seq})


def feed_of(connection: Connection) -> Feed | None:
    """How far the feed is; None where nobody ever asked for one."""
    return feed_in(fact(connection, FACT))


def feed_in(told: str | None) -> Feed | None:
    """How far the feed is, as the fact tells it."""
    return None if told is None else Feed(**json.loads(told))


def begin(connection: Connection) -> None:
    """Nothing; what the next refresh finds is the beginning, and what later ones find is told."""
    if fact(connection, FACT) is None:
        set_fact(connection, FACT, Feed(since=None, seq=0).told())


def moves_in(stays: str, until: int, *, after: int | None = None) -> str:
    """SQL of the moves that stays tell up to a moment: lifecycle, unit, stage, previous, moved_at.

    `stays` is a relation as `stage_codes` is. Where none follows another, the unit moved into no stage.
    """
    entered, left = (
        f"{column} <= {until}" + ("" if after is None else f" AND {column} > {after}")
        for column in ("entered_at", "left_at")
    )
    return (
        f"SELECT lifecycle, unit, stage, previous, entered_at AS moved_at FROM {stays} WHERE {entered} UNION ALL "
        f"SELECT lifecycle, unit, CAST(NULL AS SMALLINT), stage, left_at FROM (SELECT * FROM {stays} WHERE {left}) "
        f"ANTI JOIN (SELECT lifecycle, unit, entered_at AS left_at FROM {stays}) USING (lifecycle, unit, left_at)"
    )


def tell(
    connection: Connection, feed: Feed, held: Mapping[str, Told], *, anew: Collection[str], removed: Collection[str],
    before: int | None, as_of: int, now: int, units: int, due: bool,
) -> Feed:  # fmt: skip
    """The feed with the rows that were added to it, which its fact has to tell in the same transaction.

    `held` are the lifecycles, `anew` and `removed` those that were computed over everybody, or taken away. Of the
    others the tables `old_stays` and `new_stays` hold what was known and is known of the units in `gathered` (there are
    `units`), and `due_stays`, where `due`, the stays of everybody that began or ended since `before`.
    """
    if feed.since is None or before is None:
        return Feed(since=as_of, seq=feed.seq)
    seq = feed.seq
    if anew or removed:
        seq += _tell_anew(connection, held, [*anew, *removed], seq, as_of, now)
    rest = {name: one for name, one in held.items() if name not in anew and not name.startswith(_INNER)}
    if rest and (units or due):
        seq += _tell_moves(connection, rest, seq, before, as_of, now, units=bool(units), due=due)
    return Feed(since=feed.since, seq=seq)


def listed(connection: Connection, *, after: int, limit: int, only: Sequence[int] | None = None) -> pa.Table:
    """Rows of the feed after the one of number `after`, in their order, as Arrow; `only` those of some numbers.

    Columns: seq, lifecycle, kind and customer_id (null where the row is of a whole lifecycle, or nothing is left of the
    unit), stage, previous, moved_at, recorded_at (microseconds UTC), cause, definition, retracts.
    """
    chosen = f" AND seq IN ({', '.join(str(int(one)) for one in only) or 'NULL'})" if only is not None else ""
    return connection.sql(
        "SELECT seq, lifecycle, units.kind, units.id AS customer_id, stage, previous, moved_at, recorded_at, cause, "
        "definition, retracts FROM "
        f"(SELECT * FROM moves WHERE seq > {int(after)}{chosen} ORDER BY seq LIMIT {int(limit)}) "
        "LEFT JOIN units ON units.key = unit ORDER BY seq"
    ).to_arrow_table()


def _tell_anew(
    connection: Connection, held: Mapping[str, Told], anew: Collection[str], seq: int, as_of: int, now: int
) -> int:
    """How many rows: one a lifecycle."""
    names = [name for name in sorted(anew) if not name.startswith(_INNER)]
    for place, name in enumerate(names, start=1):
        identity = held[name].id if name in held else ""
        connection.execute(
            "INSERT INTO moves VALUES (?, ?, NULL, NULL, NULL, ?, ?, 'definition', ?, NULL)",
            [seq + place, name, as_of, now, identity],
        )
    return len(names)


def _tell_moves(
    connection: Connection, held: Mapping[str, Told], seq: int, before: int, as_of: int, now: int, *, units: bool,
    due: bool,
) -> int:  # fmt: skip
    """How many rows: what is no longer true first, then what is, in the order of time."""
    steps, parts = "", []
    if units:
        steps, parts = f"WITH {_moved(before, as_of)} ", [_COMPARED]
    if due:
        others = "(SELECT * FROM due_stays WHERE unit NOT IN (SELECT unit FROM gathered))" if units else "due_stays"
        parts.append(
            f"SELECT {_MOVE}, 'deadline' AS cause, false AS back FROM ({moves_in(others, as_of, after=before)})"
        )
    codes = ", ".join(str(one.code) for one in held.values())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE news AS {steps}"
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE lifecycle IN ({codes})"
    )
    row = first_row(connection, "SELECT count(*), count(*) FILTER (WHERE back) FROM news")
    count, back = row or (0, 0)
    if not count:
        return 0
    retracts = "CAST(NULL AS BIGINT)"
    if back:
        # the row that told it last; a move from before the feed has none
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE told AS SELECT lifecycle, unit, stage, moved_at, max(seq) AS seq FROM moves "
            "WHERE retracts IS NULL AND unit IN (SELECT unit FROM news WHERE back) GROUP BY ALL"
        )
        retracts = (
            "CASE WHEN back THEN coalesce((SELECT seq FROM told WHERE told.lifecycle = named.lifecycle "
            "AND told.unit = named.unit AND told.moved_at = named.moved_at "
            "AND told.stage IS NOT DISTINCT FROM named.stage), 0) END"
        )
    connection.execute(
        f"INSERT INTO moves SELECT {seq} + row_number() OVER (ORDER BY NOT back, moved_at, lifecycle, unit), "
        "lifecycle, unit, stage, previous, moved_at, "
        f"{now}, cause, definition, {retracts} FROM ({_named(held)}) AS named"
    )
    return int(count)


def _moved(before: int, as_of: int) -> str:
    """The steps that tell of every move whether it was `known` (from `old_stays`), and `holds` (from `new_stays`)."""
    every = (
        f"SELECT *, true AS known, false AS holds FROM ({moves_in('old_stays', before)}) UNION ALL "
        f"SELECT *, false, true FROM ({moves_in('new_stays', as_of)})"
    )
    return (
        f"moved AS MATERIALIZED (SELECT {_MOVE}, bool_or(known) AS known, bool_or(holds) AS holds "
        f"FROM ({every}) GROUP BY ALL), "
        "units_moved AS (SELECT lifecycle, unit, max(moved_at) FILTER (WHERE known) AS latest, "
        "bool_or(known AND NOT holds) AS broken FROM moved GROUP BY ALL)"
    )


# what is taken back and what is fresh, each with its cause: a move is late where it comes before one that was told, or
# where one was taken back; else it is an event's that happened at that moment, or came by itself
_COMPARED = (
    f"SELECT {_MOVE}, coalesce(gathered.cause, CASE WHEN NOT holds OR broken OR moved_at <= latest THEN 'late' "
    "WHEN (unit, moved_at) IN (SELECT (unit, time) FROM gathered_measures UNION ALL "
    "SELECT (key, first_seen) FROM gathered_units) THEN 'event' ELSE 'deadline' END) AS cause, NOT holds AS back "
    "FROM (SELECT * FROM moved WHERE known <> holds) JOIN units_moved USING (lifecycle, unit) "
    "JOIN gathered USING (unit)"
)


def _named(held: Mapping[str, Told]) -> str:
    """SQL of `news` with names in place of codes."""

    def by_code(sql: Mapping[int, str]) -> str:
        return f"CASE lifecycle {' '.join(f'WHEN {code} THEN {told}' for code, told in sql.items())} END"

    def stage(column: str) -> str:
        return by_code({one.code: named(column, one.stages) for one in held.values()})

    return (
        f"SELECT {by_code({one.code: quote(name) for name, one in held.items()})} AS lifecycle, unit, "
        f"{stage('stage')} AS stage, {stage('previous')} AS previous, moved_at, cause, "
        f"{by_code({one.code: quote(one.id) for one in held.values()})} AS definition, back FROM news"
    )

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


def feed_of(connection: Connection) -> Feed | None:
    """How far the feed is; None where nobody ever asked for one."""
    told = fact(connection, FACT)
    return None if told is None else Feed(**json.loads(told))


def begin(connection: Connection) -> None:
    """Nothing; what the next refresh finds is the beginning, and what later ones find is told."""
    if fact(connection, FACT) is None:
        _keep(connection, Feed(since=None, seq=0))


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
    connection: Connection, held: Mapping[str, Told], *, anew: Collection[str], removed: Collection[str],
    before: int | None, as_of: int, now: int, units: int, due: bool,
) -> int:  # fmt: skip
    """How many rows were added to the feed; none where nobody follows it. Call it inside the refresh's transaction.

    `held` are the lifecycles, `anew` and `removed` those that were computed over everybody, or taken away. Of the
    others the tables `old_stays` and `new_stays` hold what was known and is known of the units in `gathered` (there are
    `units`), and `due_stays`, where `due`, the stays of everybody that began or ended since `before`.
    """
    feed = feed_of(connection)
    if feed is None:
        return 0
    if feed.since is None or before is None:
        _keep(connection, Feed(since=as_of, seq=feed.seq))
        return 0
    seq = feed.seq
    if anew or removed:
        seq += _tell_anew(connection, held, [*anew, *removed], seq, as_of, now)
    rest = {name: one for name, one in held.items() if name not in anew and not name.startswith(_INNER)}
    if rest and (units or due):
        seq += _tell_moves(connection, rest, seq, before, as_of, now, units=bool(units), due=due)
    if seq > feed.seq:
        _keep(connection, Feed(since=feed.since, seq=seq))
    return seq - feed.seq


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
    steps, parts = [], []
    if units:
        steps, parts = _compared(before, as_of), ["SELECT * FROM taken_back", "SELECT * FROM fresh"]
    if due:
        others = "(SELECT * FROM due_stays WHERE unit NOT IN (SELECT unit FROM gathered))" if units else "due_stays"
        parts.append(
            f"SELECT {_MOVE}, 'deadline' AS cause, false AS back FROM ({moves_in(others, as_of, after=before)})"
        )
    with_ = f"WITH {', '.join(steps)} " if steps else ""
    codes = ", ".join(str(one.code) for one in held.values())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE news AS {with_}"
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


def _compared(before: int, as_of: int) -> list[str]:
    """The steps from `old_stays` and `new_stays` to what is taken back and what is fresh, each with its cause.

    A move is late where it comes before one that was told, or where one was taken back; else it is an event's that
    happened at that moment, or came by itself.
    """
    columns = ", ".join(f"move.{column}" for column in _MOVE.split(", "))
    theirs = "{0}.lifecycle = move.lifecycle AND {0}.unit = move.unit"
    steps = {
        "was": moves_in("old_stays", before),
        "becomes": moves_in("new_stays", as_of),
        "gone": "FROM was EXCEPT FROM becomes",
        "latest": "SELECT lifecycle, unit, max(moved_at) AS latest FROM was GROUP BY ALL",
        "broken": "SELECT DISTINCT lifecycle, unit FROM gone",
        "happened": (
            "SELECT unit, time FROM gathered_measures UNION "
            "SELECT key, first_seen FROM units WHERE key IN (SELECT unit FROM gathered)"
        ),
        "taken_back": (
            f"SELECT {columns}, coalesce(gathered.cause, 'late') AS cause, true AS back "
            "FROM gone AS move JOIN gathered USING (unit)"
        ),
        "fresh": (
            f"SELECT {columns}, coalesce(gathered.cause, "
            "CASE WHEN broken.unit IS NOT NULL OR move.moved_at <= latest.latest THEN 'late' "
            "WHEN happened.unit IS NOT NULL THEN 'event' ELSE 'deadline' END) AS cause, false AS back "
            "FROM (FROM becomes EXCEPT FROM was) AS move JOIN gathered USING (unit) "
            f"LEFT JOIN latest ON {theirs.format('latest')} LEFT JOIN broken ON {theirs.format('broken')} "
            "LEFT JOIN happened ON happened.unit = move.unit AND happened.time = move.moved_at"
        ),
    }
    return [f"{name} AS MATERIALIZED ({query})" for name, query in steps.items()]


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


def _keep(connection: Connection, feed: Feed) -> None:
    set_fact(connection, FACT, json.dumps({"since": feed.since, "seq": feed.seq}))

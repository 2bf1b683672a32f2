"""Measures: one narrow typed row an event that some definition counts, extracted once.

Compilers read measures and nothing else; `properties` is opened here, when events arrive or when a definition asks for
something that was not extracted before. A *kind* says which events (names, a condition on their properties) and
what of them (a property as a number, as a text; a trait; a score).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.extracting import ISO_TIME, extractions
from tenure.warehouse.facts import fact, set_fact
from tenure.warehouse.keyed import ACCOUNT, CUSTOMER, keyed_events, unit_id
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import LIMIT, property_text, quote

__all__ = [
    "CUSTOMER", "ISO_TIME", "KEYS", "LAST_KEY", "MeasureKind", "Reads", "keyed_events",
]  # fmt: skip

Reads = Literal["event", "trait", "trait_date", "score"]

STAGE_SETS = "stages set by hand"
# the last key that was given, where the unit that had it is gone: no key is given twice
KEYS = "last key"
LAST_KEY = (
    "greatest(coalesce((SELECT max(key) FROM units), 0), "
    f"coalesce((SELECT CAST(max(value) AS BIGINT) FROM facts WHERE name = '{KEYS}'), 0))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureKind:
    """What one kind of measure is extracted from.

    `unit` is whose history it belongs to ('customer', 'account' or a property that names a unit), `reads` what is
    read. For events: `events` the names (none: the units are known by it, and nothing is counted), `where` a condition
    on their properties, `properties` the property read (the first of several that is present; none: only that it
    happened), `text` whether texts are kept beside numbers. For traits and scores `name` is theirs.
    """

    unit: str = CUSTOMER
    reads: Reads = "event"
    events: tuple[str, ...] = ()
    where: str | None = None
    properties: tuple[str, ...] = ()
    text: bool = False
    name: str | None = None

    def key(self) -> str:
        """The kind as canonical JSON, its identity in the store."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    def told(self) -> str:
        """The kind in a few words."""
        if self.reads != "event":
            return f"{self.reads.replace('_', ' ')} {self.name}"
        value = f", value {' or '.join(self.properties)}" if self.properties else ""
        where = f" where {self.where}" if self.where else ""
        return f"{', '.join(self.events)}{where}{value}"

    @classmethod
    def from_key(cls, key: str) -> MeasureKind:
        """The kind that `key()` described."""
        return _kind_of(key)


@lru_cache(4096)
def _kind_of(key: str) -> MeasureKind:
    fields = json.loads(key)
    return MeasureKind(**{**fields, "events": tuple(fields["events"]), "properties": tuple(fields["properties"])})


def registered(connection: Connection) -> dict[MeasureKind, int]:
    """The kinds that are extracted, with their numbers."""
    rows = connection.execute("SELECT definition, kind FROM kinds").fetchall()
    return {MeasureKind.from_key(definition): kind for definition, kind in rows}


def ensure(connection: Connection, wanted: Iterable[MeasureKind]) -> Mapping[MeasureKind, int]:
    """The numbers of the wanted kinds; those not extracted yet are, from the whole log."""
    known = registered(connection)
    number = max(known.values(), default=0)
    fresh: dict[MeasureKind, int] = {}
    for kind in wanted:
        if kind not in known and kind not in fresh:
            number += 1
            fresh[kind] = number
    new_units = {kind.unit for kind in fresh} - {kind.unit for kind in known} - {CUSTOMER}
    _register_units(connection, "events", new_units)
    for kind, assigned in fresh.items():
        connection.execute("INSERT INTO kinds VALUES (?, ?)", [assigned, kind.key()])
    for unit, kinds in _by_unit(fresh):
        keyed = f"({keyed_events(unit, 'events')})"
        if unit == ACCOUNT and unit in new_units:
            _see_earlier(connection, f"SELECT unit, min(time) AS first_seen FROM {keyed} GROUP BY unit")
        _number_ties(connection, keyed)
        _insert(connection, _extracted(kinds, keyed))
        keep_firsts(connection, f"(SELECT * FROM measures WHERE kind IN ({_list(kinds)}))", kinds.values())
    keep_scores(connection, fresh)
    return {**known, **fresh}


def keep_scores(connection: Connection, kinds: Mapping[MeasureKind, int], *, as_of: int | None = None) -> None:
    """Nothing; extracts the measures of the scores among the kinds, of those worked out for one moment or of all.

    A score counts from the moment it was worked out for, and was received when it was written.
    """
    limit = "" if as_of is None else f" AND as_of = {as_of}"
    for kind, number in kinds.items():
        if kind.reads != "score":
            continue
        rows = (
            f"SELECT customer AS unit, as_of AS time, {number} AS kind, CAST(value AS DECIMAL(38,6)) AS value, "
            "CAST(NULL AS VARCHAR) AS text, 0 AS tie, coalesce(written_at, as_of) AS received_at FROM scores "
            f"WHERE name = {quote(kind.name or '')} AND abs(value) < {LIMIT}{limit} "
            f"AND customer IN (SELECT key FROM units WHERE kind = {quote(kind.unit)})"
        )
        _insert(connection, rows)
        keep_firsts(connection, f"({rows})", [number])


def extend(connection: Connection, incoming: str, *, names: Collection[str], cause: str = "event") -> None:
    """Nothing; extracts the measures of the events in the table `incoming` (columns of `events`), just arrived.

    `names` are those of the events.
    """
    known = registered(connection)
    there = frozenset(names)
    if "Stage Set" in there:
        _note_stage_sets(connection, incoming)
    _register_units(connection, incoming, {kind.unit for kind in known} - {CUSTOMER})
    for unit, kinds in _by_unit(known):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE keyed AS {keyed_events(unit, incoming)}")
        arrived = {
            kind: number for kind, number in kinds.items()
            if kind.reads != "event" or not there.isdisjoint(kind.events)
        }  # fmt: skip
        if arrived:
            again = _recall_ties(connection, arrived, kinds, unit)
            _number_ties(connection, "keyed")
            found = kinds if again else arrived
            query = _extracted(found, "keyed")
            connection.execute(f"CREATE OR REPLACE TEMP TABLE extracted AS {query}")
            _insert(connection, "SELECT * FROM extracted")
            keep_firsts(connection, "extracted", found.values())
            connection.execute("DROP TABLE extracted")
        if unit != CUSTOMER:
            connection.execute("INSERT INTO touched SELECT DISTINCT unit, ? FROM keyed", [cause])
        if unit == ACCOUNT:
            # what names no account may be earlier than whatever named it
            _see_earlier(connection, "SELECT unit, min(time) AS first_seen FROM keyed GROUP BY unit")
        connection.execute("DROP TABLE keyed")


def forget(connection: Connection, replaced: str, *, cause: str = "event") -> None:
    """Nothing; takes the measures of `replaced` (columns of `events`) back. Call it once they have left `events`.

    Units that were first seen in one of them are first seen later now; those of which nothing else is known are gone.
    """
    known = registered(connection)
    for unit, kinds in _by_unit(known):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE forgotten AS SELECT DISTINCT unit FROM ({keyed_events(unit, replaced)})"
        )
        if unit != CUSTOMER:
            connection.execute("INSERT INTO touched SELECT unit, ? FROM forgotten", [cause])
        concerned = f"unit IN (SELECT unit FROM forgotten) AND kind IN ({_list(kinds)})"
        for table in ("measures", "first_measures"):
            connection.execute(f"DELETE FROM {table} WHERE {concerned}")
        keyed = f"(SELECT * FROM ({keyed_events(unit, 'events')}) WHERE unit IN (SELECT unit FROM forgotten))"
        _number_ties(connection, keyed)
        _insert(connection, _extracted(kinds, keyed))
        keep_firsts(connection, f"(SELECT * FROM measures WHERE {concerned})", kinds.values())
    for unit in sorted({CUSTOMER, "account", *(kind.unit for kind in known)}):
        _see_anew(connection, unit, replaced)


def extract_again(connection: Connection, unit: str, units: str) -> None:
    """Nothing; extracts the measures of the units (of one kind) in the table `units` anew, from what the log holds."""
    known = registered(connection)
    kinds = {kind: number for kind, number in known.items() if kind.unit == unit and kind.reads != "score"}
    if not kinds:
        return
    concerned = f"unit IN (SELECT unit FROM {units}) AND kind IN ({_list(kinds)})"
    for table in ("measures", "first_measures"):
        connection.execute(f"DELETE FROM {table} WHERE {concerned}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE keyed AS SELECT * FROM "
        f"({keyed_events(unit, 'events')}) WHERE unit IN (SELECT unit FROM {units})"
    )
    _number_ties(connection, "keyed")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE extracted AS {_extracted(kinds, 'keyed')}")
    _insert(connection, "SELECT * FROM extracted")
    keep_firsts(connection, "extracted", kinds.values())
    for scratch in ("keyed", "extracted"):
        connection.execute(f"DROP TABLE temp.{scratch}")


def _see_anew(connection: Connection, unit: str, replaced: str) -> None:
    """Sets when the units of the replaced events were first seen, from the events that are left."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE seen AS SELECT unit, min(time) AS first_seen "
        f"FROM (SELECT unit, CAST(NULL AS BIGINT) AS time FROM ({keyed_events(unit, replaced)}) UNION ALL "
        f"SELECT unit, time FROM ({keyed_events(unit, 'events')}) "
        f"WHERE unit IN (SELECT unit FROM ({keyed_events(unit, replaced)}))) GROUP BY unit"
    )
    connection.execute(
        "UPDATE units SET first_seen = seen.first_seen FROM seen "
        "WHERE units.key = seen.unit AND seen.first_seen > units.first_seen"
    )
    if first_row(connection, "SELECT 1 FROM seen WHERE first_seen IS NULL LIMIT 1"):
        # their histories go with the next refresh, which tells of it; until then, and after, nobody has their keys
        ((last,),) = connection.execute(f"SELECT {LAST_KEY}").fetchall()
        set_fact(connection, KEYS, str(last))
        connection.execute("DELETE FROM units WHERE key IN (SELECT unit FROM seen WHERE first_seen IS NULL)")


def _by_unit(kinds: Mapping[MeasureKind, int]) -> list[tuple[str, dict[MeasureKind, int]]]:
    """The kinds that are read from events; scores are written, and do not come and go with them."""
    of_events = {kind: number for kind, number in kinds.items() if kind.reads != "score"}
    units = sorted({kind.unit for kind in of_events})
    return [(unit, {kind: number for kind, number in of_events.items() if kind.unit == unit}) for unit in units]


def _list(kinds: Mapping[MeasureKind, int]) -> str:
    return ", ".join(str(number) for number in kinds.values())


def _see_earlier(connection: Connection, seen: str) -> None:
    connection.execute(
        f"UPDATE units SET first_seen = s.first_seen FROM ({seen}) AS s "
        "WHERE units.key = s.unit AND s.first_seen < units.first_seen"
    )


def _register_units(connection: Connection, events: str, units: set[str]) -> None:
    """Gives keys to accounts, deals … that the events name for the first time, and keeps their first moment."""
    for unit in sorted(units):
        of_kind = f"units.kind = {quote(unit)}"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE unit_names AS SELECT {unit_id(unit)} AS id, min(time) AS first_seen "
            f"FROM {events} WHERE {unit_id(unit)} IS NOT NULL GROUP BY 1"
        )
        connection.execute(
            f"UPDATE units SET first_seen = n.first_seen FROM unit_names AS n "
            f"WHERE {of_kind} AND units.id = n.id AND n.first_seen < units.first_seen"
        )
        connection.execute(
            f"INSERT INTO units SELECT {LAST_KEY} + row_number() OVER (ORDER BY id), "
            f"{quote(unit)}, id, first_seen FROM unit_names WHERE id NOT IN (SELECT id FROM units WHERE {of_kind})"
        )


def _recall_ties(
    connection: Connection, arrived: Mapping[MeasureKind, int], kinds: Mapping[MeasureKind, int], unit: str
) -> bool:
    """Whether an event of the log shares unit, moment and kind with an arriving one.

    All of such a moment are added to `keyed`, to be read again, and the measures of all `kinds` there are taken back.
    """
    # only the order of values can matter, so kinds that merely count are not looked at
    ordered = {kind: number for kind, number in arrived.items() if kind.properties or kind.reads != "event"}
    if not ordered:
        return False
    names = sorted({name for kind in ordered for name in kind.events})
    theirs = (
        f" WHERE name IN ({', '.join(map(quote, names))})" if all(kind.reads == "event" for kind in ordered) else ""
    )
    # where to look, in numbers: a join tells it to the scan only where it finds anybody
    ((first, last, since, until),) = connection.execute(
        f"SELECT min(unit), max(unit), min(time), max(time) FROM keyed{theirs}"
    ).fetchall()
    if first is None:
        return False
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE shared AS SELECT DISTINCT unit, time FROM measures "
        f"SEMI JOIN (SELECT unit, time FROM keyed{theirs}) USING (unit, time) WHERE kind IN ({_list(ordered)}) "
        f"AND unit BETWEEN {first} AND {last} AND time BETWEEN {since} AND {until}"
    )
    if first_row(connection, "SELECT count(*) FROM shared") == (0,):
        return False
    shared = "(SELECT (unit, time) FROM shared)"
    connection.execute(f"DELETE FROM measures WHERE kind IN ({_list(kinds)}) AND (unit, time) IN {shared}")
    connection.execute(
        f"INSERT INTO keyed SELECT * FROM ({keyed_events(unit, 'events')}) WHERE (unit, time) IN {shared} "
        f"AND message_id NOT IN (SELECT message_id FROM keyed)"
    )
    return True


def _number_ties(connection: Connection, keyed: str) -> None:
    """Makes `ties`: the place, by message id, of each event that is not alone at its unit's moment."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE ties AS
        SELECT unit, message_id, row_number() OVER (PARTITION BY unit, time ORDER BY message_id) - 1 AS tie
        FROM {keyed} AS k
        WHERE (unit, time) IN (SELECT (unit, time) FROM {keyed} GROUP BY unit, time HAVING count(*) > 1)
        """
    )


def _extracted(kinds: Mapping[MeasureKind, int], keyed: str) -> str:
    """SQL of the measures of the events in `keyed`, with their ties."""
    return (
        "SELECT unit, time, kind, value, text, coalesce(tie, 0) AS tie, received_at "
        f"FROM ({extractions(kinds, keyed)}) LEFT JOIN ties USING (unit, message_id)"
    )


def _insert(connection: Connection, rows: str) -> None:
    """Writes the measures `rows`, sorted by kind, unit and time."""
    connection.execute(
        f"INSERT INTO measures SELECT unit, unit % {BUCKETS}, time, kind, value, text, tie, received_at FROM ({rows}) "
        "ORDER BY kind, unit, time"
    )


def keep_firsts(connection: Connection, rows: str, kinds: Iterable[int]) -> None:
    """Nothing; keeps the first moments of the measures `rows` (of no other `kinds`), where nothing earlier is known."""
    # named one by one, they tell where in the table to look
    numbers = ", ".join(str(kind) for kind in kinds)
    if not numbers:
        return
    connection.execute(
        f"INSERT INTO first_measures WITH earliest AS MATERIALIZED "
        f"(SELECT unit, kind, min(time) AS time FROM {rows} GROUP BY unit, kind) "
        "SELECT new.* FROM earliest AS new ANTI JOIN (SELECT * FROM first_measures "
        f"WHERE unit IN (SELECT unit FROM earliest) AND kind IN ({numbers})) AS known "
        "ON known.unit = new.unit AND known.kind = new.kind AND known.time <= new.time ORDER BY kind, unit"
    )


def counted(kinds: Mapping[MeasureKind, int], keyed: str) -> str:
    """SQL of the measures of events that are alone at their moments: unit, time, tie, kind, value, text, received_at.

    `keyed` has the columns of `keyed_events`.
    """
    return f"SELECT unit, time, 0 AS tie, kind, value, text, received_at FROM ({extractions(kinds, keyed)})"


def stage_sets(connection: Connection) -> frozenset[str]:
    """The names of the lifecycles, of this workspace or not, for which the log holds stages set by hand."""
    return stage_sets_in(fact(connection, STAGE_SETS))


def stage_sets_in(told: str | None) -> frozenset[str]:
    """The names of those lifecycles, as the fact tells them."""
    return frozenset(json.loads(told)) if told else frozenset()


def _note_stage_sets(connection: Connection, incoming: str) -> None:
    found = connection.execute(
        f"SELECT DISTINCT {property_text('lifecycle')} FROM {incoming} WHERE name = 'Stage Set'"
    ).fetchall()
    named = {name for (name,) in found if name is not None}
    if not named <= (known := stage_sets(connection)):
        set_fact(connection, STAGE_SETS, json.dumps(sorted(known | named)))


def births(
    unit: str, *, as_of: int | None = None, known_at: int | None = None, units: str | None = None, seen: str = "units"
) -> str:
    """SQL of the first event of every unit of a kind: unit, time; `seen` is where all of them stand."""
    chosen = f" AND key IN (SELECT unit FROM {units})" if units else ""
    if known_at is None:
        limit = f" AND first_seen <= {as_of}" if as_of is not None else ""
        return f"SELECT key AS unit, first_seen AS time FROM {seen} WHERE kind = {quote(unit)}{limit}{chosen}"
    limit = f" AND time <= {as_of}" if as_of is not None else ""
    chosen = f" AND unit IN (SELECT unit FROM {units})" if units else ""
    return (
        f"SELECT unit, min(time) AS time FROM ({keyed_events(unit, 'events')}) "
        f"WHERE received_at <= {known_at}{limit}{chosen} GROUP BY unit"
    )

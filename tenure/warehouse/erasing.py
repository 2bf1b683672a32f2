"""Somebody taken out of every table: what they did, what was made of it, and where others' events name them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tenure.warehouse import measures
from tenure.warehouse.connection import Connection
from tenure.warehouse.erased import WORD, replaced, words_of
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import quote

# tables whose rows belong to one unit, with the column of its key; `roster` is there after the first refresh
_OWNED = (("trait_changes", "customer"), ("stage_codes", "unit"), ("scores", "customer"), ("measures", "unit"),
          ("first_measures", "unit"), ("touched", "unit"), ("roster", "unit"), ("units", "key"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was taken out: ids (the person's own, and of visits under none), events, and rejected rows made blank.

    `mentions` are the events of others that named one of the ids; they stay, without it.
    """

    ids: tuple[str, ...] = ()
    events: int = 0
    rejected: int = 0
    mentions: int = 0


def ids_of(connection: Connection, person: str) -> tuple[str, ...]:
    """The ids under which the log knows a person: the own one, and visitors' ids that were never anybody else's."""
    visitors = connection.execute(
        f"SELECT DISTINCT anonymous_id FROM events WHERE customer IN "
        f"(SELECT key FROM units WHERE kind = {quote(CUSTOMER)} AND id = {quote(person)}) AND anonymous_id IS NOT NULL "
        f"AND anonymous_id <> {quote(person)}"
    ).fetchall()
    mine = [visitor for (visitor,) in visitors]
    if not mine:
        return (person,)
    shared = connection.execute(
        f"SELECT DISTINCT anonymous_id FROM events WHERE anonymous_id IN ({', '.join(map(quote, mine))}) "
        f"AND user_id IS NOT NULL AND user_id <> {quote(person)}"
    ).fetchall()
    return (person, *sorted(set(mine) - {visitor for (visitor,) in shared}))


def erase(connection: Connection, ids: Sequence[str]) -> Erasure:
    """What was done to leave nothing of the people of those ids in the tables. Call it inside a transaction.

    Histories of accounts and others that their events belonged to are brought up to date by the next refresh.
    """
    listed = ", ".join(map(quote, ids))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE erased_units AS SELECT key FROM units "
        f"WHERE kind = {quote(CUSTOMER)} AND id IN ({listed})"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE erased_events AS SELECT * FROM events "
        "WHERE customer IN (SELECT key FROM erased_units)"
    )
    ((events,),) = connection.execute("SELECT count(*) FROM erased_events").fetchall()
    connection.execute("DELETE FROM events WHERE customer IN (SELECT key FROM erased_units)")
    connection.execute(
        "INSERT INTO touched SELECT key FROM units WHERE kind = 'account' "
        "AND id IN (SELECT account FROM erased_events WHERE account IS NOT NULL)"
    )
    measures.forget(connection, "erased_events")
    tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
    for table, column in _OWNED:
        if table in tables:
            connection.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT key FROM erased_units)")
    for scratch in ("erased_events", "erased_units", "forgotten", "seen"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{scratch}")
    rejected = _blanked(connection, ids)
    return Erasure(ids=tuple(ids), events=events, rejected=rejected, mentions=_unnamed(connection, ids))


def _blanked(connection: Connection, ids: Sequence[str]) -> int:
    """How many rejected rows showed one of the ids; their text is gone."""
    held = " OR ".join(f"contains(raw, {quote(_inside(one))})" for one in ids)
    rows = connection.execute(f"SELECT rowid, raw FROM rejected WHERE raw IS NOT NULL AND ({held})").fetchall()
    gone = [str(place) for place, raw in rows if not words_of(raw).isdisjoint(ids)]
    if gone:
        connection.execute(f"UPDATE rejected SET raw = NULL WHERE rowid IN ({', '.join(gone)})")
    return len(gone)


def _unnamed(connection: Connection, ids: Sequence[str]) -> int:
    """How many events of others named one of the ids; they name nobody now."""
    held = " OR ".join(f"contains(properties, {quote(_inside(one))})" for one in ids)
    rows = connection.execute(f"SELECT rowid, properties FROM events WHERE {held}").fetchall()
    wanted = set(ids)
    changed = [(place, new) for place, old in rows if (new := replaced(old, wanted.__contains__)) != old]
    for place, new in changed:
        connection.execute("UPDATE events SET properties = ? WHERE rowid = ?", [new, place])
    return len(changed)


def _inside(unit_id: str) -> str:
    """The id as it stands inside JSON."""
    return json.dumps(unit_id, ensure_ascii=False)[1:-1]


def pseudonym(text: str, ids: Sequence[str], word: str = WORD) -> str:
    """A text with the ids in it replaced by a word; longer words that hold one stay."""
    for one in sorted(ids, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", word, text)
    return text

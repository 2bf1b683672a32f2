"""Somebody taken out of every table: what they did, what was made of it, and where others' events name them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from tenure.warehouse import measures, membership
from tenure.warehouse.connection import Connection
from tenure.warehouse.erased import WORD, replaced, words_of
from tenure.warehouse.identity.asking import ids_of_unit, unit_of
from tenure.warehouse.identity.rules import DEFAULT, OWN, Rules, kind_of, node, value_of
from tenure.warehouse.identity.withdrawing import drop_ids
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import quote

# tables whose rows belong to one unit, with the column of its key; `roster` is there after the first refresh
_OWNED = (("trait_changes", "customer"), ("stage_codes", "unit"), ("moves", "unit"), ("scores", "customer"),
          ("score_reasons", "customer"),
          ("measures", "unit"), ("first_measures", "unit"), ("touched", "unit"), ("roster", "unit"),
          ("units", "key"))  # fmt: skip


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
    """The ids under which events name a person: the own ones, and visitors' ids that were never anybody else's."""
    unit = unit_of(connection, person)
    if unit is None:
        return (person,)
    held = [value_of(one) for one in ids_of_unit(connection, unit.key) if kind_of(one) == OWN]
    visitors = connection.execute(
        f"SELECT DISTINCT anonymous_id FROM events WHERE customer = {unit.key} AND anonymous_id IS NOT NULL"
    ).fetchall()
    users = connection.execute(
        f"SELECT DISTINCT user_id FROM events WHERE customer = {unit.key} AND user_id IS NOT NULL"
    ).fetchall()
    own = {unit.id, *(user for (user,) in users)}
    mine = {*held, *(visitor for (visitor,) in visitors)} - own
    if not mine:
        return (unit.id, *sorted(own - {unit.id}))
    listed, owned = ", ".join(map(quote, sorted(mine))), ", ".join(map(quote, sorted({*own, *held})))
    shared = connection.execute(
        f"SELECT DISTINCT anonymous_id FROM events WHERE anonymous_id IN ({listed}) "
        f"AND user_id IS NOT NULL AND user_id NOT IN ({owned})"
    ).fetchall()
    others = (mine - {visitor for (visitor,) in shared}) | own
    return (unit.id, *sorted(others - {unit.id}))


def claims_of(connection: Connection, person: str) -> tuple[str, ...]:
    """The e-mails, telephone numbers and other ids of a person that nobody else claims, with their kinds."""
    unit = unit_of(connection, person)
    if unit is None:
        return ()
    nodes = [one for one in ids_of_unit(connection, unit.key) if kind_of(one) != OWN]
    listed = ", ".join(map(quote, nodes)) or "''"
    shared = connection.execute(
        f"SELECT DISTINCT second FROM identity_links AS l JOIN identities AS i ON i.node = l.first "
        f"WHERE second IN ({listed}) AND i.customer <> {unit.key}"
    ).fetchall()
    return tuple(sorted(set(nodes) - {one for (one,) in shared}))


def erase(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[str], claims: Sequence[str] = (), rules: Rules = DEFAULT
) -> Erasure:
    """What was done to leave nothing of the people of those ids in the tables. Call it inside a transaction.

    `claims` are e-mails and the like that are theirs alone, with their kinds.

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
        "INSERT INTO touched SELECT key, 'erase' FROM units WHERE kind = 'account' "
        "AND id IN (SELECT account FROM erased_events WHERE account IS NOT NULL)"
    )
    left = membership.leave(connection, "erased_events")
    measures.forget(connection, "erased_events", cause="erase")
    if left:
        membership.settle(connection, "erase")
    drop_ids(connection, [*(node(OWN, one) for one in ids), *claims], rules)
    tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
    for table, column in _OWNED:
        if table in tables:
            connection.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT key FROM erased_units)")
    for scratch in ("erased_events", "erased_units", "forgotten", "seen"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{scratch}")
    rejected = _blanked(connection, ids, [value_of(one) for one in claims])
    return Erasure(
        ids=tuple(ids), events=events, rejected=rejected, mentions=_unnamed(connection, (*ids, *map(value_of, claims)))
    )


def _blanked(connection: Connection, ids: Sequence[str], claims: Sequence[str]) -> int:
    """How many rejected rows showed one of the ids, or a mail and the like in whatever letters; their text is gone."""
    held = " OR ".join(
        [f"contains(raw, {quote(_inside(one))})" for one in ids]
        + [f"contains(lower(raw), {quote(_inside(one.lower()))})" for one in claims]
    )
    lower = {one.lower() for one in claims}
    rows = connection.execute(f"SELECT rowid, raw FROM rejected WHERE raw IS NOT NULL AND ({held})").fetchall()
    gone = [
        str(place)
        for place, raw in rows
        if not (words_of(raw).isdisjoint(ids) and words_of(raw.lower()).isdisjoint(lower))
    ]
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

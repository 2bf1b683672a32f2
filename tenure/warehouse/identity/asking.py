"""Questions about identities: whose an id is, how the ids of a customer came together, and what was refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.identity.fold import Folded, Link, Merge, Refusal, first_of_each, fold
from tenure.warehouse.identity.rules import ANONYMOUS, EMAIL, OWN, PHONE, USER, Rules, node, normal, value_of
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import quote

_UNITS = "SELECT key, id, first_seen FROM units"
_OWNERS = "SELECT key, id, first_seen, node FROM identities JOIN units ON key = customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that the log knows: `key` inside the store, and when it was first seen (microseconds UTC)."""

    key: int
    id: str
    first_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An id of a customer: its kind, since which event it is theirs and why, and the id that brought it (None: none).

    `time` is in microseconds UTC; `event` the name of the event, where the log still holds it.
    """

    kind: str
    id: str
    time: int
    message_id: str
    why: str
    because: str | None
    event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The ids of a customer, called `customer`, with the links that were refused and the merges that made them one."""

    customer: str
    ids: tuple[Held, ...]
    refused: tuple[Refusal, ...]
    merges: tuple[Merge, ...]
    undone: tuple[Link, ...]


def unit_of(connection: Connection, unit_id: str, kind: str = CUSTOMER) -> Unit | None:
    """The unit that an id is of: a customer by any of their ids. None where there is none.

    What is an id that events name comes before e-mails, telephone numbers and other ids.
    """
    if kind == CUSTOMER and (found := _owners(connection, node(OWN, unit_id))):
        return _unit(found[0])
    row = first_row(connection, f"{_UNITS} WHERE kind = ? AND id = ?", [kind, unit_id])
    if row is not None or kind != CUSTOMER:
        return _unit(row) if row else None
    told = [node(EMAIL, normal(EMAIL, unit_id)), node(PHONE, normal(PHONE, unit_id))]
    found = [row for one in told for row in _owners(connection, one)]
    if not found:
        # of other kinds there are few, but nobody knows which
        others = ", ".join(quote(one) for one in (USER, ANONYMOUS, OWN, EMAIL, PHONE))
        found = connection.execute(
            f"{_OWNERS} WHERE identities.kind NOT IN ({others}) AND ends_with(node, ?) ORDER BY node", [f":{unit_id}"]
        ).fetchall()
        found = [one for one in found if value_of(one[3]) == unit_id]
    return _unit(found[0]) if found else None


def _owners(connection: Connection, told: str) -> list[tuple[Any, ...]]:
    """Whose a node is, one at most."""
    # hashes are looked through sooner than texts, and alone sooner than with them or with a join
    query = "SELECT customer, node FROM identities WHERE hash = CAST(md5_number(?) >> 64 AS UBIGINT)"
    keys = [key for key, found in connection.execute(query, [told]).fetchall() if found == told and key is not None]
    return connection.execute(f"{_UNITS} WHERE key = ?", keys[:1]).fetchall() if keys else []


def _unit(row: Sequence[Any]) -> Unit:
    return Unit(key=row[0], id=row[1], first_seen=row[2])


def ids_of_unit(connection: Connection, key: int) -> tuple[str, ...]:
    """All ids of a customer, with their kinds; none where no event tells of any but the one."""
    rows = connection.execute("SELECT node FROM identities WHERE customer = ? ORDER BY node", [key]).fetchall()
    return tuple(one for (one,) in rows)


def shown(connection: Connection, key: int, customer: str, rules: Rules) -> Shown:
    """What is known of the ids of the customer with that key."""
    links, nobodys = _component(connection, key)
    nodes = frozenset(ids_of_unit(connection, key)) or {node(OWN, customer)}
    folded = fold(links, rules, shared=nobodys)
    undone = [link for link in first_of_each(links) if link.how == "undo" and link.pair & nodes]
    ids = _held(connection, folded, nodes, key)
    alone = Held(kind="user", id=customer, time=0, message_id="", why="own", because=None, event=None)
    return Shown(
        customer=customer, ids=ids or (alone,),
        refused=tuple(one for one in folded.refused if one.link.pair & nodes),
        merges=tuple(one for one in folded.merges if one.link.pair & nodes), undone=tuple(undone),
    )  # fmt: skip


def merge_of(connection: Connection, message_id: str, rules: Rules) -> Merge | None:
    """The merge that an event brought; None where it brought none, or it was undone."""
    row = first_row(
        connection,
        "SELECT i.customer FROM identity_links AS l JOIN identities AS i ON i.node = l.first WHERE l.message_id = ? "
        "AND l.how <> 'undo'",
        [message_id],
    )
    if row is None or row[0] is None:
        return None
    links, nobodys = _component(connection, row[0])
    return next((one for one in fold(links, rules, shared=nobodys).merges if one.link.message_id == message_id), None)


def _component(connection: Connection, key: int) -> tuple[list[Link], frozenset[str]]:
    """The links that tie the ids of a customer, and what is nobody's among them."""
    rows = connection.execute(
        "SELECT first, second, how, known, time, message_id FROM identity_links WHERE component IN "
        "(SELECT component FROM identities WHERE customer = ? AND component IS NOT NULL)",
        [key],
    ).fetchall()
    links = [
        Link(first=first, second=second, how=how, known=known, time=time, message_id=message_id)
        for first, second, how, known, time, message_id in rows
    ]
    named = sorted({one for link in links for one in link.pair})
    listed = ", ".join(map(quote, named)) or "''"
    found = connection.execute(f"SELECT node FROM identities WHERE component IS NULL AND node IN ({listed})").fetchall()
    return links, frozenset(one for (one,) in found)


def _held(connection: Connection, folded: Folded, nodes: Collection[str], key: int) -> tuple[Held, ...]:
    mine = [one for name, one in folded.customers.items() if name in nodes]
    listed = ", ".join(quote(one.message_id) for one in mine) or "''"
    names = dict(
        connection.execute(
            f"SELECT message_id, name FROM events WHERE bucket = {key % BUCKETS} AND customer = {key} "
            f"AND message_id IN ({listed})"
        ).fetchall()
    )
    return tuple(
        Held(
            kind=one.kind, id=value_of(one.node), time=one.time, message_id=one.message_id, why=one.why,
            because=None if one.why == "own" else value_of(one.because), event=names.get(one.message_id),
        )
        for one in sorted(mine, key=lambda one: (one.why != "own", one.time, one.node))
    )  # fmt: skip

"""What happened, event by event: of one person or account, or the newest of some names over everybody.

Histories and metrics read measures; a timeline opens the properties, so that every question here is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.errors import UsageError
from tenure.expressions import parse_where
from tenure.warehouse.connection import Connection
from tenure.warehouse.identity.asking import unit_of
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import condition_sql, property_text, quote

MOST = 1_000
_COLUMNS = "message_id, name, time, customer, anonymous_id, account, type, source, properties, context"

Place = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event of the log. `time` is in microseconds UTC; `customer` and `account` are ids as they came, None without.

    `source` is the source that it was loaded from, `tenure` for what was written in the application; `raw` holds the
    properties, and `context` what came beside them, as JSON objects as they stand in the log.
    """

    message_id: str
    name: str
    time: int
    customer: str | None
    account: str | None
    type: str
    source: str
    raw: str
    context: str | None = None

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties, read."""
        return dict(json.loads(self.raw))

    @property
    def place(self) -> Place:
        """Its place in the order of timelines: ask for what is `before` it."""
        return self.time, self.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Events of these names for which `where`, a condition over their own properties, holds."""

    names: tuple[str, ...]
    where: str | None = None


def of_unit(
    connection: Connection, customer: str, *, kind: str = CUSTOMER, names: Sequence[str] | None = None,
    without: Sequence[str] = (), before: Place | None = None, since: int | None = None, until: int | None = None,
    limit: int | None = 50, offset: int = 0, key: int | None = None,
) -> tuple[Happened, ...]:  # fmt: skip
    """The newest events of a person (or account), `names` alone or all but those `without`.

    `before` is the place of the last one seen, `since` and `until` moments (microseconds UTC, both included). An
    account's are those that name it, whoever's they are. Without a `limit` all of them; `offset` leaves out so many of
    the newest. `key` is the person's, where it is known already. Nothing for an id that is not known.
    """
    asked = _asked(names, without, before, since, until)
    if kind == CUSTOMER:
        if key is None:
            unit = unit_of(connection, customer)
            if unit is None:
                return ()
            key, customer = unit.key, unit.id
        # the log is sorted by bucket and customer
        asked += [f"bucket = {key % BUCKETS}", f"customer = {key}"]
        return _newest(connection, asked, limit, {key: customer}, offset=offset)
    asked.append(f"account = {quote(customer)}")
    return _newest(connection, asked, limit, offset=offset)


def newest(
    connection: Connection, wanted: Sequence[Named], *, customers: str | None = None, before: Place | None = None,
    since: int | None = None, until: int | None = None, limit: int = 50,
) -> tuple[Happened, ...]:  # fmt: skip
    """The newest events over everybody that are any of those `wanted`; `customers` is SQL of the units they are of."""
    if not wanted:
        return ()
    arms = []
    for one in wanted:
        named = _among("name", one.names)
        arms.append(f"({named} AND {condition_sql(parse_where(one.where))})" if one.where else named)
    names = sorted({name for one in wanted for name in one.names})
    asked = [*_asked(names, (), before, since, until), f"({' OR '.join(arms)})"]
    if customers is not None:
        asked.append(f"customer IN ({customers})")
    return _newest(connection, asked, limit)


def unanswered(
    connection: Connection, wanted: Named, answers: Sequence[str], *, since: int, until: int, same: str | None = None,
    limit: int = MOST,
) -> tuple[Happened, ...]:  # fmt: skip
    """The events wanted, from `since` to `until`, after which none of the names in `answers` came to the same person.

    With `same` (a property such as case_id) the answer must have the same one, and of several events of one only the
    last is told. The newest first.
    """
    where = f" AND {condition_sql(parse_where(wanted.where))}" if wanted.where else ""
    key = property_text(same) if same else "NULL"
    bounds = f"time >= {int(since)} AND time <= {int(until)} AND customer IS NOT NULL"
    # where the property is missing, any answer will do
    fits = "AND (later.key IS NOT DISTINCT FROM raised.key OR raised.key IS NULL)" if same else ""
    last = "QUALIFY row_number() OVER (PARTITION BY customer, coalesce(key, message_id) ORDER BY time DESC) = 1"
    found = (
        f"SELECT message_id FROM (SELECT message_id, customer, time, {key} AS key FROM events "
        f"WHERE {_among('name', wanted.names)} AND {bounds}{where} {last if same else ''}) AS raised "
        f"WHERE NOT EXISTS (SELECT 1 FROM (SELECT customer, time, {key} AS key FROM events "
        f"WHERE {_among('name', answers)} AND {bounds}) AS later WHERE later.customer = raised.customer "
        f"AND later.time >= raised.time {fits})"
    )
    named = [_among("name", wanted.names), bounds, f"message_id IN ({found})"]
    return _newest(connection, named, limit)


def _asked(
    names: Sequence[str] | None, without: Sequence[str], before: Place | None, since: int | None, until: int | None
) -> list[str]:
    """Conditions in SQL."""
    found = []
    if names is not None:
        found.append(_among("name", names))
    if without:
        found.append(f"NOT {_among('name', without)}")
    if before is not None:
        time, message = int(before[0]), quote(before[1])
        found.append(f"time <= {time} AND (time < {time} OR message_id < {message})")
    if since is not None:
        found.append(f"time >= {int(since)}")
    if until is not None:
        found.append(f"time <= {int(until)}")
    return found


def _newest(
    connection: Connection, asked: Sequence[str], limit: int | None, customers: Mapping[int, str] | None = None, *,
    offset: int = 0,
) -> tuple[Happened, ...]:  # fmt: skip
    """The events; `customers` are ids by key, where they are known already."""
    if limit is not None and not 0 < limit <= MOST:
        raise UsageError(f"A timeline shows 1 to {MOST:,} events at once, not {limit}.")
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE {' AND '.join(asked) or 'TRUE'} "
        f"ORDER BY time DESC, message_id DESC LIMIT {'ALL' if limit is None else int(limit)} OFFSET {int(offset)}"
    ).fetchall()
    # looked up apart: a join would open the properties of every row
    keys = {row[3] for row in rows if row[3] is not None}
    ids = _ids(connection, keys) if customers is None else customers
    return tuple(
        Happened(
            message_id=message_id, name=name, time=time, customer=ids.get(customer, anonymous_id), account=account,
            type=sort, source=source, raw=raw, context=context,
        )
        for message_id, name, time, customer, anonymous_id, account, sort, source, raw, context in rows
    )  # fmt: skip


def _ids(connection: Connection, keys: Collection[int]) -> dict[int, str]:
    if not keys:
        return {}
    listed = ", ".join(str(int(key)) for key in keys)
    return dict(connection.execute(f"SELECT key, id FROM units WHERE key IN ({listed})").fetchall())


def _among(column: str, names: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(quote(name) for name in names)})" if names else "FALSE"

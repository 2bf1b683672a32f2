"""Customers who are likely one: those who share what few share, scored, without those whom a person told apart.

The score is the chance that at least one of the reasons is right, each taken for itself: 1 - (1 - w1)(1 - w2)…
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenure.warehouse.connection import Connection
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import quote

DISMISSED = "Duplicate Dismissed"
# how sure each reason alone makes; more than so many who share something say nothing
WEIGHTS = {
    "the same e-mail": 0.9, "the same external id": 0.9, "the same telephone number": 0.7,
    "the same mailbox": 0.7, "the same name and postcode": 0.6, "the same name and birthday": 0.6,
    "the same device": 0.3,
}  # fmt: skip
_CROWD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Two customers who are likely one: `first` was there first; `reasons` with what they share."""

    first: str
    second: str
    score: float
    reasons: tuple[tuple[str, str], ...]


def duplicates(connection: Connection, *, limit: int = 50, customer: int | None = None) -> tuple[Duplicate, ...]:
    """The likeliest pairs first; those of one `customer` (a key) alone where it is given."""
    only = f" AND {int(customer)} IN (a.unit, b.unit)" if customer is not None else ""
    shared = _shared() if customer is None else _shared_with(connection, int(customer))
    rows = connection.execute(
        f"""
        WITH shared AS ({shared}),
        few AS (
            SELECT * FROM shared WHERE value <> '' AND unit IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY reason, value) BETWEEN 2 AND {_CROWD}
        )
        SELECT f.one, f.other, a.id, a.first_seen, b.id, b.first_seen, f.reason, f.value FROM
            (SELECT DISTINCT a.unit AS one, b.unit AS other, a.reason, a.value FROM few AS a
             JOIN few AS b ON a.reason = b.reason AND a.value = b.value AND a.unit < b.unit WHERE TRUE{only}) AS f
        JOIN units AS a ON a.key = f.one JOIN units AS b ON b.key = f.other
        """
    ).fetchall()
    apart = _dismissed(connection, customer, {key for row in rows for key in row[:2]})
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key, other_key, one, seen, other, other_seen, reason, value in rows:
        if (key, other_key) in apart or (other_key, key) in apart:
            continue
        pair = (one, other) if (seen, one) <= (other_seen, other) else (other, one)
        pairs.setdefault(pair, []).append((reason, value))
    found = (
        Duplicate(first=first, second=second, score=_score(reasons), reasons=tuple(sorted(reasons, key=_weight)))
        for (first, second), reasons in pairs.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.score, one.first, one.second))[:limit])


def _weight(reason: tuple[str, str]) -> tuple[float, str, str]:
    return -WEIGHTS[reason[0]], *reason


def _score(reasons: list[tuple[str, str]]) -> float:
    # two values of one reason are no more than one
    return 1 - math.prod(1 - WEIGHTS[reason] for reason in {reason for reason, _ in reasons})


def _shared_with(connection: Connection, customer: int) -> str:
    """SQL of the same for what one customer has, and whoever has it, too."""
    nodes = [
        one for (one,) in connection.execute(f"SELECT node FROM identities WHERE customer = {customer}").fetchall()
    ]
    links = connection.execute(
        f"SELECT DISTINCT second FROM identity_links WHERE first IN ({_listed(nodes) or 'NULL'})"
    ).fetchall()
    boxes = sorted({one.partition("@")[0].partition("+")[0] for one in nodes if one.startswith("email:")})
    told = connection.execute(
        f"SELECT DISTINCT told FROM ({_traits(_PLACED, f'bucket = {customer % BUCKETS} AND customer = {customer}')}) "
        "WHERE told <> ''"
    ).fetchall()
    linked, values = _listed([one for (one,) in links]), _listed([one for (one,) in told])
    return _shared(
        links=f"l.second IN ({linked})" if linked else "FALSE",
        mails=" OR ".join(f"starts_with(node, {quote(box)})" for box in boxes) or "FALSE",
        traits="customer IN (SELECT customer FROM trait_changes WHERE name IN "
        f"({_listed(_PLACED)}) AND {_SAID.format('value')} IN ({values}))" if values else "FALSE",
    )  # fmt: skip


def _shared(*, links: str = "TRUE", mails: str = "TRUE", traits: str = "TRUE") -> str:
    """SQL of what customers have that others may have, too: reason, value, unit; conditions say among whom."""
    return f"""
        SELECT DISTINCT CASE split_part(l.second, ':', 1) WHEN 'email' THEN 'the same e-mail'
                        WHEN 'phone' THEN 'the same telephone number' WHEN 'id' THEN 'the same device'
                        ELSE 'the same external id' END AS reason,
               substr(l.second, strpos(l.second, ':') + 1) AS value, i.customer AS unit
        FROM identity_links AS l JOIN identities AS i ON i.node = l.first
        JOIN identities AS s ON s.node = l.second AND s.component IS NOT NULL
        WHERE l.how IN ('named', 'claimed') AND ({links})
        UNION
        SELECT 'the same mailbox',
               split_part(split_part(mail, '@', 1), '+', 1) || '@' || split_part(mail, '@', 2), unit
        FROM (SELECT DISTINCT substr(node, 7) AS mail, customer AS unit FROM identities
              WHERE starts_with(node, 'email:') AND ({mails}))
        WHERE contains(mail, '+') OR replace(mail, '@', '+@') IN (SELECT replace(split_part(substr(node, 7), '+', 1)
              || '@' || split_part(node, '@', 2), '@', '+@') FROM identities
              WHERE starts_with(node, 'email:') AND contains(node, '+') AND ({mails}))
        UNION
        SELECT 'the same name and postcode', name || ', ' || postcode, unit FROM (
            SELECT customer AS unit,
                   coalesce(max(told) FILTER (WHERE name = 'name'),
                            max(told) FILTER (WHERE name IN ('first_name', 'firstName')) || ' ' ||
                            max(told) FILTER (WHERE name IN ('last_name', 'lastName'))) AS name,
                   max(told) FILTER (WHERE name IN ('postcode', 'postal_code', 'zip')) AS postcode
            FROM last_traits GROUP BY customer) WHERE postcode <> ''
        UNION
        SELECT 'the same name and birthday', name || ', ' || birthday, unit FROM (
            SELECT customer AS unit,
                   coalesce(max(told) FILTER (WHERE name = 'name'),
                            max(told) FILTER (WHERE name IN ('first_name', 'firstName')) || ' ' ||
                            max(told) FILTER (WHERE name IN ('last_name', 'lastName'))) AS name,
                   max(told) FILTER (WHERE name IN ('birthday', 'birthdate')) AS birthday
            FROM last_traits GROUP BY customer) WHERE birthday <> ''
    """.replace("last_traits", f"({_traits((*_NAMED, *_PLACED), traits)})")


def _traits(names: Sequence[str], where: str) -> str:
    """SQL of the traits as they were told last, in small letters: customer, name, told."""
    return (
        f"SELECT customer, name, {_SAID.format('arg_max(value, (time, message_id))')} AS told "
        f"FROM trait_changes WHERE name IN ({_listed(names)}) AND ({where}) GROUP BY customer, name"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quote, names))


_SAID = "lower(trim(json_extract_string({0}, '$')))"
_NAMED = ("name", "first_name", "firstName", "last_name", "lastName")
_PLACED = ("postcode", "postal_code", "zip", "birthday", "birthdate")


def _dismissed(connection: Connection, customer: int | None, keys: Collection[int]) -> set[tuple[int, int]]:
    """The pairs among customers whom a person told apart, by the customers that they are now."""
    if not keys:
        return set()
    # of one customer they are few, and their rows are found without going through the log
    of_them = "" if customer is None else (
        f" AND bucket IN ({', '.join(str(one) for one in sorted({key % BUCKETS for key in keys}))})"
        f" AND customer IN ({', '.join(map(str, sorted(keys)))})"
    )  # fmt: skip
    rows = connection.execute(
        f"""
        SELECT d.customer, coalesce(i.customer, u.key)
        FROM (SELECT customer, json_extract_string(properties, '$.other_id') AS other_id FROM events
              WHERE name = '{DISMISSED}' AND customer IS NOT NULL{of_them}) AS d
        LEFT JOIN identities AS i ON i.node = 'id:' || d.other_id
        LEFT JOIN units AS u ON u.kind = 'customer' AND u.id = d.other_id
        """
    ).fetchall()
    return {(one, other) for one, other in rows}

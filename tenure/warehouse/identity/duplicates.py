"""Customers who are likely one: those who share what few share, scored, without those whom a person told apart.

The score is the chance that at least one of the reasons is right, each taken for itself: 1 - (1 - w1)(1 - w2)…
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tenure.warehouse.connection import Connection

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
    rows = connection.execute(
        f"""
        WITH shared AS ({_shared()}),
        few AS (
            SELECT * FROM shared WHERE value <> '' AND unit IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY reason, value) BETWEEN 2 AND {_CROWD}
        ),
        apart AS ({_dismissed()})
        SELECT a.id, a.first_seen, b.id, b.first_seen, f.reason, f.value FROM
            (SELECT DISTINCT a.unit AS one, b.unit AS other, a.reason, a.value FROM few AS a
             JOIN few AS b ON a.reason = b.reason AND a.value = b.value AND a.unit < b.unit WHERE TRUE{only}) AS f
        JOIN units AS a ON a.key = f.one JOIN units AS b ON b.key = f.other
        WHERE NOT EXISTS (SELECT 1 FROM apart WHERE (apart.one = f.one AND apart.other = f.other)
                          OR (apart.one = f.other AND apart.other = f.one))
        """
    ).fetchall()
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, seen, other, other_seen, reason, value in rows:
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


def _shared() -> str:
    """SQL of what customers have that others may have, too: reason, value, unit."""
    return """
        SELECT DISTINCT CASE split_part(l.second, ':', 1) WHEN 'email' THEN 'the same e-mail'
                        WHEN 'phone' THEN 'the same telephone number' WHEN 'id' THEN 'the same device'
                        ELSE 'the same external id' END AS reason,
               substr(l.second, strpos(l.second, ':') + 1) AS value, i.customer AS unit
        FROM identity_links AS l JOIN identities AS i ON i.node = l.first
        JOIN identities AS s ON s.node = l.second AND s.component IS NOT NULL
        WHERE l.how IN ('named', 'claimed')
        UNION
        SELECT 'the same mailbox',
               split_part(split_part(mail, '@', 1), '+', 1) || '@' || split_part(mail, '@', 2), unit
        FROM (SELECT DISTINCT substr(node, 7) AS mail, customer AS unit FROM identities
              WHERE starts_with(node, 'email:'))
        WHERE contains(mail, '+') OR replace(mail, '@', '+@') IN (SELECT replace(split_part(substr(node, 7), '+', 1)
              || '@' || split_part(node, '@', 2), '@', '+@') FROM identities
              WHERE starts_with(node, 'email:') AND contains(node, '+'))
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
    """.replace("last_traits", f"({_TRAITS})")


_TRAITS = (
    "SELECT customer, name, lower(trim(json_extract_string(arg_max(value, (time, message_id)), '$'))) AS told "
    "FROM trait_changes WHERE name IN ('name', 'first_name', 'firstName', 'last_name', 'lastName', 'postcode', "
    "'postal_code', 'zip', 'birthday', 'birthdate') GROUP BY customer, name"
)


def _dismissed() -> str:
    """SQL of pairs whom a person told apart, by the customers that they are now."""
    return f"""
        SELECT d.customer AS one, coalesce(i.customer, u.key) AS other
        FROM (SELECT customer, json_extract_string(properties, '$.other_id') AS other_id FROM events
              WHERE name = '{DISMISSED}' AND customer IS NOT NULL) AS d
        LEFT JOIN identities AS i ON i.node = 'id:' || d.other_id
        LEFT JOIN units AS u ON u.kind = 'customer' AND u.id = d.other_id
    """

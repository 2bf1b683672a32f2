"""Events with the key of the unit whose history they belong to: a customer, an account, a deal ….

An event belongs to the account that it names. One that names none belongs to the account that its customer was in at
that moment: that of the last `group` call at or before it, and before the first one that of the first.
"""

from __future__ import annotations

from tenure.warehouse.where import property_text, quote

CUSTOMER, ACCOUNT = "customer", "account"
# when somebody is in no account any more
LEFT = ""
_COLUMNS = ("message_id", "name", "time", "received_at", "properties")


def unit_id(unit: str) -> str:
    """SQL of what an event calls its unit of a kind other than customers."""
    return ACCOUNT if unit == ACCOUNT else property_text(unit)


def keyed_events(unit: str, events: str) -> str:
    """SQL of the events with the key of the unit whose history they belong to."""
    listed = ", ".join(_COLUMNS)
    if unit == CUSTOMER:
        return f"SELECT customer AS unit, {listed} FROM {events} WHERE customer IS NOT NULL"
    if unit == ACCOUNT:
        named = f"SELECT account AS unit_id, {listed} FROM {events} WHERE account IS NOT NULL"
        source = f"{named} UNION ALL {_of_members(events)}"
    else:
        source = f"SELECT {unit_id(unit)} AS unit_id, {listed} FROM {events}"
    return (
        f"SELECT units.key AS unit, {', '.join(f'e.{column}' for column in _COLUMNS)} FROM ({source}) AS e "
        f"JOIN units ON units.kind = {quote(unit)} AND units.id = e.unit_id"
    )


def _of_members(events: str) -> str:
    """SQL of the events that name no account, with that of their customer at the time."""
    # the first account counts from the beginning
    members = (
        "SELECT customer, account, CASE WHEN time = begins THEN -9223372036854775808 ELSE time END AS since FROM ("
        f"SELECT *, min(time) FILTER (WHERE account <> '{LEFT}') OVER (PARTITION BY customer) AS begins FROM ("
        "SELECT customer, time, arg_max(account, message_id) AS account FROM memberships GROUP BY customer, time)"
        ") WHERE time >= begins"
    )
    listed = ", ".join(f"e.{column}" for column in _COLUMNS)
    return (
        f"SELECT m.account AS unit_id, {listed} FROM (SELECT * FROM {events} WHERE account IS NULL "
        "AND customer IN (SELECT customer FROM memberships)) AS e "
        f"ASOF JOIN ({members}) AS m ON m.customer = e.customer AND m.since <= e.time WHERE m.account <> '{LEFT}'"
    )

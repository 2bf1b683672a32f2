"""Renewals: the terms of subscriptions and contracts that end soon, or ended and were not renewed yet.

A term ends at the `period_end` of the last `Subscription Started` or `Subscription Renewed` of a subscription, as the
metrics of renewal count it; for whoever has none of these, at the trait `renewal_date`. A subscription that was ended
since is not up for renewal any more.
"""

from __future__ import annotations

import pyarrow as pa

from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster.kept import TABLE, Roster
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import property_number, quote

LATE = 30 * DAY
_MONTH = 30.4375 * DAY
_TERMS = ("Subscription Started", "Subscription Renewed")
_OTHERS = ("Subscription Changed", "Subscription Cancelled", "Subscription Ended")
_DEAL = "Deal Won"


def renewals(connection: Connection, roster: Roster, *, lifecycle: str, as_of: int, until: int) -> pa.Table:
    """The terms that end by `until`, or ended in the 30 days before `as_of` and were not renewed; the earliest first.

    Columns: customer_id, subscription (null for a date that is told of the person alone), due (microseconds UTC),
    value (money of the term to come: monthly revenue times the months of the last term, or the last contract with what
    it was enlarged by; null where neither is known), months (of the last term), noticed (notice was given), stage (its
    place in the lifecycle), owner, account.
    """
    stage = f"stage_{roster.lifecycles[lifecycle]}"
    owner = roster.traits.get("owner", "CAST(NULL AS VARCHAR)")
    # a source may tell dates and no events, or events and no dates
    dates = roster.traits.get("renewal_date")
    told = f"SELECT unit, {_time(dates)} AS due FROM {TABLE} WHERE {dates} IS NOT NULL" if dates else ""
    terms = _subscriptions(as_of)
    if told:
        terms += (
            f" UNION ALL SELECT told.unit, NULL, told.due, contracts.amount, NULL, FALSE FROM ({told}) AS told "
            f"LEFT JOIN ({_contracts(as_of)}) AS contracts ON contracts.unit = told.unit "
            "WHERE told.unit NOT IN (SELECT unit FROM spoken)"
        )
    return connection.sql(
        f"""
        WITH log AS MATERIALIZED ({_log(as_of)}),
        spoken AS (SELECT DISTINCT unit FROM log WHERE name IN ({_listed(_TERMS)}))
        SELECT roster.id AS customer_id, subscription, due, CAST(value AS DECIMAL(38,6)) AS value, months, noticed,
            roster.{stage} AS stage, roster.{owner} AS owner, roster.account
        FROM ({terms}) AS terms(unit, subscription, due, value, months, noticed) JOIN {TABLE} AS roster USING (unit)
        WHERE NOT roster.excluded AND roster.kind = {quote(CUSTOMER)} AND due > {as_of - LATE} AND due <= {until}
        ORDER BY due, customer_id, subscription
        """.replace("roster.CAST(NULL", "CAST(NULL")
    ).to_arrow_table()


def _log(as_of: int) -> str:
    """SQL of the events that terms are read from, their properties typed."""
    read = "json_extract_string(properties, ['subscription_id', 'period_end', 'type'])"
    return (
        f"SELECT unit, name, time, message_id, told[1] AS subscription, {_time('told[2]')} AS ends, told[3] AS type, "
        f"mrr, amount FROM (SELECT customer AS unit, name, time, message_id, {read} AS told, "
        f"{property_number('mrr')} AS mrr, {property_number('amount')} AS amount FROM events "
        f"WHERE name IN ({_listed((*_TERMS, *_OTHERS, _DEAL))}) AND time <= {as_of} AND customer IS NOT NULL)"
    )


def _subscriptions(as_of: int) -> str:
    """SQL of the running terms of subscriptions: unit, subscription, due, value, months, noticed."""
    is_term = f"name IN ({_listed(_TERMS)})"
    return (
        "SELECT unit, subscription, ends, "
        "CASE WHEN mrr IS NOT NULL THEN mrr * greatest(1, months) END, greatest(1, months), "
        "coalesce(noticed >= began, FALSE) FROM ("
        f"SELECT unit, subscription, max(time) FILTER ({is_term}) AS began, "
        f"arg_max(ends, (time, message_id)) FILTER ({is_term}) AS ends, "
        f"arg_max(mrr, (time, message_id)) FILTER ({is_term} OR name = 'Subscription Changed') AS mrr, "
        f"CAST(round((arg_max(ends, (time, message_id)) FILTER ({is_term}) - max(time) FILTER ({is_term})) / {_MONTH}) "
        "AS INTEGER) AS months, max(time) FILTER (name = 'Subscription Cancelled') AS noticed, "
        "max(time) FILTER (name = 'Subscription Ended') AS ended "
        f"FROM log WHERE name <> {quote(_DEAL)} GROUP BY unit, subscription"
        ") WHERE ends IS NOT NULL AND (ended IS NULL OR ended < began)"
    )


def _contracts(as_of: int) -> str:
    """SQL of the last contract of everybody, with what it was enlarged by since: unit, amount."""
    return (
        "SELECT unit, sum(amount) AS amount FROM (SELECT unit, amount, time, "
        "max(time) FILTER (type IS DISTINCT FROM 'expansion') OVER (PARTITION BY unit) AS began "
        f"FROM log WHERE name = {quote(_DEAL)}) WHERE began IS NULL OR time >= began GROUP BY unit"
    )


def _time(column: str) -> str:
    """SQL of a date or time as text, in microseconds UTC; null where it is neither."""
    return f"epoch_us(TRY_CAST({column} AS TIMESTAMPTZ))"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(quote(name) for name in names)

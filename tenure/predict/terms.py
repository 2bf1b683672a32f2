"""Terms of subscriptions that end soon, and those that were not renewed: of whom a renewal is asked.

A term ends at the `period_end` of the last Subscription Started or Subscription Renewed of a subscription. It was not
renewed where the subscription ended or no further term began within 30 days of its end.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenure.warehouse.keyed import keyed_events
from tenure.warehouse.where import quote

BEGUN, RENEWED, NOTICE, ENDED = (
    "Subscription Started", "Subscription Renewed", "Subscription Cancelled", "Subscription Ended",
)  # fmt: skip
GRACE_DAYS = 30
_DAY = 86_400_000_000
_TERMS = f"name IN ({quote(BEGUN)}, {quote(RENEWED)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of units of a kind that end within so many days."""

    unit: str
    days: int

    def due(self, as_of: int, known_by: int) -> str:
        """SQL of whose running term ends within the days: unit, ends, began, renewals, notice (when it was given).

        Of somebody with several subscriptions the one that ends first.
        """
        return (
            "SELECT unit, min(ends) AS ends, arg_min(began, ends) AS began, arg_min(renewals, ends) AS renewals, "
            "arg_min(notice, ends) AS notice FROM (SELECT unit, subscription, "
            f"arg_max(ends, (time, message_id)) FILTER ({_TERMS}) AS ends, max(time) FILTER ({_TERMS}) AS began, "
            f"count(*) FILTER (name = {quote(RENEWED)}) AS renewals, "
            f"coalesce(max(time) FILTER (name = {quote(NOTICE)}), -1) AS notice, "
            f"max(time) FILTER (name = {quote(ENDED)}) AS ended FROM ({self._log()}) "
            f"WHERE time <= {as_of} AND received_at <= {known_by} GROUP BY unit, subscription) "
            f"WHERE ends > {as_of} AND ends <= {as_of + self.days * _DAY} AND (ended IS NULL OR ended < began) "
            "GROUP BY unit"
        )

    def lost(self, now: int) -> str:
        """SQL of the terms that ended by now and were not renewed: unit, time (of their end).

        A term that ended lately is no such one yet, unless its subscription ended.
        """
        late = GRACE_DAYS * _DAY
        return (
            f"SELECT unit, ends AS time FROM (SELECT unit, ends, {_TERMS} AS term, "
            f"min(time) FILTER ({_TERMS}) OVER later AS renewed, "
            f"min(time) FILTER (name = {quote(ENDED)}) OVER later AS ended FROM ({self._log()}) WHERE time <= {now} "
            "WINDOW later AS (PARTITION BY unit, subscription ORDER BY time, message_id "
            "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) "
            f"WHERE term AND ends <= {now} AND (renewed IS NULL OR renewed > ends + {late}) "
            f"AND (ended <= ends + {late} OR ends + {late} <= {now})"
        )

    def _log(self) -> str:
        """SQL of what is told of subscriptions: unit, name, time, received_at, message_id, subscription, ends."""
        names = ", ".join(map(quote, (BEGUN, RENEWED, NOTICE, ENDED)))
        return (
            "SELECT unit, name, time, received_at, message_id, json_extract_string(properties, 'subscription_id') "
            "AS subscription, epoch_us(TRY_CAST(json_extract_string(properties, 'period_end') AS TIMESTAMPTZ)) AS ends "
            f"FROM ({keyed_events(self.unit, 'events')}) WHERE name IN ({names})"
        )

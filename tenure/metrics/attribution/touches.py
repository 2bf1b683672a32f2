"""Touches of channels on the way to conversions, as one table that all rules read.

A touch is an event that tells by which channel somebody came; those of one channel within half an hour are one touch.
A path is what one conversion is credited to: the touches in the look-back before it, and after the conversion before.
Touches that led to none make paths too, without which nobody could say how much a channel matters.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.scope import Scope, number
from tenure.metrics.journeys.occasions import Occasion
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure
from tenure.warehouse.where import quote

# somebody comes by these of their own will; having been shown an advertisement is not coming
COMING = (
    "Ad Clicked", "Search Referred", "Page Viewed", "Store Visited", "Source Stated", "Form Submitted", "Inquiry Sent",
    "Lead Created", "Signed Up", "Subscribed", "Message Clicked", "Call Logged", "Meeting Held", "Demo Attended",
)  # fmt: skip
VISIT = 30 * 60 * 1_000_000
PATHS = "attributed_paths"
UNTOUCHED = "attributed_untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is attributed: the conversions of an occasion, by a property of touches, within `days` before them.

    `every`: all conversions of a person, otherwise the first. `since` and `until` (microseconds UTC, both included)
    limit the conversions, and the ends of paths that led to none.
    """

    occasion: Occasion
    by: str = "channel"
    days: int = 30
    every: bool = False
    since: int | None = None
    until: int | None = None

    def within(self, column: str) -> str:
        """SQL of the condition that a moment lies in the time asked about."""
        limits = [f"{column} >= {self.since}"] if self.since is not None else []
        limits += [f"{column} <= {self.until}"] if self.until is not None else []
        return " AND ".join(limits) or "TRUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """What was found: `conversions` in all, `touched` of them after a touch, and `others`, paths that led to none."""

    conversions: int
    touched: int
    others: int


def find_paths(connection: Connection, scope: Scope, asked: Asked) -> Paths:
    """How many paths there are; fills the tables that rules read.

    `attributed_paths` has a row a touch: unit, path_end, converts (the three tell the path), channel, place (1 is the
    first), length, age (microseconds before the path's end) and times (conversions at its end; 1 where there is none).
    `attributed_untouched` has a row for each channel that the conversion itself tells where no touch does (null where
    that does not either): channel, times.
    """
    kind = MeasureKind(unit=scope.lifecycle.unit, events=COMING, properties=(asked.by,), text=True)
    own = MeasureKind(unit=scope.lifecycle.unit, events=asked.occasion.events, properties=(asked.by,), text=True)
    numbers = ensure(connection, [kind, own] if asked.occasion.events else [kind])
    converted = asked.occasion.moments if asked.every else asked.occasion.first()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE attributed_conversions AS SELECT * FROM ({converted})")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PATHS} AS {_paths(_touches(scope, numbers[kind]), scope, asked)}"
    )
    told = (
        f"SELECT unit, time, max(text) AS channel FROM measures WHERE kind = {numbers[own]} GROUP BY unit, time"
        if asked.occasion.events
        else "SELECT CAST(NULL AS BIGINT) AS unit, CAST(NULL AS BIGINT) AS time, CAST(NULL AS VARCHAR) AS channel"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {UNTOUCHED} AS
        SELECT channel, CAST(sum(times) AS BIGINT) AS times
        FROM attributed_conversions LEFT JOIN ({told}) AS told USING (unit, time)
        WHERE {asked.within("time")} AND (unit, time) NOT IN (
            SELECT (unit, path_end) FROM {PATHS} WHERE converts
        ) GROUP BY channel
        """
    )
    return Paths(
        conversions=number(
            connection, f"SELECT coalesce(sum(times), 0) FROM attributed_conversions WHERE {asked.within('time')}"
        ),
        touched=number(connection, f"SELECT coalesce(sum(times), 0) FROM {PATHS} WHERE converts AND place = 1"),
        others=number(connection, f"SELECT count(*) FROM {PATHS} WHERE NOT converts AND place = 1"),
    )


def _touches(scope: Scope, kind: int) -> str:
    """SQL of the touches: unit, time, tie, channel; those of one channel that go on within a visit are one."""
    return f"""
        SELECT unit, time, tie, text AS channel FROM (
            SELECT unit, time, tie, text, lag(text) OVER w AS before, time - lag(time) OVER w AS since
            FROM measures WHERE kind = {kind} AND text IS NOT NULL AND text <> '' AND time <= {scope.now}
            AND {scope.kept()} WINDOW w AS (PARTITION BY unit ORDER BY time, tie)
        ) WHERE before IS NULL OR before <> text OR since > {VISIT}
    """


def _paths(touches: str, scope: Scope, asked: Asked) -> str:
    """SQL of the table of paths.

    Each touch looks for the next conversion: with the look-back's help that decides whether it belongs to it. Touches
    that belong to none make a path until a conversion, or until nothing happens for longer than the look-back.
    """
    span = asked.days * DAY
    kept = "TRUE" if asked.every else "(converted_at IS NOT NULL OR unit NOT IN (SELECT unit FROM converted))"
    return f"""
        WITH touches AS ({touches}), converted AS (SELECT unit, time, times FROM attributed_conversions),
        mixed AS (
            SELECT unit, time, tie, channel, CAST(NULL AS BIGINT) AS conversion FROM touches
            UNION ALL SELECT unit, time, 0, NULL, time FROM converted
        ),
        looking AS (
            SELECT unit, time, tie, channel, conversion, min(conversion) OVER (
                PARTITION BY unit ORDER BY time, conversion IS NOT NULL ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            ) AS converted_at FROM mixed
        ),
        belonging AS (
            SELECT unit, time, tie, channel, converted_at, coalesce(converted_at - time < {span}, FALSE) AS converts
            FROM looking WHERE conversion IS NULL AND {kept}
        ),
        parted AS (
            SELECT *, CASE WHEN NOT converts AND time - lag(time) OVER w > {span} THEN 1 ELSE 0 END AS parts
            FROM belonging WINDOW w AS (PARTITION BY unit, converted_at, converts ORDER BY time, tie)
        ),
        runs AS (
            SELECT *, sum(parts) OVER (PARTITION BY unit, converted_at, converts ORDER BY time, tie) AS run FROM parted
        ),
        ended AS (
            SELECT *, CASE WHEN converts THEN converted_at ELSE max(time) OVER p END AS path_end,
                row_number() OVER (PARTITION BY unit, converted_at, converts, run ORDER BY time, tie) AS place,
                count(*) OVER p AS length
            FROM runs WINDOW p AS (PARTITION BY unit, converted_at, converts, run)
        )
        SELECT e.unit, path_end, converts, channel, place, length, path_end - e.time AS age,
            coalesce(c.times, 1) AS times
        FROM ended AS e LEFT JOIN converted AS c ON e.converts AND c.unit = e.unit AND c.time = e.path_end
        WHERE {asked.within("path_end")}
    """


def is_direct(direct: tuple[str, ...], column: str = "channel") -> str:
    """SQL of whether a channel means that nobody sent them."""
    return f"lower({column}) IN ({', '.join(map(quote, direct))})"

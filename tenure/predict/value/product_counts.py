"""What is counted of products: first buyers and who of them came back, buyers, returns, reviews, answers after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from tenure.events import EventBinding
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope, placed
from tenure.predict.baskets import lines_sql
from tenure.predict.summary import DAY, local_day
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, ensure, keyed_events
from tenure.warehouse.where import property_number, property_text, quote

LINES, FIRSTS = "product_lines", "product_firsts"
# an answer that comes later than so many days after a purchase is not about it
ANSWERED_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """A row a product, as `products` takes it; `people` first bought early enough, of whom `again` bought again.

    `survey` is the one most answered after purchases; empty where none is.
    """

    rows: pa.Table
    people: int
    again: int
    survey: str


def counts(
    connection: Connection, scope: Scope, bought: EventBinding, zone: ZoneInfo, edges: Sequence[int], *, days: int
) -> Counts:
    """The counts of every product; second purchases count on a later day, within `days`, and cohorts begin at `edges`.

    Fills `product_lines` (unit, time, product) and `product_firsts` (unit, first, cohort, again), which lists read.
    """
    events, unit = scope.lifecycle.events, scope.lifecycle.unit
    sold = lines_sql(bought, unit, as_of=scope.now, kept=scope.kept())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {LINES} AS SELECT DISTINCT unit, time, product FROM ({sold})")
    paid = MeasureKind(unit=unit, events=bought.events, where=bought.where, properties=bought.values)
    number = ensure(connection, [paid])[paid]
    row = first_row(connection, f"SELECT min(time) FROM measures WHERE kind = {number} AND time <= {scope.now}")
    day = local_day(zone, row[0] if row and row[0] is not None else scope.now, scope.now)
    span = days * DAY
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {FIRSTS} AS
        WITH times AS (
            SELECT unit, time, {day} AS day, min(time) OVER (PARTITION BY unit) AS first FROM measures
            WHERE kind = {number} AND time <= {scope.now} AND {scope.kept()}
        ),
        days AS (SELECT unit, time, day, first, min(day) OVER (PARTITION BY unit) AS first_day FROM times)
        SELECT unit, first, {placed("first", edges)} AS cohort,
            max(CASE WHEN day > first_day AND time <= first + {span} THEN 1 ELSE 0 END) AS again
        FROM days WHERE first <= {scope.now - span} GROUP BY unit, first
        """
    )
    refunded = lines_sql(meaning("refund", events), unit, as_of=scope.now, kept=scope.kept())
    survey = _survey(connection, unit, scope, meaning("survey", events))
    table = connection.sql(
        f"""
        WITH rates AS (SELECT cohort, avg(again) AS rate FROM {FIRSTS} GROUP BY cohort),
        begun AS (
            SELECT l.product, count(*) AS first, sum(f.again) AS again, sum(r.rate) AS expected
            FROM (SELECT DISTINCT unit, time, product FROM {LINES}) AS l
            JOIN {FIRSTS} AS f ON f.unit = l.unit AND f.first = l.time JOIN rates AS r USING (cohort) GROUP BY 1
        ),
        bought AS (SELECT unit, product, count(*) AS sold FROM {LINES} GROUP BY unit, product),
        back AS (
            SELECT unit, product, count(*) AS times FROM (SELECT DISTINCT unit, time, product FROM ({refunded}))
            GROUP BY unit, product
        ),
        buyers AS (
            SELECT b.product, count(*) AS buyers, sum(b.sold) AS sold,
                sum(least(coalesce(back.times, 0), b.sold)) AS returned
            FROM bought AS b LEFT JOIN back ON back.unit = b.unit AND back.product = b.product GROUP BY 1
        ),
        reviews AS ({_reviews(unit, scope, meaning("product_review", events))}),
        answers AS ({_answers(survey)})
        SELECT b.product, b.buyers, b.sold, coalesce(begun.first, 0) AS first, coalesce(begun.again, 0) AS again,
            coalesce(begun.expected, 0) AS expected, b.returned, coalesce(rated, 0) AS rated,
            coalesce(rating, 0) AS rating, coalesce(answered, 0) AS answered, coalesce(after, 0) AS after
        FROM buyers AS b LEFT JOIN begun ON begun.product = b.product LEFT JOIN reviews ON reviews.product = b.product
        LEFT JOIN answers ON answers.product = b.product ORDER BY b.product
        """
    ).to_arrow_table()
    found = first_row(connection, f"SELECT count(*), coalesce(sum(again), 0) FROM {FIRSTS}")
    assert found is not None
    return Counts(rows=table, people=int(found[0]), again=int(found[1]), survey=survey)


def buyers_sql(product: str, *, first: bool, again: bool) -> str:
    """SQL of those who bought a product; of those who began with it, or (with `again`) who of them came back."""
    bought = f"SELECT DISTINCT unit FROM {LINES} WHERE product = {quote(product)}"
    if not first:
        return bought
    came = " AND f.again = 1" if again else ""
    return (
        f"SELECT DISTINCT l.unit FROM {LINES} AS l JOIN {FIRSTS} AS f ON f.unit = l.unit AND f.first = l.time "
        f"WHERE l.product = {quote(product)}{came}"
    )


def _reviews(unit: str, scope: Scope, review: EventBinding) -> str:
    names = ", ".join(map(quote, review.events))
    return (
        f"SELECT product, count(*) AS rated, sum(rating) AS rating FROM (SELECT {property_text('product_id')} AS "
        f"product, {property_number('rating')} AS rating FROM ({keyed_events(unit, 'events')}) "
        f"WHERE name IN ({names}) AND time <= {scope.now} AND {scope.kept()}) "
        "WHERE product IS NOT NULL AND rating IS NOT NULL GROUP BY product"
    )


def _survey(connection: Connection, unit: str, scope: Scope, survey: EventBinding) -> str:
    """The survey most answered after a purchase; its answers are in `product_answers`, with the purchase's moment."""
    names = ", ".join(map(quote, survey.events))
    span = ANSWERED_DAYS * DAY
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE product_answers AS
        WITH answers AS (
            SELECT unit, time, {property_text("survey")} AS survey, {property_number("score")} AS score
            FROM ({keyed_events(unit, "events")}) WHERE name IN ({names}) AND time <= {scope.now} AND {scope.kept()}
        ),
        sold AS (SELECT DISTINCT unit, time FROM {LINES})
        SELECT a.unit, a.time, a.survey, a.score, max(s.time) AS sold_at FROM answers AS a JOIN sold AS s
            ON s.unit = a.unit AND s.time <= a.time AND s.time > a.time - {span}
        WHERE a.score IS NOT NULL AND a.survey IS NOT NULL GROUP BY a.unit, a.time, a.survey, a.score
        """
    )
    row = first_row(
        connection, "SELECT survey FROM product_answers GROUP BY survey ORDER BY count(*) DESC, survey LIMIT 1"
    )
    return str(row[0]) if row else ""


def _answers(survey: str) -> str:
    return (
        f"SELECT l.product, count(*) AS answered, sum(a.score) AS after FROM product_answers AS a JOIN {LINES} AS l "
        f"ON l.unit = a.unit AND l.time = a.sold_at WHERE a.survey = {quote(survey)} GROUP BY l.product"
    )

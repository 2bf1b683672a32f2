"""The rows that the rivals start from: what the definitions count, typed, with integer customers, already in order.

    rows.parquet        customer, time, kind, amount, margin, category; by customer % 64, customer, time, message_id
    rows.duckdb         the same as table `rows`
    customers.parquet   customer, customer_id

This is as much preparation as the engine has done by the time its events are imported, and more than a data frame
would find: no text is left, money is in millionths (so that integer sums are exact), and the order is the store's own.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

VISIT, SIGNUP, ORDER, NPS, COST, REFUND = range(1, 7)
KINDS = {"simple": (VISIT, SIGNUP, ORDER, NPS), "hard": (VISIT, SIGNUP, ORDER, NPS, COST, REFUND)}

_CUSTOMERS = """
    SELECT row_number() OVER (ORDER BY min(time), customer_id) - 1 AS customer, customer_id
    FROM {events} GROUP BY customer_id
"""

_ROWS = f"""
    WITH counted AS (
        SELECT customer_id, time, message_id, properties,
            CASE name
                WHEN 'Page Viewed' THEN {VISIT}
                WHEN 'Signed Up' THEN {SIGNUP}
                WHEN 'Order Completed' THEN {ORDER}
                WHEN 'Cost Recorded' THEN {COST}
                WHEN 'Order Refunded' THEN {REFUND}
                WHEN 'Survey Answered' THEN CASE WHEN properties ->> '$.survey' = 'nps' THEN {NPS} END
            END AS kind
        FROM {{events}}
    ),
    typed AS (
        SELECT customer_id, epoch_us(time) AS time, message_id, kind,
            CASE kind
                WHEN {ORDER} THEN properties ->> '$.revenue'
                WHEN {REFUND} THEN properties ->> '$.revenue'
                WHEN {COST} THEN properties ->> '$.amount'
                WHEN {NPS} THEN properties ->> '$.score'
            END AS amount,
            CASE WHEN kind = {ORDER} THEN properties ->> '$.margin' END AS margin,
            CASE WHEN kind = {ORDER} THEN properties ->> '$.category' END AS category
        FROM counted WHERE kind IS NOT NULL
    ),
    categories AS (
        SELECT category, row_number() OVER (ORDER BY category) - 1 AS code
        FROM typed WHERE category IS NOT NULL GROUP BY category
    )
    SELECT customer, time, kind::TINYINT AS kind,
        (amount::DECIMAL(18, 6) * 1000000)::BIGINT AS amount,
        (margin::DECIMAL(18, 6) * 1000000)::BIGINT AS margin,
        code::TINYINT AS category
    FROM typed JOIN customers USING (customer_id) LEFT JOIN categories USING (category)
    ORDER BY customer % 64, customer, time, message_id
"""


def write(company: Path) -> None:
    """Nothing; the rows stand beside the company's events afterwards, made anew where they are missing or old."""
    done = company / "rows.duckdb"
    if done.exists() and done.stat().st_mtime >= (company / "company.json").stat().st_mtime:
        return
    making = company / "rows.making"
    making.unlink(missing_ok=True)
    events = f"read_parquet('{company}/events/*.parquet')"
    with duckdb.connect(str(making)) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CREATE TEMP TABLE customers AS {_CUSTOMERS.format(events=events)}")
        connection.execute(f"CREATE TABLE rows AS {_ROWS.format(events=events)}")
        for table, order in (("rows", ""), ("customers", "ORDER BY customer")):
            connection.execute(f"COPY (FROM {table} {order}) TO '{company}/{table}.parquet' (FORMAT parquet)")
    making.rename(done)

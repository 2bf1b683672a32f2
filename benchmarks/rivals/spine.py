"""SQL over a spine of customers × days: what a dbt project builds. One row a customer and day, the state at its end.

Written for speed: events are first folded to a row a customer and day, and what enters a window also leaves it, as a
negative row so many days later; so every measure is a running value over the days on which something happens, and only
then carried to the days between. (Windows over the whole spine took three times as long.) Resolution is one day, and
nothing is known of the days to come.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.company import END
from benchmarks.rivals.history import DAY, Clock, Ran
from benchmarks.rows import COST, KINDS, NPS, ORDER, REFUND, SIGNUP, VISIT

LAST_DAY = END // DAY - 1
CATEGORIES = range(8)


def _lines(template: str) -> str:
    """The template once a category, `#` being its number."""
    return "".join(template.replace("#", str(number)) for number in CATEGORIES)


_COUNTED = """
    CREATE TEMP TABLE counted AS
    SELECT *, rowid AS row, time // {day} AS day {counted}
    FROM company.rows WHERE kind IN {kinds} AND customer % {stride} = 0
"""

_FOLDED = f"""
    CREATE TEMP TABLE folded AS
    WITH effects AS (
        SELECT customer, day, kind, time, amount, row, (kind = {ORDER})::TINYINT AS recent {{enters}} FROM counted
        UNION ALL BY NAME
        SELECT customer, day + 365 AS day, -(kind = {ORDER})::TINYINT AS recent {{leaves_365}}
        FROM counted WHERE kind IN {{kinds_365}}
        {{leaves_180}}
    )
    SELECT customer, day,
        bool_or(kind = {VISIT}) AS visited,
        bool_or(kind = {SIGNUP}) AS signed,
        count(*) FILTER (kind = {ORDER})::INTEGER AS orders,
        max(time) FILTER (kind = {ORDER}) AS last,
        arg_max(coalesce(amount, -1), row) FILTER (kind = {NPS}) AS score,
        sum(recent)::INTEGER AS recent
        {{folded}}
    FROM effects WHERE day <= {LAST_DAY} GROUP BY customer, day
"""

_STAGED = f"""
    CREATE TEMP TABLE staged AS
    WITH measured AS (
        SELECT customer, day, lead(day, 1, {LAST_DAY} + 1) OVER (PARTITION BY customer ORDER BY day) AS until,
            bool_or(visited) OVER past AS visited,
            bool_or(signed) OVER past AS signed,
            sum(orders) OVER past AS orders,
            max(last) OVER past AS last,
            last_value(score IGNORE NULLS) OVER past AS score,
            sum(recent) OVER past AS recent
            {{measured}}
        FROM folded WINDOW past AS (PARTITION BY customer ORDER BY day ROWS UNBOUNDED PRECEDING)
    ),
    spine AS (SELECT * EXCLUDE (day, until), unnest(range(day, until)) AS day FROM measured),
    ended AS (SELECT *, (day + 1) * {DAY} - 1 AS now FROM spine)
    SELECT customer, day, (CASE {{stages}} ELSE 0 END)::TINYINT AS stage FROM ended
"""

_MOVES = """
    CREATE TABLE moves AS
    WITH lagged AS (
        SELECT customer, day, stage, lag(stage, 1, 0) OVER (PARTITION BY customer ORDER BY day) AS previous FROM staged
    ),
    moved AS (
        SELECT *, lead(day) OVER (PARTITION BY customer ORDER BY day) AS left_at FROM lagged WHERE stage <> previous
    )
    SELECT customer, stage, nullif(previous, 0)::TINYINT AS previous, day AS entered_at, left_at
    FROM moved WHERE stage > 0
"""

_SIMPLE = {
    "counted": "",
    "enters": "",
    "kinds_365": f"({ORDER})",
    "leaves_365": "",
    "leaves_180": "",
    "folded": "",
    "measured": "",
    "stages": f"""
        WHEN now - last >= {180 * DAY} THEN 7
        WHEN now - last >= {90 * DAY} THEN 6
        WHEN recent >= 5 OR score >= 9000000 THEN 5
        WHEN orders >= 2 THEN 4
        WHEN orders >= 1 THEN 3
        WHEN signed THEN 2
        WHEN visited THEN 1
    """,
}

# over 180 days twice the refunds less the revenue, over 365 days the cost less the margin: above zero is what is asked
_HARD = {
    "counted": f""",
        CASE WHEN kind = {ORDER} THEN time - lag(time) OVER (PARTITION BY customer, kind ORDER BY rowid) END AS gap,
        CASE kind WHEN {REFUND} THEN 2 * amount WHEN {ORDER} THEN -amount ELSE 0 END AS refunded,
        CASE kind WHEN {COST} THEN amount WHEN {ORDER} THEN -coalesce(margin, 0) ELSE 0 END AS lost
    """,
    "enters": ", gap, refunded, lost, category, 1 AS sign",
    "kinds_365": f"({ORDER}, {COST})",
    "leaves_365": ", -lost AS lost",
    "leaves_180": f"""
        UNION ALL BY NAME
        SELECT customer, day + 180 AS day, -refunded AS refunded, category, -1 AS sign
        FROM counted WHERE kind IN {(ORDER, REFUND)}
    """,
    "folded": f""",
        min(time) FILTER (kind = {ORDER}) AS first,
        arg_max(gap, row) FILTER (kind = {ORDER}) AS gap,
        sum(refunded)::BIGINT AS refunded,
        sum(lost)::BIGINT AS lost
        {_lines(", sum(sign) FILTER (category = #)::INTEGER AS c#")}
    """,
    "measured": f""",
        min(first) OVER past AS first,
        last_value(gap IGNORE NULLS) OVER past AS gap,
        sum(refunded) OVER past AS refunded,
        sum(lost) OVER past AS lost
        {_lines(", sum(c#) OVER past AS c#")}
    """,
    "stages": f"""
        WHEN now - last >= {180 * DAY} THEN 11
        WHEN now - first >= {365 * DAY} AND lost > 0 THEN 10
        WHEN refunded > 0 THEN 9
        WHEN now - last >= {90 * DAY} THEN 8
        WHEN gap >= {180 * DAY} THEN 7
        WHEN recent >= 5 OR score >= 9000000 THEN 6
        WHEN 0{_lines(" + coalesce(c# > 0, false)::TINYINT")} >= 3 THEN 5
        WHEN orders >= 2 THEN 4
        WHEN orders >= 1 THEN 3
        WHEN signed THEN 2
        WHEN visited THEN 1
    """,
}


def run(company: Path, lifecycle: str, target: Path, people: int) -> Ran:
    """The history by days of at most `people` customers (0: all), evenly chosen; the time is scaled to all of them.

    Choosing them is not scaled: it reads everybody's rows once, as the whole would.
    """
    store = target.with_suffix(".duckdb")
    store.unlink(missing_ok=True)
    parts = {"simple": _SIMPLE, "hard": _HARD}[lifecycle]
    with duckdb.connect(str(store)) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH '{company / 'rows.duckdb'}' AS company (READ_ONLY)")
        ((everybody,),) = connection.execute("SELECT max(customer) + 1 FROM company.rows").fetchall()
        stride = max(1, everybody // people) if people else 1
        clock = Clock()
        connection.execute(_COUNTED.format(day=DAY, kinds=KINDS[lifecycle], stride=stride, **parts))
        clock.lap("read")
        for statement in (_FOLDED, _STAGED, _MOVES):
            connection.execute(statement.format(**parts))
        clock.lap("compute")
        ((ran,),) = connection.execute("SELECT count(DISTINCT customer) FROM folded").fetchall()
        connection.execute(f"COPY moves TO '{target}' (FORMAT parquet)")
    store.unlink()
    seconds = clock.parts["read"] + clock.parts["compute"] * everybody / ran
    return Ran(seconds=seconds, parts=clock.parts, stride=stride)

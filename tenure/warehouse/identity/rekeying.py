"""What people did, moved to the customer they belong to now: events, traits, measures, scores, and who is a unit.

Most often a whole unit joins another one: its rows move as they are. Where a customer comes apart, rows are told apart
by the id that they are of, and measures are extracted again.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tenure.warehouse import measures, membership
from tenure.warehouse.connection import first_row
from tenure.warehouse.identity.finding import own_id
from tenure.warehouse.identity.rules import Rules
from tenure.warehouse.measured_anew import anew_at
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.windows import Windows

_EVENTS = (
    f"message_hash, message_id, now AS customer, CAST(now % {BUCKETS} AS UTINYINT) AS bucket, anonymous_id, user_id, "
    "account, type, name, time, received_at, source, properties, context"
)
_SCRATCH = ("rekeyed_ids", "joining", "parting", "moving", "concerned")


def rekey(connection: duckdb.DuckDBPyConnection, windows: Windows, moved: pa.Table, rules: Rules) -> None:
    """Nothing; moves the rows of ids (id, old, new, gone) from the old key to the new one, in every table.

    `gone` are ids that are no unit of their own any more. An id without an old key has no rows. Histories are brought
    up to date by the next refresh.
    """
    had = moved.filter(moved["old"].is_valid())
    if not had.num_rows:
        return
    windows.show("rekeyed", had)
    for name, query in (
        ("rekeyed_ids", "SELECT * FROM rekeyed"),
        # units that join another one, with all that is theirs
        ("joining", ("SELECT old, any_value(new) AS new FROM rekeyed GROUP BY old "
                    "HAVING bool_or(gone) AND count(DISTINCT new) = 1")),
        # the others: their rows are of one id or of another
        ("parting", "SELECT DISTINCT old AS unit FROM rekeyed WHERE old NOT IN (SELECT old FROM joining)"),
        ("concerned", "SELECT old AS unit FROM rekeyed UNION SELECT new FROM rekeyed"),
    ):  # fmt: skip
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    apart = first_row(connection, "SELECT 1 FROM parting LIMIT 1") is not None
    _gather(connection, rules, apart=apart)
    connection.execute("DELETE FROM events WHERE rowid IN (SELECT place FROM moving)")
    connection.execute(f"INSERT INTO events SELECT {_EVENTS} FROM moving ORDER BY bucket, customer, time")
    _move_traits(connection)
    _move_scores(connection)
    _join_measures(connection)
    if apart:
        connection.execute(
            "INSERT INTO parting SELECT DISTINCT now FROM moving WHERE customer IN (SELECT unit FROM parting)"
        )
        measures.extract_again(connection, CUSTOMER, "parting")
        _see_again(connection)
    if membership.move(connection, "moving"):
        membership.settle(connection, "merge")
    connection.execute("INSERT INTO touched SELECT unit, 'merge' FROM concerned")
    for scratch in _SCRATCH:
        connection.execute(f"DROP TABLE temp.{scratch}")


def _gather(connection: duckdb.DuckDBPyConnection, rules: Rules, *, apart: bool) -> None:
    """Makes `moving`: the events that move, with their place and the key they have `now`."""
    query = "SELECT e.rowid AS place, j.new AS now, e.* FROM events AS e JOIN joining AS j ON e.customer = j.old"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE moving AS {query}")
    if apart:
        connection.execute(
            "INSERT INTO moving SELECT e.place, r.new, e.* EXCLUDE (place) FROM (SELECT rowid AS place, * FROM events "
            "WHERE customer IN (SELECT unit FROM parting)) AS e JOIN rekeyed_ids AS r "
            f"ON r.old = e.customer AND r.id = {own_id('e.user_id', rules)}"
        )


def _move_traits(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE moving_traits AS SELECT t.rowid AS place, m.now, t.* FROM trait_changes AS t "
        "JOIN (SELECT DISTINCT message_id, customer, now FROM moving) AS m USING (message_id, customer) "
        "WHERE t.customer IN (SELECT DISTINCT customer FROM moving)"
    )
    connection.execute("DELETE FROM trait_changes WHERE rowid IN (SELECT place FROM moving_traits)")
    connection.execute(
        f"INSERT INTO trait_changes SELECT now, CAST(now % {BUCKETS} AS UTINYINT), name, time, message_id, "
        "received_at, value FROM moving_traits ORDER BY 2, 1, time"
    )
    connection.execute("DROP TABLE moving_traits")


def _move_scores(connection: duckdb.DuckDBPyConnection) -> None:
    """Who is no unit any more leaves the scores to the customer who has none for that moment."""
    connection.execute(
        "UPDATE scores SET customer = j.new FROM joining AS j WHERE scores.customer = j.old AND NOT EXISTS "
        "(SELECT 1 FROM scores AS theirs WHERE theirs.customer = j.new AND theirs.model = scores.model "
        "AND theirs.name = scores.name AND theirs.as_of = scores.as_of)"
    )
    for table in ("scores", "score_reasons"):
        connection.execute(f"DELETE FROM {table} WHERE customer IN (SELECT old FROM joining)")


def _join_measures(connection: duckdb.DuckDBPyConnection) -> None:
    """Moves the measures of units that join others; those of one moment are put in order anew."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE moving_measures AS SELECT m.*, j.new FROM measures AS m "
        "JOIN joining AS j ON m.unit = j.old"
    )
    scores = [number for kind, number in measures.registered(connection).items() if kind.reads == "score"]
    if scores:
        # a score that the customer has for that moment stays
        connection.execute(
            f"DELETE FROM moving_measures WHERE kind IN ({', '.join(map(str, scores))}) AND (new, kind, time) IN "
            "(SELECT (unit, kind, time) FROM measures WHERE unit IN (SELECT new FROM joining))"
        )
    connection.execute("DELETE FROM measures WHERE unit IN (SELECT old FROM joining)")
    # two who join may have done something at the same moment as the third
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shared AS SELECT new AS unit, time FROM moving_measures GROUP BY ALL "
        "HAVING count(DISTINCT unit) > 1 UNION SELECT unit, time FROM measures SEMI JOIN "
        "(SELECT DISTINCT new AS unit, time FROM moving_measures) USING (unit, time)"
    )
    connection.execute(
        f"INSERT INTO measures SELECT new, new % {BUCKETS}, time, kind, value, text, tie, received_at "
        "FROM moving_measures ORDER BY kind, new, time"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE moving_firsts AS SELECT j.new, f.kind, f.time FROM first_measures AS f "
        "JOIN joining AS j ON f.unit = j.old"
    )
    connection.execute("DELETE FROM first_measures WHERE unit IN (SELECT old FROM joining)")
    connection.execute("INSERT INTO first_measures SELECT * FROM moving_firsts ORDER BY kind, new")
    if first_row(connection, "SELECT 1 FROM shared LIMIT 1"):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE moments AS SELECT {_EVENTS} FROM moving "
            "WHERE (now, time) IN (SELECT (unit, time) FROM shared)"
        )
        anew_at(connection, "moments")
        connection.execute("DROP TABLE moments")
    connection.execute(
        "UPDATE units SET first_seen = o.first_seen FROM (SELECT j.new, min(units.first_seen) AS first_seen "
        "FROM joining AS j JOIN units ON units.key = j.old GROUP BY j.new) AS o "
        "WHERE units.key = o.new AND o.first_seen < units.first_seen"
    )
    # whoever is called by an id that had no events of its own until now
    connection.execute(
        f"INSERT INTO units SELECT o.new, '{CUSTOMER}', substr(i.node, 4), o.first_seen FROM (SELECT j.new, "
        "min(units.first_seen) AS first_seen FROM joining AS j JOIN units ON units.key = j.old GROUP BY j.new) AS o "
        "JOIN (SELECT customer, node FROM identities WHERE why = 'own' AND starts_with(node, 'id:') "
        "AND customer IN (SELECT new FROM joining)) AS i ON i.customer = o.new "
        "WHERE o.new NOT IN (SELECT key FROM units WHERE key IN (SELECT new FROM joining))"
    )
    connection.execute("DELETE FROM units WHERE key IN (SELECT old FROM joining)")
    for scratch in ("moving_measures", "moving_firsts", "shared"):
        connection.execute(f"DROP TABLE temp.{scratch}")


def _see_again(connection: duckdb.DuckDBPyConnection) -> None:
    """When customers who came apart were first seen, and who of them is new, or has nothing left."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE seen AS SELECT customer AS key, min(time) AS first_seen FROM events "
        "WHERE customer IN (SELECT unit FROM parting) GROUP BY customer"
    )
    connection.execute(
        "UPDATE units SET first_seen = seen.first_seen FROM seen WHERE units.key = seen.key "
        "AND units.first_seen <> seen.first_seen"
    )
    connection.execute(
        f"DELETE FROM units WHERE kind = '{CUSTOMER}' AND key IN (SELECT unit FROM parting) "
        "AND key NOT IN (SELECT key FROM seen)"
    )
    connection.execute(
        f"INSERT INTO units SELECT key, '{CUSTOMER}', substr(node, 4), first_seen FROM seen JOIN (SELECT customer, "
        "node FROM identities WHERE why = 'own' AND starts_with(node, 'id:') "
        "AND customer IN (SELECT key FROM seen)) "
        "ON customer = key WHERE key NOT IN (SELECT key FROM units WHERE key IN (SELECT key FROM seen))"
    )
    connection.execute("DROP TABLE seen")

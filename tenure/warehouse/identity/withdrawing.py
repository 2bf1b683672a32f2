"""Links whose events leave the log: what else says the same takes their place, or they are gone."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from tenure.warehouse.connection import first_row
from tenure.warehouse.facts import fact, set_fact
from tenure.warehouse.identity.finding import LINKS, links_in
from tenure.warehouse.identity.following import NODE_HASH, follow
from tenure.warehouse.identity.rules import Rules
from tenure.warehouse.known import Known
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.windows import Windows, arrow

# the ids that `withdraw` leaves to be folded anew
LOST = "SELECT first AS node FROM lost UNION SELECT second FROM lost"
_RULES = "identity rules"


def withdraw(connection: duckdb.DuckDBPyConnection, replaced: str) -> None:
    """Nothing; takes the links of the events in `replaced`, which have left the log, out; makes `lost` of them."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE lost AS SELECT * FROM identity_links WHERE message_id IN "
        f"(SELECT message_id FROM {replaced})"
    )
    connection.execute("DELETE FROM identity_links WHERE hash IN (SELECT hash FROM lost)")


def said_again(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The links in `lost` that other events of the log tell, too (columns of `LINKS`)."""
    if first_row(connection, "SELECT 1 FROM lost LIMIT 1") is None:
        return LINKS.empty_table()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE telling_again AS SELECT * FROM events WHERE customer IN (SELECT customer FROM "
        f"identities WHERE hash IN (SELECT {NODE_HASH} FROM ({LOST})) UNION SELECT key FROM units "
        f"WHERE kind = 'customer' AND 'id:' || id IN ({LOST}))"
    )
    links_in_log = links_in(connection, "telling_again", user="user_id")
    connection.execute("DROP TABLE temp.telling_again")
    windows = Windows(connection)
    try:
        windows.show("in_log", links_in_log)
        return arrow(
            connection,
            "SELECT l.* FROM in_log AS l SEMI JOIN lost ON l.first = lost.first AND l.second = lost.second "
            "AND l.how = lost.how AND l.known = lost.known",
        ).cast(LINKS)
    finally:
        windows.close()


def drop_ids(connection: duckdb.DuckDBPyConnection, nodes: Sequence[str], rules: Rules) -> None:
    """Nothing; takes ids, with all that was ever said of them, out; who is left is whose the other links say."""
    listed = ", ".join(map(quote_text, nodes))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE lost AS SELECT * FROM identity_links "
        f"WHERE first IN ({listed}) OR second IN ({listed})"
    )
    connection.execute("DELETE FROM identity_links WHERE hash IN (SELECT hash FROM lost)")
    connection.execute(f"DELETE FROM identities WHERE node IN ({listed})")
    windows = Windows(connection)
    try:
        anew = f"SELECT node FROM ({LOST}) WHERE node NOT IN ({listed})"
        follow(connection, windows, LINKS.empty_table(), Known(), rules, anew=anew)
    finally:
        windows.close()
    connection.execute("DROP TABLE temp.lost")


def settle(connection: duckdb.DuckDBPyConnection, windows: Windows, known: Known, rules: Rules) -> bool:
    """Whether identities had to be folded anew: because the rules are others now, or nobody ever did it."""
    told = fact(connection, _RULES)
    if told == rules.key:
        return False
    set_fact(connection, _RULES, rules.key)
    if told is None:
        fresh = links_in(connection, "events", user="user_id")
        follow(connection, windows, fresh, known, rules)
        return bool(fresh.num_rows)
    follow(connection, windows, LINKS.empty_table(), known, rules, anew="SELECT node FROM identities")
    return True

"""Which account people are in, and since when: told by `group` calls, and by events that say that somebody left.

Where a membership changes, the events of that customer belong to other accounts, and those are extracted again.
"""

from __future__ import annotations

from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.keyed import ACCOUNT, LEFT, keyed_events
from tenure.warehouse.measures import extract_again, registered
from tenure.warehouse.schema import BUCKETS

LEAVING = ("Account Removed User", "Relationship Removed")
_TOLD = (
    "SELECT customer, CASE WHEN type = 'group' THEN account ELSE '{left}' END AS account, time, message_id "
    "FROM {events} WHERE customer IS NOT NULL AND ((type = 'group' AND account IS NOT NULL) OR name IN ({names}))"
)


def told_in(events: str) -> str:
    """SQL of the memberships that events tell: customer, account, time, message_id."""
    names = ", ".join(f"'{name}'" for name in LEAVING)
    return _TOLD.format(left=LEFT, events=events, names=names)


def join(connection: Connection, incoming: str) -> bool:
    """Whether `incoming` (columns of `events`) changes whose the events of others of its customers are.

    Makes `changing`, the accounts concerned; call `settle` once the measures of `incoming` are there.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE joined AS {told_in(incoming)}")
    if first_row(connection, "SELECT 1 FROM joined LIMIT 1") is None:
        return False
    _keep_traits(connection, incoming)
    _note_accounts(connection, "SELECT customer FROM joined")
    connection.execute("INSERT INTO memberships SELECT * FROM joined ORDER BY customer, time")
    connection.execute(f"INSERT INTO changing {_accounts_of('SELECT customer FROM joined')}")
    connection.execute("DROP TABLE temp.joined")
    return True


def settle(connection: Connection, cause: str) -> None:
    """Nothing; extracts the measures of the accounts in `changing` anew, and says that they are touched."""
    connection.execute("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT unit FROM changing")
    if any(kind.unit == ACCOUNT for kind in registered(connection)):
        extract_again(connection, ACCOUNT, "changed")
        see(connection, "SELECT unit FROM changed")
        connection.execute("INSERT INTO touched SELECT unit, ? FROM changed", [cause])
    for scratch in ("changing", "changed"):
        connection.execute(f"DROP TABLE temp.{scratch}")


def see(connection: Connection, accounts: str) -> None:
    """Nothing; sets when the accounts of a query (unit) were first seen, by all events that are theirs."""
    connection.execute(
        f"UPDATE units SET first_seen = s.first_seen FROM (SELECT unit, min(time) AS first_seen "
        f"FROM ({keyed_events(ACCOUNT, 'events')}) WHERE unit IN ({accounts}) GROUP BY unit) AS s "
        "WHERE units.key = s.unit AND units.first_seen <> s.first_seen"
    )


def leave(connection: Connection, replaced: str) -> bool:
    """Whether events that left the log had told of memberships; makes `changing` of the accounts concerned."""
    theirs = f"SELECT customer FROM ({told_in(replaced)})"
    if first_row(connection, f"SELECT 1 FROM ({theirs}) LIMIT 1") is None:
        return False
    _note_accounts(connection, theirs)
    connection.execute(f"DELETE FROM memberships WHERE message_id IN (SELECT message_id FROM ({told_in(replaced)}))")
    connection.execute(
        "DELETE FROM trait_changes WHERE customer IN (SELECT unit FROM changing) "
        f"AND message_id IN (SELECT message_id FROM {replaced})"
    )
    return True


def move(connection: Connection, moving: str) -> bool:
    """Whether the customers of the events in `moving` (with the key they have `now`) are in accounts.

    Moves what those events told, and makes `changing` of the accounts of all who are concerned.
    """
    if first_row(connection, "SELECT 1 FROM memberships LIMIT 1") is None:
        return False
    theirs = f"SELECT customer FROM {moving} UNION SELECT now FROM {moving}"
    _note_accounts(connection, theirs)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE moving_members AS SELECT m.now AS customer, p.account, p.time, p.message_id "
        f"FROM memberships AS p JOIN (SELECT message_id, customer, now FROM {moving}) AS m USING (message_id, customer)"
    )
    connection.execute("DELETE FROM memberships WHERE message_id IN (SELECT message_id FROM moving_members)")
    connection.execute("INSERT INTO memberships SELECT * FROM moving_members ORDER BY customer, time")
    connection.execute("DROP TABLE moving_members")
    return first_row(connection, "SELECT 1 FROM changing LIMIT 1") is not None


def _note_accounts(connection: Connection, customers: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changing AS {_accounts_of(customers)}")


def _accounts_of(customers: str) -> str:
    return (
        f"SELECT key AS unit FROM units WHERE kind = '{ACCOUNT}' AND id IN "
        f"(SELECT account FROM memberships WHERE customer IN ({customers}))"
    )


def _keep_traits(connection: Connection, incoming: str) -> None:
    """Keeps what `group` calls tell of accounts among the traits, under the account."""
    connection.execute(
        f"""
        INSERT INTO trait_changes
        SELECT key, CAST(key % {BUCKETS} AS UTINYINT), trait.key, time, message_id, received_at,
               coalesce(CAST(trait.value AS VARCHAR), 'null')
        FROM (
            SELECT u.key, e.time, e.message_id, e.received_at,
                   unnest(map_entries(from_json(e.properties, '"MAP(VARCHAR, JSON)"'))) AS trait
            FROM {incoming} AS e JOIN units AS u ON u.kind = '{ACCOUNT}' AND u.id = e.account
            WHERE e.type = 'group' AND e.properties <> '{{}}'
        )
        ORDER BY 2, 1, time
        """
    )

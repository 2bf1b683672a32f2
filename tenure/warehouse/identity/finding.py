"""What events say of ids, found among many at once: a link a pair, with the first event that says it.

Four things tell that two ids are of one person: an event that names a user beside a visitor; the e-mail, telephone
number and external ids among its traits; a user id that is an e-mail itself; an alias or merge call.
"""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tenure.warehouse.identity.rules import Rules
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.windows import arrow

MERGED, SEPARATED = "Identities Merged", "Identities Separated"
# message ids of what people decide in the application; nobody outside can send such a one
BY_HAND = "tenure:identity:"
LINKS = pa.schema(
    [
        pa.field("first", pa.string()),
        pa.field("second", pa.string()),
        pa.field("how", pa.string()),
        pa.field("known", pa.bool_()),
        pa.field("time", pa.int64()),
        pa.field("message_id", pa.string()),
        pa.field("received_at", pa.int64()),
    ]
)
# what is read of arriving rows
TELLING = ["customer_id", "anonymous_id", "type", "name", "time", "message_id", "received_at", "properties", "context"]
_KIND = "[a-z][a-z0-9_.-]{0,40}"
_TELLS = re.compile('"email"|"phone"|"externalIds"').pattern
_EMAIL = "lower(trim({0}))"
_PHONE = r"regexp_replace(regexp_replace({0}, '[^0-9+]', '', 'g'), '^00', '+')"


def own_id(user: str, rules: Rules) -> str:
    """SQL of the id that an event is of: its user, or its visitor where it names no user or one that says nothing."""
    blocked = f"regexp_full_match(lower(trim({user})), {quote_text(rules.pattern)})"
    return f"CASE WHEN anonymous_id IS NOT NULL AND {blocked} THEN anonymous_id ELSE coalesce({user}, anonymous_id) END"


def own_ids(events: pa.Table, rules: Rules) -> pa.ChunkedArray:
    """The id that each arriving event is of."""
    users, visitors = events["customer_id"], events["anonymous_id"]
    if visitors.null_count == len(visitors) or users.null_count == len(users):
        return pc.coalesce(users, visitors)
    small = pc.utf8_lower(pc.utf8_trim_whitespace(users))
    nobody = pc.fill_null(pc.match_substring_regex(small, f"^(?:{rules.pattern})$"), False)
    return pc.if_else(pc.and_(nobody, pc.is_valid(visitors)), visitors, pc.coalesce(users, visitors))


def tells(events: pa.Table) -> bool:
    """Whether arriving events may tell of more ids than the one that each is of."""
    if events["anonymous_id"].null_count < events.num_rows and events["customer_id"].null_count < events.num_rows:
        return True
    context = events["context"]
    if context.null_count < events.num_rows and pc.any(pc.match_substring_regex(context, _TELLS)).as_py():
        return True
    return bool(
        pc.any(pc.match_substring(events["customer_id"], "@")).as_py()
        or pc.any(pc.equal(events["type"], "alias")).as_py()
    )


def links_in(connection: duckdb.DuckDBPyConnection, events: str, *, user: str = "customer_id") -> pa.Table:
    """The links that the rows of a relation tell (columns of `LINKS`), of each pair the first; `user` is a column."""
    arms = [
        (f"SELECT 'id:' || {user} AS first, 'id:' || anonymous_id AS second, 'named' AS how, true AS known, "
        f"time, message_id, received_at FROM {events} "
        f"WHERE {user} IS NOT NULL AND anonymous_id IS NOT NULL AND {user} <> anonymous_id"),
        _claimed(f"'id:' || {user}", "true", f"'email:' || {_EMAIL.format(user)}",
                 f"{events} WHERE contains({user}, '@')"),
    ]  # fmt: skip
    flags = connection.execute(
        f"SELECT bool_or(regexp_matches(context, {quote_text(_TELLS)})), bool_or(type = 'alias') FROM {events}"
    ).fetchall()
    tells, aliases = flags[0] if flags else (False, False)
    if tells:
        arms.append(_told(events, user))
    if aliases:
        arms += _aliases(events, user)
    rows = " UNION ALL ".join(arms)
    # what people decide counts each time
    again = "CASE WHEN how IN ('alias', 'hand', 'undo') THEN message_id END"
    found = (
        f"SELECT first, second, how, known, min(time) AS time, arg_min(message_id, (time, message_id)) AS message_id, "
        f"arg_min(received_at, (time, message_id)) AS received_at FROM ({rows}) WHERE first <> second "
        f"GROUP BY first, second, how, known, {again}"
    )
    return arrow(connection, found).cast(LINKS)


def _claimed(first: str, known: str, second: str, source: str) -> str:
    return f"SELECT {first}, {second}, 'claimed', {known}, time, message_id, received_at FROM {source}"


def _told(events: str, user: str) -> str:
    """SQL of what traits and external ids claim."""
    told = (
        f"SELECT 'id:' || coalesce({user}, anonymous_id) AS first, {user} IS NOT NULL AS known, time, message_id, "
        "received_at, json_extract_string(context, '$.traits.email') AS email, "
        "json_extract_string(context, '$.traits.phone') AS phone, "
        """from_json(json_extract(context, '$.externalIds'), '[{"id":"VARCHAR","type":"VARCHAR"}]') AS others """
        f"FROM {events} WHERE regexp_matches(context, {quote_text(_TELLS)}) "
        f"AND coalesce({user}, anonymous_id) IS NOT NULL"
    )
    phone = _PHONE.format("phone")
    others = (
        f"SELECT first, known, time, message_id, received_at, lower(other.type) AS kind, trim(other.id) AS value "
        f"FROM (SELECT *, unnest(others) AS other FROM ({told}))"
    )
    arms = (
        _claimed("first", "known", f"'email:' || {_EMAIL.format('email')}", f"({told}) WHERE contains(email, '@')"),
        _claimed("first", "known", f"'phone:' || {phone}",
                 f"({told}) WHERE regexp_matches({phone}, '^[+]?[0-9]{{7,15}}$')"),
        _claimed(
            "first", "known",
            f"kind || ':' || CASE kind WHEN 'email' THEN {_EMAIL.format('value')} WHEN 'phone' THEN "
            f"{_PHONE.format('value')} ELSE value END",
            f"({others}) WHERE regexp_full_match(kind, '{_KIND}') AND kind NOT IN ('id', 'user', 'anonymous', "
            "'user_id', 'anonymous_id') AND value <> ''",
        ),
    )  # fmt: skip
    return " UNION ALL ".join(arms)


def _aliases(events: str, user: str) -> list[str]:
    """SQL of the calls and decisions that say of two ids that they are one person, or are not."""
    by_hand = f"starts_with(message_id, {quote_text(BY_HAND)})"
    calls = (
        f"SELECT 'id:' || {user} AS first, json_extract_string(properties, '$.previous_id') AS other, "
        "json_extract_string(properties, '$.previous_kind') AS kind, "
        "json_extract_string(properties, '$.first_kind') || ':' || json_extract_string(properties, '$.first_id') "
        "AS of, "
        "json_extract_string(properties, '$.second_kind') || ':' || json_extract_string(properties, '$.second_id') "
        "AS node, "
        f"name, {by_hand} AS hand, time, message_id, received_at FROM {events} "
        f"WHERE type = 'alias' AND {user} IS NOT NULL"
    )
    said = f"({calls}) WHERE other IS NOT NULL AND name = '{MERGED}'"
    undone = f"({calls}) WHERE hand AND name = '{SEPARATED}' AND of IS NOT NULL AND node IS NOT NULL"
    return [
        (
            "SELECT first, 'id:' || other, CASE WHEN hand THEN 'hand' ELSE 'alias' END, true, time, message_id, "
            f"received_at FROM {said}"
        ),
        _claimed("'id:' || other", "true", f"'email:' || {_EMAIL.format('other')}", f"{said} AND contains(other, '@')"),
        _claimed(
            "'id:' || other",
            "true",
            "kind || ':' || other",
            f"{said} AND regexp_full_match(kind, '{_KIND}') AND kind NOT IN ('id', 'user', 'anonymous')",
        ),
        f"SELECT of, node, 'undo', true, time, message_id, received_at FROM {undone}",
    ]

"""The tables of the event store, as every engine has them.

Times are whole microseconds since 1970-01-01 UTC (BIGINT). Text ids stand at the edges; inside, whoever has a history
(a customer, an account, a deal …: a *unit*) is an integer key. `bucket` is key % 64, the unit of compaction.
"""

from __future__ import annotations

BUCKETS = 64
SCHEMA_VERSION = 3

TABLES: dict[str, str] = {
    # what the store is: schema version, workspace id, as_of of the last refresh
    "facts": "name VARCHAR NOT NULL, value VARCHAR",
    # people and, under their kind ('customer', 'account', a property such as 'deal_id'), everything else with a history
    "units": "key BIGINT NOT NULL, kind VARCHAR NOT NULL, id VARCHAR NOT NULL, first_seen BIGINT NOT NULL",
    # properties and context are JSON objects as text: exact decimals survive, every engine reads them
    "events": (
        "message_hash UBIGINT NOT NULL, message_id VARCHAR NOT NULL, customer BIGINT, bucket UTINYINT, "
        "anonymous_id VARCHAR, user_id VARCHAR, account VARCHAR, type VARCHAR NOT NULL, name VARCHAR NOT NULL, "
        "time BIGINT NOT NULL, received_at BIGINT NOT NULL, source VARCHAR NOT NULL, properties VARCHAR NOT NULL, "
        "context VARCHAR"
    ),
    # one row a trait that an event sets; value is JSON, 'null' makes the trait unknown
    "trait_changes": (
        "customer BIGINT NOT NULL, bucket UTINYINT NOT NULL, name VARCHAR NOT NULL, time BIGINT NOT NULL, "
        "message_id VARCHAR NOT NULL, received_at BIGINT NOT NULL, value VARCHAR NOT NULL"
    ),
    # what measures were extracted for: one JSON text a kind (unit, events, where, property)
    "kinds": "kind SMALLINT NOT NULL, definition VARCHAR NOT NULL",
    # one narrow typed row an event that some definition counts; `tie` orders rows of one unit, kind and time
    "measures": (
        "unit BIGINT NOT NULL, bucket UTINYINT NOT NULL, time BIGINT NOT NULL, kind SMALLINT NOT NULL, "
        "value DECIMAL(38,6), text VARCHAR, tie INTEGER NOT NULL, received_at BIGINT NOT NULL"
    ),
    # when each unit's first measure of each kind was; where several rows tell, the earliest is right
    "first_measures": "unit BIGINT NOT NULL, kind SMALLINT NOT NULL, time BIGINT NOT NULL",
    # units whose events changed since the last refresh, and why: 'event', 'import', 'merge', 'erase'
    "touched": "unit BIGINT NOT NULL, cause VARCHAR",
    # the applied definitions: id is the hash of the canonical form, body the JSON of lifecycle and stages
    "definitions": "lifecycle VARCHAR NOT NULL, id VARCHAR NOT NULL, body VARCHAR NOT NULL, code SMALLINT NOT NULL",
    # exact history; lifecycle is the code in `definitions`, stages are positions in its list
    "stage_codes": (
        "lifecycle SMALLINT NOT NULL, unit BIGINT NOT NULL, stage SMALLINT, previous SMALLINT, "
        "entered_at BIGINT NOT NULL, left_at BIGINT"
    ),
    # what became known of who moved when: see lifecycle/feed.py; names are those of the moment at which it was told
    "moves": (
        "seq BIGINT NOT NULL, lifecycle VARCHAR NOT NULL, unit BIGINT, stage VARCHAR, previous VARCHAR, "
        "moved_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, cause VARCHAR NOT NULL, definition VARCHAR NOT NULL, "
        "retracts BIGINT"
    ),
    # what events say of ids, of each pair the first: two ids (with their kinds, as `id:c17`) are of one person. `how`
    # is 'named', 'claimed', 'alias', 'hand' or 'undo', `hash` that of what makes it the same link when it comes again
    "identity_links": (
        "hash UBIGINT NOT NULL, first VARCHAR NOT NULL, second VARCHAR NOT NULL, how VARCHAR NOT NULL, "
        "known BOOLEAN NOT NULL, time BIGINT NOT NULL, message_id VARCHAR NOT NULL, received_at BIGINT NOT NULL, "
        "component BIGINT"
    ),
    # whose each of those ids is, as the fold of the links says, and since which event; `why` is 'own' for the id by
    # which the customer is called. Ids with one `component` are tied by links, counted or refused; none: nobody's
    "identities": (
        "hash UBIGINT NOT NULL, node VARCHAR NOT NULL, kind VARCHAR NOT NULL, customer BIGINT, component BIGINT, "
        "time BIGINT NOT NULL, message_id VARCHAR NOT NULL, why VARCHAR NOT NULL, because VARCHAR NOT NULL"
    ),
    # which account customers are in from a moment on, as `group` calls say; '' for none
    "memberships": (
        "customer BIGINT NOT NULL, account VARCHAR NOT NULL, time BIGINT NOT NULL, message_id VARCHAR NOT NULL"
    ),
    # what was predicted of each unit, for a moment: rows are added, and never changed once a later moment was written
    "scores": (
        "customer BIGINT NOT NULL, model VARCHAR NOT NULL, name VARCHAR NOT NULL, value DOUBLE, low DOUBLE, "
        "high DOUBLE, as_of BIGINT NOT NULL, written_at BIGINT"
    ),
    # why the last scores are what they are, in words, the weightiest first; `points` is what it adds to the value
    "score_reasons": (
        "customer BIGINT NOT NULL, name VARCHAR NOT NULL, as_of BIGINT NOT NULL, place UTINYINT NOT NULL, "
        "said VARCHAR NOT NULL, points DOUBLE"
    ),
    # the card of each model whenever its scores were written: what was found, as JSON
    "model_cards": "name VARCHAR NOT NULL, as_of BIGINT NOT NULL, written_at BIGINT NOT NULL, body VARCHAR NOT NULL",
    "rejected": (
        "load BIGINT NOT NULL, source VARCHAR NOT NULL, file VARCHAR NOT NULL, position BIGINT, "
        "reason VARCHAR NOT NULL, raw VARCHAR"
    ),
    # one row a file that was read; `fingerprint` (size, time, source) tells what need not be read again
    "loads": (
        "load BIGINT NOT NULL, source VARCHAR NOT NULL, file VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, "
        "received_at BIGINT NOT NULL, read BIGINT NOT NULL, loaded BIGINT NOT NULL, duplicates BIGINT NOT NULL, "
        "changed BIGINT NOT NULL, rejected BIGINT NOT NULL"
    ),
}

# columns that tables of older stores lack: table, column, type; they are added when such a store is opened
ADDED: tuple[tuple[str, str, str], ...] = (
    ("touched", "cause", "VARCHAR"), ("scores", "written_at", "BIGINT"),
)  # fmt: skip

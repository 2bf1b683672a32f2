"""What else befalls identities: replaced and erased events, old stores, other rules, what clients send, and people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import tenure
from tenure.errors import UsageError
from tenure.events import Event
from tenure.ingest.recording import append
from tenure.ingest.tracking import Delivery, read
from tenure.warehouse.duckdb import Store
from tenure.warehouse.identity import DEFAULT, Rules
from tenure.warehouse.identity.asking import Unit, unit_of

from .told import Told

NOW = 100


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.duckdb", threads=1) as opened:
        yield opened


def take(store: Store, *told: Told) -> None:
    append(store, [one.event for one in told], received_at=NOW)


def whose(store: Store) -> list[tuple[int, str]]:
    rows: list[tuple[int, str]] = store.connection().execute(
        "SELECT time, units.id FROM events JOIN units ON units.key = customer ORDER BY time"
    ).fetchall()  # fmt: skip
    return rows


def units(store: Store) -> list[str]:
    return [one for (one,) in store.connection().execute("SELECT id FROM units ORDER BY id").fetchall()]


def test_whoever_has_an_id_is_found_by_it(store: Store) -> None:
    take(store, Told(time=1, visitor="v1"), Told(time=2, user="u1", visitor="v1", email="Ann@x.org"))
    assert {unit_of(store.connection(), one) for one in ("v1", "u1", " ANN@x.org")} == {
        Unit(key=1, id="u1", first_seen=1)
    }
    assert unit_of(store.connection(), "x.org") is None and unit_of(store.connection(), "email:ann@x.org") is None


def test_an_event_that_is_replaced_takes_its_link_back(store: Store) -> None:
    take(store, Told(time=1, visitor="v1"), Told(time=2, user="u1", visitor="v1"))
    assert whose(store) == [(1, "u1"), (2, "u1")]
    again = Event(name="Seen", time=2, customer_id="u1", message_id=Told(time=2, user="u1", visitor="v1").message_id)
    append(store, [again], received_at=NOW, on_change="replace")
    assert whose(store) == [(1, "v1"), (2, "u1")] and units(store) == ["u1", "v1"]
    take(store, Told(time=3, user="u1", visitor="v1"), Told(time=4, user="u1", visitor="v1"))
    last = Event(name="Seen", time=3, customer_id="u1", message_id=Told(time=3, user="u1", visitor="v1").message_id)
    append(store, [last], received_at=NOW, on_change="replace")
    # another event says the same
    assert whose(store) == [(1, "u1"), (2, "u1"), (3, "u1"), (4, "u1")]


def test_erasing_one_id_erases_the_person(store: Store) -> None:
    take(
        store, Told(time=1, visitor="v1"), Told(time=2, user="u1", visitor="v1", email="ann@x.org"),
        Told(time=3, user="u2", previous="u1", hand=True), Told(time=4, user="u3", visitor="v1"),
    )  # fmt: skip
    done = store.erase("ann@x.org")
    assert done.ids == ("u2", "u1") and done.events == 3
    # the device was somebody else's, too
    assert whose(store) == [(4, "u3")] and units(store) == ["u3"]
    held = store.connection().execute("SELECT node FROM identities ORDER BY node").fetchall()
    assert held == [("id:u3",), ("id:v1",)]
    for gone in ("u1", "u2", "ann@x.org"):
        assert append(store, [Event(name="Seen", time=9, customer_id=gone)], received_at=NOW).loaded == 0
    take(store, Told(time=5, visitor="v1"))
    assert whose(store) == [(4, "u3"), (5, "u3")]


def test_an_older_store_is_folded_by_the_first_import(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as old:
        take(old, Told(time=1, visitor="v1"), Told(time=2, user="u1"), Told(time=3, user="u1", visitor="v1"))
        connection = old.connection()
        for table in ("identities", "identity_links", "memberships"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE touched DROP COLUMN cause")
        connection.execute("DELETE FROM facts WHERE name = 'identity rules'")
        connection.execute("UPDATE facts SET value = '2' WHERE name = 'schema'")
        connection.execute("UPDATE events SET customer = 99 WHERE time = 1")
        connection.execute("INSERT INTO units VALUES (99, 'customer', 'v1', 1)")
    with Store.open(tmp_path / "store.duckdb") as store:
        assert whose(store)[0] == (1, "v1")
        take(store, Told(time=4, user="u2"))
        assert whose(store)[0] == (1, "u1") and units(store) == ["u1", "u2"]


def test_other_rules_fold_everything_anew(store: Store) -> None:
    take(store, Told(time=1, user="u1", email="a@x.org"), Told(time=2, user="u2", email="a@x.org"))
    assert units(store) == ["u1", "u2"]
    for rules, wanted in ((Rules(merge_on=("email",)), ["u1"]), (DEFAULT, ["u1", "u2"])):
        store.rules = rules
        with store.transaction() as connection:
            store.identify(connection)
        assert units(store) == wanted
        assert whose(store) == [(1, "u1"), (2, wanted[-1])]


SENT = (
    ("segment", "track", {"anonymousId": "v1", "event": "Seen"}),
    ("segment", "identify", {"anonymousId": "v1", "userId": "u1", "traits": {"email": "Ann@x.org"}}),
    ("segment", "alias", {"previousId": "v2", "userId": "u1"}),
    ("segment", "track", {"anonymousId": "v3", "event": "Seen", "context": {"traits": {"email": "ann@x.org"}}}),
    ("segment", "track", {"userId": "u1", "event": "Seen", "context": {"externalIds": [{"type": "card", "id": "k9"}]}}),
    ("customerio", "PUT customers/ann@x.org", {"plan": "pro"}),
    ("customerio", "POST v2/entity", {
        "type": "person", "action": "identify", "identifiers": {"id": "u1", "cio_id": "c9"}, "anonymous_id": "v4"}),
    ("customerio", "POST customers/cio_c9/events", {"name": "Seen"}),
    ("customerio", "POST merge_customers", {"primary": {"id": "u1"}, "secondary": {"id": "u7"}}),
    ("native", "events", {"events": [{"event": "Seen", "customer_id": "u7", "anonymous_id": "v5"}]}),
)  # fmt: skip


def test_what_clients_send_of_one_person_is_one_person(store: Store) -> None:
    for place, (dialect, call, body) in enumerate(SENT):
        delivery = Delivery(dialect=dialect, call=call, body=json.dumps(body), mark=f"m{place}", received_at=NOW)
        append(store, read(delivery).items, received_at=NOW)
    assert units(store) == ["u1"]
    rows = store.connection().execute("SELECT node FROM identities ORDER BY node").fetchall()
    assert [node for (node,) in rows] == [
        "card:k9", "cio_id:c9", "email:ann@x.org", "id:ann@x.org", "id:c9", "id:u1", "id:u7", "id:v1", "id:v2", "id:v3",
        "id:v4", "id:v5",
    ]  # fmt: skip


def test_those_likely_one_with_somebody_are_those_of_all(tmp_path: Path) -> None:
    (tmp_path / "tenure.yaml").write_text("name: Shop\nas_of: last_event\n", encoding="utf-8")
    told = [
        {"name": "Ann Smith", "postcode": "AB1", "email": "ann@x.org"}, {"name": "ann smith ", "zip": "ab1"},
        {"first_name": "Ann", "last_name": "Smith", "birthday": "1980-01-02", "email": "ann+shop@x.org"},
        {"name": "Ann Smith", "birthdate": "1980-01-02"}, {"name": "Bob", "email": "anna@x.org"},
        {"name": "Ann Smith", "postcode": "CD2"}, {},
    ]  # fmt: skip
    with tenure.open(tmp_path) as ws:
        named = [(f"c{number}", traits) for number, traits in enumerate(told)]
        ws.record(
            [
                Event(name="Seen", time=number, customer_id=one, traits=traits)
                for number, (one, traits) in enumerate(named)
            ]
        )
        room = ws.identities
        found = room.duplicates()
        assert len(found) >= 3
        for one, _ in named:
            assert room.duplicates(one) == tuple(pair for pair in found if one in (pair.first, pair.second))
        room.dismiss(found[0].second, found[0].first)
        assert room.duplicates() == found[1:]
        assert found[0] not in room.duplicates(found[0].first)


def test_people_decide(tmp_path: Path) -> None:
    (tmp_path / "tenure.yaml").write_text("name: Shop\nas_of: last_event\n", encoding="utf-8")
    with tenure.open(tmp_path) as ws:
        traits = {"name": "Ann Smith", "postcode": "AB1"}
        ws.record([Event(name="Seen", time=n, customer_id=one, traits=traits) for n, one in enumerate(("a", "b", "c"))])
        room = ws.identities
        assert [(one.first, one.second) for one in room.duplicates()] == [("a", "b"), ("a", "c"), ("b", "c")]
        room.dismiss("c", "b", reason="father and son")
        assert [(one.first, one.second) for one in room.duplicates("c")] == [("a", "c")]
        merge = room.merge("a", "b", reason="she said so")
        assert room.find("b") == "a" and room.show("b").merges[0].link.message_id == merge
        # who is not b is not whom b became
        assert room.duplicates() == ()
        with pytest.raises(UsageError, match="one person already"):
            room.merge("b", "a")
        room.undo(merge)
        assert room.find("b") == "b" and room.show("a").merges == ()
        with pytest.raises(UsageError, match="There is no merge"):
            room.undo(merge)
        with pytest.raises(UsageError, match="Nobody has the id"):
            room.merge("a", "nobody")
        room.merge("a", "b")
        assert room.find("b") == "a"


def test_nothing_of_the_work_stays_beside_the_store(store: Store) -> None:
    told = Told(time=2, user="u1", visitor="v1", email="a@x.org", account="acme", group=True)
    take(store, Told(time=1, visitor="v1"), told)
    append(store, [Event(name="Seen", time=2, customer_id="u1", message_id=told.message_id)], received_at=NOW,
           on_change="replace")  # fmt: skip
    store.erase("u1")
    left = store.connection().execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'temp'").fetchall()
    assert {name for (name,) in left} <= {"ties"}

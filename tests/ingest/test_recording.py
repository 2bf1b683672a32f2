"""Events that a program hands over: typed and counted like imported ones, refused with a reason, there once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.events import Event
from tenure.ingest.exact_json import json_object
from tenure.ingest.recording import append
from tenure.warehouse.duckdb import Store
from tenure.warehouse.measures import MeasureKind, ensure


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.duckdb", threads=1) as store:
        yield store


def query(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return store.connection().execute(sql).fetchall()


def test_an_event_stands_in_the_log_as_an_imported_one_would(store: Store) -> None:
    moment = datetime(2024, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    done = append(
        store,
        [
            Event(
                name="Order Completed", time=moment, customer_id=" ann ", account="acme", message_id="o1",
                properties={"revenue": Decimal("12.50"), "coupon": None, "lines": [{"price": 1.5}], "paid": True},
                traits={"email": "ann@shop.example", "age": None}, context={"ip": "::1"},
            )
        ],
        received_at=7,
    )  # fmt: skip
    assert (done.read, done.loaded, done.refused) == (1, 1, ())
    columns = "message_id, user_id, account, type, time, received_at, source, properties"
    assert query(store, f"SELECT {columns} FROM events") == [
        ("o1", "ann", "acme", "track", 1_717_236_000_000_000, 7, "tenure",
         '{"revenue":12.5,"lines":[{"price":1.5}],"paid":true}')
    ]  # fmt: skip
    assert query(store, "SELECT name, value FROM trait_changes ORDER BY name") == [
        ("age", "null"), ("email", '"ann@shop.example"')
    ]  # fmt: skip
    assert query(store, "SELECT kind, id FROM units ORDER BY kind") == [("account", "acme"), ("customer", "ann")]
    assert query(store, "SELECT count(*) FROM touched") == [(2,)]


def test_measures_are_extracted_as_events_arrive(store: Store) -> None:
    kind = MeasureKind(events=("Order Completed",), properties=("revenue",))
    with store.transaction() as connection:
        number = ensure(connection, [kind])[kind]
    append(
        store, [Event(name="Completed Order", time=5, customer_id="a", properties={"revenue": "7.25"})], received_at=9
    )
    assert query(store, f"SELECT time, value FROM measures WHERE kind = {number}") == [(5, Decimal("7.25"))]


def test_what_comes_twice_is_there_once(store: Store) -> None:
    events = [Event(name="Noted", time=5, properties={"text": "hot"}), Event(name="X", time=6, customer_id="a")]
    assert append(store, events, received_at=1).loaded == 2
    again = append(store, [*events, events[0]], received_at=2)
    assert (again.loaded, again.duplicates, again.changed) == (0, 3, 0)
    other = append(store, [Event(name="Noted", time=5, properties={"text": "cold"})], received_at=3)
    assert other.loaded == 1


def test_a_known_id_with_other_content_is_a_change(store: Store) -> None:
    append(store, [Event(name="X", time=5, customer_id="a", message_id="m")], received_at=1)
    other = Event(name="X", time=6, customer_id="a", message_id="m")
    done = append(store, [other], received_at=2)
    assert (done.loaded, done.changed) == (0, 1)
    append(store, [other], received_at=3, on_change="replace")
    assert query(store, "SELECT time FROM events") == [(6,)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event(name=" ", time=5, customer_id="a"), "no event name"),
        (Event(name=7, time=5, customer_id="a"), "the event name is no text"),  # type: ignore[arg-type]
        (Event(name="X\0", time=5, customer_id="a"), "the event name is no readable text"),
        (Event(name="X", time=5, customer_id=7), "the customer is no text"),  # type: ignore[arg-type]
        (Event(name="X", time=None, customer_id="a"), "no time"),  # type: ignore[arg-type]
        (Event(name="X", time="now", customer_id="a"), "the time cannot be read"),  # type: ignore[arg-type]
        (Event(name="X", time=True, customer_id="a"), "the time cannot be read"),
        (Event(name="X", time=1 << 62, customer_id="a"), "the time cannot be read"),
        (Event(name="X", time=datetime(2024, 1, 1), customer_id="a"), "the time has no time zone"),  # noqa: DTZ001
        (Event(name="Order Completed", time=5), "no customer"),
        (Event(name="Noted", time=5, customer_id="a"), "Noted belongs to no customer"),
        (Event(name="X", time=5, traits={"a": 1}), "traits without a customer"),
        (Event(name="X", time=5, customer_id="a", type="tracked"), "the type is unknown"),
        (Event(name="X", time=5, customer_id="a", properties={"p": float("inf")}), "p is no number"),
        (Event(name="X", time=5, customer_id="a", properties={"p": {"q": Decimal("NaN")}}), "p.q is no number"),
        (Event(name="X", time=5, customer_id="a", properties={"p": object()}), "p is no value of JSON"),
        (Event(name="X", time=5, customer_id="a", properties={"p": "\ud800"}), "p is no readable text"),
        (Event(name="X", time=5, customer_id="a", properties=[1]), "the properties are no mapping"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_kept_aside(store: Store, event: Event, reason: str) -> None:
    good = Event(name="X", time=5, customer_id="b")
    done = append(store, [good, event], received_at=1)
    assert done.loaded == 1
    assert [(one.position, one.reason) for one in done.refused] == [(2, reason)]
    assert done.appended.rejected == {reason: 1}
    assert query(store, "SELECT source, position, reason FROM rejected") == [("tenure", 2, reason)]


def test_something_nested_without_end_is_refused(store: Store) -> None:
    endless: list[object] = []
    endless.append(endless)
    done = append(store, [Event(name="X", time=5, customer_id="b", properties={"p": endless})], received_at=1)
    assert done.refused[0].reason == "p is nested too deep"


def test_when_each_was_received_and_which_batches_were_taken(store: Store) -> None:
    events = [Event(name="X", time=5, customer_id="b", received_at=6), Event(name="X", time=5, customer_id="c")]
    append(store, events, received_at=9, source="inbox", batch="17")
    assert query(store, "SELECT received_at FROM events ORDER BY 1") == [(6,), (9,)]
    assert store.fingerprints("inbox") == {"17": "17"}


def test_nothing_of_a_batch_is_kept_where_it_fails(store: Store) -> None:
    def events() -> Iterator[Event]:
        yield Event(name="X", time=5, customer_id="b")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        append(store, events(), received_at=1)
    assert query(store, "SELECT count(*) FROM events") == [(0,)]


def test_values_are_written_as_imported_ones() -> None:
    told = {
        "a": 1, "b": 2**53 + 1, "c": Decimal("1.2300"), "d": Decimal("1234567890.123456"), "e": 3.0, "f": 0.1,
        "g": datetime(2024, 1, 1, 9, tzinfo=UTC), "h": date(2024, 1, 1), "i": "é\"", "j": Decimal("-0"), "k": (1, None),
    }  # fmt: skip
    assert json_object(told, "properties") == (
        '{"a":1,"b":"9007199254740993","c":1.23,"d":"1234567890.123456","e":3,"f":0.1,"g":"2024-01-01T09:00:00Z",'
        '"h":"2024-01-01","i":"é\\"","j":0,"k":[1,null]}'
    )


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(TEXTS, JSON, max_size=5))
def test_whatever_is_written_is_read_back(values: dict[str, object]) -> None:
    assert json.loads(json_object(values, "properties", nulls=True)) == values

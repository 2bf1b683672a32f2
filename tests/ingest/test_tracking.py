"""What clients send as events: pure, whatever they send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.events import Event
from tenure.ingest.recording import Unusable
from tenure.ingest.tracking import DIALECTS, Delivery, NotReadable, Reading, read
from tenure.ingest.tracking.moments import FUTURE, happened

NOW = 1_800_000_000_000_000
SECOND = 1_000_000


def micro(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * SECOND)


def sent(dialect: str, call: str, body: Any) -> Reading:
    text = body if isinstance(body, str) else json.dumps(body)
    return read(Delivery(dialect=dialect, call=call, body=text, mark="mark", received_at=NOW))


def one(dialect: str, call: str, body: Any) -> Event:
    (item,) = sent(dialect, call, body).items
    assert isinstance(item, Event), item
    return item


def reason(dialect: str, call: str, body: Any) -> str:
    (item,) = sent(dialect, call, body).items
    assert isinstance(item, Unusable), item
    return item.reason


# when it happened


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat()


def test_a_wrong_clock_is_put_right() -> None:
    # the clock of the client is 3 hours behind: it happened 5 seconds before it was sent
    original, sent_at = iso(NOW - 3 * 3600 * SECOND - 5 * SECOND), iso(NOW - 3 * 3600 * SECOND)
    assert happened(original, sent_at, NOW).time == NOW - 5 * SECOND


def test_without_a_time_of_sending_the_clock_is_right() -> None:
    assert happened("2024-03-01T12:00:00Z", None, NOW).time == micro("2024-03-01T12:00:00+00:00")
    assert happened("2024-03-01T12:00:00", None, NOW).time == micro("2024-03-01T12:00:00+00:00")
    assert happened("2024-03-01T12:00:00+02:00", None, NOW).time == micro("2024-03-01T10:00:00+00:00")


def test_without_a_time_it_happened_when_it_was_received() -> None:
    assert happened(None, iso(NOW - 9 * SECOND), NOW).time == NOW


@pytest.mark.parametrize("seconds", [1_700_000_000, "1700000000", 1_700_000_000_000, 1.7e9, 1_700_000_000_000_000])
def test_times_since_1970(seconds: object) -> None:
    assert happened(seconds, None, NOW).time == 1_700_000_000_000_000


def test_what_lies_ahead_is_not_believed_and_kept() -> None:
    ahead = iso(NOW + FUTURE + SECOND)
    assert (found := happened(ahead, None, NOW)).time == NOW
    assert found.original == ahead
    assert happened(iso(NOW + FUTURE - SECOND), None, NOW).time == NOW + FUTURE - SECOND
    event = one("segment", "track", {"event": "e", "userId": "c", "timestamp": ahead})
    assert (event.time, event.context) == (NOW, {"originalTimestamp": ahead})


@pytest.mark.parametrize("wrong", ["yesterday", True, [], "99999999999999999999999", 1e30, "0000-00-00"])
def test_what_is_no_time_is_refused(wrong: object) -> None:
    assert (
        reason("segment", "track", {"event": "e", "userId": "c", "timestamp": wrong}) == "the timestamp cannot be read"
    )


# Segment


def test_common_fields() -> None:
    event = one(
        "segment", "track",
        {
            "event": " Order Completed ", "userId": 17, "anonymousId": "a1", "messageId": "m1",
            "properties": {"revenue": 12345678901234567.89}, "context": {"groupId": "acme", "ip": "192.0.2.1"},
        },
    )  # fmt: skip
    assert (event.name, event.customer_id, event.anonymous_id, event.account) == ("Order Completed", "17", "a1", "acme")
    assert (event.message_id, event.type, event.received_at, event.time) == ("m1", "track", NOW, NOW)
    assert event.context["ip"] == "192.0.2.1"


def test_numbers_are_exact() -> None:
    event = one(
        "segment", "track", '{"event": "e", "userId": "c", "properties": {"a": 12345678901234567.89, "b": 19.99}}'
    )
    assert (str(event.properties["a"]), event.properties["b"]) == ("12345678901234567.89", 19.99)
    # a number that would be a book if it were written out
    assert one("segment", "track", '{"event": "e", "userId": "c", "properties": {"a": 1.0000000000000001e999999999}}')


def test_a_batch_shares_its_context() -> None:
    body = {
        "context": {"library": {"name": "x"}, "ip": "192.0.2.1"}, "sentAt": iso(NOW - 60 * SECOND),
        "batch": [
            {"type": "identify", "userId": "c", "traits": {"plan": None}, "timestamp": iso(NOW - 61 * SECOND)},
            {"type": "page", "anonymousId": "a", "name": "Home", "category": "Docs", "context": {"ip": "192.0.2.9"}},
        ],
    }  # fmt: skip
    first, second = sent("segment", "batch", body).items
    assert isinstance(first, Event) and isinstance(second, Event)
    assert (first.name, first.traits, first.time) == ("Identified", {"plan": None}, NOW - SECOND)
    assert first.context == body["context"]
    assert (second.name, second.properties) == ("Page Viewed", {"name": "Home", "category": "Docs"})
    assert second.context["ip"] == "192.0.2.9"
    assert [first.message_id, second.message_id] == ["mark-1", "mark-2"]


def test_traits_of_a_group_are_not_the_persons() -> None:
    event = one("segment", "group", {"userId": "c", "groupId": "acme", "traits": {"name": "Acme"}})
    assert (event.account, event.traits, event.properties) == ("acme", {}, {"name": "Acme"})


@pytest.mark.parametrize(
    ("call", "body", "why"),
    [
        ("track", {"event": "e"}, "neither userId nor anonymousId"),
        ("track", {"userId": "c"}, "no event name"),
        ("track", {"userId": "c", "event": {"a": 1}}, "no event name"),
        ("track", {"userId": True, "event": "e"}, "the userId is neither text nor a whole number"),
        ("track", {"userId": "x" * 301, "event": "e"}, "the userId is longer than 300 signs"),
        ("track", {"userId": "a\x00b", "event": "e"}, "the userId is no readable text"),
        ("track", {"userId": "c", "event": "e", "properties": [1]}, "the properties are no object"),
        ("track", {"userId": "c", "event": "e", "messageId": "app-1"}, "the messageId begins with what is reserved"),
        ("group", {"userId": "c"}, "no groupId"),
        ("alias", {"userId": "c"}, "an alias needs userId and previousId"),
        ("batch", {"batch": [3]}, "the event is no object"),
        ("batch", {"batch": [{"userId": "c", "type": "other"}]}, "the type is none of"),
        ("batch", {"batch": [{"userId": "c", "type": "track", "event": "e", "properties": {"a": "x" * 33_000}}]},
         "the event is larger than 32 kB"),
    ],
)  # fmt: skip
def test_reasons(call: str, body: Any, why: str) -> None:
    assert reason("segment", call, body).startswith(why)


def test_a_long_message_id_stays_one() -> None:
    first = one("segment", "track", {"event": "e", "userId": "c", "messageId": "m" * 400})
    again = one("segment", "track", {"event": "e", "userId": "c", "messageId": "m" * 400})
    other = one("segment", "track", {"event": "e", "userId": "c", "messageId": "m" * 401})
    assert first.message_id == again.message_id != other.message_id
    assert len(str(first.message_id)) <= 100


# Customer.io


def test_calls_of_version_1() -> None:
    event = one("customerio", "PUT customers/a%2Fb", {"email": "x@example.com", "_update": True, "anonymous_id": "v"})
    assert (event.customer_id, event.anonymous_id, event.traits) == ("a/b", "v", {"email": "x@example.com"})
    event = one(
        "customerio", "POST customers/7/events", {"name": "bought", "timestamp": 1_700_000_000, "data": {"a": 1}}
    )
    assert (event.name, event.time, event.properties) == ("bought", 1_700_000_000_000_000, {"a": 1})
    assert one("customerio", "POST customers/7/events", {"name": "u", "type": "page"}).name == "Page Viewed"
    assert one("customerio", "POST events", {"name": "bought", "anonymous_id": "v", "id": "01H"}).message_id == "01H"
    assert one("customerio", "DELETE customers/7", {}).name == "Deletion Requested"
    with pytest.raises(NotReadable, match="no such call"):
        sent("customerio", "POST segments/1/add_customers", {"ids": ["7"]})


def test_entities_of_version_2() -> None:
    person = {"type": "person", "identifiers": {"email": "x@example.com"}, "action": "identify", "attributes": {"a": 1}}
    event = one("customerio", "POST v2/entity", person)
    assert (event.customer_id, event.traits) == ("x@example.com", {"a": 1, "email": "x@example.com"})
    merge = {"type": "person", "action": "merge", "primary": {"id": "1"}, "secondary": {"email": "x@example.com"}}
    event = one("customerio", "POST v2/entity", merge)
    assert (event.type, event.customer_id, event.properties) == ("alias", "1", {"previous_id": "x@example.com"})
    thing = {"type": "object", "identifiers": {"object_type_id": "1", "object_id": "acme"}, "action": "identify"}
    assert one("customerio", "POST v2/entity", thing).account == "acme"
    found = sent("customerio", "POST v2/batch", {"batch": [person, {"type": "delivery"}, 3, {**person, "action": "x"}]})
    assert [place for place, _ in found.refused] == [1, 2, 3]


# Tenure's own


def test_own_events() -> None:
    event = one("native", "events", {"event": "Signed Up", "customer_id": "c", "time": "2026-01-31T12:00:00Z"})
    assert (event.name, event.time) == ("Signed Up", micro("2026-01-31T12:00:00+00:00"))
    assert one("native", "events", {"events": [{"customer_id": "c", "traits": {"plan": "pro"}}]}).name == "Identified"
    assert reason("native", "events", {"event": "e", "customer": "c"}) == "there is no key 'customer'"


# whatever comes

WORDS = (
    "userId event type batch events context properties traits timestamp identifiers action attributes id messageId x"
).split()
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)
CALLS = {
    "segment": ["track", "identify", "page", "group", "alias", "batch"],
    "native": ["events"],
    "customerio": ["POST v2/batch", "POST v2/entity", "PUT customers/7", "POST customers/7/events", "POST events", "?"],
}


@settings(max_examples=300, deadline=None)
@given(dialect=st.sampled_from(sorted(DIALECTS)), body=JSON, place=st.integers(0, 5))
def test_nothing_that_comes_is_a_fault(dialect: str, body: Any, place: int) -> None:
    calls = CALLS[dialect]
    try:
        found = sent(dialect, calls[place % len(calls)], body)
    except NotReadable as refused:
        found = Reading(items=(Unusable(reason=refused.reason, raw=""),))
    else:
        assert found == sent(dialect, calls[place % len(calls)], body)
    assert found.items
    for item in found.items:
        assert item.reason if isinstance(item, Unusable) else item.message_id


def test_customerio_says_of_whom_by_every_identifier() -> None:
    given = {"type": "person", "identifiers": {"id": "17", "email": "Ann@x.org", "cio_id": "a1"}}
    event = one("customerio", "POST v2/entity", {**given, "action": "event", "name": "Seen"})
    assert event.customer_id == "17"
    told = event.context["externalIds"]
    assert [(other["type"], other["id"]) for other in told] == [("email", "Ann@x.org"), ("cio_id", "a1")]  # type: ignore[attr-defined]
    by_own = one("customerio", "POST customers/cio_a1/events", {"name": "Seen"})
    assert (by_own.customer_id, by_own.context["externalIds"]) == (
        "a1", [{"type": "cio_id", "id": "a1", "collection": "users"}]
    )  # fmt: skip
    merge = one("customerio", "POST merge_customers", {"primary": {"id": "17"}, "secondary": {"cio_id": "a1"}})
    assert (merge.type, merge.customer_id) == ("alias", "17")
    assert merge.properties == {"previous_id": "a1", "previous_kind": "cio_id"}


def test_customerio_relationships_tie_people_to_accounts() -> None:
    body = {
        "type": "person", "identifiers": {"id": "17"}, "action": "add_relationships",
        "cio_relationships": [{"identifiers": {"object_type_id": "1", "object_id": "acme"}}],
    }  # fmt: skip
    event = one("customerio", "POST v2/entity", body)
    assert (event.type, event.account, event.name) == ("group", "acme", "Relationship Added")

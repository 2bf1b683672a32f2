from __future__ import annotations

from pathlib import Path

import pytest

from tenure.documents import parse, problems_of, validate
from tenure.events import ALIASES, COMMON_PROPERTIES, EVENTS, STANDARD, EventBinding, EventSpec, bindings
from tenure.events.__main__ import page
from tenure.events.standard import properties

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "events.md"


def test_the_reference_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_names_are_unique_and_can_be_written_in_conditions() -> None:
    shorts = [entry.short for entry in EVENTS.values()]
    assert len(set(shorts)) == len(shorts)
    assert all(name.isidentifier() and name.isascii() and name == name.lower() for name in STANDARD)
    assert not set(ALIASES) & set(EVENTS)
    assert set(ALIASES.values()) <= set(EVENTS)


def test_every_binding_reads_what_its_events_have() -> None:
    for binding in STANDARD.values():
        assert set(binding.events) <= set(EVENTS), binding
        known = {name for event in binding.events for name in EVENTS[event].properties}
        assert set(binding.values) <= known, binding


def test_every_event_is_described() -> None:
    for entry in EVENTS.values():
        assert entry.means.endswith("."), entry
        assert entry.sources, entry
        assert all(field.type for field in entry.properties.values()), entry
        assert not set(entry.properties) & {"currency", "count"}, entry
    assert "currency" in COMMON_PROPERTIES


def test_types_and_notes_of_properties() -> None:
    found = properties("order_id, total $, score # (0 to 10, or none), open ?, due @, lines []")
    assert [(field.name, field.type, field.note) for field in found.values()] == [
        ("order_id", "text", ""),
        ("total", "money", ""),
        ("score", "number", "0 to 10, or none"),
        ("open", "truth", ""),
        ("due", "time", ""),
        ("lines", "list", ""),
    ]
    with pytest.raises(ValueError, match="not a property"):
        properties("order id")


def test_a_purchase_is_worth_what_its_event_says() -> None:
    assert STANDARD["purchase"].values == ("revenue", "mrr", "amount")
    assert STANDARD["order"].values == ("revenue",)
    assert STANDARD["visit"].values == ()


def spec(text: str) -> EventBinding:
    return validate(EventSpec, parse(text, file="f"), at=("x",)).binding("x")


def test_bindings_as_written() -> None:
    assert spec("x: Page Viewed") == EventBinding(name="x", events=("Page Viewed",))
    assert spec("x: [A, B]") == EventBinding(name="x", events=("A", "B"))
    assert spec("x: {event: A, where: score > 1, value: score}") == EventBinding(
        name="x", events=("A",), where="score > 1", value="score"
    )
    assert spec("x: {event: [A, B], value: [revenue, amount]}").values == ("revenue", "amount")
    assert spec("x: Order Completed").values == ("revenue",)  # the dictionary's value
    assert spec("x: {event: Order Completed, value: total}").values == ("total",)


def test_bindings_that_are_wrong() -> None:
    def said(text: str) -> list[str]:
        return [str(problem) for problem in problems_of(EventSpec, parse(text, file="f"), at=("x",))]

    assert said("x: {events: A}") == [
        "f:1:1: 'event' is missing. (The event's name as it stands in the log, or a list of names.)",
        "f:1:5: There is no key 'events' here. Did you mean 'event'?",
    ]
    assert said("x: []") == ["f:1:4: This must not be empty."]
    assert said("x: {event: {a: 1}}") == ["f:1:12: 'event' must be text or a list of texts, not a mapping."]


def test_a_workspace_binds_names_anew() -> None:
    own = {"purchase": EventBinding(name="purchase", events=("Sale",), value="price")}
    found = bindings(own, {"usage": EventBinding(name="usage", events=("Login",))})
    assert found["purchase"].events == ("Sale",)
    assert found["activity"].events == ("Sale", "Login")
    assert found["order"] == STANDARD["order"]
    activity = {"activity": EventBinding(name="activity", events=("Ping",))}
    assert bindings(own, activity)["activity"].events == ("Ping",)

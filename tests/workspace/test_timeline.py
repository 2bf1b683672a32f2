"""What happened, event by event: in pages, by name and condition, of accounts, and what was left unanswered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.errors import UsageError
from tenure.events import Event
from tenure.workspace import Workspace
from tenure.workspace.timeline import Named

DAY = 86_400_000_000
BEGIN = 1_700_000_000_000_000
BAD = Named(names=("Survey Answered",), where="survey == 'nps' and score <= 6")


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace, ten days after the beginning."""
    (tmp_path / "tenure.yaml").write_text("name: Shop\nlifecycles: [classic]\n", encoding="utf-8")
    with Workspace.open(tmp_path, clock=lambda: BEGIN + 10 * DAY) as opened:
        yield opened


def told(ws: Workspace, *events: Event) -> None:
    """Records the events."""
    recorded = ws.record(events)
    assert recorded.loaded == len(events)
    ws.refresh()


def answer(customer: str, score: int, day: int, **more: object) -> Event:
    """An answer to an NPS survey."""
    properties = {"survey": "nps", "score": score, **more}
    return Event(name="Survey Answered", time=BEGIN + day * DAY, customer_id=customer, properties=properties)


def test_pages_follow_each_other_without_gap_or_double(ws: Workspace) -> None:
    # several of one moment
    told(ws, *(answer("ann", score, day) for day in (1, 2, 3) for score in range(7)))
    seen, before = [], None
    while page := ws.timeline.of("ann", before=before, limit=4):
        seen += page
        before = page[-1].place
    assert len(seen) == 21
    assert [one.place for one in seen] == sorted({one.place for one in seen}, reverse=True)
    assert [one.message_id for one in ws.timeline.feed(["Survey Answered"])] == [one.message_id for one in seen]


def test_what_is_asked_for_alone(ws: Workspace) -> None:
    told(
        ws, answer("ann", 3, 1, comment="Slow."), answer("bob", 9, 2),
        Event(name="Order Completed", time=BEGIN + 3 * DAY, customer_id="ann", properties={"revenue": 5}),
        Event(name="Noted", time=BEGIN, properties={"text": "Prices went up"}),
        answer("ann", 2, 11),
    )  # fmt: skip
    assert [one.name for one in ws.timeline.of("ann")] == ["Order Completed", "Survey Answered"]
    assert [one.name for one in ws.timeline.of("ann", without=["Order Completed"])] == ["Survey Answered"]
    assert ws.timeline.of("nobody") == ()
    (bad,) = ws.timeline.feed([BAD])
    assert (bad.customer, bad.properties["comment"], bad.source) == ("ann", "Slow.", "tenure")
    assert [one.customer for one in ws.timeline.feed(["Survey Answered"], since=BEGIN + 2 * DAY)] == ["bob"]
    assert [one.customer for one in ws.timeline.feed(["Noted"])] == [None]
    with pytest.raises(UsageError):
        ws.timeline.of("ann", limit=100_000)


def test_an_account_has_what_names_it(ws: Workspace) -> None:
    told(
        ws, Event(name="Call Logged", time=BEGIN, customer_id="ann", account="acme"),
        Event(name="Task Created", time=BEGIN + 1, account="acme", properties={"title": "Review"}),
        Event(name="Call Logged", time=BEGIN, customer_id="bob", account="other"),
    )  # fmt: skip
    found = ws.timeline.of("acme", kind="account")
    assert [(one.name, one.customer) for one in found] == [("Task Created", None), ("Call Logged", "ann")]


def test_what_nobody_answered(ws: Workspace) -> None:
    told(
        ws, answer("ann", 3, 1), answer("bob", 2, 1), answer("cleo", 9, 1),
        Event(name="Follow-up Done", time=BEGIN + 2 * DAY, customer_id="ann"),
        Event(name="Follow-up Done", time=BEGIN, customer_id="bob"),
    )  # fmt: skip
    assert [one.customer for one in ws.timeline.unanswered(BAD, ["Follow-up Done"], since=BEGIN)] == ["bob"]


def test_an_answer_is_to_the_same_case(ws: Workspace) -> None:
    def case(name: str, number: str, day: int) -> Event:
        return Event(
            name=name, time=BEGIN + day * DAY, customer_id="ann", properties={"case_id": number, "complaint": True}
        )

    told(
        ws, case("Case Opened", "1", 1), case("Case Opened", "2", 1), case("Case Resolved", "1", 2),
        case("Case Opened", "3", 1), case("Case Resolved", "3", 2), case("Case Reopened", "3", 3),
    )  # fmt: skip
    raised = Named(names=("Case Opened", "Case Reopened"), where="complaint")
    open_ones = ws.timeline.unanswered(raised, ["Case Resolved"], since=BEGIN, same="case_id")
    assert [(one.name, one.properties["case_id"]) for one in open_ones] == [
        ("Case Reopened", "3"),
        ("Case Opened", "2"),
    ]

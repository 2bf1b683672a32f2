"""Tasks: made, taken, handed on, put off, done; each change with its event and its entry in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

DAY = date(2025, 6, 30)


@pytest.fixture
def somebody(undone: None) -> str:
    """The id of a customer of the shop."""
    from tenure.lifecycle.roster import Asked
    from tenure.server import holding

    return str(holding.workspace().roster.look(Asked(), limit=1).rows[0]["id"])


@pytest.fixture
def agent(users: dict[str, Any]) -> Any:
    """The user in the role of an agent."""
    return users["agent"]


def inbox() -> list[dict[str, Any]]:
    """The events on their way to the log, in the order of writing."""
    from tenure.server.work.models import InboxEvent

    return [row.body for row in InboxEvent.objects.order_by("id")]


def entries() -> list[str]:
    """What the log of what was done holds, the oldest first."""
    from tenure.server.accounts.models import AuditEntry

    return [entry.did for entry in AuditEntry.objects.order_by("pk") if "task" in entry.did or "call" in entry.did]


def test_each_change_writes_its_event_and_its_entry(somebody: str, agent: Any, users: dict[str, Any]) -> None:
    from tenure.server.access import tasks

    made = tasks.create(agent, somebody, "  Ask  how it goes ", owner=None, due_on=DAY)
    tasks.take(agent, made)
    tasks.snooze(agent, made, 3)
    tasks.reassign(agent, made, users["marketer"])
    tasks.done(users["marketer"], made, "all is well")
    written = inbox()
    assert [event["name"] for event in written] == ["Task Created"] + 3 * ["Task Changed"] + ["Task Completed"]
    assert [event["properties"].get("change") for event in written[1:4]] == ["taken", "snoozed", "reassigned"]
    last = written[-1]
    assert (last["customer_id"], last["properties"]["by"]) == (somebody, "marketer")
    assert last["properties"]["outcome"] == "all is well"
    assert last["properties"]["task_id"] == written[0]["properties"]["task_id"]
    assert entries() == ["made a task", "taken a task", "snoozed a task", "reassigned a task", "did a task"]
    assert made.title == "Ask how it goes"
    assert (made.state, made.owner, made.done_by) == ("done", users["marketer"], users["marketer"])
    assert made.snoozed_until == DAY + timedelta(days=3)


def test_events_are_dated_as_the_workspace_speaks(somebody: str, agent: Any) -> None:
    from tenure.server import holding
    from tenure.server.access import tasks

    tasks.create(agent, somebody, "Call")
    assert inbox()[0]["time"] == holding.workspace().as_of


def test_a_task_is_closed_once(somebody: str, agent: Any) -> None:
    from tenure.server.access import tasks

    made = tasks.create(agent, somebody, "Call")
    again = tasks.task(agent, made.pk)
    tasks.done(agent, made, "reached")
    tasks.drop(agent, again, "too late")
    assert (again.state, again.outcome) == ("done", "reached")
    assert [event["name"] for event in inbox()] == ["Task Created", "Task Completed"]
    tasks.reopen(agent, again)
    assert (again.state, again.done_by) == ("open", None)


def test_one_task_of_a_source_and_reference(somebody: str, agent: Any) -> None:
    from tenure.server.access import tasks

    first = tasks.create(agent, somebody, "Follow up", source="feedback", reference="answer-1")
    assert tasks.create(agent, somebody, "Again", source="feedback", reference="answer-1").pk == first.pk
    assert len(inbox()) == 1
    tasks.done(agent, first, "settled")
    assert [event["name"] for event in inbox()] == ["Task Created", "Task Completed", "Follow-up Done"]


def test_a_call_is_in_the_timeline(somebody: str, agent: Any) -> None:
    from tenure.server.access import tasks

    tasks.log_call(agent, somebody, "reached", note="Wants an offer.")
    (event,) = inbox()
    assert event["name"] == "Call Logged"
    assert event["properties"]["outcome"] == "reached"
    assert entries() == ["logged a call"]


def test_what_cannot_be(somebody: str, agent: Any) -> None:
    from django.http import Http404

    from tenure.errors import UsageError
    from tenure.server.access import tasks

    with pytest.raises(Http404):
        tasks.create(agent, "nobody-of-that-id", "Call")
    with pytest.raises(UsageError):
        tasks.create(agent, somebody, "   ")
    with pytest.raises(UsageError):
        tasks.log_call(agent, somebody, "sold the house")
    with pytest.raises(UsageError):
        tasks.snooze(agent, tasks.create(agent, somebody, "Call"), 5_000)
    with pytest.raises(UsageError):
        tasks.owner_of(agent, "viewer")
    with pytest.raises(Http404):
        tasks.task(agent, 10**9)


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_those_who_work_have_tasks(somebody: str, users: dict[str, Any], role: str) -> None:
    from tenure.server.access import Denied, tasks

    for attempt in (
        lambda: tasks.create(users[role], somebody, "Call"),
        lambda: tasks.open_tasks(users[role]),
        lambda: tasks.log_call(users[role], somebody, "reached"),
        lambda: tasks.assign(users[role], [somebody], None),
    ):
        with pytest.raises(Denied):
            attempt()
    assert not inbox()


def test_owners_are_given_as_traits(somebody: str, agent: Any, users: dict[str, Any]) -> None:
    from tenure.server.access import tasks

    assert tasks.assign(agent, [somebody, somebody, "nobody-of-that-id"], users["marketer"]) == 1
    assert tasks.assign(agent, [somebody], None) == 1
    given, taken = inbox()
    assert (given["type"], given["traits"]) == ("identify", {"owner": "marketer"})
    assert taken["traits"] == {"owner": None}


def test_mine_and_nobodys(somebody: str, agent: Any, users: dict[str, Any]) -> None:
    from tenure.server.access import tasks

    for title, owner in (("mine", agent), ("nobody's", None), ("another's", users["marketer"])):
        tasks.create(agent, somebody, title, owner=owner)
    later = tasks.create(agent, somebody, "later", owner=agent)
    tasks.snooze(agent, later, 1)
    assert {one.title for one in tasks.open_tasks(agent)} == {"mine", "nobody's"}
    assert {one.title for one in tasks.open_tasks(agent, whose="all")} == {"mine", "nobody's", "another's"}


def test_back_goes_nowhere_else(as_: Callable[..., Any], somebody: str) -> None:
    form = {"customer": somebody, "title": "Call", "next": "https://evil.example/"}
    answer = as_("agent").post("/tasks", form)
    assert (answer.status_code, answer["Location"]) == (302, "/today")
    answer = as_("agent").post("/tasks", {**form, "next": "/people?q=a"})
    assert answer["Location"] == "/people?q=a"

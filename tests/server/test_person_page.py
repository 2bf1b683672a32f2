"""Somebody's own page: what it tells, what is written on it, and how nothing of a person is left."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tenure.events import Event
from tenure.lifecycle.roster import Asked
from tenure.server import holding

Client = Callable[..., Any]
# who is erased does not come back: everybody has an id of their own
NUMBERS = itertools.count(4711)


@pytest.fixture
def somebody(site: Any) -> str:
    """The id of the person who is worth most."""
    return str(holding.workspace().roster.look(Asked(), limit=1).rows[0]["id"])


@pytest.fixture
def newcomer(site: Any) -> str:
    """Somebody with an order, a visit under a visitor's id, traits, and a friend who names them."""
    ws, number = holding.workspace(), next(NUMBERS)
    name, visitor = f"gone-{number}", f"visitor-{number}"
    at = ws.as_of - 10_000_000
    ws.record(
        [
            Event(
                name="Identified", customer_id=name, time=at, type="identify",
                traits={"first_name": "Xenia", "email": f"xenia@{name}.example.com"},
            ),
            Event(name="Page Viewed", customer_id=name, anonymous_id=visitor, time=at + 1),
            Event(name="Page Viewed", anonymous_id=visitor, time=at - 1),
            Event(name="Order Completed", customer_id=name, time=at + 2, properties={"revenue": 30}),
            Event(name="Order Completed", customer_id="friend-1", time=at + 3, properties={"revenue": 5}),
            Event(name="Referral Shared", customer_id="friend-1", time=at + 4, properties={"friend_id": name}),
        ]
    )  # fmt: skip
    ws.roster.refresh()
    return name


def holders(text: str) -> list[str]:
    """The tables and columns of the event store that hold a text."""
    connection = holding.workspace()._store.connection()
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR' "
        "AND table_catalog = current_database() AND table_schema = 'main'"
    ).fetchall()
    return [
        f"{table}.{column}"
        for table, column in columns
        if connection.execute(f'SELECT count(*) FROM "{table}" WHERE contains("{column}", ?)', [text]).fetchall()
        != [(0,)]
    ]


def test_the_page_tells_who_it_is(as_: Client, somebody: str) -> None:
    text = as_("agent").get(f"/people/{somebody}").content.decode()
    assert somebody in text
    row = holding.workspace().roster.look(Asked(ids=(somebody,))).rows[0]
    assert row["email"] in text
    stays = holding.workspace().history("classic", customer=somebody).num_rows
    assert f"{stays} stays" in text
    assert 'class="ahead"' in text


@pytest.mark.parametrize("part", ["people", "person/more", "person/timeline", "person/why", "person/consent"])
@pytest.mark.parametrize(
    ("role", "status"), [(None, 302), ("viewer", 403), ("analyst", 200), ("agent", 200), ("administrator", 200)]
)
def test_who_may_look(as_: Client, somebody: str, part: str, role: str | None, status: int) -> None:
    assert as_(role).get(f"/{part}/{somebody}").status_code == status


PARTS = ("people", "person/more", "person/timeline", "person/why", "person/consent")


@pytest.mark.parametrize("part", [*PARTS, "person/held"])
def test_nobody_is_not_there(as_: Client, part: str) -> None:
    assert as_().get(f"/{part}/no-such-person").status_code == 404


def test_ids_may_hold_anything(as_: Client) -> None:
    ws, odd = holding.workspace(), "a/b c?d#é'\"<x>"
    ws.record([Event(name="Order Completed", customer_id=odd, time=ws.as_of, properties={"revenue": 1})])
    ws.roster.refresh()
    client = as_()
    found = re.search(r'class="row" href="(/people/[^"]+)"', client.get("/people?q=a/b").content.decode())
    assert found
    page = client.get(html.unescape(found[1]))
    assert page.status_code == 200
    assert b"a/b c?d#\xc3\xa9&#x27;&quot;&lt;x&gt;" in page.content
    links = re.findall(r'hx-get="(/person/[^"]+)"', page.content.decode())
    assert len(links) >= 2
    assert {client.get(html.unescape(link)).status_code for link in links} == {200}


def test_the_reasons_are_those_of_the_workspace(as_: Client, somebody: str) -> None:
    told = holding.workspace().explain(somebody, "classic")
    text = as_("analyst").get(f"/person/why/{somebody}?lifecycle=classic").content.decode()
    assert f"Why {told.title}?" in text
    assert all(len(re.findall(r">(yes|no)<|<td>no", text)) >= 1 for _ in told.stages)


def test_the_timeline_holds_every_event_once(as_: Client, site: Any) -> None:
    client = as_("agent")
    # about the first, other tests write down what happens after the end of the log
    somebody = str(holding.workspace().roster.look(Asked(), limit=2).rows[1]["id"])
    connection = holding.workspace()._store.connection()
    ((events,),) = connection.execute(
        "SELECT count(*) FROM events WHERE customer = (SELECT key FROM units WHERE id = ? AND kind = 'customer')",
        [somebody],
    ).fetchall()
    seen, address = 0, f"/person/timeline/{somebody}"
    while address:
        text = client.get(address).content.decode()
        seen += sum(
            int(times or 1) for times in re.findall(r"<strong>[^<]+</strong>(?: <span class=\"tag\">× (\d+))?", text)
        )
        following = re.search(r'hx-get="([^"]+offset[^"]+)"', text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == events


def test_kinds_of_events_can_be_chosen(as_: Client, somebody: str) -> None:
    text = as_("agent").get(f"/people/{somebody}?kind=orders").content.decode()
    named = set(re.findall(r"<p><strong>([^<]+)</strong>", text))
    assert "Order Completed" in named
    assert "Page Viewed" not in named


def test_notes_tasks_calls_and_owners_are_written(as_: Client, somebody: str, users: dict[str, Any]) -> None:
    from tenure.server.loops.inbox import drain
    from tenure.server.work.models import InboxEvent, Task

    client = as_("agent")
    address = f"/person/do/{somebody}"
    note = "Likes <b>blue</b>"
    for form in (
        {"do": "note", "text": note}, {"do": "task", "title": "Call back", "owner": "agent", "due_on": "2025-07-01"},
        {"do": "call", "outcome": "reached", "note": "busy"}, {"do": "owner", "owner": "agent"},
    ):  # fmt: skip
        assert client.post(address, form)["Location"] == f"/people/{somebody}"
    task = Task.objects.get(customer=somebody)
    assert (task.title, task.owner, str(task.due_on)) == ("Call back", users["agent"], "2025-07-01")
    # at once, though the log has them only after the next round
    text = client.get(f"/people/{somebody}?kind=").content.decode()
    assert "Likes &lt;b&gt;blue&lt;/b&gt;" in text
    assert "owner agent" in text
    names = set(InboxEvent.objects.values_list("body__name", flat=True))
    assert names == {"Note Written", "Task Created", "Call Logged", "Identified"}
    while drain()[0]:
        pass
    holding.workspace().roster.refresh()
    assert holding.workspace().roster.look(Asked(ids=(somebody,))).rows[0]["owner"] == "agent"
    assert "Likes &lt;b&gt;blue&lt;/b&gt;" in client.get(f"/people/{somebody}?kind=notes").content.decode()


@pytest.mark.parametrize(
    "form", [{"do": "note", "text": " "}, {"do": "task", "title": "x", "due_on": "soon"}, {"do": "nothing"},
             {"do": "owner", "owner": "mallory"}, {"do": "call", "outcome": "sung"}],
)  # fmt: skip
def test_what_cannot_be_written_is_told(as_: Client, somebody: str, form: dict[str, str]) -> None:
    from tenure.server.work.models import InboxEvent

    client = as_("agent")
    assert 'class="error"' in client.post(f"/person/do/{somebody}", form, follow=True).content.decode()
    assert not InboxEvent.objects.exists()


def test_analysts_write_nothing(as_: Client, somebody: str) -> None:
    client = as_("analyst")
    assert client.post(f"/person/do/{somebody}", {"do": "note", "text": "x"}).status_code == 403
    assert b"Write it down" not in client.get(f"/people/{somebody}").content


def test_all_that_is_held_is_handed_out(as_: Client, newcomer: str) -> None:
    from tenure.server.accounts.models import AuditEntry

    client = as_()
    told = json.loads(client.get(f"/person/held/{newcomer}?as=json").content)
    assert told["traits"] == {"email": f"xenia@{newcomer}.example.com", "first_name": "Xenia"}
    assert {"Identified", "Page Viewed", "Order Completed"} == {event["name"] for event in told["events"]}
    assert told["stages"]["classic"]
    assert f"xenia@{newcomer}.example.com".encode() in client.get(f"/person/held/{newcomer}?as=html").content
    assert AuditEntry.objects.filter(did="handed out all on a person", what=newcomer).count() == 2


@pytest.mark.parametrize("role", ["viewer", "analyst", "marketer", "agent"])
def test_privacy_is_for_administrators(as_: Client, somebody: str, role: str) -> None:
    client = as_(role)
    assert client.get(f"/person/held/{somebody}?as=json").status_code == 403
    assert client.post(f"/person/erase/{somebody}", {"sure": somebody}).status_code == 403


def test_an_erasure_leaves_nothing_and_no_import_brings_it_back(as_: Client, newcomer: str) -> None:
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import InboxEvent, Task

    client, agent, ws = as_(), as_("agent"), holding.workspace()
    visitor = newcomer.replace("gone", "visitor")
    agent.post(f"/person/do/{newcomer}", {"do": "task", "title": "Call back"})
    agent.post(f"/person/do/{newcomer}", {"do": "note", "text": "About Xenia"})
    agent.post("/people-views", {"do": "keep", "name": "Her", "query": f"q={newcomer}"})
    before = ws.roster.look(Asked()).people
    assert "events.user_id" in holders(newcomer)
    assert client.post(f"/person/erase/{newcomer}", {"sure": "yes"}).status_code == 400
    assert client.get(f"/people/{newcomer}").status_code == 200

    assert client.post(f"/person/erase/{newcomer}", {"sure": newcomer})["Location"] == "/people"
    # the visitor's id was nobody else's: with it goes what was done under it
    for text in (newcomer, visitor, f"xenia@{newcomer}"):
        assert holders(text) == []
    assert ws.roster.look(Asked()).people == before - 1
    assert client.get(f"/people/{newcomer}").status_code == 404
    assert not Task.objects.exists()
    assert not InboxEvent.objects.exists()
    assert not [entry for entry in AuditEntry.objects.all() if newcomer in f"{entry.what} {entry.detail}"]
    assert AuditEntry.objects.get(did="erased a person").what.startswith("erased-")

    again = [
        Event(name="Order Completed", customer_id=newcomer, time=ws.as_of, properties={"revenue": 30}),
        Event(name="Page Viewed", anonymous_id=visitor, time=ws.as_of),
        Event(name="Referral Shared", customer_id="friend-1", time=ws.as_of, properties={"friend_id": newcomer}),
    ]
    recorded = ws.record(again)
    ws.roster.refresh()
    assert recorded.appended.rejected == {"the person was erased": 2}
    for text in (newcomer, visitor):
        assert holders(text) == []
    friend = client.get("/people/friend-1?kind=").content.decode()
    assert "erased" in friend
    assert newcomer not in friend
    folder = ws.folder / ".tenure"
    assert newcomer.encode() not in (folder / "erased").read_bytes()
    assert (folder / "erased.key").stat().st_mode & 0o077 == 0

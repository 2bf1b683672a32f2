"""All that is held on somebody comes out, and once they are erased nothing of them is left anywhere."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tenure.events import Event
from tenure.server import holding
from tests.server.every import addresses

Client = Callable[..., Any]
NUMBERS = itertools.count(81)


class Planted:
    """Somebody, named wherever somebody can be named; `marks` are words that stand for each place."""

    def __init__(self, users: dict[str, Any]) -> None:
        from tenure.server.accounts.audit import record
        from tenure.server.intake.models import Delivery
        from tenure.server.work.models import Change, LoopRun, SavedView, Task
        from tenure.server.work.timeline import tell

        number = next(NUMBERS)
        self.id, self.visitor = f"planted/{number} ü", f"visitor-planted-{number}"
        self.mail, self.name = f"planted{number}@example.com", f"Wilma Planted{number}"
        self.names = (self.id, self.visitor, self.mail, self.name)
        ws = holding.workspace()
        at = ws.as_of - 100_000_000
        ws.record(
            [
                Event(name="Identified", customer_id=self.id, anonymous_id=self.visitor, time=at, type="identify",
                      traits={"name": "mark-old-name", "email": self.mail}),
                Event(name="Identified", customer_id=self.id, time=at + 1, type="identify", traits={"name": self.name}),
                Event(name="Order Completed", customer_id=self.id, account=f"mark-account-{number}", time=at + 2,
                      properties={"revenue": 30, "note": "mark-property"}, context={"ip": "mark-context"}),
                Event(name="Note Written", customer_id=self.id, time=at + 3, properties={"text": "mark-note"}),
                Event(name="Message Sent", customer_id=self.id, time=at + 4, properties={"subject": "mark-message"}),
                Event(name="Consent Given", customer_id=self.id, time=at + 5, properties={
                    "channel": "sms", "purpose": "offers", "text_version": "mark-text-version", "how": "form"}),
            ],
            source="mark-source",
        )  # fmt: skip
        with ws._store.transaction() as connection:
            key = connection.execute("SELECT key FROM units WHERE id = ?", [self.id]).fetchall()[0][0]
            scored = "INSERT INTO scores (customer, model, name, value, as_of) VALUES (?, 'mark-model', 'x', 1, 5)"
            connection.execute(scored, [key])
            connection.execute(
                "INSERT INTO rejected (load, source, file, position, reason, raw) VALUES (1, 's', 'f', 1, 'r', ?)",
                [json.dumps({"id": self.id, "what": "mark-rejected"}, ensure_ascii=False)],
            )
        ws.roster.refresh()
        Task.objects.create(title="mark-task", customer=self.id)
        Task.objects.create(title=f"mark-other-task about {self.mail}", customer="friend-9")
        tell("Call Logged", self.id, {"note": "mark-inbox"}, by="agent")
        for who in (self.id, "friend-9"):
            body = json.dumps({"userId": who, "event": "Seen", "properties": {"x": f"mark-delivery-{who}"}})
            Delivery.objects.create(mark=f"m{number}{who[:3]}", source="live:web", dialect="segment", call="track",
                                    body=body, events=1, received_at=at)  # fmt: skip
        SavedView.objects.create(name="mark-view", page="people", query=f"q={self.mail}", owner=users["agent"])
        Change.objects.create(
            who="x", files={"segments/x.yaml": [None, f"when: trait.email == '{self.mail}' # mark-change"]}
        )
        LoopRun.objects.update_or_create(name=f"loop{number}", defaults={"error": f"could not mail {self.mail}"})
        record(users["agent"], "mark-audit", self.id, detail=f"called {self.mail}")

    marks = (
        "mark-old-name", "mark-account", "mark-property", "mark-context", "mark-note", "mark-message",
        "mark-text-version", "mark-source", "mark-model", "mark-rejected", "mark-task", "mark-other-task", "mark-inbox",
        "mark-delivery-planted", "mark-view", "mark-change", "could not mail", "mark-audit",
    )  # fmt: skip


@pytest.fixture
def planted(undone: None, users: dict[str, Any]) -> Planted:
    return Planted(users)


def path(one: Planted) -> str:
    from urllib.parse import quote

    return quote(one.id, safe="/")


def in_store(text: str) -> list[str]:
    """The tables and columns of the event store that hold a text."""
    connection = holding.workspace()._store.connection()
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR' "
        "AND table_catalog = current_database() AND table_schema = 'main'"
    ).fetchall()
    return [
        f"{table}.{column}"
        for table, column in columns
        if connection.execute(f'SELECT 1 FROM "{table}" WHERE contains("{column}", ?) LIMIT 1', [text]).fetchall()
    ]


def in_operations(text: str) -> list[str]:
    """The tables of the operational database that hold a text in any column."""
    from django.db import connection

    from tenure.server.access.mentions import written

    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(form in str(row) for row in cursor.fetchall() for form in written([text])):
                found.append(table)
    return found


def test_all_that_is_held_comes_out(as_: Client, planted: Planted) -> None:
    client = as_()
    told = client.get(f"/person/held/{path(planted)}?as=json").content.decode()
    page = client.get(f"/person/held/{path(planted)}?as=html").content.decode()
    for mark in (*planted.marks, planted.visitor, planted.mail, planted.name):
        assert mark in told, mark
        assert mark in page, mark
    assert "mark-delivery-friend" not in told
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    by_key = json.loads(told)
    assert by_key["stages"]["classic"] and by_key["derived"]["roster"]
    assert {"channel": "sms", "purpose": "offers", "given": True}.items() <= next(
        one for one in by_key["consent"] if (one["channel"], one["purpose"]) == ("sms", "offers")
    ).items()
    assert as_("agent").get(f"/api/v1/customers/{path(planted)}/held").status_code in (403, 404)


def test_nothing_is_left_of_whom_was_erased(as_: Client, planted: Planted) -> None:
    from urllib.parse import quote

    from tenure.server.intake.handing import hand_over
    from tenure.server.intake.models import Delivery
    from tenure.server.loops.inbox import drain

    client = as_()
    assert in_store(planted.id) and in_store(planted.mail) and in_operations(planted.mail)
    client.get(f"/people/{path(planted)}")
    assert client.post(f"/person/erase/{path(planted)}", {"sure": planted.id}).status_code == 302
    for text in planted.names:
        assert in_store(text) == [], text
        # what clients sent and the log does not have yet waits for the gate that refuses it
        assert set(in_operations(text)) <= {"intake_delivery"}, text
    drain()
    hand_over()
    assert not Delivery.objects.exists()
    holding.workspace().roster.refresh()
    connection = holding.workspace()._store.connection()
    assert connection.execute("SELECT count(*) FROM events WHERE user_id = 'friend-9'").fetchall() == [(1,)]
    # who is called by their mail comes back no more than who is called by their id
    recorded = holding.workspace().record(
        [Event(name="Seen", time=5, customer_id=one) for one in (planted.id, planted.mail, planted.visitor)]
    )
    assert recorded.appended.rejected == {"the person was erased": 3}
    for text in planted.names:
        assert in_store(text) == in_operations(text) == [], text
    for address in addresses(customer="friend-1"):
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        for text in planted.names:
            assert text not in content.decode(errors="replace"), address
    for gone in (
        f"/people/{path(planted)}",
        f"/person/held/{path(planted)}?as=json",
        f"/person/timeline/{path(planted)}",
    ):
        assert client.get(gone).status_code == 404
    for text in planted.names:
        assert client.get(f"/api/v1/customers?q={quote(text)}").json()["count"] == 0


def test_a_mention_in_a_longer_word_stays(undone: None, users: dict[str, Any]) -> None:
    from tenure.server.access.privacy import _forget
    from tenure.server.accounts.audit import record
    from tenure.server.accounts.models import AuditEntry

    record(users["agent"], "x", "c1 and c10, c1-b")
    _forget(("c1",), "erased-1")
    assert AuditEntry.objects.get(did="x").what == "erased-1 and c10, c1-b"


# consent


def test_agents_write_consent_down_and_everybody_reads_its_history(as_: Client, planted: Planted) -> None:
    agent = as_("agent")
    told = agent.get(f"/person/consent/{path(planted)}").content.decode()
    assert "mark-text-version" in told and "Write down what they said" in told
    form = {"do": "consent", "given": "yes", "channel": "E-Mail", "how": "phone", "text_version": "v7"}
    agent.post(f"/person/do/{path(planted)}", form)
    agent.post(f"/person/do/{path(planted)}", {**form, "given": "no", "channel": "sms", "purpose": ""})
    told = agent.get(f"/person/consent/{path(planted)}").content.decode()
    assert "text v7" in told and "by agent" in told and "every purpose" in told
    analyst = as_("analyst")
    assert "Write down what they said" not in analyst.get(f"/person/consent/{path(planted)}").content.decode()
    assert analyst.post(f"/person/do/{path(planted)}", form).status_code == 403
    assert as_("viewer").get(f"/person/consent/{path(planted)}").status_code == 403


def test_consent_over_the_api(as_: Client) -> None:
    from tenure.server.accounts.keys import make_key
    from tenure.server.work.models import InboxEvent

    ws = holding.workspace()
    from tenure.lifecycle.roster import Asked

    somebody = ws.roster.look(Asked(), limit=1).rows[0]["id"]
    client = as_(None)
    keys = {scope: make_key(scope, scope)[1] for scope in ("write", "read", "admin")}
    address = f"/api/v1/customers/{somebody}/consent"
    for scope, reads, writes in (("write", 403, 403), ("read", 200, 403), ("admin", 200, 200)):
        headers = {"Authorization": f"Bearer {keys[scope]}"}
        assert client.get(address, headers=headers).status_code == reads
        body = {"given": False, "channel": "fax", "reason": "no fax"}
        assert client.post(address, body, content_type="application/json", headers=headers).status_code == writes
    answer = client.get(address, headers={"X-API-Key": keys["admin"]}).json()
    assert {(one["channel"], one["given"]) for one in answer["standing"]} >= {("fax", False)}
    assert answer["words"][0]["how"] == "api" and answer["words"][0]["by"] == "key admin"
    told = InboxEvent.objects.get().body
    assert (told["name"], told["properties"]["channel"]) == ("Consent Withdrawn", "fax")
    wrong = client.post(address, {"given": True, "channel": "x" * 50}, content_type="application/json",
                        headers={"X-API-Key": keys["admin"]})  # fmt: skip
    assert wrong.status_code == 400


def test_once_a_day_the_files_are_written_anew(undone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.loops import upkeep

    files: list[Any] = []
    monkeypatch.setattr(upkeep, "compact_sqlite", files.append)
    people = holding.workspace()._store.connection().execute("SELECT count(*) FROM units").fetchall()
    with holding.workspace()._store.transaction() as connection:
        connection.execute("INSERT INTO facts (name, value) VALUES ('taken out', 'by hand')")
    keep_up = upkeep.KeepUp()
    assert keep_up() == keep_up() == 0
    assert AuditEntry.objects.filter(did="wrote the store anew").count() == 1
    assert not holding.workspace().upkeep.compaction_due
    assert holding.workspace()._store.connection().execute("SELECT count(*) FROM units").fetchall() == people

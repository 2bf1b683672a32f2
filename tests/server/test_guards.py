"""What somebody with fewer rights, or a bad moment, would try: definitions, erasures, webhooks, what is handed out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tenure.events import Event
from tenure.server import holding

Client = Callable[..., Any]


def somebody(who: str, **traits: str) -> None:
    """Somebody the log knows."""
    ws = holding.workspace()
    at = ws.as_of - 100_000_000
    told = Event(name="Identified", customer_id=who, time=at, type="identify", traits={"plan": "x", **traits})
    ws.record([told], source="guards")
    ws.roster.refresh()


# definitions


@pytest.mark.parametrize("more", [
    "exports: [{name: mine, to: csv, folder: /tmp/elsewhere}]",
    "exports: [{name: mine, to: postgresql, database: TENURE_DATABASE_URL, schema_name: public}]",
    "identity: {blocked: [nobody at all]}",
])  # fmt: skip
def test_only_administrators_say_where_data_go_and_who_is_whom(as_: Client, users: dict[str, Any], more: str) -> None:
    from tenure.server.access import Denied, definitions

    text = definitions.file(users["analyst"], "tenure.yaml").text
    texts = {"tenure.yaml": f"{text.rstrip()}\n{more}\n"}
    assert not definitions.may_apply(users["marketer"], texts)
    with pytest.raises(Denied, match="Only administrators"):
        definitions.begin(users["analyst"], texts)
    assert definitions.may_apply(users["administrator"], texts)


def test_a_look_at_other_definitions_changes_no_rule(undone: None) -> None:
    from tenure.workspace.changed_files import changed_files

    ws = holding.workspace()
    before = ws._store.rules
    text = (ws.folder / "tenure.yaml").read_text().rstrip()
    with changed_files(ws, {"tenure.yaml": f"{text}\nidentity: {{blocked: [nobody at all]}}\n"}) as would_be:
        assert would_be.definitions.config.identity.rules != before
        assert ws._store.rules == before
    assert ws._store.rules == before


# what is handed out, and erased


def test_an_address_that_is_told_of_moves_is_nobodys(undone: None, users: dict[str, Any]) -> None:
    import json

    from tenure.server.access.held import held
    from tenure.server.access.privacy import _forget
    from tenure.server.webhooks.models import Endpoint
    from tenure.server.webhooks.signing import new_secret

    somebody("guard-held")
    made = Endpoint.objects.create(name="crm", url="https://example.com/guard-held", secret=new_secret())
    assert made.secret not in json.dumps(held(users["administrator"], "guard-held"), default=str)
    _forget(("guard-held",), "erased-1")
    made.refresh_from_db()
    assert made.url == "https://example.com/guard-held"


def test_a_short_number_is_no_mention_in_definitions(undone: None, users: dict[str, Any]) -> None:
    from tenure.server.access.held import held
    from tenure.server.access.privacy import _forget
    from tenure.server.accounts.audit import record
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import Change

    files = {"segments/late.yaml": [None, "when: since(order) >= days(90)"]}
    made = Change.objects.create(who="x", files=files)
    record(users["agent"], "looked at a guard", "90")
    somebody("90")
    assert "days(90)" not in str(held(users["administrator"], "90"))
    _forget(("90",), "erased-1")
    made.refresh_from_db()
    assert made.files == files
    assert AuditEntry.objects.get(did="looked at a guard").what == "erased-1"


def test_rows_of_others_are_not_handed_out(undone: None, users: dict[str, Any]) -> None:
    from tenure.server.access.held import held

    ws = holding.workspace()
    somebody("91", email="guard.91@example.com")
    with ws._store.transaction() as connection:
        for raw in ("1910;other@example.com", "91;mine", "x;guard.91@example.com;mine-too"):
            connection.execute("INSERT INTO rejected VALUES (1, 's', 'guards-91', 1, 'r', ?)", [raw])
    told = str(held(users["administrator"], "91"))
    assert "91;mine" in told and "mine-too" in told
    assert "other@example.com" not in told


def test_an_erasure_that_was_cut_short_can_be_asked_for_again(
    undone: None, users: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server import loops
    from tenure.server.access import privacy
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import Task
    from tenure.workspace.persons import Persons

    def here(what: str, work: Callable[[], Any]) -> None:
        work()

    monkeypatch.setattr(loops, "ask", here)
    somebody("guard-cut")
    Task.objects.create(title="call guard-cut", customer="guards-friend")
    whole = Persons.erase

    def cut(self: Persons, customer: str) -> Any:
        whole(self, customer)
        raise KeyboardInterrupt

    monkeypatch.setattr(Persons, "erase", cut)
    with pytest.raises(KeyboardInterrupt):
        privacy.erase(users["administrator"], "guard-cut")
    monkeypatch.setattr(Persons, "erase", whole)
    assert not Task.objects.filter(title__contains="guard-cut").exists()
    assert not AuditEntry.objects.filter(what="guard-cut").exists()


def test_a_rejected_row_that_shows_their_mail_is_blank_after_an_erasure(undone: None) -> None:
    from tenure.workspace.persons import Persons

    ws = holding.workspace()
    somebody("guard-mail", email="guard.mail@example.com")
    rows = ["x;Guard.Mail@example.com;1", "y;other@example.com;1"]
    with ws._store.transaction() as connection:
        for place, raw in enumerate(rows):
            connection.execute(
                "INSERT INTO rejected (load, source, file, position, reason, raw) VALUES (1, 's', 'guards', ?, 'r', ?)",
                [place, raw],
            )
    Persons(ws).erase("guard-mail")
    left = ws._store.connection().execute("SELECT raw FROM rejected WHERE file = 'guards' ORDER BY position").fetchall()
    assert left == [(None,), (rows[1],)]


def test_a_decision_on_others_does_not_name_whom_was_erased(undone: None) -> None:
    from tenure.workspace.persons import Persons

    ws = holding.workspace()
    somebody("guard-named", email="guard.named@example.com")
    told = {"second_kind": "email", "second_id": "guard.named@example.com"}
    apart = Event(
        name="Identities Separated", time=ws.as_of, customer_id="guards-friend", type="alias", properties=told
    )  # fmt: skip
    ws.record([apart], source="guards")
    Persons(ws).erase("guard-named")
    question = "SELECT count(*) FROM events WHERE contains(properties, 'guard.named')"
    assert ws._store.connection().execute(question).fetchall() == [(0,)]


def test_whoever_may_not_export_does_not_read_the_feed(as_: Client) -> None:
    assert as_("agent").get("/api/v1/moves").status_code == 403


@pytest.mark.parametrize("address", ["/lists/due?lifecycle=classic&days=30", "/figures/rfm?cell=lost"])
def test_whoever_may_not_export_does_not_page_through_lists_behind_figures(
    as_: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    from tenure.server.access import people

    monkeypatch.setattr(people, "LOOKED_AT", 3)
    agent, analyst = as_("agent"), as_("analyst")
    first = agent.get(address)
    for _ in range(100):
        if first.status_code == 200 and b"delay:1s" not in first.content:
            break
        time.sleep(0.05)
        first = agent.get(address)
    assert first.status_code == 200
    assert first.content.count(b'href="/people/') <= 3
    assert agent.get(f"{address}&offset=3").status_code == 403
    assert analyst.get(f"{address}&offset=3").status_code == 200


# webhooks


@pytest.fixture
def followed(undone: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A feed of ten moves; the list is what it told."""
    import pyarrow as pa

    from tenure.lifecycle.feed import Feed
    from tenure.workspace.feed import FeedOf

    rows = [{"seq": number, "lifecycle": "classic", "stage": "x", "cause": "event"} for number in range(1, 11)]
    monkeypatch.setattr(FeedOf, "rows", lambda self, *, after=0, limit=0, only=None: pa.Table.from_pylist(rows))
    monkeypatch.setattr(FeedOf, "state", property(lambda self: Feed(since=0, seq=10)))
    return rows


def endpoint(**told: Any) -> Any:
    from tenure.server.webhooks.models import Endpoint
    from tenure.server.webhooks.signing import new_secret

    return Endpoint.objects.create(name="crm", url="http://127.0.0.1:9/", secret=new_secret(), **told)


@pytest.mark.parametrize("meanwhile", ["off", "on again", "removed"])
def test_an_address_that_is_switched_while_the_feed_is_read(
    followed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    from tenure.server.access import webhooks
    from tenure.server.webhooks import outbox
    from tenure.server.webhooks.models import Endpoint, Sending

    made = endpoint()
    whole = outbox._write

    def between(*told: Any) -> Any:
        if meanwhile == "removed":
            webhooks.remove(None, made)
        else:
            webhooks.switch(None, Endpoint.objects.get(), on=False)
        if meanwhile == "on again":
            webhooks.switch(None, Endpoint.objects.get(), on=True)
        return whole(*told)

    monkeypatch.setattr(outbox, "_write", between)
    assert outbox.copy() == 0
    assert not Sending.objects.exists()
    if meanwhile == "on again":
        # what happened while it was off is not told
        assert Endpoint.objects.get().seq == 10


def test_an_address_that_is_removed_while_it_is_told(followed: list[dict[str, Any]]) -> None:
    from tenure.server.webhooks import sending
    from tenure.server.webhooks.models import Sending

    made = endpoint()
    one = Sending.objects.create(endpoint=made, last=1, rows=[1], due_at=datetime.now(UTC))

    def body(told: Any) -> None:
        type(made).objects.all().delete()

    sending.send(one, body_of=body)
    assert not Sending.objects.exists()


def test_a_handshake_that_drips_is_cut(site: Any) -> None:
    from tenure.server.outward import Unreachable, post

    done = threading.Event()

    def drip() -> None:
        talk, _ = listening.accept()
        with talk:
            # the head of a record that is said to be long, and then a sign now and then
            talk.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
            while not done.wait(0.05):
                try:
                    talk.sendall(b"\0")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        try:
            with pytest.raises(Unreachable):
                post(f"https://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, private=True, seconds=0.3)
        finally:
            done.set()
        assert time.monotonic() - began < 4


def test_a_host_is_tried_at_each_of_its_addresses(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server import outward

    with socket.create_server(("127.0.0.2", 0)) as listening:
        port = listening.getsockname()[1]
        found = [(0, 0, 0, "", (one, port)) for one in ("127.0.0.1", "127.0.0.2")]
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            told = outward._addresses("example.com", port, private=True)
        assert told == ("127.0.0.1", "127.0.0.2")
        with outward._reached(told, port, 2) as reached:
            assert reached.getpeername() == ("127.0.0.2", port)


def test_what_breaks_a_message_keeps_no_other_waiting(
    followed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.outward import Unreachable, post
    from tenure.server.webhooks import sending
    from tenure.server.webhooks.models import Sending

    with pytest.raises(Unreachable, match="no host"):
        post("https://a..b/", b"", {})
    one = Sending.objects.create(endpoint=endpoint(), last=1, rows=[1], due_at=datetime.now(UTC))
    followed[0]["moved_at"] = "no moment"
    # a thread has a connection of its own
    monkeypatch.setattr(sending, "close_old_connections", lambda: None)
    sending._tell(one.endpoint_id)
    one.refresh_from_db()
    assert (one.state, one.attempts) == ("waiting", 1)
    assert one.due_at > datetime.now(UTC)


def test_the_feed_of_another_store_is_followed_from_its_end(followed: list[dict[str, Any]]) -> None:
    from tenure.server.webhooks.models import Sending
    from tenure.server.webhooks.outbox import copy

    one = endpoint(seq=5000)
    Sending.objects.create(endpoint=one, last=8, rows=[8], due_at=datetime.now(UTC))
    assert copy() == 0
    one.refresh_from_db()
    assert (one.seq, Sending.objects.count()) == (10, 0)

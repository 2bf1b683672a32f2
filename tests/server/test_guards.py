"""What somebody with fewer rights, or a bad moment, would try: on definitions, erasures, webhooks and what is handed out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
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
    "identity: {block: [guest]}",
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
    with changed_files(ws, {"tenure.yaml": f"{text}\nidentity: {{block: [guest]}}\n"}) as would_be:
        assert would_be.definitions.config.identity.rules != before
        assert ws._store.rules == before
    assert ws._store.rules == before


# what is handed out, and erased


def test_what_is_handed_out_holds_no_secret(undone: None, users: dict[str, Any]) -> None:
    import json

    from tenure.server.access.held import held
    from tenure.server.webhooks.models import Endpoint
    from tenure.server.webhooks.signing import new_secret

    somebody("guard-held")
    made = Endpoint.objects.create(name="of guard-held", url="https://example.com/guard-held", secret=new_secret())
    told = json.dumps(held(users["administrator"], "guard-held"), default=str)
    assert "of guard-held" in told
    assert made.secret not in told


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
    Task.objects.create(title="call guard-cut", customer="friend-9")
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


def test_whoever_may_not_export_does_not_read_the_feed(as_: Client) -> None:
    assert as_("agent").get("/api/v1/moves").status_code == 403

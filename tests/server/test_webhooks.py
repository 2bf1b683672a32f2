"""Webhooks: what is told to whom, signed, tried again, and never twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tenure.errors import UsageError


class Receiver:
    """A server on this machine; `answers` are the statuses it gives in turn, `got` what came."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.hold.wait(20)
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *told: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/moves"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def inside(settings_of: Any) -> None:
    """The own network is allowed."""
    settings_of(private_addresses=True)


@pytest.fixture
def settings_of(site: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    from django.conf import settings

    def change(**told: Any) -> None:
        monkeypatch.setattr(settings, "ENVIRONMENT", settings.ENVIRONMENT.model_copy(update=told))

    return change


class Told:
    """A workspace whose feed tells what a test says."""

    def __init__(self) -> None:
        self.moves: list[dict[str, Any]] = []

    def move(self, stage: str | None = "at_risk", *, lifecycle: str = "classic", cause: str = "event") -> None:
        self.moves.append({
            "seq": len(self.moves) + 1, "lifecycle": lifecycle, "kind": "customer", "customer_id": "c17",
            "stage": stage, "previous": None, "moved_at": 1_767_323_045_000_000, "recorded_at": 1_767_323_046_000_000,
            "cause": cause, "definition": "d", "retracts": None,
        })  # fmt: skip


@pytest.fixture
def feed(undone: None, monkeypatch: pytest.MonkeyPatch) -> Told:
    import pyarrow as pa

    from tenure.lifecycle.feed import Feed
    from tenure.workspace.feed import FeedOf

    made = Told()

    def rows(self: Any, *, after: int = 0, limit: int = 1000, only: Any = None) -> pa.Table:
        found = [one for one in made.moves if one["seq"] > after and (only is None or one["seq"] in only)]
        return pa.Table.from_pylist(found[:limit])

    monkeypatch.setattr(FeedOf, "rows", rows)
    monkeypatch.setattr(FeedOf, "state", property(lambda self: Feed(since=0, seq=len(made.moves))))
    return made


def made(receiver: Receiver, name: str = "crm", **told: Any) -> Any:
    from tenure.server.access import webhooks

    return webhooks.make(None, name, receiver.url, **told)[0]


def sent(endpoint: Any) -> list[Any]:
    """Its messages, once each that waits was tried."""
    from tenure.server.webhooks.models import Sending
    from tenure.server.webhooks.sending import send

    for one in Sending.objects.filter(endpoint=endpoint, state="waiting").order_by("pk"):
        send(one)
    return list(Sending.objects.filter(endpoint=endpoint).order_by("pk"))


def test_moves_are_told_signed(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.webhooks.outbox import copy
    from tenure.server.webhooks.signing import verified

    feed.move()
    endpoint = made(receiver)
    feed.move("loyalty")
    assert copy() == 1
    (sending,) = sent(endpoint)
    assert (sending.state, sending.code, sending.rows) == ("sent", 200, [2])
    ((headers, body),) = receiver.got
    assert verified(body, headers, secret=endpoint.secret, now=time.time())
    assert not verified(body + b" ", headers, secret=endpoint.secret, now=time.time())
    assert not verified(body, headers, secret=endpoint.secret, now=time.time() + 3600)
    told = json.loads(body)
    assert (told["type"], told["moves"][0]["customer_id"]) == ("moves", "c17")
    assert told["moves"][0]["moved_at"] == "2026-01-02T03:04:05Z"
    # not by the feed's numbers: those of a store made anew begin again
    assert headers["webhook-id"] == f"msg_{endpoint.pk}_{sending.pk}"


def test_only_what_is_asked_for(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.webhooks.outbox import copy

    endpoint = made(receiver, lifecycles=["classic"], stages=["at_risk"], causes=["event", "definition"])
    feed.move()
    feed.move("loyalty")
    feed.move(cause="import")
    feed.move(lifecycle="other")
    feed.move(None, cause="definition")
    copy()
    (one,) = sent(endpoint)
    assert one.rows == [1, 5]
    endpoint.refresh_from_db()
    assert endpoint.seq == 5


def test_copied_twice_is_told_once(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.webhooks.models import Endpoint, Sending
    from tenure.server.webhooks.outbox import TOLD, copy

    endpoint = made(receiver)
    for _ in range(TOLD + 5):
        feed.move()
    assert copy() == 2
    # as an end between the two would leave it, were they two commits
    Endpoint.objects.filter(pk=endpoint.pk).update(seq=0)
    copy()
    assert Sending.objects.filter(endpoint=endpoint).count() == 2
    assert copy() == 0


def test_what_fails_is_tried_again_and_parked_after_days(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.access import webhooks
    from tenure.server.webhooks.models import Sending
    from tenure.server.webhooks.outbox import copy

    endpoint = made(receiver)
    feed.move()
    copy()
    receiver.answers = [500, 302, 503]
    pauses = []
    for attempt in range(1, 4):
        (one,) = sent(endpoint)
        assert (one.state, one.attempts) == ("waiting", attempt)
        pauses.append((one.due_at - one.tried_at).total_seconds())
    assert 5 <= pauses[0] <= 6.3 < 20 <= pauses[1] <= 25.1 < 80 <= pauses[2] <= 101
    # the same message has the same id
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    Sending.objects.update(made_at=datetime.now(UTC) - timedelta(days=4))
    receiver.answers = [500]
    assert [one.state for one in sent(endpoint)] == ["parked"]
    assert webhooks.again(None, endpoint) == 1
    assert [one.state for one in sent(endpoint)] == ["sent"]


def test_one_that_is_gone_is_switched_off(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.webhooks.outbox import copy

    endpoint = made(receiver)
    feed.move()
    copy()
    receiver.answers = [410]
    assert [one.state for one in sent(endpoint)] == ["parked"]
    endpoint.refresh_from_db()
    assert not endpoint.on


def test_nothing_is_sent_into_the_own_network(feed: Told, receiver: Receiver, settings_of: Any) -> None:
    from tenure.server.access import webhooks
    from tenure.server.webhooks.outbox import copy

    for url in (receiver.url, "http://localhost/", "http://[::1]/", "http://10.0.0.7/", "http://169.254.169.254/"):
        with pytest.raises(UsageError, match="private network"):
            webhooks.make(None, "crm", url)
    for url in ("", "ftp://example.com", "https://", "https://a b", "http://example.com:99999/"):
        with pytest.raises(UsageError, match="no address"):
            webhooks.make(None, "crm", url)
    settings_of(private_addresses=True)
    endpoint = made(receiver)
    settings_of(private_addresses=False)
    feed.move()
    copy()
    (one,) = sent(endpoint)
    assert (one.state, one.code) == ("parked", None)
    assert "private network" in one.fault
    assert not receiver.got


def test_nobody_who_was_erased_is_told_of(inside: None, feed: Told, receiver: Receiver) -> None:
    from tenure.server.webhooks.outbox import copy

    endpoint = made(receiver)
    feed.move()
    copy()
    feed.moves[0]["seq"] = 99
    assert [(one.state, one.fault) for one in sent(endpoint)] == [("sent", "nothing is left of it")]
    assert not receiver.got


def test_a_receiver_that_drips_is_cut(inside: None) -> None:
    import socket

    from tenure.server.outward import Unreachable, post

    with socket.create_server(("127.0.0.1", 0)) as listening:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, private=True, seconds=0.2)
        assert time.monotonic() - began < 5


def test_pages_and_api(inside: None, feed: Told, receiver: Receiver, as_: Callable[..., Any]) -> None:
    from tenure.server.webhooks.models import Endpoint
    from tenure.server.webhooks.outbox import copy

    client = as_()
    assert "Nobody yet" in client.get("/webhooks").content.decode()
    page = client.post("/webhooks", {"name": "crm", "url": receiver.url, "stages": "at_risk, loyalty"})
    endpoint = Endpoint.objects.get()
    assert endpoint.secret in page.content.decode()
    assert endpoint.secret not in client.get("/webhooks").content.decode()
    assert client.post("/webhooks", {"name": "crm", "url": receiver.url}).status_code == 400
    assert "no stage" in client.post("/webhooks", {"name": "b", "url": receiver.url, "stages": "x"}).content.decode()
    feed.move()
    copy()
    sent(endpoint)
    client.post(f"/webhooks/{endpoint.pk}", {"do": "test"})
    page = client.get(f"/webhooks/{endpoint.pk}").content.decode()
    assert "It answered with 200" in page and "sent" in page
    assert json.loads(receiver.got[-1][1])["type"] == "test"
    client.post(f"/webhooks/{endpoint.pk}", {"do": "off"})
    feed.move()
    client.post(f"/webhooks/{endpoint.pk}", {"do": "on"})
    assert copy() == 0
    asked = client.get("/api/v1/moves", {"after": 1}).json()
    assert (asked["next"], asked["last"], [one["seq"] for one in asked["moves"]]) == (2, 2, [2])
    told = client.post("/api/v1/webhooks", {"name": "x", "url": receiver.url}, content_type="application/json").json()
    assert told["secret"].startswith("whsec_")
    assert {one["name"] for one in client.get("/api/v1/webhooks").json()} == {"crm", "x"}
    assert client.post("/api/v1/webhooks/x/test").json() == {"code": 200, "fault": None}
    assert client.delete("/api/v1/webhooks/x").status_code == 200
    client.post(f"/webhooks/{endpoint.pk}", {"do": "remove"})
    assert not Endpoint.objects.exists()


def test_only_administrators(as_: Callable[..., Any]) -> None:
    for role in ("viewer", "analyst", "marketer", "agent"):
        client = as_(role)
        assert client.get("/webhooks").status_code == 403
        assert client.get("/api/v1/webhooks").status_code == 403
    assert as_("viewer").get("/api/v1/moves").status_code == 403

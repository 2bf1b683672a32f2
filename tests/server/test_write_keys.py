"""A write key can only write, from the sites that it names; and `/metrics` opens with a key that may read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.every import addresses
from tests.server.intake.conftest import KEY, Front, front

__all__ = ["front"]

SITES = ["https://shop.example.com", "https://*.example.org", "http://localhost:3000"]
TRACK = {"event": "Seen", "userId": "c17"}


@pytest.fixture
def keys(undone: None) -> dict[str, str]:
    from tenure.server.accounts.keys import make_key

    return {scope: make_key(f"test {scope}", scope)[1] for scope in ("write", "read", "admin")}


def test_a_write_key_can_only_write(as_: Callable[..., Any], keys: dict[str, str]) -> None:
    """Over every address there is: it gets what a stranger gets, or is told that it may not."""
    from tenure.server.accounts.models import AuditEntry

    client, stranger = as_(None), as_(None)
    before = AuditEntry.objects.exclude(did="failed to log in").count()
    basic = base64.b64encode(f"{keys['write']}:".encode()).decode()
    for address in addresses():
        for method in ("get", "post", "put", "patch", "delete"):
            told = {} if method == "get" else {"data": b"{}", "content_type": "application/json"}
            expected = getattr(stranger, method)(address, **told)
            for headers in (
                {"Authorization": f"Bearer {keys['write']}"},
                {"X-API-Key": keys["write"]},
                {"Authorization": f"Basic {basic}"},
            ):
                answer = getattr(client, method)(address, headers=headers, **told)
                if (method, address) != ("post", "/api/v1/events"):
                    assert answer.status_code in (expected.status_code, 403), (method, address)
                if answer.status_code < 400:
                    assert answer.get("Location") == expected.get("Location"), (method, address)
    assert AuditEntry.objects.exclude(did="failed to log in").count() == before


WRONG = (
    "shop.example.com", "https://*", "https://*.com", "https://a.*.com", "ftp://x.com", "https://x.co/a", "null",
    "https://u@x.com", "https://x.com:99999", "https://x_y z.com", "https://*.*.example.com",
)  # fmt: skip
COVERED = ("https://shop.example.com", "https://a.example.org", "https://a.b.example.org", "http://localhost:3000")
ELSEWHERE = (
    "http://shop.example.com", "https://shop.example.com:8443", "https://shop.example.com.evil.net", "null",
    "https://example.org", "https://evilexample.org", "https://a/.example.org", "https://evil.net?.example.org",
    "https://evil.net#.example.org", "https://u@.example.org", "http://localhost",
)  # fmt: skip


def test_what_a_site_is() -> None:
    from tenure.errors import UsageError
    from tenure.server.accounts.origins import allows, origin_in, origins_of

    assert origins_of(["HTTPS://Shop.Example.com/", "https://shop.example.com:443", "", "http://[::1]:80"]) == [
        "https://shop.example.com", "http://[::1]",
    ]  # fmt: skip
    for wrong in WRONG:
        with pytest.raises(UsageError):
            origins_of([wrong])
    for origin in COVERED:
        assert allows(origins_of(SITES), origin), origin
    for origin in ELSEWHERE:
        assert not allows(origins_of(SITES), origin), origin
    assert origin_in("https://a.example.org/x?y=1") == "https://a.example.org"
    assert origin_in("nonsense") == origin_in("http://[") == ""


@pytest.fixture
def scoped(front: Front, monkeypatch: pytest.MonkeyPatch) -> Front:
    """The intake; `KEY` is for some sites alone."""
    from tenure.server.intake import keys

    sender = keys.Sender(1, "live:web", tuple(SITES), False)
    monkeypatch.setattr(keys, "_find", lambda text: sender if text == KEY else None)
    return front


def test_a_key_for_some_sites(scoped: Front) -> None:
    good, bad = "https://shop.example.com", "https://evil.example.net"
    answered = scoped("/v1/track", TRACK, origin=good)
    assert answered.status == 200
    assert (answered.headers["Access-Control-Allow-Origin"], answered.headers["Vary"]) == (good, "Origin")
    assert scoped("/v1/batch", {"batch": [TRACK]}, origin="https://deep.www.example.org").status == 200
    bearer = {"user": None, "authorization": f"Bearer {KEY}"}
    assert (
        scoped("/api/v1/events", {"events": [{"event": "Seen", "customer_id": "c"}]}, origin=good, **bearer).status
        == 200
    )
    assert len(scoped.kept) == 3
    for origin in (bad, "null", ""):
        headers = {"origin": origin} if origin else {}
        for answered in (
            scoped("/v1/track", TRACK, **headers), scoped("/v1/t", {**TRACK, "writeKey": KEY}, user=None, **headers),
            scoped("/api/v1/events", {"events": [TRACK]}, **bearer, **headers),
            scoped("/api/v1/customers/c17", {}, method="PUT", user="site", password=KEY, **headers),
            scoped("/api/v2/entity", {}, user="site", password=KEY, **headers),
            scoped(f"/v1/projects/{KEY}/settings", method="GET", user=None, **headers),
        ):  # fmt: skip
            assert answered.status == 403
            assert "Access-Control-Allow-Origin" not in answered.headers
    assert len(scoped.kept) == 3


def test_what_a_browser_is_told_before_it_sends(scoped: Front) -> None:
    for path in ("/v1/track", "/api/v1/events"):
        assert scoped(path, method="OPTIONS", user=None, origin="https://evil.example.net").status == 204
    named = {"method": "OPTIONS", "user": None, "query": f"writeKey={KEY}"}
    told = scoped("/v1/track", **named, origin="https://a.example.org")
    assert (told.status, told.headers["Access-Control-Allow-Origin"]) == (204, "https://a.example.org")
    told = scoped("/v1/track", **named, origin="https://evil.example.net")
    assert told.status == 403 and "Access-Control-Allow-Origin" not in told.headers
    assert scoped(f"/v1/projects/{KEY}/settings", method="OPTIONS", user=None, origin="https://evil.net").status == 403


def test_a_picture_says_where_it_is_shown(scoped: Front) -> None:
    query = f"writeKey={KEY}&userId=c&event=Opened"
    for headers, kept in (
        ({}, 0),
        ({"referer": "https://evil.net/x"}, 0),
        ({"referer": "https://shop.example.com/x"}, 1),
    ):
        told = scoped("/v1/pixel/track", method="GET", user=None, query=query, **headers)
        assert (told.status, len(scoped.kept)) == (200, kept)


def test_a_key_that_servers_may_use_too(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.intake import keys

    monkeypatch.setattr(keys, "_find", lambda text: keys.Sender(1, "live:web", tuple(SITES), True))
    assert front("/v1/track", TRACK).status == 200
    assert front("/v1/track", TRACK, origin="https://evil.net").status == 403


def test_keys_are_made_for_a_source_and_sites(as_: Callable[..., Any]) -> None:
    from tenure.errors import UsageError
    from tenure.server.accounts.keys import make_key
    from tenure.server.accounts.models import ApiKey
    from tenure.server.intake.keys import forget, sender_of

    forget()
    client = as_()
    form = {"name": "shop", "scope": "write", "source": "web", "origins": " ".join(SITES)}
    assert b"tnr_" in client.post("/access/keys", form).content
    key = ApiKey.objects.get(name="shop")
    assert (key.source, key.origins, key.server_side) == ("web", SITES, False)
    assert b"https://*.example.org" in client.get("/access").content
    assert client.post("/access/keys", {**form, "origins": "nonsense"}).status_code == 400
    assert client.post("/access/keys", {**form, "scope": "read"}).status_code == 400
    text = make_key("second", "write", source="app", origins=SITES, server_side=True)[1]
    found = sender_of(text)
    assert found is not None and found[0].source == "live:app" and found[0].may_come_from("")
    with pytest.raises(UsageError):
        make_key("x", "write", origins=["https://a.example.com"] * 1 + [f"https://a{n}.example.com" for n in range(60)])
    answer = as_(None).post(
        "/api/v1/events", json.dumps({"events": [{"event": "x", "customer_id": "y"}]}), content_type="application/json",
        headers={"X-API-Key": text, "Origin": "https://evil.net"},
    )  # fmt: skip
    assert answer.status_code == 403
    forget()


# the figures of the server


def test_the_figures_of_the_server(as_: Callable[..., Any], keys: dict[str, str], front: Front) -> None:
    from tenure.server.work.models import LoopRun

    LoopRun.objects.update_or_create(name="inbox", defaults={"seconds": 0.25, "waiting": 3})
    front("/v1/track", TRACK)
    client = as_(None)
    client.get("/healthz")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {keys['read']}"})
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    told = answer.content.decode()
    for line in (
        'tenure_loop_seconds{loop="inbox"} 0.25', 'tenure_loop_waiting{loop="inbox"} 3',
        'tenure_inbox_waiting{of="clients"} 0',
        'tenure_request_seconds_count{group="health",status="2xx"}', 'tenure_request_seconds_bucket{group="intake",',
        'tenure_store_bytes{store="log"}', "tenure_store_events ", "tenure_refreshed_timestamp_seconds ",
    ):  # fmt: skip
        assert line in told, line
    assert "c100" not in told and "@" not in told
    parser = pytest.importorskip("prometheus_client.parser")
    families = {one.name for one in parser.text_string_to_metric_families(told)}
    assert {"tenure_request_seconds", "tenure_inbox_waiting"} <= families


def test_who_may_read_them(as_: Callable[..., Any], keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    client, machine = as_(None), {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
    assert client.get("/metrics", headers=machine).status_code == 401
    for scope, status in (("write", 403), ("read", 200), ("admin", 200)):
        assert client.get("/metrics", headers={"X-API-Key": keys[scope]}).status_code == status
    assert client.get("/metrics", headers={"X-API-Key": "tnr_guessed"}).status_code == 401
    # people find the metrics of the company there
    assert client.get("/metrics").status_code == 302
    assert b"<html" in as_("viewer").get("/metrics").content
    told = settings.ENVIRONMENT.model_copy(update={"metrics_here": True})
    monkeypatch.setattr(settings, "ENVIRONMENT", told)
    assert client.get("/metrics", headers=machine).status_code == 200
    assert client.get("/metrics", headers=machine, REMOTE_ADDR="10.0.0.9").status_code == 401
    # a proxy on this machine sends on what comes from anywhere
    assert client.get("/metrics", headers=machine, **{"tenure.forwarded": True}).status_code == 401

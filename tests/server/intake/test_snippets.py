"""The page with code to copy, and the endpoint in the API's description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.intake.conftest import KEY, Front


@pytest.mark.parametrize("role", ["viewer", "administrator"])
def test_the_page_names_this_host(as_: Callable[..., Any], role: str) -> None:
    told = as_(role).get("/data/snippets")
    assert told.status_code == 200
    text = told.content.decode()
    assert "curl http://testserver/v1/track -u WRITE_KEY:" in text
    assert ("Make a write key" in text) == (role == "administrator")
    assert "/data/snippets" in as_(role).get("/data").content.decode()


def test_a_stranger_is_asked_to_log_in(as_: Callable[..., Any]) -> None:
    assert as_(None).get("/data/snippets").status_code == 302


def test_the_endpoint_is_described_as_it_is(as_: Callable[..., Any], front: Front) -> None:
    from tenure.ingest.tracking.native import KEYS

    described = as_("administrator").get("/api/v1/openapi.json").json()["paths"]["/api/v1/events"]["post"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    event = schema["properties"]["events"]["items"]
    assert set(event["properties"]) == set(KEYS)
    assert event["additionalProperties"] is False


def test_keys_that_may_not_write_send_nothing(as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.accounts.keys import make_key
    from tenure.server.api import events
    from tenure.server.intake import keys

    taken: list[str] = []
    taking = ({"accepted": 1, "refused": []}, None)
    monkeypatch.setattr(events, "taken", lambda sender, key, body: taken.append(body) or taking)
    keys.forget()
    for scope, status in (("read", 403), ("write", 200)):
        key = make_key(scope, scope)[1]
        told = as_(None).post(
            "/api/v1/events", {"events": [{}]}, content_type="application/json", headers={"X-API-Key": key}
        )
        assert told.status_code == status
        assert (keys.sender_of(key) is not None) == (scope == "write")
    assert len(taken) == 1
    keys.forget()


def test_a_revoked_key_is_forgotten(as_: Callable[..., Any]) -> None:
    from tenure.server.accounts.keys import make_key, revoke
    from tenure.server.intake import keys

    row, key = make_key("gone", "write")
    assert keys.sender_of(KEY, key) is not None
    revoke(row)
    keys.forget()
    assert keys.sender_of(key) is None

"""Whatever is sent, no answer is a fault of ours: what the API's own description allows, and what nothing allows."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.intake.conftest import KEY, Front, front

__all__ = ["front"]

As = Callable[..., Any]
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
FEW = settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED, derandomize=True)
MANY = settings(max_examples=1_500, deadline=None, suppress_health_check=SUPPRESSED)
BEARER = {"user": None, "authorization": f"Bearer {KEY}"}
PATHS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/track", {}), ("/v1/identify", {"x_strict_mode": "1"}), ("/v1/batch", {"x_strict_mode": "1"}),
    ("/v1/alias", {}), ("/v1/group", {"x_strict_mode": "1"}), ("/v1/import", {}), ("/api/v1/events", BEARER),
    ("/api/v1/customers/c17", {"method": "PUT", "user": "site", "password": KEY}),
    ("/api/v1/customers/c17/events", {"user": "site", "password": KEY}),
    ("/api/v1/customers/c%2F1/devices", {"method": "PUT", "user": "site", "password": KEY}),
    ("/api/v1/merge_customers", {"user": "site", "password": KEY}),
    ("/api/v1/events", {"user": "site", "password": KEY}),
    ("/api/v2/entity", {"user": "site", "password": KEY}), ("/api/v2/batch", {"user": "site", "password": KEY}),
)  # fmt: skip

_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.text(max_size=20)
    | st.sampled_from(
        ["\u0000", "\ud800", "null", "2026-01-31T12:00:00Z", "9999-12-31T23:59:59.999999+14:00", "-1", "1e400", 10**400,
         -(2**63), 1e308, "x" * 400, "app-1", "tenure:1"]
    )
)  # fmt: skip
_NAMES = st.sampled_from(
    ["event", "userId", "anonymousId", "previousId", "groupId", "type", "action", "properties", "traits", "context",
     "timestamp", "sentAt", "messageId", "batch", "events", "customer_id", "account", "time", "name", "data", "id",
     "identifiers", "attributes", "primary", "secondary", "cio_relationships", "device",
     "email", "writeKey", "integrations"]
) | st.text(max_size=8)  # fmt: skip
JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=25,
)
TYPES = ("track", "identify", "page", "screen", "group", "alias", "person", "object", "delivery")
ACTIONS = ("identify", "event", "merge", "delete", "page", "add_device", "suppress")
TOLD = (
    "event", "userId", "anonymousId", "properties", "traits", "context", "timestamp", "sentAt", "messageId",
    "customer_id", "identifiers", "attributes", "primary", "secondary", "groupId", "previousId", "name", "time",
)  # fmt: skip
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(TYPES) | JSON, "action": st.sampled_from(ACTIONS) | JSON, **dict.fromkeys(TOLD, JSON),
    },
)  # fmt: skip
BODY = ITEM | JSON | st.builds(
    lambda key, items, more: {**more, key: items}, st.sampled_from(["batch", "events"]),
    st.lists(ITEM | JSON, max_size=5), ITEM,
)  # fmt: skip


def sent(front: Front, path: str, told: dict[str, Any], raw: bytes, **headers: str) -> None:
    """Nothing; whatever was sent is refused or kept, and what was kept can be read again."""
    from tenure.server.intake.handing import items_of
    from tenure.server.intake.models import Delivery

    front.kept.clear()
    answered = front(path, raw, **told, **headers)
    assert answered.status in (200, 207, 400, 401, 403, 404, 405, 413), (path, raw[:200], answered.body)
    assert b"Traceback" not in answered.body
    for one in front.kept:
        row = Delivery(mark="m", source="s", dialect=one["dialect"], call=one["call"], body=one["body"], events=1,
                       received_at=1_700_000_000_000_000)  # fmt: skip
        assert not any(getattr(item, "reason", "").startswith("it could not be read") for item in items_of(row))


def _fuzzed(front: Front, body: Any, at: int) -> None:
    path, told = PATHS[at]
    sent(front, path, told, json.dumps(body).encode("utf-8", "surrogatepass"))


@FEW
@given(body=BODY, at=st.integers(0, len(PATHS) - 1))
def test_bodies_of_any_form(front: Front, body: Any, at: int) -> None:
    _fuzzed(front, body, at)


@pytest.mark.slow
@MANY
@given(body=BODY, at=st.integers(0, len(PATHS) - 1))
def test_many_bodies_of_any_form(front: Front, body: Any, at: int) -> None:
    _fuzzed(front, body, at)


@FEW
@given(raw=st.binary(max_size=300), at=st.integers(0, len(PATHS) - 1), packed=st.booleans())
def test_bytes_of_any_kind(front: Front, raw: bytes, at: int, packed: bool) -> None:
    path, told = PATHS[at]
    headers = {"content_encoding": "gzip"} if packed else {}
    sent(front, path, told, gzip.compress(raw)[: len(raw) + 7] if packed else raw, **headers)


NASTY = (
    b"[" * 200_000, b'{"batch":' * 50_000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"userId":"\xff\xfe"}',
    b'{"userId":"c","event":"x","properties":{"n":' + b"9" * 20_000 + b"}}",
    b'{"userId":"c","event":"x","properties":{"n":1e999999999}}',
    b'{"userId":"c","event":"x","properties":{"n":-1E-999999999}}',
    b'{"userId":"c","event":"x","properties":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
    b'{"userId":"c","event":"x","timestamp":1e300}', b'{"userId":"c","event":"x","timestamp":"0000-00-00"}',
    b'{"userId":"\\ud800","event":"\\u0000"}', b'\xef\xbb\xbf{"userId":"c","event":"x"}', b"NaN",
    b'{"userId":NaN,"event":"x"}',
    b'{"events":[' + b"{}," * 100_000 + b"{}]}", b'{"batch":[' + b"[]," * 100_000 + b"[]]}",
    b'{"userId":"c","event":"' + b"x" * 300_000 + b'"}', b"\x00" * 1_000, b'{"userId":true,"event":["x"]}',
)  # fmt: skip


@pytest.mark.parametrize("raw", NASTY, ids=range(len(NASTY)))
def test_what_is_meant_to_hurt(front: Front, raw: bytes) -> None:
    began = time.process_time()
    for path, told in PATHS:
        sent(front, path, told, raw)
    assert time.process_time() - began < 10


def test_a_bomb_takes_little_memory_and_time(front: Front) -> None:
    packing = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packing.compress(b" " * 2**20) for _ in range(400)) + packing.flush()
    began = time.process_time()
    tracemalloc.start()
    try:
        for path, told in PATHS[:7]:
            assert front(path, bomb, **told, content_encoding="gzip").status in (400, 413)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20
    assert time.process_time() - began < 5
    # one inside another is unpacked once
    assert (
        front("/v1/track", gzip.compress(gzip.compress(b'{"userId":"c","event":"x"}')), content_encoding="gzip").status
        == 400
    )
    assert front("/v1/track", b"{}", content_encoding="gzip, gzip").status == 400


@FEW
@given(query=st.text(max_size=60), data=st.binary(max_size=60))
def test_pictures_and_settings(front: Front, query: str, data: bytes) -> None:
    import base64

    for told in (
        quote(query),
        f"data={base64.urlsafe_b64encode(data).decode()}",
        f"writeKey={KEY}&{quote(query, safe='=&.')}",
    ):
        assert front("/v1/pixel/track", method="GET", user=None, query=told).status == 200
    assert front(f"/v1/projects/{quote(query, safe='')}/settings", method="GET", user=None).status in (200, 404)


# the API, by its own description


@pytest.fixture
def key(undone: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key that may do everything; nothing that it asks for is done to files, or waits for another thread."""
    from concurrent.futures import Future

    from tenure.errors import UsageError
    from tenure.server.access import definitions
    from tenure.server.accounts.keys import make_key
    from tenure.server.api.api import api
    from tenure.server.intake import native

    def nothing(*told: Any, **more: Any) -> Future[Any]:
        raise UsageError("Not here.")

    monkeypatch.setattr(definitions, "begin", nothing)
    monkeypatch.setattr(native, "keep", lambda *told, **more: None)
    for throttle in api.throttle:  # type: ignore[union-attr]
        monkeypatch.setattr(throttle, "num_requests", 10**9)
    return make_key("fuzz", "admin")[1]


def _asked(key: str, examples: int) -> None:
    """Nothing; asks every operation of the API for what its description allows, and some of what it does not."""
    schemathesis = pytest.importorskip("schemathesis")
    from django.test import Client

    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
    described = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    wrong: list[str] = []
    for operation in described.get_all_operations():

        @settings(
            max_examples=examples, deadline=None, suppress_health_check=SUPPRESSED, derandomize=True, database=None
        )
        @given(case=operation.ok().as_strategy(), odd=JSON, is_odd=st.booleans())
        def ask(case: Any, odd: Any, is_odd: bool) -> None:
            body = odd if is_odd else case.body
            try:
                raw = json.dumps(body, default=str).encode("utf-8", "surrogatepass")
            except RecursionError:
                return
            query = urlencode(case.query or {}, doseq=True, errors="replace")
            told = {} if case.method.upper() == "GET" else {"data": raw, "content_type": "application/json"}
            path = f"{quote(case.formatted_path, safe='/%', errors='replace')}?{query}"
            answer = client.generic(case.method.upper(), path, **told)
            if answer.status_code >= 500 and answer.status_code != 503:
                raised = getattr(answer, "exc_info", None)
                wrong.append(f"{case.method} {path} {raw[:300]!r}: {raised and raised[1]!r}")
            assert b"Traceback" not in b"".join(answer.streaming_content if answer.streaming else [answer.content])

        ask()
    assert not wrong, "\n".join(wrong[:20])


def test_the_api_by_its_own_description(key: str) -> None:
    _asked(key, 5)


@pytest.mark.slow
def test_the_api_by_its_own_description_at_length(key: str) -> None:
    _asked(key, 150)

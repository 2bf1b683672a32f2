"""What the intake answers, request by request."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import zlib
from concurrent.futures import Future
from typing import Any

import pytest

from tests.server.intake.conftest import KEY, Front

TRACK = {"event": "Order Completed", "userId": "c17", "properties": {"revenue": 19.99}}


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("track", "track"), ("t", "track"), ("identify", "identify"), ("i", "identify"), ("page", "page"),
        ("p", "page"), ("screen", "screen"), ("s", "screen"), ("group", "group"), ("g", "group"),
        ("alias", "alias"), ("a", "alias"),
        ("batch", "batch"), ("b", "batch"), ("import", "batch"),
    ],
)  # fmt: skip
def test_every_call_is_kept(front: Front, path: str, call: str) -> None:
    answered = front(f"/v1/{path}", {"batch": [TRACK, TRACK]} if call == "batch" else TRACK)
    assert (answered.status, answered.json) == (200, {"success": True})
    (kept,) = front.kept
    assert (kept["dialect"], kept["call"], kept["events"]) == ("segment", call, 2 if call == "batch" else 1)
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answered.headers
    assert "Access-Control-Allow-Credentials" not in answered.headers


def test_three_ways_to_say_who_sends(front: Front) -> None:
    front("/v1/track", TRACK)
    front("/v1/track", {**TRACK, "writeKey": KEY}, user=None)
    front("/v1/track", {**TRACK, "writeKey": KEY}, user=None, authorization="Bearer some-token")
    front("/v1/track", TRACK, user=None, query=f"writeKey={KEY}")
    assert [one["source"] for one in front.kept] == ["live:web"] * 4


def test_an_unknown_key_keeps_nothing(front: Front) -> None:
    assert front("/v1/track", TRACK, user="tnr_guessed").status == 200
    assert front("/v1/track", TRACK, user=None).status == 200
    assert front("/v1/track", TRACK, user="tnr_guessed", x_strict_mode="1").status == 401
    assert front("/api/v1/customers/c17", {}, method="PUT", user="site", password="tnr_guessed").status == 401
    assert front("/api/v1/events", {"events": [{}]}, user=None).status == 401
    assert not front.kept


def test_strict_mode_says_what_is_wrong(front: Front) -> None:
    wrong = {"userId": "c17"}
    assert front("/v1/track", wrong).status == 200
    answered = front("/v1/track", wrong, x_strict_mode="1")
    assert (answered.status, answered.json["message"]) == (400, "no event name")
    assert front("/v1/batch", {"batch": []}, x_strict_mode="1").status == 400
    assert front("/v1/track", TRACK, x_strict_mode="1").status == 200
    assert len(front.kept) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"nothing", b"\xff\xfe{}", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 50_000,
        b'{"a":' * 20_000, b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(front: Front, body: bytes) -> None:
    assert front("/v1/track", body).status == 400
    assert front("/api/v1/events", body, user=None, authorization=f"Bearer {KEY}").status == 400
    assert front("/api/v2/entity", body, user="site", password=KEY).status in (400, 401)
    assert not front.kept


def test_gzip(front: Front) -> None:
    packed = gzip.compress(json.dumps(TRACK).encode())
    assert front("/v1/track", packed, content_encoding="gzip").status == 200
    assert json.loads(front.kept[0]["body"]) == TRACK
    assert front("/v1/track", packed[:-9], content_encoding="gzip").status == 400
    assert front("/v1/track", b"no gzip", content_encoding="gzip").status == 400
    assert front("/v1/track", packed, content_encoding="br").status == 400


def test_a_bomb_is_not_unpacked(front: Front) -> None:
    packing = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packing.compress(b" " * 2**20) for _ in range(200)) + packing.flush()
    assert len(bomb) < 500_000
    answered = front("/v1/batch", bomb, content_encoding="gzip")
    assert (answered.status, "larger than 500 kB" in answered.json["message"]) == (400, True)


def test_what_is_large_once_unpacked_keeps_nobody_waiting(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.intake import router

    names: list[str] = []
    answered = router.answered

    def noted(handler: Any, asked: Any) -> Any:
        names.append(threading.current_thread().name)
        return answered(handler, asked)

    monkeypatch.setattr(router, "answered", noted)
    assert front("/v1/track", gzip.compress(json.dumps(TRACK).encode()), content_encoding="gzip").status == 200
    large = gzip.compress(json.dumps({"batch": [TRACK] * 1_000}).encode())
    assert len(large) < 32 * 1024
    assert front("/v1/batch", large, content_encoding="gzip").status == 200
    assert [name.startswith("tenure-read") for name in names] == [False, True]


def test_a_batch_may_be_500_kb(front: Front) -> None:
    event = {**TRACK, "properties": {"text": "x" * 1_000}}
    assert front("/v1/batch", {"batch": [event] * 400}).status == 200
    assert front("/v1/batch", {"batch": [event] * 500}).status == 400
    assert front("/v1/track", {**TRACK, "properties": {"text": "x" * 33_000}}).status == 400


def test_a_browser_may_send_from_anywhere(front: Front) -> None:
    for path in ("/v1/track", "/api/v1/events"):
        told = front(path, method="OPTIONS", user=None, access_control_request_headers="content-type,x-strict-mode")
        assert told.status == 204
        assert told.headers["Access-Control-Allow-Headers"] == "content-type,x-strict-mode"
    split = front("/v1/t", method="OPTIONS", user=None, access_control_request_headers="a\r\nSet-Cookie: b")
    assert "\r" not in split.headers["Access-Control-Allow-Headers"]


def test_the_browser_client_learns_where_to_send(front: Front) -> None:
    told = front(f"/v1/projects/{KEY}/settings", method="GET", user=None)
    assert told.json["integrations"]["Segment.io"]["apiHost"] == "here:8000/v1"
    assert front("/v1/projects/tnr_other/settings", method="GET", user=None).status == 404


def test_a_picture_is_always_sent(front: Front) -> None:
    data = base64.urlsafe_b64encode(json.dumps({**TRACK, "writeKey": KEY}).encode()).decode().rstrip("=")
    for query in (
        f"data={data}", f"writeKey={KEY}&userId=c17&event=Email%20Opened&properties.subject=Hello", "data=%%%", "",
        "a.b=1&a=2", "writeKey=no&userId=c",
    ):  # fmt: skip
        told = front("/v1/pixel/track", method="GET", user=None, query=query)
        assert (told.status, told.headers["Content-Type"], told.body[:3]) == (200, "image/gif", b"GIF")
    assert [json.loads(one["body"])["event"] for one in front.kept] == ["Order Completed", "Email Opened"]
    assert json.loads(front.kept[1]["body"])["properties"] == {"subject": "Hello"}


def test_the_key_is_not_kept_with_the_body(site: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.intake import keeping
    from tenure.server.intake.keys import Sender

    kept: list[Any] = []
    monkeypatch.setattr(keeping._keeper, "keep", kept.append)
    keeping.keep(Sender(1, "live:web"), "segment", "track", json.dumps({"writeKey": KEY}), key=KEY, events=1)
    assert KEY not in kept[0].body


def test_who_comes_too_often_is_told_when_to_come_again(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(
        settings, "ENVIRONMENT", settings.ENVIRONMENT.model_copy(update={"intake_rate": 2})
    )  # fmt: skip
    statuses = [front("/v1/track", TRACK).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    headers = front("/v1/track", TRACK).headers
    assert (headers["Retry-After"], headers["X-RateLimit-Reset"]) == ("1", "1")


def test_what_cannot_be_committed_is_not_acknowledged(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.intake import segment

    def full(*told: Any, **more: Any) -> Future[None]:
        failed: Future[None] = Future()
        failed.set_exception(OSError("the disk is full"))
        return failed

    monkeypatch.setattr(segment, "keep", full)
    answered = front("/v1/track", TRACK)
    assert (answered.status, answered.headers["Retry-After"]) == (503, "1")


def test_customer_io_batches_are_taken_in_part(front: Front) -> None:
    good = {"type": "person", "identifiers": {"id": "c17"}, "action": "event", "name": "bought"}
    answered = front("/api/v2/batch", {"batch": [good, {"type": "other"}]}, user="site", password=KEY)
    assert (answered.status, [one["batch_index"] for one in answered.json["errors"]]) == (207, [1])
    assert front("/api/v2/batch", {"batch": [{"type": "other"}]}, user="site", password=KEY).status == 400
    assert front("/api/v2/entity", good, user="site", password=KEY).json == {}
    assert front("/api/v2/other", good, user="site", password=KEY).status == 404
    assert len(front.kept) == 2


def test_the_own_endpoint_says_what_it_took(front: Front) -> None:
    body = {"events": [{"event": "Signed Up", "customer_id": "c17"}, {"event": "Signed Up", "customer": "c17"}]}
    answered = front("/api/v1/events", body, user=None, authorization=f"Bearer {KEY}")
    assert answered.json == {"accepted": 1, "refused": [{"position": 1, "reason": "there is no key 'customer'"}]}
    assert front("/api/v1/events", {"events": [{}]}, user=None, x_api_key=KEY).status == 400
    assert len(front.kept) == 1


def test_all_else_is_for_the_pages(front: Front) -> None:
    for method, path in (
        ("GET", "/"), ("GET", "/api/v1/customers/c17"), ("GET", "/api/v1/customers"), ("POST", "/account/login/"),
        ("POST", "/api/v1/plan"),
    ):  # fmt: skip
        assert front(path, method=method).status == 299
    assert front("/v1/other").status == 404
    assert front("/v1/track", method="GET").status == 405


def test_a_batch_may_hold_2500_events(front: Front) -> None:
    few, many = ({"batch": [{"type": "track", "event": "x", "userId": "c"}] * count} for count in (2_500, 2_501))
    assert front("/v1/batch", few, x_strict_mode="1").status == 200
    assert front("/v1/batch", many, x_strict_mode="1").status == 400
    # without strictness it is taken in, and said to be unusable later
    assert front("/v1/batch", many).status == 200
    assert front("/api/v1/events", {"events": many["batch"]}, user=None, x_api_key=KEY).status == 413
    assert front("/api/v2/batch", many, user="site", password=KEY).status == 400
    assert len(front.kept) == 2


@pytest.mark.parametrize("call", ["identify", "group", "alias", "page", "screen", "track"])
def test_pictures_of_every_call(front: Front, call: str) -> None:
    query = f"writeKey={KEY}&userId=c17&event=Opened&groupId=acme&previousId=a1&name=Home&traits.plan=pro"
    assert front(f"/v1/pixel/{call}", method="GET", user=None, query=query).status == 200
    (kept,) = front.kept
    from tenure.ingest.tracking import Delivery, read

    told = Delivery(dialect="segment", call=kept["call"], body=kept["body"], mark="m", received_at=1)
    assert read(told).refused == ()


def test_clients_of_all_ages(front: Front) -> None:
    without_colon = base64.b64encode(KEY.encode()).decode()
    assert front("/v1/track", TRACK, user=None, authorization=f"Basic {without_colon}").status == 200
    # what a page sends as it closes has the type of text
    closing = {"query": f"writeKey={KEY}", "content_type": "text/plain"}
    assert front("/v1/batch", {"batch": [TRACK]}, user=None, **closing).status == 200
    assert front("/v1/batch", {"batch": [TRACK], "writeKey": KEY}, user=None).status == 200
    assert len(front.kept) == 3
    # figures of the client itself are of no use here
    assert front("/v1/m", {"series": []}).status == 200
    assert len(front.kept) == 3

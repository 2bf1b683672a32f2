"""What is sent: bodies share one room, in memory and on the disk, and give it back whatever becomes of them."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest

from tests.server.running import Pages, Running, pages

__all__ = ["pages"]

ROOM = 1_000_000
LARGE = b"x" * 700_000
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 700000\r\n\r\n"


@pytest.fixture
def tight(site: object, pages: Pages) -> Iterator[Running]:
    """A server with room for one large body."""
    made = Running(pages, room=ROOM)
    yield made
    made.end()


def _eventually(tight: Running, status: int) -> bool:
    """Whether a large body gets that status, now or once the server has noticed what happened."""
    until = time.monotonic() + 5
    while (told := tight.ask("/", "POST", LARGE)[0]) != status and time.monotonic() < until:
        time.sleep(0.05)
    return told == status


def test_bodies_share_one_room(tight: Running) -> None:
    assert tight.ask("/", "POST", LARGE)[0] == 200
    with tight.opened(HEAD, LARGE[:600_000]) as first:
        assert _eventually(tight, 503)
        second = HTTPConnection("127.0.0.1", tight.port, timeout=10)
        for body in (LARGE, iter([LARGE[:350_000], LARGE[:350_000]])):
            second.request("POST", "/", body, encode_chunked=not isinstance(body, bytes))
            answer = second.getresponse()
            assert (answer.status, answer.getheader("Retry-After")) == (503, "10")
            answer.read()
        second.request("POST", "/", b"y" * 60_000)
        assert second.getresponse().status == 200, "the connection is of use, and what is small has its place"
        second.close()
        first.sendall(LARGE[600_000:])
        assert first.recv(1000).startswith(b"HTTP/1.1 200")
    assert _eventually(tight, 200)


def test_events_share_it_too(tight: Running) -> None:
    with tight.opened(HEAD, LARGE[:600_000]), tight.opened(HEAD.replace(b"700000", b"500000"), LARGE[:400_000]):
        assert _eventually(tight, 503)
        assert tight.ask("/v1/batch", "POST", b"[" * 400_000)[0] == 503
        assert tight.ask("/v1/batch", "POST", b"[" * 1_000)[0] == 400, "it was read"
    assert _eventually(tight, 200)


def test_whoever_goes_gives_it_back(tight: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import protocol

    with tight.opened(HEAD, LARGE[:600_000]):
        assert _eventually(tight, 503)
    assert _eventually(tight, 200)
    monkeypatch.setattr(protocol, "PATIENCE", 0.3)
    monkeypatch.setattr(protocol, "LOOK", 0.1)
    with tight.opened(HEAD, LARGE[:600_000]) as silent:
        assert _eventually(tight, 503)
        assert silent.recv(1000) == b""
        assert _eventually(tight, 200)


def test_who_sends_for_too_long_gives_it_back(tight: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import bodies

    monkeypatch.setattr(bodies, "LONGEST", 0.2)
    with tight.opened(HEAD, LARGE[:600_000]) as slow:
        time.sleep(0.3)
        slow.sendall(LARGE[:10])
        assert slow.recv(1000).startswith(b"HTTP/1.1 408")
    assert _eventually(tight, 200)


def test_a_full_disk_is_no_fault_of_ours(
    tight: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def write(file: Any, piece: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(SpooledTemporaryFile, "write", write)
        assert tight.ask("/", "POST", LARGE)[0] == 503
    assert _eventually(tight, 200)
    assert not [one for one in caplog.records if one.name == "uvicorn.error"]


def test_what_is_too_large_is_refused_before_it_is_sent(tight: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server import application

    monkeypatch.setattr(application, "MOST", 100_000)
    asked = HEAD[:-2] + b"Expect: 100-continue\r\n\r\n"
    told = tight.told(asked)
    assert told.startswith(b"HTTP/1.1 413"), "nobody is asked to send it"
    monkeypatch.undo()
    with tight.opened(HEAD, LARGE[:600_000]):
        assert _eventually(tight, 503)
        assert tight.told(asked).startswith(b"HTTP/1.1 503")
    assert _eventually(tight, 200)

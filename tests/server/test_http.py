"""The way from the network to the pages: a real server, raw connections, and an application that tells what it got."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

MOST = 100_000


class Pages:
    """An application for tests, and what happened in it."""

    def __init__(self) -> None:
        self.pieces = 0
        self.closed = threading.Event()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        start("200 OK", [("Content-Type", "application/json")])
        if environ["PATH_INFO"] == "/endless":
            return self._endless()
        if environ["PATH_INFO"] == "/large":
            return [b"x" * 100_000]
        if environ["PATH_INFO"] == "/slow":
            time.sleep(1)
        told = {name: value for name, value in environ.items() if isinstance(value, str | bool)}
        told["body"] = environ["wsgi.input"].read().decode()
        return [json.dumps(told).encode()]

    def _endless(self) -> Iterator[bytes]:
        try:
            while True:
                self.pieces += 1
                yield b"x" * 100_000
        finally:
            self.closed.set()


class Running:
    """The server in a thread."""

    def __init__(self, pages: Pages, *, proxies: int = 0) -> None:
        from tenure.server.http import server
        from tenure.server.http.threads import Threads

        opened = server.listen("127.0.0.1", 0)
        self.port = opened.getsockname()[1]
        self._server = server.Server(server.configured(Threads(pages, 2), proxies=proxies))
        self._thread = threading.Thread(target=self._server.run, args=([opened],), daemon=True)
        self._thread.start()

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes | None))
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        return answer.status, json.loads(told) if answer.status == 200 else told

    def opened(self, *sent: bytes, reads: bool = True) -> socket.socket:
        connection = socket.socket()
        if not reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        for one in sent:
            connection.sendall(one)
        return connection

    def end(self) -> bool:
        self._server.should_exit = True
        self._thread.join(10)
        return not self._thread.is_alive()


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def running(site: object, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    from tenure.server import application

    monkeypatch.setattr(application, "MOST", MOST)
    made = Running(pages)
    yield made
    made.end()


def test_a_request_is_told_as_it_was_sent(running: Running) -> None:
    told = running.ask("/a%2Fb/%C3%A9?q=1%202", "POST", b"caf\xc3\xa9", Cookie="a=1", **{"X-A": "1"})[1]
    assert (told["PATH_INFO"], told["REQUEST_URI"]) == ("/a/b/\xc3\xa9", "/a%2Fb/%C3%A9?q=1%202")
    assert (told["QUERY_STRING"], told["CONTENT_LENGTH"], told["body"]) == ("q=1%202", "5", "café")
    assert (told["HTTP_X_A"], told["HTTP_COOKIE"], told["REMOTE_ADDR"]) == ("1", "a=1", "127.0.0.1")


def test_a_body_without_a_length_is_whole(running: Running) -> None:
    told = running.ask("/", "POST", iter([b"one", b"two"]), **{"Transfer-Encoding": "chunked"})[1]
    assert (told["CONTENT_LENGTH"], told["body"]) == ("6", "onetwo")
    assert "HTTP_TRANSFER_ENCODING" not in told


def test_what_only_looks_like_a_header_of_ours_is_dropped(running: Running) -> None:
    told = running.ask("/", X_A="1", **{"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"})[1]
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert told["wsgi.url_scheme"] == "http"
    assert told["tenure.forwarded"], "who reads it knows that it came from elsewhere"
    assert not {"HTTP_X_A", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"} & set(told)


def test_so_many_proxies_are_believed_and_no_more(site: object, pages: Pages) -> None:
    behind = Running(pages, proxies=1)
    try:
        told = behind.ask("/", **{"X-Forwarded-For": "6.6.6.6, 1.2.3.4", "X-Forwarded-Proto": "https"})[1]
    finally:
        behind.end()
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"], told["HTTP_X_FORWARDED_PROTO"]) == (
        "1.2.3.4", "https", "https",
    )  # fmt: skip


def test_what_is_too_large_is_refused(running: Running) -> None:
    assert running.ask("/", "POST", b"x" * MOST)[0] == 200
    assert running.ask("/", "POST", b"x" * (MOST + 1))[0] == 413
    assert running.ask("/", **{"X-Long": "x" * 70_000})[0] == 431
    assert running.ask("/")[0] == 200


def test_who_sends_slowly_keeps_nobody_waiting(running: Running) -> None:
    slow = []
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", running.port))
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nx")
        slow.append(connection)
    assert running.ask("/")[0] == 200, "there are two threads"
    for connection in slow:
        connection.close()


def test_who_has_gone_is_sent_nothing_more(running: Running, pages: Pages) -> None:
    connection = socket.create_connection(("127.0.0.1", running.port))
    connection.sendall(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
    time.sleep(0.2)
    # nobody reads: what cannot be sent is not made either
    made = pages.pieces
    assert made < 1_000
    connection.close()
    assert pages.closed.wait(10)


def test_nonsense_gets_an_answer(running: Running) -> None:
    connection = socket.create_connection(("127.0.0.1", running.port))
    connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    connection.close()


LARGE = b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n" * 100


def _ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection; it fails where it says nothing for ten seconds."""
    with connection:
        try:
            return connection.recv(1000) == b""
        except ConnectionResetError:
            return True


def _broken(connection: socket.socket) -> bool:
    """Whether the server has ended a connection before all was sent."""
    try:
        return len(b"".join(iter(lambda: connection.recv(100_000), b""))) < 100 * 100_000
    except ConnectionResetError:
        return True


def test_who_reads_nothing_holds_no_thread(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    held = [running.opened(LARGE, reads=False) for _ in range(3)]
    time.sleep(1)
    assert running.ask("/")[0] == 200, "there are two threads"
    for connection in held:
        connection.close()
    assert running.ask("/")[0] == 200
    assert not [one for one in caplog.records if one.name == "uvicorn.error"]


def test_where_nothing_moves_a_connection_ends(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import protocol

    monkeypatch.setattr(protocol, "PATIENCE", 0.4)
    monkeypatch.setattr(protocol, "LOOK", 0.1)
    quiet = running.opened()
    slow = running.opened(b"GET / HTTP/1.1\r\nHost: he")
    deaf = running.opened(LARGE, reads=False)
    assert running.ask("/slow")[0] == 200, "a page may take its time"
    assert _ended(quiet)
    assert _ended(slow)
    time.sleep(1)
    with deaf:
        assert _broken(deaf)


def test_a_wish_for_another_protocol_is_none_for_a_request_without_its_body(running: Running) -> None:
    asked = b"POST /%d HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody"
    last = b"GET /last HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with running.opened(asked % 1 + (asked % 2)[:-2], (asked % 2)[-2:] + last) as connection:
        told = b"".join(iter(lambda: connection.recv(100_000), b""))
    assert (told.count(b"HTTP/1.1 200 OK"), told.count(b'"body": "body"')) == (3, 2)
    assert told.index(b'"/1"') < told.index(b'"/2"') < told.index(b'"/last"')


def test_so_many_connections_and_no_more(site: object, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import server

    monkeypatch.setattr(server, "_CONNECTIONS", 3)
    full = Running(pages)
    held = [full.opened() for _ in range(3)]
    with full.opened() as one_too_many:
        assert one_too_many.recv(1000).startswith(b"HTTP/1.1 503")
    for connection in held:
        connection.close()
    time.sleep(0.1)
    assert full.ask("/")[0] == 200
    assert full.end()


def test_nobody_keeps_the_server_from_ending(site: object, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.http import server

    monkeypatch.setattr(server, "_ENDING", 0.2)
    ending = Running(pages)
    held = [ending.opened(), ending.opened(LARGE, reads=False), ending.opened(LARGE[:10])]
    held.append(ending.opened(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n", reads=False))
    time.sleep(0.5)
    assert ending.end()
    assert pages.closed.wait(5), "and no thread is kept"
    for connection in held:
        connection.close()

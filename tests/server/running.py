"""A real server in a thread, with pages that tell what they got, and raw connections to it."""

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

    def __init__(self, pages: Pages, **told: int) -> None:
        from tenure.server.http import server
        from tenure.server.http.threads import Threads

        opened = server.listen("127.0.0.1", 0)
        self.port = opened.getsockname()[1]
        self._server = server.Server(server.configured(Threads(pages, 2), **told))
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

    def told(self, *sent: bytes) -> bytes:
        """All that the server says until it ends the connection."""
        with self.opened(*sent) as connection:
            return b"".join(iter(lambda: connection.recv(100_000), b""))

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

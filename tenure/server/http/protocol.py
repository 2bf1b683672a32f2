"""How a connection is read: what is too long to be an address or headers ends it, and so does whoever keeps it idle."""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_HEAD = 64 * 1024  # bytes of an address and headers together
# seconds for an address and headers, between two pieces of a body, and for a reader who takes nothing of an answer
PATIENCE = 60.0
LOOK = 10.0  # seconds between two looks at a connection
MOST_AHEAD = 256  # requests that one connection may send ahead of its answers
_WITHOUT_PIECES = ("0.9", "1.0")


class Protocol(HttpToolsProtocol):
    """A connection; the parser itself knows no limit, and the server waits for whatever has not come yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Nothing; somebody is there, who may be one too many."""
        super().connection_made(transport)
        self._upgrade = False
        self._answering: RequestResponseCycle | None = None
        self._unread, self._moved_at = 0, self.loop.time()
        self._look_again = self.loop.call_later(LOOK, self._look)
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            # the others go on
            self.connections.discard(self)
            self._end(b"503 Service Unavailable")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing; nobody is there any more."""
        self._look_again.cancel()
        super().connection_lost(exc)
        # the server tells the last of several requests alone
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def on_message_begin(self) -> None:
        """Nothing; a request begins."""
        super().on_message_begin()
        self._head, self._told = 0, False

    def on_url(self, url: bytes) -> None:
        """Nothing; a part of the address came."""
        if self._fits(len(url)):
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Nothing; a header came. One that follows the body could pass for one that a proxy would have taken out."""
        if self._fits(len(name) + len(value)) and not self._told:
            super().on_header(name, value)

    def data_received(self, data: bytes) -> None:
        """Nothing; the bytes are read, unless the connection has been ended."""
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        rest = memoryview(data)
        try:
            while rest:
                rest = self._fed(rest)
        except HttpParserError:
            self._end(b"400 Bad Request")

    def on_headers_complete(self) -> Any:
        """Nothing; the request is answered."""
        self._told = True
        self._upgrade = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        if not self._upgrade and not self.transport.is_closing():
            self._moved_at = self.loop.time()
            super().on_headers_complete()
            if len(self.pipeline) > MOST_AHEAD:
                self.transport.abort()

    def on_body(self, body: bytes) -> None:
        """Nothing; a part of the body came."""
        self._moved_at = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Nothing; the request is whole."""
        if not self._upgrade and not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Nothing; the next request may come."""
        self._moved_at = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        """Nothing; whoever asked has read."""
        self._moved_at = self.loop.time()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, _whole(app, cycle) if cycle.scope["http_version"] in _WITHOUT_PIECES else app)

    def _fed(self, data: memoryview) -> memoryview:
        """What the parser has left. It takes nothing behind a wish for another protocol, not even the body."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            version = self.parser.get_http_version().encode()
            head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
            head += [name + b": " + value + b"\r\n" for name, value in self.headers if name != b"upgrade"]
            self.parser = HttpRequestParser(self)
            self.parser.feed_data(b"".join([*head, b"\r\n"]))
            return data[upgrade.args[0] :]
        return data[:0]

    def _fits(self, more: int) -> bool:
        self._head += more
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self._end(b"431 Request Header Fields Too Large")
        return self._head <= MOST_HEAD

    def _end(self, status: bytes) -> None:
        """Nothing; the connection ends, with a status where it cannot pass for a part of an answer, or for another."""
        asked = self._answering
        if asked is not None and not asked.response_complete and (asked.response_started or self.pipeline):
            self.transport.abort()
            return
        self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _look(self) -> None:
        """Nothing; the connection ends where nothing has moved for long."""
        now, unread = self.loop.time(), self.transport.get_write_buffer_size()
        asked = self._answering
        working = asked is not None and not asked.response_complete and not asked.more_body
        if unread != self._unread or (working and not unread):
            self._moved_at = now
        self._unread = unread
        if now - self._moved_at >= PATIENCE:
            self.transport.abort()
        else:
            self._look_again = self.loop.call_later(LOOK, self._look)


def _whole(app: Any, cycle: RequestResponseCycle) -> Any:
    """The application for a client that knows no pieces: an answer of unknown length ends with the connection."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        unknown = False

        async def sent(message: Any) -> None:
            nonlocal unknown
            if message["type"] == "http.response.start":
                unknown = all(name != b"content-length" for name, _ in message["headers"])
                if unknown:
                    cycle.chunked_encoding = False
            elif unknown:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, sent)

    return answer

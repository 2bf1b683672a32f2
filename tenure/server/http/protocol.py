"""How a connection is read: what is too long to be an address or headers ends it."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 * 1024  # bytes of an address and headers together


class Protocol(HttpToolsProtocol):
    """A connection; the parser itself knows no limit."""

    def on_message_begin(self) -> None:
        """Nothing; a request begins."""
        super().on_message_begin()
        self._head = 0

    def on_url(self, url: bytes) -> None:
        """Nothing; a part of the address came."""
        if self._fits(len(url)):
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Nothing; a header came."""
        if self._fits(len(name) + len(value)):
            super().on_header(name, value)

    def data_received(self, data: bytes) -> None:
        """Nothing; the bytes are read, unless the connection has been ended."""
        if not self.transport.is_closing():
            super().data_received(data)

    def on_headers_complete(self) -> Any:
        """Nothing; the request is answered."""
        if not self.transport.is_closing():
            super().on_headers_complete()

    def _fits(self, more: int) -> bool:
        self._head += more
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()
        return self._head <= MOST_HEAD

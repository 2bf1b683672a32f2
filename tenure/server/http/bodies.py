"""Bodies, read whole before anybody works on them: whoever sends slowly keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import Any

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_IN_MEMORY = 2**20


class Gone(Exception):
    """Who asked has gone, or sent too slowly to be waited for."""


class TooLarge(Exception):
    """The body is larger than it may be."""


async def in_memory(receive: Receive, most: int) -> bytes:
    """The body, of which no more is read than one byte beyond `most`. Raises Gone."""
    body = bytearray()
    async for piece in _pieces(receive):
        body += piece
        if len(body) > most:
            break
    return bytes(body[: most + 1])


async def in_file(receive: Receive, most: int) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body, to be read from its beginning, and its size in bytes; a large one lies on the disk.

    Raises Gone and TooLarge.
    """
    body = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 whoever gets it closes it
    try:
        size = 0
        async for piece in _pieces(receive):
            size += len(piece)
            body.write(_within(piece, size, most))
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return body, size


def _within(piece: bytes, size: int, most: int) -> bytes:
    if size > most:
        raise TooLarge
    return piece


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        more = bool(message.get("more_body"))
        yield message.get("body", b"")

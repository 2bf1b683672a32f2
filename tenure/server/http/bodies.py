"""Bodies, read whole before anybody works on them: whoever sends slowly keeps nobody else waiting.

    room = Room(256 * 2**20)
    with room.share() as share:
        body, size = await in_file(receive, most, share)

All bodies that are held at once share one room, in memory and on the disk; a small one always fits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
# bytes that each body may have whatever the others take; a larger one lies on the disk
FREE = 64 * 1024
# seconds until a body that is not small has to be whole: what 64 MB take at 1 Mbit a second
LONGEST = 600.0


class Gone(Exception):
    """Who asked has gone, or sent nothing for too long."""


class Refused(Exception):
    """The body is not taken; `unread` where none of it was asked for."""

    def __init__(self, *, unread: bool = False) -> None:
        super().__init__()
        self.unread = unread


class TooLarge(Refused):
    """The body is larger than it may be."""


class TooSlow(Refused):
    """The body takes too long."""


class Full(Refused):
    """There is no room for the body as long as others are held."""


class Share:
    """What one body takes of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._ends = asyncio.get_running_loop().time() + LONGEST
        self.size = self.taken = 0

    def take(self, more: int) -> None:
        """Nothing; the body has so many bytes more. Raises Full and TooSlow."""
        self.size += more
        if (wanted := self.size - FREE - self.taken) > 0:
            if wanted > self._room.left:
                raise Full
            if asyncio.get_running_loop().time() > self._ends:
                raise TooSlow
            self.taken += wanted
            self._room.left -= wanted

    def expect(self, size: int, most: int) -> None:
        """Nothing; a body of that size is told to come. Raises TooLarge and Full where there is no sense in it."""
        if size > most:
            raise TooLarge(unread=True)
        if size - FREE > self._room.left:
            raise Full(unread=True)


class Room:
    """What the bodies that are held at once may take together, in bytes; it is of one loop."""

    def __init__(self, most: int) -> None:
        self.left = most

    @contextmanager
    def share(self) -> Iterator[Share]:
        """The share of one body, given back at the end, whatever the end is."""
        share = Share(self)
        try:
            yield share
        finally:
            self.left += share.taken


async def in_memory(receive: Receive, most: int, share: Share) -> bytes:
    """The body, of which no more is read than one byte beyond `most`. Raises Gone and Refused."""
    body = bytearray()
    async for piece in _pieces(receive, share):
        body += piece
        if len(body) > most:
            break
    return bytes(body[: most + 1])


async def in_file(receive: Receive, most: int, share: Share) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body, to be read from its beginning, and its size in bytes; a large one lies on the disk.

    Raises Gone and Refused.
    """
    body = SpooledTemporaryFile(max_size=FREE)  # noqa: SIM115 whoever gets it closes it
    try:
        async for piece in _pieces(receive, share):
            _write(body, piece, share.size, most)
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return body, share.size


def _write(body: SpooledTemporaryFile[bytes], piece: bytes, size: int, most: int) -> None:
    if size > most:
        raise TooLarge
    try:
        body.write(piece)
    except OSError:
        # the disk is smaller than the room
        raise Full from None


async def _pieces(receive: Receive, share: Share) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        more = bool(message.get("more_body"))
        piece = message.get("body", b"")
        share.take(len(piece))
        yield piece

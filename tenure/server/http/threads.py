"""A WSGI application behind an ASGI server: every request has a thread, as many at once as there are threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tenure.server.http.bodies import Receive

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_PIECE = 64 * 1024


class Threads:
    """The application's threads."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._hands = ThreadPoolExecutor(threads, thread_name_prefix="tenure-page")

    async def answer(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing, once the answer has been sent, or nobody waits for it any more; the body has been received."""
        loop = asyncio.get_running_loop()
        # after the body comes nothing but the end
        gone = loop.create_task(_end(receive))
        try:
            await loop.run_in_executor(self._hands, self._run, environ, send, loop, gone)
        finally:
            gone.cancel()

    def end(self) -> None:
        """Nothing; no other request is begun."""
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _run(
        self, environ: dict[str, Any], send: Send, loop: asyncio.AbstractEventLoop, gone: asyncio.Task[None]
    ) -> None:
        head: dict[str, Any] = {}

        def start(status: str, headers: Sequence[tuple[str, str]], error: object = None) -> None:
            head["type"], head["status"] = "http.response.start", int(status[:3])
            head["headers"] = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

        pieces = self._application(environ, start)
        try:
            # most answers are one piece, and the loop is asked to send them once
            waiting = [head]
            for piece in _large(pieces):
                if gone.done():
                    return
                waiting.append({"type": "http.response.body", "body": piece, "more_body": True})
                if len(waiting) > 2:
                    _sent(waiting[:-1], send, loop)
                    del waiting[:-1]
            if waiting[-1] is head:
                waiting.append({"type": "http.response.body", "body": b""})
            waiting[-1]["more_body"] = False
            _sent(waiting, send, loop)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


async def _end(receive: Receive) -> None:
    await receive()


def _large(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _sent(messages: Sequence[dict[str, Any]], send: Send, loop: asyncio.AbstractEventLoop) -> None:
    async def all_of_them() -> None:
        for message in messages:
            await send(message)

    asyncio.run_coroutine_threadsafe(all_of_them(), loop).result()

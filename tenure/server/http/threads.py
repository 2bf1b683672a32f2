"""A WSGI application behind an ASGI server: every request has a thread, as many at once as there are threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tenure.server.http.bodies import Receive

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
# of a request: says whether the server has ended, and what was to be asked is closed
ENDED = "tenure.ended"
_PIECE = 64 * 1024
_AHEAD = 16  # pieces that a thread makes ahead of whoever reads
_LOOK = 0.5  # seconds between two looks whether anybody still waits


class Threads:
    """The application's threads."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._ended = threading.Event()
        self._hands = ThreadPoolExecutor(threads, thread_name_prefix="tenure-page")

    async def answer(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing, once the answer has been sent, or nobody waits for it any more; the body has been received."""
        loop = asyncio.get_running_loop()
        # after the body comes nothing but the end
        gone = loop.create_task(_end(receive))
        made = _Made(loop, gone)
        run = loop.run_in_executor(self._hands, self._run, environ, made)
        run.add_done_callback(lambda _: made.end())
        try:
            await made.sent(send)
            for message in await run:
                await send(message)
        finally:
            gone.cancel()
            run.cancel()

    def end(self) -> None:
        """Nothing; no other request is begun, and those that are being answered are given up."""
        self._ended.set()
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _run(self, environ: dict[str, Any], made: _Made) -> list[dict[str, Any]]:
        """What is still to be sent: whoever reads slowly keeps no thread for a common answer."""
        head: dict[str, Any] = {}

        def start(status: str, headers: Sequence[tuple[str, str]], error: object = None) -> None:
            head["type"], head["status"] = "http.response.start", int(status[:3])
            head["headers"] = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

        pieces = self._application(environ | {ENDED: self._ended.is_set}, start)
        try:
            # most answers are one piece
            waiting = [head]
            for piece in _large(pieces):
                if made.gone.done():
                    return []
                waiting.append({"type": "http.response.body", "body": piece, "more_body": True})
                if len(waiting) > 2:
                    if not made.give(waiting[:-1]):
                        return []
                    del waiting[:-1]
            if waiting[-1] is head:
                waiting.append({"type": "http.response.body", "body": b""})
            waiting[-1]["more_body"] = False
            return waiting
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


class _Made:
    """What a thread has made of an answer ahead of its end, so much and no more, and the loop sends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, gone: asyncio.Task[None]) -> None:
        self.gone = gone
        self._loop = loop
        self._messages: asyncio.Queue[Sequence[dict[str, Any]]] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)

    def give(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Whether the messages of the thread will be sent, or nobody waits for them any more."""
        while not self._room.acquire(timeout=_LOOK):
            if self.gone.done():
                return False
        self._loop.call_soon_threadsafe(self._messages.put_nowait, messages)
        return True

    def end(self) -> None:
        """Nothing, in the loop; the thread gives nothing more."""
        self._messages.put_nowait(())

    async def sent(self, send: Send) -> None:
        """Nothing, once all that was given has been sent."""
        while messages := await self._messages.get():
            for message in messages:
                await send(message)
            self._room.release()


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

"""The application (ASGI): the intake of events in the loop itself, the pages in threads beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tenure.server.http.bodies import Full, Gone, Receive, Refused, Room, Share, TooLarge, TooSlow, in_file
from tenure.server.http.environ import environ_of, with_body
from tenure.server.http.threads import Send, Threads
from tenure.server.intake import router
from tenure.server.intake.asked import Answer

MOST = 64 * 2**20  # bytes of a body; what pages and imports take is less
ROOM = 4 * MOST  # bytes of all bodies that are held at once
_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_CLOSE = ("Connection", "close")
_REFUSALS: Mapping[type[Refused], Answer] = {
    TooLarge: Answer(413, b"The body is too large.", "text/plain"),
    TooSlow: Answer(408, b"The body took too long.", "text/plain", (_CLOSE,)),
    Full: Answer(503, b"Too much is being sent just now. Send it again.", "text/plain", (("Retry-After", "10"),)),
}


class Application:
    """What answers every request; `proxies` is how many of them stand in front, `room` what all bodies may take."""

    def __init__(self, pages: Threads, *, proxies: int = 0, room: int = ROOM) -> None:
        self._pages = pages
        self._proxies = proxies
        self._room = Room(room)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing, once the request is answered, or whoever asked has gone."""
        environ = environ_of(scope, proxies=self._proxies)
        handler = router.handler_of(environ)
        try:
            with self._room.share() as share:
                if handler is None:
                    await self._page(environ, receive, send, share)
                else:
                    await _send(await router.answer(handler, environ, receive, share), send)
        except Refused as refused:
            await _send(_refusal(refused, environ), send)
        except (Gone, asyncio.CancelledError):
            # the server alone cancels, when it has ended the connection
            return

    async def _page(self, environ: dict[str, Any], receive: Receive, send: Send, share: Share) -> None:
        share.expect(int(environ.get("CONTENT_LENGTH", 0)), MOST)
        body, size = await in_file(receive, MOST, share)
        with body:
            await self._pages.answer(with_body(environ, body, size), receive, send)


def _refusal(refused: Refused, environ: Mapping[str, Any]) -> Answer:
    answer = _REFUSALS[type(refused)]
    # whoever waited to be asked for the body may send it or not: nobody could tell what comes next
    unsure = refused.unread and "HTTP_EXPECT" in environ
    return replace(answer, headers=(*answer.headers, _CLOSE)) if unsure else answer


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    length = [(b"content-length", str(len(answer.body)).encode())]
    kind = [(b"content-type", answer.kind.encode())]
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": [*kind, *length, *_ALWAYS, *headers]}
    )
    await send({"type": "http.response.body", "body": answer.body})

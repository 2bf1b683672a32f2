"""The application (ASGI): the intake of events in the loop itself, the pages in threads beside it."""

from __future__ import annotations

from typing import Any

from tenure.server.http.bodies import Gone, Receive, TooLarge, in_file
from tenure.server.http.environ import environ_of, with_body
from tenure.server.http.threads import Send, Threads
from tenure.server.intake import router
from tenure.server.intake.asked import Answer

MOST = 64 * 2**20  # bytes of a body; what pages and imports take is less
_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class Application:
    """What answers every request; `proxies` is how many of them stand in front."""

    def __init__(self, pages: Threads, *, proxies: int = 0) -> None:
        self._pages = pages
        self._proxies = proxies

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing, once the request is answered, or whoever asked has gone."""
        environ = environ_of(scope, proxies=self._proxies)
        handler = router.handler_of(environ)
        try:
            if handler is None:
                await self._page(environ, receive, send)
            else:
                await _send(await router.answer(handler, environ, receive), send)
        except TooLarge:
            await _send(Answer(413, b"The body is too large.", "text/plain", (("Connection", "close"),)), send)
        except Gone:
            return

    async def _page(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        body, size = await in_file(receive, MOST)
        with body:
            await self._pages.answer(with_body(environ, body, size), receive, send)


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    length = [(b"content-length", str(len(answer.body)).encode())]
    kind = [(b"content-type", answer.kind.encode())]
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": [*kind, *length, *_ALWAYS, *headers]}
    )
    await send({"type": "http.response.body", "body": answer.body})

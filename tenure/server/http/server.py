"""The server itself: one loop that reads requests and sends answers."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket

import uvicorn

from tenure.server.application import ROOM, Application
from tenure.server.http.protocol import Protocol
from tenure.server.http.threads import Threads
from tenure.wording import several

_LOG = logging.getLogger("tenure.server")
_CONNECTIONS = 2_000
# of the files that may be open, the stores need some
_FILES = _CONNECTIONS + 1_000
_WAITING = 1_024
# seconds that answers on their way have at the end; less than what most take until they end a process by force
_ENDING = 5


def listen(host: str, port: int) -> socket.socket:
    """The socket of an address, on which requests may wait already; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=_WAITING)
    opened.setblocking(False)
    return opened


def answer(opened: socket.socket, *, threads: int, proxies: int, room: int) -> None:
    """Nothing, once a signal has ended it: requests are answered, pages by so many threads.

    `room` is how many bytes of bodies may be held at once.
    """
    from django.core.wsgi import get_wsgi_application

    pages = Threads(get_wsgi_application(), threads)
    try:
        Server(configured(pages, proxies=proxies, room=room)).run(sockets=[opened])
    finally:
        pages.end()


class Server(uvicorn.Server):
    """The server, which waits for nobody once answers have had their time."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Nothing; every connection has ended."""
        late = asyncio.get_running_loop().call_later(_ENDING, self._end_all)
        await super().shutdown(sockets)
        late.cancel()
        # somebody may have asked twice to end it
        self._end_all()
        await asyncio.sleep(0)
        await asyncio.gather(*self.server_state.tasks)

    def _end_all(self) -> None:
        if tasks := self.server_state.tasks:
            _LOG.warning("the server ended before %s had been answered", several(len(tasks), "request"))
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in tasks:
            # once the connections know that they have ended
            asyncio.get_running_loop().call_soon(task.cancel)


def configured(pages: Threads, *, proxies: int = 0, room: int = ROOM) -> uvicorn.Config:
    """How the server runs."""
    return uvicorn.Config(
        Application(pages, proxies=proxies, room=room),  # type: ignore[arg-type]
        http=Protocol, ws="none", lifespan="off", interface="asgi3", proxy_headers=False, server_header=False,
        log_config=None, log_level="error", access_log=False, limit_concurrency=_connections() + 1, backlog=_WAITING,
        timeout_keep_alive=60,
    )  # fmt: skip


def _connections() -> int:
    """How many there may be: each is an open file, of which many systems allow 1,024 unless they are asked."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files != resource.RLIM_INFINITY and files < _FILES:
        files = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return _CONNECTIONS if files == resource.RLIM_INFINITY else min(_CONNECTIONS, files // 2)

"""The server itself: one loop that reads requests and sends answers."""

from __future__ import annotations

import socket

import uvicorn

from tenure.server.application import Application
from tenure.server.http.protocol import Protocol
from tenure.server.http.threads import Threads

_CONNECTIONS = 2_000
_WAITING = 1_024
# seconds that answers on their way have at the end; less than what most take until they end a process by force
_ENDING = 5


def listen(host: str, port: int) -> socket.socket:
    """The socket of an address, on which requests may wait already; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=_WAITING)
    opened.setblocking(False)
    return opened


def answer(opened: socket.socket, *, threads: int, proxies: int) -> None:
    """Nothing, once a signal has ended it: requests are answered, pages by so many threads."""
    from django.core.wsgi import get_wsgi_application

    pages = Threads(get_wsgi_application(), threads)
    try:
        uvicorn.Server(configured(pages, proxies=proxies)).run(sockets=[opened])
    finally:
        pages.end()


def configured(pages: Threads, *, proxies: int) -> uvicorn.Config:
    """How the server runs."""
    return uvicorn.Config(
        Application(pages, proxies=proxies),  # type: ignore[arg-type]
        http=Protocol, ws="none", lifespan="off", interface="asgi3", proxy_headers=False, server_header=False,
        log_config=None, access_log=False, limit_concurrency=_CONNECTIONS, backlog=_WAITING, timeout_keep_alive=60,
        timeout_graceful_shutdown=_ENDING,
    )  # fmt: skip

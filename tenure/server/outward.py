"""Requests to the outside: only to addresses that everybody can reach, never into the own network.

The host's name is looked up once, every address it has must be public, and the connection goes to one of those, so that
a name cannot mean another machine a moment later. Redirects are not followed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tenure.errors import TenureError, UsageError

SECONDS = 10
# of a host's addresses, how many are tried
_TRIED = 3


class Unreachable(TenureError):
    """A request that did not arrive."""


def post_json(url: str, body: Any, *, private: bool = False) -> int:
    """The status that the address answered with. Raises as `post` does."""
    return post(url, json.dumps(body).encode(), {}, private=private)


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False, seconds: float = SECONDS) -> int:
    """The status that the address answered with, within so many seconds.

    `private` lets it be in the own network. Raises UsageError for an address that is none or not allowed, Unreachable
    where nobody answers.
    """
    parts = parts_of(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _addresses(host, port, private=private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, addresses) if parts.scheme == "http" else _PinnedTls(host, port, addresses)
    # a receiver that sends a sign now and then would hold the connection for ever
    deadline = threading.Timer(seconds, _cut, (connection,))
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "Tenure", **headers})
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{host} did not answer: {error}.", hint="It is tried again later.") from None
    finally:
        deadline.cancel()
        connection.close()


def parts_of(url: str) -> SplitResult:
    """The parts of an address. Raises UsageError where it is none."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or re.search(r"[^!-~]", url):
        raise UsageError(f"{url[:100]!r} is no address to send to.", hint="Write https://host/path.")
    return parts


def allowed(url: str, *, private: bool) -> None:
    """Nothing. Raises UsageError for an address that is none, or that names a place in the own network."""
    parts = parts_of(url)
    try:
        written = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        # a name is looked up whenever something is sent
        local = parts.hostname == "localhost"
    else:
        local = not written.is_global
    if local and not private:
        raise _inside(parts.hostname or "")


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _addresses(host: str, port: int, *, private: bool) -> tuple[str, ...]:
    """The addresses of a host, in the order in which this machine may best reach them."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        # a part of the name may be longer than names are
        raise Unreachable(f"There is no host {host}.", hint="Look at the address.") from None
    if not private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise _inside(host)
    return tuple(dict.fromkeys(found))[:_TRIED]


def _reached(addresses: Sequence[str], port: int, seconds: float | None) -> socket.socket:
    """A connection to the first of the addresses that can be reached: not every machine has a way to all of them."""
    for one in addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((one, port), seconds)
    return socket.create_connection((addresses[-1], port), seconds)


def _inside(host: str) -> UsageError:
    return UsageError(
        f"{host} is in a private network, and nothing is sent there.",
        hint="An administrator can allow it: TENURE_PRIVATE_ADDRESSES=true.",
    )


class _Pinned(HTTPConnection):
    def __init__(self, host: str, port: int, addresses: Sequence[str]) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._pinned = addresses

    def connect(self) -> None:
        self.sock = _reached(self._pinned, self.port, self.timeout)


class _PinnedTls(HTTPSConnection):
    def __init__(self, host: str, port: int, addresses: Sequence[str]) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._pinned = addresses

    def connect(self) -> None:
        plain = _reached(self._pinned, self.port, self.timeout)
        told = ssl.create_default_context()
        # where the deadline finds it, before a handshake that may never end
        self.sock = told.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

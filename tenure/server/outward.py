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
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tenure.errors import TenureError, UsageError

SECONDS = 10


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
    address = _address(host, port, private=private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, address) if parts.scheme == "http" else _PinnedTls(host, port, address)
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


def _address(host: str, port: int, *, private: bool) -> str:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise Unreachable(f"There is no host {host}.", hint="Look at the address.") from None
    if not private and not all(ipaddress.ip_address(str(one).partition("%")[0]).is_global for one in found):
        raise _inside(host)
    return str(min(found, key=str))


def _inside(host: str) -> UsageError:
    return UsageError(
        f"{host} is in a private network, and nothing is sent there.",
        hint="An administrator can allow it: TENURE_PRIVATE_ADDRESSES=true.",
    )


class _Pinned(HTTPConnection):
    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._pinned = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._pinned, self.port), self.timeout)


class _PinnedTls(HTTPSConnection):
    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._pinned = address

    def connect(self) -> None:
        plain = socket.create_connection((self._pinned, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)

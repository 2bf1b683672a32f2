"""Requests to the outside: only to addresses that everybody can reach, never into the own network.

The host's name is looked up once, every address it has must be public, and the connection goes to one of those, so that
a name cannot mean another machine a moment later. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from tenure.errors import TenureError, UsageError

SECONDS = 10


class Unreachable(TenureError):
    """A request that did not arrive."""


def post_json(url: str, body: Any, *, private: bool = False) -> int:
    """The status that the address answered with.

    `private` lets it be in the own network. Raises UsageError for an address that is none or not allowed, Unreachable
    where nobody answers.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url[:100]!r} is no address to send to.", hint="Write https://host/path.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(parts.hostname, port, private=private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(parts.hostname, port, address) if parts.scheme == "http" else _PinnedTls(
        parts.hostname, port, address)  # fmt: skip
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "User-Agent": "Tenure"})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Unreachable(f"{parts.hostname} did not answer: {error}.", hint="It is tried again later.") from None
    finally:
        connection.close()


def _address(host: str, port: int, *, private: bool) -> str:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise Unreachable(f"There is no host {host}.", hint="Look at the address.") from None
    if not private and not all(ipaddress.ip_address(str(one).partition("%")[0]).is_global for one in found):
        raise UsageError(
            f"{host} is in a private network, and nothing is sent there.",
            hint="An administrator can allow it: TENURE_PRIVATE_ADDRESSES=true.",
        )
    return str(min(found, key=str))


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

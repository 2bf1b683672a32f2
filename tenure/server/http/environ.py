"""A request as the application reads it (WSGI, PEP 3333), from one as the server tells it (ASGI)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Scope = Mapping[str, Any]
# whether somebody sent it on: what comes from this machine may then be anybody's
FORWARDED = "tenure.forwarded"
_PLAIN = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


def environ_of(scope: Scope, *, proxies: int = 0) -> dict[str, Any]:
    """The request without its body, which `with_body` adds.

    `proxies` is how many of them stand in front, each of which adds itself at the right of what is forwarded; without
    them nothing that claims to be forwarded is believed, or handed on.
    """
    raw = scope["raw_path"]
    query = scope["query_string"].decode("latin-1")
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1"),
        "REQUEST_URI": raw.decode("latin-1") + (f"?{query}" if query else ""),
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # X_A would become what X-A becomes, and could stand for it
        if b"_" not in name:
            key = _PLAIN.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
            told = value.decode("latin-1")
            before = environ.get(key)
            environ[key] = told if before is None else f"{before}{'; ' if key == 'HTTP_COOKIE' else ','}{told}"
    told = [one for one in environ if one.startswith("HTTP_X_FORWARDED_")]
    environ[FORWARDED] = bool(told)
    if told:
        _forward(environ, {name: environ.pop(name) for name in told}, proxies)
    return environ


def with_body(environ: dict[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    """The request with its body, whose length is told however it was sent."""
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ | {"wsgi.input": body, "CONTENT_LENGTH": str(length)}


def _forward(environ: dict[str, Any], told: Mapping[str, str], proxies: int) -> None:
    if not proxies:
        return
    senders, schemes = ([one.strip() for one in told.get(name, "").split(",") if one.strip()] for name in _FORWARDED)
    if senders:
        environ["REMOTE_ADDR"] = senders[-proxies:][0]
    scheme = schemes[-proxies:][0].lower() if schemes else ""
    if scheme in ("http", "https"):
        environ |= {"wsgi.url_scheme": scheme, "HTTP_X_FORWARDED_PROTO": scheme}

"""A request as the intake sees it, and its answer: no session, no cookie, no language."""

from __future__ import annotations

import base64
import binascii
import json
import re
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from tenure.ingest.tracking import read_body
from tenure.server.intake.keys import Sender

_HEADERS = re.compile(r"[A-Za-z0-9, -]{1,500}")
_DAY = "86400"
ELSEWHERE = "the write key is not for this site"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, and headers besides those that every answer has.

    It is true, and may be sent, once what it acknowledges is `kept`.
    """

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    kept: Future[None] | None = None


class Asked:
    """A request with its whole body, as `with_body` gives it."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "")
        self.query: str = environ.get("QUERY_STRING", "")

    @property
    def raw_path(self) -> str:
        """The path as it was sent: %2F in an id is no slash."""
        raw = str(self._environ.get("REQUEST_URI") or "").partition("?")[0]
        return raw if raw.startswith("/") else self.path

    @property
    def strict(self) -> bool:
        """Whether the sender wants to be told what is wrong."""
        return self.header("X-Strict-Mode") in ("1", "true")

    @property
    def secure(self) -> bool:
        """Whether it came by https, as far as proxies tell."""
        return self._environ.get("wsgi.url_scheme") == "https"

    def header(self, name: str) -> str:
        """A header; empty where there is none."""
        return str(self._environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    @property
    def origin(self) -> str:
        """The site whose page sends; empty where none does."""
        return self.header("Origin")

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return int(self._environ["CONTENT_LENGTH"])

    @cached_property
    def text(self) -> str:
        """The body. Raises NotReadable."""
        return read_body(self._environ["wsgi.input"].read(), self.header("Content-Encoding"))

    @cached_property
    def parameters(self) -> dict[str, str]:
        """What stands in the address after the question mark."""
        return dict(parse_qsl(self.query, max_num_fields=200)) if self.query else {}

    @cached_property
    def credentials(self) -> tuple[str, str]:
        """Name and password of Basic authentication, or an empty name and what a bearer carries."""
        kind, _, told = self.header("Authorization").partition(" ")
        match kind.lower():
            case "bearer":
                return "", told.strip()
            case "basic":
                try:
                    plain = base64.b64decode(told.strip() + "==").decode("utf-8", "replace")
                except (binascii.Error, ValueError):
                    return "", ""
                name, _, password = plain.partition(":")
                return name.strip(), password.strip()
        return "", ""


def as_json(status: int, told: object, *headers: tuple[str, str]) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(told, ensure_ascii=False).encode(), headers=headers)


def open_to_browsers(answer: Answer, asked: Asked, sender: Sender | None = None) -> Answer:
    """The answer, readable by pages of the sites that the sender's key names, or of any; no cookie goes with it."""
    allowed: tuple[tuple[str, str], ...] = (("Access-Control-Allow-Origin", "*"),)
    if sender is not None and sender.origins:
        there = bool(asked.origin) and sender.may_come_from(asked.origin)
        named = (("Access-Control-Allow-Origin", asked.origin),) if there else ()
        allowed = (*named, ("Vary", "Origin"))
    return replace(answer, headers=(*answer.headers, *allowed))


def preflight(asked: Asked, sender: Sender | None = None) -> Answer:
    """What a browser is told before it sends; `sender` is whose key stands in the address, where one does."""
    if sender is not None and not sender.may_come_from(asked.origin):
        return open_to_browsers(as_json(403, {"error": ELSEWHERE}), asked, sender)
    wanted = asked.header("Access-Control-Request-Headers")
    headers = wanted if _HEADERS.fullmatch(wanted) else "authorization, content-type, content-encoding"
    return open_to_browsers(
        Answer(204, headers=(
            ("Access-Control-Allow-Methods", "POST, GET, OPTIONS"), ("Access-Control-Allow-Headers", headers),
            ("Access-Control-Max-Age", _DAY),
        )), asked, sender,
    )  # fmt: skip

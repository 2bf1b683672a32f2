"""Commands and notebooks while `tenure serve` holds the workspace: the same answers, over its socket."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tenure
from tenure.cli.commands import app
from tenure.errors import UsageError
from tests.server.browser.conftest import Served
from tests.server.conftest import PASSWORD

Said = tuple[int, str, str]
COMMANDS = (
    ("stages", "--format", "json"), ("findings",), ("scorecard",), ("explain", "nobody"),
)  # fmt: skip


@pytest.fixture(scope="module")
def here(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, imported and run by nobody but this test."""
    folder = tmp_path_factory.mktemp("socket") / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns(".tenure"))
    assert _said(folder, "run")[0] == 0
    return folder


@pytest.fixture(scope="module")
def alone(here: Path) -> dict[tuple[str, ...], Said]:
    """What the commands say while nobody serves."""
    return {command: _said(here, *command) for command in COMMANDS}


@pytest.fixture(scope="module")
def serving(here: Path, alone: object) -> Iterator[Served]:
    server = Served(
        ["serve", "--no-browser"], here, TENURE_ADMIN_NAME="ann", TENURE_ADMIN_PASSWORD=PASSWORD, TENURE_DATABASE_URL=""
    )
    yield server
    assert server.end() == 0


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_say_the_same(
    here: Path, alone: dict[tuple[str, ...], Said], serving: Served, command: tuple[str, ...]
) -> None:
    assert _said(here, *command) == alone[command]


def test_a_process_of_its_own_says_the_same(here: Path, alone: dict[tuple[str, ...], Said], serving: Served) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tenure.cli", *COMMANDS[0]], cwd=here, text=True, capture_output=True, timeout=120,
        env={**os.environ, "COLUMNS": "100"}, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == alone[COMMANDS[0]]


def test_the_socket_is_its_owners_alone(here: Path, serving: Served) -> None:
    assert stat.S_IMODE((here / ".tenure" / "socket").stat().st_mode) == 0o600
    assert stat.S_IMODE((here / ".tenure" / "secret").stat().st_mode) == 0o600


def test_without_the_key_nobody_answers(here: Path, serving: Served, tmp_path: Path) -> None:
    other = tmp_path / "shop"
    (other / ".tenure").mkdir(parents=True)
    (other / ".tenure" / "socket").symlink_to(here / ".tenure" / "socket")
    (other / ".tenure" / "secret").write_text("guessed")
    from multiprocessing import AuthenticationError

    from tenure.workspace.remote import RemoteWorkspace

    with pytest.raises(AuthenticationError):
        RemoteWorkspace.open(other)
    with tenure.open(here) as ws:
        assert ws.stages()


def test_a_caller_who_speaks_nonsense_shuts_out_nobody(here: Path, serving: Served) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        path = here / ".tenure" / "socket"
        caller.connect(os.path.relpath(path) if len(str(path)) > 100 else str(path))
        caller.recv(1000)
        # a message longer than any answer to the challenge
        caller.sendall(struct.pack("!i", 100_000) + b"x" * 1000)
    with tenure.open(here) as ws:
        assert ws.stages()


def test_programs_ask_too(here: Path, serving: Served) -> None:
    with tenure.open(here) as ws:
        assert ws.history(ws.lifecycle().name).num_rows > 100
        with pytest.raises(UsageError, match="nowhere"):
            ws.people(stage="nowhere")
        with pytest.raises(AttributeError):
            ws.moves._connection  # noqa: B018


def test_the_doctor_looks_and_no_more(here: Path, serving: Served) -> None:
    doctor = [sys.executable, "-m", "tenure.cli", "-C", str(here), "doctor"]
    with closing(sqlite3.connect(here / ".tenure" / "operations.sqlite3", isolation_level=None)) as operations:
        # another version of the program would make up for what it finds missing
        operations.execute("UPDATE django_migrations SET name = 'later' WHERE app = 'work' AND name = '0001_initial'")
        operations.execute("BEGIN IMMEDIATE")
        looked = subprocess.run(
            doctor, env={**os.environ, "TENURE_DATABASE_URL": ""}, capture_output=True, text=True, check=False
        )
        operations.execute("ROLLBACK")
        operations.execute("UPDATE django_migrations SET name = '0001_initial' WHERE app = 'work' AND name = 'later'")
        assert operations.execute("SELECT total_changes()").fetchone() == (2,)
    assert (looked.returncode, looked.stderr) == (0, "")
    assert "histories" in looked.stdout


def test_a_run_is_seen_by_the_pages(here: Path, serving: Served) -> None:
    path = here / "tenure.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "\nsegments:\n  spenders: sum(order) >= 500\n", encoding="utf-8")
    assert "tenure plan" in _said(here, "stages")[2]
    assert _said(here, "run")[0] == 0
    with tenure.open(here) as ws:
        assert ws.stages("spenders")[0].stage == "spenders"
    path.write_text(before, encoding="utf-8")
    assert _said(here, "run")[0] == 0


def _said(folder: Path, *command: str) -> Said:
    """What a command typed in a folder gives and says, in this process."""
    with chdir(folder):
        found = CliRunner().invoke(app, command, prog_name="tenure", env={"COLUMNS": "100"})
    return found.exit_code, found.stdout, found.stderr

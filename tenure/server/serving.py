"""One process: the stores are opened, the loops begin, and the pages are served until somebody ends it."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tenure.errors import StoreError
from tenure.server.environment import DATABASE_FILE, OWN_FOLDER, Environment, environment

if TYPE_CHECKING:
    from tenure.server.access.data import LoopState

_TURN = 0.0005  # seconds


def ready(folder: Path) -> Environment:
    """How the server of a workspace runs, with Django made ready for it; nothing is written."""
    os.environ["TENURE_WORKSPACE"] = str(folder.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.server.settings")
    told = environment(folder)

    import django

    django.setup()
    return told


def prepare(folder: Path) -> Environment:
    """The same, with the operational database up to date. Raises StoreError where it cannot be opened."""
    told = ready(folder)
    (folder / OWN_FOLDER).mkdir(exist_ok=True)
    if not told.database_url:
        # hashes of passwords and the keys of sessions are the owner's alone; what SQLite puts beside goes by this file
        operations = folder / OWN_FOLDER / DATABASE_FILE
        operations.touch(mode=0o600)
        operations.chmod(0o600)

    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(
            f"The operational database cannot be opened: {reason}.",
            hint="Look at TENURE_DATABASE_URL, and whether the database runs.",
        ) from None
    return told


def loops_of(folder: Path) -> tuple[LoopState, ...]:
    """How the loops of the server fare that holds the workspace. Nothing is written. Raises StoreError."""
    ready(folder)
    from django.db import DatabaseError

    from tenure.server.access.data import loop_states
    from tenure.server.access.reader import KeyHolder

    try:
        return loop_states(KeyHolder(name="doctor", scope="admin"))
    except DatabaseError as error:
        raise StoreError(f"The loops of the server cannot be looked at: {error}.") from None


def serve(
    folder: Path, *, said: Callable[[str], None], opened: Callable[[str], None] | None = None, anywhere: bool = False
) -> None:
    """Nothing, once the server has been ended (Ctrl-C, SIGTERM); `said` is told what people should read.

    `opened` is called with the address to open when pages can be asked for. Where the port is taken, `anywhere` takes
    one that is free.
    """
    told = prepare(folder)
    from tenure.server import holding, loops
    from tenure.server.access import later
    from tenure.server.accounts.first import first_administrator
    from tenure.server.accounts.users import no_users
    from tenure.server.http.server import answer
    from tenure.server.loops.rounds import quick_loops, slow_loops
    from tenure.server.loops.transfers import files_at_start
    from tenure.server.pages.welcome import link
    from tenure.server.socket import open_door

    ws = holding.hold(folder)
    door = None
    try:
        with _ends_politely():
            if first_administrator(told):
                said(f"Administrator {told.admin_name} made.")
            # whoever asks for the first page finds people in it
            files_at_start(said)
            ws.feed.begin()
            ws.roster.refresh()
            opened_socket = _bound(told, anywhere=anywhere)
            door = open_door(folder)
            loops.begin(loops.Worker(quick_loops(told)), loops.Worker(slow_loops()))
            port = opened_socket.getsockname()[1]
            base = told.public_url or f"http://{told.host}:{port}"
            address = link(base) if no_users() else f"{base}/"
            said(f"Tenure serves {ws.definitions.config.name} at {address}")
            said("Open that address to make yourself the administrator." if no_users() else "End it with Ctrl-C.")
            if opened:
                opened(address)
            # whoever answers is not kept waiting by a loop that computes: threads take turns more often than usual
            sys.setswitchinterval(_TURN)
            # nor by a search for garbage among all that is there for good: it took 0.2 s, every two seconds under load
            gc.collect()
            gc.freeze()
            answer(
                opened_socket, threads=told.threads, proxies=told.proxies, room=told.bodies_megabytes * 2**20
            )  # fmt: skip
    except KeyboardInterrupt:
        pass
    finally:
        if door:
            door.close()
        later.end()
        # the store closes under whoever still works
        loops.end(holding.release)
        said("Ended.")


def _bound(told: Environment, *, anywhere: bool) -> socket.socket:
    """The socket that requests come to."""
    from tenure.server.http.server import listen

    try:
        return listen(told.host, told.port)
    except OSError as error:
        if anywhere and error.errno == errno.EADDRINUSE:
            return _bound(told.model_copy(update={"port": 0}), anywhere=False)
        reason = (error.strerror or str(error)).lower()
        raise StoreError(
            f"Nothing can listen on {told.host}:{told.port}: {reason}.", hint="Name another port: --port 8001."
        ) from None


@contextmanager
def _ends_politely() -> Iterator[None]:
    """Turns SIGTERM into what Ctrl-C is."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.stdout.flush()

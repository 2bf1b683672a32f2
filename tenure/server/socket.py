"""The socket of the workspace's folder: commands and notebooks ask here while this process holds the workspace."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from tenure.errors import TenureError, UsageError
from tenure.server import holding
from tenure.server.environment import secret_of
from tenure.workspace import Workspace
from tenure.workspace.remote import key_of, socket_of

_LOG = logging.getLogger("tenure.socket")
_REST = 0.1  # seconds
# these change what the pages show: they run alone, and the pages see the definitions that were applied
_CHANGING = frozenset({("load",), ("refresh",), ("rebuild",), ("run",), ("record",), ("roster", "refresh")})


class Door:
    """The socket, open until it is closed."""

    def __init__(self, path: str, key: bytes) -> None:
        self._path = path
        self._closed = False
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        # nobody else may connect, from the first moment on
        before = os.umask(0o177)
        try:
            self._listener = Listener(path, family="AF_UNIX", authkey=key)
        finally:
            os.umask(before)
        threading.Thread(target=self._listen, name="tenure-socket", daemon=True).start()

    def close(self) -> None:
        """Nothing; nobody is let in any more."""
        self._closed = True
        self._listener.close()
        with contextlib.suppress(FileNotFoundError):
            Path(self._path).unlink()

    def _listen(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except (AuthenticationError, EOFError, ConnectionError):
                continue
            except OSError:
                if self._closed:
                    return
                # of a caller who speaks otherwise, or there are too many of them just now
                time.sleep(_REST)
                continue
            threading.Thread(target=_talk, args=(connection,), name="tenure-talk", daemon=True).start()


def open_door(folder: Path) -> Door | None:
    """The socket of the workspace `folder`; None where its path is too long for one."""
    path = socket_of(folder)
    secret_of(folder)
    return None if path is None else Door(path, key_of(folder))


def _talk(connection: Connection) -> None:
    """Nothing; answers one caller until they hang up."""
    ws: Workspace | None = None
    with connection:
        while True:
            try:
                path, args, named = connection.recv()
            except (EOFError, OSError):
                return
            try:
                # who calls sees the files as they are now, as they would without a server
                ws = ws or holding.workspace().reread()
                answer = (True, _answered(ws, path, args, named))
            except TenureError as error:
                answer = (False, error)
            except Exception as error:
                _LOG.exception("a call over the socket failed", extra={"method": ".".join(path)})
                answer = (False, f"{type(error).__name__}: {error}")
            try:
                connection.send(answer)
            except OSError:
                return
            except Exception as error:
                _LOG.exception("an answer could not be sent", extra={"method": ".".join(path)})
                connection.send((False, f"{type(error).__name__}: {error}"))


def _answered(ws: Workspace, path: tuple[str, ...], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    found: Any = ws
    for name in path:
        if name.startswith("_"):
            raise UsageError(f"There is no {name!r}.")
        found = getattr(found, name)
    if not callable(found):
        return found
    return _alone(found, args, named) if tuple(path) in _CHANGING else found(*args, **named)


def _alone(method: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    with holding.writing:
        done = method(*args, **named)
        holding.changed().roster.refresh()
        return done

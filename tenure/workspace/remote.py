"""The same workspace, held by another process: every method is asked there, over a socket of the workspace's folder.

    with tenure.open("shop") as ws:      # while `tenure serve` holds it
        ws.stages()

Both ends are the same program of the same person: the socket is readable by its owner alone and asks for the key of the
workspace, and what goes over it are the plain values and Arrow tables that the methods take and give.
"""

from __future__ import annotations

import copyreg
import inspect
from collections.abc import Callable
from functools import cached_property
from multiprocessing.connection import Client, Connection
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, get_type_hints

from tenure.errors import StoreError, TenureError
from tenure.workspace.workspace import OWN_FOLDER, Workspace

SOCKET_FILE, SECRET_FILE = "socket", "secret"
# what a socket's path may be long
_LONGEST = 100
_KEPT = ("definitions", "zone")


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


def socket_of(folder: Path) -> str | None:
    """The path of a workspace's socket; None where it would be too long for one."""
    path = folder.absolute() / OWN_FOLDER / SOCKET_FILE
    named = min(str(path), _from_here(path), key=len)
    return named if len(named.encode()) <= _LONGEST else None


def key_of(folder: Path) -> bytes:
    """The key that both ends must know. Raises FileNotFoundError where none was made."""
    return (folder / OWN_FOLDER / SECRET_FILE).read_bytes().strip()


class RemoteWorkspace:
    """A workspace that another process holds, with the methods of `Workspace`."""

    def __init__(self, folder: Path, connection: Connection) -> None:
        self.folder = folder
        self._connection = connection
        self._known: dict[str, object] = {}

    @classmethod
    def open(cls, folder: Path) -> RemoteWorkspace | None:
        """The workspace as its holder tells it; None where nobody answers."""
        path = socket_of(folder)
        if path is None:
            return None
        try:
            return cls(folder, Client(path, family="AF_UNIX", authkey=key_of(folder)))
        except (OSError, EOFError):
            return None

    def close(self) -> None:
        """Nothing; ends the talk."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing; ends the talk."""
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name in _KEPT:
            if name not in self._known:
                self._known[name] = self._ask((name,), (), {})
            return self._known[name]
        return _part(self, Workspace, (), name)

    def _ask(self, path: tuple[str, ...], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            self._connection.send((path, args, named))
            answered, value = self._connection.recv()
        except (EOFError, OSError):
            raise StoreError("The server that holds this workspace has ended.", hint="Run the command again.") from None
        if answered:
            return value
        raise value if isinstance(value, TenureError) else RuntimeError(str(value))


class _Room:
    """One of the parts of a workspace, such as `ws.moves`, of the class that it has there."""

    def __init__(self, workspace: RemoteWorkspace, kind: type, path: tuple[str, ...]) -> None:
        self._workspace, self._kind, self._path = workspace, kind, path

    def __getattr__(self, name: str) -> Any:
        return _part(self._workspace, self._kind, self._path, name)


def _part(workspace: RemoteWorkspace, kind: type, path: tuple[str, ...], name: str) -> Any:
    """What an attribute is there: a method to call, a part with methods of its own, or a value."""
    found = inspect.getattr_static(kind, name, None)
    if found is None or name.startswith("_"):
        raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    if callable(found):
        return _caller(workspace, (*path, name))
    getter = found.fget if isinstance(found, property) else found.func if isinstance(found, cached_property) else None
    gives = get_type_hints(getter).get("return") if getter and kind is Workspace else None
    if inspect.isclass(gives) and gives.__module__.startswith("tenure.workspace.") and not hasattr(gives, "__slots__"):
        return _Room(workspace, gives, (*path, name))
    return workspace._ask((*path, name), (), {})


def _caller(workspace: RemoteWorkspace, path: tuple[str, ...]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        # progress is told where the work is done; here it would come too late
        told = [None if name == "progress" else value for name, value in named.items()]
        kept = tuple(None if callable(value) and path[-1] in ("load", "run") else value for value in args)
        return workspace._ask(path, kept, dict(zip(named, told, strict=True)))

    return call


def _from_here(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)

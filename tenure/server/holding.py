"""The workspace that this process holds: one store, read by every thread, written by one at a time.

Definitions may change while it runs: `changed` reads the files anew, and the pages that are being made go on with what
they had.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tenure.errors import UsageError
from tenure.server.turns import away
from tenure.workspace import Workspace

# whoever applies definitions or refreshes holds this; pages never do
writing = threading.RLock()
_held: Workspace | None = None
# when somebody last had the store changed (by `time.monotonic`): what they see afterwards is of after that
worked_at = 0.0


def now() -> int:
    """The time, in microseconds since 1970."""
    return time.time_ns() // 1000


def hold(folder: Path) -> Workspace:
    """The workspace in `folder`, held from now on. Raises WorkspaceHeld where another process has it."""
    global _held  # noqa: PLW0603 one process holds one workspace
    _held = Workspace.open(folder, clock=now, variables=os.environ)
    _held._store.waits = away
    return _held


def workspace() -> Workspace:
    """The workspace that is held."""
    if _held is None:
        raise UsageError("This process holds no workspace.", hint="Start it with `tenure serve`.")
    return _held


def changed() -> Workspace:
    """The workspace with its definitions as the files now have them. Raises DefinitionError with what is wrong."""
    global _held  # noqa: PLW0603
    with writing:
        _held = workspace().reread()
        return _held


def worked() -> None:
    """Nothing; somebody has had the store changed just now."""
    global worked_at  # noqa: PLW0603
    worked_at = time.monotonic()


@contextmanager
def bounded() -> Iterator[None]:
    """Nothing; what this thread asks the store inside is given up after the time that a page has."""
    with workspace().bounded(settings.ENVIRONMENT.page_seconds):
        yield


def release() -> None:
    """Nothing; lets go of the store."""
    global _held  # noqa: PLW0603
    if _held is not None:
        _held.close()
        _held = None

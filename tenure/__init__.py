"""Tenure: customer lifecycle management that can be read, tested and trusted.

import tenure

with tenure.open("shop") as ws:
    ws.run()                     # import what is new, bring every history up to date
    ws.history("classic")        # Arrow: lifecycle, customer_id, stage, previous, entered_at, left_at
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tenure.errors import TenureError

if TYPE_CHECKING:
    from tenure.workspace import Workspace

__all__ = ["TenureError", "Workspace", "__version__", "open"]

__version__ = "0.1.0"


def open(folder: str | os.PathLike[str], *, memory_limit: str | None = None) -> Workspace:
    """The workspace in `folder`, a folder with a `tenure.yaml`.

    `memory_limit` bounds the memory of the store, such as "4GB" (default: half of what the machine has).
    Where `tenure serve` holds it, that process is asked, by the same methods. Raises DefinitionError with every problem
    of the workspace's files, WorkspaceHeld where another process has it open that cannot be asked.
    """
    from tenure.errors import WorkspaceHeld
    from tenure.workspace import Workspace

    try:
        return Workspace.open(
            Path(folder), clock=lambda: time.time_ns() // 1000, memory_limit=memory_limit, variables=os.environ
        )
    except WorkspaceHeld:
        from tenure.workspace.remote import RemoteWorkspace

        remote = RemoteWorkspace.open(Path(folder))
        if remote is None:
            raise
        return cast("Workspace", remote)


def __getattr__(name: str) -> object:
    # the engine takes a second to import, and `tenure --help` needs none of it
    if name == "Workspace":
        from tenure.workspace import Workspace

        return Workspace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

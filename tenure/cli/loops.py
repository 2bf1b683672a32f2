"""How the loops of a running server fare, for `tenure doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenure.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.cli.screen import Screen
    from tenure.server.access.data import LoopState
    from tenure.workspace import Workspace
    from tenure.workspace.remote import RemoteWorkspace


def loops_served(folder: Path, workspace: Workspace | RemoteWorkspace) -> tuple[Sequence[LoopState], list[str]]:
    """The loops of the server that holds the workspace, and what to look at; nothing where none does.

    It reads and no more: the operational database may be of another version than this program.
    """
    from tenure.workspace.remote import RemoteWorkspace

    if not isinstance(workspace, RemoteWorkspace):
        return (), []
    from tenure.server.serving import loops_of

    try:
        loops = loops_of(folder)
    except StoreError as error:
        return (), [error.message]
    return loops, [f"The loop {one.name} fails: {one.error}" for one in loops if one.error]


def show_loops(screen: Screen, loops: Sequence[LoopState]) -> None:
    """Nothing; writes them as a table."""
    from tenure.cli.screen import Column

    if not loops:
        return
    screen.table(
        [Column("Loop", long="cut"), Column("Last round"), Column("Took", right=True), Column("Waiting", right=True),
         Column("", long="fold")],
        [
            [one.name, f"{one.ran_at:%Y-%m-%d %H:%M:%S} UTC" if one.ran_at else "never", f"{one.seconds:.1f} s",
             f"{one.waiting:,}", one.error or ("late" if one.late else "")]
            for one in loops
        ],
    )  # fmt: skip

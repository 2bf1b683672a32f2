"""How the loops of a running server fare, for `tenure doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.cli.screen import Screen
    from tenure.server.access.data import LoopState
    from tenure.workspace import Workspace
    from tenure.workspace.remote import RemoteWorkspace


def loops_of(folder: Path, workspace: Workspace | RemoteWorkspace) -> Sequence[LoopState]:
    """The loops of the server that holds the workspace; none where none does."""
    from tenure.workspace.remote import RemoteWorkspace

    if not isinstance(workspace, RemoteWorkspace):
        return ()
    from tenure.server.serving import prepare

    prepare(folder)
    from tenure.server.access.data import loop_states
    from tenure.server.access.reader import KeyHolder

    return loop_states(KeyHolder(name="doctor", scope="admin"))


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


def faults(loops: Sequence[LoopState]) -> list[str]:
    """What to look at."""
    return [f"The loop {one.name} fails: {one.error}" for one in loops if one.error]

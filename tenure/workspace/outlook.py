"""The outlook of a workspace: `ws.outlook`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace


class Outlooks:
    """What is to come."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

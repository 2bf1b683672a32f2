"""A folder with definitions, sources and an event store: the one interface of commands, pages and notebooks."""

from __future__ import annotations

from tenure.workspace.workspace import Workspace

__all__ = ["Workspace"]

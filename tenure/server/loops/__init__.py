"""The worker: one thread that keeps the workspace current, and does what pages ask of it between two rounds."""

from __future__ import annotations

from tenure.server.loops.worker import Worker, ask, begin, busy_with, end, hurry, stopped

__all__ = ["Worker", "ask", "begin", "busy_with", "end", "hurry", "stopped"]

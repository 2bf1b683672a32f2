"""The workers: one thread keeps the workspace current and does what pages ask between two rounds, one the slow work."""

from __future__ import annotations

from tenure.server.loops.worker import Worker, ask, begin, busy_with, end, hurry, stopped

__all__ = ["Worker", "ask", "begin", "busy_with", "end", "hurry", "stopped"]

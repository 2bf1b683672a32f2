"""Every command, registered on the application."""

from __future__ import annotations

from tenure.cli import (
    demo,
    doctor,
    explain,
    forecast,
    history,
    init,
    loading,
    people,
    plan,
    rejected,
    schema,
    sql,
    stages,
)
from tenure.cli.app import app

__all__ = [
    "app", "demo", "doctor", "explain", "forecast", "history", "init", "loading", "people", "plan", "rejected",
    "schema", "sql", "stages",
]  # fmt: skip

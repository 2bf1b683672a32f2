"""Every command, registered on the application."""

from __future__ import annotations

from tenure.cli import (
    conversion,
    crosstab,
    demo,
    doctor,
    explain,
    findings,
    forecast,
    history,
    init,
    lifecycles,
    loading,
    metric,
    metrics,
    moves,
    people,
    plan,
    population,
    rejected,
    report,
    risk,
    schema,
    short,
    sql,
    stages,
    stuck,
    times,
)
from tenure.cli.app import app

__all__ = [
    "app", "conversion", "crosstab", "demo", "doctor", "explain", "findings", "forecast", "history", "init",
    "lifecycles", "loading", "metric", "metrics", "moves", "people", "plan", "population",
    "rejected", "report", "risk", "schema", "short", "sql", "stages", "stuck", "times",
]  # fmt: skip

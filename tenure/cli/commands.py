"""Every command, registered on the application."""

from __future__ import annotations

from tenure.cli import (
    alerts,
    attribution,
    cohorts,
    conversion,
    crosstab,
    demo,
    doctor,
    drivers,
    explain,
    findings,
    forecast,
    history,
    init,
    journeys,
    lifecycles,
    loading,
    metric,
    metrics,
    moves,
    outlook,
    paths,
    people,
    plan,
    population,
    predict,
    rejected,
    report,
    rfm,
    risk,
    schema,
    scorecard,
    short,
    sql,
    stages,
    stuck,
    targets,
    times,
    why,
)
from tenure.cli.app import app

__all__ = [
    "alerts", "app", "attribution", "cohorts", "conversion", "crosstab", "demo", "doctor", "drivers", "explain",
    "findings", "forecast", "history", "init", "journeys", "lifecycles", "loading", "metric", "metrics", "moves",
    "outlook", "paths", "people", "plan", "population", "predict", "rejected", "report", "rfm", "risk", "schema",
    "scorecard", "short", "sql", "stages", "stuck", "targets", "times", "why",
]  # fmt: skip

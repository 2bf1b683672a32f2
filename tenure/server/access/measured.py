"""Metrics and the scorecard, for programs."""

from __future__ import annotations

from typing import Any, Literal

from tenure.metrics.scorecard import Scorecard
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.metrics import CatalogueEntry

Unit = Literal["day", "week", "month", "quarter", "year"]


def catalogue(reader: Reader) -> tuple[CatalogueEntry, ...]:
    """Every metric, and what this workspace lacks for it."""
    require(reader, Right.FIGURES)
    return _catalogue()


@kept(1)
def _catalogue() -> tuple[CatalogueEntry, ...]:
    return holding.workspace().metrics.catalogue()


def values(
    reader: Reader,
    name: str,
    *,
    period: Unit,
    since: str | None,
    until: str | None,
    by: str | None,
    lifecycle: str | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The figures of a metric by period: metric, period, part, value, numerator, denominator, target, status."""
    require(reader, Right.FIGURES)
    found = holding.workspace().metrics.values(
        [name], period=period, since=since, until=until, by=by, lifecycle=lifecycle
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    return [{**row, "period": str(row["period"])} for row in rows]


def scorecard(reader: Reader, *, period: Unit, at: str | None, lifecycle: str | None) -> Scorecard:
    """How every stage did in a period."""
    require(reader, Right.FIGURES)
    return holding.workspace().targets.scorecard(period=period, at=at, lifecycle=lifecycle)

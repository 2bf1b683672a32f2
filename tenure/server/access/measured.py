"""Metrics and the scorecard, for programs.

Whoever may not see people breaks figures down by what tells of groups alone, as the pages do.
"""

from __future__ import annotations

from typing import Any, Literal

from tenure.errors import UsageError
from tenure.metrics.scorecard import Scorecard
from tenure.server import holding
from tenure.server.access.figures import catalogue, splits
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right

Unit = Literal["day", "week", "month", "quarter", "year"]

__all__ = ["Unit", "catalogue", "scorecard", "values"]


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
    """The figures of a metric by period: metric, period, part, value, numerator, denominator, target, status.

    Raises UsageError for a breakdown that does not exist, or that would name people to whoever may not see them.
    """
    require(reader, Right.FIGURES)
    if by is not None and not reader.may(Right.PEOPLE) and by not in (known := splits(reader, name)):
        raise UsageError(f"There is no breakdown by {by[:60]!r}.", hint=f"There are: {', '.join(known)}.")
    found = holding.workspace().metrics.values(
        [name], period=period, since=since, until=until, by=by, lifecycle=lifecycle
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    return [{**row, "period": str(row["period"])} for row in rows]


def scorecard(reader: Reader, *, period: Unit, at: str | None, lifecycle: str | None) -> Scorecard:
    """How every stage did in a period."""
    require(reader, Right.FIGURES)
    return holding.workspace().targets.scorecard(period=period, at=at, lifecycle=lifecycle)

"""Time in stage: how long people stay, those still inside counted as far as they have been seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.moves.survival import Curve, kaplan_meier
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInStage:
    """How long visits to a stage last, in microseconds.

    `visits` = `ended` + `inside`. A quarter has left after `quarter`, half after `median`, three quarters after
    `three_quarters`, by Kaplan-Meier; None where so many have not. `curve` is (time, share still there).
    """

    stage: str
    visits: int
    ended: int
    inside: int
    quarter: int | None
    median: int | None
    three_quarters: int | None
    curve: tuple[tuple[int, float], ...]


def times_in_stage(
    connection: Connection, scope: Scope, *, since: int | None = None, points: int = 100
) -> tuple[TimeInStage, ...]:
    """The time in every stage, in the order of the list; `since` leaves out the visits that began before.

    `points` is how fine the curves are.
    """
    found = []
    for place, curve in curves(connection, scope, since=since).items():
        visits, ended = int(curve.at_risk[0]) if len(curve.times) else 0, int(curve.ended.sum())
        found.append(
            TimeInStage(
                stage=scope.held.stages[place], visits=visits, ended=ended, inside=visits - ended,
                quarter=curve.gone(0.25), median=curve.gone(0.5), three_quarters=curve.gone(0.75),
                curve=curve.summary(points),
            )
        )  # fmt: skip
    return tuple(found)


def curves(connection: Connection, scope: Scope, *, since: int | None = None) -> dict[int, Curve]:
    """The whole curve of every stage, by its position; a stage nobody was in has an empty one."""
    begun = "TRUE" if since is None else f"entered_at >= {since}"
    rows = connection.sql(
        f"""
        SELECT stage, coalesce(left_at <= {scope.now}, FALSE) AS ended,
            CASE WHEN left_at <= {scope.now} THEN left_at ELSE {scope.now} END - entered_at AS lasted
        FROM ({scope.stays()}) WHERE {begun}
        """
    ).to_arrow_table()
    stage, lasted, ended = (rows[name].to_numpy() for name in ("stage", "lasted", "ended"))
    found = {}
    for place in range(len(scope.held.stages)):
        here = stage == place
        found[place] = kaplan_meier(np.asarray(lasted[here], dtype=np.int64), np.asarray(ended[here], dtype=np.bool_))
    return found

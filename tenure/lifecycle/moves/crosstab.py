"""How two lifecycles map onto each other at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.errors import UsageError
from tenure.lifecycle.moves.scope import Scope
from tenure.warehouse.connection import Connection
from tenure.wording import units


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """People who are in `stage` of one lifecycle and in `other` of another; None: in none."""

    stage: str | None
    other: str | None
    people: int
    money: Decimal


def crosstab(connection: Connection, one: Scope, other: Scope, *, moment: int | None = None) -> tuple[Pair, ...]:
    """People and money in every pair of stages that somebody is in, in the order of the lists.

    The pairs of a stage add up to its population. Raises UsageError where the lifecycles are of different units.
    """
    if one.lifecycle.unit != other.lifecycle.unit:
        raise UsageError(
            f"{one.lifecycle.name!r} counts {units(one.lifecycle.unit)}, {other.lifecycle.name!r} "
            f"{units(other.lifecycle.unit)}.",
            hint="Take two lifecycles that count the same.",
        )
    at = one.now if moment is None else moment
    rows = connection.execute(
        f"""
        SELECT a.stage, b.stage, count(*), coalesce(sum(money), 0)
        FROM ({one.born(by=at)}) AS born
        LEFT JOIN ({one.present(at)}) AS a ON a.unit = born.unit
        LEFT JOIN ({other.present(at)}) AS b ON b.unit = born.unit
        LEFT JOIN ({one.worth(connection, at)}) AS worth ON worth.unit = born.unit
        GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2 NULLS LAST
        """
    ).fetchall()
    return tuple(
        Pair(stage=one.name(stage), other=other.name(beside), people=people, money=money)
        for stage, beside, people, money in rows
    )

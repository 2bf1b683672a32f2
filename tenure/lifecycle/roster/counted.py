"""People and money by stage as the roster has them: exactly those that its lists show."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tenure.lifecycle.population import StageCount
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.roster.asked import Asked, units
from tenure.lifecycle.roster.kept import TABLE, Roster
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote


def by_stage(connection: Connection, roster: Roster, held: Applied) -> tuple[StageCount, ...]:
    """People and money of every stage of a lifecycle, in the order of the list; last those in none."""
    code = f"stage_{roster.lifecycles[held.name]}"
    rows = connection.execute(
        f"SELECT {code}, count(*), coalesce(sum(money), 0) FROM {TABLE} "
        f"WHERE NOT excluded AND kind = {quote(held.unit)} GROUP BY 1"
    ).fetchall()
    counted = {stage: (people, money) for stage, people, money in rows}
    found = []
    for place, name in [*enumerate(held.stages), (None, None)]:
        people, money = counted.get(place, (0, Decimal(0)))
        found.append(StageCount(stage=name, people=people, money=money))
    return tuple(found)


def mix(
    connection: Connection, roster: Roster, held: Mapping[str, Applied], asked: Asked, *, lifecycle: str
) -> tuple[tuple[str | None, int], ...]:
    """How many of those who are asked for are in each stage that has any, in the order of the list; last in none."""
    code = f"stage_{roster.lifecycles[lifecycle]}"
    rows = connection.execute(
        f"SELECT {code}, count(*) FROM {TABLE} WHERE unit IN ({units(roster, held, asked, lifecycle=lifecycle)}) "
        "GROUP BY 1 ORDER BY 1 NULLS LAST"
    ).fetchall()
    return tuple((None if place is None else held[lifecycle].stages[place], count) for place, count in rows)

"""Who would move under a planned definition, and who would be where under one that is new.

Read after `plan` in the same thread: the planned histories stand beside the stored ones until the next plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.plan import PLANNED
from tenure.lifecycle.population import StageCount, Worth, excluded, in_stage, money_at
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection


def planned_people(
    connection: Connection, lifecycle: Lifecycle, held: Applied, *, money: Worth, as_of: int, most: int,
    exclusion: Applied | None = None,
) -> pa.Table:  # fmt: skip
    """Who would be elsewhere: customer_id, stage, to, money; the most money first, at most so many."""
    renamed = {stage.renamed_from: stage.name for stage in lifecycle.stages if stage.renamed_from}
    was = named("now.stage", [renamed.get(name, name) for name in held.stages])
    becomes = named("later.stage", [stage.name for stage in lifecycle.stages])
    return connection.sql(
        f'SELECT units.id AS customer_id, {was} AS stage, {becomes} AS "to", '
        f"CAST(coalesce(money, 0) AS DECIMAL(38,6)) AS money "
        f"FROM ({in_stage(held.code, as_of)}) AS now FULL JOIN ({in_stage(held.code, as_of, table=PLANNED)}) AS later "
        f"USING (unit) JOIN units ON units.key = unit "
        f"LEFT JOIN ({money_at(connection, money, lifecycle, as_of)}) AS worth USING (unit) "
        f"WHERE {was} IS DISTINCT FROM {becomes} AND unit NOT IN ({excluded(exclusion, as_of)}) "
        f"ORDER BY money DESC, customer_id LIMIT {int(most)}"
    ).to_arrow_table()


def planned_population(
    connection: Connection, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied], name: str, *, money: Worth,
    as_of: int, exclusion: Applied | None = None,
) -> tuple[StageCount, ...]:  # fmt: skip
    """People and money of every stage of a lifecycle that the store does not hold yet, as the plan has it."""
    # as `plan` numbers them
    last = max((one.code for one in held.values()), default=0)
    fresh = [one for one in lifecycles if one.name not in held]
    place = next(place for place, one in enumerate(fresh, 1) if one.name == name)
    lifecycle = fresh[place - 1]
    rows = connection.execute(
        f"""
        SELECT stay.stage, count(*), coalesce(sum(money), 0)
        FROM ({in_stage(last + place, as_of, table=PLANNED)}) AS stay
        LEFT JOIN ({money_at(connection, money, lifecycle, as_of)}) AS worth USING (unit)
        WHERE unit NOT IN ({excluded(exclusion, as_of)}) GROUP BY stay.stage
        """
    ).fetchall()
    counted = {stage: (people, total) for stage, people, total in rows}
    nothing = (0, Decimal(0))
    return tuple(
        StageCount(stage=stage.name, people=counted.get(code, nothing)[0], money=counted.get(code, nothing)[1])
        for code, stage in enumerate(lifecycle.stages)
    )

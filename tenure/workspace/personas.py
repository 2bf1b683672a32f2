"""The personas of a workspace: `ws.journeys.personas(...)`, and who is in them.

A persona holds as of a moment. Where a change between two periods is told by personas, they are those of the moment at
which the first began: found later, they would be made of what they are to explain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.moves.scope import Scope
from tenure.metrics.personas.features import Behaviour, behaviour
from tenure.metrics.personas.personas import SEED, Personas, personas
from tenure.metrics.why.dimensions import Dimension
from tenure.warehouse.connection import Connection
from tenure.wording import day
from tenure.workspace.calendar import all_periods

if TYPE_CHECKING:
    from tenure.workspace.journeys import Journeys
    from tenure.workspace.workspace import Workspace

MOST = 20
TABLE = "personas_found"
PERSONA = "persona"


def found(
    ws: Workspace, connection: Connection, scope: Scope, journeys: Journeys, *, k: int | None, seed: int, event: str
) -> Personas:
    """The personas as of the scope's moment; who is in which stands in the temporary table TABLE: unit, part."""
    told = personas(done(ws, connection, scope, journeys, k=k, seed=seed, event=event), k=k, seed=seed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} (unit BIGINT, part VARCHAR)")
    for place, name in enumerate(told.names):
        # one list for each: row by row, thousands take long to hand over
        units = told.units[told.places == place].tolist()
        connection.execute(f"INSERT INTO {TABLE} SELECT unnest(CAST(? AS BIGINT[])), ?", [units, name])
    return told


def done(
    ws: Workspace, connection: Connection, scope: Scope, journeys: Journeys, *, k: int | None, seed: int, event: str
) -> Behaviour:
    """What everybody who bought did by the scope's moment. Raises UsageError for what cannot be asked."""
    if k is not None and not 2 <= k <= MOST:
        raise UsageError(f"{k} personas cannot be told apart.", hint=f"Ask for 2 to {MOST}.")
    if seed < 0:
        raise UsageError(f"{seed} is no seed.", hint="Give a whole number from 0 on.")
    bought = journeys._binding(connection, scope, event)
    months = all_periods(ws, "month", since=min(ws.first_event or scope.now, scope.now), until=scope.now)
    return behaviour(connection, scope, bought, months)


def named(told: Personas, persona: str) -> str:
    """The name of a persona of those that were found. Raises UsageError where there is none such."""
    if persona in told.names:
        return persona
    if not told.names:
        raise UsageError(
            f"There is no persona {persona!r}. {told.reason}", hint="`--k 3` cuts people into three anyway."
        )
    hint = did_you_mean(persona, told.names) or f"There are: {', '.join(told.names)}."
    raise UsageError(f"There is no persona {persona!r}.", hint=hint)


def people(connection: Connection, told: Personas, persona: str) -> pa.Table:
    """Who is in a persona, by their ids: customer_id, persona."""
    name = named(told, persona)
    return connection.sql(
        f"SELECT units.id AS customer_id, part AS persona FROM {TABLE} JOIN units ON units.key = {TABLE}.unit "
        f"WHERE part = '{name}' ORDER BY customer_id"
    ).to_arrow_table()


def dimension(ws: Workspace, connection: Connection, scope: Scope, *, moment: int) -> Dimension:
    """A breakdown by the personas of a moment. Raises UsageError where there were none."""
    told = found(ws, connection, replace(scope, now=moment), ws.journeys, k=None, seed=SEED, event="purchase")
    at = day(moment, ws.zone)
    if not told.personas:
        raise UsageError(f"There were no personas on {at}. {told.reason}", hint="Take later periods, or `--by stage`.")
    currency = ws.definitions.config.currency
    words = "; ".join(f"{one.name} {one.words(currency)}" for one in told.personas)
    return Dimension(
        name=PERSONA, told=f"by what people had done until {at}: {words}", sql=f"SELECT unit, part FROM {TABLE}"
    )

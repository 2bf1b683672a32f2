"""The scores of people in the store: written for a moment, never changed once a later one was written.

    write(connection, Written(name="p_churn", model="boosted_trees", as_of=now, …), written_at=clock())

A condition such as `score.p_churn >= 0.5` sees, at any moment, the last score that was worked out for that moment or an
earlier one. What a new fit says is a new row, so the past of a segment or lifecycle stays what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tenure.errors import UsageError
from tenure.predict.features import Units
from tenure.predict.reasons import Reason
from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import keep_scores, registered
from tenure.warehouse.where import quote

NAMES = {
    "p_alive": "chance that somebody who bought may still buy", "purchases": "purchases in the horizon",
    "clv": "value of the purchases in the horizon", "p_churn": "chance to be lost within the horizon",
    "p_not_renewed": "chance that a term that ends within the horizon is not renewed",
    "next_order": "days until the next purchase", "lead": "chance to become a customer within the horizon",
    "next_offer": "chance that the product offered is bought next", "health": "health, 0 to 100",
}  # fmt: skip


# who was forgotten, or became one with somebody else, while the scores were worked out has none
_THERE = "customer IN (SELECT key FROM units)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """Scores of one name: whose (keys of units), and numbers; NaN where nothing is told, and no row then.

    `reasons` are those of the rows named in `reasoned` (positions), in the same order.
    """

    name: str
    model: str
    as_of: int
    units: Units
    value: Floats
    low: Floats | None = None
    high: Floats | None = None
    reasoned: Sequence[int] = ()
    reasons: Sequence[Sequence[Reason]] = field(default=())


def write(connection: Connection, scores: Written, *, written_at: int) -> int:
    """How many scores were written. Scores of the very same moment are replaced.

    Raises UsageError where later ones of that name are written already: the past does not move.
    """
    named = f"name = {quote(scores.name)}"
    row = first_row(connection, f"SELECT max(as_of) FROM scores WHERE {named}")
    if row and row[0] is not None and row[0] > scores.as_of:
        raise UsageError(
            f"Scores of {scores.name} for a later moment are written already, and the past does not move.",
            hint="Let `as_of:` in tenure.yaml go forward, or write none.",
        )
    told = np.isfinite(scores.value)
    table = pa.table({
        "customer": scores.units[told], "value": scores.value[told],
        **{name: pa.array(np.full(int(told.sum()), np.nan) if one is None else one[told], from_pandas=True)
           for name, one in (("low", scores.low), ("high", scores.high))},
    })  # fmt: skip
    kinds = {kind: number for kind, number in registered(connection).items()
             if kind.reads == "score" and kind.name == scores.name}  # fmt: skip
    _replaced(connection, scores, list(kinds.values()))
    _insert(
        connection, table,
        f"INSERT INTO scores (customer, model, name, value, low, high, as_of, written_at) "
        f"SELECT customer, {quote(scores.model)}, {quote(scores.name)}, value, low, high, {scores.as_of}, "
        f"{written_at} FROM {{rows}} WHERE {_THERE} ORDER BY customer",
    )  # fmt: skip
    keep_scores(connection, kinds, as_of=scores.as_of)
    if kinds:
        connection.execute(
            f"INSERT INTO touched SELECT DISTINCT customer, 'event' FROM scores "
            f"WHERE {named} AND as_of = {scores.as_of}"
        )
    # only the last scores have reasons
    connection.execute(f"DELETE FROM score_reasons WHERE {named}")
    _insert(
        connection, _reason_rows(scores),
        f"INSERT INTO score_reasons (customer, name, as_of, place, said, points) SELECT customer, "
        f"{quote(scores.name)}, {scores.as_of}, place, said, points FROM {{rows}} WHERE {_THERE} "
        "ORDER BY customer, place",
    )  # fmt: skip
    written = first_row(connection, f"SELECT count(*) FROM scores WHERE {named} AND as_of = {scores.as_of}")
    return written[0] if written else 0


def _replaced(connection: Connection, scores: Written, kinds: Sequence[int]) -> None:
    """Takes the scores of the very same moment out."""
    if kinds:
        connection.execute(
            f"INSERT INTO touched SELECT DISTINCT customer, 'event' FROM scores "
            f"WHERE name = {quote(scores.name)} AND as_of = {scores.as_of}"
        )
    connection.execute(f"DELETE FROM scores WHERE name = {quote(scores.name)} AND as_of = {scores.as_of}")
    if kinds:
        numbers = ", ".join(map(str, kinds))
        connection.execute(f"DELETE FROM measures WHERE kind IN ({numbers}) AND time = {scores.as_of}")
        connection.execute(
            f"DELETE FROM first_measures WHERE kind IN ({numbers}) AND time = {scores.as_of} AND NOT EXISTS "
            "(SELECT 1 FROM measures AS m WHERE m.unit = first_measures.unit AND m.kind = first_measures.kind "
            "AND m.time = first_measures.time)"
        )


def _reason_rows(scores: Written) -> pa.Table:
    rows = [
        (int(scores.units[at]), place, one.said, one.points)
        for at, told in zip(scores.reasoned, scores.reasons, strict=True)
        for place, one in enumerate(told)
    ]
    names, kinds = ("customer", "place", "said", "points"), (pa.int64(), pa.uint8(), pa.string(), pa.float64())
    return pa.table(
        {
            name: pa.array([row[at] for row in rows], kind)
            for at, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }
    )


def _insert(connection: Connection, table: pa.Table, query: str) -> None:
    from tenure.warehouse.windows import Windows

    windows = Windows(connection)  # type: ignore[arg-type]
    try:
        windows.show("score_rows", table)
        connection.execute(query.format(rows="score_rows"))
    finally:
        windows.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reason of somebody's last score of a name."""

    name: str
    said: str
    points: float | None


def told_reasons(connection: Connection, unit: int) -> tuple[Told, ...]:
    """Why somebody's last scores are what they are, the weightiest of each score first."""
    rows = connection.execute(
        f"SELECT name, said, points FROM score_reasons WHERE customer = {int(unit)} ORDER BY name, place"
    ).fetchall()
    return tuple(Told(name=name, said=said, points=points) for name, said, points in rows)

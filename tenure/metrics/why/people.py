"""Who is behind a part of a change, what they say, and what was noted meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from tenure.lifecycle.periods import Period
from tenure.metrics.question import Question
from tenure.metrics.why.cells import NONE
from tenure.metrics.why.dimensions import Dimension
from tenure.metrics.why.found import Behind, Note, PersonChange, Voice
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import property_number, property_text, quote

MOST = 10
_VOICES = 3
_NOTES = ("Noted", "Feature Shipped")
_SAID = {"Survey Answered": ("comment",), "Case Opened": ("subject", "reason", "topic", "category")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of people: the number of a figure and its words, and of a rate that of the figure below it.

    `weights` are by what the whole of the lower figure in each period divides, `mean` is the rate on average: then what
    each person contributed to the change of the rate is exact, and those of all people add up to it.
    """

    figure: int
    words: str
    of: int | None = None
    weights: tuple[float, float] = (1.0, 1.0)
    mean: float = 0.0


def people_of(
    connection: Connection, table: str, dimension: Dimension, part: str, told: Told, places: tuple[int, int]
) -> pa.Table:
    """Everybody in a part with a figure in either period; largest contributions first.

    Columns: customer_id, before, after; of a rate also of_before and of_after; contribution, to the whole change.
    """
    one, two = places
    by = " AND d.period = f.period" if dimension.by_period else ""
    chosen = f"coalesce(f.own, d.part, {quote(NONE)}) = {quote(part)}"
    columns = {"before": (told.figure, one), "after": (told.figure, two)}
    if told.of is not None:
        columns |= {"of_before": (told.of, one), "of_after": (told.of, two)}
    sums = ", ".join(
        f"coalesce(sum(value) FILTER (WHERE f.period = {place} AND atom = {atom}), 0) AS {name}"
        for name, (atom, place) in columns.items()
    )
    sides = [
        f"(CAST({name} AS DOUBLE) - {told.mean!r} * {f'of_{name}' if told.of is not None else 0}) * {weight!r}"
        for name, weight in zip(("after", "before"), reversed(told.weights), strict=True)
    ]
    atoms = ", ".join(str(atom) for atom in sorted({atom for atom, _ in columns.values()}))
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {", ".join(columns)}, {sides[0]} - {sides[1]} AS contribution
        FROM (SELECT f.unit, {sums}
            FROM {table} AS f LEFT JOIN ({dimension.sql}) AS d ON d.unit = f.unit{by}
            WHERE atom IN ({atoms}) AND f.period IN ({one}, {two}) AND f.unit IS NOT NULL AND {chosen} GROUP BY f.unit
        ) AS told JOIN units ON units.key = told.unit
        ORDER BY abs(contribution) DESC, customer_id
        """
    ).to_arrow_table()


def behind(
    connection: Connection, table: str, dimension: Dimension, part: str, told: Told, places: tuple[int, int],
    period: Period, question: Question,
) -> Behind:  # fmt: skip
    """The people of a part; first those who contributed most in the direction in which the part did."""
    rows = people_of(connection, table, dimension, part, told, places).to_pylist()
    sign = -1 if sum(row["contribution"] for row in rows) < 0 else 1
    ordered = sorted(rows, key=lambda row: (-sign * row["contribution"], row["customer_id"]))
    chosen = [row for row in ordered if sign * row["contribution"] > 0][:MOST]
    base = ("before", "after") if told.of is None else ("of_before", "of_after")
    counted = [(bool(row[base[0]]), bool(row[base[1]])) for row in rows]
    return Behind(
        dimension=dimension.name, part=part, figure=told.words, stayed=counted.count((True, True)),
        gone=counted.count((True, False)), come=counted.count((False, True)),
        people=tuple(
            PersonChange(
                customer_id=row["customer_id"], before=row["before"], after=row["after"],
                of_before=row.get("of_before"), of_after=row.get("of_after"),
            )
            for row in chosen
        ),
        voices=said(
            connection, units_of(table, dimension, part, told.figure if told.of is None else told.of, places), period,
            question,
        ),
    )  # fmt: skip


def units_of(table: str, dimension: Dimension, part: str, figure: int, places: tuple[int, int]) -> str:
    """SQL of the units of a part with a figure in either period."""
    one, two = places
    by = " AND d.period = f.period" if dimension.by_period else ""
    return (
        f"SELECT DISTINCT f.unit FROM {table} AS f LEFT JOIN ({dimension.sql}) AS d ON d.unit = f.unit{by} "
        f"WHERE atom = {figure} AND f.period IN ({one}, {two}) AND f.unit IS NOT NULL "
        f"AND coalesce(f.own, d.part, {quote(NONE)}) = {quote(part)}"
    )


def said(connection: Connection, units: str, period: Period, question: Question) -> tuple[Voice, ...]:
    """A few comments and cases of some units in a period: of comments those with the lowest scores first."""
    found: list[Voice] = []
    until = min(period.ends, question.as_of + 1)
    known = f" AND e.received_at <= {question.known_at}" if question.known_at is not None else ""
    for event, properties in _SAID.items():
        text = f"coalesce({', '.join(property_text(name, 'e.properties') for name in properties)})"
        score = property_number("score", "e.properties")
        rows = connection.execute(
            f"SELECT {question.day_of('e.time')}, units.id, {text} AS said, {score} AS score FROM events AS e "
            f"JOIN units ON units.key = e.customer WHERE e.name = {quote(event)} AND e.time >= {period.begins} "
            f"AND e.time < {until}{known} AND e.customer IN ({units}) AND {text} IS NOT NULL "
            f"ORDER BY score NULLS LAST, e.time, units.id LIMIT {_VOICES}"
        ).fetchall()
        found += [
            Voice(day=date.fromordinal(_EPOCH + int(day)), customer_id=who, event=event, text=words, score=score)
            for day, who, words, score in rows
        ]
    return tuple(found)


def notes(connection: Connection, one: Period, two: Period, question: Question) -> tuple[Note, ...]:
    """What was noted, and what was released, from the beginning of one period to the end of the other."""
    known = f" AND received_at <= {question.known_at}" if question.known_at is not None else ""
    words = ", ".join(property_text(name) for name in ("text", "title", "feature"))
    rows = connection.execute(
        f"SELECT {question.day_of('time')}, name, coalesce({words}) FROM events WHERE customer IS NULL "
        f"AND name IN ({', '.join(quote(name) for name in _NOTES)}) AND time >= {one.begins} "
        f"AND time < {min(two.ends, question.as_of + 1)}{known} ORDER BY time, name"
    ).fetchall()
    return tuple(Note(day=date.fromordinal(_EPOCH + int(day)), event=name, text=text or "") for day, name, text in rows)


_EPOCH = date(1970, 1, 1).toordinal()

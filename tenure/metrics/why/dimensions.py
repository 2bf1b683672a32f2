"""By what a change is broken down: what people are, when they came, where they stood, what the events say.

A dimension is SQL of who belongs to which part (`unit, part`, or `unit, period, part` where that differs by period).
Everybody belongs to at most one part; who belongs to none is a part too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.refresh import Applied
from tenure.metrics.definition import Metric
from tenure.metrics.feed import Feed
from tenure.metrics.question import Question
from tenure.metrics.split import split_kind, split_step
from tenure.metrics.why.persons import carried
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import ensure
from tenure.warehouse.where import property_text, quote

# what events, or the first touch, say
OF_EVENTS = ("channel", "campaign", "category")
_TOUCHED = ("channel", "campaign")
MOST_PARTS = 24
# so many events tell whether they carry a property
_LOOKED_AT = 5000
COHORT, STAGE = "first seen", "stage"
OTHERS = "all others"
_LAGS = ("in the period", "1 period before", "2 to 3 before", "4 to 6 before", "7 to 12 before", "earlier")
_UPTO = (0, 1, 3, 6, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """What a breakdown is called, and SQL of who belongs to what.

    `own` is the property by which events themselves say their part, before that of the person counts. `by_period` marks
    parts that differ by period, `open_parts` those that are not alike in both; `told` says in words what the parts are.
    """

    name: str
    told: str
    sql: str
    own: str | None = None
    by_period: bool = False
    open_parts: frozenset[str] = frozenset()


def dimensions(
    connection: Connection,
    metric: Metric,
    question: Question,
    segments: Sequence[tuple[Lifecycle, Applied]],
    first_event: int = 0,
) -> tuple[Dimension, ...]:
    """The dimensions that this workspace and metric have: those of events, traits, first period, stage, segments."""
    found = [
        *_of_events(connection, metric, question),
        *_of_traits(connection, question),
        _cohort(question, first_event),
    ]
    if question.lifecycle is not None and question.held is not None:
        found.append(_stood(STAGE, question.lifecycle, question.held, question))
    found += [_stood(one.name, one, held, question) for one, held in segments]
    return tuple(found)


def _of_events(connection: Connection, metric: Metric, question: Question) -> list[Dimension]:
    found = []
    for name in OF_EVENTS:
        events = carried(metric, name)
        listed = ", ".join(quote(event) for event in events)
        own = bool(events) and first_row(
            connection, f"SELECT 1 FROM (SELECT properties FROM events WHERE name IN ({listed}) LIMIT {_LOOKED_AT}) "
            f"AS some_events WHERE {property_text(name)} IS NOT NULL LIMIT 1"
        ) is not None  # fmt: skip
        if name in _TOUCHED:
            sql = _first_touch(connection, name, question)
            words = "as the event says, else by the first touch" if own else "by the person's first touch"
            found.append(Dimension(name=name, told=words, sql=sql, own=name if own else None))
        elif own:
            nobody = "SELECT CAST(NULL AS BIGINT) AS unit, CAST(NULL AS VARCHAR) AS part WHERE FALSE"
            found.append(Dimension(name=name, told="as the event says", sql=nobody, own=name))
    return found


def _first_touch(connection: Connection, name: str, question: Question) -> str:
    kind = split_kind(name)
    number = ensure(connection, [kind])[kind]
    asked = Question(periods=question.periods, as_of=question.as_of, known_at=question.known_at, by=name)
    return split_step(Feed(asked, {kind: number})).sql


def _of_traits(connection: Connection, question: Question) -> list[Dimension]:
    """The traits that have a few values for many people."""
    known = f"received_at <= {question.known_at}" if question.known_at is not None else "TRUE"
    rows = connection.execute(
        f"SELECT name FROM trait_changes WHERE {known} GROUP BY name HAVING count(DISTINCT value) BETWEEN 2 AND 30 "
        f"AND count(DISTINCT customer) >= 10 * count(DISTINCT value) ORDER BY name"
    ).fetchall()
    return [
        Dimension(
            name=name, told="as last known",
            sql=f"SELECT customer AS unit, arg_max(json_extract_string(value, '$'), (time, message_id)) AS part "
            f"FROM trait_changes WHERE name = {quote(name)} AND {known} AND time <= {question.as_of} GROUP BY customer",
        )
        for (name,) in rows
    ]  # fmt: skip


def _cohort(question: Question, first_event: int) -> Dimension:
    """How many periods before each period somebody was first seen."""
    first = f"({question.place_of('first_seen')})"
    arms = " ".join(f"WHEN lag <= {upto} THEN {quote(_LAGS[place])}" for place, upto in enumerate(_UPTO))
    before = question.periods[0]
    length = max(before.ends - before.begins, 1)
    # before the first period of the question, places go on in steps of its length
    place = f"CASE WHEN {first} >= 0 THEN {first} ELSE -1 - ({before.begins} - 1 - first_seen) // {length} END"
    places = ", ".join(f"({one})" for one in range(len(question.periods)))
    # those who came before the log began came at any time; the last part has no end
    began = sum(1 for one in question.periods if one.ends <= first_event)
    known = len(question.periods) - 2 - began
    left_open = {_LAGS[-1], *(_LAGS[place] for place, upto in enumerate(_UPTO) if upto >= known)}
    return Dimension(
        name=COHORT, open_parts=frozenset(left_open), by_period=True,
        told="how long before the period the person was first seen",
        sql=f"SELECT unit, period, CASE {arms} ELSE {quote(_LAGS[-1])} END AS part FROM (SELECT key AS unit, "
        f"periods.place AS period, periods.place - ({place}) AS lag FROM units "
        f"JOIN (VALUES {places}) AS periods (place) ON TRUE WHERE first_seen < {question.limit}) AS lags "
        "WHERE lag >= 0",
    )  # fmt: skip


def _stood(name: str, lifecycle: Lifecycle, held: Applied, question: Question) -> Dimension:
    """In which stage everybody stood as each period began."""
    moments = ", ".join(f"({place}, {one.begins})" for place, one in enumerate(question.periods))
    names = " ".join(f"WHEN {place} THEN {quote(stage)}" for place, stage in enumerate(held.stages))
    return Dimension(
        name=name, told=f"the stage of {lifecycle.title} as the period began", by_period=True,
        sql=f"SELECT unit, period, CASE stage {names} END AS part FROM stage_codes "
        f"JOIN (VALUES {moments}) AS moments (period, moment) ON entered_at < moment "
        f"AND (left_at IS NULL OR left_at >= moment) WHERE lifecycle = {held.code}",
    )  # fmt: skip

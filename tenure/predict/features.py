"""What was known of people at a moment, a row each: the features that chances are learned from.

    spec = look_around(connection, question, known)        # which events and traits are worth a column, and why
    panel = panel_of(connection, question, spec, as_of)     # the people asked for, as they stood then

A panel of the past holds nothing that came later: stages are computed anew from the events up to that moment, as far
as they had been received by then. What a log took in on its first day counts as known all along, since nothing says
when it was; what came in afterwards counts from when it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from tenure.lifecycle.bound import meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compute, prepared
from tenure.predict.special import Floats
from tenure.predict.terms import Terms
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import CUSTOMER, MeasureKind, ensure, keyed_events
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import quote

DAY = 86_400_000_000
PURCHASE = "purchase"
SURVEYS = ("nps", "csat")
SIGNALS, TRAITS = 14, 6
NEVER = "never"
_LEAST_SHARE = 0.02
_MOST_VALUES = 20
_LATE = DAY
_GOLDEN, _RANGE = 2_654_435_761, 1 << 32
RENEWALS, TERM_LEFT, TERM_LONG = "renewals", "days to the end of the term", "days of the term"

Units: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
Matrix: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Of whom something is asked: people in these `stages` (positions) of a lifecycle, `kept` a condition on `unit`.

    `lifecycles` are all that the workspace defines: stages may ask for each other's. With `terms` only those are asked
    about whose term ends soon. Of the people of the past a `share` is looked at, others at each date; today all are.
    """

    lifecycle: Lifecycle
    lifecycles: Sequence[Lifecycle]
    stages: tuple[int, ...]
    kept: str = "TRUE"
    terms: Terms | None = None
    share: float = 1.0

    @property
    def needed(self) -> tuple[Lifecycle, ...]:
        """The lifecycle and those whose stages it asks for, in the order of the workspace."""
        names, before = {self.lifecycle.name}, 0
        while len(names) > before:
            before = len(names)
            names |= {name for one in self.lifecycles if one.name in names for name in one.refers_to}
        return tuple(one for one in self.lifecycles if one.name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a panel. Columns of one `group` tell of one thing; `values` are the names of whole numbers."""

    name: str
    group: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Which columns a panel has: of which events, traits (each with its values) and surveys, and the kinds to read.

    `known` is the moment until which everything received counts as known all along.
    """

    known: int
    signals: tuple[str, ...]
    traits: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, int]
    without: frozenset[str] = field(default_factory=frozenset)

    def known_by(self, as_of: int) -> int:
        """The moment by which something must have been received to be known at `as_of`."""
        return max(as_of, self.known)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """People as they stood at `as_of`: their keys, sorted, and a row of numbers each; NaN is never or not known."""

    as_of: int
    units: Units
    columns: tuple[Column, ...]
    values: Matrix

    def column(self, name: str) -> Floats:
        """The numbers of a column."""
        return self.values[:, [one.name for one in self.columns].index(name)]

    def without(self, groups: frozenset[str]) -> Panel:
        """The same people, without the columns of some groups."""
        kept = [place for place, one in enumerate(self.columns) if one.group not in groups]
        return Panel(
            as_of=self.as_of, units=self.units, columns=tuple(self.columns[place] for place in kept),
            values=self.values[:, kept],
        )  # fmt: skip


def known_since(connection: Connection) -> int:
    """Until when everything received counts as known all along: a day after the log began to be kept."""
    row = first_row(connection, "SELECT min(received_at) FROM events")
    return (row[0] if row and row[0] is not None else 0) + _LATE


def standing(connection: Connection, question: Question, as_of: int, known_by: int) -> str:
    """A temporary relation of the people asked for as they stood: unit, stage, entered_at, left_at (as scheduled)."""
    needed = question.needed
    codes = {one.name: place for place, one in enumerate(needed, start=1)}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE then_codes ({TABLES['stage_codes']})")
    ready = prepared(connection, needed, codes)
    view = View(as_of=as_of, known_at=known_by, units=_sampled(connection, question, as_of))
    compute(connection, ready, needed, view, into="then_codes")
    due = f"AND unit IN (SELECT unit FROM ({question.terms.due(as_of, known_by)}))" if question.terms else ""
    stages = ", ".join(map(str, question.stages)) or "NULL"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE standing AS SELECT unit, stage, entered_at, left_at FROM then_codes "
        f"WHERE lifecycle = {codes[question.lifecycle.name]} AND entered_at <= {as_of} "
        f"AND (left_at IS NULL OR left_at > {as_of}) AND stage IN ({stages}) AND {question.kept} {due}"
    )
    return "standing"


def _sampled(connection: Connection, question: Question, as_of: int) -> str | None:
    """A temporary relation of the share of units that is looked at, the same ones each time; None for all."""
    if question.share >= 1:
        return None
    # the keys of units are numbered: multiplied by the golden ratio of their range they lie evenly in it
    place = f"(key * {_GOLDEN} + {as_of // DAY % _RANGE * 97}) % {_RANGE}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE sampled AS SELECT key AS unit FROM units "
        f"WHERE kind = {quote(question.lifecycle.unit)} AND {place} < {round(question.share * _RANGE)}"
    )
    return "sampled"


def ready(connection: Connection, question: Question) -> Mapping[str, int]:
    """The kinds of measures that panels read, by short name; they and those of the stages are extracted where missing.

    The only thing of all here that a store must be written to for, and the first time alone.
    """
    lifecycle, needed = question.lifecycle, question.needed
    names = {name: meaning(name, lifecycle.events) for name in (PURCHASE, *SURVEYS)}
    kinds = {
        name: MeasureKind(unit=lifecycle.unit, events=one.events, where=one.where, properties=one.values)
        for name, one in names.items()
    }
    prepared(connection, needed, {one.name: place for place, one in enumerate(needed, start=1)})
    numbers = ensure(connection, kinds.values())
    return {name: numbers[kind] for name, kind in kinds.items()}


def look_around(connection: Connection, question: Question, as_of: int) -> Spec:
    """Which events and traits of the people asked for were common enough at a moment to be worth columns."""
    lifecycle, known, kinds = question.lifecycle, known_since(connection), ready(connection, question)
    by = max(as_of, known)
    people = standing(connection, question, as_of, by)
    events = (
        f"SELECT unit, name FROM ({keyed_events(lifecycle.unit, 'events')}) WHERE time <= {as_of} "
        f"AND time > {as_of - 365 * DAY} AND received_at <= {by} AND unit IN (SELECT unit FROM {people})"
    )
    ((count,),) = connection.execute(f"SELECT count(*) FROM {people}").fetchall()
    least = max(_LEAST_SHARE * count, 5)
    own = set(meaning(PURCHASE, lifecycle.events).events)
    common = connection.execute(
        f"SELECT name, count(DISTINCT unit) AS people FROM ({events}) GROUP BY name "
        f"HAVING people >= {least} ORDER BY people DESC, name"
    ).fetchall()
    signals = tuple(name for name, _ in common if name not in own)[:SIGNALS]
    traits: dict[str, tuple[str, ...]] = {}
    if lifecycle.unit == CUSTOMER:
        told = connection.execute(
            f"SELECT name, said, count(*) AS people FROM ({_traits(as_of, by, people)}) "
            "WHERE said IS NOT NULL GROUP BY name, said ORDER BY name, people DESC, said"
        ).fetchall()
        for name in dict.fromkeys(name for name, _, _ in told):
            values = [(said, people) for one, said, people in told if one == name]
            if 2 <= len(values) <= _MOST_VALUES and sum(people for _, people in values) >= max(0.2 * count, least):
                traits[name] = tuple(said for said, _ in values)
    return Spec(
        known=known, signals=signals, traits=dict(list(traits.items())[:TRAITS]), kinds=kinds,
    )  # fmt: skip


def panel_of(connection: Connection, question: Question, spec: Spec, as_of: int) -> Panel:
    """The people asked for as they stood at a moment."""
    by = spec.known_by(as_of)
    people = standing(connection, question, as_of, by)
    table = connection.sql(_panel_sql(question, spec, as_of, by, people)).to_arrow_table()
    columns, values = _columns(question, spec, as_of, table)
    kept = [place for place, one in enumerate(columns) if one.group not in spec.without]
    return Panel(
        as_of=as_of, units=np.asarray(table["unit"].to_numpy(), dtype=np.int64),
        columns=tuple(columns[place] for place in kept),
        values=np.column_stack([values[place] for place in kept]) if table.num_rows else np.empty((0, len(kept))),
    )  # fmt: skip


def _panel_sql(question: Question, spec: Spec, as_of: int, by: int, people: str) -> str:
    unit = question.lifecycle.unit
    signals = "".join(
        f", max(month) FILTER (name = {quote(name)}) AS m{place}, max(quarter) FILTER (name = {quote(name)}) AS "
        f"q{place}, max(latest) FILTER (name = {quote(name)}) AS l{place}"
        for place, name in enumerate(spec.signals)
    )
    counted = (
        f"SELECT unit, name, count(*) FILTER (time > {as_of - 30 * DAY}) AS month, "
        f"count(*) FILTER (time > {as_of - 90 * DAY}) AS quarter, max(time) AS latest, min(time) AS earliest "
        f"FROM ({keyed_events(unit, 'events')}) WHERE time <= {as_of} AND received_at <= {by} "
        f"AND unit IN (SELECT unit FROM {people}) GROUP BY unit, name"
    )
    measured = f"FROM measures WHERE time <= {as_of} AND received_at <= {by} AND unit IN (SELECT unit FROM {people})"

    def since(days: int, what: str) -> str:
        return f"{what} FILTER (time > {as_of - days * DAY})"

    bought = (
        f"SELECT unit, count(*) AS n, {since(90, 'count(*)')} AS n90, {since(365, 'count(*)')} AS n365, "
        f"CAST({since(90, 'sum(value)')} AS DOUBLE) AS s90, CAST({since(365, 'sum(value)')} AS DOUBLE) AS s365, "
        "CAST(avg(value) AS DOUBLE) AS mean, min(time) AS first_bought, max(time) AS last_bought, "
        "max(time, 2) AS last_two "
        f"{measured} AND kind = {spec.kinds[PURCHASE]} GROUP BY unit"
    )
    surveys = "".join(
        f" LEFT JOIN (SELECT unit, CAST(arg_max(value, (time, tie)) AS DOUBLE) AS {name}_said, max(time) AS {name}_at "
        f"{measured} AND kind = {spec.kinds[name]} AND value IS NOT NULL GROUP BY unit) AS of_{name} USING (unit)"
        for name in SURVEYS
    )
    traits = ""
    if spec.traits:
        picked = ", ".join(
            f"max(said) FILTER (name = {quote(name)}) AS t{place}" for place, name in enumerate(spec.traits)
        )
        traits = (
            f" LEFT JOIN (SELECT unit, {picked} FROM ({_traits(as_of, by, people)}) GROUP BY unit) AS told USING (unit)"
        )
    terms = ""
    if question.terms is not None:
        terms = f" LEFT JOIN ({question.terms.due(as_of, by)}) AS terms USING (unit)"
    return (
        f"WITH counted AS ({counted}), signals AS (SELECT unit, sum(month) AS month, sum(quarter) AS quarter, "
        f"max(latest) AS latest, min(earliest) AS earliest, count(*) FILTER (quarter > 0) AS kinds{signals} "
        f"FROM counted GROUP BY unit) SELECT * EXCLUDE (last_two), CASE WHEN len(last_two) = 2 "
        f"THEN last_two[1] - last_two[2] END AS gap FROM {people} LEFT JOIN signals USING (unit) "
        f"LEFT JOIN ({bought}) AS bought USING (unit){surveys}{traits}{terms} ORDER BY unit"
    )


def _traits(as_of: int, by: int, people: str) -> str:
    """SQL of the traits of people at a moment: unit, name, said (text)."""
    return (
        "SELECT customer AS unit, name, json_extract_string(arg_max(value, (time, message_id)), '$') AS said "
        f"FROM trait_changes WHERE time <= {as_of} AND received_at <= {by} "
        f"AND customer IN (SELECT unit FROM {people}) GROUP BY customer, name"
    )


def _columns(question: Question, spec: Spec, as_of: int, table: pa.Table) -> tuple[list[Column], list[Floats]]:
    columns: list[Column] = []
    values: list[Floats] = []

    def number(name: str) -> Floats:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    def add(name: str, group: str, found: Floats, named: tuple[str, ...] = ()) -> None:
        columns.append(Column(name=name, group=group, values=named))
        values.append(found)

    def ago(name: str) -> Floats:
        return (as_of - number(name)) / DAY

    stages = tuple(stage.name for stage in question.lifecycle.stages)
    add("stage", "stage", number("stage"), stages)
    add("days in stage", "stage", ago("entered_at"))
    add("days to next move", "due", -ago("left_at"))
    if question.terms is not None:
        add(TERM_LEFT, "term", -ago("ends"))
        add(TERM_LONG, "term", (number("ends") - number("began")) / DAY)
        add(RENEWALS, "renewals", number("renewals"))
        noticed = number("notice") >= number("began")
        add("days since notice", "notice", np.where(noticed, ago("notice"), np.nan))
    if PURCHASE not in spec.without:
        recency, count, first = ago("last_bought"), np.nan_to_num(number("n")), ago("first_bought")
        rhythm = (first - recency) / np.where(count > 1, count - 1, np.nan)
        add("days since purchase", "recency", recency)
        add("silence by rhythm", "recency", recency / np.maximum(rhythm, 1.0))
        add("last gap by rhythm", "rhythm", number("gap") / DAY / np.maximum(rhythm, 1.0))
        add("mean gap", "rhythm", rhythm)
        for name, column in (("purchases", "n"), ("purchases in 90 days", "n90"), ("purchases in 365 days", "n365")):
            add(name, "purchases", np.nan_to_num(number(column)))
        for name, column in (("spent in 90 days", "s90"), ("spent in 365 days", "s365"), ("mean value", "mean")):
            add(name, "spend", number(column))
        add("days since first purchase", "age", first)
    add("days known", "age", ago("earliest"))
    month, quarter = np.nan_to_num(number("month")), np.nan_to_num(number("quarter"))
    add("events in 30 days", "activity", month)
    add("events in 90 days", "activity", quarter)
    add("trend", "activity", (3 * month + 1) / (quarter + 1))
    add("kinds of events", "activity", np.nan_to_num(number("kinds")))
    add("days since any event", "silence", ago("latest"))
    for place, name in enumerate(spec.signals):
        group = f"event:{name}"
        add(f"{name} in 30 days", group, np.nan_to_num(number(f"m{place}")))
        add(f"{name} in 90 days", group, np.nan_to_num(number(f"q{place}")))
        add(f"days since {name}", group, ago(f"l{place}"))
    for name in SURVEYS:
        add(f"last {name}", f"survey:{name}", number(f"{name}_said"))
        add(f"days since {name}", f"survey:{name}", ago(f"{name}_at"))
    for place, (name, told) in enumerate(spec.traits.items()):
        coded = {said: float(code) for code, said in enumerate(told)}
        found = [np.nan if said is None else coded.get(said, np.nan) for said in table[f"t{place}"].to_pylist()]
        add(name, f"trait:{name}", np.asarray(found, dtype=np.float64), told)
    return columns, values

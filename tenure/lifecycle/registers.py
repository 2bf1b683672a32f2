"""Registers: what must be carried along a unit's events so that a measure can be told at any moment.

A reading (`count(order, within=days(90))`) needs one or two registers. A register says which rows feed it (`feeds`:
sub-queries with unit, time, tie, contribution), how contributions of one moment combine, and how they add up along
time. The same register serves as a running window (history) and as an aggregate (values at one moment).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tenure.lifecycle.bound import Reading
from tenure.lifecycle.exact import Linear, constant, decimal, elapsed, number, remaining
from tenure.warehouse.measures import MeasureKind
from tenure.warehouse.where import quote

Fold = Literal["sum", "max", "min", "last", "first"]

# unknown values travel as these, so that "unknown" and "nothing yet" stay apart; real values and dates are below 10^19
UNKNOWN_NUMBER = "CAST('1000000000000000000000000000000' AS DECIMAL(38,6))"
UNKNOWN_TEXT = "''"  # known texts travel with a '=' in front


@dataclass(frozen=True, slots=True)
class Register:
    """A column carried along time: the rows that feed it, how they fold, and the SQL type of nothing.

    Of a sum, the first feed has at least all that enters, the others what leaves.
    """

    feeds: tuple[str, ...]
    fold: Fold
    holds: Literal["count", "value", "time", "number", "text"]

    def together(self, column: str) -> str:
        """SQL that combines the contributions of one moment."""
        if self.fold == "last":
            return f"max_by({column}, tie) FILTER (WHERE {column} IS NOT NULL)"
        if self.fold == "first":
            return f"min_by({column}, tie) FILTER (WHERE {column} IS NOT NULL)"
        return f"{self.fold}({column})"

    def running(self, column: str, frame: str) -> str:
        """SQL of the register along time; `frame` is the window."""
        match self.fold:
            case "last":
                return self._known(f"last_value({column} IGNORE NULLS) OVER {frame}")
            case "first":
                return self._known(f"first_value({column} IGNORE NULLS) OVER {frame}")
            case "sum":
                return self._summed(f"sum({column}) OVER {frame}")
            case _:
                return self._known(f"{self.fold}({column}) OVER {frame}")

    def final(self, column: str) -> str:
        """SQL of the register after all rows of a unit (columns time and tie order them)."""
        match self.fold:
            case "last":
                return self._known(f"max_by({column}, time) FILTER (WHERE {column} IS NOT NULL)")
            case "first":
                return self._known(f"min_by({column}, time) FILTER (WHERE {column} IS NOT NULL)")
            case "sum":
                return self._summed(f"sum({column})")
            case _:
                return self._known(f"{self.fold}({column})")

    def _summed(self, total: str) -> str:
        return f"coalesce(CAST({total} AS BIGINT), 0)" if self.holds == "count" else f"coalesce({total}, 0)"

    def _known(self, carried: str) -> str:
        if self.holds == "number":
            return f"nullif({carried}, {UNKNOWN_NUMBER})"
        if self.holds == "text":
            return f"nullif({carried}, {UNKNOWN_TEXT})"
        return carried


@dataclass(frozen=True, slots=True)
class Feeds:
    """Where rows come from: the measures (`rows`), the numbers of their kinds, and the histories of lifecycles.

    `firsts` is a relation (unit, time, kind) in which at least the first measure of each kind stands, if there is one.
    """

    rows: str
    numbers: Mapping[MeasureKind, int]
    histories: str
    codes: Mapping[str, int]
    stages: Mapping[str, tuple[str, ...]]
    firsts: str | None = None

    def of(self, kind: MeasureKind) -> str:
        """SQL of the rows of one kind: unit, time, tie, value, text."""
        return f"SELECT unit, time, tie, value, text FROM {self.rows} WHERE kind = {self.numbers[kind]}"


def registers_of(reading: Reading, feeds: Feeds) -> tuple[Register, ...]:
    """The registers that a reading needs, in the order in which `told` takes them."""
    return _REGISTERS[_shape(reading)](reading, feeds)


def _shape(reading: Reading) -> str:
    suffix = " within" if reading.within is not None else " after" if reading.after is not None else ""
    return reading.function + suffix


def _feed(feeds: Feeds, reading: Reading, contribution: str, *, where: str = "") -> str:
    assert reading.kind is not None
    chosen = f"kind = {feeds.numbers[reading.kind]}" + (f" AND {where}" if where else "")
    return f"SELECT unit, time, tie, {contribution} AS c FROM {feeds.rows} WHERE {chosen}"


def _counted(reading: Reading, feeds: Feeds) -> Register:
    return Register((_feed(feeds, reading, "1"),), "sum", "count")


def _known_values(reading: Reading, feeds: Feeds) -> Register:
    return Register((_feed(feeds, reading, "1", where="value IS NOT NULL"),), "sum", "count")


def _summed(reading: Reading, feeds: Feeds) -> Register:
    return Register((_feed(feeds, reading, "value", where="value IS NOT NULL"),), "sum", "value")


def _fading(
    reading: Reading, feeds: Feeds, contribution: str, holds: Literal["count", "value"], where: str
) -> Register:
    """A sum over a window: what enters at t leaves at t + window."""
    assert reading.kind is not None
    kind = feeds.numbers[reading.kind]
    condition = f" AND {where}" if where else ""
    leaving = (
        f"SELECT unit, time + {reading.within} AS time, 0 AS tie, -{contribution} AS c FROM {feeds.rows} "
        f"WHERE kind = {kind}{condition}"
    )
    return Register((_feed(feeds, reading, contribution, where=where), leaving), "sum", holds)


def _last_time(reading: Reading, feeds: Feeds) -> Register:
    return Register((_feed(feeds, reading, "time"),), "max", "time")


def _first_time(reading: Reading, feeds: Feeds) -> Register:
    return Register((_feed(feeds, reading, "time"),), "min", "time")


def earlier_time(kind_rows: str, back: int) -> str:
    """SQL of rows with the time of the event `back` places before each."""
    return f"SELECT unit, time, tie, lag(time, {back}) OVER (PARTITION BY unit ORDER BY time) AS c FROM ({kind_rows})"


def _previous_time(reading: Reading, feeds: Feeds) -> Register:
    assert reading.kind is not None
    return Register((earlier_time(feeds.of(reading.kind), 1),), "max", "time")


def _time_back(reading: Reading, feeds: Feeds) -> Register:
    if reading.back == 0:
        return _last_time(reading, feeds)
    assert reading.kind is not None
    return Register((earlier_time(feeds.of(reading.kind), reading.back),), "max", "time")


def _value(reading: Reading, feeds: Feeds, fold: Fold) -> Register:
    if reading.text:
        return Register((_feed(feeds, reading, f"coalesce('=' || text, {UNKNOWN_TEXT})"),), fold, "text")
    return Register((_feed(feeds, reading, f"coalesce(value, {UNKNOWN_NUMBER})"),), fold, "number")


def _extreme(reading: Reading, feeds: Feeds, function: str) -> Register:
    return Register((_feed(feeds, reading, "value"),), "max" if function == "max" else "min", "value")


def _extreme_within(reading: Reading, feeds: Feeds, function: str) -> Register:
    """The extreme over a window, told anew at every event and whenever one leaves the window."""
    assert reading.kind is not None and reading.within is not None
    rows = feeds.of(reading.kind)
    moments = (
        f"SELECT unit, time, value FROM ({rows}) UNION ALL "
        f"SELECT unit, time + {reading.within}, CAST(NULL AS DECIMAL(38,6)) FROM ({rows})"
    )
    feed = (
        f"SELECT unit, time, 0 AS tie, coalesce({function}(value) OVER (PARTITION BY unit ORDER BY time "
        f"RANGE BETWEEN {reading.within - 1} PRECEDING AND CURRENT ROW), {UNKNOWN_NUMBER}) AS c FROM ({moments})"
    )
    return Register((feed,), "last", "number")


def _distinct(reading: Reading, feeds: Feeds) -> Register:
    assert reading.kind is not None
    feed = (
        f"SELECT unit, min(time) AS time, 0 AS tie, 1 AS c FROM ({feeds.of(reading.kind)}) "
        f"WHERE text IS NOT NULL GROUP BY unit, text"
    )
    return Register((feed,), "sum", "count")


def _distinct_within(reading: Reading, feeds: Feeds) -> Register:
    """Values in the window: a value enters where its last sighting has left, and leaves where the next is too late."""
    assert reading.kind is not None
    sightings = (
        f"SELECT unit, time, lag(time) OVER same AS before, lead(time) OVER same AS next "
        f"FROM ({feeds.of(reading.kind)}) WHERE text IS NOT NULL WINDOW same AS (PARTITION BY unit, text ORDER BY time)"
    )
    width = reading.within
    # each sighting is read once, as what enters and as what leaves
    feed = (
        f"SELECT unit, time + later AS time, 0 AS tie, c FROM ({sightings}) "
        f"CROSS JOIN (VALUES (CAST(0 AS BIGINT), 1), (CAST({width} AS BIGINT), -1)) AS moved (later, c) "
        f"WHERE CASE WHEN c = 1 THEN before IS NULL OR before + {width} <= time "
        f"ELSE next IS NULL OR time + {width} <= next END"
    )
    return Register((feed,), "sum", "count")


def _count_before_restart(reading: Reading, feeds: Feeds) -> Register:
    """How many had been counted at the last `after` event, those of its own moment included."""
    assert reading.kind is not None and reading.after is not None
    both = (
        f"SELECT unit, time, 1 AS counted, 0 AS restart FROM ({feeds.of(reading.kind)}) UNION ALL "
        f"SELECT unit, time, 0 AS counted, 1 AS restart FROM ({feeds.of(reading.after)})"
    )
    feed = (
        f"SELECT unit, time, 0 AS tie, c FROM (SELECT unit, time, restart, "
        f"sum(counted) OVER (PARTITION BY unit ORDER BY time) AS c FROM ({both})) WHERE restart = 1"
    )
    return Register((feed,), "max", "count")


def _stage_of(reading: Reading, feeds: Feeds) -> Register:
    assert reading.lifecycle is not None
    code = feeds.codes[reading.lifecycle]
    names = " ".join(
        f"WHEN {position} THEN {quote('=' + name)}" for position, name in enumerate(feeds.stages[reading.lifecycle])
    )
    history = f"{feeds.histories} WHERE lifecycle = {code}"
    entered = f"SELECT unit, entered_at AS time, 1 AS tie, CASE stage {names} END AS c FROM {history}"
    left = f"SELECT unit, left_at AS time, 0 AS tie, {UNKNOWN_TEXT} AS c FROM {history} AND left_at IS NOT NULL"
    return Register((entered, left), "last", "text")


def _entered(reading: Reading, feeds: Feeds) -> Register:
    assert reading.lifecycle is not None and reading.stage is not None
    position = feeds.stages[reading.lifecycle].index(reading.stage)
    feed = (
        f"SELECT unit, entered_at + 1 AS time, 0 AS tie, entered_at AS c FROM {feeds.histories} "
        f"WHERE lifecycle = {feeds.codes[reading.lifecycle]} AND stage = {position}"
    )
    return Register((feed,), "max", "time")


_REGISTERS: Mapping[str, Callable[[Reading, Feeds], tuple[Register, ...]]] = {
    "count": lambda r, f: (_counted(r, f),),
    "count within": lambda r, f: (_fading(r, f, "1", "count", ""),),
    "count after": lambda r, f: (_counted(r, f), _count_before_restart(r, f)),
    "sum": lambda r, f: (_summed(r, f),),
    "sum within": lambda r, f: (_fading(r, f, "value", "value", "value IS NOT NULL"),),
    "avg": lambda r, f: (_summed(r, f), _known_values(r, f)),
    "avg within": lambda r, f: (
        _fading(r, f, "value", "value", "value IS NOT NULL"),
        _fading(r, f, "1", "count", "value IS NOT NULL"),
    ),
    "min": lambda r, f: (_extreme(r, f, "min"),),
    "max": lambda r, f: (_extreme(r, f, "max"),),
    "min within": lambda r, f: (_extreme_within(r, f, "min"),),
    "max within": lambda r, f: (_extreme_within(r, f, "max"),),
    "distinct": lambda r, f: (_distinct(r, f),),
    "distinct within": lambda r, f: (_distinct_within(r, f),),
    "first": lambda r, f: (_value(r, f, "first"),),
    "last": lambda r, f: (_value(r, f, "last"),),
    "until": lambda r, f: (_value(r, f, "last"),),
    "since": lambda r, f: (_last_time(r, f),),
    "since_first": lambda r, f: (_first_time(r, f),),
    "last_but within": lambda r, f: (_time_back(r, f),),
    "gap": lambda r, f: (_last_time(r, f), _previous_time(r, f)),
    "stage": lambda r, f: (_stage_of(r, f),),
    "since_entered": lambda r, f: (_entered(r, f),),
}


def told(reading: Reading, columns: Sequence[str]) -> Linear:
    """The reading as a value linear in time, from the columns that hold its registers."""
    first = columns[0]
    match reading.function:
        case "count" if reading.after is not None:
            return number(first).plus(number(columns[1]).negative())
        case "count" | "distinct":
            return number(first)
        case "avg":
            return decimal(first).over(number(columns[1]))
        case "since" | "since_first" | "since_entered":
            return elapsed(first)
        case "gap":
            return number(first).plus(number(columns[1]).negative())
        case "last_but":
            return remaining(first).plus(constant(Fraction(reading.within or 0)))
        case "until":
            return remaining(f"CAST({first} AS BIGINT)")
        case _:
            return decimal(first)

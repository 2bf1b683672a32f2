"""What followed on an event, and what went before it: conversions, times between, n-th events, dated promises.

For each event of the first kind, of all there ever were, one window looks ahead to the next event of the second (or
back to the last one). Figures that differ only in how far off that may be share the window. Where only the first event
of each person counts, nothing is put in order: the earliest are joined with what followed on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tenure.events import EventBinding
from tenure.lifecycle.steps import Step
from tenure.metrics.feed import Feed, kind_of
from tenure.metrics.formula import Figure, Part, Rows
from tenure.metrics.question import NOTHING, Cell
from tenure.warehouse.measures import MeasureKind

# a table a window: a query of many windows takes longer to plan than to run
TABLE = "followed_"
# in this order an event that plays two roles neither follows nor precedes itself
THEN, ITSELF, AFTER = 0, 1, 2
_Column = Literal["next", "before", "nth", "from_last"]
_COLUMNS = {
    "count": "n", "customers": "people", "known": "known", "sum": "total", "sum_then": "summed", "median": "middle",
    "p90": "ninetieth",
}  # fmt: skip
_AMOUNT, _WHOLE, _REAL = "CAST(NULL AS DECIMAL(38,6))", "CAST(NULL AS BIGINT)", "CAST(NULL AS DOUBLE)"
# what is counted of the events that hold, and what stands where that is not asked
_AGGREGATES = {
    "n": ("count(*)", _WHOLE),
    "people": ("count(DISTINCT unit)", _WHOLE),
    "known": ("count(value)", _WHOLE),
    "total": ("sum(value)", _AMOUNT),
    "summed": ("sum(summed)", _AMOUNT),
    "middle": ("quantile_cont(CAST({} AS DOUBLE), 0.5)", _REAL),
    "ninetieth": ("quantile_cont(CAST({} AS DOUBLE), 0.9)", _REAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """What a window looks at: the roles, by what they are matched, whether values are read.

    `then` and `after` are None, too, where they are the first kind itself, so that all that looks at one kind alone
    shares a window. `only_first` tells that only the first event of each person is looked at.
    """

    first: MeasureKind
    then: MeasureKind | None
    after: MeasureKind | None
    same: str | None
    due: str | None
    later: int | None
    value: bool
    sums: int | None
    only_first: bool

    @property
    def keys(self) -> str:
        """Whose events are looked at together."""
        return "unit" if self.same is None else "unit, same"

    def told(self) -> str:
        """The window in a few words."""
        words = [self.first.told()]
        if self.then is not None:
            words.append(f"then {self.then.told()}")
        if self.after is not None:
            words.append(f"after {self.after.told()}")
        if self.same is not None:
            words.append(f"of the same {self.same}")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A window's number, a figure's rows that it was made for, and the columns that figures need of it."""

    number: int
    rows: Rows
    bindings: Mapping[str, EventBinding]
    columns: dict[_Column, None]


@dataclass(slots=True)
class Followed:
    """The figures of pairs of events asked for, with their windows."""

    feed: Feed
    windows: dict[_Window, _Asked] = field(default_factory=dict)
    keys: dict[tuple[int, str, str], int] = field(default_factory=dict)
    columns: dict[int, set[str]] = field(default_factory=dict)

    def cell(self, leaf: Figure, bindings: Mapping[str, EventBinding]) -> tuple[Cell, Cell]:
        """Where the figure is found, and how many events or people it rests on."""
        rows, function = leaf.rows, leaf.function
        number = self._window(leaf, bindings)
        timed = function in ("median", "p90")
        took = ""
        if timed and rows.then is not None:
            took = "next - time"
        elif timed and rows.after is not None:
            took = "time - before"
        elif timed:
            took = "value"
        holds = self._holds(rows, summed=function == "sum_then")
        key = self.keys.setdefault((number, holds, took), len(self.keys))
        column = _COLUMNS[function]
        resting = "people" if function == "customers" else "n"
        self.columns.setdefault(key, set()).update((column, resting))
        in_days = timed and (rows.then is not None or rows.after is not None)
        table = f"{TABLE}{number}"
        cell = Cell(table=table, key=key, column=column, days=in_days, empty=None if timed else NOTHING)
        return cell, Cell(table=table, key=key, column=resting)

    def _window(self, leaf: Figure, bindings: Mapping[str, EventBinding]) -> int:
        rows = leaf.rows
        summed = leaf.function == "sum_then"
        timed = rows.then is not None or rows.after is not None
        value = leaf.function in ("known", "sum") or (leaf.function in ("median", "p90") and not timed)
        first = kind_of(rows.part, bindings, where=rows.where, value=value)
        then = kind_of(rows.then, bindings, value=summed) if rows.then else None
        after = kind_of(rows.after, bindings) if rows.after else None
        alone = {then, after} <= {first, None} and not (summed or rows.due or rows.later or _only_first(rows))
        window = _Window(
            first=first, then=None if alone else then, after=None if alone else after,
            same=rows.same, due=rows.due, later=rows.later, value=value,
            sums=(rows.within or -1) if summed else None, only_first=_only_first(rows),
        )  # fmt: skip
        asked = self.windows.setdefault(window, _Asked(len(self.windows), rows, bindings, {}))
        if then is not None:
            asked.columns["next"] = None
        if after is not None:
            asked.columns["before"] = None
        if rows.nth is not None:
            asked.columns["nth" if rows.nth > 0 else "from_last"] = None
        return asked.number

    def _first(self, window: _Window, asked: _Asked) -> tuple[Step, ...]:
        """The first event of each person, and what followed on it."""
        rows, bindings, number, keys = asked.rows, asked.bindings, asked.number, window.keys
        own = self.feed.role(rows.part, bindings, where=rows.where, value=window.value or None, same=rows.same)
        value = ", arg_min(value, (time, tie)) AS value" if window.value else ""
        first = (
            f"SELECT {keys}, min(time) AS time, min((time, tie)) AS place{value} FROM ({own}) AS did GROUP BY {keys}"
        )
        steps = [Step(f"first_{number}", f"The first of each person: {window.first.told()}", first)]
        if rows.then is None or window.then is None:
            return (*steps, Step(f"window_{number}", "Nothing need follow", f"SELECT * FROM first_{number}"))
        summed = window.sums is not None
        after = self.feed.role(rows.then, bindings, value=True if summed else None, same=rows.same)
        matches = f"f.unit = t.unit AND t.time >= f.time + {window.later or 0}"
        if window.same is not None:
            matches += " AND f.same IS NOT DISTINCT FROM t.same"
        if window.sums is not None and window.sums > 0:
            matches += f" AND t.time < f.time + {window.sums}"
        if not summed and not window.later and overlap(window.first, window.then):
            matches += " AND (t.time, t.tie) > f.place"
        found = "coalesce(sum(t.value), 0) AS summed" if summed else "min(t.time) AS next"
        columns = ", ".join(f"f.{column}" for column in (*keys.split(", "), "time", *(["value"] if value else [])))
        steps.append(
            Step(
                f"window_{number}", f"What followed on it: {window.then.told()}",
                f"SELECT {columns}, {found} FROM first_{number} AS f LEFT JOIN ({after}) AS t ON {matches} "
                f"GROUP BY {columns}",
            )
        )  # fmt: skip
        return tuple(steps)

    def _ordered(self, window: _Window, asked: _Asked) -> tuple[Step, ...]:
        """The events of all roles in their order, and a window over them."""
        rows, bindings, number = asked.rows, asked.bindings, asked.number
        itself_then = window.then in (window.first, None) and window.sums is None and rows.due is None
        itself_after = window.after in (window.first, None)
        told: list[tuple[int, Part, bool]] = [(ITSELF, rows.part, window.value)]
        if rows.then is not None and not itself_then:
            told.append((THEN, rows.then, window.sums is not None))
        if rows.after is not None and not itself_after:
            told.append((AFTER, rows.after, False))
        valued = any(value for _, _, value in told)
        roles = [
            self.feed.role(
                part, bindings, where=rows.where if role == ITSELF else None, value=value if valued else None,
                same=rows.same, due=None if rows.due is None else rows.due if role == ITSELF else "",
                columns=f", {role} AS role",
            )
            for role, part, value in told
        ]  # fmt: skip
        columns = ["unit", "role", "time", *(["value"] if window.value else []), *(["due"] if window.due else [])]
        counted = f"PARTITION BY {window.keys}, role ORDER BY time"
        if "nth" in asked.columns:
            columns.append(f"row_number() OVER ({counted}, tie) AS nth")
        if "from_last" in asked.columns:
            columns.append(f"row_number() OVER ({counted} DESC, tie DESC) AS from_last")
        if "next" in asked.columns:
            columns.append(_ahead(window, itself=itself_then))
        if "before" in asked.columns:
            columns.append(_back(window, itself=itself_after))
        return (
            Step(f"pairs_{number}", f"The events: {window.told()}", " UNION ALL ".join(roles)),
            Step(
                f"window_{number}", f"Looking ahead and back: {window.told()}",
                f"SELECT {', '.join(columns)} FROM pairs_{number}",
            ),
        )  # fmt: skip

    def _holds(self, rows: Rows, *, summed: bool) -> str:
        question = self.feed.question
        at = "due" if rows.due is not None else "time"
        found = [f"{at} >= {question.periods[0].begins}", f"{at} < {question.limit}"]
        if rows.nth is not None and not _only_first(rows):
            found.append(f"nth = {rows.nth}" if rows.nth > 0 else "from_last = 1")
        if rows.then is not None and not summed:
            if rows.due is not None:
                found.append(f"next <= due + {rows.within or 0}")
            else:
                found.append(f"next - time < {rows.within}" if rows.within is not None else "next IS NOT NULL")
        if rows.after is not None:
            found.append(f"time - before < {rows.within}" if rows.within is not None else "before IS NOT NULL")
        if rows.aged is not None:
            found.append(f"{at} <= {question.as_of - rows.aged}")
        return " AND ".join(found)

    def steps(self) -> list[Step]:
        """The windows, and what is counted over them."""
        if not self.keys:
            return []
        found: list[Step] = []
        for window, asked in self.windows.items():
            found += self._first(window, asked) if window.only_first else self._ordered(window, asked)
            told = f"How many, how much and how long, by period: {window.told()}"
            found.append(Step(f"{TABLE}{asked.number}", told, self._counted(window, asked.number)))
        return [*self.feed.dates(), *found]

    def _counted(self, window: _Window, number: int) -> str:
        question = self.feed.question
        parts = []
        for (holder, holds, took), key in self.keys.items():
            if holder != number:
                continue
            at = "due" if window.due is not None else "time"
            join, part = (" LEFT JOIN split USING (unit)", ", part") if question.by is not None else ("", "")
            columns = [
                f"{sql.format(took) if name in self.columns[key] else empty} AS {name}"
                for name, (sql, empty) in _AGGREGATES.items()
            ]
            itself = f"role = {ITSELF} AND " if not window.only_first else ""
            parts.append(
                f"SELECT {key} AS key, {question.place_of(at)} AS period{part}, {', '.join(columns)} "
                f"FROM window_{number}{join} WHERE {itself}{holds} GROUP BY ALL"
            )
        return " UNION ALL ".join(parts)


def overlap(one: MeasureKind, other: MeasureKind) -> bool:
    """Whether one event may be of both kinds."""
    return bool(set(one.events) & set(other.events))


def _only_first(rows: Rows) -> bool:
    """Whether the first event of each person is all that is looked at, with nothing before it."""
    return rows.nth == 1 and rows.after is None and rows.due is None


def _ahead(window: _Window, *, itself: bool) -> str:
    """SQL of what follows."""
    keys, later = window.keys, window.later
    whole = f"PARTITION BY {keys} ORDER BY time"
    if window.sums is not None:
        start = f"{later} FOLLOWING" if later else "CURRENT ROW"
        end = f"{window.sums - 1} FOLLOWING" if window.sums > 0 else "UNBOUNDED FOLLOWING"
        total = f"sum(CASE WHEN role = {THEN} THEN value END) OVER ({whole} RANGE BETWEEN {start} AND {end})"
        return f"coalesce({total}, 0) AS summed"
    if itself and not later:
        return f"lead(time) OVER (PARTITION BY {keys}, role ORDER BY time, tie) AS next"
    # what is dated by a promise must come after the promise was made
    start = f"{later} FOLLOWING" if later else "1 FOLLOWING" if window.due is not None else "CURRENT ROW"
    role = ITSELF if itself else THEN
    frame = f"{whole} RANGE BETWEEN {start} AND UNBOUNDED FOLLOWING"
    if start == "CURRENT ROW" and window.then is not None and overlap(window.first, window.then):
        frame = f"{whole}, tie, role ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"
    return f"min(CASE WHEN role = {role} THEN time END) OVER ({frame}) AS next"


def _back(window: _Window, *, itself: bool) -> str:
    """SQL of what went before."""
    if itself:
        return f"lag(time) OVER (PARTITION BY {window.keys}, role ORDER BY time, tie) AS before"
    frame = f"PARTITION BY {window.keys} ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    if window.after is not None and overlap(window.first, window.after):
        order = f"PARTITION BY {window.keys} ORDER BY time, tie, role"
        frame = f"{order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    return f"max(CASE WHEN role = {AFTER} THEN time END) OVER ({frame}) AS before"

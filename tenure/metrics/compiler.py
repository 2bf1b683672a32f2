"""Metrics compiled together: one step of SQL for each shape of question, whatever the number of metrics.

    compiled = compile_metrics(metrics, feed)
    compiled.steps, compiled.tables             # what to run
    compiled.cells[leaf]                        # where each figure is found then

Counts and sums of all kinds come from one scan grouped by kind and period, different people from another; conditions on
people from one grouping by person; what follows on what from one window a pair of events; stages and levels from their
changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tenure.events import EventBinding
from tenure.lifecycle.steps import Query, Step
from tenure.metrics.feed import DATES, Feed, kind_of
from tenure.metrics.followed import TABLE as FOLLOWED
from tenure.metrics.followed import Followed
from tenure.metrics.formula import Figure, Leaf, LevelFigure, PeopleWhere, StageFigure
from tenure.metrics.levels import Levels
from tenure.metrics.persons import Persons
from tenure.metrics.question import NOTHING, Cell
from tenure.metrics.split import split_step
from tenure.warehouse.measures import MeasureKind

_COLUMNS = {"count": "n", "known": "known", "sum": "total", "min": "least", "max": "most",
            "distinct": "different", "median": "middle", "p90": "ninetieth"}  # fmt: skip
_UNKNOWN = ("min", "max", "median", "p90")
# what a figure counts, which tells how much it rests on
_RESTS_ON = {"count": "n", "distinct": "n"}


@dataclass(slots=True)
class Compiled:
    """Steps of SQL, those among them that hold figures, and the cell of each figure with that of its number."""

    steps: tuple[Step, ...]
    tables: tuple[str, ...]
    cells: Mapping[Leaf, tuple[Cell, Cell]]
    kinds: Mapping[MeasureKind, int]
    split: bool = False

    def query(self, table: str, *, held: frozenset[str] = frozenset()) -> Query:
        """The query of one of the tables, with the steps that it needs but those that are `held` as tables."""
        return Query(steps=_needed(self.steps, table, held), last=f"SELECT * FROM {table}")

    def rows(self, table: str, *, held: frozenset[str] = frozenset()) -> tuple[tuple[str, ...], str]:
        """The columns of a table that cells are in, and its query for these: key, period, part, then they."""
        found = dict.fromkeys(cell.column for both in self.cells.values() for cell in both if cell.table == table)
        part = "part" if self.split else "CAST(NULL AS VARCHAR) AS part"
        last = f"SELECT key, period, {', '.join((part, *found))} FROM {table}"
        return tuple(found), Query(steps=_needed(self.steps, table, held), last=last).sql

    @property
    def shared(self) -> tuple[str, ...]:
        """The steps that several tables read and that are worth keeping."""
        standing = ("standing",) if {"moved", "kept"} <= set(self.tables) else ()
        return (*standing, *(step.name for step in self.steps if step.name.startswith(DATES)))


def compile_metrics(wanted: Sequence[tuple[Leaf, Mapping[str, EventBinding]]], feed: Feed) -> Compiled:
    """The figures compiled; each comes with the bindings of the names in it."""
    making = _Making(feed)
    for leaf, bindings in wanted:
        if leaf not in making.cells:
            making.cells[leaf] = making.cell(leaf, bindings)
    steps = making.steps()
    return Compiled(
        steps=tuple(steps),
        tables=tuple(step.name for step in steps if step.name in _TABLES or step.name.startswith(FOLLOWED)),
        cells=making.cells, kinds=dict(feed.used), split=feed.question.by is not None,
    )  # fmt: skip


_WORD = re.compile(r"\w+")
_TABLES = ("facts", "doers", "days", "returned", "chosen", "moved", "kept")


@dataclass(slots=True)
class _Making:
    feed: Feed
    cells: dict[Leaf, tuple[Cell, Cell]] = field(default_factory=dict)
    kinds: dict[MeasureKind, None] = field(default_factory=dict)
    needing: dict[str, dict[MeasureKind, None]] = field(default_factory=dict)
    doing: dict[MeasureKind, None] = field(default_factory=dict)
    active: dict[MeasureKind, None] = field(default_factory=dict)
    returning: dict[MeasureKind, None] = field(default_factory=dict)
    persons: Persons = field(init=False)
    followed: Followed = field(init=False)
    levels: Levels = field(init=False)

    def __post_init__(self) -> None:
        self.persons = Persons(self.feed)
        self.followed = Followed(self.feed)
        self.levels = Levels(self.feed)

    def cell(self, leaf: Leaf, bindings: Mapping[str, EventBinding]) -> tuple[Cell, Cell]:
        match leaf:
            case PeopleWhere():
                cell = Cell(table="chosen", key=self.persons.key(leaf.condition, bindings), column="people")
                return cell, cell
            case StageFigure():
                return self.levels.stage(leaf)
            case LevelFigure():
                return self.levels.level(leaf, bindings)
            case Figure() if not leaf.rows.plain:
                return self.followed.cell(leaf, bindings)
            case Figure():
                return self.fact(leaf, bindings)

    def fact(self, leaf: Figure, bindings: Mapping[str, EventBinding]) -> tuple[Cell, Cell]:
        rows, function = leaf.rows, leaf.function
        counting = function in ("count", "customers", "returning", "active_days")
        if function == "distinct":
            text = rows.part.property or _one(bindings, rows.part.event)
            kind = kind_of(rows.part, bindings, where=rows.where, text=text)
        else:
            kind = kind_of(rows.part, bindings, where=rows.where, value=not counting)
        key = self.feed.number(kind)
        if function in ("returning", "active_days"):
            (self.returning if function == "returning" else self.active)[kind] = None
            table, column = ("returned", "people") if function == "returning" else ("days", "n")
            cell = Cell(table=table, key=key, column=column)
            return cell, cell
        if function == "customers":
            self.doing[kind] = None
            cell = Cell(table="doers", key=key, column="people")
            return cell, cell
        self.kinds[kind] = None
        column = _COLUMNS[function]
        self.needing.setdefault(column, {})[kind] = None
        cell = Cell(table="facts", key=key, column=column, empty=None if function in _UNKNOWN else NOTHING)
        resting = _RESTS_ON.get(function, "known")
        self.needing.setdefault(resting, {})[kind] = None
        return cell, Cell(table="facts", key=key, column=resting)

    def steps(self) -> list[Step]:
        found: list[Step] = []
        question = self.feed.question
        if question.excluded is not None:
            found.append(Step("excluded", "People who are in no figure", question.excluded))
        own = [
            *self._facts(), *self._doers(), *self._days(), *self._returned(), *self.persons.steps(),
            *self.followed.steps(), *self.levels.steps(),
        ]  # fmt: skip
        if question.by is not None:
            found.append(split_step(self.feed))
        return found + own

    def _facts(self) -> list[Step]:
        if not self.kinds:
            return []
        place, part = self.feed.question.place_of("time"), self._part()
        columns = [
            f"{_AGGREGATES[column].format(self._among(column))} AS {column}"
            for column in _AGGREGATES
            if column in self.needing
        ]
        return [
            Step("occurred", "What happened in the periods", self.feed.facts(self.kinds)),
            Step(
                "facts", "How many, how much, by kind and period",
                f"SELECT kind AS key, {place} AS period{part}, {', '.join(columns)} FROM occurred GROUP BY ALL",
            ),
        ]  # fmt: skip

    def _among(self, column: str) -> str:
        """A filter for what is dear to work out, unless all kinds ask for it."""
        kinds = self.needing[column]
        if column in _CHEAP or len(kinds) == len(self.kinds):
            return ""
        return f" FILTER (WHERE kind IN ({', '.join(str(self.feed.number(kind)) for kind in kinds)}))"

    def _doers(self) -> list[Step]:
        if not self.doing:
            return []
        place, part = self.feed.question.place_of("time"), self._part()
        # apart from the sums, and as two groupings: three times as fast as counting different people among them
        return [
            Step(
                "doers", "Of how many people, by kind and period",
                f"SELECT key, period{part}, count(unit) AS people FROM (SELECT DISTINCT kind AS key, "
                f"{place} AS period{part}, unit FROM ({self.feed.facts(self.doing)}) AS did) AS each_one GROUP BY ALL",
            )
        ]  # fmt: skip

    def _days(self) -> list[Step]:
        if not self.active:
            return []
        question, part = self.feed.question, self._part()
        return [
            Step("active", "Who did what in the periods", self.feed.facts(self.active)),
            Step(
                "days", "On how many days each person did it, added up",
                f"SELECT key, period{part}, count(*) AS n FROM (SELECT DISTINCT kind AS key, "
                f"{question.place_of('time')} AS period{part}, unit, {question.day_of('time')} AS day FROM active "
                f"WHERE unit IS NOT NULL) AS each_day GROUP BY ALL",
            ),
        ]  # fmt: skip

    def _returned(self) -> list[Step]:
        if not self.returning:
            return []
        part = self._part()
        own = ", active_in.part" if part else ""
        return [
            Step(
                "active_in", "Who did what in which period",
                f"SELECT DISTINCT kind, {self.feed.question.place_of('time')} AS period{part}, unit "
                f"FROM ({self.feed.facts(self.returning)}) AS did WHERE unit IS NOT NULL",
            ),
            Step(
                "returned", "Those who did it in the period before too",
                f"SELECT active_in.kind AS key, active_in.period{own}, count(DISTINCT active_in.unit) AS people "
                f"FROM active_in JOIN active_in AS earlier ON earlier.kind = active_in.kind "
                f"AND earlier.unit = active_in.unit AND earlier.period = active_in.period - 1 GROUP BY ALL",
            ),
        ]  # fmt: skip

    def _part(self) -> str:
        return ", part" if self.feed.question.by is not None else ""


_AGGREGATES = {
    "n": "sum(n)",
    "known": "count(value)",
    "total": "sum(value)",
    "least": "min(value)",
    "most": "max(value)",
    "different": "count(DISTINCT coalesce(text, CAST(value AS VARCHAR))){}",
    "middle": "quantile_cont(CAST(value AS DOUBLE), 0.5){}",
    "ninetieth": "quantile_cont(CAST(value AS DOUBLE), 0.9){}",
}
_CHEAP = ("n", "known", "total", "least", "most")


def _one(bindings: Mapping[str, EventBinding], event: str) -> str:
    return bindings[event].values[0]


def _needed(steps: Sequence[Step], table: str, held: frozenset[str]) -> tuple[Step, ...]:
    """The steps that a table reads, in their order, without those that are held."""
    wanted, names = {table}, {step.name for step in steps}
    kept: list[Step] = []
    for step in reversed(steps):
        if step.name in wanted - held:
            kept.append(step)
            wanted |= names.intersection(_WORD.findall(step.sql))
    return tuple(reversed(kept))

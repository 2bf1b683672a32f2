"""Levels and stages: who holds how much, or is where, told by what changed.

A level (monthly revenue of subscriptions, open cases) and the population of stages are both a sum of changes per
person; what stands at a moment is the sum of all changes before it. So one step serves both: it says of each change
whether it is new, more, less, the last or a return.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tenure.events import EventBinding
from tenure.expressions import unparse
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.steps import Step
from tenure.metrics.feed import Feed
from tenure.metrics.formula import Level, LevelFigure, StageFigure
from tenure.metrics.question import Cell

HOUR = 3_600_000_000
# values that set what stands, values that are added, or what merely begins and never ends
How = Literal["sets", "adds", "begins"]
_MOVES = {"new": "new", "expansion": "more", "contraction": "less", "churn": "gone", "reactivation": "back"}


@dataclass(slots=True)
class Levels:
    """The levels and choices of stages asked for, and those of which it is asked what was kept."""

    feed: Feed
    keys: dict[object, int] = field(default_factory=dict)
    levels: dict[int, tuple[str, str, str, How, str]] = field(default_factory=dict)
    stages: dict[int, tuple[int, ...]] = field(default_factory=dict)
    spans: dict[tuple[int, int | None], int] = field(default_factory=dict)

    def level(self, leaf: LevelFigure, bindings: Mapping[str, EventBinding]) -> tuple[Cell, Cell]:
        """Where a figure of a level is found, and how many people it rests on."""
        key = self._level(leaf.level, bindings)
        match leaf.function:
            case "level" | "holders":
                of = "held" if leaf.function == "level" else "holders"
                if leaf.over is not None:
                    kept = self._span(key, leaf.over)
                    column = {"held": "opening", "holders": "openers"}[of] if leaf.at == "start" else None
                    if column is not None:
                        return Cell(table="kept", key=kept, column=column), Cell(
                            table="kept", key=kept, column="openers"
                        )
                return self._standing(key, of, leaf.at), self._standing(key, "holders", leaf.at)
            case "moved" | "movers":
                name = _MOVES[leaf.move or "new"]
                count = Cell(table="moved", key=key, column=f"{name}_n")
                return (Cell(table="moved", key=key, column=name) if leaf.function == "moved" else count), count
            case "kept" | "keepers":
                kept = self._span(key, leaf.over)
                count = Cell(table="kept", key=kept, column="keepers")
                if leaf.function == "keepers":
                    return count, count
                return Cell(table="kept", key=kept, column="capped" if leaf.capped else "kept"), count

    def stage(self, leaf: StageFigure) -> tuple[Cell, Cell]:
        """Where a figure of stages is found."""
        question = self.feed.question
        assert question.lifecycle is not None
        chosen = chosen_stages(leaf, question.lifecycle)
        key = self.keys.setdefault(("stages", chosen), len(self.keys))
        self.stages[key] = chosen
        match leaf.function:
            case "in_stage":
                cell = self._standing(key, "holders", leaf.at)
            case "stayed":
                cell = Cell(table="kept", key=self._span(key, None), column="keepers")
            case "left":
                cell = Cell(table="moved", key=key, column="gone_n")
            case "entered":
                cell = Cell(table="moved", key=key, column="new_n" if leaf.first else "entered_n")
        return cell, cell

    def _standing(self, key: int, column: str, at: str) -> Cell:
        return Cell(table="moved", key=key, column=column, span="through" if at == "end" else "before")

    def _span(self, key: int, over: int | None) -> int:
        return self.spans.setdefault((key, over), len(self.spans))

    def _level(self, level: Level, bindings: Mapping[str, EventBinding]) -> int:
        names = (level.part.event, level.until.event if level.until else None)
        identity = (level, tuple(bindings.get(name or "") for name in names))
        if identity in self.keys:
            return self.keys[identity]
        key = self.keys[identity] = len(self.keys)
        told = f"{level.part.event}{'.' + level.part.property if level.part.property else ''}"
        valued = level.part.property is not None or level.adds
        rows = [
            self.feed.role(
                level.part, bindings, where=level.where, value=valued, same=level.same, columns=", 0 AS ends",
            )
        ]  # fmt: skip
        if level.until is not None:
            rows.append(self.feed.role(level.until, bindings, value=False, same=level.same, columns=", 1 AS ends"))
        if level.where is not None:
            told += f" where {unparse(level.where)}"
        how: How = "adds" if level.adds else "begins" if level.until is None and not valued else "sets"
        keys = "unit" if level.same is None else "unit, same"
        self.levels[key] = (" UNION ALL ".join(rows), "value" if valued else "1", told, how, keys)
        return key

    def steps(self) -> list[Step]:
        """The changes of each level and choice of stages, what kind they are, and what they add up to."""
        if not self.keys:
            return []
        found = []
        changes = []
        for key, (rows, value, told, how, keys) in self.levels.items():
            if how == "sets":
                found += self._level_steps(key, rows, value, told, keys)
            else:
                # what only grows needs no order
                change, whose = ("sum(value)", "unit, time") if how == "adds" else ("1", keys)
                time = "time" if how == "adds" else "min(time) AS time"
                grown = f"SELECT unit, {time}, {change} AS change FROM told_{key} GROUP BY {whose}"
                found.append(Step(f"told_{key}", f"What adds to {told}", rows))
                found.append(
                    Step(f"changes_{key}", "How much each person's grows", grown + " HAVING change IS NOT NULL")
                )
            changes.append(f"SELECT {key} AS key, unit, time, change FROM changes_{key}")
        if self.stages:
            found.append(self._stays())
            changes += [self._stage_changes(key, chosen) for key, chosen in self.stages.items()]
        question = self.feed.question
        found.append(
            Step(
                "standing", "What each person holds after each change, and how often they came to hold some",
                "SELECT *, count(*) FILTER (WHERE held > 0 AND held - change <= 0) OVER (PARTITION BY key, unit "
                "ORDER BY time ROWS UNBOUNDED PRECEDING) AS entry FROM (SELECT key, unit, time, change, sum(change) "
                f"OVER (PARTITION BY key, unit ORDER BY time ROWS UNBOUNDED PRECEDING) AS held "
                f"FROM ({' UNION ALL '.join(changes)}) AS changes WHERE time < {question.limit}) AS added",
            )
        )  # fmt: skip
        found.append(self._moved())
        return found + self._kept()

    def _level_steps(self, key: int, rows: str, value: str, told: str, keys: str) -> list[Step]:
        order = f"PARTITION BY {keys} ORDER BY time, ends, tie"
        # whoever changes several things within an hour changes one; at the turn of a period they are kept apart
        apart = (
            f"CASE WHEN time - lag(time) OVER (PARTITION BY unit ORDER BY time) <= {HOUR} "
            f"AND {self.feed.question.place_of('time')} = lag({self.feed.question.place_of('time')}) "
            f"OVER (PARTITION BY unit ORDER BY time) THEN 0 ELSE 1 END"
        )
        return [
            Step(f"told_{key}", f"What sets and ends the level of {told}", rows),
            Step(
                f"steps_{key}", "By how much each of them changes it",
                f"SELECT unit, time, sum(change) AS change FROM (SELECT unit, time, coalesce(level, 0) - "
                f"coalesce(lag(level) OVER ({order}), 0) AS change FROM (SELECT {keys}, time, ends, tie, "
                f"last_value(CASE WHEN ends = 1 THEN 0 ELSE {value} END IGNORE NULLS) OVER ({order} "
                f"ROWS UNBOUNDED PRECEDING) AS level FROM told_{key}) AS levels) AS differences "
                "GROUP BY unit, time HAVING sum(change) <> 0",
            ),
            Step(
                f"changes_{key}", "What one person changes within an hour, together",
                f"SELECT unit, min(time) AS time, sum(change) AS change FROM (SELECT unit, time, change, "
                f"sum(apart) OVER (PARTITION BY unit ORDER BY time ROWS UNBOUNDED PRECEDING) AS together "
                f"FROM (SELECT unit, time, change, {apart} AS apart FROM steps_{key}) AS marked) AS grouped "
                "GROUP BY unit, together HAVING sum(change) <> 0",
            ),
        ]  # fmt: skip

    def _stays(self) -> Step:
        question = self.feed.question
        assert question.held is not None
        excluded = " AND unit NOT IN (SELECT unit FROM excluded)" if question.excluded is not None else ""
        follows = "OVER (PARTITION BY unit ORDER BY entered_at)"
        return Step(
            "stays", f"Every stay in a stage of {question.held.name}, with the stage that follows at once",
            f"SELECT unit, stage, previous, entered_at, left_at, CASE WHEN lead(entered_at) {follows} = left_at "
            f"THEN lead(stage) {follows} END AS following FROM {question.histories} "
            f"WHERE lifecycle = {question.held.code} AND entered_at <= {question.as_of}{excluded}",
        )  # fmt: skip

    def _stage_changes(self, key: int, chosen: tuple[int, ...]) -> str:
        stages = ", ".join(map(str, chosen)) or "NULL"
        return (
            f"SELECT {key} AS key, unit, entered_at AS time, 1 AS change FROM stays WHERE stage IN ({stages}) "
            f"AND (previous IS NULL OR previous NOT IN ({stages})) UNION ALL "
            f"SELECT {key} AS key, unit, left_at AS time, -1 AS change FROM stays WHERE stage IN ({stages}) "
            f"AND left_at <= {self.feed.question.as_of} AND (following IS NULL OR following NOT IN ({stages}))"
        )

    def _moved(self) -> Step:
        question = self.feed.question
        join, part = (" LEFT JOIN split USING (unit)", ", part") if question.by is not None else ("", "")
        begins, ends = "held > 0 AND held - change <= 0", "held <= 0 AND held - change > 0"
        kinds = {
            "new": f"{begins} AND entry = 1",
            "back": f"{begins} AND entry > 1",
            "more": "change > 0 AND held - change > 0",
            "less": "change < 0 AND held > 0",
            "gone": ends,
        }
        columns = [
            "sum(change) AS held", f"count(*) FILTER (WHERE {begins}) - count(*) FILTER (WHERE {ends}) AS holders",
            f"count(*) FILTER (WHERE {begins}) AS entered_n",
        ]  # fmt: skip
        for name, holds in kinds.items():
            columns.append(f"count(*) FILTER (WHERE {holds}) AS {name}_n")
            columns.append(f"coalesce(sum(abs(change)) FILTER (WHERE {holds}), 0) AS {name}")
        return Step(
            "moved", "What came, grew, shrank, went and came back in each period",
            f"SELECT key, {question.place_of('time')} AS period{part}, {', '.join(columns)} "
            f"FROM standing{join} GROUP BY ALL",
        )  # fmt: skip

    def _kept(self) -> list[Step]:
        if not self.spans:
            return []
        question = self.feed.question
        join, part = (" LEFT JOIN split USING (unit)", ", part") if question.by is not None else ("", "")
        moments = ", ".join(
            f"({span}, {key}, {place}, {period.begins if over is None else question.closes(place) - over}, "
            f"{question.closes(place)})"
            for (key, over), span in self.spans.items()
            for place, period in enumerate(question.periods)
            if period.begins < question.limit
        )
        keys = ", ".join(str(key) for key in dict.fromkeys(key for key, _ in self.spans))
        opening = "time < opens AND (until IS NULL OR until >= opens)"
        closing = "time < closes AND (until IS NULL OR until >= closes)"
        return [
            Step(
                "moments", "The moments that are compared: key, level, period, start, end",
                f"SELECT * FROM (VALUES {moments}) AS moments (span, level, period, opens, closes)",
            ),
            Step(
                "spans", "From when until when each person held how much",
                f"SELECT key, unit, time, held, lead(time) OVER (PARTITION BY key, unit ORDER BY time) AS until "
                f"FROM standing WHERE key IN ({keys})",
            ),
            Step(
                "compared", "What each person held at the start and at the end",
                f"SELECT moments.span, moments.period, spans.unit, "
                f"coalesce(sum(held) FILTER (WHERE {opening}), 0) AS opening, "
                f"coalesce(sum(held) FILTER (WHERE {closing}), 0) AS closing FROM moments JOIN spans "
                "ON spans.key = moments.level AND spans.held > 0 AND spans.time < moments.closes "
                "AND (spans.until IS NULL OR spans.until >= moments.opens) GROUP BY ALL",
            ),
            Step(
                "kept", "What those who held some at the start hold at the end",
                f"SELECT span AS key, period{part}, count(*) AS openers, sum(opening) AS opening, "
                "count(*) FILTER (WHERE closing > 0) AS keepers, sum(closing) AS kept, "
                f"sum(least(opening, closing)) AS capped FROM compared{join} WHERE opening > 0 GROUP BY ALL",
            ),
        ]  # fmt: skip


def chosen_stages(leaf: StageFigure, lifecycle: Lifecycle) -> tuple[int, ...]:
    """The places of the stages that a figure speaks of, in the lifecycle's list."""
    return tuple(
        place
        for place, stage in enumerate(lifecycle.stages)
        if {"stage": stage.name, "kind": stage.kind, "phase": stage.phase}[leaf.by] == leaf.name
    )

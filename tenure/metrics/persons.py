"""Conditions on what each person did in a period: `customers(count(order) >= 2)`.

Persons are grouped once, with a column for everything that any of the conditions asks; each condition then counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tenure.events import EventBinding
from tenure.expressions.tree import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Measure,
    Membership,
    Missing,
    Negative,
    Not,
    Or,
    Value,
)
from tenure.lifecycle.steps import Step
from tenure.metrics.feed import Feed, kind_of
from tenure.metrics.formula import Part
from tenure.warehouse.measures import MeasureKind

_AGGREGATES = {
    "count": "count(*) FILTER (WHERE kind = {0})",
    "sum": "coalesce(sum(value) FILTER (WHERE kind = {0}), 0)",
    "avg": "avg(value) FILTER (WHERE kind = {0})",
    "min": "min(value) FILTER (WHERE kind = {0})",
    "max": "max(value) FILTER (WHERE kind = {0})",
    "distinct": "count(DISTINCT coalesce(text, CAST(value AS VARCHAR))) FILTER (WHERE kind = {0})",
}


@dataclass(slots=True)
class Persons:
    """The conditions asked for, and the columns that they read."""

    feed: Feed
    keys: dict[str, int] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    kinds: dict[MeasureKind, None] = field(default_factory=dict)

    def key(self, condition: Condition, bindings: Mapping[str, EventBinding]) -> int:
        """The number of a condition."""
        return self.keys.setdefault(self._holds(condition, bindings), len(self.keys))

    def steps(self) -> list[Step]:
        """What each person did, and how many of them meet each condition."""
        if not self.keys:
            return []
        question = self.feed.question
        part = ", part" if question.by is not None else ""
        columns = ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())
        counts = " UNION ALL ".join(
            f"SELECT {key} AS key, period{part}, count(*) AS people FROM persons WHERE {holds} GROUP BY ALL"
            for holds, key in self.keys.items()
        )
        return [
            Step(
                "persons", "What each person did in each period",
                f"SELECT unit, {question.place_of('time')} AS period{part}, {columns} "
                f"FROM ({self.feed.facts(self.kinds)}) AS did WHERE unit IS NOT NULL GROUP BY ALL",
            ),
            Step("chosen", "How many persons meet which condition", counts),
        ]  # fmt: skip

    def _holds(self, node: Condition, bindings: Mapping[str, EventBinding]) -> str:
        match node:
            case And() | Or():
                word = " AND " if isinstance(node, And) else " OR "
                return f"({word.join(self._holds(one, bindings) for one in node.operands)})"
            case Not():
                return f"NOT {self._holds(node.operand, bindings)}"
            case Comparison():
                op = {"==": "=", "!=": "<>"}.get(node.op, node.op)
                left, right = self._value(node.left, bindings), self._value(node.right, bindings)
                return f"coalesce({left} {op} {right}, FALSE)"
            case Membership():
                options = ", ".join(self._value(option, bindings) for option in node.options)
                word = "NOT IN" if node.negated else "IN"
                return f"coalesce({self._value(node.operand, bindings)} {word} ({options}), FALSE)"
            case Missing():
                return f"({self._value(node.operand, bindings)} IS {'NOT ' if node.negated else ''}NULL)"
            case _:
                raise ValueError(f"{type(node).__name__} asks for no events of a period")

    def _value(self, node: Value, bindings: Mapping[str, EventBinding]) -> str:
        match node:
            case Constant(value=Decimal() as number):
                return f"{number:f}"
            case Negative():
                return f"(-{self._value(node.operand, bindings)})"
            case Arithmetic():
                left, right = self._value(node.left, bindings), self._value(node.right, bindings)
                if node.op in ("*", "/"):
                    left = f"CAST({left} AS DOUBLE)"
                return f"({left} / nullif({right}, 0))" if node.op == "/" else f"({left} {node.op} {right})"
            case Measure():
                return self._column(node, bindings)
            case _:
                raise ValueError(f"{type(node).__name__} is no number")

    def _column(self, node: Measure, bindings: Mapping[str, EventBinding]) -> str:
        part = Part(event=node.event or "", property=node.property)
        if node.function == "distinct":
            kind = kind_of(part, bindings, text=node.property or bindings[part.event].values[0])
        else:
            kind = kind_of(part, bindings, value=node.function != "count")
        self.kinds[kind] = None
        number = self.feed.number(kind)
        name = f"{node.function}_{number}"
        self.columns[name] = _AGGREGATES[node.function].format(number)
        return name

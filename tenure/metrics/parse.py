"""Formulas from text: the language of conditions, extended by what a period needs.

    parse_formula("ratio(sum(order), count(order))")

Nothing is ever evaluated; every fault is a ConditionError at its place.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, cast, get_args

from tenure.documents import did_you_mean, listing
from tenure.expressions.build import Builder
from tenure.expressions.calls import duration
from tenure.expressions.names import cited
from tenure.expressions.parse import structure
from tenure.expressions.source import Source
from tenure.expressions.tree import Condition, Constant, Property
from tenure.lifecycle.definition import Phase
from tenure.metrics.formula import (
    Before,
    Calculation,
    Chosen,
    DaysInPeriod,
    Figure,
    Formula,
    Level,
    LevelFigure,
    LevelFunction,
    Move,
    Named,
    Number,
    OfLevel,
    Over,
    Part,
    PeopleWhere,
    Ratio,
    Rows,
    StageFigure,
    StageFunction,
)
from tenure.metrics.functions import KINDS, LEVELS, METRIC_FUNCTIONS, MOVES, MetricFunction

_OPERATORS: Mapping[type[ast.operator], Literal["+", "-", "*", "/"]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip
_TIMES = ("median", "p90")


def parse_formula(text: str, constants: Mapping[str, Decimal] | None = None) -> Formula:
    """The formula that `text` is; names in `constants` stand for their numbers. Raises ConditionError."""
    source, root = structure(text)
    return _Reader(source, constants or {}).value(root)


@dataclass(frozen=True, slots=True)
class _PersonBuilder(Builder):
    """Reads conditions on one person's events of a period."""

    constants: Mapping[str, Decimal]

    def bare(self, node: ast.Name) -> Property:
        if node.id in self.constants:
            # a number where a property stands in filters: both are values of the condition
            return cast("Property", Constant(value=self.constants[node.id], span=self.source.span(node)))
        return Builder.bare(self, node)


@dataclass(frozen=True, slots=True)
class _Reader:
    source: Source
    constants: Mapping[str, Decimal]

    def value(self, node: ast.expr) -> Formula:
        span = self.source.span(node)
        match node:
            case ast.Constant():
                number = self.source.value(node)
                if not isinstance(number, Decimal):
                    raise self.source.error(node, "A formula calculates with numbers.", "Write 100, say.")
                return Number(value=number, span=span)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                left, right = self.value(node.left), self.value(node.right)
                return Calculation(op=_OPERATORS[type(node.op)], left=left, right=right, span=span)
            case ast.UnaryOp(op=ast.USub()):
                return Calculation(op="-", left=Number(value=Decimal(0)), right=self.value(node.operand), span=span)
            case ast.Name():
                if node.id in self.constants:
                    return Number(value=self.constants[node.id], span=span)
                return Named(name=node.id, span=span)
            case ast.Call():
                return self.called(node)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp():
                hint = "Conditions stand in customers(…) and after where=: customers(count(order) >= 2)"
                raise self.source.error(node, "A condition stands where a figure is needed.", hint)
            case _:
                shown = self.source.shown(node)
                hint = f"Say what of it: sum({shown}), median({shown}), distinct({shown})"
                raise self.source.error(node, f"{cited(shown)} is no figure.", hint)

    def called(self, node: ast.Call) -> Formula:
        function = self.function(node)
        settings = self.settings(node, function)
        name = function.name
        span = self.source.span(node)
        if name == "ratio":
            numerator, denominator = self.two(node, function)
            return Ratio(numerator=self.value(numerator), denominator=self.value(denominator), span=span)
        if name == "previous":
            return Before(formula=self.value(self.one(node, function)), span=span)
        if name == "days_in_period":
            if node.args:
                raise self.source.error(node.args[0], "days_in_period takes nothing.", "Write it so: days_in_period()")
            return DaysInPeriod(span=span)
        if name in get_args(StageFunction):
            return self.stages(node, function, settings)
        if function.group == LEVELS:
            return self.levels(node, function, settings)
        return self.events(node, function, settings)

    def events(self, node: ast.Call, function: MetricFunction, settings: Mapping[str, ast.expr]) -> Formula:
        name, argument = function.name, self.one(node, function)
        span = self.source.span(node)
        if name in ("customers", "people"):
            name = "customers"
            if isinstance(argument, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call):
                if settings:
                    first = next(iter(settings.values()))
                    message = "A condition on people has no settings."
                    raise self.source.error(first, message, "Give the event a name with a filter under events:.")
                return PeopleWhere(condition=_PersonBuilder(self.source, self.constants).condition(argument), span=span)
        rows = self.rows(node, argument, settings)
        if name in ("count", "customers", "share", "returning", "active_days") and rows.part.property is not None:
            hint = f"Write it so: {function.name}({rows.part.event})"
            raise self.source.error(argument, f"{function.name} takes an event, not a property of it.", hint)
        if name == "share":
            return self.share(node, rows)
        if name == "sum_then" and (rows.then is None or rows.due is not None):
            raise self.source.error(node, "sum_then needs to know what follows.", f"Write it so: {function.signature}")
        if name == "avg":
            total, known = Figure(function="sum", rows=rows, span=span), Figure(function="known", rows=rows, span=span)
            return Ratio(numerator=total, denominator=known, span=span)
        if name in _TIMES and rows.then is not None and rows.after is not None:
            message = f"{name} cannot measure in two directions."
            raise self.source.error(settings["after"], message, "Keep then= or after=.")
        return Figure(function=cast("Over", name), rows=rows, span=span)

    def share(self, node: ast.Call, rows: Rows) -> Ratio:
        span = self.source.span(node)
        if rows.then is None and rows.after is None:
            message = "share needs to know what follows."
            raise self.source.error(node, message, "Write it so: share(signup, then=order, within=days(30))")
        over: Over = "customers" if rows.same is None else "count"
        # whoever is too young to have done it is no part of the whole either
        aged = rows.aged or ((rows.within or rows.later) if rows.then is not None else None)
        part = replace(rows, aged=aged)
        whole = replace(rows, then=None, after=None, within=None, later=None, aged=aged)
        if rows.due is None and rows.nth is None:
            whole = replace(whole, same=None)
        return Ratio(
            numerator=Figure(function=over, rows=part, span=span),
            denominator=Figure(function=over, rows=whole, span=span),
            span=span,
        )  # fmt: skip

    def rows(self, node: ast.Call, argument: ast.expr, settings: Mapping[str, ast.expr]) -> Rows:
        told: dict[str, object] = {"part": self.part(argument)}
        for name, value in settings.items():
            told[name] = self.setting(name, value)
        if ("within" in told or "later" in told) and "then" not in told and "after" not in told:
            first = settings.get("within") or settings["later"]
            raise self.source.error(first, "It has to be said within how long of what.", "Add then= or after=.")
        if "later" in told and "then" not in told:
            raise self.source.error(settings["later"], "later= belongs to then=.", "Add then=.")
        later, within = told.get("later"), told.get("within")
        if isinstance(later, int) and isinstance(within, int) and later >= within:
            raise self.source.error(
                settings["later"], "Nothing can be later than this and within that.", "Exchange them."
            )
        return Rows(**told)  # type: ignore[arg-type]

    def setting(self, name: str, value: ast.expr) -> object:
        """What a setting of events says."""
        match name:
            case "where":
                return self.where(value)
            case "then" | "after":
                return self.part(value)
            case "within" | "later" | "over" | "aged":
                length = duration(self.source, value).microseconds
                if length <= 0:
                    raise self.source.error(value, f"{name}= is longer than nothing.", "Write it so: days(30)")
                return length
            case "same" | "due":
                return self.word(value, f"{name} takes the name of a property.")
            case _:
                return self.nth(value)

    def nth(self, value: ast.expr) -> int:
        negative = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub)
        literal = value.operand if isinstance(value, ast.UnaryOp) and negative else value
        number = self.source.value(literal) if isinstance(literal, ast.Constant) else None
        if not isinstance(number, Decimal) or number != int(number) or number < 1 or (negative and number != 1):
            raise self.source.error(value, "nth takes a whole number from 1, or -1.", "The first is nth=1.")
        return -1 if negative else int(number)

    def where(self, value: ast.expr) -> Condition:
        source = Source(self.source.text, self.source.tokens, self.source.shift, True)
        return Builder(source).condition(value)

    def part(self, node: ast.expr) -> Part:
        """The event, or property of one, that `node` names."""
        span = self.source.span(node)
        match node:
            case ast.Name():
                return Part(event=node.id, span=span)
            case ast.Subscript(value=ast.Name(id="event")):
                return Part(event=self.key(node), span=span)
            case ast.Attribute(value=ast.Name() | ast.Subscript()):
                return Part(event=self.part(node.value).event, property=node.attr, span=span)
            case ast.Subscript(value=ast.Name() | ast.Subscript()):
                return Part(event=self.part(node.value).event, property=self.key(node), span=span)
            case _:
                raise self.source.error(
                    node, "An event is needed here.", "Write it so: count(order), sum(order.revenue)"
                )

    def key(self, node: ast.Subscript) -> str:
        text = self.source.string(node.slice)
        if not text:
            raise self.source.error(
                node.slice, "A name between square brackets stands in quotes.", "order['unit price']"
            )
        return text

    def word(self, node: ast.expr, message: str, options: tuple[str, ...] = ()) -> str:
        """A bare name, or one in quotes."""
        text = node.id if isinstance(node, ast.Name) else self.source.string(node)
        if not text:
            raise self.source.error(node, message, f"One of {listing(options)}." if options else "")
        if options and text not in options:
            hint = did_you_mean(text, options) or f"There are {listing(options, 'and')}."
            raise self.source.error(node, f"{message[:-1]}, not {cited(text)}.", hint)
        return text

    def stages(self, node: ast.Call, function: MetricFunction, settings: Mapping[str, ast.expr]) -> StageFigure:
        by, name = self.chosen(node, function, settings)
        first = "nth" in settings
        if first and self.nth(settings["nth"]) != 1:
            raise self.source.error(settings["nth"], "Only the first entry can be chosen.", "Write nth=1.")
        at = self.word(settings["at"], "at is start or end.", ("start", "end")) if "at" in settings else "end"
        return StageFigure(
            function=cast("StageFunction", function.name), by=by, name=name, first=first,
            at=cast("Literal['start', 'end']", at), span=self.source.span(node),
        )  # fmt: skip

    def chosen(self, node: ast.Call, function: MetricFunction, settings: Mapping[str, ast.expr]) -> tuple[Chosen, str]:
        given = [name for name in ("kind", "phase") if name in settings]
        if len(node.args) + len(given) != 1:
            message = f"{function.name} takes one thing: a stage, kind= or phase=."
            raise self.source.error(node, message, f"Write it so: {function.example}")
        if not given:
            return "stage", self.word(node.args[0], f"{function.name} takes a stage.")
        if given == ["kind"]:
            return "kind", self.word(settings["kind"], "kind is prospect, customer or former.", KINDS)
        return "phase", self.word(settings["phase"], "phase names a phase.", get_args(Phase))

    def levels(
        self, node: ast.Call, function: MetricFunction, settings: Mapping[str, ast.expr]
    ) -> LevelFigure | OfLevel:
        span = self.source.span(node)
        name = function.name
        move: Move | None = None
        if name in ("moved", "movers"):
            argument, told = self.two(node, function)
            move = cast("Move", self.word(told, f"{name} takes a move.", MOVES))
        else:
            argument = self.one(node, function)
        at = self.word(settings["at"], "at is start or end.", ("start", "end")) if "at" in settings else "end"
        over = cast("int | None", self.setting("over", settings["over"])) if "over" in settings else None
        capped = "capped" in settings
        if capped and not (
            isinstance(settings["capped"], ast.Constant) and self.source.value(settings["capped"]) is True
        ):
            raise self.source.error(settings["capped"], "capped is True or left out.", "Write it so: capped=True")
        until = self.part(settings["until"]) if "until" in settings else None
        figure = LevelFigure(
            function=cast("LevelFunction", "level" if name == "so_far" else name),
            at=cast("Literal['start', 'end']", at), move=move, over=over, capped=capped, span=span,
            level=Level(
                part=self.part(argument), until=until, span=self.source.span(argument),
                same=cast("str | None", self.setting("same", settings["same"])) if "same" in settings else None,
                where=self.where(settings["where"]) if "where" in settings else None,
            ),
        )  # fmt: skip
        if name == "so_far":
            return replace(figure, level=replace(figure.level, adds=True))
        # a bare name without an end is another metric that is a level
        if isinstance(argument, ast.Name) and until is None and "same" not in settings:
            return OfLevel(figure=figure, name=argument.id, span=self.source.span(argument))
        return figure

    def function(self, node: ast.Call) -> MetricFunction:
        if not isinstance(node.func, ast.Name):
            shown = self.source.shown(node.func)
            raise self.source.error(node.func, f"{cited(shown)} cannot be called.", "Functions are single words.")
        function = METRIC_FUNCTIONS.get(node.func.id)
        if function is None:
            near = {"mean": "avg", "average": "avg", "total": "sum", "unique": "customers", "users": "people"}
            word = near.get(node.func.id.lower(), node.func.id)
            hint = did_you_mean(word, METRIC_FUNCTIONS) or f"There are {listing(METRIC_FUNCTIONS, 'and')}."
            raise self.source.error(node.func, f"Formulas have no function '{node.func.id}'.", hint)
        return function

    def settings(self, node: ast.Call, function: MetricFunction) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for given in node.keywords:
            name = given.arg or ""
            if name not in function.settings:
                hint = did_you_mean(name, function.settings) or (
                    f"It has {listing(function.settings, 'and')}." if function.settings else "It has none."
                )
                raise self.source.error(given, f"{function.name} has no setting '{name}'.", hint)
            if name in found:
                raise self.source.error(given, f"'{name}' is given twice.", "Keep one.")
            found[name] = given.value
        return found

    def one(self, node: ast.Call, function: MetricFunction) -> ast.expr:
        return self.given(node, function, 1)[0]

    def two(self, node: ast.Call, function: MetricFunction) -> tuple[ast.expr, ast.expr]:
        first, second = self.given(node, function, 2)
        return first, second

    def given(self, node: ast.Call, function: MetricFunction, count: int) -> list[ast.expr]:
        if len(node.args) != count:
            words = {1: "one thing", 2: "two things"}[count]
            at = node.args[count] if len(node.args) > count else node
            raise self.source.error(at, f"{function.name} takes {words}.", f"Write it so: {function.signature}")
        return node.args

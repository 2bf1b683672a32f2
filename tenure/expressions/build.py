"""The tree of a condition, from the structure that Python's parser found in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tenure.errors import ConditionError
from tenure.expressions import tree
from tenure.expressions.calls import called, dotted, part
from tenure.expressions.functions import FUNCTIONS
from tenure.expressions.names import cited, quoted, written_part
from tenure.expressions.scan import plain_decimal
from tenure.expressions.source import Source

_COMPARISONS: Mapping[type[ast.cmpop], Literal["<", "<=", ">", ">=", "==", "!="]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: Mapping[type[ast.operator], Literal["+", "-", "*", "/"]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_EXAMPLES = {
    "number": "{0} >= 1",
    "length of time": "{0} >= days(90)",
    "text": "{0} == 'loyalty'",
    "number or text": "{0} >= 9, or {0} == 'pro'",
}


@dataclass(frozen=True, slots=True)
class Builder:
    """Reads conditions and values off the structure of one text."""

    source: Source

    def condition(self, node: ast.expr) -> tree.Condition:
        """The condition that `node` is."""
        span = self.source.span(node)
        match node:
            case ast.BoolOp():
                return self.joined(node)
            case ast.UnaryOp(op=ast.Not()):
                return tree.Not(operand=self.condition(node.operand), span=span)
            case ast.Compare():
                return self.compared(node)
            case ast.Name() if self.source.where:
                return self.truth(tree.Property(name=node.id, span=span))
            case ast.Attribute() | ast.Subscript():
                value = self.value(node)
                if isinstance(value, tree.Property) or (isinstance(value, tree.Measure) and value.function == "trait"):
                    return self.truth(value)
                raise self.lonely(node, "number")
            case ast.Call() if not self.source.where:
                found = called(self.source, node)
                if isinstance(found, tree.Was):
                    return found
                raise self.lonely(node, FUNCTIONS[found.function].gives if isinstance(found, tree.Measure) else "")
            case ast.Constant():
                raise self.lonely(node, "")
            case _:
                raise self.lonely(node, "number")

    def value(self, node: ast.expr) -> tree.Value:
        """The value that `node` is."""
        span = self.source.span(node)
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                return tree.Arithmetic(
                    op=_ARITHMETIC[type(node.op)], left=self.value(node.left), right=self.value(node.right), span=span
                )
            case ast.UnaryOp(op=ast.USub()):
                return self.negative(self.value(node.operand), node)
            case ast.Name():
                return self.bare(node)
            case ast.Attribute() | ast.Subscript():
                return self.event_property(node) if self.source.where else dotted(self.source, node)
            case ast.Call():
                return self.call(node)
            case ast.Tuple() | ast.List():
                raise self.source.error(
                    node, "A list stands only after 'in'.", "Write it so: trait.plan in ('pro', 'team')"
                )
            case _:
                raise self.source.error(
                    node,
                    "A condition stands where a number, a text or a length of time is needed.",
                    "Conditions are joined by 'and', 'or', 'not'.",
                )

    def joined(self, node: ast.BoolOp) -> tree.Condition:
        """Conditions joined by and, or; those of one word in one node."""
        kind = tree.And if isinstance(node.op, ast.And) else tree.Or
        operands: list[tree.Condition] = []
        for index, each in enumerate(node.values):
            if index and isinstance(each, ast.Constant):
                raise self.half(node, node.values[index - 1], each)
            operand = self.condition(each)
            operands += operand.operands if isinstance(operand, kind) else (operand,)
        return kind(operands=tuple(operands), span=self.source.span(node))

    def half(self, node: ast.BoolOp, before: ast.expr, each: ast.Constant) -> ConditionError:
        """The error of `plan == 'a' or 'b'`."""
        word = "and" if isinstance(node.op, ast.And) else "or"
        hint = "Write both: last(nps) >= 9 or last(nps) is None"
        if isinstance(before, ast.Compare) and len(before.ops) == 1:
            left, right = self.source.shown(before.left), self.source.shown(before.comparators[0])
            if word == "or" and isinstance(before.ops[0], ast.Eq):
                hint = f"Write it so: {left} in ({right}, {self.source.shown(each)})"
            else:
                operator = _COMPARISONS.get(type(before.ops[0]), "==")
                hint = f"Write it so: {left} {operator} {right} {word} {left} {operator} {self.source.shown(each)}"
        return self.source.error(each, f"Each side of '{word}' needs a comparison of its own.", hint)

    def compared(self, node: ast.Compare) -> tree.Condition:
        """A comparison; a chain is the conjunction of its links."""
        single = len(node.ops) == 1
        values: list[tree.Value] | None = None
        comparisons: list[tree.Condition] = []
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            start, end = self.source.span(left).start, self.source.span(right).end
            span = self.source.span(node) if single else tree.Span(start, end)
            if isinstance(op, ast.In | ast.NotIn | ast.Is | ast.IsNot):
                if not single:
                    raise self.source.error(
                        node, "Only <, <=, >, >=, == and != can be chained.", "Join two conditions by 'and'."
                    )
                return self.membership(node, span) if isinstance(op, ast.In | ast.NotIn) else self.missing(node, span)
            sign = _COMPARISONS[type(op)]
            self.refuse_none(left, right, sign)
            self.refuse_none(right, left, sign)
            if values is None:
                values = [self.side(left, sign, right)]
            values.append(self.side(right, sign, left))
            comparisons.append(tree.Comparison(op=sign, left=values[-2], right=values[-1], span=span))
        return comparisons[0] if single else tree.And(operands=tuple(comparisons), span=self.source.span(node))

    def side(self, node: ast.expr, sign: str, other: ast.expr) -> tree.Value:
        """One side of a comparison; a condition there gets a message of its own."""
        is_was = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "was"
        if is_was and not self.source.where:
            shown = self.source.shown(node)
            hint = f"Write {shown}, or not {shown}"
            raise self.source.error(other, f"{cited(shown)} holds or does not hold; it is not compared.", hint)
        return self.value(node)

    def refuse_none(self, node: ast.expr, other: ast.expr, sign: str) -> None:
        """Raise ConditionError for `node == None`."""
        if isinstance(node, ast.Constant) and self.source.value(node) is None:
            shown = self.source.shown(other)
            hint = f"Write it so: {shown} is {'not ' if sign == '!=' else ''}None"
            raise self.source.error(
                node, "Nothing is equal to None; whether something is known is asked by 'is'.", hint
            )

    def membership(self, node: ast.Compare, span: tree.Span) -> tree.Membership:
        """`value in (…)`."""
        listed = node.comparators[0]
        negated = isinstance(node.ops[0], ast.NotIn)
        nodes = list(listed.elts) if isinstance(listed, ast.Tuple | ast.List) else [listed]
        bracketed = self.source.text[: self.source.span(listed).start].rstrip().endswith("(")
        if not isinstance(listed, ast.Tuple | ast.List) and not (
            isinstance(listed, ast.Constant | ast.UnaryOp) and bracketed
        ):
            hint = f"Write it so: in ({self.source.shown(listed)})" if isinstance(listed, ast.Constant) else ""
            raise self.source.error(
                listed, "After 'in' stands a list in brackets.", hint or "Write it so: in ('pro', 'team')"
            )
        if not nodes:
            raise self.source.error(listed, "This list is empty.", "Write what it may be: in ('pro', 'team')")
        options: list[tree.Constant] = []
        for each in nodes:
            value = self.value(each)
            if not isinstance(value, tree.Constant):
                raise self.source.error(
                    each, "A list holds plain numbers and texts.", "Compare with == instead, joined by 'or'."
                )
            options.append(value)
        return tree.Membership(operand=self.value(node.left), options=tuple(options), negated=negated, span=span)

    def missing(self, node: ast.Compare, span: tree.Span) -> tree.Missing:
        """`value is None`."""
        right = node.comparators[0]
        negated = isinstance(node.ops[0], ast.IsNot)
        if not isinstance(right, ast.Constant) or self.source.value(right) is not None:
            sign = "!=" if negated else "=="
            raise self.source.error(
                right,
                f"After 'is{' not' if negated else ''}' stands None.",
                f"Write it so: {self.source.shown(node.left)} {sign} {self.source.shown(right)}",
            )
        return tree.Missing(operand=self.value(node.left), negated=negated, span=span)

    def constant(self, node: ast.Constant) -> tree.Constant:
        """A literal."""
        value = self.source.value(node)
        if value is None:
            raise self.source.error(node, "None stands only after 'is' and 'is not'.", "Write it so: last(nps) is None")
        return tree.Constant(value=value, span=self.source.span(node))

    def negative(self, value: tree.Value, node: ast.UnaryOp) -> tree.Value:
        """`-value`; a literal is negated itself."""
        span = self.source.span(node)
        match value:
            case tree.Constant(value=Decimal() as number):
                return tree.Constant(value=plain_decimal(-number), span=span)
            case tree.Constant():
                raise self.source.error(
                    node, "Only numbers and lengths of time have an opposite.", "Leave the minus out."
                )
            case tree.Duration():
                return tree.Duration(microseconds=-value.microseconds, span=span)
            case _:
                return tree.Negative(operand=value, span=span)

    def bare(self, node: ast.Name) -> tree.Property:
        """A property in an event's filter; elsewhere a name alone says nothing."""
        if self.source.where:
            return tree.Property(name=node.id, span=self.source.span(node))
        function = FUNCTIONS.get(node.id)
        if function:
            message = f"'{node.id}' needs a name after a point." if function.takes in ("trait", "score") else ""
            message = message or f"'{node.id}' is a function and needs its brackets."
            raise self.source.error(node, message, f"Write it so: {function.example}")
        raise self.source.error(
            node,
            f"'{node.id}' alone is no value.",
            f"Ask something of an event, such as count({node.id}) or since({node.id}); a trait is written "
            f"trait.{node.id}, a text stands in quotes: {quoted(node.id)}",
        )

    def event_property(self, node: ast.Attribute | ast.Subscript) -> tree.Property:
        """`event['any name']` in an event's filter."""
        found = part(self.source, node)
        if found and found[0] == "event" and isinstance(node, ast.Subscript):
            return tree.Property(name=found[1], span=self.source.span(node))
        if found and found[0] == "event":
            raise self.source.error(
                node, "Properties of the event are written by their names alone.", f"Write it so: {found[1]}"
            )
        if found and found[0] in ("trait", "score"):
            raise self.source.error(
                node, "where sees one event, not the customer.", f"Ask for {written_part(*found)} in the condition."
            )
        raise self.source.error(
            node, "where knows the event's own properties only, one level deep.", "Write a name, or event['any name']"
        )

    def call(self, node: ast.Call) -> tree.Value:
        """A call that gives a value."""
        if self.source.where:
            raise self.source.error(
                node, "where has no functions: it sees one event.", "Compare its properties: score >= 9"
            )
        found = called(self.source, node)
        if isinstance(found, tree.Was):
            raise self.source.error(
                node, f"{cited(self.source.shown(node))} is a condition, not a value.", "Join it by 'and', 'or', 'not'."
            )
        return found

    def truth(self, value: tree.Property | tree.Measure) -> tree.Comparison:
        """`value == True`, which a bare name means."""
        return tree.Comparison(op="==", left=value, right=tree.Constant(value=True, span=value.span), span=value.span)

    def lonely(self, node: ast.expr, gives: str) -> ConditionError:
        """The error of a value where a condition is needed; faults inside the value are raised first."""
        self.value(node)
        shown = self.source.shown(node)
        if isinstance(node, ast.Constant) and isinstance(self.source.value(node), bool) and not self.source.where:
            hint = "A stage for everybody else is marked: otherwise: true"
            return self.source.error(node, f"'{shown}' alone is no condition.", hint)
        if not gives:
            example = "score >= 9" if self.source.where else "last(nps) >= 9"
            hint = f"since(order) >= {shown}" if isinstance(node, ast.Call) else example
            return self.source.error(
                node, f"{cited(shown)} alone is no condition.", f"Write a comparison, such as {hint}"
            )
        example = _EXAMPLES[gives].format(shown)
        return self.source.error(node, f"{cited(shown)} is a {gives}, not a condition.", f"Compare it: {example}")

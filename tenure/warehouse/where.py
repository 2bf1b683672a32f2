"""Conditions on an event's own properties, as SQL over the `properties` column.

    where: "survey == 'nps' and score <= 6"

Texts of users enter SQL only as literals made by `quote`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from sqlglot import exp

from tenure.expressions.tree import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Membership,
    Missing,
    Negative,
    Not,
    Or,
    Property,
    Value,
    walk,
)

# what counts as a number: JSON numbers and texts of this form (no blanks), below 10^15
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
LIMIT = "1000000000000000"


def named(column: str, names: Sequence[str]) -> str:
    """SQL of the name of the stage at a position."""
    arms = " ".join(f"WHEN {place} THEN {quote(name)}" for place, name in enumerate(names))
    return f"CASE {column} {arms} END"


@lru_cache(4096)
def quote(text: str) -> str:
    """The text as an SQL string literal."""
    return exp.Literal.string(text).sql(dialect="duckdb")


def path(name: str) -> str:
    """The JSON pointer to a property, as an SQL string literal; in a JSON path some names mean all or nothing."""
    return quote("/" + name.replace("~", "~0").replace("/", "~1"))


def property_number(name: str, column: str = "properties") -> str:
    """SQL of a property as DECIMAL(38,6); null where it is no number (booleans, other texts, |x| >= 10^15)."""
    return number_of(f"json_extract_string({column}, {path(name)})")


def number_of(raw: str) -> str:
    """SQL of a text as DECIMAL(38,6), rounded half away from zero; null where it is no number."""
    cast = f"TRY_CAST({raw} AS DECIMAL(38,6))"
    return f"CASE WHEN regexp_full_match({raw}, {quote(NUMBER)}) AND abs({cast}) < {LIMIT} THEN {cast} END"


def property_text(name: str, column: str = "properties") -> str:
    """SQL of a property as text: texts as they are, true and false, numbers in their shortest form, else null."""
    return json_text(column, path(name))


def json_text(column: str, at: str) -> str:
    """SQL of what stands in a JSON column at a path (a literal), as text; null for lists, objects and null."""
    raw = f"json_extract_string({column}, {at})"
    shortest = rf"regexp_replace(CAST({number_of(raw)} AS VARCHAR), '\.?0+$', '')"
    return (
        f"CASE WHEN json_type({column}, {at}) IN ('VARCHAR', 'BOOLEAN') THEN {raw} "
        f"WHEN json_type({column}, {at}) IN ('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT') THEN {shortest} END"
    )


def condition_sql(node: Condition, column: str = "properties") -> str:
    """SQL of the condition; never null, since an unknown comparison does not hold."""
    match node:
        case Comparison():
            left, right = _pair(node.left, node.right, column, equality=node.op in ("==", "!="))
            op = {"==": "=", "!=": "<>"}.get(node.op, node.op)
            return f"coalesce({left} {op} {right}, FALSE)"
        case Membership():
            as_text = any(not isinstance(option.value, Decimal) for option in node.options)
            options = ", ".join(_value(option, column, as_text) for option in node.options)
            word = "NOT IN" if node.negated else "IN"
            return f"coalesce({_value(node.operand, column, as_text)} {word} ({options}), FALSE)"
        case Missing():
            word = "IS NOT NULL" if node.negated else "IS NULL"
            return f"({_value(node.operand, column, isinstance(node.operand, Property))} {word})"
        case Not():
            return f"NOT {condition_sql(node.operand, column)}"
        case And():
            return "(" + " AND ".join(condition_sql(operand, column) for operand in node.operands) + ")"
        case Or():
            return "(" + " OR ".join(condition_sql(operand, column) for operand in node.operands) + ")"
        case _:
            raise ValueError(f"{type(node).__name__} cannot stand in `where`")


def _pair(left: Value, right: Value, column: str, *, equality: bool) -> tuple[str, str]:
    as_text = _is_text(left) or _is_text(right)
    if not as_text and equality and isinstance(left, Property) and isinstance(right, Property):
        as_text = True
    return _value(left, column, as_text), _value(right, column, as_text)


def _is_text(node: Value) -> bool:
    return any(isinstance(below, Constant) and not isinstance(below.value, Decimal) for below in walk(node))


def _value(node: Value, column: str, as_text: bool) -> str:
    match node:
        case Property():
            return property_text(node.name, column) if as_text else property_number(node.name, column)
        case Constant(value=bool() as truth):
            return quote("true" if truth else "false")
        case Constant(value=str() as text):
            return quote(text)
        case Constant():
            return f"{node.value:f}"
        case Negative():
            return f"(-{_value(node.operand, column, False)})"
        case Arithmetic():
            left, right = _value(node.left, column, False), _value(node.right, column, False)
            if node.op == "/":
                return f"({left} / nullif({right}, 0))"
            return f"({left} {node.op} {right})"
        case _:
            raise ValueError(f"{type(node).__name__} cannot stand in `where`")

"""The truth of one comparison in SQL, and the moment at which time alone will change it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tenure.lifecycle.bound import Atom, Compare, Fixed, OneOf, Operand, Operation, Reading, Unknown, readings
from tenure.lifecycle.exact import Linear, Test, constant, in_range
from tenure.lifecycle.registers import told
from tenure.warehouse.where import quote

Columns = Mapping[Reading, Sequence[str]]

_SQL = {"==": "=", "!=": "<>"}


def linear(operand: Operand, columns: Columns) -> Linear:
    """The operand as a value linear in time, over the columns that hold its registers."""
    match operand:
        case Fixed():
            return constant(Fraction(operand.value))
        case Reading():
            return told(operand, columns[operand])
        case Operation():
            left, right = linear(operand.left, columns), linear(operand.right, columns)
            match operand.op:
                case "+":
                    return left.plus(right)
                case "-":
                    return left.plus(right.negative())
                case "*":
                    return left.times(right)
                case _:
                    return left.over(right)


def text(operand: Operand, columns: Columns) -> str:
    """SQL of the operand as text, each known one with a '=' in front."""
    if isinstance(operand, Fixed):
        return quote(f"={operand.value}")
    if isinstance(operand, Reading):
        return columns[operand][0]
    raise ValueError("texts cannot be calculated with")


def truth(atom: Atom, columns: Columns, moment: str) -> str:
    """SQL of the atom's truth at a moment; null counts as false."""
    match atom:
        case Compare(text=True):
            return f"{text(atom.left, columns)} {_SQL.get(atom.op, atom.op)} {text(atom.right, columns)}"
        case Compare():
            plain = _plain(atom.left, columns), _plain(atom.right, columns)
            if plain[0] and plain[1]:
                return f"{plain[0]} {_SQL.get(atom.op, atom.op)} {plain[1]}"
            test = _test(atom, columns)
            guards = _cancelled(atom, columns, test.difference)
            return " AND ".join([*guards, f"({test.truth(moment)})"]) if guards else test.truth(moment)
        case OneOf(text=True):
            options = ", ".join(quote(f"={option}") for option in atom.options)
            return f"{text(atom.operand, columns)} {'NOT IN' if atom.negated else 'IN'} ({options})"
        case OneOf():
            value = linear(atom.operand, columns)
            tests = [Test("==", value.plus(constant(-Fraction(option)))).truth(moment) for option in atom.options]
            among = " OR ".join(f"({test})" for test in tests)
            guards = _cancelled(atom, columns, value)
            return " AND ".join([*guards, f"NOT ({among})" if atom.negated else f"({among})"])
        case Unknown():
            word = "IS NOT NULL" if atom.negated else "IS NULL"
            return f"({_known(atom.operand, columns)}) {word}"
        case _:
            raise ValueError(f"{type(atom).__name__} is not told from registers")


def deadline(atom: Atom, columns: Columns) -> str | None:
    """SQL of the moment at which time alone changes the atom; None where time does not."""
    if isinstance(atom, Compare) and not atom.text:
        test = _test(atom, columns)
        due, guards = test.deadline(), _cancelled(atom, columns, test.difference)
        return f"CASE WHEN {' AND '.join(guards)} THEN {due} END" if due and guards else due
    return None


def value(operand: Operand, columns: Columns, moment: str) -> str:
    """SQL of the operand's value at a moment: texts with a '=' in front, numbers, null where unknown."""
    if isinstance(operand, Reading) and operand.text:
        return columns[operand][0]
    if plain := _plain(operand, columns):
        return plain
    told_value = linear(operand, columns)
    at = f"({told_value.slope.sql(wide=True)}) * CAST({moment} AS HUGEINT) + " if not told_value.slope.is_zero else ""
    return in_range(
        f"CAST({at}{told_value.intercept.sql(wide=True)} AS DOUBLE) / "
        f"nullif(CAST({told_value.divisor.sql(wide=True)} AS DOUBLE), 0)"
    )


def _plain(operand: Operand, columns: Columns) -> str | None:
    """SQL of a number that needs no calculation; None where it does."""
    match operand:
        case Reading(function="count" | "distinct" | "sum" | "min" | "max" | "first" | "last", after=None):
            return columns[operand][0]
        case Fixed(value=Fraction() as number) if 10**12 % number.denominator == 0:
            return f"{Decimal(number.numerator) / number.denominator:f}"
        case _:
            return None


def difference(atom: Compare, columns: Columns) -> Linear:
    """The left side without the right one, which the comparison holds against 0."""
    return linear(atom.left, columns).plus(linear(atom.right, columns).negative())


def _test(atom: Compare, columns: Columns) -> Test:
    return Test(atom.op, difference(atom, columns))


def _cancelled(node: Atom | Operand, columns: Columns, told_value: Linear) -> list[str]:
    """Conditions that what fell out of the calculation is known: x - x is unknown where x is."""
    left = " ".join(whole.sql() for whole in (told_value.intercept, told_value.slope, told_value.divisor))
    needed = [
        column
        for reading in readings(node)
        if reading.after is not None or reading.function not in ("count", "sum", "distinct")
        for column in columns[reading]
    ]
    absent = [column for column in needed if not re.search(rf"(?<!\w){re.escape(column)}(?!\w)", left)]
    return [f"{column} IS NOT NULL" for column in dict.fromkeys(absent)]


def _known(operand: Operand, columns: Columns) -> str:
    """SQL that is null exactly where the operand is unknown."""
    if isinstance(operand, Reading) and operand.text:
        return columns[operand][0]
    told_value = linear(operand, columns)
    parts = [f"CASE WHEN {guard} THEN 0 END" for guard in _cancelled(operand, columns, told_value)]
    wholes = (told_value.intercept, told_value.slope)
    parts += [whole.sql(wide=True) for whole in wholes if not whole.is_constant]
    if not told_value.divisor.is_constant:
        parts.append(f"nullif({told_value.divisor.sql(wide=True)}, 0)")
    elif told_value.divisor.is_zero:
        parts.append("NULL")
    parts = parts or ["0"]
    return in_range(" + ".join(f"({part})" for part in parts))

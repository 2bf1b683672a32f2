"""Exact arithmetic in SQL: values that are linear in time, as whole numbers.

A value of the condition language is, between two events, `(slope · t + intercept) / divisor` with numbers that the
customer's history fixes. Counts and times are whole, values are decimals of six places, and what is written in a
condition becomes whole factors: so nothing is ever rounded, and the moment at which a comparison changes is a floor
division. Where a product outgrows 38 digits the comparison is unknown, as is a value out of range; a moment that 64
bits cannot tell never comes. Thresholds never flicker.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from tenure.errors import UsageError

VALUE_SCALE = 6  # decimals of values
DIGITS = 38  # of what engines calculate with exactly
LARGE = 10**6  # the product of a larger factor and a count may outgrow 64 bits, as may a sum with its third power


@dataclass(frozen=True, slots=True)
class Column:
    """A number of the history: an SQL expression and its decimals."""

    name: str
    scale: int = 0

    def sql(self, *, wide: bool) -> str:
        """The number; `wide` casts a whole one to 128 bits first (decimals have them)."""
        return f"CAST({self.name} AS HUGEINT)" if wide and self.scale == 0 else self.name

    def whole(self) -> str:
        """The number in units of its last decimal, in 128 bits."""
        return f"CAST({self.name} * {10**self.scale} AS HUGEINT)" if self.scale else self.sql(wide=True)


@dataclass(frozen=True, slots=True)
class Product:
    """The product of two sums."""

    left: Sum
    right: Sum

    @property
    def scale(self) -> int:
        """Its decimals."""
        return self.left.scale + self.right.scale

    def sql(self, *, wide: bool) -> str:
        """The product, always of 128 bits."""
        return f"({self.left.sql(wide=True)}) * ({self.right.sql(wide=True)})"

    def whole(self) -> str:
        """The product in units of its last decimal."""
        return f"({self.left.whole(self.left.scale)}) * ({self.right.whole(self.right.scale)})"


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in SQL: `constant + Σ factor · term`."""

    constant: int = 0
    terms: tuple[tuple[int, Column | Product], ...] = ()

    @property
    def scale(self) -> int:
        """The decimals of the sum."""
        return max((term.scale for _, term in self.terms), default=0)

    @property
    def is_constant(self) -> bool:
        """Whether no term depends on the history."""
        return not self.terms

    @property
    def is_zero(self) -> bool:
        """Whether the sum is 0 whatever the history."""
        return not self.terms and self.constant == 0

    def plus(self, other: Sum) -> Sum:
        """The sum of both; equal terms are gathered, so that differences cancel."""
        gathered: dict[Column | Product, int] = {}
        for factor, term in (*self.terms, *other.terms):
            gathered[term] = gathered.get(term, 0) + factor
        terms = tuple((factor, term) for term, factor in gathered.items() if factor)
        return Sum(self.constant + other.constant, terms)

    def scaled(self, by: int) -> Sum:
        """The sum times a whole number."""
        if by == 0:
            return Sum()
        return Sum(self.constant * by, tuple((factor * by, term) for factor, term in self.terms))

    def times(self, other: Sum) -> Sum:
        """The product; constants stay constants, anything else becomes one term of 128 bits.

        Raises UsageError where its decimals alone are too many.
        """
        if self.is_constant:
            return other.scaled(self.constant)
        if other.is_constant:
            return self.scaled(other.constant)
        product = Product(self, other)
        if product.scale > DIGITS - VALUE_SCALE:
            raise _too_many_digits()
        return Sum(0, ((1, product),))

    def sql(self, *, wide: bool = False) -> str:
        """The sum as SQL; `wide` casts whole terms to 128 bits first, as is done anyway where a number is large."""
        large = abs(self.constant) > LARGE**3
        return _added(self.constant, [(f, term.sql(wide=wide or large or abs(f) > LARGE)) for f, term in self.terms])

    def whole(self, scale: int) -> str:
        """The sum in units of 10^-scale, in whole numbers of 128 bits."""
        return _added(
            self.constant * 10**scale, [(f * 10 ** (scale - term.scale), term.whole()) for f, term in self.terms]
        )


def _too_many_digits() -> UsageError:
    return UsageError(
        f"A condition multiplies numbers to more than {DIGITS} digits, which cannot be told exactly.",
        hint="Divide in place of multiplying, or compare smaller numbers.",
    )


def _added(constant: int, terms: Sequence[tuple[int, str]]) -> str:
    if any(abs(number) >= 10**DIGITS for number in (constant, *(factor for factor, _ in terms))):
        raise _too_many_digits()
    parts: list[str] = []
    for factor, text in terms:
        times = f"{abs(factor)} * " if abs(factor) != 1 else ""
        parts.append(("- " if factor < 0 else "+ ") + times + text)
    if constant or not parts:
        parts.append(("- " if constant < 0 else "+ ") + str(abs(constant)))
    text = " ".join(parts)
    return text[2:] if text.startswith("+ ") else "-" + text[2:]


@dataclass(frozen=True, slots=True)
class Linear:
    """`(slope · t + intercept) / divisor`, t in microseconds."""

    intercept: Sum
    slope: Sum = Sum()
    divisor: Sum = Sum(1)

    def plus(self, other: Linear) -> Linear:
        """The sum of both values."""
        if self.divisor == other.divisor:
            return Linear(self.intercept.plus(other.intercept), self.slope.plus(other.slope), self.divisor)
        if self.divisor.is_constant and other.divisor.is_constant:
            common = lcm(self.divisor.constant, other.divisor.constant)
            mine, theirs = common // self.divisor.constant, common // other.divisor.constant
            return Linear(
                self.intercept.scaled(mine).plus(other.intercept.scaled(theirs)),
                self.slope.scaled(mine).plus(other.slope.scaled(theirs)),
                Sum(common),
            )
        return Linear(
            self.intercept.times(other.divisor).plus(other.intercept.times(self.divisor)),
            self.slope.times(other.divisor).plus(other.slope.times(self.divisor)),
            self.divisor.times(other.divisor),
        )

    def negative(self) -> Linear:
        """The value with the other sign."""
        return Linear(self.intercept.scaled(-1), self.slope.scaled(-1), self.divisor)

    def times(self, other: Linear) -> Linear:
        """The product; at most one of the two may have a slope (the checker saw to it)."""
        if not self.slope.is_zero and not other.slope.is_zero:
            raise ValueError("a product of two time measures has no computable moment of change")
        slope = self.slope.times(other.intercept).plus(other.slope.times(self.intercept))
        return Linear(self.intercept.times(other.intercept), slope, self.divisor.times(other.divisor))

    def over(self, other: Linear) -> Linear:
        """The quotient; the divisor has no slope (the checker saw to it)."""
        if not other.slope.is_zero:
            raise ValueError("a division by a time measure has no computable moment of change")
        return Linear(
            self.intercept.times(other.divisor),
            self.slope.times(other.divisor),
            self.divisor.times(other.intercept),
        )


def constant(value: Fraction) -> Linear:
    """The constant `value`."""
    return Linear(Sum(value.numerator), divisor=Sum(value.denominator))


def number(sql: str) -> Linear:
    """A whole number of the history, such as a count; `sql` is its expression."""
    return Linear(Sum(0, ((1, Column(sql)),)))


def decimal(sql: str) -> Linear:
    """A value with six decimals."""
    return Linear(Sum(0, ((1, Column(sql, VALUE_SCALE)),)))


def elapsed(since_sql: str) -> Linear:
    """The time from a moment of the history to t."""
    return Linear(Sum(0, ((-1, Column(since_sql)),)), slope=Sum(1))


def remaining(until_sql: str) -> Linear:
    """The time from t to a moment of the history."""
    return Linear(Sum(0, ((1, Column(until_sql)),)), slope=Sum(-1))


@dataclass(frozen=True, slots=True)
class Test:
    """`slope · t + intercept  op  0` with `op` one of `< <= > >= == !=`, and divisor different from 0."""

    op: str
    difference: Linear

    def truth(self, moment: str) -> str:
        """SQL of the truth at `moment` (an SQL expression); null where something is unknown."""
        return in_range(self._truth(moment))

    def _truth(self, moment: str) -> str:
        slope, intercept, sign = self._signed()
        if slope.is_zero:
            return self._guarded(lambda op: _two_sides(intercept, op), sign)
        if slope.is_constant and abs(slope.constant) == 1 and sign is None:
            # slope ±1: compare the moment itself, in 64 bits
            op = self.op if slope.constant > 0 else _MIRRORED[self.op]
            threshold = intercept.scaled(-slope.constant)
            apart = threshold.plus(Sum(0, ((-1, Column(moment)),)))
            if apart.is_constant:
                # a time from the moment to itself, at an event
                return str(_COMPARED[op](0, apart.constant)).upper()
            return _sql_op(f"{moment} {op} {threshold.sql()}")
        scale = max(slope.scale, intercept.scale)
        value = f"({slope.whole(scale)}) * CAST({moment} AS HUGEINT) + ({intercept.whole(scale)})"
        return self._guarded(lambda op: f"{value} {op} 0", sign)

    def deadline(self) -> str | None:
        """SQL of the moment at which the truth changes between two events; None where it cannot change."""
        slope, intercept, sign = self._signed()
        if slope.is_zero or self.op in ("==", "!="):
            return None
        closed = self.op in (">=", "<")  # these change at the first t with value >= 0, if the slope is positive
        if slope.is_constant and abs(slope.constant) == 1 and sign is None:
            threshold = intercept.scaled(-slope.constant)
            rising = slope.constant > 0
            late = closed != rising  # the last moment that still belongs to the other side
            due = (threshold.plus(Sum(1)) if late else threshold).sql()
            return f"TRY(CAST({due} AS BIGINT))" if _multiplies(due) or "HUGEINT" in due else due
        factor = f"CASE WHEN {sign} > 0 THEN 1 WHEN {sign} < 0 THEN -1 END * " if sign else ""
        scale = max(slope.scale, intercept.scale)
        a = f"({factor}({slope.whole(scale)}))"
        b = f"({factor}({intercept.whole(scale)}))"
        # the first t with a·t + b >= 0 or > 0 (a > 0), or the first t where that no longer holds (a < 0)
        up = f"{_floor(f'-{b} - 1', a)} + 1" if closed else f"{_floor(f'-{b}', a)} + 1"
        down = f"{_floor(b, f'(-{a})')} + 1" if closed else f"{_floor(f'{b} - 1', f'(-{a})')} + 1"
        return in_range(f"CASE WHEN {a} > 0 THEN {up} WHEN {a} < 0 THEN {down} END")

    def _signed(self) -> tuple[Sum, Sum, str | None]:
        divisor = self.difference.divisor
        slope, intercept = self.difference.slope, self.difference.intercept
        if divisor.is_constant:
            if divisor.constant == 0:
                return Sum(), Sum(0, ((1, Column("NULL")),)), None
            if divisor.constant < 0:
                return slope.scaled(-1), intercept.scaled(-1), None
            return slope, intercept, None
        return slope, intercept, f"({divisor.sql(wide=True)})"

    def _guarded(self, compared: Callable[[str], str], sign: str | None) -> str:
        if sign is None:
            return _sql_op(compared(self.op))
        straight, turned = _sql_op(compared(self.op)), _sql_op(compared(_MIRRORED[self.op]))
        return f"CASE WHEN {sign} > 0 THEN {straight} WHEN {sign} < 0 THEN {turned} END"


_COMPARED = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq,
             "!=": operator.ne}  # fmt: skip
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


def _multiplies(sql: str) -> bool:
    return " * " in sql


def in_range(sql: str) -> str:
    """The SQL, null where a product in it has too many digits."""
    return f"TRY({sql})" if _multiplies(sql) else sql


def _sql_op(text: str) -> str:
    return text.replace(" == ", " = ").replace(" != ", " <> ")


def _two_sides(total: Sum, op: str) -> str:
    """`total op 0` with its negative terms moved to the right, so that it reads as it was written."""
    left = Sum(0, tuple((f, t) for f, t in total.terms if f > 0))
    right = Sum(-total.constant, tuple((-f, t) for f, t in total.terms if f < 0))
    # engines differ in the decimals that they keep of a product of decimals
    whole = any(isinstance(term, Product) for _, term in total.terms)
    one, other = (side.whole(total.scale) if whole else side.sql() for side in (left, right))
    if left.is_constant and not right.is_constant:
        return f"{other} {_MIRRORED[op]} {one}"
    return f"{one} {op} {other}"


def _floor(dividend: str, divisor: str) -> str:
    """Floor division of whole numbers for a positive divisor (engines truncate towards zero)."""
    remainder = f"((({dividend}) % {divisor} + {divisor}) % {divisor})"
    return f"CAST((({dividend}) - {remainder}) // {divisor} AS BIGINT)"

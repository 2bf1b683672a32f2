"""What each part contributed to a change: contributions that add up to it exactly, with nothing left over.

A formula is arithmetic over *atoms*, figures that are the sum of their parts (orders by country). Arrays have a row for
each part, and may have a further axis of replicates. With Fractions every identity holds to the last digit; with floats
the same code serves for standard errors.

Sums split by themselves. A product splits by the symmetric product rule, `Δ(ab) = Δa · mean(b) + Δb · mean(a)`. The
change of a rate splits for each part into what its own rate did and what its weight did:

    Δ(N/D) = Σ mean(w) · Δr  +  Σ (mean(r) - mean(R)) · Δw

where w is the part's share of D, r its rate, and R the whole rate.

Source: E. M. Kitagawa, Components of a Difference Between Two Rates, Journal of the American Statistical Association 50
(1955), 1168-1194. Weights add up to 1, so that subtracting mean(R) from the second term leaves the sum alone; a part
that grows then counts as what it is, better or worse than the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tenure.metrics.formula import Before, Calculation, DaysInPeriod, Formula, Leaf, Number, Ratio

# exact numbers or floats: a row for each part, then perhaps replicates
Numbers: TypeAlias = npt.NDArray[Any]
# a figure, and whether it is that of the period before
Atom: TypeAlias = tuple[Leaf, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The atoms of both periods by part, and how many days each period has."""

    before: Mapping[Atom, Numbers]
    after: Mapping[Atom, Numbers]
    days: tuple[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """A value before and after, and what each part contributed to the difference; `rest` is what no part did.

    `mix` is the share of the contribution that changed weights made, None where the value is no rate. A value that
    cannot be worked out is NaN, or None where numbers are exact.
    """

    before: Any
    after: Any
    parts: Numbers
    rest: Any
    mix: Numbers | None = None


def atoms(formula: Formula, *, earlier: bool = False) -> tuple[Atom, ...]:
    """The figures of a formula, each with whether it is asked for the period before."""
    match formula:
        case Ratio():
            found = (*atoms(formula.numerator, earlier=earlier), *atoms(formula.denominator, earlier=earlier))
        case Calculation():
            found = (*atoms(formula.left, earlier=earlier), *atoms(formula.right, earlier=earlier))
        case Before():
            found = atoms(formula.formula, earlier=True)
        case Number() | DaysInPeriod():
            found = ()
        case _:
            found = ((formula, earlier),)  # type: ignore[assignment]
    return tuple(dict.fromkeys(found))


def value(formula: Formula, sums: Mapping[Atom, Any], days: Any, *, earlier: bool = False) -> Any:
    """The formula's value from the sums of its atoms; None where 0 divides, or where a sum is None.

    Sums may be arrays of floats; where 0 divides these have NaN.
    """
    match formula:
        case Number():
            return Fraction(formula.value)
        case DaysInPeriod():
            return days
        case Before():
            return value(formula.formula, sums, days, earlier=True)
        case Ratio():
            left, right, op = formula.numerator, formula.denominator, "/"
        case Calculation():
            left, right, op = formula.left, formula.right, formula.op
        case _:
            return sums[(formula, earlier)]  # type: ignore[index]
    one, other = (value(side, sums, days, earlier=earlier) for side in (left, right))
    if one is None or other is None:
        return None
    one, other = _alike(one, other)
    match op:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
    if isinstance(other, np.ndarray):
        return np.divide(one, other, out=np.full(np.broadcast_shapes(np.shape(one), other.shape), np.nan),
                         where=other != 0)  # fmt: skip
    return one / other if other else None


def decompose(formula: Formula, sides: Sides) -> Parted | None:
    """The change of the formula's value in parts; None where the value of a period cannot be worked out.

    `parts` and `rest` add up to `after - before` exactly.
    """
    found = _parted(formula, sides, earlier=False)
    if found is None or not isinstance(formula, Ratio):
        return found
    top, bottom = (_levels(side, sides, earlier=False) for side in (formula.numerator, formula.denominator))
    if top is None or bottom is None:
        return found
    return _rates(found, top, bottom)


def _rates(found: Parted, top: tuple[Numbers, Numbers], bottom: tuple[Numbers, Numbers]) -> Parted:
    """Mix and rate, part by part (Kitagawa)."""
    whole = [side.sum(axis=0) for side in bottom]
    mean = (found.before + found.after) / 2
    weights = [side / total for side, total in zip(bottom, whole, strict=True)]
    shares = [side / total for side, total in zip(top, whole, strict=True)]
    drift = weights[1] - weights[0]
    contributed = shares[1] - shares[0] - mean * drift
    mix = np.array([
        _mix([w[row] for w in weights], [s[row] for s in shares], mean) for row in range(len(drift))
    ], dtype=object)  # fmt: skip
    rest = found.after - found.before - contributed.sum(axis=0)
    return Parted(before=found.before, after=found.after, parts=contributed, rest=rest, mix=mix)


def _mix(weights: list[Any], shares: list[Any], mean: Any) -> Any:
    """The part of a contribution that its changed weight made."""
    drift = weights[1] - weights[0]
    rates = [share / weight for share, weight in zip(shares, weights, strict=True) if weight]
    if not rates or any(share and not weight for share, weight in zip(shares, weights, strict=True)):
        # what has no weight has no rate
        return drift * 0
    # who was not there before, or is not now, has the rate that is known
    return (sum(rates) / len(rates) - mean) * drift


def _parted(formula: Formula, sides: Sides, *, earlier: bool) -> Parted | None:
    rows = len(next(iter(sides.before.values()), np.zeros(0)))
    nothing = np.full(rows, Fraction(0), dtype=object)
    match formula:
        case Number():
            exact = Fraction(formula.value)
            return Parted(exact, exact, nothing, Fraction(0))
        case DaysInPeriod():
            return Parted(*sides.days, nothing, sides.days[1] - sides.days[0])
        case Before():
            return _parted(formula.formula, sides, earlier=True)
        case Ratio():
            left, right, op = formula.numerator, formula.denominator, "/"
        case Calculation():
            left, right, op = formula.left, formula.right, formula.op
        case _:
            one, two = (side[(formula, earlier)] for side in (sides.before, sides.after))  # type: ignore[index]
            return Parted(one.sum(axis=0), two.sum(axis=0), two - one, Fraction(0))
    a, b = _parted(left, sides, earlier=earlier), _parted(right, sides, earlier=earlier)
    if a is None or b is None:
        return None
    if op in ("+", "-"):
        sign = 1 if op == "+" else -1
        return Parted(
            a.before + sign * b.before, a.after + sign * b.after, a.parts + sign * b.parts, a.rest + sign * b.rest
        )
    if op == "/":
        if not b.before or not b.after:
            return None
        # 1/b changes by -Δb / (b₀ b₁)
        scale = -1 / (b.before * b.after)
        b = Parted(1 / b.before, 1 / b.after, b.parts * scale, b.rest * scale)
    one, other = (a.before + a.after) / 2, (b.before + b.after) / 2
    return Parted(
        a.before * b.before, a.after * b.after, a.parts * other + b.parts * one, a.rest * other + b.rest * one
    )


def _levels(formula: Formula, sides: Sides, *, earlier: bool) -> tuple[Numbers, Numbers] | None:
    """The parts of a formula's value before and after, where the value is the sum of them; else None."""
    match formula:
        case Before():
            return _levels(formula.formula, sides, earlier=True)
        case Number() | DaysInPeriod() | Ratio():
            return None
        case Calculation(op="+" | "-"):
            a = _levels(formula.left, sides, earlier=earlier)
            b = _levels(formula.right, sides, earlier=earlier)
            if a is None or b is None:
                return None
            return (a[0] + b[0], a[1] + b[1]) if formula.op == "+" else (a[0] - b[0], a[1] - b[1])
        case Calculation():
            factor, other = formula.left, formula.right
            if formula.op == "/" or isinstance(other, Number):
                factor, other = other, factor
            levels = _levels(other, sides, earlier=earlier)
            if levels is None or not isinstance(factor, Number) or not factor.value:
                return None
            exact = Fraction(factor.value) if formula.op == "*" else 1 / Fraction(factor.value)
            return levels[0] * exact, levels[1] * exact
        case _:
            return sides.before[(formula, earlier)], sides.after[(formula, earlier)]  # type: ignore[index]


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    """Both as floats where one is an array of floats."""
    floats = [isinstance(side, np.ndarray | float) for side in (one, other)]
    if any(floats) and not all(floats):
        return (one, float(other)) if floats[0] else (float(one), other)
    return one, other

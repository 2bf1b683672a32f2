"""Comparisons between sums, told from one net sum: `2 * sum(a) > sum(b)` is a running sum of 2a and -b against 0.

One window then does the work of several, over the same rows. Units that only ever add on the side on which nothing
changes (orders, and never a refund) are left out: for them the comparison stays what it is of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenure.lifecycle.bound import Atom, Compare, operands, readings
from tenure.lifecycle.exact import Column, Linear, Sum, Test
from tenure.lifecycle.registers import Feeds, Register, registers_of
from tenure.lifecycle.truths import difference

_SUMMED = frozenset({"count", "sum", "distinct"})
MOST = 1_000  # a sum times more than this might outgrow the digits of a decimal


@dataclass(frozen=True, slots=True)
class Net:
    """A comparison's one register, and the comparison of it with a constant."""

    register: Register
    op: str
    constant: int
    divisor: int
    scale: int

    def truth(self, column: str) -> str:
        """SQL of the comparison, over the column that holds the register."""
        told = Linear(Sum(self.constant, ((1, Column(column, self.scale)),)), divisor=Sum(self.divisor))
        return Test(self.op, told).truth("time")


def net(atom: Atom, feeds: Feeds) -> Net | None:
    """The comparison as one net sum; None where it is not one between several sums."""
    if not isinstance(atom, Compare) or atom.text:
        return None
    found = dict.fromkeys(reading for operand in operands(atom) for reading in readings(operand))
    if len(found) < 2 or any(reading.function not in _SUMMED or reading.after is not None for reading in found):
        return None
    registers = {f"n{place}": registers_of(reading, feeds)[0] for place, reading in enumerate(found)}
    told = difference(atom, {reading: (name,) for reading, name in zip(found, registers, strict=True)})
    terms = [(factor, term) for factor, term in told.intercept.terms if isinstance(term, Column)]
    if (
        len(terms) < len(told.intercept.terms)
        or len({registers[term.name].holds for _, term in terms}) != 1
        or any(abs(factor) > MOST for factor, _ in terms)
        or not told.divisor.is_constant
        or told.divisor.is_zero
    ):
        return None
    summed = " UNION ALL ".join(_times(factor, feed) for factor, term in terms for feed in registers[term.name].feeds)
    constant, divisor = told.intercept.constant, told.divisor.constant
    if side := _turning(atom.op, constant, divisor):
        # what enters is fed first
        entering = [_times(factor, registers[term.name].feeds[0]) for factor, term in terms]
        able = " UNION ALL ".join(f"SELECT unit FROM ({feed}) WHERE c {side} 0" for feed in entering)
        summed = f"SELECT unit, time, tie, c FROM ({summed}) WHERE unit IN ({able})"
    register = Register((summed,), "sum", registers[terms[0][1].name].holds)
    return Net(register, atom.op, constant, divisor, told.intercept.scale)


def _turning(op: str, constant: int, divisor: int) -> str | None:
    """The side of 0, '<' or '>', on which something has to be added for the comparison to change; None for either."""
    if op not in ("<", "<=", ">", ">="):
        return None
    of_nothing = constant if divisor > 0 else -constant
    holds = {"<": of_nothing < 0, "<=": of_nothing <= 0, ">": of_nothing > 0, ">=": of_nothing >= 0}[op]
    rising = op.startswith(">") == (divisor > 0)
    return "<" if rising == holds else ">"


def _times(factor: int, feed: str) -> str:
    return feed if factor == 1 else f"SELECT unit, time, tie, {factor} * c AS c FROM ({feed})"

"""Contributions add up exactly, whatever the table; and the hand-worked ones are right."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.metrics.formula import Calculation, DaysInPeriod, Figure, Formula, Number, Part, Ratio, Rows
from tenure.metrics.why.decompose import Sides, atoms, decompose, value

A, B, C = (Figure(function="sum", rows=Rows(part=Part(event=name))) for name in "abc")
HUNDRED = Number(value=Decimal(100))

amounts = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
counts = st.integers(min_value=0, max_value=50).map(Fraction)
FORMULAS: tuple[Formula, ...] = (
    A,
    Calculation(op="-", left=A, right=B),
    Calculation(op="*", left=A, right=B),
    Ratio(numerator=A, denominator=B),
    Ratio(numerator=Calculation(op="*", left=HUNDRED, right=A), denominator=Calculation(op="+", left=B, right=C)),
    Calculation(op="*", left=Ratio(numerator=A, denominator=B), right=Ratio(numerator=C, denominator=B)),
    Calculation(op="-", left=HUNDRED, right=Ratio(numerator=A, denominator=C)),
    Ratio(numerator=A, denominator=DaysInPeriod()),
    Ratio(numerator=Ratio(numerator=A, denominator=B), denominator=Ratio(numerator=C, denominator=A)),
)


def sides(formula: Formula, rows: Sequence[tuple[Sequence[Fraction], Sequence[Fraction]]]) -> Sides:
    """Parts, each with the values of a, b and c before and after."""
    names = {A: 0, B: 1, C: 2}
    before, after = (
        {
            (leaf, earlier): np.array([row[side][names[leaf]] for row in rows], dtype=object)  # type: ignore[index]
            for leaf, earlier in atoms(formula)
        }
        for side in (0, 1)
    )
    return Sides(before, after, (Fraction(28), Fraction(31)))


@given(
    st.sampled_from(FORMULAS),
    st.lists(st.tuples(st.tuples(amounts, counts, counts), st.tuples(amounts, counts, counts)), min_size=1, max_size=8),
)
def test_contributions_add_up_exactly(
    formula: Formula, rows: list[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]]
) -> None:
    asked = sides(formula, rows)
    told = [
        value(formula, {atom: cells.sum() for atom, cells in side.items()}, days)
        for side, days in zip((asked.before, asked.after), asked.days, strict=True)
    ]
    found = decompose(formula, asked)
    if found is None:
        # only where something is divided by nothing
        assert formula is not A
        return
    assert (found.before, found.after) == tuple(told)
    assert sum(found.parts) + found.rest == found.after - found.before
    if found.mix is not None:
        rates = found.parts - found.mix
        assert sum(rates) + sum(found.mix) + found.rest == found.after - found.before


def test_mix_and_rate_by_hand() -> None:
    """Two channels. Search: 40 of 400 buy, then 30 of 200 (10 %, then 15 %). Mail: 30 of 100, then 48 of 200.

    The whole falls from 70/500 = 14 % to 78/400 = 19.5 %. Weights of search: 4/5, then 1/2; of mail: 1/5, then 1/2.
    Rates: search mean(w) 13/20 × (+1/20) = 13/400; mail mean(w) 7/20 × (24 % - 30 %) = -21/1000.
    Mix, mean(R) = 67/400: search (1/8 - 67/400) × (-3/10) = 51/4000; mail (27/100 - 67/400) × (+3/10) = 123/4000.
    Together 130/4000 - 84/4000 + 51/4000 + 123/4000 = 220/4000 = 5.5 points.
    """
    formula = Ratio(numerator=A, denominator=B)
    rows = [
        ((Fraction(40), Fraction(400)), (Fraction(30), Fraction(200))),
        ((Fraction(30), Fraction(100)), (Fraction(48), Fraction(200))),
    ]
    found = decompose(formula, sides(formula, rows))
    assert found is not None and found.mix is not None
    assert list(found.mix) == [Fraction(51, 4000), Fraction(123, 4000)]
    assert list(found.parts - found.mix) == [Fraction(13, 400), Fraction(-21, 1000)]
    assert found.rest == 0 and found.after - found.before == Fraction(55, 1000)


def test_a_change_of_weights_alone_is_mix() -> None:
    """Nobody's rate changes, but the better channel grows: Simpson's paradox is no mystery."""
    formula = Ratio(numerator=A, denominator=B)
    rows = [
        ((Fraction(10), Fraction(100)), (Fraction(5), Fraction(50))),
        ((Fraction(50), Fraction(100)), (Fraction(75), Fraction(150))),
    ]
    found = decompose(formula, sides(formula, rows))
    assert found is not None and found.mix is not None
    assert list(found.parts) == list(found.mix)


def test_who_is_new_has_the_rate_that_is_known() -> None:
    formula = Ratio(numerator=A, denominator=B)
    rows = [
        ((Fraction(10), Fraction(100)), (Fraction(10), Fraction(100))),
        ((Fraction(0), Fraction(0)), (Fraction(30), Fraction(100))),
    ]
    found = decompose(formula, sides(formula, rows))
    assert found is not None and found.mix is not None
    assert found.parts[1] == found.mix[1] == (Fraction(3, 10) - Fraction(3, 20)) * Fraction(1, 2)


def test_the_days_of_a_period_are_nobodys_doing() -> None:
    """280 in 28 days, 310 in 31: ten a day both times; the part added 30/29.5…, the longer month took as much."""
    formula = Ratio(numerator=A, denominator=DaysInPeriod())
    found = decompose(formula, sides(formula, [((Fraction(280),), (Fraction(310),))]))
    assert found is not None
    assert found.parts[0] > 0 and found.parts[0] + found.rest == 0


def test_without_anything_to_divide_by_there_is_no_answer() -> None:
    formula = Ratio(numerator=A, denominator=B)
    assert decompose(formula, sides(formula, [((Fraction(1), Fraction(0)), (Fraction(1), Fraction(2)))])) is None


def test_floats_divide_by_nothing_to_nan() -> None:
    told = value(Ratio(numerator=A, denominator=B), {(A, False): np.ones(2), (B, False): np.array([0.0, 2.0])}, 1.0)
    assert told[0] != told[0] and told[1] == pytest.approx(0.5)

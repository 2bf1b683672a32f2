"""What an action brought: those treated beside those held out, each as they were dealt, whether reached or not.

    found = lift(Outcome(people=900, converted=117), Outcome(people=100, converted=8))
    found.difference, found.low, found.high          # 0.05 of all, from -0.03 to 0.10
    verdict(found, finished=True)                    # 'too_few'

Rates and differences are shares (0.05 is five points); intervals hold in 95 of 100 cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, inf, sqrt
from typing import Literal

Verdict = Literal["too_early", "nobody_held_out", "nobody_treated", "more", "fewer", "too_few"]

# two-sided 95 %, and a power of 80 %
Z = 1.959963984540054
_POWER = 0.8416212335729143
LEVEL = 0.95
# with fewer conversions on a side, nothing is said of how much they are worth: money has long tails
FEW = 10
# of fewer people on a side nothing is said at all: five that differ are five
ENOUGH = 30
_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One side of an action: its people, how many reached the goal, and the values of all of them.

    `value` is their sum, those who did nothing with 0; `variance` that of the values of persons (None: unknown).
    """

    people: int
    converted: int
    value: Decimal | None = None
    variance: float | None = None

    @property
    def rate(self) -> float | None:
        """The share that reached the goal; None of nobody."""
        return self.converted / self.people if self.people else None

    @property
    def mean(self) -> Decimal | None:
        """The value per person, to six decimals."""
        return None if self.value is None or not self.people else (self.value / self.people).quantize(_STEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """The difference between both sides; None where one of them has nobody.

    `difference` from `low` to `high` is of rates, `relative` that part of the rate of those held out (None where that
    is 0). `extra` from `extra_low` to `extra_high` are the conversions among those treated that would not have come by
    themselves. `value`, per person, and `extra_value`, of all treated, are the same in money; their limits are None
    where fewer than ten on a side reached the goal. `needed` are the people, both sides together, among whom a
    difference as large as this one is found in four of five cases; None where there is none, or none found to confirm.
    """

    treated: Outcome
    held_out: Outcome
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    relative: float | None = None
    extra: float | None = None
    extra_low: float | None = None
    extra_high: float | None = None
    value: Decimal | None = None
    value_low: Decimal | None = None
    value_high: Decimal | None = None
    extra_value: Decimal | None = None
    extra_value_low: Decimal | None = None
    extra_value_high: Decimal | None = None
    needed: int | None = None


def lift(treated: Outcome, held_out: Outcome) -> Lift:
    """What the treatment changed, by intention to treat."""
    rate, other = treated.rate, held_out.rate
    if rate is None or other is None:
        return Lift(treated=treated, held_out=held_out)
    low, high = newcombe(treated.converted, treated.people, held_out.converted, held_out.people)
    difference = rate - other
    sure = low > 0 or high < 0
    share = held_out.people / (treated.people + held_out.people)
    value, limits = _value(treated, held_out)
    times = treated.people

    def whole(each: Decimal | None) -> Decimal | None:
        return None if each is None else (each * times).quantize(_STEP)

    return Lift(
        treated=treated, held_out=held_out, difference=difference, low=low, high=high,
        relative=difference / other if other else None, extra=difference * times, extra_low=low * times,
        extra_high=high * times, value=None if value is None else value.quantize(_STEP),
        value_low=None if limits is None else limits[0].quantize(_STEP),
        value_high=None if limits is None else limits[1].quantize(_STEP), extra_value=whole(value),
        extra_value_low=whole(limits[0]) if limits else None, extra_value_high=whole(limits[1]) if limits else None,
        needed=None if sure else people_needed(rate, other, share),
    )  # fmt: skip


def verdict(found: Lift, *, finished: bool) -> Verdict:
    """What may be said: more or fewer than would have come anyway, or why neither.

    While an action runs it is too early, whatever the interval: who looks every day and stops at the first good one
    finds effects that are none. With fewer than thirty people on a side they are too few, whatever they did.
    """
    if not found.treated.people:
        return "nobody_treated"
    if found.low is None or found.high is None:
        return "nobody_held_out"
    if not finished:
        return "too_early"
    if min(found.treated.people, found.held_out.people) < ENOUGH:
        return "too_few"
    if found.low > 0:
        return "more"
    return "fewer" if found.high < 0 else "too_few"


def wilson(count: int, people: int) -> tuple[float, float]:
    """The limits of a share, by the score method.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of the American
    Statistical Association 22 (1927), 209-212.
    """
    share, square = count / people, Z * Z
    middle = (share + square / (2 * people)) / (1 + square / people)
    half = Z * sqrt(share * (1 - share) / people + square / (4 * people * people)) / (1 + square / people)
    return (0.0 if count == 0 else middle - half), (1.0 if count == people else middle + half)


def newcombe(count: int, people: int, other_count: int, other_people: int) -> tuple[float, float]:
    """The limits of the difference of two shares, by the hybrid score method (method 10, without correction).

    Source: R. G. Newcombe, Interval Estimation for the Difference between Independent Proportions: Comparison of Eleven
    Methods, Statistics in Medicine 17 (1998), 873-890.
    """
    share, other = count / people, other_count / other_people
    low, high = wilson(count, people)
    other_low, other_high = wilson(other_count, other_people)
    difference = share - other
    return (
        difference - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


def people_needed(rate: float, other: float, share: float) -> int | None:
    """How many people, both sides together, show the difference between two rates in four of five cases.

    `share` of them are held out. None where the rates are the same. Source: J. L. Fleiss, B. Levin, M. C. Paik,
    Statistical Methods for Rates and Proportions, 3rd edition (2003), 4.3, without its correction for continuity.
    """
    if rate == other or not 0 < share < 1:
        return None
    ratio = (1 - share) / share
    pooled = (other + ratio * rate) / (1 + ratio)
    null = Z * sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    real = _POWER * sqrt(other * (1 - other) + rate * (1 - rate) / ratio)
    held_out = ((null + real) / (rate - other)) ** 2
    return ceil(held_out * (1 + ratio))


def detectable(people: int, share: float, rate: float) -> float | None:
    """The smallest gain on `rate` that so many people, `share` of them held out, show in four of five cases.

    None where no gain would.
    """
    low, high = 0.0, 1 - rate
    if (people_needed(rate + high, rate, share) or inf) > people:
        return None
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if (people_needed(rate + middle, rate, share) or inf) > people else (low, middle)
    return high


def _value(treated: Outcome, held_out: Outcome) -> tuple[Decimal | None, tuple[Decimal, Decimal] | None]:
    """The difference of the values per person, and its limits.

    Source: B. L. Welch, The Generalization of Student's Problem when Several Different Population Variances are
    Involved, Biometrika 34 (1947), 28-35, with the degrees of freedom of F. E. Satterthwaite (1946).
    """
    if treated.value is None or held_out.value is None:
        return None, None
    difference = treated.value / treated.people - held_out.value / held_out.people
    enough = treated.converted >= FEW and held_out.converted >= FEW
    if not enough or treated.variance is None or held_out.variance is None:
        return difference, None
    ours, theirs = treated.variance / treated.people, held_out.variance / held_out.people
    if not ours + theirs:
        return difference, None
    from scipy.special import stdtrit

    freedom = (ours + theirs) ** 2 / (ours**2 / (treated.people - 1) + theirs**2 / (held_out.people - 1))
    half = Decimal(repr(float(stdtrit(freedom, (1 + LEVEL) / 2)) * sqrt(ours + theirs)))
    return difference, (difference - half, difference + half)

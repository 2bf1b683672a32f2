"""Whether two shares differ by more than chance explains, also where many are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# tables as likely as the one observed, but for rounding, are as extreme
_ROUNDING = 1e-7


def fisher(reached: int, people: int, other_reached: int, other_people: int) -> float:
    """The probability, were both shares the same, of a table at least as unlikely as this one (two-sided, exact).

    Source: R. A. Fisher, The Logic of Inductive Inference, Journal of the Royal Statistical Society 98 (1935), 39-82.
    """
    from scipy.special import gammaln

    came = reached + other_reached
    low, high = max(0, came - other_people), min(came, people)
    cell = np.arange(low, high + 1)
    cells = (cell, people - cell, came - cell, other_people - came + cell)
    likely = -sum(gammaln(each + 1.0) for each in cells)
    chance = np.exp(likely - likely.max())
    observed = chance[reached - low] * (1 + _ROUNDING)
    return float(min(1.0, chance[chance <= observed].sum() / chance.sum()))


def holm(probabilities: Sequence[float]) -> tuple[float, ...]:
    """The probabilities corrected for how many there are: those below 0.05 are all no chance, with 95 % confidence.

    Source: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6
    (1979), 65-70.
    """
    order = sorted(range(len(probabilities)), key=lambda place: probabilities[place])
    corrected, floor = [1.0] * len(probabilities), 0.0
    for rank, place in enumerate(order):
        floor = max(floor, min(1.0, (len(order) - rank) * probabilities[place]))
        corrected[place] = floor
    return tuple(corrected)

"""The maximum of a likelihood, with what says that it is one: the gradient is zero and the curvature negative.

Parameters are positive and vary in their logarithms. The search begins at several places that the data suggest, on a
part of the rows where there are many, and goes on with all of them, with the curvature found on the part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.optimize import minimize

from tenure.errors import FitError
from tenure.predict.special import Floats

# of the logarithms of the parameters: the log-likelihood and its gradient
Objective: TypeAlias = "Callable[[Floats], tuple[float, Floats]]"

EDGE = 11.0
# half of it is how much the log-likelihood can still grow
ENOUGH = 1e-11
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """Where the log-likelihood is greatest: the logarithms of the parameters, and minus its second derivatives there.

    `loose` are the places of parameters that the data do not determine: they ran to the edge of what is searched.
    """

    at: Floats
    value: float
    curvature: Floats
    loose: tuple[int, ...]


def maximise(part: Objective, whole: Objective, starts: Sequence[Floats]) -> Optimum:
    """The maximum of `whole`, searched first on `part`, which counts as many customers in fewer rows.

    Raises FitError where no start leads to a maximum.
    """
    ends = [end for start in starts if (end := _searched(part, start)) is not None]
    if not ends:
        raise FitError(
            "The likelihood has no maximum that could be found.",
            hint="Look at the extremes of the data, or take another model.",
        )
    best = max(value for value, _ in ends)
    # of several equal ends the first: the same data give the same result
    begin = next(at for value, at in ends if value >= best - 1e-6 * (1 + abs(best)))
    free = np.abs(begin) < EDGE - 1e-3
    at = begin.copy()

    def of(objective: Objective) -> Objective:
        def inner(free_at: Floats) -> tuple[float, Floats]:
            full = at.copy()
            full[free] = free_at
            value, gradient = objective(full)
            return value, gradient[free]

        return inner

    curvature = second(of(part), begin[free])
    found, value, curvature = climbed(of(whole), begin[free], curvature)
    at[free] = found
    whole_curvature = np.zeros((len(at), len(at)))
    whole_curvature[np.ix_(free, free)] = curvature
    return Optimum(at=at, value=value, curvature=whole_curvature, loose=tuple(int(i) for i in np.flatnonzero(~free)))


def _searched(objective: Objective, start: Floats) -> tuple[float, Floats] | None:
    value, _ = objective(start)
    if not np.isfinite(value):
        return None
    size = 1 + abs(value)

    def falling(at: Floats) -> tuple[float, Floats]:
        value, gradient = objective(at)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            return np.inf, np.zeros_like(at)
        return -value / size, -gradient / size

    found = minimize(
        falling, start, jac=True, method="L-BFGS-B", bounds=[(-EDGE, EDGE)] * len(start),
        options={"maxiter": 500, "ftol": 1e-10, "gtol": 1e-8},
    )  # fmt: skip
    return (-found.fun * size, found.x) if np.isfinite(found.fun) else None


def climbed(objective: Objective, at: Floats, curvature: Floats) -> tuple[Floats, float, Floats]:
    """The maximum near `at` by steps of Newton with a curvature that is corrected on the way (BFGS), and it there."""
    value, gradient = objective(at)
    curvature, exact = _positive(curvature), False
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, gradient)
        if gradient @ step < ENOUGH * (1 if exact else 1e4):
            if exact:
                return at, value, curvature
            curvature, exact = second(objective, at), True
            if np.min(np.linalg.eigvalsh(curvature)) <= 0:
                return at, value, curvature
            continue
        step *= min(1.0, 2.0 / float(np.max(np.abs(step))))
        for _ in range(30):
            reached, slope = objective(at + step)
            if np.isfinite(reached) and reached >= value - 1e-12 * abs(value):
                break
            step = 0.5 * step
        else:
            break
        change = gradient - slope
        if not exact and change @ step > 0:
            turned = curvature @ step
            curvature = curvature + np.outer(change, change) / (change @ step) - np.outer(turned, turned) / (
                step @ turned
            )  # fmt: skip
        at, value, gradient = at + step, reached, slope
    return at, value, second(objective, at)


def second(objective: Objective, at: Floats, *, step: float = 2e-4) -> Floats:
    """Minus the second derivatives, from central differences of the gradient; they are right to about seven digits."""
    size = len(at)
    found = np.empty((size, size))
    for place in range(size):
        moved = np.zeros(size)
        moved[place] = step
        found[place] = (objective(at - moved)[1] - objective(at + moved)[1]) / (2 * step)
    return 0.5 * (found + found.T)


def _positive(matrix: Floats) -> Floats:
    """The matrix, with curvatures that are not positive made so."""
    values, vectors = np.linalg.eigh(matrix)
    least = 1e-10 * max(float(np.max(np.abs(values), initial=0.0)), 1e-300)
    positive: Floats = (vectors * np.maximum(np.abs(values), least)) @ vectors.T
    return positive

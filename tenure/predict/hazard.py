"""Cox's proportional hazards: what makes a contract end sooner or later, whatever the course of time is.

The rate at which contracts of covariates z end at age t is h(t)·e^(β·z) with any h. β maximises the partial likelihood
(D. R. Cox, Regression Models and Life-Tables, Journal of the Royal Statistical Society B 34 (1972), 187-220), with ties
as in B. Efron, The Efficiency of Cox's Likelihood Function for Censored Data, Journal of the American Statistical
Association 72 (1977), 557-565: of d that end at one moment, the l-th has the others before it half gone,

    ln L = Σ ( β·z - ln( Σ_at risk e^(β·z) - l/d · Σ_tied e^(β·z) ) ),   l from 0 to d-1.

Who was not seen from the beginning is at risk from when on they were seen (left truncation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import special

from tenure.errors import FitError, UsageError
from tenure.predict.compress import numbers
from tenure.predict.covariates import Covariate, known, table
from tenure.predict.special import Floats

_STEPS = 50
_ENOUGH = 1e-12
# where the effect of a standard deviation has an error beyond this, the likelihood has no maximum but a slope
_ENDLESS = 10.0
_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cox:
    """Effects of covariates on how soon contracts end: e^effect is the factor by which the rate grows with one more.

    `log_likelihood` is the partial one, `without` that of no effects. `times` and `hazard` are the ages at which
    contracts ended and the cumulative hazard there of somebody with mean covariates. `notes` say what is wrong.
    """

    params: Mapping[str, float]
    standard_errors: Mapping[str, float]
    log_likelihood: float
    without: float
    contracts: int
    ended: int
    times: Floats = field(repr=False)
    hazard: Floats = field(repr=False)
    last: float = field(repr=False)
    covariates: tuple[Covariate, ...] = field(repr=False)
    centre: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    notes: tuple[str, ...] = ()

    def ratio(self, covariates: Mapping[str, object]) -> Floats:
        """The rate at which each ends, in terms of that with mean covariates."""
        return np.asarray(np.exp(self._place(covariates)))

    def survival(self, time: object, covariates: Mapping[str, object], *, age: object = 0.0) -> Floats:
        """The chance of each (rows) to last so much longer (columns) than its present `age`.

        NaN beyond the longest time at which anybody was seen: no form of the hazard is assumed that could go on.
        """
        ahead, place = numbers(time, "time"), self._place(covariates)
        now = np.broadcast_to(numbers(age, "age"), place.shape)
        until = now[:, None] + ahead
        grown = self._hazard(until) - self._hazard(now)[:, None]
        return np.where(until <= self.last, np.exp(-np.exp(place)[:, None] * grown), np.nan)

    def limits(self, level: float = 0.95) -> Mapping[str, tuple[float, float]]:
        """Between what each effect is, by the curvature of the partial likelihood."""
        if not 0 < level < 1:
            raise UsageError("level lies between 0 and 1.", hint="0.95 is usual.")
        wide = float(special.ndtri((1 + level) / 2))
        return {
            name: (value - wide * self.standard_errors[name], value + wide * self.standard_errors[name])
            for name, value in self.params.items()
        }

    def concordance(self, duration: object, ended: object, covariates: Mapping[str, object]) -> float:
        """Of pairs of which one is known to have ended first, the share in which that one has the greater rate.

        Half of those with equal rates (F. E. Harrell and others, JAMA 247 (1982), 2543-2546); NaN without pairs.
        """
        place, lasted = self._place(covariates), numbers(duration, "duration")
        over = np.asarray(ended, dtype=np.bool_)
        right = pairs = 0.0
        for time in np.unique(lasted[over]):
            later = np.sort(place[(lasted > time) | ((lasted == time) & ~over)])
            own = place[over & (lasted == time)]
            below, up_to = np.searchsorted(later, own, side="left"), np.searchsorted(later, own, side="right")
            right += float((below + up_to).sum()) / 2
            pairs += len(own) * len(later)
        return right / pairs if pairs else float("nan")

    def _place(self, covariates: Mapping[str, object]) -> Floats:
        given = table(self.covariates, covariates)
        return np.asarray((given - self.centre) @ np.array(list(self.params.values())))

    def _hazard(self, time: Floats) -> Floats:
        return np.concatenate([[0.0], self.hazard])[np.searchsorted(self.times, time, side="right")]


def fit(
    duration: object, ended: object, covariates: Mapping[str, object], *, entry: object = None
) -> Cox:  # fmt: skip
    """The effects; see `tenure.predict.cox`."""
    lasted, begun, over = _checked(duration, ended, entry)
    found = known(covariates)
    z = table(found, covariates, rows=len(lasted))
    names = tuple(column for one in found for column in one.columns)
    centre, width = z.mean(axis=0), z.std(axis=0)
    if not np.all(width > 1e-12 * (1 + np.abs(centre))):
        raise UsageError(f"{names[int(np.argmin(width))]} is the same for everybody.", hint="Leave it out.")
    if np.linalg.matrix_rank((z - centre) / width, tol=1e-8) < len(width):
        raise UsageError("A covariate follows from the others.", hint="Leave one of them out.")
    if over.sum() < max(_FEW, 2 * len(width)):
        raise FitError(
            f"{int(over.sum()):,} contracts that ended are too few to tell {len(width)} "
            f"{'effect' if len(width) == 1 else 'effects'}.",
            hint=f"It takes {max(_FEW, 2 * len(width))}; wait for more, or leave covariates out.",
        )
    partial = _Partial.of(lasted, begun, over, (z - centre) / width)
    at, value, curvature = _climbed(partial, names)
    without = partial(np.zeros(len(width)))[0]
    covariance = np.linalg.inv(curvature) / np.multiply.outer(width, width)
    times, hazard = partial.hazard(at)
    few = over.sum() < _FEW * len(width)
    notes = (
        f"{int(over.sum()):,} ends for {len(width)} effects: with fewer than {_FEW} for each they come out too large.",
    )
    return Cox(
        params=MappingProxyType(dict(zip(names, map(float, at / width), strict=True))),
        standard_errors=MappingProxyType(dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True))),
        log_likelihood=value, without=without, contracts=len(lasted), ended=int(over.sum()), times=times,
        hazard=hazard, last=float(lasted.max()), covariates=found, centre=centre, covariance=covariance,
        notes=notes if few else (),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Partial:
    """The partial likelihood. Of each end: where in `moments` it is, and how much of those tied with it is gone."""

    z: Floats
    moments: Floats
    when: npt.NDArray[np.intp]
    gone: Floats
    own: npt.NDArray[np.intp]
    by_end: npt.NDArray[np.intp]
    from_end: npt.NDArray[np.intp]
    by_entry: npt.NDArray[np.intp]
    from_entry: npt.NDArray[np.intp]

    @classmethod
    def of(cls, lasted: Floats, begun: Floats, over: npt.NDArray[np.bool_], z: Floats) -> _Partial:
        """That of these contracts."""
        own = np.flatnonzero(over)
        own = own[np.argsort(lasted[own], kind="stable")]
        moments, when, tied = np.unique(lasted[own], return_inverse=True, return_counts=True)
        when = when.reshape(-1)
        number = np.arange(len(own)) - (np.cumsum(tied) - tied)[when]
        by_end, by_entry = np.argsort(lasted, kind="stable"), np.argsort(begun, kind="stable")
        return cls(
            z=z, moments=moments, when=when, gone=number / tied[when], own=own, by_end=by_end, by_entry=by_entry,
            from_end=np.searchsorted(lasted[by_end], moments, side="left"),
            from_entry=np.searchsorted(begun[by_entry], moments, side="left"),
        )  # fmt: skip

    def _at_risk(self, values: Floats) -> Floats:
        """The sum of the values of those at risk at each end, without the part of those tied with it that is gone."""

        def after(order: npt.NDArray[np.intp], starts: npt.NDArray[np.intp]) -> Floats:
            rest = np.cumsum(values[order][::-1], axis=0)[::-1]
            return np.concatenate([rest, np.zeros((1, *values.shape[1:]))])[starts]

        there = after(self.by_end, self.from_end) - after(self.by_entry, self.from_entry)
        tied = np.zeros_like(there)
        np.add.at(tied, self.when, values[self.own])
        gone = self.gone.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(there[self.when] - gone * tied[self.when])

    def __call__(self, at: Floats) -> tuple[float, Floats, Floats]:
        """The logarithm of the partial likelihood, its gradient, and minus its second derivatives."""
        place = self.z @ at
        shift = float(place.max())
        rate = np.exp(place - shift)
        whole = self._at_risk(rate)
        mean = self._at_risk(rate[:, None] * self.z) / whole[:, None]
        size = len(at)
        square = np.empty((size, size))
        for one in range(size):
            for other in range(one + 1):
                part = self._at_risk(rate * self.z[:, one] * self.z[:, other]) / whole - mean[:, one] * mean[:, other]
                square[one, other] = square[other, one] = part.sum()
        value = float((place[self.own] - np.log(whole) - shift).sum())
        return value, (self.z[self.own] - mean).sum(axis=0), square

    def hazard(self, at: Floats) -> tuple[Floats, Floats]:
        """The moments of ends, and the cumulative hazard there with mean covariates."""
        jumps = 1 / self._at_risk(np.exp(self.z @ at))
        return self.moments, np.cumsum(np.bincount(self.when, jumps, minlength=len(self.moments)))


def _climbed(partial: _Partial, names: tuple[str, ...]) -> tuple[Floats, float, Floats]:
    """The maximum, by steps of Newton: the likelihood is concave. Raises FitError where it has none."""
    at = np.zeros(partial.z.shape[1])
    value, gradient, curvature = partial(at)
    for _ in range(_STEPS):
        if np.min(np.linalg.eigvalsh(curvature)) < 1 / _ENDLESS**2:
            break
        step = np.linalg.solve(curvature, gradient)
        if gradient @ step < _ENOUGH * (1 + abs(value)):
            return at, value, curvature
        for _ in range(30):
            found = partial(at + step)
            if np.isfinite(found[0]) and found[0] >= value - 1e-12 * abs(value):
                break
            step = 0.5 * step
        at, (value, gradient, curvature) = at + step, found
    worst = names[int(np.argmax(np.abs(at)))]
    raise FitError(
        f"The effect of {worst} has no end: it parts those who ended from those who did not.",
        hint="Leave it out, or put rare names together.",
    )


def _checked(duration: object, ended: object, entry: object) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    lasted = numbers(duration, "duration")
    over = np.asarray(ended)
    if over.shape != lasted.shape or not np.all((over == 0) | (over == 1)):
        raise UsageError("ended says of each contract whether it has ended.", hint="Give a true or false for each.")
    begun = np.zeros(len(lasted)) if entry is None else np.broadcast_to(numbers(entry, "entry"), lasted.shape)
    if entry is not None and np.any(begun >= lasted):
        raise UsageError(
            f"{int((begun >= lasted).sum()):,} contracts were seen only from their end on (entry ≥ duration).",
            hint="Leave them out.",
        )
    # who is seen from the beginning is at risk at 0 too
    return lasted, begun if entry is not None else np.full(len(lasted), -1.0), over.astype(np.bool_)

"""Static covariates: what is known of a customer from the first day, such as the channel or the country.

They scale the gamma and beta distributions of rates and chances (P. S. Fader and B. G. S. Hardie, Incorporating
Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models (2007)). Of a customer with covariates z,

    Pareto/NBD          α·e^(-γ₁·z), β·e^(-γ₂·z)
    BG/NBD, MBG/NBD     α·e^(-γ₁·z), a·e^(γ₂·z), b·e^(γ₃·z)

so that a rate is e^(γ·z) times that of a customer with z = 0. Who has the same covariates is a group with parameters of
its own, and the likelihood is the sum over groups: they are compressed like all customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import Keys, any_numbers
from tenure.predict.model import Purchases
from tenure.predict.optimise import Objective
from tenure.predict.special import Floats

# more different profiles than that are no groups any more
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A covariate: a number, or a name of which `levels` are known; the others are told against the first of them."""

    name: str
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What its effects are called."""
        return tuple(f"{self.name}={level}" for level in self.levels[1:]) if self.levels else (self.name,)

    def numbers(self, values: object) -> list[Floats]:
        """A column of numbers for each effect. Raises UsageError for what was not there when the model was fitted."""
        if not self.levels:
            return [_numbers(self.name, values)]
        named = _names(values)
        if strange := sorted(set(named.tolist()) - set(self.levels)):
            raise UsageError(
                f"{self.name} has {strange[0]!r}, which nobody had whom the model was fitted to.",
                hint=f"There were {', '.join(self.levels)}.",
            )
        return [(named == level).astype(np.float64) for level in self.levels[1:]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """The covariates of a fit; in the search their columns are shifted by `centre` and divided by `width`."""

    covariates: tuple[Covariate, ...]
    centre: Floats
    width: Floats

    @property
    def columns(self) -> tuple[str, ...]:
        """What the effects are of."""
        return tuple(column for one in self.covariates for column in one.columns)

    def names(self, model: Purchases) -> tuple[str, ...]:
        """The names of the effects, in the order in which they follow the parameters."""
        return tuple(f"{parameter}[{column}]" for parameter, _ in model.scaled for column in self.columns)

    def shift(self, model: Purchases, effects: Floats, profile: Floats) -> Floats:
        """What the covariates of a profile add to the logarithms of the parameters."""
        found = np.zeros(len(model.parameters))
        by_parameter = effects.reshape(len(model.scaled), -1) @ profile
        for (parameter, sign), effect in zip(model.scaled, by_parameter, strict=True):
            found[model.parameters.index(parameter)] = sign * effect
        return found

    def profiles(self, covariates: Mapping[str, object], rows: int) -> tuple[Floats, Keys]:
        """Different profiles, and which of them each row has. Raises UsageError for covariates that cannot be."""
        found, of = np.unique(table(self.covariates, covariates, rows=rows), axis=0, return_inverse=True)
        return found, of.reshape(-1).astype(np.int64)

    def unscaled(self, model: Purchases) -> Floats:
        """The matrix that leads from the parameters of the search to those of the covariates as they are."""
        count, size = len(model.parameters), len(self.centre)
        found = np.eye(count + len(model.scaled) * size)
        for number, (parameter, sign) in enumerate(model.scaled):
            own = slice(count + number * size, count + (number + 1) * size)
            found[own, own] = np.diag(1 / self.width)
            found[model.parameters.index(parameter), own] = -sign * self.centre / self.width
        return found


def design(covariates: Mapping[str, object], rows: int) -> tuple[Design, Floats, Keys]:
    """The design of a fit to these covariates, its different profiles, and which of them each row has."""
    blank = Design(covariates=known(covariates), centre=np.zeros(0), width=np.zeros(0))
    profiles, of = blank.profiles(covariates, rows)
    if len(profiles) > MOST:
        raise UsageError(
            f"The covariates have {len(profiles):,} different combinations; up to {MOST:,} can be fitted.",
            hint="Put numbers into a few bands, and rare names together.",
        )
    share = np.bincount(of, minlength=len(profiles)) / rows
    centre = share @ profiles
    apart = (profiles - centre) * np.sqrt(share)[:, None]
    width = np.sqrt((apart**2).sum(axis=0))
    if not np.all(width > 1e-12 * (1 + np.abs(centre))):
        same = blank.columns[int(np.argmin(width))]
        raise UsageError(f"{same} is the same for everybody.", hint="Leave it out.")
    if np.linalg.matrix_rank(apart / width, tol=1e-8) < len(width):
        raise UsageError("A covariate follows from the others.", hint="Leave one of them out.")
    return replace(blank, centre=centre, width=width), profiles, of


def known(covariates: Mapping[str, object]) -> tuple[Covariate, ...]:
    """What is known of covariates: which are numbers, and which names there are. Raises UsageError for none."""
    if not covariates:
        raise UsageError("There are no covariates.", hint="Leave them out, or give a column by name.")
    return tuple(_covariate(name, values) for name, values in covariates.items())


def table(design: Sequence[Covariate], covariates: Mapping[str, object], *, rows: int | None = None) -> Floats:
    """A column of numbers for each effect, a row a customer. Raises UsageError for covariates that cannot be."""
    if set(covariates) != {one.name for one in design}:
        raise UsageError(
            f"The model knows the covariates {', '.join(one.name for one in design)}.",
            hint="Give each of them, and no other.",
        )
    columns = [column for one in design for column in one.numbers(covariates[one.name])]
    size = max(map(len, columns)) if rows is None else rows
    return np.stack([_broadcast(column, size) for column in columns], axis=1)


def grouped(model: Purchases, groups: Sequence[Objective], made: Design, profiles: Floats) -> Objective:
    """The log-likelihood of groups, of the logarithms of the parameters followed by the effects."""
    count = len(model.parameters)
    places = np.array([model.parameters.index(name) for name, _ in model.scaled])
    signs = np.array([sign for _, sign in model.scaled])
    scaled = (profiles - made.centre) / made.width

    def likelihood(at: Floats) -> tuple[float, Floats]:
        effects, value, slope = at[count:].reshape(len(places), -1), 0.0, np.zeros(len(at))
        slopes = slope[count:].reshape(effects.shape)
        for objective, profile in zip(groups, scaled, strict=True):
            own = at[:count].copy()
            own[places] += signs * (effects @ profile)
            part, gradient = objective(own)
            value += part
            slope[:count] += gradient
            slopes += np.multiply.outer(signs * gradient[places], profile)
        return value, slope

    return likelihood


def _covariate(name: str, values: object) -> Covariate:
    if np.asarray(values).dtype.kind in "biuf":
        return Covariate(name=name)
    levels, counts = np.unique(_names(values), return_counts=True)
    # against the most frequent one
    order = np.lexsort((levels, -counts))
    return Covariate(name=name, levels=tuple(map(str, levels[order])))


def _names(values: object) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.atleast_1d(np.asarray(values)).astype(np.str_)


def _numbers(name: str, values: object) -> Floats:
    found = any_numbers(values, name, "It was a number in the fit.")
    if not np.all(np.isfinite(found)):
        raise UsageError(f"{name} has missing or infinite values.", hint="Leave those customers out, or name them.")
    return found


def _broadcast(column: Floats, rows: int) -> Floats:
    if len(column) not in (1, rows):
        raise UsageError(f"A covariate has {len(column):,} rows, the customers {rows:,}.", hint="Give one row each.")
    return np.broadcast_to(column, (rows,))

"""Renewals by a model of contracts: the chance that a term is not renewed, from how often there was a renewal before.

The models are those of `contract`, fitted here to terms that came due: of somebody who has renewed t times, the next k
are all made with the chance S(t+k) / S(t). k is how many terms end within the days that are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tenure.predict.bdw import BDW
from tenure.predict.classify import Labelled
from tenure.predict.contract import Contract
from tenure.predict.features import RENEWALS, TERM_LEFT, TERM_LONG, Panel
from tenure.predict.fitted import Fitted
from tenure.predict.fitting import fit_terms
from tenure.predict.sbg import SBG
from tenure.predict.special import Floats

MODELS: tuple[Contract, ...] = (SBG, BDW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Renewing:
    """A fitted model of contracts as a rule: the chance that of the terms within so many days one is not renewed."""

    fitted: Fitted
    days: int
    title: str
    naive: bool = False

    @property
    def name(self) -> str:
        """The model's name."""
        return self.fitted.model

    def chance(self, panel: Panel) -> Floats:
        """The chance of everybody."""
        made, due = _terms(panel, self.days)
        return np.asarray(1 - self.fitted.survival(made + due) / self.fitted.survival(made))


def learn_renewing(model: Contract, parts: Sequence[Labelled], days: int) -> Renewing:
    """The model, fitted to people whose term came due within the days. Raises FitError where they do not suffice."""
    made, due = (np.concatenate(column) for column in zip(*(_terms(one.panel, days) for one in parts), strict=True))
    came = np.concatenate([one.came for one in parts])
    steps, own = np.unique(np.stack([made, due]), axis=1, return_inverse=True)
    kept, lost = (
        np.bincount(own.reshape(-1), one, minlength=steps.shape[1]).astype(np.float64) for one in (~came, came)
    )
    return Renewing(fitted=fit_terms(model, steps[0], steps[1], kept, lost), days=days, title=model.title)


def _terms(panel: Panel, days: int) -> tuple[Floats, Floats]:
    """How many renewals everybody has made, and how many terms of theirs end within the days."""
    made, left, long = (panel.column(name) for name in (RENEWALS, TERM_LEFT, TERM_LONG))
    # the moment in which a term begins is known to the microsecond, how long it is by the day
    return made, 1 + np.floor(np.maximum(days - left, 0.0) / np.maximum(np.round(long), 1.0))

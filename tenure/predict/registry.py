"""The models by name, and what every one of them can do. A new one is a file and a line here."""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.predict.bdw import BDW
from tenure.predict.bg_bb import BG_BB
from tenure.predict.bg_nbd import BG_NBD
from tenure.predict.compress import Rows
from tenure.predict.gamma_gamma import GAMMA_GAMMA, GammaGamma
from tenure.predict.mbg_nbd import MBG_NBD
from tenure.predict.optimise import Objective
from tenure.predict.pareto_nbd import PARETO_NBD
from tenure.predict.sbg import SBG
from tenure.predict.special import Floats


class Purchases(Protocol):
    """A model of how often customers buy, or renew. `times` are the parameters that are lengths of time."""

    @property
    def name(self) -> str:
        """What it is called in code."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, all of them positive."""

    @property
    def times(self) -> tuple[str, ...]:
        """Those that are lengths of time."""

    @property
    def discrete(self) -> bool:
        """Whether time is counted in whole periods."""

    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient."""

    def starts(self, rows: Rows) -> list[Floats]:
        """Where to begin."""

    def p_alive(self, params: Mapping[str, float], x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The chance that the customer may still buy."""

    def expected(
        self,
        params: Mapping[str, float],
        horizon: Floats,
        x: Floats,
        t_x: Floats,
        T: Floats,
    ) -> Floats:
        """Purchases expected in the horizon after T."""

    def simulated(
        self, params: Mapping[str, float], horizon: Floats, x: Floats, t_x: Floats, T: Floats,
        random: np.random.Generator,
    ) -> Floats:  # fmt: skip
        """One course of the future."""


PURCHASES: Mapping[str, Purchases] = {one.name: one for one in (BG_NBD, MBG_NBD, PARETO_NBD, BG_BB, SBG, BDW)}
CONTRACTS = (SBG.name, BDW.name)
MODELS: Mapping[str, Purchases | GammaGamma] = {**PURCHASES, GAMMA_GAMMA.name: GAMMA_GAMMA}


def named(name: str) -> Purchases | GammaGamma:
    """The model of that name. Raises UsageError where there is none."""
    if name not in MODELS:
        raise UsageError(
            f"There is no model {name!r}.", hint=did_you_mean(name, MODELS) or f"There are {', '.join(MODELS)}."
        )
    return MODELS[name]

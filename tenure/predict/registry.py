"""The models by name. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.predict.bdw import BDW
from tenure.predict.bg_bb import BG_BB
from tenure.predict.bg_nbd import BG_NBD
from tenure.predict.gamma_gamma import GAMMA_GAMMA, GammaGamma
from tenure.predict.mbg_nbd import MBG_NBD
from tenure.predict.model import Purchases
from tenure.predict.pareto_nbd import PARETO_NBD
from tenure.predict.sbg import SBG

__all__ = ["CONTRACTS", "MODELS", "PURCHASES", "Purchases", "named"]

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

"""A seeded company that produces every event of the dictionary, with causes planted in it.

from tenure.simulate import PriceRise, simulate

company = simulate("shop", seed=1, events=200_000)
company.write(Path("shop"))
"""

from __future__ import annotations

from tenure.simulate.causes import (
    Cause,
    ChangedDefinition,
    ChannelDriesUp,
    Effect,
    LateDeliveries,
    PriceRise,
    TrackingOutage,
)
from tenure.simulate.company import Company, simulate

__all__ = [
    "Cause",
    "ChangedDefinition",
    "ChannelDriesUp",
    "Company",
    "Effect",
    "LateDeliveries",
    "PriceRise",
    "TrackingOutage",
    "simulate",
]

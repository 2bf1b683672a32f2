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
from tenure.simulate.sample import CUSTOMERS, DAYS, LOOKERS, VISITS, sample_company, write_sample

__all__ = [
    "CUSTOMERS",
    "DAYS",
    "LOOKERS",
    "VISITS",
    "Cause",
    "ChangedDefinition",
    "ChannelDriesUp",
    "Company",
    "Effect",
    "LateDeliveries",
    "PriceRise",
    "TrackingOutage",
    "sample_company",
    "simulate",
    "write_sample",
]

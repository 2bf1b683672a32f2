from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tenure.simulate import Company, simulate

Make = Callable[[str], Company]


@cache
def made(flavour: str) -> Company:
    return simulate(flavour, seed=3, people=3_000)


@pytest.fixture(scope="session")
def company() -> Make:
    """The company of a flavour, made once."""
    return made

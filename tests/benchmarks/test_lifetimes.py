"""What is measured beside lifetimes runs, on few customers and without lifetimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import lifetimes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lifetimes")
    lifetimes.make(made, 3000, 4000)
    return made


def test_customers_and_their_transactions_are_the_same(folder: Path) -> None:
    x, t_x, T, _ = np.load(folder / "customers.npy")  # noqa: N806
    whose, day, _ = np.load(folder / "transactions.npy")
    for customer in np.unique(whose)[:-1].astype(int):
        own = day[whose == customer]
        assert len(own) - 1 == x[customer]
        assert (own.max() - own.min()) / 7 == pytest.approx(t_x[customer])
        assert (728 - own.min()) / 7 == pytest.approx(T[customer])


@pytest.mark.parametrize("name", lifetimes.TARGETS)
def test_tenure_is_measured(folder: Path, name: str) -> None:
    found = lifetimes.by_tenure(name, folder)
    assert found["seconds"] > 0 and np.isfinite(found["result"])
    other = {"seconds": 100.0, "processor": 100.0, "result": found["result"]}
    assert "equal to 0e+00" in lifetimes.row(name, found, other)

"""Fits by cohort: small ones are drawn to the whole, large ones keep their own."""

from __future__ import annotations

import numpy as np
import pytest

from tenure import predict
from tenure.errors import FitError, UsageError
from tenure.predict.cohorts import Cohorts
from tenure.predict.fitted import Fitted

from .published import simulated

TRUTH = (0.6, 6.0, 0.8, 2.5)
# customers of a cohort, and how much more often they buy than the others, as a logarithm
COHORTS = {"a": (4000, 0.4), "b": (4000, -0.4), "c": (1000, 0.3), "d": (30, 0.5), "e": (4, -0.5), "f": (1000, -0.3)}


def made(cohorts: dict[str, tuple[int, float]]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    parts = [
        simulated(count, seed=number, model="mbg_nbd", params=(TRUTH[0] * np.exp(off), *TRUTH[1:]))
        for number, (count, off) in enumerate(cohorts.values())
    ]
    names = np.repeat(list(cohorts), [count for count, _ in cohorts.values()])
    return names, tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


@pytest.fixture(scope="module")
def fits() -> Cohorts:
    names, columns = made(COHORTS)
    return predict.fit_cohorts("mbg_nbd", names, *columns)


def means(fitted: Fitted) -> float:
    """What a new customer is expected to buy in a year: what the parameters together say."""
    return float(fitted.expected_purchases(52)[0])


def test_large_cohorts_keep_their_own_parameters(fits: Cohorts) -> None:
    names, columns = made(COHORTS)
    for name in "ab":
        own = predict.fit("mbg_nbd", *(column[names == name] for column in columns))
        assert means(fits.cohorts[name]) == pytest.approx(means(own), rel=0.03)
        assert abs(means(own) - means(fits.whole)) > 0.1 * means(fits.whole)
    assert fits.own["a"] > 0.8


def test_small_cohorts_are_drawn_to_the_whole(fits: Cohorts) -> None:
    own = fits.own
    assert own["e"] < own["d"] < min(own["c"], own["f"]) < max(own["c"], own["f"]) < min(own["a"], own["b"])
    assert fits.own["e"] < 0.3
    apart = {name: abs(np.log(means(one) / means(fits.whole))) for name, one in fits.cohorts.items()}
    assert apart["e"] < 0.5 * apart["b"]
    # the less is known, the less sure
    errors = {name: one.standard_errors["r"] / one.params["r"] for name, one in fits.cohorts.items()}
    assert errors["b"] < errors["c"] < errors["d"] < errors["e"]
    assert fits.cohorts["e"].interval(52, 3, 20, 30).low >= 0


def test_what_differs_between_cohorts_is_told(fits: Cohorts) -> None:
    assert 0.2 < fits.spread["r"] < 0.7
    assert fits.spread["b"] < fits.spread["r"]
    assert list(fits.cohorts) == sorted(COHORTS)
    assert fits.whole.customers == sum(one.customers for one in fits.cohorts.values())


def test_cohorts_that_are_alike_become_one() -> None:
    names, columns = made(dict.fromkeys("abcdef", (400, 0.0)))
    fits = predict.fit_cohorts("mbg_nbd", names, *columns)
    alone = [means(predict.fit("mbg_nbd", *(column[names == name] for column in columns))) for name in fits.cohorts]
    drawn = [means(one) for one in fits.cohorts.values()]
    assert np.std(drawn) < 0.75 * np.std(alone)


def test_the_unit_of_time_does_not_matter() -> None:
    names, (x, t_x, T) = made({"a": (500, 0.3), "b": (500, -0.3), "c": (40, 0.0)})  # noqa: N806
    one, other = (predict.fit_cohorts("mbg_nbd", names, x, t_x * unit, T * unit) for unit in (1.0, 7.0))
    for name, fitted in one.cohorts.items():
        assert other.cohorts[name].params["r"] == pytest.approx(fitted.params["r"], rel=1e-3)
        assert other.cohorts[name].params["alpha"] == pytest.approx(fitted.params["alpha"] * 7, rel=1e-3)
        assert other.own[name] == pytest.approx(one.own[name], abs=1e-3)


def test_cohorts_of_contracts_and_edges() -> None:
    plans = {"year": (900, 700, 600, 540), "month": (900, 500, 300, 200), "new": (5, 5, 5, 5)}
    rows = {name: predict.renewals(left) for name, left in plans.items()}
    cohort = np.repeat(list(plans), [len(one[0]) for one in rows.values()])
    frequency, could, count = (np.concatenate(column) for column in zip(*rows.values(), strict=True))
    fits = predict.fit_cohorts("sbg", cohort, frequency, T=could, weights=count)
    assert fits.cohorts["year"].survival(3) == pytest.approx(0.6, abs=0.02)
    assert fits.cohorts["month"].survival(3) == pytest.approx(0.222, abs=0.02)
    assert 0.222 < float(fits.cohorts["new"].survival(3)[0]) < 0.9
    one = predict.fit_cohorts("sbg", ["all"] * 4, rows["year"][0], T=rows["year"][1], weights=rows["year"][2])
    assert one.cohorts["all"].params == pytest.approx(dict(one.whole.params), rel=1e-3)
    with pytest.raises(UsageError, match="2 cohorts for 4 rows"):
        predict.fit_cohorts("sbg", ["a", "b"], rows["year"][0], T=rows["year"][1], weights=rows["year"][2])
    with pytest.raises(UsageError, match="not fitted by cohorts"):
        predict.fit_cohorts("gamma_gamma", ["a"], [1])
    with pytest.raises(FitError, match="Nobody has bought again"):
        predict.fit_cohorts("mbg_nbd", ["a", "b"], [0, 0], [0, 0], [9, 9])

"""Published numbers of what customers will do: chances of so many purchases, DERT and DERL, lifetime values."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tenure import predict
from tenure.predict.compress import checked, compress
from tenure.predict.fitted import Fitted
from tenure.predict.registry import PURCHASES

from .published import HIGH_END, REGULAR, cdnow, donors, needs_cdnow

MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd")
# 78 weeks, P. S. Fader, B. G. S. Hardie and K. L. Lee, RFM and CLV (2005), as BTYD's pnbd.DERT prints them
YEAR_AND_A_HALF = {"r": 0.5629966, "alpha": 12.5590370, "s": 0.4081095, "beta": 10.5148048}
# 39 weeks, the same
PAPER = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}


@cache
def fitted(model: str, weeks: int = 39) -> Fitted:
    data = cdnow(weeks)
    if model == "gamma_gamma":
        return predict.fit(model, data.x, monetary_value=data.mean)
    return predict.fit(model, *data.columns)


def log_likelihood(model: str, params: dict[str, float], *columns: object) -> float:
    rows = compress(*checked(*columns), scaled=False)
    return PURCHASES[model].objective(rows)(np.log(list(params.values())))[0]


def test_log_likelihood_of_single_customers() -> None:
    """The Pareto/NBD one is of PyMC-Marketing's tests, those of BG/NBD of B. Hardie's note on computing it."""
    params = {"r": 0.55, "alpha": 10.58, "s": 0.61, "beta": 11.67}
    assert log_likelihood("pareto_nbd", params, 1, 1.5, 12) == pytest.approx(-4.006948662, abs=1e-8)
    params = {"r": 0.25, "alpha": 4.0, "a": 0.8, "b": 2.5}
    assert log_likelihood("bg_nbd", params, 0, 0, 40) == pytest.approx(-0.59947382, abs=1e-8)
    assert log_likelihood("bg_nbd", params, 200, 38, 40) == pytest.approx(100.7957, abs=1e-4)


def test_chance_of_so_many_purchases() -> None:
    told = predict.given("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    assert told.p_purchases(10, 2) == pytest.approx(1.0786896e-07, rel=1e-7)
    assert told.p_purchases(0, 39) == pytest.approx(0.5737863521, abs=1e-10)


def test_donors_by_how_often_they_gave() -> None:
    """In the sample: 3,454.9 donors who never gave again and 1,253.1 who always did are expected."""
    model = predict.fit("bg_bb", *donors()[:3], donors()[3])
    assert 11_104 * model.p_purchases(0, 6) == pytest.approx(3454.9, abs=0.05)
    assert 11_104 * model.p_purchases(6, 6) == pytest.approx(1253.1, abs=0.05)


@needs_cdnow
@pytest.mark.parametrize(("model", "off"), [("bg_nbd", -0.0411), ("mbg_nbd", -0.0666), ("pareto_nbd", -0.0159)])
def test_repeat_purchases_by_week_78(model: str, off: float) -> None:
    """Of 4,339, by everybody's first purchase alone; the paper: BG/NBD under 4 % off, Pareto/NBD under 2 %."""
    data = cdnow()
    expected = fitted(model).expected_purchases(data.T + 39).sum()
    assert data.x.sum() + data.later.sum() == 4339
    assert expected / 4339 - 1 == pytest.approx(off, abs=5.1e-5)


@needs_cdnow
def test_errors_of_single_customers() -> None:
    data = cdnow()
    found = [np.abs(fitted(model).expected_purchases(39, *data.columns) - data.later).mean() for model in MODELS]
    assert found == pytest.approx((0.785, 0.765, 0.755), abs=5.1e-4)


@needs_cdnow
def test_half_the_time_by_the_parameters_of_the_whole() -> None:
    """The papers' own test of drift: -9,608 against -9,595, and for values (as densities of sums) -4,661 and -4,659."""
    later = fitted("pareto_nbd", 78).params
    assert log_likelihood("pareto_nbd", dict(later), *cdnow().columns) == pytest.approx(-9608.25, abs=0.006)
    data = cdnow()
    again = data.x > 0
    values = fitted("gamma_gamma", 78)
    assert list(values.params.values()) == pytest.approx((4.6834532, 4.1897836, 24.3905565), rel=1e-4)
    assert values.log_likelihood == pytest.approx(-4884.5663, abs=0.002)
    from tenure.predict.gamma_gamma import GAMMA_GAMMA

    objective = GAMMA_GAMMA.objective(data.x[again], data.mean[again], np.ones(again.sum()))
    sums = np.log(data.x[again]).sum()
    assert sums == pytest.approx(603.37, abs=0.005)
    assert objective(values.at)[0] - sums == pytest.approx(-4661.41, abs=0.006)
    assert fitted("gamma_gamma").log_likelihood - sums == pytest.approx(-4659.29, abs=0.006)
    assert np.mean(data.mean[again]) == pytest.approx(35.0778, abs=5e-5)
    assert np.corrcoef(data.mean[again], data.x[again])[0, 1] == pytest.approx(0.1139, abs=5e-5)


MASTER_FITS = {
    ("bg_nbd", 39): ((0.251624, 4.7889433, 0.7234335, 2.1610882), -95368.4439),
    ("mbg_nbd", 39): ((0.6371398, 7.3102894, 0.8074742, 1.228394), -95336.9583),
    ("pareto_nbd", 39): ((0.5974199, 11.585657, 0.5221857, 8.8277618), -95415.1186),
    ("bg_nbd", 78): (None, -173425.9163),
    ("mbg_nbd", 78): (None, -173294.4421),
    ("pareto_nbd", 78): (None, -173327.9962),
}


@needs_cdnow
@pytest.mark.parametrize(("model", "weeks"), MASTER_FITS)
def test_all_customers_of_cdnow(model: str, weeks: int) -> None:
    params, value = MASTER_FITS[model, weeks]
    found = predict.fit(model, *cdnow(weeks, master=True).columns)
    assert found.customers == 23_570
    assert found.log_likelihood == pytest.approx(value, abs=0.002)
    if params is not None:
        assert list(found.params.values()) == pytest.approx(params, rel=1e-4)


def test_discounted_purchases() -> None:
    told = predict.given("pareto_nbd", YEAR_AND_A_HALF)
    rate = 0.0027
    assert told.discounted_purchases(rate, [7, 1, 0], [35, 30, 0], [77.86] * 3) == pytest.approx(
        (1.864183, 2.199155, 0.364756), abs=2e-6
    )
    # 15 % a year, by the week
    assert predict.discount(0.15, 52) == pytest.approx(rate, abs=2e-5)
    found = predict.given("pareto_nbd", PAPER).discounted_purchases(
        rate, [0, 1, 7, 9, 1, 7, 14], [0, 30, 35, 40, 77, 70, 77], [77.86] * 7
    )
    assert found == pytest.approx((0.182, 1.426, 0.893, 1.074, 3.116, 14.071, 29.188), abs=6e-4)
    # CLVTools, its README
    told = predict.given("pareto_nbd", {"r": 0.7866, "alpha": 5.3349, "s": 0.3570, "beta": 11.6152})
    assert told.p_alive(0, 0, 40) == pytest.approx(0.35722, abs=5e-6)
    assert told.expected_purchases(39.857, 0, 0, 40) == pytest.approx(0.22128, abs=5e-6)
    assert told.discounted_purchases(0.1, 0, 0, 40) == pytest.approx(0.058496, abs=5e-7)


@needs_cdnow
def test_discounted_purchases_of_cdnow() -> None:
    pareto, value = fitted("pareto_nbd"), fitted("gamma_gamma")
    often = (26, 216 / 7, 31)
    assert pareto.discounted_purchases(0.0027, *often) == pytest.approx(86.0244, abs=5e-5)
    assert pareto.discounted_purchases(0.0027) == pytest.approx(3.954705, abs=2e-6)
    assert value.expected_value(26, 39.97) == pytest.approx(39.8903, abs=5e-5)
    worth = predict.clv(pareto, value, *often, monetary_value=39.97, discount=0.0027)
    assert worth == pytest.approx(3431.54, abs=0.01)
    # who is new brings the first purchase too
    new = predict.clv(pareto, value, discount=0.0027, margin=0.3)
    assert new == pytest.approx(0.3 * 35.1704 * (1 + 3.954705), abs=1e-3)


@needs_cdnow
@pytest.mark.parametrize(
    ("model", "monthly", "whole"),
    [("bg_nbd", 972.0453, 1029.4908), ("mbg_nbd", 906.1422, 959.1222), ("pareto_nbd", 958.9571, 1017.6089)],
)
def test_value_of_twelve_months(model: str, monthly: float, whole: float) -> None:
    """Customer 1516, 1 % a month: the published steps of a month, and without steps a little more."""
    often, mean = (26, 216 / 7, 31), float(fitted("gamma_gamma").expected_value(26, 39.97)[0])
    by_month = fitted(model).expected_purchases(np.arange(13) * 4.345, *[[one] * 13 for one in often])
    assert mean * (np.diff(by_month) / 1.01 ** np.arange(1, 13)).sum() == pytest.approx(monthly, abs=2e-4)
    args = {"monetary_value": 39.97, "horizon": 12 * 4.345}
    value = fitted("gamma_gamma")
    assert predict.clv(fitted(model), value, *often, discount=0.0, **args) == pytest.approx(whole, abs=2e-4)
    steady = predict.clv(fitted(model), value, *often, discount=np.log(1.01) / 4.345, **args)
    assert monthly < float(steady[0]) < monthly * 1.01**0.6


def test_value_of_thirty_days() -> None:
    """An example of lifetimes and of PyMC-Marketing, with purchases worth 1."""
    told = predict.given("bg_nbd", {"r": 0.16385072, "alpha": 1.86428187, "a": 1.85034151, "b": 3.18105431})
    columns = ([0, 0, 6, 0, 2], [0, 0, 142, 0, 9], [298, 224, 292, 147, 183])
    known = (0.016053, 0.021171, 0.030461, 0.031686, 0.001607)
    assert predict.clv(told, 1, *columns, discount=0, horizon=30) == pytest.approx(known, abs=1e-6)


@needs_cdnow
def test_value_of_a_customer_base() -> None:
    """The whole cohort in the paper: $4.40 for each of 12,054 who bought once, $53,000 for all of these."""
    data = cdnow(78, master=True)
    value = predict.given("gamma_gamma", dict(zip("pqv", (4.6834532, 4.1897836, 24.3905565), strict=True)))
    found = predict.clv(
        predict.given("pareto_nbd", YEAR_AND_A_HALF), value, *data.columns, monetary_value=data.mean, margin=0.3,
        discount=predict.discount(0.15, 52),
    )  # fmt: skip
    once = data.x == 0
    assert once.sum() == 12_054
    assert found[once].mean() == pytest.approx(4.404, rel=2e-3)
    assert found[once].sum() == pytest.approx(53_086, rel=2e-3)
    assert found.sum() == pytest.approx(1_143_823, rel=2e-3)


def test_discounted_gifts() -> None:
    told = predict.given("bg_bb", {"alpha": 1.20, "beta": 0.75, "gamma": 0.66, "delta": 2.78})
    rate = predict.discount(0.1, 1)
    assert told.discounted_purchases(rate, 3, 4, 6) == pytest.approx(1.621379, abs=1e-6)
    assert told.discounted_purchases(rate, range(1, 7), [6] * 6, [6] * 6) == pytest.approx(
        (1.80204, 2.62116, 3.44027, 4.25938, 5.07849, 5.89760), abs=1e-5
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "known"),
    [
        (3.80, 15.20, (3.3098, 3.4510, 3.5865, 3.7168, 3.8421)),
        (0.067, 0.267, (7.6708, 9.4553, 9.8508, 10.0562, 10.1886)),
    ],
)
def test_discounted_renewals(alpha: float, beta: float, known: tuple[float, ...]) -> None:
    """DERL is told just before a renewal that is due at once (P. S. Fader and B. G. S. Hardie, 2010, table 3)."""
    told = predict.given("sbg", {"alpha": alpha, "beta": beta})
    found = told.discounted_purchases(predict.discount(0.1, 1), range(5), T=range(5))
    assert 1.1 * found == pytest.approx(known, abs=6e-5)


@pytest.mark.parametrize(("customers", "actual"), [(REGULAR, 0.173), (HIGH_END, 0.394)])
def test_retention_tables(customers: tuple[int, ...], actual: float) -> None:
    """Seven years fitted, five foretold: to within the papers' distance of what came."""
    frequency, could, count = predict.renewals(customers)
    for model, within in (("sbg", 0.017), ("bdw", 0.0101)):
        told = predict.fit(model, frequency, T=could, weights=count)
        assert told.survival(range(8)) == pytest.approx(np.array(customers) / 1000, abs=0.02)
        assert abs(float(told.survival(12)[0]) - actual) < within

"""The numbers of the papers, and of independent fits to the same data."""

from __future__ import annotations

import numpy as np
import pytest

from tenure import predict

from .published import HIGH_END, REGULAR, cdnow, donors, needs_cdnow

# the paper's parameters (three decimals), the optimum of an independent fit, the log-likelihood
CDNOW_FITS = {
    "bg_nbd": ((0.243, 4.414, 0.793, 2.426), (0.2425945, 4.413602, 0.792922, 2.425907), -9582.4292),
    "mbg_nbd": ((0.525, 6.183, 0.891, 1.614), (0.524843, 6.183085, 0.891359, 1.614002), -9582.1357),
    "pareto_nbd": ((0.553, 10.578, 0.606, 11.669), (0.553277, 10.577684, 0.606240, 11.668739), -9594.976179),
}


@needs_cdnow
@pytest.mark.parametrize("model", CDNOW_FITS)
def test_cdnow(model: str) -> None:
    paper, optimum, log_likelihood = CDNOW_FITS[model]
    fitted = predict.fit(model, *cdnow().columns)
    found = list(fitted.params.values())
    assert found == pytest.approx(paper, abs=5.01e-4)
    assert found == pytest.approx(optimum, rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=0.002)
    assert fitted.customers == 2357
    # it is said of BG/NBD what it takes of who bought once
    assert [("1,411 who bought once" in note) for note in fitted.notes] == [True] * (model == "bg_nbd")


@needs_cdnow
def test_standard_errors_of_cdnow() -> None:
    fitted = predict.fit("bg_nbd", *cdnow().columns)
    assert list(fitted.standard_errors.values()) == pytest.approx((0.01256, 0.37822, 0.18573, 0.70541), rel=1e-3)
    fitted = predict.fit("pareto_nbd", *cdnow().columns)
    # CLVTools prints .0476264, .8427222, .1872594, 6.2105448 at an optimum 0.03 % away
    assert list(fitted.standard_errors.values()) == pytest.approx((0.04763, 0.84272, 0.18728, 6.2111), rel=2e-4)


@needs_cdnow
@pytest.mark.parametrize(
    ("model", "params", "log_likelihood"),
    [
        ("bg_nbd", (0.2535611, 5.4472574, 0.6073655, 2.6472351), -17138.2340),
        ("mbg_nbd", (0.6178433, 8.65696, 0.551525, 1.0090593), -17127.3733),
        ("pareto_nbd", (0.5630037, 12.5591705, 0.4081073, 10.5145444), -17135.8359),
    ],
)
def test_cdnow_of_78_weeks(model: str, params: tuple[float, ...], log_likelihood: float) -> None:
    fitted = predict.fit(model, *cdnow(78).columns)
    assert list(fitted.params.values()) == pytest.approx(params, rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=0.002)


@needs_cdnow
def test_named_customers() -> None:
    fits = {model: predict.fit(model, *cdnow().columns) for model in CDNOW_FITS}
    often = (26, 216 / 7, 31)  # customer 1516
    told = {"bg_nbd": (25.75733, 0.968854), "mbg_nbd": (23.99819, 0.965485), "pareto_nbd": (25.45518, 0.997873)}
    for model, (expected, alive) in told.items():
        assert fits[model].expected_purchases(52, *often) == pytest.approx(expected, rel=2e-6)
        assert fits[model].p_alive(*often) == pytest.approx(alive, abs=1e-6)
    new = {"bg_nbd": 1.444012, "mbg_nbd": 1.418885, "pareto_nbd": 1.473434}
    for model, expected in new.items():
        assert fits[model].expected_purchases(52) == pytest.approx(expected, abs=2e-6)
    twice = (2, 30.43, 38.86)
    for model, expected, alive in (
        ("bg_nbd", 1.22591, 0.72661), ("mbg_nbd", 1.26267, 0.70613), ("pareto_nbd", 1.45510, 0.86912),
    ):  # fmt: skip
        assert fits[model].expected_purchases(39, *twice) == pytest.approx(expected, abs=1e-5)
        assert fits[model].p_alive(*twice) == pytest.approx(alive, abs=1e-5)
    once = (0, 0, 38.86)
    assert np.isnan(fits["bg_nbd"].p_alive(*once))
    assert fits["mbg_nbd"].p_alive(*once) == pytest.approx(0.38972, abs=1e-5)
    assert fits["pareto_nbd"].p_alive(*once) == pytest.approx(0.29510, abs=1e-5)
    horizons = np.array([0.1429, 1, 3, 31.8571, 32, 78])
    assert fits["bg_nbd"].expected_purchases(horizons) == pytest.approx(
        (0.00782, 0.05318, 0.15063, 1.04049, 1.04373, 1.85796), abs=6e-6
    )


@needs_cdnow
def test_more_purchases_by_the_same_day_mean_less_hope() -> None:
    fits = {model: predict.fit(model, *cdnow().columns) for model in ("bg_nbd", "pareto_nbd")}
    told = {"bg_nbd": (0.34748, 0.042837, 0.0041593, 0.0003584), "pareto_nbd": (0.70589, 0.14415, 0.02249, 0.00309)}
    for model, expected in told.items():
        found = fits[model].expected_purchases(52, [10, 15, 20, 25], [20] * 4, [39] * 4)
        assert found == pytest.approx(expected, abs=6e-6)


@needs_cdnow
@pytest.mark.parametrize(
    ("model", "in_all", "zero", "correlation"),
    [("bg_nbd", 1653.4, 0.225, 0.6256), ("mbg_nbd", 1576.7, 0.185, 0.6273), ("pareto_nbd", 1665.5, 0.138, 0.6302)],
)
def test_hold_out_of_cdnow(model: str, in_all: float, zero: float, correlation: float) -> None:
    data = cdnow()
    assert data.later.sum() == 1882
    expected = predict.fit(model, *data.columns).expected_purchases(39, *data.columns)
    assert expected.sum() == pytest.approx(in_all, abs=0.06)
    assert expected[data.x == 0].mean() == pytest.approx(zero, abs=6e-4)
    assert np.corrcoef(expected, data.later)[0, 1] == pytest.approx(correlation, abs=6e-5)


@needs_cdnow
def test_value_of_purchases() -> None:
    data = cdnow()
    fitted = predict.fit("gamma_gamma", data.x, monetary_value=data.mean)
    assert fitted.customers == 946
    assert list(fitted.params.values()) == pytest.approx((6.25, 3.74, 15.44), abs=5.01e-3)
    assert list(fitted.params.values()) == pytest.approx((6.249573, 3.744225, 15.443521), rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(-4055.91769, abs=0.002)
    assert fitted.expected_value() == pytest.approx(35.1704, abs=1e-4)
    assert fitted.expected_value(3, 35) == pytest.approx(35.0218, abs=1e-4)
    means = fitted.expected_value([2, 1, 0, 0, 0, 7, 1, 0, 2, 0], [22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0])
    assert means == pytest.approx((24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17), abs=0.02)


def test_values_with_published_parameters() -> None:
    fitted = predict.given("gamma_gamma", {"p": 6.25, "q": 3.74, "v": 15.44})
    assert fitted.expected_value([0, 2, 1], [0, 22.35, 11.77]) == pytest.approx((35.2190, 24.66, 18.91), abs=0.01)


def test_donations() -> None:
    x, t_x, occasions, count = donors()
    fitted = predict.fit("bg_bb", x, t_x, occasions, count)
    assert fitted.customers == 11_104
    assert list(fitted.params.values()) == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=5.01e-4)
    assert list(fitted.params.values()) == pytest.approx((1.203522, 0.749716, 0.656718, 2.783442), rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(-33225.581274, abs=0.002)
    assert fitted.expected_purchases(range(1, 12)) == pytest.approx(
        (0.4985, 0.9233, 1.2969, 1.6323, 1.9381, 2.2202, 2.4826, 2.7285, 2.9603, 3.1798, 3.3887), abs=5.1e-5
    )
    assert fitted.expected_purchases(10, [0, 4], [0, 5], [6, 6]) == pytest.approx((0.130218, 3.627968), abs=1e-5)
    assert count @ fitted.expected_purchases(5, x, t_x, occasions) == pytest.approx(12884.157, abs=0.05)
    assert fitted.p_alive([0, 2, 6], [0, 4, 6], [6, 6, 6]) == pytest.approx((0.1081, 0.5897, 0.9304), abs=5.1e-5)


# parameters, log-likelihood, share left after 12 renewals
CONTRACTS = {
    ("sbg", REGULAR): ((0.704077, 1.182043), -1680.2652, 0.1700),
    ("sbg", HIGH_END): ((0.668088, 3.806095), -1611.1581, 0.3780),
    ("bdw", REGULAR): ((0.455614, 0.779326, 1.283451), -1679.6028, 0.1773),
    ("bdw", HIGH_END): ((0.214253, 1.426575, 1.723565), -1605.3142, 0.4039),
    ("sbg", (1000, 631, 468, 382, 326)): ((0.763665, 1.295830), -1401.5594, None),
}


@pytest.mark.parametrize(("model", "customers"), CONTRACTS)
def test_renewals(model: str, customers: tuple[int, ...]) -> None:
    params, log_likelihood, left = CONTRACTS[model, customers]
    frequency, opportunities, count = predict.renewals(customers)
    fitted = predict.fit(model, frequency, T=opportunities, weights=count)
    assert list(fitted.params.values()) == pytest.approx(params, rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=0.002)
    if left is not None:
        assert fitted.survival(12) == pytest.approx(left, abs=5.1e-5)


def test_lives_of_contracts() -> None:
    fitted = predict.given("sbg", {"alpha": 1, "beta": 1})
    lost = -np.diff(fitted.survival(np.arange(8)))
    assert lost == pytest.approx((1 / 2, 1 / 6, 1 / 12, 1 / 20, 1 / 30, 1 / 42, 1 / 56))
    assert fitted.p_alive([2, 3], T=[3, 3]).tolist() == [0, 1]
    # somebody who was lost renews no more; who is there may: S(4)/S(3) + S(5)/S(3)
    assert fitted.expected_purchases(2, [2, 3], T=[3, 3]) == pytest.approx((0, 4 / 5 + 4 / 6))

"""Gradients, integrals, and what must not change a result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta, hyp2f1

from tenure import predict
from tenure.predict.compress import checked, compress
from tenure.predict.gamma_gamma import GAMMA_GAMMA
from tenure.predict.optimise import Objective
from tenure.predict.registry import PURCHASES
from tenure.predict.special import gone_before, mortal_purchases

from .published import REGULAR, donors, simulated

CONTINUOUS = ("bg_nbd", "mbg_nbd", "pareto_nbd")


def slopes(objective: Objective, at: np.ndarray) -> np.ndarray:
    step = 1e-5
    return np.array([(objective(at + one)[0] - objective(at - one)[0]) / (2 * step) for one in np.eye(len(at)) * step])


@settings(max_examples=25, deadline=None)
@given(model=st.sampled_from(sorted(PURCHASES)), seed=st.integers(0, 10**6))
def test_gradients(model: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    if model in CONTINUOUS:
        rows = compress(*checked(*simulated(60, seed=seed)))
    else:
        x, t_x, occasions, count = donors() if model == "bg_bb" else (*predict.renewals(REGULAR)[:2], None, None)
        columns = (x, t_x, occasions, count) if model == "bg_bb" else (x, x, *predict.renewals(REGULAR)[1:])
        rows = compress(*checked(*columns, discrete=True), scaled=False)
    objective = PURCHASES[model].objective(rows)
    # the logarithm of a survival after 8^7 renewals has few digits left to difference
    at = random.uniform(-1, 1, 3) if model == "bdw" else random.uniform(-2, 2, len(PURCHASES[model].parameters))
    value, gradient = objective(at)
    assert np.allclose(gradient, slopes(objective, at), rtol=1e-6, atol=1e-6 * abs(value))


def test_gradient_of_values() -> None:
    random = np.random.default_rng(5)
    x, mean, weights = random.integers(1, 9, 50) * 1.0, random.gamma(2, 1, 50), random.integers(1, 5, 50) * 1.0
    objective = GAMMA_GAMMA.objective(x, mean, weights)
    at = random.uniform(-1, 1, 3)
    assert objective(at)[1] == pytest.approx(slopes(objective, at), rel=1e-6)


@pytest.mark.parametrize(
    ("alpha", "rate_of_end", "x", "last", "until"),
    [
        (10, 12, 0, 0, 39),
        (10, 12, 5, 30, 39),
        (300, 1, 0, 0, 40),
        (300, 1, 1, 5, 40),
        (1, 300, 1, 5, 40),
        (4, 4, 2, 3, 9),
    ],
)
def test_integral_of_those_gone(alpha: float, rate_of_end: float, x: float, last: float, until: float) -> None:
    r, s = 0.55, 0.61

    def f(y: float) -> float:
        grown = ((alpha + y) / (alpha + last)) ** -(r + x) * ((rate_of_end + y) / (rate_of_end + last)) ** -s
        return float(grown / (rate_of_end + y))

    parts = (
        f, lambda y: f(y) * np.log(alpha + y), lambda y: f(y) * np.log(rate_of_end + y),
        lambda y: f(y) / (alpha + y), lambda y: f(y) / (rate_of_end + y),
    )  # fmt: skip
    exact = [quad(part, last, until, epsabs=0, epsrel=1e-12, limit=400)[0] for part in parts]
    found = gone_before(r, alpha, s, rate_of_end, *(np.array([float(one)]) for one in (x, last, until)))
    assert found[:, 0] == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize(
    ("k", "z", "a", "b"), [(0.25, 12, 0.8, 2.4), (26.2, 1.5, 0.8, 28.4), (3, 2, 0.3, 0.5), (2, 1, 7, 9)]
)
def test_purchases_of_who_may_stop(k: float, z: float, a: float, b: float) -> None:
    found = mortal_purchases(np.array([k]), np.array([z]), a, np.array([b]))
    told = (a + b - 1) / (a - 1) * (1 - hyp2f1(k, a - 1, a + b - 1, -z))
    assert found == pytest.approx(told, rel=1e-9)


def test_nothing_happens_where_a_parameter_passes_one() -> None:
    around = mortal_purchases(np.array([5.0]), np.array([3.0]), 1.0, np.array([4.0]))
    exact, _ = quad(lambda p: (1 - (1 + 3 * p) ** -5) / p * (1 - p) ** 3 / beta(1, 4), 0, 1)
    assert around == pytest.approx(exact, rel=1e-9)
    params = {"r": 0.5, "alpha": 10, "beta": 12}
    values = [
        float(predict.given("pareto_nbd", {**params, "s": s}).expected_purchases(52, 3, 20, 30)[0])
        for s in (1 - 1e-7, 1, 1 + 1e-7)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    assert values[2] == pytest.approx(values[1], rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(model=st.sampled_from(CONTINUOUS), unit=st.sampled_from([1 / 365.25, 1 / 7, 24.0, 86_400.0, 0.37]))
def test_the_unit_of_time_does_not_matter(model: str, unit: float) -> None:
    x, t_x, T = simulated(250, seed=11)  # noqa: N806
    t_x, T = np.ceil(t_x * 7) / 7, np.ceil(T * 7) / 7  # noqa: N806
    one, other = predict.fit(model, x, t_x, T), predict.fit(model, x, t_x * unit, T * unit)
    for name, value in one.params.items():
        times = unit if name in PURCHASES[model].times else 1
        assert other.params[name] == pytest.approx(value * times, rel=1e-4)
        assert other.standard_errors[name] == pytest.approx(one.standard_errors[name] * times, rel=1e-3)
    assert other.log_likelihood + x.sum() * np.log(unit) == pytest.approx(one.log_likelihood, abs=1e-5)
    expected = one.expected_purchases(52, x, t_x, T)
    assert np.allclose(other.expected_purchases(52 * unit, x, t_x * unit, T * unit), expected, rtol=1e-4)


@pytest.mark.parametrize("unit", [0.01, 1.0, 100.0, 1e9])
def test_the_unit_of_money_does_not_matter(unit: float) -> None:
    random = np.random.default_rng(7)
    x = random.integers(1, 12, 500)
    means = random.gamma(6 * x, 1 / (x * random.gamma(4, 1 / 15, 500)))
    one, other = (predict.fit("gamma_gamma", x, monetary_value=means * factor) for factor in (1.0, unit))
    assert other.params["p"] == pytest.approx(one.params["p"], rel=1e-5)
    assert other.params["v"] == pytest.approx(one.params["v"] * unit, rel=1e-5)
    assert np.allclose(other.expected_value(x, means * unit), one.expected_value(x, means) * unit, rtol=1e-6)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_rows_that_stand_for_many_are_many(model: str) -> None:
    x, t_x, T = (np.round(one) for one in simulated(500, seed=3))  # noqa: N806
    t_x = np.where(x > 0, np.maximum(t_x, 1), 0)
    T = np.maximum(T, t_x)  # noqa: N806
    rows, count = np.unique(np.stack([x, t_x, T], axis=1), axis=0, return_counts=True)
    many, few = predict.fit(model, x, t_x, T), predict.fit(model, *rows.T, weights=count)
    backwards = predict.fit(model, x[::-1], t_x[::-1], T[::-1])
    for other in (few, backwards):
        assert list(other.params.values()) == pytest.approx(list(many.params.values()), rel=1e-6)
    assert predict.fit(model, x, t_x, T).params == many.params

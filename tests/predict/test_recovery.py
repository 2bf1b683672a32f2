"""Customers of known parameters: they are found again, and intervals hold what they say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import coverage
from tenure import predict
from tenure.errors import UsageError

from .published import cdnow, needs_cdnow, simulated

TRUTH = {
    "bg_nbd": (0.6, 6.0, 0.9, 2.5), "mbg_nbd": (0.6, 6.0, 0.8, 2.5), "pareto_nbd": (0.6, 6.0, 0.7, 12.0),
}  # fmt: skip


@pytest.mark.parametrize("model", TRUTH)
def test_parameters_are_found_again(model: str) -> None:
    fitted = predict.fit(model, *simulated(6000, seed=21, model=model, params=TRUTH[model]))
    for (name, found), true in zip(fitted.params.items(), TRUTH[model], strict=True):
        assert abs(found - true) < 3.5 * fitted.standard_errors[name]
        assert fitted.standard_errors[name] < 0.5 * true


@pytest.mark.slow
@pytest.mark.parametrize("model", coverage.TRUTH)
def test_limits_hold_what_they_are_of(model: str) -> None:
    """95 % limits of the parameters, and for MBG/NBD of the purchases to come; 2,000 of them are in the docs."""
    found = [coverage.covered(model, seed, 3000, total=model == "mbg_nbd" and seed < 60) for seed in range(200)]
    inside = np.mean([own for own, _ in found], axis=0)
    assert np.all((inside >= 0.90) & (inside <= 0.99)), inside
    totals = [total for _, total in found if total is not None]
    assert not totals or 0.90 <= np.mean(totals) <= 0.99


def test_values_and_renewals_are_found_again() -> None:
    random = np.random.default_rng(6)
    x = random.geometric(0.3, 5000)
    means = random.gamma(6 * x, 1 / (x * random.gamma(4, 1 / 15, 5000)))
    fitted = predict.fit("gamma_gamma", x, monetary_value=means)
    for name, true in (("p", 6), ("q", 4), ("v", 15)):
        assert abs(fitted.params[name] - true) < 3.5 * fitted.standard_errors[name]
    lost = random.geometric(random.beta(0.7, 2.0, 5000))
    fitted = predict.fit("sbg", np.minimum(lost - 1, 8), T=np.full(5000, 8))
    for name, true in (("alpha", 0.7), ("beta", 2.0)):
        assert abs(fitted.params[name] - true) < 3.5 * fitted.standard_errors[name]


@pytest.mark.parametrize("model", TRUTH)
def test_the_simulated_future_is_the_expected_one(model: str) -> None:
    """The process layer and the closed forms tell the same story: two ways to one mean."""
    fitted = predict.given(
        model, dict(zip(predict.fit(model, *simulated(300, seed=1)).params, TRUTH[model], strict=True))
    )
    x, t_x, T = np.array([0.0, 3, 12, 4]), np.array([0.0, 20, 50, 5]), np.array([30.0, 40, 52, 15])  # noqa: N806
    rows = [np.repeat(one, 20_000) for one in (x, t_x, T)]
    interval = fitted.interval(52, *rows, layers=("process",), draws=2, of="each")
    made = (interval.low + interval.high) / 2
    expected = fitted.expected_purchases(52, x, t_x, T)
    assert made.reshape(4, -1).mean(axis=1) == pytest.approx(expected, rel=0.05)


@needs_cdnow
def test_layers_of_the_interval_of_cdnow() -> None:
    data = cdnow()
    bought = data.later.sum()
    bg = predict.fit("bg_nbd", *data.columns).interval(39, *data.columns, layers=("parameter",))
    assert (bg.low[0], bg.high[0]) == (pytest.approx(1515, abs=25), pytest.approx(1809, abs=30))
    assert bg.high < bought  # parameters alone miss what came
    fitted = predict.fit("pareto_nbd", *data.columns)
    pareto = fitted.interval(39, *data.columns, layers=("parameter",))
    assert (pareto.low[0], pareto.high[0]) == (pytest.approx(1502, abs=30), pytest.approx(1924, abs=40))
    both = fitted.interval(39, *data.columns)
    three = fitted.interval(39, *data.columns, layers=("parameter", "process", "model"), model_error=0.12)
    assert three.low < both.low < pareto.low < pareto.high < both.high < three.high
    assert both.layers == ("parameter", "process")
    again = fitted.interval(39, *data.columns)
    assert (again.low, again.high) == (both.low, both.high)
    some = slice(0, 150)
    own = fitted.interval(39, *(one[some] for one in data.columns), of="each", draws=100)
    inside = (data.later[some] >= own.low) & (data.later[some] <= own.high)
    assert inside.mean() > 0.93


@needs_cdnow
def test_bootstrap_agrees_with_the_curvature() -> None:
    fitted = predict.fit("mbg_nbd", *cdnow().columns)
    drawn = fitted.bootstrap(30, seed=3)
    for name, error in fitted.standard_errors.items():
        assert drawn[name] == pytest.approx(error, rel=0.5)
    assert fitted.bootstrap(5, seed=3) == fitted.bootstrap(5, seed=3)


def test_intervals_that_cannot_be() -> None:
    fitted = predict.given("pareto_nbd", {"r": 0.5, "alpha": 10, "s": 0.6, "beta": 12})
    with pytest.raises(UsageError, match="not known"):
        fitted.interval(52, 3, 20, 30)
    with pytest.raises(UsageError, match="go together"):
        fitted.interval(52, 3, 20, 30, layers=("process",), model_error=0.1)
    with pytest.raises(UsageError, match="customers to draw"):
        fitted.bootstrap()

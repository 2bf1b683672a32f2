"""What is told of the future: chances, discounts, values, limits and histories agree with each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tenure import predict
from tenure.errors import UsageError
from tenure.predict.fitted import Fitted
from tenure.predict.special import lived

from .published import donors, simulated

CONTINUOUS = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "mbg_nbd": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
}
ALL = {
    **CONTINUOUS,
    "bg_bb": {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78},
    "sbg": {"alpha": 0.67, "beta": 3.8},
    "bdw": {"alpha": 0.21, "beta": 1.43, "c": 1.72},
}
SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}
# frequency, recency and T of a few customers, for weeks and for periods
WEEKS = (np.array([0.0, 3, 12, 1]), np.array([0.0, 20, 30, 2]), np.array([30.0, 39, 31, 38]))
PERIODS = (np.array([0.0, 3, 6, 2]), np.array([0.0, 4, 6, 2]), np.array([6.0, 6, 6, 2]))


def customers(model: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if model in CONTINUOUS:
        return WEEKS
    x, t_x, T = PERIODS  # noqa: N806
    return (x, t_x, T) if model == "bg_bb" else (x, x, T)


@pytest.mark.parametrize("model", ALL)
def test_chances_sum_to_one_and_have_the_mean_that_is_expected(model: str) -> None:
    told, horizon = predict.given(model, ALL[model]), 20
    for columns in ((), customers(model)):
        chances = np.stack([told.p_purchases(number, horizon, *columns) for number in range(180)])
        assert chances.sum(axis=0) == pytest.approx(1, abs=1e-6)
        mean = np.arange(180) @ chances
        assert mean == pytest.approx(told.expected_purchases(horizon, *columns), rel=1e-4)
        assert np.all(chances >= 0)
    assert told.p_purchases(0, 0, *customers(model)) == pytest.approx(1)


@pytest.mark.parametrize("model", CONTINUOUS)
@pytest.mark.parametrize("horizon", [26.0, np.inf])
def test_discounts_by_integration(model: str, horizon: float) -> None:
    """What is bought at each moment, discounted: by parts, from the purchases expected up to it."""
    told, rate, customer = predict.given(model, CONTINUOUS[model]), 0.004, (3, 20, 30)

    def part(time: float) -> float:
        return float(rate * np.exp(-rate * time) * told.expected_purchases(time, *customer)[0])

    exact = quad(part, 0, horizon, epsabs=0, epsrel=1e-10, limit=400)[0]
    if np.isfinite(horizon):
        exact += float(np.exp(-rate * horizon) * told.expected_purchases(horizon, *customer)[0])
    assert told.discounted_purchases(rate, *customer, horizon=horizon) == pytest.approx(exact, rel=1e-8)
    assert told.discounted_purchases(0, *customer, horizon=26) == told.expected_purchases(26, *customer)


@pytest.mark.parametrize("model", ["bg_bb", "sbg", "bdw"])
def test_discounts_by_periods(model: str) -> None:
    told, rate = predict.given(model, ALL[model]), predict.discount(0.5, 1)
    columns = customers(model)
    by_period = np.diff([told.expected_purchases(n, *columns) for n in range(70)], axis=0)
    exact = (by_period / 1.5 ** np.arange(1, 70)[:, None]).sum(axis=0)
    assert told.discounted_purchases(rate, *columns) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("s", [0.05, 0.6, 1.0, 1 + 1e-9, 3.0])
@pytest.mark.parametrize(
    ("beta", "rate", "horizon"), [(12, 0.003, np.inf), (0.2, 1e-5, np.inf), (400, 0.5, 26), (5, 1, 3)]
)
def test_time_that_is_lived(s: float, beta: float, rate: float, horizon: float) -> None:
    def part(y: float) -> float:
        return float(beta * np.exp(y - rate * beta * np.expm1(y) - s * y))

    exact = quad(part, 0, np.log1p(min(horizon, 60 / rate) / beta), epsabs=0, epsrel=1e-12, limit=500)[0]
    assert lived(s, np.array([float(beta)]), np.array([horizon]), rate) == pytest.approx(exact, rel=1e-9)


@settings(max_examples=12, deadline=None)
@given(model=st.sampled_from(sorted(CONTINUOUS)), time=st.sampled_from([1 / 365, 7.0, 86400.0]),
       money=st.sampled_from([0.01, 1e6]))  # fmt: skip
def test_units_do_not_matter(model: str, time: float, money: float) -> None:
    params = {name: value * (time if name in ("alpha", "beta") else 1) for name, value in CONTINUOUS[model].items()}
    one, other = predict.given(model, CONTINUOUS[model]), predict.given(model, params)
    spend = [predict.given("gamma_gamma", {**SPEND, "v": SPEND["v"] * unit}) for unit in (1, money)]
    x, t_x, T = WEEKS  # noqa: N806
    means = np.array([0.0, 20, 30, 12])
    told = predict.clv(one, spend[0], x, t_x, T, monetary_value=means, discount=0.003)
    scaled = predict.clv(other, spend[1], x, t_x * time, T * time, monetary_value=means * money, discount=0.003 / time)
    assert scaled / money == pytest.approx(told, rel=1e-9)
    assert other.p_purchases(2, 52 * time, x, t_x * time, T * time) == pytest.approx(one.p_purchases(2, 52, x, t_x, T))
    assert other.p_alive(x[1:], t_x[1:] * time, T[1:] * time) == pytest.approx(one.p_alive(x[1:], t_x[1:], T[1:]))


@pytest.mark.parametrize("model", ALL)
def test_the_simulated_future_is_the_expected_one_discounted(model: str) -> None:
    """The process layer and the closed forms are two ways to one mean."""
    told, rate = predict.given(model, ALL[model]), 0.05
    columns = [np.repeat(column, 8_000) for column in customers(model)]
    endless = model in CONTINUOUS
    for horizon, discount in ((10.0, 0.0), (np.inf if endless else 10.0, rate)):
        made = told.interval(horizon, *columns, layers=("process",), draws=2, of="each", discount=discount)
        mean = ((made.low + made.high) / 2).reshape(4, -1).mean(axis=1)
        expected = told.discounted_purchases(discount, *customers(model), horizon=horizon)
        assert mean == pytest.approx(expected, rel=0.06, abs=0.012)


@pytest.fixture(scope="module")
def fits() -> tuple[Fitted, Fitted, tuple[np.ndarray, ...], np.ndarray]:
    columns = simulated(1200, seed=8, model="mbg_nbd", params=(0.6, 6.0, 0.8, 2.5))
    random = np.random.default_rng(3)
    x = columns[0]
    means = np.where(x > 0, random.gamma(6 * np.maximum(x, 1)) / np.maximum(x, 1) * 15 / random.gamma(4, 1, 1200), 0)
    return predict.fit("mbg_nbd", *columns), predict.fit("gamma_gamma", x, monetary_value=means), columns, means


Fits = tuple[Fitted, Fitted, tuple[np.ndarray, ...], np.ndarray]


def test_limits_of_lifetime_values(fits: Fits) -> None:
    model, spend, columns, means = fits
    ask = {"monetary_value": means, "discount": predict.discount(0.1, 52), "margin": 0.4, "horizon": 52.0, "draws": 60}
    expected = predict.clv(model, spend, *columns, **{key: value for key, value in ask.items() if key != "draws"})
    parameter = predict.clv_interval(model, spend, *columns, layers=("parameter",), **ask)
    both = predict.clv_interval(model, spend, *columns, **ask)
    three = predict.clv_interval(
        model, spend, *columns, layers=("parameter", "process", "model"), model_error=0.3, **ask
    )  # fmt: skip
    assert parameter.expected == pytest.approx(expected.sum())
    assert three.low < both.low < parameter.low < parameter.expected < parameter.high < both.high < three.high
    assert three.layers == ("parameter", "process", "model")
    some = [column[:40] for column in columns]
    own = predict.clv_interval(model, spend, *some, of="each", **{**ask, "monetary_value": means[:40]})
    assert np.all(own.low <= own.expected + 1e-9) and np.all(own.high >= own.low)
    new = predict.clv_interval(model, spend, discount=0.002, margin=0.4, draws=60)
    assert 0 < new.low < new.expected < new.high
    assert new.expected == pytest.approx(predict.clv(model, spend, discount=0.002, margin=0.4))
    fixed = predict.clv_interval(model, 20, *columns, discount=0.002, draws=50)
    assert fixed.expected == pytest.approx(20 * model.discounted_purchases(0.002, *columns).sum())
    again = predict.clv_interval(model, spend, *columns, **ask)
    assert (again.low, again.high) == (both.low, both.high)


def test_limits_of_chances_and_means(fits: Fits) -> None:
    model, spend, _, _ = fits
    alive = model.limits(lambda one: one.p_alive([0, 4], [0, 20], [30, 30]), draws=60)
    assert alive.layers == ("parameter",)
    assert np.all((alive.low < alive.expected) & (alive.expected < alive.high) & (alive.low > 0) & (alive.high < 1))
    chance = model.limits(lambda one: one.p_purchases(0, 26), draws=60)
    assert 0 < chance.low < chance.expected < chance.high < 1
    mean = spend.limits(lambda one: one.expected_value(), draws=60)
    assert 20 < mean.low < mean.expected < mean.high < 45


def test_values_of_purchases_that_bring_nothing() -> None:
    told = predict.given("pareto_nbd", CONTINUOUS["pareto_nbd"])
    spend = predict.given("gamma_gamma", SPEND)
    ask = {"discount": 0.003, "horizon": 52}
    # nothing, or less than nothing, says nothing of the next purchase: everybody's mean is taken
    none = predict.clv(told, spend, [2, 2, 2], [20] * 3, [30] * 3, monetary_value=[0, -12, np.nan], **ask)
    mean = float(spend.expected_value()[0])
    assert none == pytest.approx(mean * told.discounted_purchases(0.003, 2, 20, 30, horizon=52)[0])
    assert predict.clv(told, 0, 2, 20, 30, **ask) == 0
    no_mean = predict.given("gamma_gamma", {"p": 2, "q": 0.9, "v": 10})
    assert np.isnan(predict.clv(told, no_mean, discount=0.003))
    assert predict.clv(told, -3, 2, 20, 30, **ask) < 0


def test_contracts_are_worth_their_renewals() -> None:
    told = predict.given("sbg", ALL["sbg"])
    rate = predict.discount(0.08, 1)
    worth = predict.clv(told, 120, [0, 3], T=[0, 3], discount=rate, margin=0.5)
    assert worth == pytest.approx(60 * told.discounted_purchases(rate, [0, 3], T=[0, 3]))
    # a new contract pays at once
    assert predict.clv(told, 120, discount=rate, margin=0.5)[0] == pytest.approx(worth[0] + 60)
    assert predict.clv(told, 120, 2, T=5, discount=rate) == 0


@pytest.mark.parametrize("model", CONTINUOUS)
def test_histories_of_everybody_at_once(model: str) -> None:
    told = predict.given(model, CONTINUOUS[model])
    customer = ["b", "a", "a", "b", "a", "a", "c"]
    time = [3.0, 0.0, 5.0, 10.0, 5.0, 12.0, 30.0]
    at = [12.0, 4.0, 20.0, 5.0]
    history = told.p_alive_history(customer, time, at)
    assert history.customers.tolist() == ["a", "b", "c"]
    days = {"a": [0.0, 5.0, 12.0], "b": [3.0, 10.0], "c": [30.0]}
    for row, bought in enumerate(days.values()):
        for column, moment in enumerate(at):
            known = [day for day in bought if day <= moment]
            if not known:
                assert np.isnan(history.p_alive[row, column])
                continue
            one = told.p_alive(len(known) - 1, known[-1] - known[0], moment - known[0])
            assert history.p_alive[row, column] == pytest.approx(float(one[0]), nan_ok=True)
    with pytest.raises(UsageError, match="a customer and a time"):
        told.p_alive_history(["a"], [1, 2], [3])


@pytest.mark.parametrize("model", CONTINUOUS)
def test_edges(model: str) -> None:
    told = predict.given(model, CONTINUOUS[model])
    x, t_x, T = [0, 3000, 1_000_000, 1], [0, 38, 39, 1e-9], [0, 39, 39, 1e-9]  # noqa: N806
    for found in (
        told.discounted_purchases(0.003, x, t_x, T), told.discounted_purchases(30.0, x, t_x, T),
        told.discounted_purchases(1e-9, x, t_x, T), told.p_purchases(3, 10, x, t_x, T),
        told.p_purchases(5000, 10, x, t_x, T),
    ):  # fmt: skip
        assert np.all(np.isfinite(found)) and np.all(found >= 0)
    each = told.interval(np.inf, x, t_x, T, layers=("process",), of="each", discount=0.003, draws=20)
    assert np.all(np.isfinite(each.high))
    for wrong in (-1, np.nan, np.inf):
        with pytest.raises(UsageError, match="no rate of discount"):
            told.discounted_purchases(wrong, 1, 2, 3)
    with pytest.raises(UsageError, match="takes a discount"):
        told.discounted_purchases(0, 1, 2, 3)
    with pytest.raises(UsageError, match="no number of purchases"):
        told.p_purchases(1.5, 10)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no rate of a year"):
        predict.discount(-1)
    with pytest.raises(UsageError, match="What customers spent is not known"):
        predict.clv(told, predict.given("gamma_gamma", SPEND), 1, 2, 3, discount=0.1)
    with pytest.raises(UsageError, match="no margin"):
        predict.clv(told, 3, 1, 2, 3, discount=0.1, margin=np.nan)
    with pytest.raises(UsageError, match="says nothing of values"):
        predict.clv(told, told, 1, 2, 3, discount=0.1)
    with pytest.raises(UsageError, match="not a number"):
        predict.clv(told, "ten", 1, 2, 3, discount=0.1)


def test_bootstrap_of_gifts() -> None:
    fitted = predict.fit("bg_bb", *donors()[:3], donors()[3])
    drawn = fitted.bootstrap(8, seed=1)
    for name, error in fitted.standard_errors.items():
        assert drawn[name] == pytest.approx(error, rel=0.75)

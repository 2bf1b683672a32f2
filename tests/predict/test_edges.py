"""Data at the edges: few, none, all, huge; what cannot be fitted says so."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tenure import predict
from tenure.errors import FitError, UsageError

from .published import simulated

CONTINUOUS = ("bg_nbd", "mbg_nbd", "pareto_nbd")
PARAMS = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "mbg_nbd": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
}


@pytest.mark.parametrize("model", CONTINUOUS)
@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (([3], [20], [30]), "1 of 1 customers bought again"),
        (([0] * 50, [0] * 50, [30] * 50), "Nobody has bought again"),
        (([0, 0], [0, 0], [0, 0]), "Nobody has bought again"),
        (([1] * 4 + [0] * 50, [10] * 54, [30] * 54), "4 of 54 customers bought again"),
    ],
)
def test_too_few(model: str, columns: tuple[list[float], ...], why: str) -> None:
    with pytest.raises(FitError, match=why) as caught:
        predict.fit(model, *columns)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (([], [], []), "There are no customers"),
        (([1], [40], [30]), "after the end"),
        (([1], [0], [30]), "at the very moment"),
        (([1.5], [10], [30]), "not whole numbers"),
        (([-1], [0], [30]), "negative"),
        (([1], [float("nan")], [30]), "missing"),
        ((["many"], [10], [30]), "not a number"),
    ],
)
def test_what_cannot_be(columns: tuple[list[object], ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        predict.fit("pareto_nbd", *columns)


def test_names() -> None:
    with pytest.raises(UsageError, match="Did you mean 'pareto_nbd'"):
        predict.fit("paretonbd", [1], [10], [30])
    with pytest.raises(UsageError, match="has the parameters r, alpha, a, b"):
        predict.given("bg_nbd", {"r": 1})
    with pytest.raises(UsageError, match="above 0"):
        predict.given("sbg", {"alpha": 1, "beta": -1})
    with pytest.raises(UsageError, match="says nothing of values"):
        predict.given("sbg", {"alpha": 1, "beta": 1}).expected_value()
    with pytest.raises(UsageError, match="how often customers buy"):
        predict.given("gamma_gamma", {"p": 6, "q": 4, "v": 15}).p_alive(1, 2, 3)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_everybody_bought_again(model: str) -> None:
    x, t_x, T = simulated(2000, seed=1)  # noqa: N806
    again = x > 0
    fitted = predict.fit(model, x[again], t_x[again], T[again])
    expected = fitted.expected_purchases(52, x[again], t_x[again], T[again])
    assert np.all(np.isfinite(expected)) and np.all(expected > 0)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_alike_customers_are_said_to_be(model: str) -> None:
    """Who all buy at one rate and never stop leave nothing to tell apart."""
    random = np.random.default_rng(2)
    x = random.poisson(5.0, 300)
    fitted = predict.fit(model, x, np.where(x > 0, 52 * random.beta(np.maximum(x, 1), 1), 0), [52.0] * 300)
    assert any("hardly bound" in note for note in fitted.notes)
    assert fitted.expected_purchases(52, 5, 45, 52) == pytest.approx(5, rel=0.25)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_huge_frequencies(model: str) -> None:
    fitted = predict.given(model, PARAMS[model])
    x, t_x, T = [3000, 20_000, 1_000_000, 20_000], [38, 38.9, 39, 1], [39, 39, 39, 39]  # noqa: N806
    alive, expected = fitted.p_alive(x, t_x, T), fitted.expected_purchases(39, x, t_x, T)
    assert np.all((alive >= 0) & (alive <= 1)) and np.all(np.isfinite(expected)) and np.all(expected >= 0)
    assert alive[2] > 0.99
    assert alive[3] < 1e-9
    data = simulated(300, seed=4)
    with_huge = [np.append(column, value) for column, value in zip(data, (5000, 38, 39), strict=True)]
    assert np.isfinite(predict.fit(model, *with_huge).log_likelihood)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_who_is_known_for_no_time(model: str) -> None:
    data = simulated(300, seed=4)
    with_new = [np.append(column, [0] * 20) for column in data]
    one, other = predict.fit(model, *data), predict.fit(model, *with_new)
    if model != "mbg_nbd":  # there somebody may have stopped at once; nothing was seen of it either
        assert list(one.params.values()) == pytest.approx(list(other.params.values()), rel=1e-5)
    # nothing is known of them: they are as new customers are expected to be
    assert other.expected_purchases(52, 0, 0, 0) == pytest.approx(float(other.expected_purchases(52)[0]))
    assert other.expected_purchases(0, *data) == pytest.approx(0)


def test_stability_of_p_alive() -> None:
    """Customers at whom other implementations failed (CLVTools, a test of its Pareto/NBD)."""
    fitted = predict.given("pareto_nbd", {"r": 0.5143, "alpha": 2.8845, "s": 0.2856, "beta": 14.1087})
    found = fitted.p_alive([221, 254, 161, 204], [103.43, 97.14, 94.71, 98.57], [103.57, 97.29, 98, 99.43])
    assert np.all((found > 0) & (found < 1))


def test_values_of_nothing_are_left_out() -> None:
    random = np.random.default_rng(9)
    means = random.gamma(3, 10, 40)
    x = np.concatenate([random.integers(1, 6, 40), [2, 3, 0]])
    fitted = predict.fit("gamma_gamma", x, monetary_value=np.concatenate([means, [0, -5, 0]]))
    assert fitted.customers == 40
    assert any(note.startswith("2 customers whose purchases are worth nothing or less") for note in fitted.notes)
    with pytest.raises(FitError, match="too few"):
        predict.fit("gamma_gamma", [1, 2], monetary_value=[5, 6])
    none = predict.given("gamma_gamma", {"p": 2, "q": 0.9, "v": 10})
    assert np.isnan(none.expected_value())
    assert none.expected_value(5, 10) > 0


def test_related_values_are_noted() -> None:
    x = np.repeat(np.arange(1, 11), 20)
    means = x * np.random.default_rng(1).gamma(20, 1, 200)
    assert any("go together" in note for note in predict.fit("gamma_gamma", x, monetary_value=means).notes)


def test_contracts_too_young() -> None:
    with pytest.raises(FitError, match="2 parameters, and the renewals go over 1 period"):
        predict.fit("sbg", [0, 1], T=[1, 1], weights=[40, 60])
    with pytest.raises(FitError, match="too few"):
        predict.fit("sbg", [3, 3], T=[3, 3], weights=[40, 60])
    with pytest.raises(UsageError, match="whole periods"):
        predict.fit("bg_bb", [1], [1.5], [6])
    with pytest.raises(UsageError, match="none is greater"):
        predict.renewals((100, 120))


def test_the_command_line_does_not_wait_for_scipy() -> None:
    code = "import sys, tenure.predict, tenure.cli.commands; print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

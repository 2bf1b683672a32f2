"""Static covariates: found again, derived a second way, in any unit, and refused where they cannot be."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta, gammaln

from tenure import predict
from tenure.errors import FitError, UsageError
from tenure.predict.fitted import Fitted

from .published import simulated

MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd")
BASE = {"bg_nbd": (0.6, 6.0, 0.9, 2.5), "mbg_nbd": (0.6, 6.0, 0.8, 2.5), "pareto_nbd": (0.6, 6.0, 0.7, 12.0)}
# of the web and the app against the shop, of one visit more, on the rate of purchases and on the second process
EFFECTS = {"shop": (0.0, 0.0), "web": (0.5, 0.4), "app": (-0.4, -0.3)}
A_VISIT = 0.15


@cache
def made(model: str, count: int, seed: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    channel = random.choice(list(EFFECTS), count, p=(0.5, 0.3, 0.2))
    visits = random.integers(0, 3, count)
    columns = np.zeros((3, count))
    for number, (name, (buying, ending)) in enumerate(EFFECTS.items()):
        for many in range(3):
            own = np.flatnonzero((channel == name) & (visits == many))
            r, alpha, third, fourth = BASE[model]
            alpha *= np.exp(-buying - A_VISIT * many)
            third, fourth = (
                (third, fourth * np.exp(-ending)) if model == "pareto_nbd" else (third * np.exp(ending), fourth)
            )
            columns[:, own] = simulated(
                len(own), seed=10 * number + many, model=model, params=(r, alpha, third, fourth)
            )
    x, t_x, T = columns  # noqa: N806
    return {"frequency": x, "recency": t_x, "T": T, "covariates": {"channel": channel, "visits": visits}}


@pytest.mark.parametrize("model", MODELS)
def test_effects_are_found_again(model: str) -> None:
    fitted = predict.fit(model, **made(model, 8000))
    second = "beta" if model == "pareto_nbd" else "a"
    true = dict(zip(fitted.params, BASE[model], strict=False))
    for channel in ("web", "app"):
        true[f"alpha[channel={channel}]"], true[f"{second}[channel={channel}]"] = EFFECTS[channel]
        if model != "pareto_nbd":
            true[f"b[channel={channel}]"] = 0.0
    true["alpha[visits]"] = A_VISIT
    for name, value in true.items():
        assert abs(fitted.params[name] - value) < 3.5 * fitted.standard_errors[name], name
    assert set(fitted.params) >= set(true)
    assert fitted.standard_errors["alpha[channel=web]"] < 0.1


def direct(model: str, logs: np.ndarray, x: float, t_x: float, T: float) -> float:  # noqa: N803
    """The log-likelihood of one customer by the integral of the paper, over the end of the customer."""
    r, alpha, third, fourth = np.exp(logs)
    if model == "pareto_nbd":
        constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + third * np.log(fourth)
        alive = (alpha + T) ** -(r + x) * (fourth + T) ** -third
        gone, _ = quad(
            lambda y: third * (alpha + y) ** -(r + x) * (fourth + y) ** -(third + 1), t_x, T, epsabs=0, epsrel=1e-11
        )
        return float(constant + np.log(alive + gone))
    m = x + (model == "mbg_nbd")
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - np.log(beta(third, fourth))
    gone = beta(third + 1, fourth + m - 1) * (alpha + t_x) ** -(r + x) if m else 0.0
    return float(constant + np.log(beta(third, fourth + m) * (alpha + T) ** -(r + x) + gone))


@pytest.mark.parametrize("model", MODELS)
def test_the_maximum_derived_a_second_way(model: str) -> None:
    """Customer by customer, with parameters of their own, by other formulas: the same value, and no direction up."""
    data = made(model, 240)
    fitted = predict.fit(model, **data)
    channel, visits = data["covariates"]["channel"], data["covariates"]["visits"]
    z = np.stack(
        [channel == name for name in ("app", "web") if f"alpha[channel={name}]" in fitted.params] + [visits], 1
    )
    scaled = {"pareto_nbd": ((1, -1), (3, -1))}.get(model, ((1, -1), (2, 1), (3, 1)))

    def whole(at: np.ndarray) -> float:
        logs = np.tile(at[:4], (240, 1))
        for number, (place, sign) in enumerate(scaled):
            logs[:, place] += sign * z @ at[4 + 3 * number : 7 + 3 * number]
        rows = zip(logs, data["frequency"], data["recency"], data["T"], strict=True)
        return sum(direct(model, *row) for row in rows)

    order = [*list(fitted.params)[:4]]
    for parameter in dict.fromkeys(name.split("[")[0] for name in list(fitted.params)[4:]):
        order += [f"{parameter}[channel=app]", f"{parameter}[channel=web]", f"{parameter}[visits]"]
    values = np.array([fitted.params[name] for name in order])
    at = np.append(np.log(values[:4]), values[4:])
    assert whole(at) == pytest.approx(fitted.log_likelihood, abs=1e-6)
    random = np.random.default_rng(1)
    for _ in range(3):
        step = 1e-4 * random.standard_normal(len(at))
        slope = (whole(at + step) - whole(at - step)) / 2
        assert abs(slope) < 2e-6 * (1 + abs(fitted.log_likelihood))


def test_units_and_names_do_not_matter() -> None:
    data = made("mbg_nbd", 600)
    one = predict.fit("mbg_nbd", **data)
    visits = data["covariates"]["visits"]
    other = predict.fit(
        "mbg_nbd", data["frequency"], data["recency"] * 7, data["T"] * 7,
        covariates={"visits": visits * 1000.0 + 5e6, "channel": data["covariates"]["channel"]},
    )  # fmt: skip
    assert other.params["alpha[visits]"] * 1000 == pytest.approx(one.params["alpha[visits]"], rel=1e-4)
    assert other.standard_errors["alpha[visits]"] * 1000 == pytest.approx(
        one.standard_errors["alpha[visits]"], rel=1e-4
    )
    assert other.params["alpha[channel=web]"] == pytest.approx(one.params["alpha[channel=web]"], rel=1e-4)
    assert other.log_likelihood + data["frequency"].sum() * np.log(7) == pytest.approx(one.log_likelihood, abs=1e-5)


def test_customers_are_told_with_their_covariates() -> None:
    data = made("pareto_nbd", 600)
    fitted = predict.fit("pareto_nbd", **data)
    web = {"channel": "web", "visits": 2}
    own = {name: fitted.params[name] for name in ("r", "alpha", "s", "beta")}
    for name in ("alpha", "beta"):
        own[name] *= np.exp(-fitted.params[f"{name}[channel=web]"] - 2 * fitted.params[f"{name}[visits]"])
    alone = predict.given("pareto_nbd", own)
    assert fitted.p_alive(2, 20, 30, covariates=web) == pytest.approx(alone.p_alive(2, 20, 30), rel=1e-10)
    assert fitted.expected_purchases([10, 52], covariates=web) == pytest.approx(alone.expected_purchases([10, 52]))
    assert fitted.p_purchases(1, 52, covariates=web) == pytest.approx(alone.p_purchases(1, 52))
    new = predict.clv(fitted, 10, discount=0.003, covariates={"channel": ["shop", "web"], "visits": [0, 2]})
    assert new[1] == pytest.approx(predict.clv(alone, 10, discount=0.003)[0])
    interval = fitted.interval(26, **data, draws=20)
    expected = fitted.expected_purchases(26, **data)
    assert interval.expected == pytest.approx(expected.sum())
    assert interval.low < interval.expected < interval.high
    drawn = fitted.bootstrap(3, seed=2)
    assert set(drawn) == set(fitted.params)
    # people alike are counted once: with weights the same fit
    twice = predict.fit("pareto_nbd", **data, weights=np.full(600, 2))
    assert twice.params == pytest.approx(dict(fitted.params), rel=1e-5)


def test_covariates_that_cannot_be() -> None:
    data = made("bg_nbd", 240)
    columns = {name: data[name] for name in ("frequency", "recency", "T")}

    def fit(covariates: dict[str, object]) -> Fitted:
        return predict.fit("bg_nbd", **columns, covariates=covariates)

    with pytest.raises(UsageError, match="country is the same"):
        fit({"country": np.zeros(240)})
    with pytest.raises(UsageError, match="follows from the others"):
        fit({"one": data["covariates"]["visits"], "two": 2 * data["covariates"]["visits"]})
    with pytest.raises(UsageError, match="no covariates"):
        fit({})
    with pytest.raises(UsageError, match="has 3 rows, the customers 240"):
        fit({"visits": [1, 2, 3]})
    with pytest.raises(UsageError, match="missing"):
        fit({"visits": np.where(np.arange(240) == 7, np.nan, 1.0)})
    x, t_x, T = simulated(1500, seed=1)  # noqa: N806
    with pytest.raises(UsageError, match="1,500 different combinations"):
        predict.fit("bg_nbd", x, t_x, T, covariates={"income": np.arange(1500.0)})
    with pytest.raises(UsageError, match="takes no covariates"):
        predict.fit("sbg", [0, 1], T=[1, 1], covariates={"plan": ["a", "b"]})
    with pytest.raises(FitError, match="Nobody has bought again"):
        predict.fit("bg_nbd", [0] * 4, [0] * 4, [9] * 4, covariates={"plan": ["a", "b", "a", "b"]})
    fitted = fit(data["covariates"])
    with pytest.raises(UsageError, match="fitted with covariates"):
        fitted.p_alive(1, 2, 3)
    with pytest.raises(UsageError, match="'fax', which nobody had"):
        fitted.p_alive(1, 2, 3, covariates={"channel": "fax", "visits": 1})
    with pytest.raises(UsageError, match="knows the covariates channel, visits"):
        fitted.p_alive(1, 2, 3, covariates={"channel": "web"})
    with pytest.raises(UsageError, match="without covariates"):
        predict.fit("bg_nbd", **columns).p_alive(1, 2, 3, covariates={"channel": "web"})

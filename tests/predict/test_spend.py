"""What a purchase is worth: the rule that told the hold-out best, and its card."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tenure.predict.card import ModelCard
from tenure.predict.intervals import Counted, courses
from tenure.predict.special import Floats
from tenure.predict.spend import ALL, MODEL, OWN, Spend, spend
from tenure.predict.summary import Known, Summary
from tenure.predict.told import card_of_spend
from tenure.predict.worth import future

P, Q, V = 6.0, 4.0, 15.0


def summary(before: Floats, after: Floats, values: list[Floats]) -> Summary:
    """Customers who bought so often before the hold-out and in all, with the values of all but the first purchase."""

    def known(frequency: Floats, end: float) -> Known:
        means = [one[: int(x)].mean() if x > 0 else 0.0 for one, x in zip(values, frequency, strict=True)]
        size = len(frequency)
        return Known(
            frequency=frequency, recency=np.minimum(frequency, end), T=np.full(size, end), value=np.array(means),
            lately=np.zeros(size),
        )  # fmt: skip

    return Summary(
        units=np.arange(len(before)),
        begin=0,
        end=200,
        until=300,
        before=known(before, 200.0),
        after=known(after, 300.0),
    )


def shop(*, alike: bool = False, own: bool = False, count: int = 1500) -> Summary:
    """Customers by Gamma-Gamma; who all spend alike; or each of whom always spends the same."""
    random = np.random.default_rng(4)
    before = random.geometric(0.3, count) - 1.0
    after = before + random.poisson(1.0, count)
    rate = np.full(count, 3 / V) if alike else random.gamma(Q, 1 / V, count)
    spent = [
        np.full(int(n), 50 / one) if own else random.gamma(P, 1 / one, int(n))
        for one, n in zip(rate, after, strict=True)
    ]
    return summary(before, after, spent)


def card(found: Spend) -> ModelCard:
    return card_of_spend(found, lifecycle="classic", as_of=10, horizon=100, since=1)


def test_gamma_gamma_is_used_where_it_tells_the_hold_out_best_and_its_bands_are_what_came():
    found = spend(shop())
    assert found.used is not None and found.used.name == MODEL
    assert [one.name for one in found.trials] == [MODEL, OWN, ALL]
    assert found.source is found.fitted
    for one in found.bands:
        assert one.came == pytest.approx(one.expected, rel=0.25)
    # of customers who spent least, their own mean tells too little; of the others too much
    assert found.bands[0].naive < found.bands[0].expected
    assert found.bands[-1].naive > found.bands[-1].expected
    low, high = found.limits(0.8)
    assert found.value is not None and low is not None and high is not None
    assert np.all(low <= found.value) and np.all(found.value <= high)
    told = card(found)
    assert {one.name for one in told.parameters} == {"p", "q", "v", "correlation with frequency"}
    assert all(one.error for one in told.parameters)
    assert sum(one.people for one in told.values) == told.people
    assert [one.met for one in told.gates] == [True, True]


@pytest.mark.parametrize(("made", "name"), [({"alike": True}, ALL), ({"own": True}, OWN)])
def test_a_mean_is_used_where_it_does_better(made: dict[str, bool], name: str):
    found = spend(shop(**made))
    assert found.used is not None and found.used.name == name
    assert found.source is found.value
    assert found.limits(0.8) == (None, None)
    told = card(found)
    assert told.verdict.startswith(found.used.title.capitalize()) and "it is used" in told.verdict
    assert any("no limits" in one for one in told.notes)


def test_too_few_are_told_and_without_a_hold_out_the_model_is_unjudged():
    few = spend(shop(count=9))
    assert few.used is None and few.value is None and "too few" in few.why
    assert not few.gates[0].met
    assert "not told" in card(few).verdict
    whole = shop()
    quiet = spend(Summary(units=whole.units, begin=0, end=200, until=300, before=whole.after, after=whole.after))
    assert quiet.used is not None and quiet.used.name == MODEL and quiet.used.deviance is None
    assert not quiet.bands
    assert "nothing speaks for it" in card(quiet).verdict


def test_a_card_is_read_again_and_so_is_one_from_before_there_were_values():
    told = card(spend(shop()))
    assert ModelCard.from_json(told.to_json()) == told
    old = json.loads(told.to_json())
    del old["values"]
    assert ModelCard.from_json(json.dumps(old)).values == ()


def test_limits_of_purchases_are_the_same_with_what_they_bring():
    from tenure import predict

    from .published import simulated

    x, t_x, T = simulated(300, seed=5)  # noqa: N806
    for model in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        fitted = predict.fit(model, x, t_x, T)
        alone = fitted.interval(26, x, t_x, T, of="each", draws=40)
        made = future(fitted, 10.0, x, t_x, T, monetary_value=None, rate=0.01, margin=0.5, horizon=26, covariates=None)
        alive, number, brings = courses(made, Counted(draws=40))
        assert np.array_equal(number, [alone.low, alone.high])
        assert np.all(brings[1] <= 5 * number[1])
        of_alive = fitted.limits(lambda one: one.p_alive(x, t_x, T), draws=40)
        known = np.isfinite(of_alive.low)
        assert alive[0][known] == pytest.approx(of_alive.low[known])
        assert alive[1][known] == pytest.approx(of_alive.high[known])

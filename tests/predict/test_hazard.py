"""Cox's regression against published results, and against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from tenure import predict
from tenure.errors import FitError, UsageError
from tenure.predict.hazard import Cox

# weeks of remission of leukaemia, + where it lasted: E. J. Freireich and others, Blood 21 (1963), 699-716, as in
# E. A. Gehan, Biometrika 52 (1965), 203-223
DRUG = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23".split()
WEEKS = np.array([float(week.strip("+")) for week in DRUG + PLACEBO])
ENDED = np.array(["+" not in week for week in DRUG + PLACEBO])
GROUP = np.repeat(["6-MP", "placebo"], 21)


@pytest.fixture(scope="module")
def remission() -> Cox:
    return predict.cox(WEEKS, ENDED, {"group": GROUP})


def test_remission_of_leukaemia(remission: Cox) -> None:
    """T. M. Therneau's survival for R, coxph with Efron's ties: 1.572, 0.412, and a likelihood ratio of 16.4."""
    assert remission.params["group=placebo"] == pytest.approx(1.57213, abs=5e-6)
    assert remission.standard_errors["group=placebo"] == pytest.approx(0.41240, abs=5e-6)
    assert remission.log_likelihood == pytest.approx(-85.00842, abs=5e-6)
    assert 2 * (remission.log_likelihood - remission.without) == pytest.approx(16.35, abs=0.005)
    assert (remission.contracts, remission.ended, remission.notes) == (42, 30, ())
    low, high = remission.limits()["group=placebo"]
    assert np.exp((low, high)) == pytest.approx((2.147, 10.81), abs=0.006)


def efron(effects: np.ndarray, lasted: np.ndarray, entry: np.ndarray, over: np.ndarray, z: np.ndarray) -> float:
    """The partial likelihood as it is defined, one end after the other."""
    found = 0.0
    for time in np.unique(lasted[over]):
        tied = np.flatnonzero(over & (lasted == time))
        rates = np.exp(z @ effects)
        at_risk = rates[(lasted >= time) & (entry < time)].sum()
        for number, own in enumerate(tied):
            found += z[own] @ effects - np.log(at_risk - number / len(tied) * rates[tied].sum())
    return float(found)


@pytest.mark.parametrize("truncated", [False, True])
def test_the_maximum_by_definition(truncated: bool) -> None:
    """With many ties, and with contracts that were seen from some later day on."""
    random = np.random.default_rng(5)
    z = np.stack([random.standard_normal(300), random.integers(0, 2, 300)], axis=1)
    ends = np.ceil(random.exponential(10 * np.exp(-z @ [0.5, -0.3])))
    seen = random.integers(8, 30, 300)
    entry = np.floor(random.uniform(0, 8, 300)) * truncated
    lasted, over = np.minimum(ends, seen), ends <= seen
    kept = lasted > entry
    lasted, over, entry, z = lasted[kept], over[kept], entry[kept], z[kept]
    found = predict.cox(lasted, over, {"usage": z[:, 0], "annual": z[:, 1]}, entry=entry if truncated else None)
    at = np.array(list(found.params.values()))
    begun = entry if truncated else np.full(len(lasted), -1.0)
    assert found.log_likelihood == pytest.approx(efron(at, lasted, begun, over, z), abs=1e-9)
    for step in np.eye(2) * 1e-4:
        around = [efron(at + by, lasted, begun, over, z) for by in (-step, 0 * step, step)]
        assert abs(around[2] - around[0]) < 1e-7
        curved = (around[0] - 2 * around[1] + around[2]) / 1e-8
        inverse = np.linalg.inv(found.covariance)
        assert -curved == pytest.approx(inverse[np.argmax(step), np.argmax(step)], rel=1e-3)
    assert found.params["usage"] == pytest.approx(0.5, abs=3.5 * found.standard_errors["usage"])


def test_who_lasts(remission: Cox) -> None:
    drug, placebo = remission.survival([5, 10, 30, 36], {"group": ["6-MP", "placebo"]})
    assert np.all(placebo[:3] < drug[:3])
    assert np.isnan(drug[3])  # nobody was seen for so long
    # near what was counted: 15 of 21 lasted for more than 10 weeks with the drug, 8 with the placebo
    assert (drug[1], placebo[1]) == (pytest.approx(0.75, abs=0.06), pytest.approx(0.38, abs=0.06))
    later = remission.survival(10, {"group": "6-MP"}, age=20)
    assert later[0, 0] == pytest.approx(float(drug[2] / remission.survival(20, {"group": "6-MP"})[0, 0]))
    ratios = remission.ratio({"group": ["6-MP", "placebo"]})
    assert ratios[1] / ratios[0] == pytest.approx(np.exp(1.57213), rel=1e-4)
    assert 0.5 < remission.concordance(WEEKS, ENDED, {"group": GROUP}) < 1


def test_concordance_by_pairs() -> None:
    random = np.random.default_rng(2)
    z, lasted, over = random.integers(0, 5, 80), random.integers(1, 20, 80), random.random(80) < 0.7
    found = predict.cox(lasted, over, {"z": z})
    sign = np.sign(found.params["z"])
    right = pairs = 0.0
    for one in range(80):
        for other in range(80):
            if over[one] and (lasted[one] < lasted[other] or (lasted[one] == lasted[other] and not over[other])):
                pairs += 1
                right += 0.5 + 0.5 * np.sign(sign * (z[one] - z[other]))
    assert found.concordance(lasted, over, {"z": z}) == pytest.approx(right / pairs)


def test_units_do_not_matter() -> None:
    z = np.random.default_rng(1).gamma(2, 1000, 42)
    one = predict.cox(WEEKS, ENDED, {"group": GROUP, "income": z})
    other = predict.cox(WEEKS * 7, ENDED, {"group": GROUP, "income": z / 1e6 + 40})
    assert other.params["group=placebo"] == pytest.approx(one.params["group=placebo"], rel=1e-8)
    assert other.params["income"] == pytest.approx(one.params["income"] * 1e6, rel=1e-6)
    told = (
        one.survival(10, {"group": "6-MP", "income": 900}),
        other.survival(70, {"group": "6-MP", "income": 40.0009}),
    )
    assert told[0] == pytest.approx(told[1], rel=1e-8)


def test_what_cannot_be() -> None:
    with pytest.raises(FitError, match="The effect of late has no end"):
        predict.cox(WEEKS, ENDED, {"late": (WEEKS > 9).astype(float)})
    with pytest.raises(FitError, match="2 contracts that ended are too few to tell 1 effect"):
        predict.cox([1, 2, 3], [1, 1, 0], {"z": [1, 2, 4]})
    with pytest.raises(UsageError, match="of each contract"):
        predict.cox([1, 2, 3], [1, 1, 2], {"z": [1, 2, 4]})
    with pytest.raises(UsageError, match="only from their end on"):
        predict.cox(WEEKS, ENDED, {"group": GROUP}, entry=WEEKS)
    with pytest.raises(UsageError, match="same for everybody"):
        predict.cox(WEEKS, ENDED, {"z": np.ones(42)})
    with pytest.raises(UsageError, match="follows from the others"):
        predict.cox(WEEKS, ENDED, {"group": GROUP, "again": (GROUP == "6-MP").astype(float)})
    with pytest.raises(UsageError, match="no covariates"):
        predict.cox(WEEKS, ENDED, {})
    few = predict.cox(WEEKS, ENDED, {f"z{n}": np.random.default_rng(n).standard_normal(42) for n in range(5)})
    assert "come out too large" in few.notes[0]

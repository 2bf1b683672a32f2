"""The expected band: as many false alarms as stated, odd periods do not widen it, and real changes are seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import fdtrc, stdtr, stdtrit

from tenure.metrics.expected import RATE, expected, has_season

SERIES = 200
MONTHS = 12


def quiet(kind: str, seed: int, periods: int) -> list[list[float]]:
    """Series with season and trend in which nothing happens."""
    rng = np.random.default_rng(seed)
    time = np.arange(periods)
    found = []
    for _ in range(SERIES):
        level = np.exp(rng.uniform(np.log(20), np.log(3000)))
        season = 1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * (time / MONTHS + rng.uniform()))
        if periods < 2 * MONTHS:
            season = np.ones(periods)
        mean = level * season * (1 + rng.uniform(-0.3, 0.6) * time / periods)
        if kind == "poisson":
            drawn = rng.poisson(mean)
        elif kind == "gaussian":
            drawn = rng.normal(mean, level * 0.08)
        else:
            drawn = mean * np.exp(rng.normal(0, 0.15, periods))
        found.append([float(x) for x in drawn])
    return found


@pytest.mark.parametrize(("kind", "periods"), [("poisson", 37), ("gaussian", 37), ("poisson", 31)])
def test_false_alarms_are_as_many_as_stated(kind: str, periods: int) -> None:
    alarms = looked = 0
    for series in quiet(kind, 7, periods):
        for last in (periods - 7, periods - 1):
            band = expected(series[:last], season=MONTHS, counts=kind == "poisson")
            assert band is not None
            assert band.seasonal
            looked += 1
            alarms += not band.low <= series[last] <= band.high
    assert abs(alarms / looked - RATE) <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["poisson", "gaussian", "lognormal"])
@pytest.mark.parametrize("periods", [15, 31])
def test_batches_are_off_no_more_often_than_chance_makes_them(kind: str, periods: int) -> None:
    """Of 200 quiet series 2 % are 4, and by chance alone 9 or more in one batch of fifty (binomial).

    So single batches may lie outside two points; over many, the rate is the stated one to within one.
    """
    batches = []
    for seed in range(5):
        found = quiet(kind, 100 + seed, periods)
        bands = [expected(series[:-1], season=MONTHS, counts=kind == "poisson") for series in found]
        batches.append(
            sum(
                band is None or not band.low <= series[-1] <= band.high
                for series, band in zip(found, bands, strict=True)
            )
        )
    assert abs(sum(batches) / SERIES / len(batches) - RATE) <= 0.01, batches
    # two of five beyond their two points would happen once in 230 such tests
    assert sum(one > (RATE + 0.02) * SERIES for one in batches) <= 1, batches


def test_other_rates_and_series_without_season() -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(SERIES * 2):
        series = [float(x) for x in rng.poisson(np.linspace(40, 60, 15))]
        band = expected(series[:-1], season=MONTHS, rate=0.1, counts=True)
        assert band is not None
        assert not band.seasonal
        alarms += not band.low <= series[-1] <= band.high
    assert abs(alarms / SERIES / 2 - 0.1) <= 0.03


def test_an_odd_period_does_not_hide_the_next() -> None:
    rng = np.random.default_rng(1)
    series = [100 + 30 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 2) for t in range(36)]
    calm = expected(series, season=12)
    odd = [*series]
    odd[17] = 900.0
    found = expected(odd, season=12)
    assert calm is not None
    assert found is not None
    assert found.high - found.low < 1.6 * (calm.high - calm.low)
    assert not found.low <= found.middle * 1.4 <= found.high


def test_what_is_unknown_is_left_out() -> None:
    assert expected([1.0, 2.0, None, 3.0]) is None
    band = expected([10.0, None, 11.0, 10.0, 12.0, 11.0, None, 10.0, 11.0, 12.0])
    assert band is not None
    assert band.periods == 8
    assert expected([0.0] * 12, counts=True) is not None
    steady = expected([5.0] * 12, counts=True)
    assert steady is not None
    assert steady.low < 5 < steady.high


def test_a_share_of_few_is_not_sure() -> None:
    series = [0.5, 0.51, 0.49, 0.5, 0.5, 0.51, 0.49, 0.5, 0.5]
    narrow, wide = expected(series), expected(series, spread=0.16)
    assert narrow is not None
    assert wide is not None
    assert narrow.high < 0.6 < wide.high


def test_a_season_is_seen_where_there_is_one() -> None:
    rng = np.random.default_rng(2)
    plain = [100 + rng.normal(0, 5) for _ in range(24)]
    seasonal = [value + 40 * (place % 12 == 11) for place, value in enumerate(plain)]
    assert not has_season(plain, 12)
    assert has_season(seasonal, 12)
    assert not has_season(seasonal[:23], 12)


@pytest.mark.parametrize(("p", "df", "value"), [(0.975, 10, 2.228139), (0.99, 3, 4.540703), (0.95, 1, 6.313752)])
def test_quantiles_of_the_tables(p: float, df: float, value: float) -> None:
    assert stdtrit(df, p) == pytest.approx(value, abs=1e-6)
    assert 1 - stdtr(df, value) == pytest.approx(1 - p, abs=1e-7)
    assert stdtrit(df, 1 - p) == pytest.approx(-value, abs=1e-6)


def test_tails_of_f() -> None:
    # with one degree above, F is the square of Student's t
    assert fdtrc(1, 10, 2.228139**2) == pytest.approx(0.05, abs=1e-6)
    assert fdtrc(2, 10, 4.102821) == pytest.approx(0.05, abs=1e-6)
    assert fdtrc(2, 10, 0) == 1

"""How often 95 % limits hold what they are of: `python -m benchmarks.coverage`, on simulated customers of known models.

The table that it prints stands in docs/explanation/value-models.md. Simulation `n` has the seed `n`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure import predict
from tenure.predict.registry import named

Numbers = npt.NDArray[np.float64]

NORMAL = 1.959963984540054
AHEAD = 26.0
TRUTH = {
    "bg_nbd": (0.6, 6.0, 0.9, 2.5),
    "mbg_nbd": (0.6, 6.0, 0.8, 2.5),
    "pareto_nbd": (0.6, 6.0, 0.7, 12.0),
    "bg_bb": (1.2, 0.75, 0.66, 2.8),
    "sbg": (0.7, 1.9),
    "bdw": (0.6, 1.5, 1.3),
    "gamma_gamma": (6.0, 4.0, 15.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """What is known of customers, and how often they bought in the `AHEAD` after that."""

    columns: dict[str, Numbers]
    later: float = 0.0


def purchases(model: str, count: int, random: np.random.Generator) -> Customers:
    """Customers one by one as the story of the model goes, known for 10 to 80 weeks."""
    r, alpha, third, fourth = TRUTH[model]
    known = random.uniform(10, 80, count)
    rate, stop, end = random.gamma(r, 1 / alpha, count), np.zeros(count), known + AHEAD
    if model == "pareto_nbd":
        end = np.minimum(end, random.exponential(1 / random.gamma(third, 1 / fourth, count)))
    else:
        stop = random.beta(third, fourth, count)
    x, t_x, now, later = np.zeros(count), np.zeros(count), np.zeros(count), 0.0
    alive = np.flatnonzero(random.random(count) >= stop) if model == "mbg_nbd" else np.arange(count)
    while len(alive):
        now[alive] += random.exponential(1 / np.maximum(rate[alive], 1e-300))
        alive = alive[now[alive] < end[alive]]
        seen = alive[now[alive] <= known[alive]]
        x[seen] += 1
        t_x[seen] = now[seen]
        later += len(alive) - len(seen)
        alive = alive[random.random(len(alive)) >= stop[alive]]
    return Customers(columns={"frequency": x, "recency": t_x, "T": known}, later=later)


def occasions(count: int, random: np.random.Generator) -> Customers:
    """Customers of BG/BB with 10 occasions."""
    alpha, beta, gamma, delta = TRUTH["bg_bb"]
    lived = np.minimum(random.geometric(np.maximum(random.beta(gamma, delta, count), 1e-9)) - 1, 10)
    buys = (random.random((count, 10)) < random.beta(alpha, beta, count)[:, None]) & (np.arange(10) < lived[:, None])
    last = np.where(buys.any(axis=1), 10 - np.argmax(buys[:, ::-1], axis=1), 0)
    columns = {"frequency": buys.sum(axis=1), "recency": last, "T": np.full(count, 10)}
    return Customers(columns={name: column.astype(np.float64) for name, column in columns.items()})


def contracts(model: str, count: int, random: np.random.Generator) -> Customers:
    """Contracts that could be renewed up to 8 times."""
    alpha, beta, c = (*TRUTH[model], 1.0)[:3]
    # the share left after t renewals is (1 - θ)^(t^c)
    lost = np.ceil((np.log(random.random(count)) / np.log1p(-random.beta(alpha, beta, count))) ** (1 / c))
    return Customers(columns={"frequency": np.minimum(lost - 1, 8), "T": np.full(count, 8.0)})


def values(count: int, random: np.random.Generator) -> Customers:
    """Mean values of one purchase and more."""
    p, q, v = TRUTH["gamma_gamma"]
    x = random.geometric(0.3, count).astype(np.float64)
    means = random.gamma(p * x, 1 / (x * random.gamma(q, 1 / v, count)))
    return Customers(columns={"frequency": x, "monetary_value": means})


MADE: dict[str, Callable[[int, np.random.Generator], Customers]] = {
    **{
        name: lambda count, random, name=name: purchases(name, count, random)
        for name in ("bg_nbd", "mbg_nbd", "pareto_nbd")
    },
    "bg_bb": occasions,
    **{name: lambda count, random, name=name: contracts(name, count, random) for name in ("sbg", "bdw")},
    "gamma_gamma": values,
}


def covered(model: str, seed: int, customers: int, *, total: bool) -> tuple[npt.NDArray[np.bool_], bool | None]:
    """Whether the limits of each parameter hold the true one, and those of the purchases to come what came."""
    made = MADE[model](customers, np.random.default_rng(seed))
    fitted = predict.fit(model, **made.columns)
    assert fitted.covariance is not None
    within = NORMAL * np.sqrt(np.diag(fitted.covariance))
    inside = np.abs(fitted.at - np.log(TRUTH[model])) <= within
    if not total:
        return inside, None
    found = fitted.interval(AHEAD, **made.columns, draws=200, seed=seed)
    return inside, bool(found.low[0] <= made.later <= found.high[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument(
        "--totals", type=int, default=500, help="of so many, the purchases to come too; of MBG/NBD only"
    )
    parser.add_argument("--models", nargs="*", default=list(TRUTH))
    options = parser.parse_args()
    print(f"{options.simulations:,} simulations of {options.customers:,} customers each, seeds from 0")
    for model in options.models:
        began, inside, totals = time.process_time(), [], []
        for seed in range(options.simulations):
            own, total = covered(model, seed, options.customers, total=model == "mbg_nbd" and seed < options.totals)
            inside.append(own)
            totals += [] if total is None else [total]
        share = np.mean(inside, axis=0)
        line = ", ".join(f"{name} {100 * one:.1f}" for name, one in zip(named(model).parameters, share, strict=True))
        purchases = f"; purchases {100 * np.mean(totals):.1f}" if totals else ""
        print(f"{model}: {line}{purchases}  ({time.process_time() - began:.0f} s of processor)", flush=True)


if __name__ == "__main__":
    main()

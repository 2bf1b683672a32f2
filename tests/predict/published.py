"""Published data and the simulated customers of these tests."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"
CDNOW = SHARED / "cdnow" / "CDNOW_sample.txt"
MASTER = SHARED / "cdnow" / "CDNOW_master.txt"
needs_cdnow = pytest.mark.skipif(not CDNOW.exists(), reason="needs ../shared/data/cdnow")

# of every hundred customers, P. S. Fader and B. G. S. Hardie (2007), table 1; as counts of 1,000
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)

# donors by x, t_x and n, P. S. Fader, B. G. S. Hardie and J. Shang (2010), table 1
DONORS = """
0 0 3464, 1 1 1091, 1 2 277, 1 3 129, 1 4 78, 1 5 119, 1 6 129, 2 2 613, 2 3 255, 2 4 155, 2 5 173, 2 6 234,
3 3 322, 3 4 181, 3 5 225, 3 6 357, 4 4 240, 4 5 284, 4 6 512, 5 5 335, 5 6 728, 6 6 1203
"""


@cache
def ordinal(day: str) -> int:
    return date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()


@cache
def cdnow(weeks: int = 39, *, master: bool = False) -> Customers:
    return Customers(weeks, master=master)


def donors() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    x, t_x, count = np.array([[float(n) for n in row.split()] for row in DONORS.split(",")]).T
    return x, t_x, np.full(len(x), 6.0), count


class Customers:
    """Frequency, recency, T (in weeks), mean value of repeat purchases, and purchases in the hold-out."""

    def __init__(self, weeks: int = 39, *, master: bool = False) -> None:
        days: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for line in (MASTER if master else CDNOW).read_text(encoding="ascii").splitlines():
            if not line.split()[0].isdigit():
                continue  # the header of the master
            customer, *_, day, _, value = line.split()
            days[customer][ordinal(day)] += float(value)
        end = (date(1997, 9, 30) if weeks == 39 else date(1998, 6, 30)).toordinal()
        rows = []
        for customer in sorted(days):
            bought = sorted(days[customer])
            known = [day for day in bought if day <= end]
            spent = [days[customer][day] for day in known[1:]]
            rows.append((
                len(known) - 1, (known[-1] - known[0]) / 7, (end - known[0]) / 7,
                sum(spent) / len(spent) if spent else 0.0, len(bought) - len(known),
            ))  # fmt: skip
        self.x, self.t_x, self.T, self.mean, self.later = np.array(rows).T

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.x, self.t_x, self.T


def simulated(
    count: int, *, seed: int, model: str = "bg_nbd", params: tuple[float, ...] = (0.243, 4.414, 0.793, 2.426)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers of a model, one by one as its story goes; weeks, known for 4 to 104 of them."""
    random = np.random.default_rng(seed)
    r, alpha, third, fourth = params
    T = random.uniform(4, 104, count)  # noqa: N806
    rate = random.gamma(r, 1 / alpha, count)
    stop = random.beta(third, fourth, count) if model != "pareto_nbd" else np.zeros(count)
    until = (
        T if model != "pareto_nbd" else np.minimum(T, random.exponential(1 / random.gamma(third, 1 / fourth, count)))
    )
    x, t_x, now = np.zeros(count), np.zeros(count), np.zeros(count)
    alive = np.flatnonzero(random.random(count) >= stop) if model == "mbg_nbd" else np.arange(count)
    while len(alive):
        now[alive] += random.exponential(1 / rate[alive])
        alive = alive[now[alive] < until[alive]]
        x[alive] += 1
        t_x[alive] = now[alive]
        alive = alive[random.random(len(alive)) >= stop[alive]]
    return x, t_x, T

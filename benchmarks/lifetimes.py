"""The value models beside `lifetimes`: `python -m benchmarks.lifetimes`, a million customers, seconds and memory.

`lifetimes` is archived and needs an old NumPy and pandas, so it gets an environment of its own, made with `uv` in a
folder that may be thrown away; where that cannot be made, only Tenure is measured and the reason is printed. The
customers are BG/NBD's with the parameters of CDNOW, by the day, over two years. Every measurement is a process of its
own: this file, run by the one Python or the other. Both are told by the clock, which is what somebody waits for, and by
seconds of processor, which several cores spend together. Targets are judged by the clock, on an idle machine; where
others use it, compare the seconds of processor. Fits compare at the same log-likelihood. `lifetimes` takes minutes for
Pareto/NBD: `--only pareto_nbd --limit 1200` waits for it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
PINS = ("lifetimes==0.11.3", "numpy<2", "pandas<2.2", "scipy<1.12", "setuptools<80")
PARAMS = (0.243, 4.414, 0.793, 2.426)
HORIZON, DISCOUNT = 12 * 4.345, 0.01
SPLIT_DAYS = 180

# what is measured: how many times faster it is to be, and in how many seconds
TARGETS: dict[str, tuple[str, float, float | None]] = {
    "bg_nbd": ("BG/NBD, fit", 30, 0.4),
    "pareto_nbd": ("Pareto/NBD, fit", 100, 2.0),
    "split": ("calibration and hold-out", 50, None),
    "value": ("value of 12 months", 30, None),
}


def make(folder: Path, customers: int, transactions: int, seed: int = 1) -> None:
    """Customers (x, t_x, T in weeks, mean value) and transactions (customer, day, value), as NumPy files."""
    mark = folder / "made"
    if mark.exists() and mark.read_text() == f"{customers} {transactions} {seed}":
        return
    random = np.random.default_rng(seed)
    r, alpha, a, b = PARAMS
    days = random.integers(28, 729, customers).astype(np.float64)
    rate, stop = random.gamma(r, 1 / (7 * alpha), customers), random.beta(a, b, customers)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    bought = [(np.arange(customers), 728 - days)]
    alive = np.arange(customers)
    while len(alive):
        now[alive] += random.exponential(1 / rate[alive])
        alive = alive[now[alive] < days[alive]]
        day = np.ceil(now[alive])
        new = alive[day > last[alive]]
        x[new] += 1
        last[new] = np.ceil(now[new])
        bought.append((new, 728 - days[new] + last[new]))
        alive = alive[random.random(len(alive)) >= stop[alive]]
    mean = random.gamma(6 * np.maximum(x, 1), 1 / np.maximum(x, 1)) * 15 / random.gamma(4, 1, customers)
    np.save(folder / "customers.npy", np.stack([x, last / 7, days / 7, np.where(x > 0, mean, 0.0)]))
    whose, day = (np.concatenate(column) for column in zip(*bought, strict=True))
    # customers one after the other, until there are as many transactions as are wanted
    order = np.argsort(whose, kind="stable")[:transactions]
    value = np.round(random.gamma(6, 5, len(order)), 2)
    np.save(folder / "transactions.npy", np.stack([whose[order], day[order], value]))
    mark.write_text(f"{customers} {transactions} {seed}")


def timed(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What it gives, with seconds of the clock, of the processor, and the most memory that the process held."""
    clock, processor = time.perf_counter(), time.process_time()
    found = run()
    seconds = {"seconds": time.perf_counter() - clock, "processor": time.process_time() - processor}
    return found, {**seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def by_tenure(name: str, folder: Path) -> dict[str, Any]:
    """A measurement of Tenure."""
    from tenure import predict

    if name == "split":
        return _split_by_tenure(folder)
    x, t_x, T, mean = np.load(folder / "customers.npy")  # noqa: N806
    small = slice(0, 2000)
    # imports and first calls are not what is measured
    model = predict.fit("pareto_nbd" if name == "pareto_nbd" else "bg_nbd", x[small], t_x[small], T[small])
    if name == "value":
        again = x > 0
        spend = predict.fit("gamma_gamma", x[again], monetary_value=mean[again])
        rate = np.log1p(DISCOUNT) / 4.345
        found, seconds = timed(
            lambda: predict.clv(model, spend, x, t_x, T, monetary_value=mean, discount=rate, horizon=HORIZON)
        )
        return {**seconds, "result": float(found.sum())}
    fitted, seconds = timed(lambda: predict.fit(name, x, t_x, T))
    return {**seconds, "result": fitted.log_likelihood, "params": list(fitted.params.values())}


def _split_by_tenure(folder: Path) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    import duckdb
    import pyarrow as pa

    from tenure.predict.summary import DAY, summary

    whose, day, value = np.load(folder / "transactions.npy")
    rows = pa.table({"unit": whose.astype(np.int64), "time": (day * DAY).astype(np.int64), "value": value})
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(
            "CREATE TABLE measures AS SELECT unit, 1::SMALLINT AS kind, time, value::DECIMAL(38, 6) AS value FROM rows"
        )
        zone = ZoneInfo("UTC")
        found, seconds = timed(lambda: summary(connection, 1, zone, until=728 * DAY, held_out=SPLIT_DAYS))
    there = found.before.frequency >= 0
    return {**seconds, "result": float(found.before.frequency[there].sum())}


def by_lifetimes(name: str, folder: Path) -> dict[str, Any]:
    """The same by lifetimes."""
    import warnings

    warnings.simplefilter("ignore")
    import lifetimes  # type: ignore[import-not-found]
    import pandas as pd

    if name == "split":
        from lifetimes.utils import calibration_and_holdout_data  # type: ignore[import-not-found]

        whose, day, value = np.load(folder / "transactions.npy")
        start = pd.Timestamp("2020-01-01")
        frame = pd.DataFrame({"id": whose.astype(int), "date": start + pd.to_timedelta(day, unit="D"), "value": value})
        ends = [start + pd.Timedelta(days=728 - SPLIT_DAYS), start + pd.Timedelta(days=728)]
        found, seconds = timed(
            lambda: calibration_and_holdout_data(frame, "id", "date", *ends, monetary_value_col="value")
        )
        return {**seconds, "result": float(found["frequency_cal"].sum())}
    x, t_x, T, mean = (pd.Series(column) for column in np.load(folder / "customers.npy"))  # noqa: N806
    made = {"bg_nbd": lifetimes.BetaGeoFitter, "pareto_nbd": lifetimes.ParetoNBDFitter}
    if name == "value":
        model, small = lifetimes.BetaGeoFitter(), slice(0, 1999)
        model.fit(x.loc[small], t_x.loc[small], T.loc[small])
        spend, again = lifetimes.GammaGammaFitter(), x > 0
        spend.fit(x[again], mean[again])
        found, seconds = timed(
            lambda: spend.customer_lifetime_value(
                model, x, t_x, T, mean, time=12, discount_rate=DISCOUNT, freq="W"
            )
        )  # fmt: skip
        return {**seconds, "result": float(found.sum())}
    fitter, seconds = timed(lambda: made[name]().fit(x, t_x, T))
    # its value is a mean (of Pareto/NBD a sum), with times divided by a scale that it keeps
    customers = 1 if name == "pareto_nbd" else len(x)
    value = -customers * float(fitter._negative_log_likelihood_) + float(x.sum()) * float(np.log(fitter._scale))
    return {**seconds, "result": value, "params": [float(one) for one in fitter.params_]}


def environment(folder: Path) -> Path | str:
    """The Python that has lifetimes, made where it is not there yet; or why there is none."""
    python = folder / "environment" / "bin" / "python"
    if python.exists():
        return python
    uv = shutil.which("uv")
    if uv is None:
        return "there is no uv to make an environment with"
    shutil.rmtree(folder / "environment", ignore_errors=True)
    for command in (
        [uv, "venv", "--quiet", "--python", "3.11", str(python.parents[1])],
        [uv, "pip", "install", "--quiet", "--python", str(python), *PINS],
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            shutil.rmtree(folder / "environment", ignore_errors=True)
            return ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "uv failed"
    return python


def measure(python: Path, side: str, name: str, folder: Path, limit: float) -> dict[str, Any]:
    """A measurement in a process of its own; `over` where it took longer than the limit (seconds)."""
    # -P: this file has the name of the library that it measures
    command = [str(python), "-P", __file__, side, name, str(folder)]
    there = {**os.environ, "PYTHONPATH": str(ROOT) if side == "tenure" else "", "OPENBLAS_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    try:
        ended = subprocess.run(command, env=there, check=True, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        return {"over": True, "seconds": limit, "processor": used}
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def row(name: str, own: dict[str, Any], other: dict[str, Any] | None) -> str:
    """A line about a measurement: both sides, and whether the target is reached."""
    title, times, most = TARGETS[name]
    line = f"{title:26} Tenure {own['seconds']:6.2f} s ({own['processor']:.2f} of processor, {own['peak'] >> 20} MB)"
    reached = most is None or own["seconds"] < most
    if other is not None:
        over = "> " if other.get("over") else ""
        faster, by_processor = (other[kind] / own[kind] for kind in ("seconds", "processor"))
        reached = reached and faster >= times
        line += f"  lifetimes {over}{other['seconds']:.2f} s ({over}{other['processor']:.2f})"
        line += f"  {over}{faster:.0f} times by the clock, {over}{by_processor:.0f} by processor, to reach {times:.0f}"
        if "result" in other:
            line += f"\n{'':26} equal to {abs(own['result'] / other['result'] - 1):.0e}"
    if most is not None:
        line += f", under {most} s"
    return line + ("" if reached else "  not reached")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "lifetimes")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="of which the quickest counts; the rival runs once")
    parser.add_argument("--limit", type=float, default=200.0, help="seconds that a measurement may take")
    parser.add_argument("--only", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    make(options.folder, options.customers, options.transactions)
    there = environment(options.folder)
    if isinstance(there, str):
        print(f"lifetimes is left out: {there}")
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{options.customers:,} customers, {options.transactions:,} transactions; {os.cpu_count()} processors, {load}"
    )
    for name in options.only:
        ends = {"name": name, "folder": options.folder, "limit": options.limit}
        runs = [measure(Path(sys.executable), "tenure", **ends) for _ in range(options.runs)]
        other = None if isinstance(there, str) else measure(there, "lifetimes", **ends)
        print(row(name, min(runs, key=lambda run: float(run["seconds"])), other), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in ("tenure", "lifetimes"):
        side = by_tenure if sys.argv[1] == "tenure" else by_lifetimes
        print(json.dumps(side(sys.argv[2], Path(sys.argv[3]))))
    else:
        main()

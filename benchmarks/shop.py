"""`python -m benchmarks.shop`: a simulated shop from nothing to its report, each step timed as a user would see it."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tenure
from tenure.report import figures, page
from tenure.simulate import simulate

T = TypeVar("T")


def timed(name: str, work: Callable[[], T]) -> T:
    """What the work gives; its time is printed."""
    began = time.perf_counter()
    found = work()
    print(f"{name:<42}{time.perf_counter() - began:8.2f} s", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shop", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="1,000,000 where not said")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as scratch:
        folder = Path(scratch) / "shop"
        company = timed("simulate", lambda: simulate("shop", seed=options.seed, events=options.events))
        print(f"  {sum(table.num_rows for table in company.tables.values()):,} events")
        timed("write the workspace", lambda: company.write(folder))
        with tenure.open(folder) as ws:
            timed("import", ws.load)
            timed("history of the textbook five", ws.refresh)
            told = timed("figures of the report", lambda: figures(ws))
            text = timed("draw the report", lambda: page(told))
            print(f"  {len(text.encode()) / 1e6:.2f} MB")
            timed("all metrics, 12 months, measures extracted", lambda: ws.metrics.points(period="month"))
            timed("all metrics, 12 months, again", lambda: ws.metrics.points(period="month"))
            timed("scorecard of the month", ws.targets.scorecard)
            timed("journey graph", ws.journeys.follows)
            timed("cohort table", lambda: ws.cohorts.table("retention"))


if __name__ == "__main__":
    main()

"""`python -m benchmarks.idle`: what a server costs that has nothing to do but to wait, with a million moves due later.

Half a million people bought once in the last month, so that each has two moves ahead that come by themselves.
The company is served by `tenure serve`; once all is worked out, the processor time of the process is taken while
nobody asks for anything.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import tenure
from benchmarks import intake, pages

SETTINGS = """\
name: Waiting
timezone: UTC
as_of: now
lifecycles: [classic]
sources:
  - {name: orders, files: orders.parquet, event: Order Completed, customer: customer_id, time: time, id: number,
     properties: {revenue: revenue}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--settle", type=float, default=60, help="seconds before, in which what begins late may begin")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as scratch:
        shop = Path(scratch)
        pq.write_table(_orders(options.customers), shop / "orders.parquet")
        (shop / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
        began = time.perf_counter()
        server = pages._serve(shop)
        try:
            pages._port(server)
            print(f"imported and ready after {time.perf_counter() - began:.1f} s", flush=True)
            time.sleep(options.settle)
            spent = intake._cpu(server.pid)
            time.sleep(options.seconds)
            share = (intake._cpu(server.pid) - spent) / options.seconds
        finally:
            server.terminate()
            server.wait(60)
        with tenure.open(shop) as workspace:
            waiting = workspace.due(days=400).num_rows
        print(
            f"{waiting:,} moves that come by themselves: {share:.2%} of a core over {options.seconds:.0f} s"
            f"   (load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
        )


def _orders(customers: int) -> pa.Table:
    rng = np.random.default_rng(1)
    begin = datetime.now(UTC) - timedelta(days=30)
    seconds = rng.integers(0, 29 * 86_400, customers)
    number = np.arange(customers)
    start = np.datetime64(begin.replace(tzinfo=None), "us")
    return pa.table(
        {
            "customer_id": pa.array(number).cast(pa.string()),
            "number": pa.array(number).cast(pa.string()),
            "time": pa.array(start + seconds.astype("timedelta64[s]"), type=pa.timestamp("us")),
            "revenue": rng.gamma(4, 10, customers).round(2),
        }
    )


if __name__ == "__main__":
    main()

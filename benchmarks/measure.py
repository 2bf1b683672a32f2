"""One measurement in a process of its own: `python -m benchmarks.measure NAME ARGUMENTS-AS-JSON` prints a line of JSON.

A fresh process each time, so that the peak of its memory is the measurement's alone.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

Answer = dict[str, Any]


def peak() -> int:
    """The most memory this process ever held, in bytes."""
    kilo = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo


def make_company(folder: str, events: int, customers: int, seed: int, rows: bool) -> Answer:
    """Makes the company, and the rows the rivals start from, where they are not there yet."""
    from benchmarks import company
    from benchmarks import rows as counted

    wanted = company.Company(events=events, customers=customers, seed=seed)
    made = company.write(Path(folder), wanted)
    if rows:
        counted.write(made)
    counts: Mapping[str, int] = json.loads((made / "company.json").read_text())["counts"]
    return {"counts": counts}


def rival(name: str, company: str, lifecycle: str, target: str, people: int) -> Answer:
    """Runs one rival."""
    from benchmarks.rivals import RIVALS

    ran = RIVALS[name](Path(company), lifecycle, Path(target), people)
    return {"seconds": ran.seconds, "parts": ran.parts, "stride": ran.stride, "peak": peak()}


def present() -> Answer:
    """Whether the engine is there, and the versions that the figures depend on."""
    from importlib.metadata import version

    from benchmarks import engine

    return {"present": engine.present(), "versions": {name: version(name) for name in ("duckdb", "numpy", "pandas")}}


def imported(folder: str, company: str) -> Answer:
    """A workspace with all events of the company imported; seconds of the import."""
    from benchmarks import definitions, engine

    shutil.rmtree(folder, ignore_errors=True)
    engine.describe(Path(folder), Path(company), {"simple": definitions.text("simple")})
    began = perf_counter()
    with engine.opened(Path(folder)) as workspace:
        engine.load(workspace)
    return {"seconds": perf_counter() - began, "peak": peak()}


def workspace(folder: str, source: str, company: str, which: str) -> Answer:
    """A copy of the imported workspace with other lifecycles, rebuilt once, so that what they read is extracted."""
    from benchmarks import definitions, engine

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    lifecycles = definitions.ten() if which == "ten" else {which: definitions.text(which)}
    engine.describe(Path(folder), Path(company), lifecycles)
    return rebuild(folder)


def rebuild(folder: str) -> Answer:
    """Seconds of a rebuild that extracts nothing new."""
    from benchmarks import engine

    with engine.opened(Path(folder)) as opened:
        began = perf_counter()
        engine.rebuild(opened)
        seconds = perf_counter() - began
    return {"seconds": seconds, "peak": peak()}


def history(folder: str, lifecycle: str, company: str, target: str) -> Answer:
    """The engine's history in the rivals' form at `target`; seconds until it was Arrow with text ids."""
    import duckdb

    from benchmarks import definitions, engine

    with engine.opened(Path(folder)) as opened:
        began = perf_counter()
        rows = engine.history(opened, lifecycle)
        seconds = perf_counter() - began
    most = peak()
    with duckdb.connect() as connection:
        connection.register("history", rows)
        stages = list(definitions.stages(lifecycle))
        connection.execute(
            f"""COPY (
                SELECT customer, list_position($stages, stage)::TINYINT AS stage,
                    list_position($stages, previous)::TINYINT AS previous,
                    epoch_us(entered_at) AS entered_at, epoch_us(left_at) AS left_at
                FROM history LEFT JOIN read_parquet('{company}/customers.parquet') USING (customer_id)
            ) TO '{target}' (FORMAT parquet)""",
            {"stages": stages},
        )
    return {"seconds": seconds, "peak": most, "rows": rows.num_rows}


def refresh(folder: str, company: str, people: int, rounds: int, last: int) -> Answer:
    """Milliseconds of each of `rounds + last` refreshes of `people` people: import of their events, then the rest."""
    from benchmarks import company as made
    from benchmarks import engine

    imports, refreshes = [], []
    with engine.opened(Path(folder)) as opened:
        for number in range(rounds + last):
            batch = made.arrivals(Path(company), number, people)
            engine.deliver(opened, number, batch)
            began = perf_counter()
            engine.take_in(opened)
            imported = perf_counter()
            engine.refresh(opened)
            imports.append((imported - began) * 1_000)
            refreshes.append((perf_counter() - imported) * 1_000)
    return {"imports": imports, "refreshes": refreshes, "peak": peak()}


def check(reference: str, other: str, daily: bool, stride: int) -> Answer:
    """Rows of `other`, and how many rows only one of the two has."""
    from benchmarks.check import differences

    count, apart = differences(Path(reference), Path(other), daily=daily, stride=stride)
    return {"rows": count, "apart": apart}


MEASUREMENTS: Mapping[str, Callable[..., Answer]] = {
    "company": make_company,
    "rival": rival,
    "present": present,
    "imported": imported,
    "workspace": workspace,
    "rebuild": rebuild,
    "history": history,
    "refresh": refresh,
    "check": check,
}


if __name__ == "__main__":
    print(json.dumps(MEASUREMENTS[sys.argv[1]](**json.loads(sys.argv[2]))))

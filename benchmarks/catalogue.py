"""`python -m benchmarks.catalogue`: every metric of the catalogue over 24 months, beside one scan of the same rows.

The store is that of a simulated company with all three trades at once (a shop, subscriptions, sales to companies), so
that nearly every metric has figures; it is made once and kept. All parts of a round run in the same process one after
the other, so that a slow minute of the machine touches all; ratios are taken within a round. Beside the seconds that
passed stand those that the processor worked, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import tenure
from benchmarks.run import ROOT
from tenure.metrics.compiler import compile_metrics
from tenure.metrics.figures import feed_of
from tenure.metrics.formula import leaves
from tenure.simulate import simulate
from tenure.workspace import Workspace

# of the events, how many each trade has
TRADES = {"shop": 0.5, "subscription": 0.3, "b2b": 0.2}
MONTHS = 24
SINCE = "2023-07-01"
MARGIN = "margin: 0.3\n"
SCAN, PEOPLE, CATALOGUE = "one scan and group", "the same, with different people", f"every metric, {MONTHS} months"
SOURCES = "sources:\n"
IDS = ("id", "customer", "anonymous", "account")

Figures = dict[str, list[tuple[float, float]]]


def main() -> None:
    """Nothing; prints what each part took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000, help="10,000,000 where not said")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="3 where not said")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the company is kept")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args()
    folder = options.folder / f"catalogue-{options.events}-{options.seed}"
    if not (folder / "made").exists():
        make(folder, options.events, options.seed)
    figures: Figures = {}
    with tenure.open(folder) as ws:
        scans, setting = _roofline(ws)
        for _ in range(options.rounds):
            for name, query in scans.items():
                with _timed(figures, name):
                    ws._store.connection().execute(query).fetchall()
            for name, work in _parts(ws).items():
                with _timed(figures, name):
                    work()
    _show(setting, figures)
    if options.json:
        options.json.write_text(json.dumps({"setting": setting, "seconds": figures}, indent=1), encoding="utf-8")


def make(folder: Path, events: int, seed: int) -> None:
    """Nothing; writes the companies into one workspace, imports them, and has all measures extracted."""
    print(f"making {folder}", flush=True)
    texts = []
    for trade, share in TRADES.items():
        simulate(trade, seed=seed, events=int(events * share)).write(folder / trade)
        for file in (folder / trade / "data").glob("*.parquet"):
            pq.write_table(_marked(pq.read_table(file), trade), file)
        texts.append((folder / trade / "tenure.yaml").read_text(encoding="utf-8"))
    sources = [
        text.partition(SOURCES)[2].replace("- name: ", f"- name: {trade}_").replace("files: ", f"files: {trade}/")
        for trade, text in zip(TRADES, texts, strict=True)
    ]
    (folder / "tenure.yaml").write_text(
        f"{texts[0].partition(SOURCES)[0]}{MARGIN}{SOURCES}{''.join(sources)}", encoding="utf-8"
    )
    with tenure.open(folder) as ws:
        ws.run()
        ws.metrics.points(since=SINCE)
    (folder / "made").touch()


def _marked(table: pa.Table, trade: str) -> pa.Table:
    """The rows with the ids of one trade's people and events, which are those of no other."""
    for name in IDS:
        if name in table.column_names:
            marked = pc.binary_join_element_wise(trade, table[name].cast(pa.string()), "-")
            table = table.set_column(table.column_names.index(name), name, marked)
    return table


def _roofline(ws: Workspace) -> tuple[dict[str, str], dict[str, int]]:
    """The scans of the rows that the metrics read, and how many there are of what."""
    question = ws.metrics.question(since=SINCE)
    assert len(question.periods) == MONTHS + 1
    ready = [one.metric for one in ws.metrics.catalogue() if not one.lacks]
    connection = ws._store.connection()
    wanted = [(leaf, one.events) for one in ready for leaf in leaves(one.formula)]
    compiled = compile_metrics(wanted, feed_of(connection, ready, question))
    kinds = ", ".join(str(number) for number in compiled.kinds.values())
    place = question.place_of("time")

    def scan(columns: str) -> str:
        return f"SELECT kind, {place} AS period, {columns} FROM measures WHERE kind IN ({kinds}) GROUP BY ALL"

    ((rows,),) = connection.execute(f"SELECT count(*) FROM measures WHERE kind IN ({kinds})").fetchall()
    ((events,),) = connection.execute("SELECT count(*) FROM events").fetchall()
    setting = {
        "events": events, "rows of measures": rows, "metrics": len(ws.metrics.all), "with figures": len(ready),
        "threads": ws._store.threads,
    }  # fmt: skip
    counted = "count(*), count(value), sum(value)"
    return {SCAN: scan(counted), PEOPLE: scan(f"{counted}, count(DISTINCT unit)")}, setting


def _parts(ws: Workspace) -> dict[str, Callable[[], object]]:
    return {
        CATALOGUE: lambda: ws.metrics.points(since=SINCE),
        "cohort table": lambda: ws.cohorts.table("retention"),
        "journey graph": ws.journeys.follows,
    }


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    began, worked = perf_counter(), _worked()
    yield
    figures.setdefault(name, []).append((perf_counter() - began, _worked() - worked))


def _worked() -> float:
    """The seconds that the processor has worked for this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _show(setting: dict[str, int], figures: Figures) -> None:
    print(", ".join(f"{name} {count:,}" for name, count in setting.items()))
    print(f"{'medians of ' + str(len(figures[SCAN])) + ' rounds':<40}{'passed':>10}{'worked':>10}")
    for name, times in figures.items():
        passed, worked = (statistics.median(one[place] for one in times) for place in (0, 1))
        print(f"{name:<40}{passed:>8.2f} s{worked:>8.2f} s")
    for name in (SCAN, PEOPLE):
        pairs = zip(figures[CATALOGUE], figures[name], strict=True)
        ratio = statistics.median(one[1] / base[1] for one, base in pairs)
        print(f"every metric ÷ {name}: {ratio:.1f} of what was worked")


if __name__ == "__main__":
    main()

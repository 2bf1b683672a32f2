"""`python -m benchmarks.follow`: how soon a stage follows an event, with 10 million events stored and people about.

A company is served by `tenure serve`. Clients send a thousand events a second, visitors go through pages, and one more
client sends somebody's first order, again and again, and asks the API until it knows their stage.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

from benchmarks import intake, pages
from benchmarks.company import Company

PATHS = ["/overview", "/people", "/forecast", "/stages/classic/at_risk", "/metrics", "/people?q=smith"]
KEYS = intake.KEY + 'print(make_key("probe", "read")[1])\n'


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.follow", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the company is kept; default: a temporary folder")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    parser.add_argument("--visitors", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as scratch:
        shop = _made(options.folder or Path(scratch), Company(events=options.events, customers=options.customers))
        os.environ |= {"TENURE_INTAKE_RATE": "1000000", "TENURE_DATABASE_URL": ""}
        keys = subprocess.run(
            [sys.executable, "-c", KEYS], cwd=shop, text=True, capture_output=True, check=True
        ).stdout.split()
        server = pages._serve(shop)
        try:
            _measure(pages._port(server), keys[0], keys[1], server.pid, options)
        finally:
            server.terminate()
            server.wait(60)


def _made(folder: Path, company: Company) -> Path:
    """The workspace: the pages' company, as of now."""
    served = pages._made(folder, company)
    shop = served.with_name("followed")
    shop.mkdir(exist_ok=True)
    text = (served / "tenure.yaml").read_text(encoding="utf-8")
    text = text.replace("as_of: 2025-02-01", "as_of: now").replace("people.parquet", "../served/people.parquet")
    (shop / "tenure.yaml").write_text(text, encoding="utf-8")
    return shop


def _measure(port: int, write_key: str, read_key: str, pid: int, options: argparse.Namespace) -> None:
    ending = threading.Event()
    visitors = [pages.Visitor(port) for _ in range(options.visitors)]
    for path in PATHS:
        pages._warm(visitors[0], path)
    waits: list[float] = []
    spent, began = intake._cpu(pid), time.perf_counter()
    threads = [threading.Thread(target=_visit, args=(one, place, ending)) for place, one in enumerate(visitors)]
    threads.append(threading.Thread(target=_probe, args=(port, write_key, read_key, ending, waits)))
    for thread in threads:
        thread.start()
    load = argparse.Namespace(clients=4, processes=1)
    intake._load(port, write_key, 20, load, seconds=options.seconds, rate=options.rate)
    ending.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    told = sorted(waits)
    print(
        f"event to stage: {len(told)} probes, p50 {statistics.median(told):.0f} ms, "
        f"p99 {told[int(len(told) * 0.99)]:.0f} ms, most {told[-1]:.0f} ms; "
        f"server {intake._cpu(pid) - spent:.1f} s CPU in {took:.1f} s; "
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


def _visit(visitor: pages.Visitor, place: int, ending: threading.Event) -> None:
    number = place
    while not ending.is_set():
        visitor.get(PATHS[number % len(PATHS)])
        number += 1
        time.sleep(1)


def _probe(port: int, write_key: str, read_key: str, ending: threading.Event, waits: list[float]) -> None:
    """Appends how many milliseconds each stage took, from the moment before its event was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not ending.is_set():
        who = f"probe-{uuid4().hex}"
        body = json.dumps({"events": [{"event": "Order Completed", "customer_id": who, "properties": {"revenue": 9}}]})
        began = time.perf_counter()
        connection.request("POST", "/api/v1/events", body, {"Authorization": f"Bearer {write_key}"})
        assert connection.getresponse().read()
        while True:
            connection.request("GET", f"/api/v1/customers/{who}/stage", headers={"Authorization": f"Bearer {read_key}"})
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status in (200, 404), answer.status
            if answer.status == 200 and json.loads(told)["stage"]:
                break
            time.sleep(0.06)
        waits.append((time.perf_counter() - began) * 1000)


if __name__ == "__main__":
    main()

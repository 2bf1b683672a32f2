"""`python -m benchmarks.intake`: how fast events come in, each request answered once what it brought is on the disk.

A workspace is served by `tenure serve` in a process of its own; the clients are processes on the same machine, which
share its cores with it.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

SETTINGS = "name: Intake\nas_of: now\nlifecycles: [classic]\n"
KEY = """
from pathlib import Path
from tenure.server.serving import prepare
prepare(Path("."))
from tenure.server.accounts.keys import make_key
print(make_key("bench", "write")[1])
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement")
    parser.add_argument("--clients", type=int, default=16, help="connections at once")
    parser.add_argument("--processes", type=int, default=2, help="of clients")
    parser.add_argument("--rate", type=int, default=20_000, help="events a second in batches; 0: as many as go")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as scratch:
        folder = Path(scratch)
        (folder / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
        told = {**os.environ, "TENURE_PORT": "0", "TENURE_INTAKE_RATE": "1000000", "TENURE_DATABASE_URL": ""}
        key = subprocess.run(
            [sys.executable, "-c", KEY], cwd=folder, env=told, text=True, capture_output=True, check=True
        ).stdout.strip()
        server = subprocess.Popen(
            [sys.executable, "-m", "tenure.cli", "serve", "--no-browser"], cwd=folder, env=told, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = _port(server)
            print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
            # the first requests find much that was never read from the disk
            _load(port, key, 100, options, seconds=2, rate=0)
            _load(port, key, 1, options, seconds=1, rate=0)
            while _waiting(folder):
                time.sleep(0.1)
            for name, size, rate in (("batches of 100", 100, options.rate), ("single requests", 1, 0)):
                _measure(name, size, rate, port, key, options, folder, server.pid)
        finally:
            server.terminate()
            server.wait(60)


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise SystemExit("the server did not start")


def _measure(
    name: str, size: int, rate: int, port: int, key: str, options: argparse.Namespace, folder: Path, pid: int
) -> None:  # fmt: skip
    spent = _cpu(pid)
    began = time.perf_counter()
    told = _load(port, key, size, options, seconds=options.seconds, rate=rate)
    took = time.perf_counter() - began
    waits = sorted(one for part, _ in told for one in part)
    clients = sum(cpu for _, cpu in told)
    waiting = _waiting(folder)
    drained = time.perf_counter()
    while _waiting(folder):
        time.sleep(0.1)
    caught_up = time.perf_counter() - drained
    requests = len(waits)
    print(
        f"{name:<18}{requests / options.seconds:9,.0f} requests/s {requests * size / options.seconds:10,.0f} events/s"
        f"   acknowledged p50 {statistics.median(waits):6.1f} ms, p99 {waits[int(requests * 0.99)]:6.1f} ms"
        f"   {waiting:,} events waited, in the log after {caught_up:.1f} s more"
        f"   CPU: server {_cpu(pid) - spent:.1f} s, clients {clients:.1f} s in {took:.1f} s",
        flush=True,
    )


def _load(
    port: int, key: str, size: int, options: argparse.Namespace, *, seconds: float, rate: int
) -> list[tuple[list[float], float]]:
    """The waits of every process of clients, in milliseconds, and the processor time that it used."""
    share = max(1, options.clients // options.processes)
    # seconds between two requests of one client
    pause = size * share * options.processes / rate if rate else 0.0
    with multiprocessing.Pool(options.processes) as pool:
        return pool.starmap(_send, [(port, key, size, share, seconds, pause)] * options.processes)


def _send(port: int, key: str, size: int, clients: int, seconds: float, pause: float) -> tuple[list[float], float]:
    waits: list[float] = []
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_client, args=(port, key, size, until, pause, place / clients, waits))
        for place in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return waits, used.ru_utime + used.ru_stime


def _client(port: int, key: str, size: int, until: float, pause: float, offset: float, waits: list[float]) -> None:
    """Sends until it is time to end; at given moments where there is a pause, however long the answers take."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    path = "/v1/track" if size == 1 else "/v1/batch"
    due = time.perf_counter() + offset * pause
    while time.perf_counter() < until:
        lead = uuid4().hex
        told = {"type": "track", "event": "Product Viewed", "userId": f"c{hash(lead) % 10_000}"}
        told |= {"timestamp": "2026-01-31T12:00:00.000Z", "properties": {"product_id": "p1", "price": 19.99}}
        items = [{**told, "messageId": f"{lead}-{place}"} for place in range(size)]
        body = json.dumps(items[0] if size == 1 else {"batch": items})
        if pause:
            time.sleep(max(0.0, due - time.perf_counter()))
        # whoever is late has waited, too
        began = due if pause else time.perf_counter()
        due += pause
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        waits.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, answer.status


def _waiting(folder: Path) -> int:
    with sqlite3.connect(f"file:{folder}/.tenure/operations.sqlite3?mode=ro", uri=True, timeout=30) as database:
        (events,) = database.execute("SELECT coalesce(sum(events), 0) FROM intake_delivery").fetchone()
    database.close()
    return int(events)


def _cpu(pid: int) -> float:
    """The seconds of processor time that a process has used; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()

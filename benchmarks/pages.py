"""`python -m benchmarks.pages`: how soon the pages answer, warm, with several people using them at once.

A company of 10 million events is served by `tenure serve` in a process of its own; clients on the same machine log in
and go through the pages. The figures are what a browser waits for: from the first byte sent to the last one received.

Pages load some of their parts when they stand: charts, reasons, a timeline. A second round asks for the page and then
for each of these, one after the other; its figures are the time until everything has come. What a page only loads when
somebody scrolls down to it is not in them. Every visit to a person is to one whom nobody visited in that round before.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import rows
from benchmarks.company import Company, write

NAME, PASSWORD = "bench", "correct-horse-battery"
SETTINGS = """\
name: Benchmark
timezone: UTC
as_of: 2025-02-01
lifecycles: [classic]
sources:
  - name: log
    files: "{events}"
    event_column: name
    customer: customer_id
    time: time
    id: message_id
    properties:
      revenue: "properties ->> '$.revenue'"
      score: "properties ->> '$.score'"
      survey: "properties ->> '$.survey'"
  - name: people
    files: people.parquet
    event: Signed Up
    customer: customer_id
    time: "TIMESTAMP '2022-12-31'"
    traits: {{name: name, email: email, country: country, plan: plan}}
"""
FILTERED = [
    "/people?q=smith&in.classic=at_risk&is.country=GB&is.plan=plus",
    "/people?q=ann&in.classic=loyalty&is.country=DE&from=100",
]
_LATER = re.compile(r'hx-get="([^"]+)" hx-trigger="load')
_PATIENCE = 600
_COUNTRIES = ("GB", "DE", "FR", "US", "NL", "IE", "ES", "IT")
_FIRST = ("Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jack", "Kira", "Liam")
_LAST = ("Smith", "Meyer", "Dubois", "Rossi", "Jansen", "Novak", "Silva", "Okafor", "Khan", "Larsen", "Walsh")


class Visitor:
    """Somebody with a browser of their own, logged in."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        _, page = self.get("/account/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "there is no login page"
        form = urlencode({"csrfmiddlewaretoken": token[1], "login": NAME, "password": PASSWORD})
        status, _ = self.get("/account/login/", "POST", form)
        assert status == 302, status

    def get(self, path: str, method: str = "GET", body: str | None = None) -> tuple[int, str]:
        """The status of an answer, and its text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": "http://127.0.0.1/"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:
            # whoever waited for long comes anew, as browsers do
            self._connection.close()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return answer.status, text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the company is kept; default: a temporary folder")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--users", type=int, default=8, help="who use the pages at once; 8 where not said")
    parser.add_argument("--visits", type=int, default=25, help="to each page, of each user")
    parser.add_argument("--only", nargs="*", help="some of the pages, by their names in the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as scratch:
        folder = options.folder or Path(scratch)
        shop = _made(folder, Company(events=options.events, customers=options.customers))
        began = time.perf_counter()
        server = _serve(shop)
        try:
            port = _port(server)
            print(f"{'imported and ready after':<44}{time.perf_counter() - began:8.1f} s", flush=True)
            _measure(port, options.users, options.visits, options.only)
        finally:
            server.terminate()
            server.wait(60)


def _made(folder: Path, company: Company) -> Path:
    """The workspace of the company, written where it is not there yet."""
    data = write(folder, company)
    shop = data / "served"
    if not (shop / "tenure.yaml").is_file():
        rows.write(data)
        shop.mkdir(exist_ok=True)
        pq.write_table(_people(pq.read_table(data / "customers.parquet")), shop / "people.parquet")
        (shop / "tenure.yaml").write_text(SETTINGS.format(events="../events/*.parquet"), encoding="utf-8")
    return shop


def _people(customers: pa.Table) -> pa.Table:
    number = customers["customer"].to_numpy()
    first = pa.array(_FIRST).take(pa.array(number % len(_FIRST)))
    last = pa.array(_LAST).take(pa.array(number // 7 % len(_LAST)))
    text = pc.cast(customers["customer"], pa.string()).combine_chunks()
    return pa.table(
        {
            "customer_id": customers["customer_id"],
            "name": pc.binary_join_element_wise(first, last, " "),
            "email": pc.binary_join_element_wise(
                pc.utf8_lower(first), ".", pc.utf8_lower(last), ".", text, "@example.com", ""
            ),
            "country": pa.array(_COUNTRIES).take(pa.array(number // 3 % len(_COUNTRIES))),
            "plan": pa.array(("free", "basic", "plus")).take(pa.array(number // 5 % 3)),
        }
    )


def _serve(shop: Path) -> subprocess.Popen[str]:
    told = {"TENURE_ADMIN_NAME": NAME, "TENURE_ADMIN_PASSWORD": PASSWORD, "TENURE_PORT": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "tenure.cli", "serve", "--no-browser"], cwd=shop, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env={**os.environ, **told},
    )  # fmt: skip


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise SystemExit("the server did not start")


def _measure(port: int, users: int, visits: int, only: list[str] | None = None) -> None:
    visitors = [Visitor(port) for _ in range(users)]
    ids = _people_of(visitors[0], users * visits)
    pages = {
        "overview": ["/overview"],
        "stage": ["/stages/classic/at_risk", "/stages/classic/loyalty"],
        "forecast": ["/forecast"],
        "people": ["/people"],
        "search": ["/people?q=smith", "/people?q=cleo+khan", "/people?q=4711"],
        "search and three filters": FILTERED,
        "person": [f"/people/{one}" for one in ids],
        "today": ["/today"], "feedback": ["/feedback"], "metrics": ["/metrics"], "cohorts": ["/cohorts"],
        "journeys": ["/journeys"], "channels": ["/channels"], "definitions": ["/definitions"], "data": ["/data"],
    }  # fmt: skip
    print(f"milliseconds, {users} users at once, {visits} visits each; then {_whole(visits)} until all parts have come")
    print(f"{'page':<28}{'p50':>8}{'p95':>8}{'most':>8}{'parts':>9}{'p50':>8}{'p95':>8}{'most':>8}")
    for name, paths in pages.items():
        if only and name not in only:
            continue
        for path in paths[:20]:
            _warm(visitors[0], path)
        print(f"{name:<28}{_told(_visited(visitors, paths, visits))}", end="", flush=True)
        parts = len(_LATER.findall(visitors[0].get(paths[0])[1]))
        print(f"{parts:9}{_told(_visited(visitors, paths, _whole(visits), parts=True))}" if parts else "", flush=True)


def _whole(visits: int) -> int:
    """How many visits of each user wait for all of a page."""
    return max(1, visits // 5)


def _told(times: list[float]) -> str:
    told = sorted(times)
    return f"{statistics.median(told):8.0f}{told[int(len(told) * 0.95)]:8.0f}{told[-1]:8.0f}"


def _people_of(visitor: Visitor, most: int) -> list[str]:
    """The ids of so many people, a page of the list after the other."""
    ids: list[str] = []
    while len(ids) < most:
        _, people = visitor.get(f"/people?in.classic=loyalty&offset={len(ids)}")
        found = re.findall(r'href="/people/(cus_[0-9a-f]+)', people)
        assert found, "nobody is listed"
        ids += found
    return ids[:most]


def _visited(visitors: list[Visitor], paths: list[str], visits: int, *, parts: bool = False) -> list[float]:
    """How long every visit took, in milliseconds: of all visitors at once, each going through the paths."""
    times: list[float] = []
    threads = [
        threading.Thread(target=_visit, args=(one, paths, visits, place * visits, times, parts))
        for place, one in enumerate(visitors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _warm(visitor: Visitor, path: str) -> None:
    """Nothing; the page has been asked for, and what it loads later has come, however long that took."""
    parts = [path]
    ends = time.monotonic() + _PATIENCE
    while parts and time.monotonic() < ends:
        waiting = []
        for one in parts:
            status, text = visitor.get(one)
            assert status in (200, 202), (one, status, text[:500])
            waiting += [one] if status == 202 else [found.replace("&amp;", "&") for found in _LATER.findall(text)]
        # a part that asks for itself again is still being worked out
        parts = list(dict.fromkeys(waiting))
        if parts:
            time.sleep(0.3)
    assert not parts, f"{path}: {parts} did not come in {_PATIENCE} s"


def _visit(visitor: Visitor, paths: list[str], visits: int, place: int, times: list[float], parts: bool) -> None:
    for number in range(visits):
        began = time.perf_counter()
        path = paths[(number + place) % len(paths)]
        status, text = visitor.get(path)
        assert status == 200, path
        for part in _LATER.findall(text) if parts else ():
            status, _ = visitor.get(part.replace("&amp;", "&"))
            assert status == 200, part
        times.append((time.perf_counter() - began) * 1000)


if __name__ == "__main__":
    main()

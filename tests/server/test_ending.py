"""The server is told to end while it answers: what takes long is given some time, and the log gets a line of it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

SETTINGS = "name: Ending\nas_of: now\nlifecycles: [quick]\n"
QUICK = "lifecycle: quick\nevents: {order: Order Completed}\nstages:\n  - buyer: {when: count(order) >= 1}\n"
SERVES = """
import os, sys, time
from pathlib import Path
from tenure.server import serving
serving.prepare(Path("."))
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from tenure.server import holding, urls
from tenure.server.http import server
server._ENDING = 0.7

def asks(request):
    print("begun", flush=True)
    store = holding.workspace()._store
    with holding.bounded():
        store.connection().execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b").fetchall()
    return HttpResponse("never")

def sleeps(request):
    print("begun", flush=True)
    time.sleep(float(request.GET["seconds"]))
    holding.workspace()
    return HttpResponse("slept")

def streams(request):
    print("begun", flush=True)
    def pieces():
        while True:
            time.sleep(0.02)
            yield b"x" * 70_000
    return StreamingHttpResponse(pieces())

for view in (asks, sleeps, streams):
    view.open_to_all = True
    urls.urlpatterns.insert(0, path(view.__name__, view))
serving.serve(Path("."), said=lambda text: print(text, flush=True), opened=lambda address: print(address, flush=True))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lifecycles").mkdir()
    (tmp_path / "tenure.yaml").write_text(SETTINGS)
    (tmp_path / "lifecycles/quick.yaml").write_text(QUICK)
    return tmp_path


@pytest.mark.parametrize(
    ("signals", "quick"),
    [([signal.SIGTERM], b"slept"), pytest.param([signal.SIGINT, signal.SIGINT], b"", marks=pytest.mark.slow)],
)
def test_what_takes_too_long_is_one_line(folder: Path, signals: list[signal.Signals], quick: bytes) -> None:
    told = {**os.environ, "TENURE_PORT": "0", "TENURE_PAGE_SECONDS": "60", "TENURE_DATABASE_URL": ""}
    with (folder / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-c", SERVES], cwd=folder, env=told, stdout=subprocess.PIPE, stderr=log, text=True
    ) as serving:  # fmt: skip
        assert serving.stdout is not None
        port = next(int(line.split(":")[2].split("/")[0]) for line in serving.stdout if line.startswith("http"))
        asked = []
        for path in ("asks", "sleeps?seconds=3", "streams", "sleeps?seconds=0.5", "v1/batch"):
            asked.append(socket.create_connection(("127.0.0.1", port), timeout=10))
            length = "Content-Length: 10\r\n" if path == "v1/batch" else ""
            asked[-1].sendall(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n".encode())
        for _ in range(4):
            assert "begun" in next(one for one in serving.stdout if one != "End it with Ctrl-C.\n")
        for one in signals:
            serving.send_signal(one)
            time.sleep(0.2)
        assert b"".join(iter(lambda: asked[3].recv(1000), b"")).endswith(quick)
        assert serving.wait(10) == 0
        for connection in asked:
            connection.close()
    written = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    faults = [line["message"] for line in written if line["level"] != "INFO"]
    left = 4 if quick else 5
    assert faults == [f"the server ended before {left} requests had been answered"]
    assert not [line for line in written if "exc_info" in line]


def test_a_loop_that_is_given_up_is_no_fault(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    from tenure.server.loops import Worker
    from tenure.server.loops.worker import Loop

    begun, given_up = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        given_up.wait(10)
        raise RuntimeError("the store is closed")

    worker = Worker([Loop(name="slow", every=1, work=work)])
    worker.start()
    assert begun.wait(10)
    with caplog.at_level(logging.INFO):
        worker.end(given_up.set, seconds=0.05)
    assert [one.getMessage() for one in caplog.records if one.name == "tenure.loops"] == ["loop given up"]
    assert not [one for one in caplog.records if one.exc_info]

"""`python -m tests.server.intake.torture --kills 1000`: the server is killed again and again, and nothing is lost.

A process that has read all modules forks a server, which is killed with SIGKILL at a random moment while clients send,
and another is forked: an end costs no second of imports. Events are dated so that deadlines come while it lasts. In the
end every acknowledged event is in the log once, stages are what a rebuild gives, and so does the feed add up.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

SENDERS = 4
SETTINGS = "name: Torture\nas_of: now\nlifecycles: [quick]\n"
QUICK = """\
lifecycle: quick
events: {order: Order Completed}
stages:
  - buyer: {when: count(order) >= 1}
  - loyal: {when: count(order) >= 5}
  - quiet: {side: true, when: since(order) >= hours(1)}
"""
_SERVES = """
import os, signal, sys
from pathlib import Path
from tenure.server import serving
folder = Path(".")
told = serving.prepare(folder)
from django.db import connections
from tenure.server.accounts.users import make_user, no_users
if no_users():
    make_user("ann", role="administrator", password="correct-horse-battery")
import tenure.server.application, tenure.server.loops.rounds, tenure.workspace, pyarrow.compute
connections.close_all()
serving.prepare = lambda folder: told
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            serving.serve(folder, said=lambda text: None, opened=lambda address: print(os.getpid(), flush=True))
        except BaseException as error:
            print(f"no server: {error}", flush=True)
        os._exit(0)
"""


class Nursery:
    """The process that forks servers, all at one address."""

    def __init__(self, folder: Path, database: str) -> None:
        told = {"TENURE_DATABASE_URL": database, "TENURE_PORT": str(_free_port()), "TENURE_TICK_SECONDS": "0.5"}
        self.port = int(told["TENURE_PORT"])
        with (folder / "server.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVES], cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, env={**os.environ, **told},
            )  # fmt: skip
        assert self._line() == "ready"

    def serve(self) -> int:
        """The number of a server's process, which answers."""
        assert self._process.stdin is not None
        self._process.stdin.write("serve\n")
        self._process.stdin.flush()
        told = self._line()
        assert told.isdecimal(), told
        return int(told)

    def end(self) -> None:
        """Nothing; the nursery is gone."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "no server started: see server.log"
        return line


class Sender(threading.Thread):
    """A client that sends until it is told to stop, and what is not acknowledged again and again."""

    def __init__(self, port: int, key: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: set[str] = set()
        self.ending = threading.Event()
        self._port = port
        self._random = random.Random(seed)
        self._headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}

    def run(self) -> None:
        while not self.ending.is_set():
            ids = [uuid4().hex for _ in range(self._random.choice([1, 1, 5, 40]))]
            items = [self._item(one) for one in ids]
            body = json.dumps({"batch": items})
            while not self._post(body):
                time.sleep(0.05)
            self.acknowledged.update(ids)

    def _item(self, message_id: str) -> dict[str, Any]:
        # the deadline of an hour comes in a moment, or has come
        when = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=self._random.uniform(-5, 3))
        who = f"c{self._random.randrange(200)}"
        return {
            "type": "track", "event": "Order Completed", "userId": who, "messageId": message_id,
            "timestamp": when.isoformat(),
        }  # fmt: skip

    def _post(self, body: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", "/v1/batch", body, self._headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tortured:
    """What came of it: kills, events that were acknowledged, those in the log, rows of the feed, and what is wrong."""

    kills: int
    acknowledged: int
    logged: int
    told: int
    faults: tuple[str, ...]


def torture(folder: Path, key: str, *, kills: int, database: str = "", seed: int = 0, longest: float = 0.6) -> Tortured:
    """What came of so many kills of the server of the workspace in `folder`."""
    chance = random.Random(seed)
    nursery = Nursery(folder, database)
    senders = [Sender(nursery.port, key, number) for number in range(SENDERS)]
    server = nursery.serve()
    for sender in senders:
        sender.start()
    for _ in range(kills):
        time.sleep(chance.uniform(0.0, longest))
        os.kill(server, signal.SIGKILL)
        _gone(server)
        server = nursery.serve()
    for sender in senders:
        sender.ending.set()
    for sender in senders:
        sender.join(60)
    _drained(folder, database)
    os.kill(server, signal.SIGTERM)
    _gone(server)
    nursery.end()
    acknowledged = [one for sender in senders for one in sender.acknowledged]
    return _checked(folder, kills, acknowledged)


def _checked(folder: Path, kills: int, acknowledged: Sequence[str]) -> Tortured:
    from tenure.workspace import Workspace

    faults = []
    with Workspace.open(folder, clock=lambda: time.time_ns() // 1000) as ws:
        connection = ws._store.connection()

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        ws.refresh()
        found = [one for (one,) in rows("SELECT message_id FROM events")]
        if len(found) != len(set(found)):
            faults.append(f"{len(found) - len(set(found))} events are there twice")
        if lost := set(acknowledged) - set(found):
            faults.append(f"{len(lost)} acknowledged events are lost")
        if refused := rows("SELECT reason, count(*) FROM rejected GROUP BY reason"):
            faults.append(f"rejected: {refused}")
        stays = "SELECT lifecycle, unit, stage, previous, entered_at, left_at FROM stage_codes ORDER BY ALL"
        # the workspace was empty when the feed began
        moves = f"""
            SELECT unit, stage, previous, entered_at AS moved_at FROM stage_codes WHERE entered_at <= {ws._now()}
        """
        names = "CASE stage WHEN 'buyer' THEN 0 WHEN 'loyal' THEN 1 WHEN 'quiet' THEN 2 END"
        stand = f"""
            SELECT unit, {names} AS stage, {names.replace("CASE stage", "CASE previous")} AS previous, moved_at
            FROM moves GROUP BY ALL
            HAVING count(*) FILTER (WHERE retracts IS NULL) > count(*) FILTER (WHERE retracts > 0)
        """
        apart = rows(f"(({moves}) EXCEPT ALL ({stand})) UNION ALL (({stand}) EXCEPT ALL ({moves}))")
        if apart:
            faults.append(f"the feed adds up to something else: {len(apart)} moves, {apart[:3]}")
        told = rows("SELECT count(*), count(DISTINCT seq), max(seq) FROM moves")[0]
        if not told[0] == told[1] == told[2]:
            faults.append(f"the feed's numbers are not each there once: {told}")
        refreshed = rows(stays)
        ws.rebuild()
        if rows(stays) != refreshed:
            faults.append("stages are not what a rebuild gives")
    return Tortured(
        kills=kills, acknowledged=len(acknowledged), logged=len(found), told=told[0], faults=tuple(faults)
    )  # fmt: skip


def write(folder: Path) -> None:
    """Nothing; the workspace's files."""
    (folder / "lifecycles").mkdir(exist_ok=True)
    (folder / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "lifecycles" / "quick.yaml").write_text(QUICK, encoding="utf-8")


def _drained(folder: Path, database: str, *, seconds: float = 120) -> None:
    from tests.server.intake.conftest import waiting

    until = time.monotonic() + seconds
    while waiting(folder, database):
        assert time.monotonic() < until, "deliveries still wait"
        time.sleep(0.1)


def _gone(server: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def main() -> None:
    from tests.server.intake.conftest import make_keys

    parser = argparse.ArgumentParser(prog="python -m tests.server.intake.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tenure-torture-") as scratch:
        folder = Path(scratch)
        write(folder)
        key = make_keys(folder, "load")["load"]
        done = torture(folder, key, kills=options.kills, seed=options.seed)
    events = f"{done.acknowledged:,} events acknowledged, {done.logged:,} in the log"
    print(f"{done.kills:,} kills, {events}, {done.told:,} rows told")
    for fault in done.faults:
        print(fault)
    raise SystemExit(bool(done.faults))


if __name__ == "__main__":
    main()

"""The server killed at random moments under load: what was acknowledged is in the log, once."""

from __future__ import annotations

import base64
import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server.intake.conftest import Live, drained, logged, make_keys

SENDERS = 4


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
            who = f"c{self._random.randrange(50)}"
            items = [{"type": "track", "event": "Order Completed", "userId": who, "messageId": one} for one in ids]
            body = json.dumps({"batch": items})
            while not self._post(body):
                time.sleep(0.05)
            self.acknowledged.update(ids)

    def _post(self, body: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", "/v1/batch", body, self._headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_kills_lose_and_double_nothing(workspace: Callable[[str], Path], kills: int) -> None:
    folder = workspace("kills")
    key = make_keys(folder, "load")["load"]
    chance = random.Random(kills)
    server = Live(folder)
    senders = [Sender(server.port, key, seed) for seed in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 1.0))
        server.kill()
        server = Live(folder, port=server.port)
    for sender in senders:
        sender.ending.set()
    for sender in senders:
        sender.join(60)
    drained(folder)
    assert server.end() == 0
    found = [row["message_id"] for row in logged(folder, "SELECT message_id FROM events")]
    assert len(found) == len(set(found))
    acknowledged = set[str]().union(*(sender.acknowledged for sender in senders))
    assert len(acknowledged) > SENDERS * kills
    assert acknowledged == set(found)
    assert not logged(folder, "SELECT reason FROM rejected")

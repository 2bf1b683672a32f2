"""A tick: what waits goes to the log, histories follow, moves are told; by a clock that a test holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.workspace import Workspace

BEGIN = 1_790_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND
QUICK = """\
lifecycle: quick
events: {order: Order Completed}
stages:
  - buyer: {when: count(order) >= 1}
  - quiet: {side: true, when: since(order) >= hours(1)}
"""


class Clock:
    """The time, as the test says."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(site: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    from tenure.server import holding
    from tenure.server.loops import inbox

    made = Clock()
    monkeypatch.setattr(holding, "now", made)
    monkeypatch.setattr(inbox.holding, "now", made)
    return made


@pytest.fixture
def tick(
    undone: None, clock: Clock, workspace: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[tuple[Any, ...]]]]:
    """What runs a tick of a workspace of this test's own, and gives the moves that it told: stage, second, cause."""
    from tenure.server import holding
    from tenure.server.loops.follow import Tick

    folder = workspace("following")
    (folder / "lifecycles").mkdir()
    (folder / "lifecycles" / "quick.yaml").write_text(QUICK, encoding="utf-8")
    (folder / "tenure.yaml").write_text("name: Live\nas_of: now\nlifecycles: [quick]\n", encoding="utf-8")
    with Workspace.open(folder, clock=clock) as opened:
        monkeypatch.setattr(holding, "_held", opened)
        opened.feed.begin()
        follower = Tick()
        loop = follower.loop(2.0)
        seen = 0

        def run() -> list[tuple[Any, ...]]:
            nonlocal seen
            for _, work in loop.steps:
                work()
            rows = opened.feed.rows(after=seen).to_pylist()
            seen += len(rows)
            return [(row["stage"], (row["moved_at"] - BEGIN) // SECOND, row["cause"], row["retracts"]) for row in rows]

        run.wakes = loop.wakes  # type: ignore[attr-defined]
        run()
        yield run


@pytest.fixture
def send(clock: Clock) -> Callable[..., None]:
    """What puts an order into the intake, that happened so many seconds after the beginning."""
    from tenure.server.intake.models import Delivery

    def sent(number: int, *, second: float, who: str = "ann") -> None:
        from datetime import UTC, datetime

        when = datetime.fromtimestamp(BEGIN / 1e6 + second, UTC).isoformat()
        body = {"event": "Order Completed", "userId": who, "messageId": f"m{number}", "timestamp": when}
        Delivery.objects.create(
            mark=f"{number:032}", source="live:web", dialect="segment", call="track", body=json.dumps(body), events=1,
            received_at=clock.now,
        )  # fmt: skip

    return sent


def test_stages_follow_and_what_comes_by_itself_is_known_ahead(clock: Clock, tick: Any, send: Any) -> None:
    assert tick.wakes() is None
    clock.now += 2 * SECOND
    send(1, second=1)
    assert tick() == [("buyer", 1, "event", None)]
    assert tick.wakes() == pytest.approx(3599)
    assert tick() == []
    clock.now += HOUR
    assert tick() == [("quiet", 3601, "deadline", None)]
    assert tick.wakes() is None


def test_a_due_move_waits_for_what_was_received_before_it(
    clock: Clock, tick: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.intake import keeping
    from tenure.server.loops import inbox

    clock.now += 2 * SECOND
    send(1, second=1)
    tick()
    clock.now = BEGIN + HOUR + 2 * SECOND
    # a request came in at the last moment, and its commit is on its way
    monkeypatch.setitem(keeping._keeper.being_kept, 1, BEGIN + HOUR)
    assert inbox.drain() == (0, BEGIN + HOUR)
    assert tick() == []
    monkeypatch.delitem(keeping._keeper.being_kept, 1)
    send(2, second=3600)
    assert tick() == []
    clock.now += HOUR
    assert tick() == [("quiet", 7200, "deadline", None)]


def test_stopped_for_an_hour(clock: Clock, tick: Any, send: Any) -> None:
    clock.now += 2 * SECOND
    send(1, second=1)
    tick()
    clock.now += 2 * HOUR
    send(2, second=5400)
    assert tick() == [("quiet", 3601, "deadline", None), ("buyer", 5400, "event", None)]


def test_a_clock_that_is_set_back_tells_nothing_twice(clock: Clock, tick: Any, send: Any) -> None:
    clock.now += 2 * SECOND
    send(1, second=1)
    tick()
    clock.now += HOUR
    assert len(tick()) == 1
    clock.now -= HOUR // 2
    send(2, second=1900, who="bob")
    assert tick() == [("buyer", 1900, "event", None)]
    clock.now += HOUR // 2
    assert tick() == []
    clock.now = BEGIN + 1900 * SECOND + HOUR
    assert tick() == [("quiet", 5500, "deadline", None)]


def test_an_end_between_the_log_and_the_outbox_tells_everything_once(
    clock: Clock, tick: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.webhooks import outbox
    from tenure.server.webhooks.models import Endpoint, Sending

    class Killed(BaseException):
        """The end of a process."""

    Endpoint.objects.create(name="crm", url="https://example.com/", secret="whsec_")
    clock.now += 2 * SECOND
    write = outbox._write
    for after in (False, True):
        send(1 + after, second=1, who=f"c{after}")

        def dying(*given: Any, after: bool = after) -> int:
            if after:
                write(*given)
            raise Killed

        with monkeypatch.context() as dies:
            dies.setattr(outbox, "_write", dying)
            with pytest.raises(Killed):
                tick()
        tick()
    assert [one.rows for one in Sending.objects.order_by("pk")] == [[1], [2]]


def test_a_database_that_is_locked_stops_nothing_for_good(
    clock: Clock, tick: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from tenure.server.intake import handing

    def locked() -> None:
        raise OperationalError("database is locked")

    clock.now += 2 * SECOND
    send(1, second=1)
    with monkeypatch.context() as busy:
        busy.setattr(handing, "_claimed", locked)
        with pytest.raises(OperationalError):
            tick()
    assert tick() == [("buyer", 1, "event", None)]


@pytest.fixture
def writers(site: Path, database: str) -> Iterator[list[Any]]:
    """Two connections of others to the operational database; what they wrote is gone afterwards."""
    if not database:
        pytest.skip("SQLite has one writer")
    import psycopg

    with psycopg.connect(database) as early, psycopg.connect(database) as late:
        yield [early, late]
    with psycopg.connect(database) as after:
        after.execute("DELETE FROM intake_delivery")


def test_two_writers_whose_commits_are_in_another_order_than_their_numbers(
    writers: list[Any], clock: Clock, tick: Any
) -> None:
    insert = (
        "INSERT INTO intake_delivery (mark, source, dialect, call, body, events, received_at) "
        "VALUES (%s, 'live:web', 'segment', 'track', %s, 1, %s) RETURNING id"
    )
    clock.now += 2 * SECOND

    def row(number: int) -> tuple[str, str, int]:
        body = {"event": "Order Completed", "userId": f"c{number}", "messageId": f"m{number}"}
        return f"{number:032}", json.dumps(body), clock.now

    early, late = writers
    first = early.execute(insert, row(1)).fetchall()
    second = late.execute(insert, row(2)).fetchall()
    assert first < second
    late.commit()
    assert len(tick()) == 1
    early.commit()
    assert len(tick()) == 1
    assert tick() == []

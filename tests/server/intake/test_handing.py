"""From the intake to the log: once each, whatever fails between two commits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.workspace import Workspace

NOW = 1_800_000_000_000_000


@pytest.fixture
def live(undone: None, workspace: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace of this test's own, held by this process meanwhile."""
    from tenure.server import holding

    with Workspace.open(workspace("handing"), clock=lambda: NOW) as opened:
        monkeypatch.setattr(holding, "_held", opened)
        yield opened


@pytest.fixture
def arrive(live: Workspace) -> Callable[..., None]:
    """What puts a delivery into the intake."""
    from tenure.server.intake.models import Delivery

    def arrived(body: Any, *, call: str = "batch", dialect: str = "segment", source: str = "live:web") -> None:
        number = Delivery.objects.count()
        text = body if isinstance(body, str) else json.dumps(body)
        Delivery.objects.create(
            mark=f"{number:032}", source=source, dialect=dialect, call=call, body=text, events=1, received_at=NOW
        )

    return arrived


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": "c17", "messageId": f"m{number}", **more}


def rows(live: Workspace, query: str) -> list[tuple[Any, ...]]:
    return live._store.connection().execute(query).fetchall()


class Killed(BaseException):
    """The end of a process."""


COMMITS = ("claimed", "taken", "deleted")


@pytest.mark.parametrize("after", COMMITS)
def test_an_end_between_two_commits_loses_and_doubles_nothing(
    live: Workspace, arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    from tenure.server.intake import handing
    from tenure.server.intake.models import Delivery, Handover

    arrive({"batch": [track(1), track(2), {"type": "track", "userId": "c1"}]})
    arrive({"batch": [track(3)]}, source="live:shop")
    whole = {name: getattr(handing, name) for name in ("_claimed", "_recorded", "_hand")}

    def dying(name: str) -> Callable[..., Any]:
        def call(*given: Any, **told: Any) -> Any:
            whole[name](*given, **told)
            raise Killed

        return call

    name = dict(zip(COMMITS, whole, strict=True))[after]
    with monkeypatch.context() as dies:
        dies.setattr(handing, name, dying(name))
        with pytest.raises(Killed):
            handing.hand_over()
    assert handing.hand_over() == 0
    assert rows(live, "SELECT message_id FROM events ORDER BY 1") == [("m1",), ("m2",), ("m3",)]
    assert rows(live, "SELECT source, reason FROM rejected") == [("live:web", "no event name")]
    assert not Delivery.objects.exists()
    assert not Handover.objects.exists()


def test_sent_again_is_there_once(live: Workspace, arrive: Callable[..., None]) -> None:
    from tenure.server.intake.handing import hand_over

    arrive({"batch": [track(1, timestamp="2026-01-01T00:00:00Z")], "sentAt": "2026-01-01T00:00:01Z"})
    hand_over()
    # a client that tries again says another time of sending
    arrive({"batch": [track(1, timestamp="2026-01-01T00:00:00Z")], "sentAt": "2026-01-01T00:00:09Z"})
    hand_over()
    assert rows(live, "SELECT count(*) FROM events") == [(1,)]
    assert rows(live, "SELECT count(*) FROM rejected") == [(0,)]


def test_poison_stops_nothing(
    live: Workspace, arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    from tenure.server.intake import handing

    append = handing.append

    def failing(store: Any, items: list[Any], **told: Any) -> Any:
        if any(getattr(one, "message_id", "") == "m5" for one in items):
            raise ValueError("poison")
        return append(store, items, **told)

    monkeypatch.setattr(handing, "append", failing)
    arrive("no JSON at all")
    arrive({"batch": [track(number) for number in range(9)]})
    deep: Any = "deep"
    for _ in range(30):
        deep = [deep]
    arrive({"batch": [track(20, properties={"a": deep})]}, source="live:shop")
    assert handing.hand_over() == 0
    assert rows(live, "SELECT count(*) FROM events") == [(8,)]
    reasons = [reason for (reason,) in rows(live, "SELECT reason FROM rejected ORDER BY 1")]
    assert len(reasons) == 3
    assert "the log could not take it: ValueError" in reasons


def test_a_full_disk_keeps_everything_waiting(
    live: Workspace, arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.errors import DiskFull
    from tenure.server.intake import handing

    def full(*given: Any, **told: Any) -> None:
        raise DiskFull("There is no room left.")

    arrive({"batch": [track(1)]})
    with monkeypatch.context() as filled:
        filled.setattr(handing, "append", full)
        with pytest.raises(DiskFull):
            handing.hand_over()
    assert handing.waiting() == 1
    assert handing.hand_over() == 0
    assert rows(live, "SELECT message_id FROM events") == [("m1",)]


def test_events_without_an_id_get_one_that_stays(live: Workspace, arrive: Callable[..., None]) -> None:
    from tenure.server.intake.handing import hand_over, items_of
    from tenure.server.intake.models import Delivery

    arrive({"event": "Signed Up", "userId": "c1"}, call="track")
    (row,) = Delivery.objects.all()
    assert items_of(row) == items_of(row)
    hand_over()
    assert rows(live, "SELECT message_id FROM events") == [(f"{row.mark}-1",)]


def test_somebody_erased_does_not_come_back(live: Workspace, arrive: Callable[..., None]) -> None:
    from tenure.server.intake.handing import hand_over
    from tenure.workspace.persons import Persons

    arrive({"batch": [track(1)]})
    hand_over()
    Persons(live).erase("c17")
    arrive({"batch": [track(2), {"type": "track", "userId": "c17"}]})
    hand_over()
    assert rows(live, "SELECT count(*) FROM events") == [(0,)]
    assert not [raw for (raw,) in rows(live, "SELECT raw FROM rejected") if raw and "c17" in raw]

"""Ids of a person, merges with a way back, and the queue of people who are likely one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tenure.server import holding

pytestmark = pytest.mark.usefixtures("undone")


@pytest.fixture
def pair(site: Any) -> tuple[str, str]:
    """Two people of the shop."""
    rows = holding.workspace().roster.rows(_all(), limit=2)
    first, second = rows["id"].to_pylist()
    return first, second


def _all() -> Any:
    from tenure.lifecycle.roster import Asked

    return Asked()


def test_a_merge_and_its_way_back(as_: Callable[[str], Any], pair: tuple[str, str]) -> None:
    kept, gone = pair
    room = holding.workspace().identities
    agent = as_("agent")
    sent = agent.post("/duplicates/decide", {"do": "merge", "first": kept, "second": gone, "customer": kept})
    assert sent.status_code == 302 and room.find(gone) == kept
    assert agent.get(f"/people/{gone}").headers["Location"] == f"/people/{kept}"
    page = agent.get(f"/person/ids/{kept}").content.decode()
    assert gone in page and "Take it back" in page
    (merge,) = room.show(kept).merges
    viewed = as_("analyst").get(f"/person/ids/{kept}").content.decode()
    assert "Take it back" not in viewed
    agent.post("/duplicates/decide", {"do": "undo", "merge": merge.link.message_id, "customer": kept})
    assert room.find(gone) == gone and agent.get(f"/people/{gone}").status_code == 200


def test_the_queue_and_who_may_decide(as_: Callable[[str], Any], pair: tuple[str, str]) -> None:
    first, second = pair
    holding.workspace().record(_same_name(pair))
    assert as_("viewer").get("/duplicates").status_code == 403
    page = as_("analyst").get("/duplicates").content.decode()
    assert first in page and second in page and "They are two" not in page
    told = {"do": "dismiss", "first": first, "second": second}
    assert as_("analyst").post("/duplicates/decide", told).status_code == 403
    assert as_("agent").post("/duplicates/decide", told).status_code == 302
    assert first not in as_("agent").get("/duplicates").content.decode()
    assert as_("agent").post("/duplicates/decide", {**told, "second": "nobody"}).status_code == 404


def _same_name(pair: tuple[str, str]) -> list[Any]:
    from tenure.events import Event

    traits = {"name": "Ann Smith", "postcode": "AB1 2CD"}
    time = holding.workspace().as_of
    return [Event(name="Identified", time=time, customer_id=one, traits=traits, type="identify") for one in pair]

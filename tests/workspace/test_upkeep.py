"""How long events are kept: what is past its period goes, and every stage at every moment stays what it was."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tenure.errors import DefinitionError
from tenure.events import Event
from tenure.lifecycle.sorting import scattered, sort_stays
from tenure.warehouse import retention
from tenure.workspace import Workspace

DAY = 86_400_000_000
START = 1_640_995_200_000_000  # 2022-01-01
NOW = START + 1_000 * DAY
SETTINGS = """\
name: Shop
currency: EUR
as_of: 2024-09-27
lifecycles: [classic]
segments:
  pro: trait.plan == 'pro'
  tagged: count(tagged) >= 2
events:
  tagged: {event: Tagged, where: "tag == 'x'"}
retention:
  Page Viewed: 400 days
  Help Viewed: 100 days
  default: 2 years
"""


def logged(random: Random) -> list[Event]:
    """What a hundred people did in a thousand days."""
    events = []
    for number in range(100):
        who = f"c{number}"
        for _ in range(random.randrange(1, 25)):
            name = random.choice(
                ["Page Viewed", "Help Viewed", "Order Completed", "Signed Up", "Tagged", "Search Used"]
            )
            traits = {"plan": random.choice(["pro", "free"]), "city": f"city {random.randrange(9)}"}
            events.append(
                Event(
                    name=name, time=START + random.randrange(1_000) * DAY, customer_id=who,
                    properties={"revenue": random.randrange(1, 99), "tag": random.choice("xy"), "secret": f"s-{who}"},
                    context={"ip": "10.0.0.1"}, traits=traits if random.random() < 0.3 else {},
                )
            )  # fmt: skip
    events.append(Event(name="Consent Given", time=START, customer_id="c1", properties={"channel": "email"}))
    return events


@pytest.fixture
def ws(tmp_path: Path):
    (tmp_path / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    with Workspace.open(tmp_path, clock=lambda: NOW) as opened:
        opened.record(logged(Random(3)))
        opened.refresh()
        yield opened


def histories(ws: Workspace) -> list[dict[str, object]]:
    found = ws.history()
    return found.sort_by([(name, "ascending") for name in ("lifecycle", "customer_id", "entered_at")]).to_pylist()


def rows(ws: Workspace, query: str) -> list[tuple[object, ...]]:
    return ws._store.connection().execute(query).fetchall()


def test_no_stage_of_any_moment_changes(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 37)
    before, traits = histories(ws), rows(ws, "SELECT customer, name, arg_max(value, (time, message_id)) FROM "
                                             "trait_changes GROUP BY ALL ORDER BY ALL")  # fmt: skip
    seen = rows(ws, "SELECT key, first_seen FROM units ORDER BY ALL")
    planned = ws.upkeep.retention()
    untouched = rows(ws, "SELECT count(*) FROM events")
    assert untouched == rows(ws, "SELECT count(*) FROM events"), "a plan changes nothing"
    done = ws.upkeep.forget()
    assert (done.left, done.bared) == (
        sum(one.events.leaving for one in planned),
        sum(one.events.bared for one in planned),
    )
    assert done.left > 50 and done.bared > 100
    ws.refresh()
    assert histories(ws) == before
    ws.rebuild()
    assert histories(ws) == before
    assert traits == rows(ws, "SELECT customer, name, arg_max(value, (time, message_id)) FROM trait_changes "
                              "GROUP BY ALL ORDER BY ALL")  # fmt: skip
    assert seen == rows(ws, "SELECT key, first_seen FROM units ORDER BY ALL")
    # and nothing is left to do
    assert ws.upkeep.retention() == () and ws.upkeep.forget().left == 0


def test_measures_are_those_of_what_is_left(ws: Workspace) -> None:
    ws.metrics.values(["orders"], period="year")
    ws.upkeep.forget()
    told = "SELECT unit, time, kind, value, text FROM measures ORDER BY ALL"
    kept = rows(ws, told)
    firsts = rows(ws, "SELECT unit, kind, min(time) FROM first_measures GROUP BY ALL ORDER BY ALL")
    with ws._store.transaction() as connection:
        kinds = [kind for (kind,) in connection.execute("SELECT definition FROM kinds ORDER BY kind").fetchall()]
        for table in ("measures", "first_measures", "kinds"):
            connection.execute(f"DELETE FROM {table}")
        from tenure.warehouse.measures import MeasureKind, ensure

        ensure(connection, [MeasureKind.from_key(kind) for kind in kinds])
    assert rows(ws, told) == kept
    assert rows(ws, "SELECT unit, kind, min(time) FROM first_measures GROUP BY ALL ORDER BY ALL") == firsts


def test_what_is_bared_says_only_what_is_read(ws: Workspace) -> None:
    ws.upkeep.forget()
    cut = NOW - 730 * DAY
    old = f"FROM events WHERE time < {cut}"
    assert rows(ws, f"SELECT count(*) {old} AND name <> 'Consent Given' AND (context IS NOT NULL "
                    "OR contains(properties, 'secret'))") == [(0,)]  # fmt: skip
    assert rows(ws, f"SELECT DISTINCT json_keys(properties) {old} AND name = 'Order Completed'") == [(["revenue"],)]
    assert rows(ws, f"SELECT count(*) > 0 {old} AND name = 'Tagged' AND properties = '{{\"tag\":\"x\"}}'") == [(True,)]
    # consent is shown as long as it counts
    assert rows(ws, f"SELECT context IS NOT NULL, name {old} AND name = 'Consent Given'")[0][1] == "Consent Given"
    assert rows(ws, f"SELECT count(*) > 0 FROM events WHERE name = 'Search Used' AND time < {cut}") == [(True,)]
    gone = NOW - 100 * DAY
    left = rows(
        ws,
        f"SELECT count(*) FROM events AS e WHERE name = 'Help Viewed' AND time < {gone} AND (time, message_id) > "
        "(SELECT min((time, message_id)) FROM events AS f WHERE f.customer = e.customer) "
        "AND message_id NOT IN (SELECT message_id FROM trait_changes)",
    )
    assert left == [(0,)]


def test_the_plan_says_what_changes(ws: Workspace) -> None:
    found = {one.events.name: one for one in ws.upkeep.retention()}
    assert "Consent Given" not in found
    assert found["Order Completed"].events.leaving == 0 and "classic" in found["Order Completed"].stages
    assert found["Order Completed"].metrics == ()
    assert found["Help Viewed"].events.leaving > 0 and found["Help Viewed"].stages == ()
    assert found["Help Viewed"].events.period == 100


def test_stays_that_lie_far_apart_are_put_in_order(ws: Workspace) -> None:
    with ws._store.transaction() as connection:
        connection.execute("CREATE TEMP TABLE mixed AS FROM stage_codes ORDER BY hash(unit, entered_at)")
        connection.execute("DELETE FROM stage_codes")
        connection.execute("INSERT INTO stage_codes FROM mixed")
        assert scattered(connection, together=16) > 5
        sort_stays(connection)
        assert scattered(connection, together=16) < 1.5
        apart = "(FROM mixed EXCEPT ALL FROM stage_codes) UNION ALL (FROM stage_codes EXCEPT ALL FROM mixed)"
        assert connection.execute(apart).fetchall() == []
    # so few are read at once anyway
    assert not ws.upkeep.sort()


@pytest.mark.parametrize("written", ["for ever", "0 days", "400", "-1 days", "{}"])
def test_lengths_that_are_none(tmp_path: Path, written: str) -> None:
    (tmp_path / "tenure.yaml").write_text(f"name: S\nretention:\n  default: {written}\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        Workspace.open(tmp_path, clock=lambda: NOW)


def test_nothing_goes_where_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "tenure.yaml").write_text("name: S\nlifecycles: [classic]\n", encoding="utf-8")
    with Workspace.open(tmp_path, clock=lambda: NOW) as ws:
        ws.record([Event(name="Page Viewed", time=START, customer_id="a")])
        assert ws.upkeep.retention() == () and ws.upkeep.forget().left == 0
        assert not ws.upkeep.compaction_due

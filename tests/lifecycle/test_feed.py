"""The feed of moves: what is told, why, and what is taken back."""

from __future__ import annotations

from tenure.lifecycle.feed import feed_of
from tenure.lifecycle.refresh import SET_BACK, standing
from tenure.warehouse.store import Arrival

from .follower import Follower
from .harness import Engine, batch, defined
from .test_refresh import DAYS, STORE, event

HOUR = 3_600_000_000


def followed(engine: Engine, *, as_of: int = DAYS[0]) -> Follower:
    """Somebody who follows a feed that has begun."""
    follower = Follower(engine)
    follower.begin()
    engine.refresh(defined([STORE]), as_of=as_of)
    follower.follow(as_of=as_of)
    return follower


def told(follower: Follower, as_of: int) -> list[tuple[object, ...]]:
    """What a refresh added: who, stage, the day, why, and what it takes back."""
    follower.engine.refresh(defined([STORE]), as_of=as_of)
    return [
        (row["customer_id"], row["stage"], (row["moved_at"] - DAYS[0]) / (DAYS[1] - DAYS[0]), row["cause"],
         row["retracts"])
        for row in follower.follow(as_of=as_of)
    ]  # fmt: skip


def test_nothing_is_written_where_nobody_follows():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[0])])
        engine.refresh(defined([STORE]), as_of=DAYS[9])
        assert feed_of(engine.connection) is None
        assert engine.connection.execute("SELECT count(*) FROM moves").fetchall() == [(0,)]


def test_what_was_known_at_the_beginning_is_not_told():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[0])])
        follower = followed(engine, as_of=DAYS[9])
        assert follower.told == []
        assert told(follower, DAYS[9]) == []


def test_events_and_deadlines():
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event("1", DAYS[1]), event("2", DAYS[2], customer="bob")])
        assert told(follower, DAYS[2]) == [("ada", "buyer", 1.0, "event", None), ("bob", "buyer", 2.0, "event", None)]
        # it came by itself, and nothing had to be looked for before
        assert told(follower, DAYS[4]) == []
        assert told(follower, DAYS[5]) == [("ada", "at_risk", 5.0, "deadline", None)]


def test_after_an_hour_of_silence_each_move_has_its_own_time_and_cause():
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event("1", DAYS[1]), event("2", DAYS[1] + HOUR, customer="bob")])
        told(follower, DAYS[5] - HOUR)
        # meanwhile ada's deadline came, and then she bought
        engine.arrive([event("3", DAYS[5] + HOUR // 2)])
        found = told(follower, DAYS[5] + 2 * HOUR)
        assert [(who, stage, cause, back) for who, stage, _, cause, back in found] == [
            ("ada", "at_risk", "deadline", None), ("ada", "buyer", "event", None), ("bob", "at_risk", "deadline", None)
        ]  # fmt: skip


def test_a_late_event_takes_back_what_was_told():
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event("1", DAYS[1])])
        told(follower, DAYS[6])
        engine.arrive([event("late", DAYS[3])])
        assert told(follower, DAYS[6]) == [("ada", "at_risk", 5.0, "late", 2)]
        assert told(follower, DAYS[7]) == [("ada", "at_risk", 7.0, "deadline", None)]


def test_an_event_on_its_way_while_others_were_told_is_not_late():
    with Engine() as engine:
        follower = followed(engine)
        told(follower, DAYS[3])
        engine.arrive([event("1", DAYS[3] - HOUR)])
        (found,) = told(follower, DAYS[3])
        assert (found[1], found[3]) == ("buyer", "event")


def test_files_of_the_past_are_told_as_imports():
    with Engine() as engine:
        follower = followed(engine)
        arrival = Arrival(source="files", received_at=0, cause="import")
        engine.store.append([batch([event("1", DAYS[1])])], arrival)
        assert [row[3] for row in told(follower, DAYS[6])] == ["import", "import"]


def test_a_changed_definition_is_one_row():
    other = {**STORE, "stages": [*STORE["stages"][:2], {"at_risk": {"side": True, "when": "since(order) >= days(9)"}}]}
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event(str(n), DAYS[1], customer=f"c{n}") for n in range(30)])
        told(follower, DAYS[6])
        engine.refresh(defined([other]), as_of=DAYS[6])
        (row,) = follower.follow(as_of=DAYS[6])
        assert (row["lifecycle"], row["customer_id"], row["cause"]) == ("store", None, "definition")
        engine.refresh([], as_of=DAYS[6])
        assert [row["cause"] for row in follower.follow(as_of=DAYS[6])] == ["definition"]


def test_whoever_is_nobody_any_more_is_taken_back_and_their_key_is_not_given_again():
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event("1", DAYS[1])])
        told(follower, DAYS[2])
        engine.arrive([event("1", DAYS[1], customer="bob")], on_change="replace")
        found = told(follower, DAYS[2])
        assert found == [(None, "buyer", 1.0, "late", 1), ("bob", "buyer", 1.0, "event", None)]


def test_an_erased_person_leaves_no_row(tmp_path, monkeypatch):
    # who was erased is noted beside the store
    monkeypatch.chdir(tmp_path)
    with Engine() as engine:
        follower = followed(engine)
        engine.arrive([event("1", DAYS[1])])
        told(follower, DAYS[2])
        engine.store.erase("ada")
        engine.arrive([event("2", DAYS[2], customer="bob")])
        engine.refresh(defined([STORE]), as_of=DAYS[2])
        rows = engine.connection.execute("SELECT seq, unit FROM moves").fetchall()
        ((bob,),) = engine.connection.execute("SELECT key FROM units").fetchall()
        # nor is a number given twice
        assert rows == [(2, bob)]


def test_a_clock_that_was_set_back_stands_still():
    with Engine() as engine:
        engine.refresh([], as_of=DAYS[9])
        assert standing(engine.connection, DAYS[9] - HOUR) == DAYS[9]
        assert standing(engine.connection, DAYS[9] + HOUR) == DAYS[9] + HOUR
        # one that was wrong for long
        assert standing(engine.connection, DAYS[9] - SET_BACK - 1) == DAYS[9] - SET_BACK - 1

"""Accounts over the events of all their people, against the plain reading of the rule, in any order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.ingest.recording import append
from tenure.lifecycle.definition import Lifecycle
from tenure.warehouse.identity import DEFAULT

from ..lifecycle.harness import Engine, defined
from .test_kept import NOW, expected, split
from .told import ACCOUNTS, Told, companies, links_of

joined = st.builds(
    Told, time=st.integers(0, 8), user=st.sampled_from(("u1", "u2", "u3")), account=st.sampled_from(ACCOUNTS),
    group=st.just(True),
)  # fmt: skip
left = st.builds(Told, time=st.integers(0, 8), user=st.sampled_from(("u1", "u2")), leaves=st.just(True))
named = st.builds(
    Told, time=st.integers(0, 8), user=st.sampled_from(("u1", "u2")), account=st.sampled_from(ACCOUNTS)
)  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


@pytest.fixture(scope="module")
def firms() -> Lifecycle:
    written = {
        "lifecycle": "firms", "unit": "account", "events": {"seen": "Seen"},
        "stages": [{"met": {"when": "count(seen) >= 1"}}, {"known": {"when": "count(seen) >= 3"}}],
    }  # fmt: skip
    return defined([written])[0]


def oracle(told: Sequence[Told]) -> list[tuple[str, int]]:
    """The account and the time of every event that is counted, read event by event."""
    customer = expected(told, DEFAULT)
    found = []
    for one in told:
        if one.event.name != "Seen":
            continue
        if one.account:
            found.append((one.account, one.time))
            continue
        words = sorted(
            (other.time, other.message_id, other.account or "") for other in told
             if (other.group or other.leaves) and customer[other.message_id] == customer[one.message_id]
        )  # fmt: skip
        first = next((place for place, word in enumerate(words) if word[2]), None)
        if first is None:
            continue
        # leaving before the first account says nothing; of one moment the last word counts
        at = [word for word in words if word[0] <= one.time]
        account = at[-1][2] if at and at[-1][0] >= words[first][0] else _last_at(words, words[first][0])
        if account:
            found.append((account, one.time))
    return sorted(found)


def _last_at(words: Sequence[tuple[int, str, str]], time: int) -> str:
    return [word for word in words if word[0] == time][-1][2]


def counted(engine: Engine, firms: Lifecycle) -> list[tuple[str, int]]:
    engine.refresh([firms], as_of=NOW)
    return sorted(
        engine.connection.execute(
            "SELECT id, time FROM measures JOIN units ON key = unit AND units.kind = 'account'"
        ).fetchall()
    )


def stays(engine: Engine) -> list[tuple[object, ...]]:
    query = "SELECT id, stage, entered_at, left_at FROM stage_codes JOIN units ON key = unit"
    firsts = "SELECT id, first_seen FROM units WHERE kind = 'account'"
    return [sorted(engine.connection.execute(one).fetchall(), key=repr) for one in (query, firsts)]  # type: ignore[misc]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.tuples(companies, st.lists(st.one_of(joined, joined, left, named), max_size=6)),
    draw=st.randoms(use_true_random=False),
)  # fmt: skip
def test_events_belong_to_the_account_of_their_customer_at_the_time(
    engine: Engine, firms: Lifecycle, told: tuple[list[Told], list[Told]], draw: random.Random
) -> None:
    check(engine, firms, list({one.message_id: one for one in (*told[0], *told[1])}.values()), draw)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.tuples(companies, st.lists(st.one_of(joined, joined, left, named), max_size=6)),
    draw=st.randoms(use_true_random=False),
)  # fmt: skip
def test_many_companies_of_accounts(
    engine: Engine, firms: Lifecycle, told: tuple[list[Told], list[Told]], draw: random.Random
) -> None:
    check(engine, firms, list({one.message_id: one for one in (*told[0], *told[1])}.values()), draw)


def check(engine: Engine, firms: Lifecycle, told: list[Told], draw: random.Random) -> None:
    wanted = oracle(told)
    engine.emptied()
    engine.store.rules = DEFAULT
    append(engine.store, [one.event for one in told], received_at=NOW)
    assert counted(engine, firms) == wanted
    at_once = stays(engine)
    engine.emptied()
    engine.refresh([firms], as_of=NOW)
    for batch in split(told, draw):
        append(engine.store, [one.event for one in batch], received_at=NOW)
        if draw.random() < 0.3:
            engine.refresh([firms], as_of=NOW)
    assert counted(engine, firms) == wanted
    assert stays(engine) == at_once


def test_what_a_group_call_tells_is_the_accounts(engine: Engine, firms: Lifecycle) -> None:
    engine.emptied()
    told = Told(time=1, user="u1", account="acme", group=True)
    event = replace(told.event, properties={"plan": "pro", "employees": 20})
    append(engine.store, [event], received_at=NOW)
    rows = engine.connection.execute(
        "SELECT units.kind, id, name, value FROM trait_changes JOIN units ON key = customer ORDER BY name"
    ).fetchall()
    assert rows == [("account", "acme", "employees", "20"), ("account", "acme", "plan", '"pro"')]
    assert links_of([told]) == []

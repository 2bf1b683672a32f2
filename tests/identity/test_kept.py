"""Identities in a store: the same customers and histories in whatever order, and however split, events arrive."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.ingest.recording import append
from tenure.lifecycle.definition import Lifecycle
from tenure.warehouse.identity import DEFAULT, Rules, fold

from ..lifecycle.harness import Engine, defined
from .told import Told, companies, links_of

RULES = (DEFAULT, Rules(merge_on=("email",)), Rules(limits={"user": 1, "anonymous": 1, "email": 1}), Rules(shared_by=1))
NOW = 100


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


@pytest.fixture(scope="module")
def lifecycle() -> Lifecycle:
    stages = {
        "met": "count(seen) >= 1",
        "known": "count(seen) >= 2",
        "close": "count(seen, within=days(1)) >= 3",
        "mailed": "trait.email == 'bob@x.org'",
    }
    written = {"lifecycle": "seen", "events": {"seen": "Seen"},
               "stages": [{name: {"when": when}} for name, when in stages.items()]}  # fmt: skip
    return defined([written])[0]


def take(engine: Engine, batches: Sequence[Sequence[Told]], rules: Rules) -> None:
    engine.emptied()
    engine.store.rules = rules
    for batch in batches:
        append(engine.store, [one.event for one in batch], received_at=NOW)


def whose(engine: Engine) -> dict[str, str]:
    """Which customer each event is of, by message id."""
    rows = engine.connection.execute(
        "SELECT message_id, units.id FROM events LEFT JOIN units ON units.key = events.customer AND kind = 'customer'"
    ).fetchall()
    return dict(rows)


def expected(told: Sequence[Told], rules: Rules) -> dict[str, str]:
    customers = fold(links_of(told), rules).customers
    found = {}
    for one in told:
        node = f"id:{one.own}"
        found[one.message_id] = customers[node].customer.removeprefix("id:") if node in customers else one.own
    return found


def history(engine: Engine, lifecycle: Lifecycle) -> list[tuple[object, ...]]:
    engine.refresh([lifecycle], as_of=NOW * 86_400_000_000)
    return sorted(
        engine.connection.execute(
            "SELECT units.id, stage, previous, entered_at, left_at FROM stage_codes LEFT JOIN units ON key = unit"
        ).fetchall(),
        key=repr,
    )


def kept(engine: Engine) -> list[list[tuple[object, ...]]]:
    """What the store holds that is the same however it came, with customers by name."""
    named = "LEFT JOIN units ON units.key = {}"
    queries = (
        f"SELECT units.id, name, time, value FROM trait_changes {named.format('customer')}",
        f"SELECT units.id, time, measures.kind, value, text, tie FROM measures {named.format('unit')}",
        "SELECT kind, id, first_seen FROM units",
        f"SELECT node, identities.kind, units.id, time, why, because FROM identities {named.format('customer')}",
        "SELECT first, second, how, known, time, message_id FROM identity_links",
        (
            f"SELECT units.id, kind, min(time) FROM (SELECT unit, time FROM first_measures) {named.format('unit')} "
            "GROUP BY ALL"
        ),
    )
    return [sorted(engine.connection.execute(query).fetchall(), key=repr) for query in queries]


def split(told: Sequence[Told], draw: random.Random) -> list[list[Told]]:
    mixed = list(told)
    draw.shuffle(mixed)
    batches: list[list[Told]] = [[]]
    for one in mixed:
        batches[-1].append(one)
        if draw.random() < 0.4:
            batches.append([])
    return [batch for batch in batches if batch]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=companies, rules=st.sampled_from(RULES), draw=st.randoms(use_true_random=False))
def test_any_order_and_any_split_give_the_same_customers_and_histories(
    engine: Engine, lifecycle: Lifecycle, told: list[Told], rules: Rules, draw: random.Random
) -> None:
    check(engine, lifecycle, told, rules, draw)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=companies, rules=st.sampled_from(RULES), draw=st.randoms(use_true_random=False))
def test_many_companies(
    engine: Engine, lifecycle: Lifecycle, told: list[Told], rules: Rules, draw: random.Random
) -> None:
    check(engine, lifecycle, told, rules, draw)


def check(engine: Engine, lifecycle: Lifecycle, told: list[Told], rules: Rules, draw: random.Random) -> None:
    take(engine, [told], rules)
    assert whose(engine) == expected(told, rules)
    at_once, rows = history(engine, lifecycle), kept(engine)
    take(engine, split(told, draw), rules)
    assert whose(engine) == expected(told, rules)
    if draw.random() < 0.5:
        history(engine, lifecycle)
    assert history(engine, lifecycle) == at_once
    assert kept(engine) == rows

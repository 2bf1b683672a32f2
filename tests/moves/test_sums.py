"""Whoever is somewhere came from somewhere: figures of moves reconcile, for every lifecycle and on random histories."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.events import EventBinding
from tenure.expressions import parse_value
from tenure.lifecycle.forecast import due_moves, forecast
from tenure.lifecycle.moves.crosstab import crosstab
from tenure.lifecycle.moves.moved import moved
from tenure.lifecycle.moves.over_time import StagePeriod, over_time
from tenure.lifecycle.moves.risk import at_risk, risk_stages
from tenure.lifecycle.moves.scope import NEW, NONE, Scope
from tenure.lifecycle.moves.times import times_in_stage
from tenure.lifecycle.moves.transitions import moves_of_people, transitions
from tenure.lifecycle.periods import Period, periods
from tenure.lifecycle.population import Worth, population
from tenure.lifecycle.refresh import applied

from ..lifecycle.harness import Engine, Engines, defined
from ..oracle.evaluate import DAY
from ..oracle.logs import START
from ..oracle.strategies import Case, cases

PARTS = 2
EACH = 4
SLOW_EACH = 100
ZONE = ZoneInfo("Europe/Berlin")
MONEY = Worth(
    value=parse_value("sum(spend.amount, within=days(3))"),
    events={"spend": EventBinding(name="spend", events=("Order Completed", "Signed Up"))},
)

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


def scopes(engine: Engine, case: Case) -> list[Scope]:
    """The lifecycles of the case; the last of several excludes people from the others."""
    lifecycles = defined(case.definitions)
    engine.arrive(case.events)
    engine.refresh(lifecycles, as_of=case.as_of)
    held = applied(engine.connection)
    last = lifecycles[-1]
    exclusion = held[last.name] if len(lifecycles) > 2 and last.unit == "customer" else None
    return [
        Scope(
            lifecycle=one, held=held[one.name], money=MONEY, now=case.as_of,
            exclusion=exclusion if one.unit == last.unit else None,
        )
        for one in lifecycles
    ]  # fmt: skip


def days(case: Case) -> tuple[Period, ...]:
    """A few days from among those of the events."""
    return periods(ZONE, "day", since=START + 3 * DAY, until=START + 6 * DAY)


def populations(engine: Engine, scope: Scope, moment: int) -> dict[str | None, tuple[int, Decimal]]:
    counted = population(
        engine.connection, scope.lifecycle, scope.held, money=MONEY, moment=moment, now=scope.now,
        exclusion=scope.exclusion,
    )  # fmt: skip
    return {one.stage: (one.people, one.money) for one in counted}


def reconciles(engine: Engine, scope: Scope, case: Case) -> None:
    chosen = [period for period in days(case) if period.begins <= scope.now]
    told = over_time(engine.connection, scope, chosen)
    by_period: dict[Period, dict[str | None, StagePeriod]] = defaultdict(dict)
    for one in told:
        assert one.people == one.before + one.entries - one.exits
        assert 0 <= one.new <= one.entries
        by_period[one.period][one.stage] = one
    assert list(by_period) == list(chosen)
    before: dict[str | None, int] = {}
    for period, stages in by_period.items():
        end = min(period.ends - 1, scope.now)
        figures = {stage: (one.people, one.money) for stage, one in stages.items()}
        assert figures == populations(engine, scope, end)
        if not before:
            start = populations(engine, scope, period.begins - 1)
            before = {stage: people for stage, (people, _) in start.items()}
        assert {stage: one.before for stage, one in stages.items()} == before
        before = {stage: people for stage, (people, _) in figures.items()}
        moved = transitions(engine.connection, scope, since=period.begins, until=end)
        entries, exits, new = Counter[str | None](), Counter[str | None](), Counter[str | None]()
        for move in moved:
            entries[move.to] += move.moves
            if move.new:
                new[move.to] += move.moves
            else:
                exits[move.stage] += move.moves
        for stage, one in stages.items():
            assert (one.entries, one.exits, one.new) == (entries[stage], exits[stage], new[stage])
    every = transitions(engine.connection, scope)
    rows = moves_of_people(engine.connection, scope)
    assert rows.num_rows == sum(move.moves for move in every)
    for move in every[:2]:
        codes = {None: NONE} | {name: place for place, name in enumerate(scope.held.stages)}
        origin = NEW if move.new else codes[move.stage]
        listed = moves_of_people(engine.connection, scope, origins=[origin], targets=[codes[move.to]])
        assert listed.num_rows == move.moves
        assert len(set(listed["customer_id"].to_pylist())) == move.people
        assert (move.median is None) == move.new
    for one in times_in_stage(engine.connection, scope):
        assert one.visits == sum(move.moves for move in every if move.to == one.stage)
        assert one.ended == sum(move.moves for move in every if move.stage == one.stage and not move.new)
        assert one.inside == populations(engine, scope, scope.now)[one.stage][0]
    now = populations(engine, scope, scope.now)
    at_a_risk: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for row in at_risk(engine.connection, scope):
        at_a_risk[row.stage].append((row.people, row.money))
    for place in risk_stages(scope):
        stage = scope.held.stages[place]
        found = at_a_risk[stage]
        assert (sum(people for people, _ in found), sum(money for _, money in found)) == now[stage]


def pairs_add_up(engine: Engine, found: Sequence[Scope]) -> None:
    for one in found:
        for other in found:
            if one.lifecycle.unit != other.lifecycle.unit or one.exclusion != other.exclusion:
                continue
            pairs = crosstab(engine.connection, one, other)
            for scope, side in ((one, "stage"), (other, "other")):
                sums: dict[str | None, tuple[int, Decimal]] = {
                    stage: (0, Decimal(0)) for stage in (*scope.held.stages, None)
                }
                for pair in pairs:
                    people, money = sums[getattr(pair, side)]
                    sums[getattr(pair, side)] = (people + pair.people, money + pair.money)
                assert sums == populations(engine, scope, scope.now)


def moves_come_true(engine: Engine, found: Sequence[Scope], case: Case, ahead: int) -> None:
    """What the forecast says as of a moment is what has happened when nobody did anything until later."""
    later = case.as_of + ahead
    waiting = {}
    for scope in found:
        said = engine.connection.execute(
            f"SELECT unit, coalesce(stage, {NONE}), coalesce(target, {NONE}), moves_at "
            f"FROM ({due_moves(scope.held, as_of=case.as_of, until=later)})"
        ).fetchall()
        told = forecast(
            engine.connection, scope.lifecycle, scope.held, money=MONEY, as_of=case.as_of, days=ahead // DAY,
            exclusion=scope.exclusion,
        )  # fmt: skip
        waiting[scope.held.code] = (sorted(said), told)
    silent = [event for event in case.events if event.time <= case.as_of]
    engine.emptied()
    engine.arrive(silent)
    engine.refresh(defined(case.definitions), as_of=later)
    for scope in found:
        since = Scope(
            lifecycle=scope.lifecycle, held=applied(engine.connection)[scope.lifecycle.name], money=MONEY, now=later
        )
        came = engine.connection.execute(
            f"SELECT unit, origin, target, moment FROM ({moved(since)}) WHERE moment > {case.as_of}"
        ).fetchall()
        said, told = waiting[scope.held.code]
        entering = [move for move in came if move[1] == NONE]  # a deadline may also bring somebody in from none
        assert sorted(move for move in came if move[1] != NONE) == said
        if scope.exclusion is None:
            assert sum(move.people for move in told) == len(came) - len(entering)


@pytest.mark.parametrize("part", range(PARTS))
def test_sums_agree(part: int) -> None:
    hold(part, EACH)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_sums_agree_hundreds_of_times(part: int) -> None:
    hold(int(os.environ.get("MOVES_SEED", "100")) + part, SLOW_EACH)


def hold(number: int, examples: int) -> None:
    engines = Engines()

    @seed(number)
    @settings(quiet, max_examples=examples, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        engine = engines.next()
        found = scopes(engine, case)
        for scope in found:
            reconciles(engine, scope, case)
        pairs_add_up(engine, found)
        moves_come_true(engine, found, case, 5 * DAY)

    check()

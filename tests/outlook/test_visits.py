"""The visits read from the store are those of a history worked out by brute force, on random logs."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.expressions import parse_value
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import periods
from tenure.lifecycle.population import Worth
from tenure.lifecycle.refresh import applied
from tenure.metrics.outlook.outlook import outlook, ready
from tenure.metrics.outlook.visits import OPEN, Visits, visits

from ..lifecycle.harness import Engine, Engines, defined
from ..oracle.evaluate import DAY
from ..oracle.strategies import Case, cases
from .process import UTC

MONEY = Worth(value=parse_value("0"), events={})
EACH = int(os.environ.get("TENURE_ROUNDS", "1")) * 6

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def engines() -> Engines:
    return Engines()


def scopes(engine: Engine, case: Case) -> list[Scope]:
    lifecycles = defined(case.definitions)
    engine.arrive(case.events)
    engine.refresh(lifecycles, as_of=case.as_of)
    held = applied(engine.connection)
    return [Scope(lifecycle=one, held=held[one.name], money=MONEY, now=case.as_of) for one in lifecycles]


def walked(engine: Engine, scope: Scope) -> list[tuple[int, int, int, int, int]]:
    """Everybody's visits, gaps among them, from the stored rows, in order: state, entered, left, after, born."""
    outside = len(scope.held.stages)
    found = []
    for unit, first in engine.connection.execute(
        f"SELECT key, first_seen FROM units WHERE kind = '{scope.lifecycle.unit}' AND first_seen <= {scope.now}"
    ).fetchall():
        stays = engine.connection.execute(
            f"SELECT stage, entered_at, left_at FROM stage_codes WHERE lifecycle = {scope.held.code} AND unit = {unit} "
            f"AND entered_at <= {scope.now} ORDER BY entered_at"
        ).fetchall()
        line, at = [], first
        for stage, entered, left in stays:
            if entered > at:
                line.append((outside, at))
            line.append((stage, entered))
            at = left if left is not None and left <= scope.now else OPEN
        if at != OPEN:
            line.append((outside, at))
        ends = [entered for _, entered in line[1:]] + [OPEN]
        afters = [stage for stage, _ in line[1:]] + [-1]
        found += [
            (state, entered, end, after, first) for (state, entered), end, after in zip(line, ends, afters, strict=True)
        ]
    return sorted(found)


def rows(told: Visits) -> list[tuple[int, ...]]:
    table = np.stack([told.state, told.entered, told.left, told.after, told.born], axis=1)
    return sorted(tuple(int(cell) for cell in row) for row in table)


def test_visits(engines: Engines) -> None:
    @seed(1)
    @settings(quiet, max_examples=EACH, phases=(Phase.generate,))
    @given(cases())
    def hold(case: Case) -> None:
        engine = engines.next()
        for scope in scopes(engine, case):
            told = visits(engine.connection, scope)
            assert rows(told) == walked(engine, scope)
            assert told.fresh.sum() == (told.left == OPEN).sum()
            if not len(told.entered):
                continue
            # anything at all can be looked ahead from, and nobody is lost
            every = periods(UTC, "day", since=int(told.entered.min()), until=scope.now + 5 * DAY)
            names = [*scope.held.stages, None]
            learnt = ready(told, every, now=scope.now, unit="day")
            expected, new = outlook(learnt, names, seed=1, draws=3)
            people = sum(one.people for one in expected if one.period == every[-1])
            coming = learnt.course()[0][-1].sum()
            assert people == pytest.approx(coming)
            assert people >= (told.left == OPEN).sum() - 1e-6
            assert all(np.isfinite([one.people_low, one.people_high, one.entries]).all() for one in expected)
            assert len(new) == len([one for one in every if one.begins > scope.now])

    hold()


def test_visits_as_they_were(engines: Engines) -> None:
    """Cutting the visits at a moment is the same as reading them when it was now."""

    @seed(2)
    @settings(quiet, max_examples=EACH, phases=(Phase.generate,))
    @given(cases())
    def hold(case: Case) -> None:
        engine = engines.next()
        for scope in scopes(engine, case):
            told = visits(engine.connection, scope)
            earlier = scope.now - 3 * DAY
            then = Scope(lifecycle=scope.lifecycle, held=scope.held, money=MONEY, now=earlier)
            assert rows(told.until(earlier)) == rows(visits(engine.connection, then))

    hold()

"""One step short for everybody is what the history says when the event is put in for one."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.moves.short import SHORT, one_step_short, suppose_once
from tenure.lifecycle.refresh import applied

from ..lifecycle.harness import Engine, Engines, defined
from ..oracle.strategies import Case, cases
from .test_sums import MONEY

EACH = 3

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


def told(engine: Engine, scope: Scope, case: Case, *, anew: bool) -> dict[tuple[int, int], int | None]:
    """Where everybody would be: by unit and supposed event."""
    lifecycles = defined(case.definitions)
    codes = {name: one.code for name, one in applied(engine.connection).items()}
    with engine.store.transaction() as connection:
        suppose_once(connection, scope, lifecycles, codes, anew=anew)
        rows = connection.execute(f"SELECT unit, step, target FROM {SHORT}").fetchall()
    return {(unit, step): target for unit, step, target in rows}


@pytest.mark.parametrize("part", range(2))
def test_conditions_of_the_moment_say_what_the_history_says(part: int) -> None:
    engines = Engines()
    seen = defaultdict[str, int](int)

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        engine = engines.next()
        lifecycles = defined(case.definitions)
        engine.arrive(case.events)
        engine.refresh(lifecycles, as_of=case.as_of)
        held = applied(engine.connection)
        scope = Scope(lifecycle=lifecycles[0], held=held[lifecycles[0].name], money=MONEY, now=case.as_of)
        quick = told(engine, scope, case, anew=False)
        assert quick == told(engine, scope, case, anew=True)
        with engine.store.transaction() as connection:
            steps = one_step_short(connection, scope, lifecycles, {name: one.code for name, one in held.items()})
        assert sum(one.people for one in steps) == len(quick)
        assert all(one.people <= one.of for one in steps)
        seen["short"] += len(quick)

    check()
    assert seen["short"]

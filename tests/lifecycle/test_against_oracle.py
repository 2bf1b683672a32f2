"""The engine's history equals the oracle's, row for row, on random histories and lifecycles from the whole language."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.expressions import FUNCTIONS, OPERATORS

from ..oracle.history import oracle_history
from ..oracle.strategies import FUNCTIONS_AND_OPERATORS, Case, cases, drawn
from .harness import Engines, defined, difference

PARTS = 6
EACH = 25
SLOW_PARTS = 10
SLOW_EACH = 1000

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


def holds_for(engines: Engines, case: Case) -> None:
    """The stored history, or where `known_at` is asked for the one computed beside it, is what the oracle says."""
    wanted = sorted(oracle_history(case.events, case.definitions, as_of=case.as_of, known_at=case.known_at), key=str)
    engine = engines.next()
    engine.arrive(case.events)
    lifecycles = defined(case.definitions)
    if case.known_at is None:
        engine.refresh(lifecycles, as_of=case.as_of)
        got = engine.stored()
    else:
        got = engine.computed(lifecycles, as_of=case.as_of, known_at=case.known_at)
    assert got == wanted, difference(got, wanted)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_history_is_what_the_oracle_says(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        holds_for(engines, case)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW_PARTS))
def test_the_history_is_what_the_oracle_says_ten_thousand_times(part: int):
    """Other examples in each run, unless ORACLE_SEED says which; each part draws nearly the whole language."""
    engines = Engines()
    counted: Counter[str] = Counter()

    @seed(f"{os.environ.get('ORACLE_SEED', os.urandom(8).hex())}-{part}")
    @settings(quiet, max_examples=SLOW_EACH, phases=[Phase.generate, Phase.shrink])
    @given(cases())
    def check(case: Case) -> None:
        counted.update(name for definition in case.definitions for name in drawn(definition))
        holds_for(engines, case)

    check()
    assert set(counted) == set(FUNCTIONS_AND_OPERATORS)


def test_the_strategies_list_the_whole_language():
    """A function, a setting or an operator that the language gains has to be drawn, or this fails."""
    language = {function.name for function in FUNCTIONS.values()} - {"score"}  # scores stand in no lifecycle
    language |= {f"{function.name} {setting}" for function in FUNCTIONS.values() for setting in function.settings}
    language |= {operator.symbol for operator in OPERATORS}
    assert language <= set(FUNCTIONS_AND_OPERATORS)

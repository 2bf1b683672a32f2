"""The walk against a look at every single microsecond, and what the strategies draw."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from . import evaluate
from .history import Row, Walk, by_unit, in_log, in_order_of_reference, oracle_history, rows_of
from .lifecycle import read_definition
from .strategies import FUNCTIONS_AND_OPERATORS, Case, cases, drawn

SHORT_DAY = 8
FORESIGHT = 14 * SHORT_DAY
# One round of drawing sticks to a few shapes, and which ones hangs on the modules that happen to be loaded.
ROUNDS = 8

quiet = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@settings(quiet, max_examples=35)
@given(cases(day=SHORT_DAY))
def test_the_walk_misses_nothing_that_a_look_at_every_microsecond_sees(case: Case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "DAY", SHORT_DAY)
        told = oracle_history(case.events, case.definitions, as_of=case.as_of, known_at=case.known_at)
        end = max((event.time for event in case.events if event.time <= case.as_of), default=0) + FORESIGHT
        assert up_to(end, told) == at_every_microsecond(case, end)


def at_every_microsecond(case: Case, end: int) -> list[Row]:
    """The history as it shows when a stage is worked out at each microsecond before `end`."""
    log = in_log(case.events, as_of=case.as_of, known_at=case.known_at)
    told: dict[str, dict] = {}
    rows: list[Row] = []
    for lifecycle in in_order_of_reference([read_definition(definition) for definition in case.definitions]):
        told[lifecycle.name] = {}
        for unit, own in by_unit(log, lifecycle.unit).items():
            way = Walk(lifecycle, own, {name: units.get(unit, []) for name, units in told.items()})
            for time in range(own[0].time, end):
                way.step(time)
            told[lifecycle.name][unit] = way.visits
            rows += rows_of(lifecycle.name, unit, way.visits)
    return sorted(rows)


def up_to(end: int, rows: list[Row]) -> list[Row]:
    return [
        Row(row.lifecycle, row.unit, row.entered_at, row.stage, row.previous, row.left_at)
        if row.left_at is not None and row.left_at < end
        else Row(row.lifecycle, row.unit, row.entered_at, row.stage, row.previous, None)
        for row in rows
        if row.entered_at < end
    ]


def test_the_strategies_draw_the_whole_language_and_customers_that_move():
    seen: Counter[str] = Counter()

    @settings(quiet, max_examples=250, phases=[Phase.generate], derandomize=False)
    @given(cases())
    def look(case: Case) -> None:
        rows = oracle_history(case.events, case.definitions, as_of=case.as_of, known_at=case.known_at)
        used = [drawn(definition) for definition in case.definitions]
        seen.update(name for names in used for name in names)
        seen["cases"] += 1
        seen["lifecycles"] += len(used)
        seen["lifecycles with a window"] += sum(any("within" in name for name in names) for names in used)
        seen["lifecycles that look back"] += sum(bool(names & {"was", "since_entered"}) for names in used)
        seen["cases with moves"] += len(rows) >= 2
        seen["cases where somebody moves"] += any(row.left_at is not None for row in rows)
        seen["cases with a schedule"] += any(row.entered_at > case.as_of for row in rows)
        seen["cases that move between events"] += any(
            row.entered_at not in {event.time for event in case.events} for row in rows
        )

    for number in range(ROUNDS):
        seed(number)(look)()
        missing = set(FUNCTIONS_AND_OPERATORS) - set(seen)
        if not missing:
            break
    assert not missing, f"never drawn in {ROUNDS} rounds"
    assert all(name.startswith(("cases", "lifecycles")) for name in set(seen) - set(FUNCTIONS_AND_OPERATORS))
    assert seen["lifecycles with a window"] >= 0.3 * seen["lifecycles"]
    assert 0.15 * seen["lifecycles"] <= seen["lifecycles that look back"] <= 0.6 * seen["lifecycles"]
    assert seen["cases with moves"] >= 0.6 * seen["cases"]
    assert seen["cases where somebody moves"] >= 0.5 * seen["cases"]
    assert seen["cases that move between events"] >= 0.35 * seen["cases"]
    assert seen["cases with a schedule"] >= 0.1 * seen["cases"]

"""Lifecycles compiled to one query: from measures to the exact stage history of every unit.

    query = compile_lifecycles([...], feeds=...)   # named sub-queries; tenure sql prints them

All comparisons of all lifecycles become bits (`flips`); the bits of a unit over time decide every lifecycle's stage;
a row is kept where the stage changes, and ends where the next one begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenure.lifecycle.bits import Bits
from tenure.lifecycle.bound import Atom, atoms
from tenure.lifecycle.flips import flip_steps
from tenure.lifecycle.registers import Feeds
from tenure.lifecycle.settle import settle_steps
from tenure.lifecycle.stages import BoundLifecycle, holds
from tenure.lifecycle.steps import Query, Step


def compile_lifecycles(lifecycles: Sequence[BoundLifecycle], feeds: Feeds, *, births: str, sets: str = "") -> Query:
    """The stage history of the lifecycles: lifecycle, unit, stage, previous, entered_at, left_at.

    `births` is a relation (unit, time) of the first event of every unit; `sets` one of stages set by hand
    (lifecycle, unit, time, tie, stage), needed where a lifecycle is `hand_set`.
    """
    numbers: dict[Atom, int] = {}
    for lifecycle in lifecycles:
        for condition in lifecycle.conditions():
            for atom in atoms(condition):
                numbers.setdefault(atom, len(numbers))
    bits = Bits(numbers)
    steps, names = flip_steps(bits, feeds)
    words = range(bits.words)
    if any(lifecycle.needs_birth for lifecycle in lifecycles):
        nothing = ", ".join(f"0 AS f{place}" for place in words)
        steps.append(Step("births", "the first event of all: from here on a unit is in view",
                          f"SELECT unit, time AS moment, {nothing} FROM {births}"))  # fmt: skip
        names.append("births")
    for lifecycle in lifecycles:
        if lifecycle.hand_set:
            nothing = ", ".join(f"0 AS f{place}" for place in words)
            steps.append(Step(f"set_{lifecycle.code}", "moments at which a stage is set by hand",
                              f"SELECT DISTINCT unit, time AS moment, {nothing} FROM {sets} "
                              f"WHERE lifecycle = {lifecycle.code}"))  # fmt: skip
            names.append(f"set_{lifecycle.code}")
    steps += _mask_steps(bits, names)
    changes = []
    for lifecycle in lifecycles:
        found = settle_steps(lifecycle, bits, sets) if lifecycle.settled else [_change_step(lifecycle, bits)]
        steps += found
        changes.append(found[-1].name)
    every = " UNION ALL ".join(f"SELECT * FROM {name}" for name in changes)
    steps.append(Step("changes", "the changes of all lifecycles", every))
    final = "SELECT lifecycle, unit, stage, previous, entered_at, left_at FROM changes WHERE stage IS NOT NULL"
    return Query(tuple(steps), final)


def _mask_steps(bits: Bits, names: Sequence[str]) -> list[Step]:
    every = " UNION ALL ".join(f"SELECT unit, moment, {bits.columns()} FROM {name}" for name in names)
    columns = ", ".join(
        f"bit_xor(f{place}) OVER w AS m{place}, "
        f"bit_xor(f{place}) OVER (w RANGE BETWEEN CURRENT ROW AND CURRENT ROW) AS d{place}"
        for place in range(bits.words)
    )
    return [
        Step("flips", "all flips of all comparisons", every or "SELECT 0 AS unit, 0 AS moment, 0 AS f0 WHERE FALSE"),
        Step("masks", "the comparisons that hold (m) and those that changed (d), at every moment of change",
             f"SELECT unit, moment, lag(moment) OVER w AS earlier, {columns} FROM flips "
             f"WINDOW w AS (PARTITION BY unit ORDER BY moment)"),
    ]  # fmt: skip


def _change_step(lifecycle: BoundLifecycle, bits: Bits) -> Step:
    """The moments at which the stage of a lifecycle without memory changes."""

    def stage(mask: str) -> str:
        arms = " ".join(
            f"WHEN {holds(stage.condition, bits, mask)} THEN {place}"
            for place, stage in reversed(lifecycle.ranked())
            if stage.condition is not None
        )
        last = f" ELSE {lifecycle.otherwise}" if lifecycle.otherwise is not None else ""
        return f"CAST(CASE {arms or 'WHEN FALSE THEN 0'}{last} END AS SMALLINT)"

    before = stage("b")
    if lifecycle.needs_birth:
        before = f"CASE WHEN earlier IS NOT NULL THEN {before} END"
    words = range(bits.words)
    columns = ", ".join(f"m{place}, xor(m{place}, d{place}) AS b{place}" for place in words)
    held = ", ".join(f"m{place}, d{place}" for place in words)
    moments = f"SELECT unit, moment, earlier, {held} FROM masks WHERE earlier IS DISTINCT FROM moment"
    # not asked of `masks` itself: the engine would ask it there once more, of all lifecycles together
    if own := _own(lifecycle, bits):
        moments = f"SELECT * FROM ({moments}) WHERE {own}"
    # rows without a change are passed over here, and dropped after: before, each stage would be worked out twice
    left = "lead(CASE WHEN stage IS DISTINCT FROM previous THEN moment END IGNORE NULLS)"
    sql = (
        f"SELECT CAST({lifecycle.code} AS SMALLINT) AS lifecycle, unit, stage, previous, moment AS entered_at, left_at "
        f"FROM (SELECT unit, moment, stage, previous, {left} OVER (PARTITION BY unit ORDER BY moment) AS left_at "
        f"FROM (SELECT unit, moment, {stage('m')} AS stage, {before} AS previous "
        f"FROM (SELECT unit, moment, earlier, {columns} FROM ({moments})))) WHERE stage IS DISTINCT FROM previous"
    )
    comment = f"{lifecycle.name}: the last stage whose condition holds, where it changes; it ends with the next change"
    return Step(f"changes_{lifecycle.code}", comment, sql)


def _own(lifecycle: BoundLifecycle, bits: Bits) -> str | None:
    """SQL of whether a comparison of this lifecycle changes at a moment; None where all comparisons are its own."""
    found = {atom for condition in lifecycle.conditions() for atom in atoms(condition)}
    if len(found) == len(bits.numbers):
        return None
    asked = ["earlier IS NULL"] if lifecycle.needs_birth else []
    for place in range(bits.words):
        if own := sum(bits.bit(atom) for atom in found if bits.word(atom) == place):
            asked.append(f"d{place} & {own} <> 0")
    return " OR ".join(asked) or "FALSE"

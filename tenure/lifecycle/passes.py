"""Definitions made ready for the compiler: bound, reduced, numbered, and ordered into passes.

Lifecycles over the same kind of unit compile together in one pass. Those that ask for another's stage come after it;
one that looks back at its own history is computed again over that history until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tenure.errors import UsageError
from tenure.lifecycle.bound import Reached, Truth, atoms, bind, readings, unify
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.reduce import reduced
from tenure.lifecycle.stages import BoundLifecycle, BoundStage
from tenure.warehouse.measures import CUSTOMER, MeasureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Lifecycles that one query computes; `repeats` where its one lifecycle reads its own history."""

    unit: str
    lifecycles: tuple[BoundLifecycle, ...]
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Definitions ready to compile: the passes in order, the kinds of measures they read, names and codes.

    Of the kinds in `firsts` nothing is read but the first measure of each unit. `numbers` are those of the kinds in a
    store, once they are extracted there.
    """

    passes: tuple[Pass, ...]
    kinds: tuple[MeasureKind, ...]
    firsts: frozenset[MeasureKind]
    codes: Mapping[str, int]
    stages: Mapping[str, tuple[str, ...]]
    numbers: Mapping[MeasureKind, int] = field(default_factory=dict)


def prepare(
    lifecycles: Sequence[Lifecycle], codes: Mapping[str, int], *, hand_set: frozenset[str] = frozenset()
) -> Prepared:
    """The lifecycles ready to compile.

    `codes` numbers each one; `hand_set` names those for which the log holds stages set by hand.
    Raises UsageError where lifecycles ask for each other's stages in a circle.
    """
    bound = _bound(lifecycles, codes, hand_set)
    kinds: dict[MeasureKind, None] = {}
    for one in bound.values():
        for condition in one.conditions():
            for kind in kinds_of(condition):
                kinds.setdefault(kind)
    for lifecycle in lifecycles:
        if lifecycle.name in hand_set:
            kinds.setdefault(stage_set_kind(lifecycle))
        if lifecycle.unit not in {CUSTOMER, *(kind.unit for kind in kinds)}:
            # nothing is counted, but the units have to be known
            kinds.setdefault(MeasureKind(unit=lifecycle.unit))
    passes: list[Pass] = []
    for level in _levels(lifecycles):
        together: dict[str, list[BoundLifecycle]] = {}
        for lifecycle in level:
            if lifecycle.refers_to_itself:
                passes.append(Pass(unit=lifecycle.unit, lifecycles=(bound[lifecycle.name],), repeats=True))
            else:
                together.setdefault(lifecycle.unit, []).append(bound[lifecycle.name])
        passes += [Pass(unit=unit, lifecycles=tuple(group), repeats=False) for unit, group in together.items()]
    stages = {lifecycle.name: tuple(stage.name for stage in lifecycle.stages) for lifecycle in lifecycles}
    conditions = [condition for one in bound.values() for condition in one.conditions()]
    followed = {stage_set_kind(lifecycle) for lifecycle in lifecycles}.union(*map(_followed, conditions))
    return Prepared(
        passes=tuple(passes), kinds=tuple(kinds), firsts=frozenset(kinds.keys() - followed), codes=dict(codes),
        stages=stages,
    )  # fmt: skip


def stage_set_kind(lifecycle: Lifecycle) -> MeasureKind:
    """The kind of measures that holds a lifecycle's stages set by hand."""
    name = lifecycle.name.replace("\\", "\\\\").replace("'", "\\'")
    return MeasureKind(
        unit=lifecycle.unit, events=("Stage Set",), where=f"lifecycle == '{name}'", properties=("stage",), text=True
    )


def kinds_of(condition: Truth) -> list[MeasureKind]:
    """The kinds of measures that a condition reads."""
    found: list[MeasureKind] = []
    for atom in atoms(condition):
        if isinstance(atom, Reached):
            found += atom.kinds
    for reading in readings(condition):
        found += [kind for kind in (reading.kind, reading.after) if kind]
    return found


def _followed(condition: Truth) -> set[MeasureKind]:
    """The kinds of which a condition reads more than the first measure of each unit."""
    found = {kind for reading in readings(condition) for kind in (reading.kind, reading.after) if kind}
    for atom in atoms(condition):
        if isinstance(atom, Reached) and atom.times > 1:
            found |= set(atom.kinds)
    return found


def _bound(
    lifecycles: Sequence[Lifecycle], codes: Mapping[str, int], hand_set: frozenset[str]
) -> dict[str, BoundLifecycle]:
    conditions: list[Truth] = []
    for lifecycle in lifecycles:
        for condition in lifecycle.conditions():
            conditions.append(bind(condition, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name))
    unified = iter([reduced(condition) for condition in unify(tuple(conditions))])
    found = {}
    for lifecycle in lifecycles:
        stages = tuple(
            BoundStage(stage.name, next(unified) if stage.when is not None else None, stage.side, stage.otherwise)
            for stage in lifecycle.stages
        )
        clear = next(unified) if lifecycle.clear is not None else None
        code = codes[lifecycle.name]
        by_hand = lifecycle.name in hand_set
        found[lifecycle.name] = BoundLifecycle(lifecycle.name, code, stages, lifecycle.forward, clear, by_hand)
    return found


def _levels(lifecycles: Sequence[Lifecycle]) -> list[list[Lifecycle]]:
    """The lifecycles, each after those whose stages it asks for."""
    waiting = {lifecycle.name: lifecycle for lifecycle in lifecycles}
    levels: list[list[Lifecycle]] = []
    while waiting:
        ready = [l for l in waiting.values() if not (l.refers_to & waiting.keys())]  # noqa: E741
        if not ready:
            circle = ", ".join(sorted(waiting))
            raise UsageError(
                f"These lifecycles ask for each other's stages in a circle: {circle}.",
                hint="Take stage(…) out of one of them.",
            )
        levels.append(ready)
        for lifecycle in ready:
            del waiting[lifecycle.name]
    return levels

"""The whole stage history of every unit, by walking along its time.

Between two *base points* (an event, an event plus the length of a window, a move of a lifecycle that is asked about,
the microsecond after a move) everything that a condition looks at stands still but the clock, so each comparison turns
at most once there, and the moment is found by halving. Stages are evaluated at all those moments, and nowhere else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .evaluate import CLOCK, Event, Moment, Visit, evaluate, in_order, pair_holds, pairs, parsed
from .lifecycle import Definition, Lifecycle, read_definition
from .values import read

HORIZON = 10_000 * 366 * 24 * 60 * 60 * 10**6
"""How far after the last event a deadline is looked for, in microseconds."""

MOST_MOVES = 20
"""How many moves there may be for each base point before the walk is given up."""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A row of the stage history."""

    lifecycle: str
    unit: str
    entered_at: int
    stage: str
    previous: str | None
    left_at: int | None


class NeverQuietError(Exception):
    """The definition moves a unit for ever: it asks its own stages in a circle."""


def oracle_history(
    events: Sequence[Event], definitions: Sequence[Definition], *, as_of: int, known_at: int | None = None
) -> list[Row]:
    """The rows of all units in all lifecycles, sorted by lifecycle, unit and time; the scheduled ones too."""
    log = in_log(events, as_of=as_of, known_at=known_at)
    told: dict[str, dict[str, list[Visit]]] = {}
    for lifecycle in in_order_of_reference([read_definition(definition) for definition in definitions]):
        told[lifecycle.name] = {
            unit: walk(lifecycle, own, {name: units.get(unit, []) for name, units in told.items()})
            for unit, own in by_unit(log, lifecycle.unit).items()
        }
    return sorted(
        row
        for lifecycle, units in told.items()
        for unit, visits in units.items()
        for row in rows_of(lifecycle, unit, visits)
    )


def stage_at(rows: Sequence[Row], lifecycle: str, unit: str, time: int) -> str | None:
    """The stage of a unit at a moment, by the rows of its history; None where it is in none."""
    own = [row for row in rows if (row.lifecycle, row.unit) == (lifecycle, unit) and row.entered_at <= time]
    return own[-1].stage if own and (own[-1].left_at is None or time < own[-1].left_at) else None


def in_log(events: Sequence[Event], *, as_of: int, known_at: int | None = None) -> list[Event]:
    """What counts as of a moment and as known at another, each message once, in order."""
    kept: dict[str, Event] = {}
    for event in events:
        if event.time <= as_of and (known_at is None or event.received_at <= known_at):
            kept.setdefault(event.message_id, event)
    return in_order(list(kept.values()))


def by_unit(log: Sequence[Event], unit: str) -> dict[str, list[Event]]:
    """The events of each customer, or of each value of a property; events without one belong to nobody."""
    units: dict[str, list[Event]] = {}
    for event in log:
        value = read(event.customer if unit == "customer" else event.properties.get(unit))
        if value is not None and value.text is not None:
            units.setdefault(value.text, []).append(event)
    return units


def rows_of(lifecycle: str, unit: str, visits: Sequence[Visit]) -> Iterator[Row]:
    for before, visit in pairwise([None, *visits]):
        assert visit is not None
        previous = before.stage if before is not None and before.left_at == visit.entered_at else None
        yield Row(lifecycle, unit, visit.entered_at, visit.stage, previous, visit.left_at)


def in_order_of_reference(lifecycles: Sequence[Lifecycle]) -> list[Lifecycle]:
    """The lifecycles, each after those that it asks."""
    ordered: list[Lifecycle] = []
    waiting = list(lifecycles)
    while waiting:
        done = {lifecycle.name for lifecycle in ordered}
        ready = [lifecycle for lifecycle in waiting if lifecycle.asked() <= done]
        if not ready:
            raise ValueError("lifecycles ask each other in a circle, or one that is not there")
        ordered += ready
        waiting = [lifecycle for lifecycle in waiting if lifecycle not in ready]
    return ordered


# --- the stage at one moment -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Memory:
    """What is carried along: the high-water mark, whether `clear` held, the Stage Set that counts and its floor."""

    mark: int = -1
    cleared: bool = False
    setting: str | None = None
    floor: int | None = None


def stage_now(lifecycle: Lifecycle, moment: Moment, memory: Memory) -> str | None:
    """The stage of the moment; `memory` is what was before and becomes what is now."""
    ranked = lifecycle.main + lifecycle.side
    holding = [rank for rank, (_, when) in enumerate(ranked) if evaluate(when, moment)]
    main = max((rank for rank in holding if rank < len(lifecycle.main)), default=-1)

    if lifecycle.forward:
        memory.mark = max(memory.mark, main)
        holds = lifecycle.clear is not None and evaluate(lifecycle.clear, moment)
        if holds and not memory.cleared:
            memory.mark = main
        memory.cleared = holds

    settings = [event for event in moment.events if event.time <= moment.time and sets(event, lifecycle)]
    if settings and settings[-1].message_id != memory.setting:
        memory.setting = settings[-1].message_id
        stage = settings[-1].properties["stage"]
        memory.floor = None if stage == "clear" else lifecycle.rank(stage)
    if memory.floor is not None and any(rank > memory.floor for rank in holding):
        memory.floor = None

    highest = max([*holding, memory.mark, -1 if memory.floor is None else memory.floor])
    return ranked[highest][0] if highest >= 0 else lifecycle.otherwise


def sets(event: Event, lifecycle: Lifecycle) -> bool:
    """Whether the event sets a stage of this lifecycle by hand, or clears it."""
    stage = event.properties.get("stage")
    return (
        event.name == "Stage Set"
        and event.properties.get("lifecycle") == lifecycle.name
        and (stage == "clear" or lifecycle.rank(stage) is not None)
    )


# --- the walk --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Walk:
    """One unit's way through one lifecycle, as far as it has been walked."""

    lifecycle: Lifecycle
    events: list[Event]
    elsewhere: Mapping[str, Sequence[Visit]]
    visits: list[Visit] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)

    def moment(self, time: int) -> Moment:
        return Moment(
            time=time,
            events=self.events,
            bindings=self.lifecycle.bindings,
            visits=self.visits,
            elsewhere=self.elsewhere,
        )

    def step(self, time: int) -> bool:
        """Evaluates the stage at `time` and notes a move; whether there was one. Times only ever go up."""
        stage = stage_now(self.lifecycle, self.moment(time), self.memory)
        current = self.visits[-1].stage if self.visits and self.visits[-1].left_at is None else None
        if stage == current:
            return False
        if current is not None:
            last = self.visits.pop()
            self.visits.append(Visit(last.stage, last.entered_at, time))
        if stage is not None:
            self.visits.append(Visit(stage, time, None))
        return True


def walk(lifecycle: Lifecycle, events: list[Event], elsewhere: Mapping[str, Sequence[Visit]]) -> list[Visit]:
    """The visits of a unit that has at least one event, the future ones too."""
    way = Walk(lifecycle, events, elsewhere)
    points = base_points(lifecycle, events, elsewhere)
    most = MOST_MOVES * (1 + len(points))
    turning = comparisons_with_the_clock(lifecycle)
    horizon = events[-1].time + HORIZON
    now = events[0].time
    while now < horizon:
        if way.step(now) and lifecycle.looks_back():
            points.add(now + 1)
        if len(way.visits) > most:
            raise NeverQuietError(lifecycle.name)
        points = {point for point in points if point > now}
        ahead = min(points, default=horizon)
        now = min([ahead, *(turn for pair in turning if (turn := first_turn(pair, way, now, ahead)) is not None)])
    return way.visits


def base_points(lifecycle: Lifecycle, events: Sequence[Event], elsewhere: Mapping[str, Sequence[Visit]]) -> set[int]:
    """The moments at which something other than the clock may change."""
    times = {event.time for event in events}
    ends = {time + length for time in times for length in lifecycle.windows()}
    moves = {
        time
        for name in lifecycle.asked()
        for visit in elsewhere[name]
        for time in (visit.entered_at, visit.left_at)
        if time is not None
    }
    return times | ends | moves


Pair = tuple[ast.expr, ast.cmpop, ast.expr]


def comparisons_with_the_clock(lifecycle: Lifecycle) -> list[Pair]:
    return [
        pair
        for condition in lifecycle.conditions()
        for node in ast.walk(parsed(condition))
        if isinstance(node, ast.Compare)
        for pair in pairs(node)
        if any(isinstance(inner, ast.Name) and inner.id in CLOCK for side in pair for inner in ast.walk(side))
    ]


def first_turn(pair: Pair, way: Walk, now: int, ahead: int) -> int | None:
    """The first moment after `now` and before `ahead` at which the comparison holds no more, or holds at last."""
    early, late = now, ahead - 1
    before = pair_holds(*pair, way.moment(early))
    if late <= early or pair_holds(*pair, way.moment(late)) == before:
        return None
    while late - early > 1:
        middle = (early + late) // 2
        if pair_holds(*pair, way.moment(middle)) == before:
            early = middle
        else:
            late = middle
    return late

"""Whether an event log can fill the stages of a lifecycle: what each stage counts, and what of it the log has.

    held = held_events(connection)
    for one in fillings(lifecycle, held):
        one.stage.name, one.possible, [needed.name for needed in one.needed if not needed.found]

A stage can be filled where its condition could hold for somebody as far as the names of events tell: a count of events
that never came is 0, a comparison with something unknown does not hold. Filters of short names are not looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from tenure.events import EVENTS
from tenure.expressions.tree import Measure, walk
from tenure.lifecycle.bound import (
    AllOf,
    AnyOf,
    Atom,
    Compare,
    Fixed,
    Negated,
    OneOf,
    Operand,
    Operation,
    Reading,
    Truth,
    bind,
    holds_on_empty,
    meaning,
    operands,
    readings,
)
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind

_ALWAYS_KNOWN = frozenset({"count", "sum", "distinct"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a log has: the number of events by name, and the traits that are known of somebody."""

    events: Mapping[str, int] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Something that a condition reads: a short name and its events, or a trait (`trait.plan`).

    `found` is how many events there are, of a trait 1 where somebody has it; `sources` where such events come from.
    """

    name: str
    events: tuple[str, ...]
    found: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """A stage, what its condition reads, and whether the log can fill it."""

    stage: Stage
    needed: tuple[Needed, ...]
    possible: bool


def held_events(connection: Connection) -> Held:
    """What the log of the store has."""
    events = dict(connection.execute("SELECT name, count(*) FROM events GROUP BY name").fetchall())
    traits = connection.execute("SELECT DISTINCT name FROM trait_changes").fetchall()
    return Held(events=events, traits=frozenset(name for (name,) in traits))


def fillings(lifecycle: Lifecycle, held: Held) -> tuple[Filling, ...]:
    """For each stage what it needs and whether the log can fill it; one that is only set by hand can be filled."""

    def has(kind: MeasureKind) -> bool:
        if kind.reads == "event":
            return any(held.events.get(name) for name in kind.events)
        return kind.reads == "score" or kind.name in held.traits

    found = []
    for stage in lifecycle.stages:
        possible = True
        if stage.when is not None:
            truth = bind(stage.when, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
            possible = _possible(truth, has)
        found.append(Filling(stage=stage, needed=tuple(_needed(stage, lifecycle, held)), possible=possible))
    return tuple(found)


def _needed(stage: Stage, lifecycle: Lifecycle, held: Held) -> Iterator[Needed]:
    names: dict[str, None] = {}
    traits: dict[str, None] = {}
    for node in walk(stage.when) if stage.when is not None else ():
        if isinstance(node, Measure):
            names.update(dict.fromkeys(name for name in (node.event, node.after) if name))
            if node.function in ("trait", "until") and node.name:
                traits[node.name] = None
    for name in names:
        events = meaning(name, lifecycle.events).events
        sources = chain.from_iterable(EVENTS[event].sources for event in events if event in EVENTS)
        yield Needed(
            name=name, events=events, found=sum(held.events.get(event, 0) for event in events),
            sources=tuple(dict.fromkeys(sources)),
        )  # fmt: skip
    for name in traits:
        yield Needed(name=f"trait.{name}", events=(), found=int(name in held.traits), sources=())


def _possible(truth: Truth, has: Callable[[MeasureKind], bool]) -> bool:
    match truth:
        case AllOf():
            return all(_possible(operand, has) for operand in truth.operands)
        case AnyOf():
            return any(_possible(operand, has) for operand in truth.operands)
        case Negated():
            return any(_heard(reading, has) for reading in readings(truth.operand)) or holds_on_empty(truth)
        case _:
            return _atom_possible(truth, has)


def _atom_possible(atom: Atom, has: Callable[[MeasureKind], bool]) -> bool:
    if not isinstance(atom, Compare | OneOf):
        return True
    if not all(_known(operand, has) for operand in operands(atom)):
        return False
    return any(_heard(reading, has) for reading in readings(atom)) or holds_on_empty(_begun(atom))


def _begun(atom: Compare | OneOf) -> Atom:
    """The comparison once what its counts are restarted by has happened, so that nothing is counted as 0."""
    if isinstance(atom, Compare):
        return replace(atom, left=_restarted(atom.left), right=_restarted(atom.right))
    return replace(atom, operand=_restarted(atom.operand))


def _restarted(operand: Operand) -> Operand:
    match operand:
        case Reading():
            return replace(operand, after=None)
        case Operation():
            return replace(operand, left=_restarted(operand.left), right=_restarted(operand.right))
        case _:
            return operand


def _known(operand: Operand, has: Callable[[MeasureKind], bool]) -> bool:
    """Whether the operand could have a value."""
    match operand:
        case Fixed():
            return True
        case Operation():
            return _known(operand.left, has) and _known(operand.right, has)
        case Reading(kind=None):
            return True
        case Reading():
            if operand.after is not None:
                return has(operand.after)
            return operand.function in _ALWAYS_KNOWN or (operand.kind is not None and has(operand.kind))


def _heard(reading: Reading, has: Callable[[MeasureKind], bool]) -> bool:
    """Whether the log has anything that the reading reads."""
    return reading.kind is None or has(reading.kind)

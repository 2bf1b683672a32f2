"""Whether the names in a formula mean something: events, their properties, stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure.documents import did_you_mean, listing
from tenure.errors import ConditionError
from tenure.events import ALIASES, EVENTS, EventBinding
from tenure.expressions import Names, binding_of, examine
from tenure.expressions.tree import Measure, Span
from tenure.expressions.tree import walk as walk_condition
from tenure.metrics.formula import Figure, Formula, LevelFigure, OfLevel, Part, PeopleWhere, StageFigure, walk

_READ_PROPERTIES = ("sum", "sum_then", "known", "min", "max", "distinct")
_PER_PERSON = ("count", "sum", "avg", "min", "max", "distinct")


@dataclass(slots=True)
class _Found:
    names: Names
    text: str
    events: dict[str, EventBinding] = field(default_factory=dict)
    errors: list[ConditionError] = field(default_factory=list)

    def error(self, span: Span, message: str, hint: str = "") -> None:
        self.errors.append(ConditionError(message, text=self.text, start=span.start, end=span.end, hint=hint))


def check_names(
    formula: Formula, bindings: Mapping[str, EventBinding], *, text: str = "", stages: frozenset[str] | None = None
) -> tuple[dict[str, EventBinding], tuple[ConditionError, ...]]:
    """The events that a formula names, by the names used, and what is wrong with its names."""
    found = _Found(Names(events=bindings), text)
    for node in walk(formula):
        match node:
            case Figure():
                _figure(node, found)
            case LevelFigure():
                _level(node, found)
            case OfLevel() if node.figure.level.part.property is not None:
                _level(node.figure, found)
            case PeopleWhere():
                _condition(node, found)
            case StageFigure(by="stage") if stages is not None and node.name not in stages:
                hint = did_you_mean(node.name, stages) or f"There are {listing(sorted(stages), 'and')}."
                found.error(node.span, f"No lifecycle has a stage '{node.name}'.", hint)
            case _:
                pass
    return found.events, tuple(found.errors)


def _figure(node: Figure, found: _Found) -> None:
    rows = node.rows
    binding = _event(rows.part, found)
    for other in (rows.then, rows.after):
        if other is not None:
            _event(other, found)
    timed = rows.then is not None or rows.after is not None
    reads = node.function in _READ_PROPERTIES or (node.function in ("median", "p90") and not timed)
    read, read_binding = rows.part, binding
    if node.function == "sum_then" and rows.then is not None:
        read, read_binding = rows.then, found.events.get(rows.then.event)
    if reads and read_binding is not None and read.property is None and not read_binding.value:
        message = f"'{read.event}' has no value of its own."
        found.error(read.span, message, f"Name a property, such as {read.event}.amount")


def _level(node: LevelFigure, found: _Found) -> None:
    binding = _event(node.level.part, found)
    if node.level.adds and binding is not None and node.level.part.property is None and not binding.value:
        message = f"'{node.level.part.event}' has no value of its own."
        found.error(node.level.part.span, message, f"Name a property, such as {node.level.part.event}.amount")
    if node.level.until is not None:
        # a level stands as well where nothing ever ended it
        _event(node.level.until, found, needed=False)


def _condition(node: PeopleWhere, found: _Found) -> None:
    checked = examine(node.condition, found.names, text=found.text)
    found.events.update(checked.events)
    found.errors.extend(checked.errors)
    if not any(isinstance(part, Measure) for part in walk_condition(node.condition)):
        found.error(node.span, "This condition asks for nothing that people did.", "customers(count(order) >= 2)")
    for part in walk_condition(node.condition):
        if isinstance(part, Measure) and (part.function not in _PER_PERSON or part.within or part.after):
            message = f"'{part.function}' cannot stand in a condition on the events of a period."
            if part.within or part.after:
                message = "The period is the window here."
            found.error(part.span, message, f"There are {listing(_PER_PERSON, 'and')}, without settings.")


def _event(part: Part, found: _Found, *, needed: bool = True) -> EventBinding | None:
    binding = binding_of(part.event, found.names)
    if binding is None:
        known = found.names.events
        full = {event for one in known.values() for event in one.events} | set(EVENTS)
        hint = did_you_mean(part.event, known) or did_you_mean(part.event, full) or "Give it a short name under events."
        if part.event in ALIASES:
            hint = f"Events of that name are read as '{ALIASES[part.event]}'."
        found.error(part.span, f"There is no event '{part.event}'.", hint)
        return None
    if needed:
        found.events[part.event] = binding
    return binding

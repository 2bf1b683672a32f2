"""What a workspace lacks for a metric: events, properties that none of them carries, settings, stages.

A metric that lacks something has no figures; 0 would be a claim.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from tenure.events import EventBinding
from tenure.expressions import Names, binding_of, parse_where
from tenure.expressions.tree import Measure
from tenure.expressions.tree import walk as walk_condition
from tenure.metrics.definition import Metric
from tenure.metrics.feed import kind_of
from tenure.metrics.formula import Figure, LevelFigure, Part, PeopleWhere, StageFigure, leaves
from tenure.metrics.levels import chosen_stages
from tenure.metrics.question import Question
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, ensure, registered
from tenure.warehouse.where import condition_sql, quote

# one of these properties, on events of one of these names
Carried = tuple[tuple[str, ...], tuple[str, ...]]
_VALUED = ("sum", "known", "min", "max", "distinct")


def missing(connection: Connection, metrics: Sequence[Metric], question: Question) -> dict[str, str]:
    """What is missing for a figure of some of the metrics: `no data: needs …`, by metric."""
    present = event_names(connection)
    filtered = {
        binding: kind_of(Part(event=binding.name), {binding.name: binding})
        for metric in metrics
        for binding in metric.needs
        if binding.where and present.intersection(binding.events)
    }
    empty = _empty(connection, filtered)
    carried: dict[Carried, bool] = {}
    extracted = registered(connection)
    found = {}
    for metric in metrics:
        lacks = [_told(one) for one in metric.needs if not present.intersection(one.events) or one in empty]
        lacks += [f"`{name}` in tenure.yaml" for name in metric.settings if name not in question.constants]
        lacks += _stages_lacking(metric, question)
        lacks = lacks or [
            f"`{properties[0]}` of {_listed(events)}"
            for events, properties in _properties(metric)
            if present.intersection(events) and not _carried(connection, (events, properties), extracted, carried)
        ]
        if lacks:
            found[metric.name] = f"no data: needs {', '.join(dict.fromkeys(lacks))}"
    return found


def event_names(connection: Connection, where: str = "TRUE") -> frozenset[str]:
    """The names of the events in the log, or of those for which `where` holds."""
    rows = connection.execute(f"SELECT DISTINCT name FROM events WHERE {where}").fetchall()
    return frozenset(name for (name,) in rows)


def _told(binding: EventBinding) -> str:
    return f"{_listed(binding.events)} with {binding.where}" if binding.where else _listed(binding.events)


def _listed(events: Iterable[str]) -> str:
    return " or ".join(f"`{event}`" for event in events)


def _stages_lacking(metric: Metric, question: Question) -> list[str]:
    found = []
    for leaf in leaves(metric.formula):
        if isinstance(leaf, StageFigure):
            if question.lifecycle is None or question.held is None:
                found.append("a lifecycle")
            elif not chosen_stages(leaf, question.lifecycle):
                what = f"`{leaf.name}`" if leaf.by == "stage" else f"of {leaf.by} `{leaf.name}`"
                found.append(f"a stage {what} in `{question.lifecycle.name}`")
    return found


def _properties(metric: Metric) -> Iterable[Carried]:
    """The properties without which the metric says nothing, with the events that have to carry them."""
    for leaf in leaves(metric.formula):
        match leaf:
            case Figure():
                rows = leaf.rows
                timed = rows.then is not None or rows.after is not None
                if leaf.function in _VALUED or (leaf.function in ("median", "p90") and not timed):
                    yield _of(rows.part, metric.events)
                if leaf.function == "sum_then" and rows.then is not None:
                    yield _of(rows.then, metric.events)
                if rows.due is not None:
                    yield _of(Part(event=rows.part.event, property=rows.due), metric.events)
            case LevelFigure():
                level = leaf.level
                if level.part.property is not None or level.adds:
                    yield _of(level.part, metric.events)
                if level.until is None and level.same is not None:
                    yield _of(Part(event=level.part.event, property=level.same), metric.events)
            case PeopleWhere():
                for part in walk_condition(leaf.condition):
                    if isinstance(part, Measure) and part.function != "count":
                        yield _of(Part(event=part.event or "", property=part.property), metric.events)
            case StageFigure():
                pass


def _of(part: Part, bindings: Mapping[str, EventBinding]) -> Carried:
    binding = binding_of(part.event, Names(events=bindings))
    assert binding is not None, part.event
    return binding.events, (part.property,) if part.property is not None else binding.values


def _carried(
    connection: Connection, wanted: Carried, extracted: Mapping[MeasureKind, int], known: dict[Carried, bool]
) -> bool:
    """Whether any of the events has one of the properties: told by what is extracted of them, else by themselves."""
    if wanted not in known:
        events, properties = wanted
        kinds = [
            str(number)
            for kind, number in extracted.items()
            if kind.properties and set(kind.properties) <= set(properties) and set(kind.events) <= set(events)
        ]
        there = f"SELECT 1 FROM measures WHERE kind IN ({', '.join(kinds)}) AND (value IS NOT NULL OR text IS NOT NULL)"
        if kinds and first_row(connection, f"{there} LIMIT 1") is not None:
            known[wanted] = True
            return True
        names = ", ".join(quote(event) for event in events)
        # the key as it stands in the text: ten times as fast as reading the object
        keys = " OR ".join(f"contains(properties, {quote(_key(name))})" for name in properties)
        query = f"SELECT 1 FROM events WHERE name IN ({names}) AND ({keys}) LIMIT 1"
        known[wanted] = first_row(connection, query) is not None
    return known[wanted]


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _empty(connection: Connection, kinds: Mapping[EventBinding, MeasureKind]) -> set[EventBinding]:
    """The bindings whose filter lets nothing through."""
    if not kinds:
        return set()
    numbers = ensure(connection, kinds.values())
    listed = ", ".join(str(numbers[kind]) for kind in kinds.values())
    rows = connection.execute(f"SELECT DISTINCT kind FROM measures WHERE kind IN ({listed})").fetchall()
    there = {kind for (kind,) in rows}
    without = {binding for binding, kind in kinds.items() if numbers[kind] not in there}
    nobodys = event_names(connection, "customer IS NULL") if without else frozenset()
    return {one for one in without if not nobodys.intersection(one.events) or not _of_nobody(connection, one)}


def _of_nobody(connection: Connection, binding: EventBinding) -> bool:
    where = condition_sql(parse_where(binding.where or ""))
    names = ", ".join(quote(event) for event in binding.events)
    query = f"SELECT 1 FROM events WHERE customer IS NULL AND name IN ({names}) AND {where} LIMIT 1"
    return first_row(connection, query) is not None

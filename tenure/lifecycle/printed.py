"""The query of a lifecycle as people read it: one comment a step, in the dialect of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import sqlglot
from sqlglot import TokenType

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compiled
from tenure.lifecycle.passes import Pass, kinds_of, prepare, stage_set_kind
from tenure.lifecycle.refresh import AS_OF, applied, codes_of, has_future
from tenure.warehouse.connection import Connection
from tenure.warehouse.dialects import ENGINES, one_line, translated
from tenure.warehouse.facts import fact
from tenure.warehouse.measures import registered, stage_sets


def lifecycle_sql(connection: Connection, lifecycles: Sequence[Lifecycle], name: str, *, engine: str = "duckdb") -> str:
    """The query from `measures` to the history of one of the lifecycles as this store holds it, for an engine.

    Lifecycles, kinds of measures and stages have the numbers that they have in the store, or would get there; they are
    listed at the top. Raises UsageError for an engine that is not known.
    """
    if engine not in ENGINES:
        raise UsageError(f"There is no engine {engine!r}.", hint=f"There are: {', '.join(sorted(ENGINES))}.")
    by_name = {one.name: one for one in lifecycles}
    lifecycle = by_name[name]
    by_hand = stage_sets(connection)
    ready = prepare(lifecycles, codes_of(lifecycles, applied(connection)), hand_set=by_hand)
    numbers = registered(connection)
    for kind in ready.kinds:
        numbers.setdefault(kind, max(numbers.values(), default=0) + 1)
    as_of = fact(connection, AS_OF)
    view = View(as_of=int(as_of) if as_of is not None and has_future(connection, int(as_of)) else None)
    chosen = next(one for a_pass in ready.passes for one in a_pass.lifecycles if one.name == name)
    alone = Pass(unit=lifecycle.unit, lifecycles=(chosen,), repeats=False)
    query = compiled(alone, replace(ready, numbers=numbers), by_name, view, histories="stage_codes")
    read = {kind for condition in chosen.conditions() for kind in kinds_of(condition)}
    read |= {stage_set_kind(lifecycle)} if name in by_hand else set()
    head = [
        f"{lifecycle.title}: every stay in every stage, from the measures of its events",
        "kinds:",
        *(f"  {number}: {kind.told()}" for kind, number in sorted(numbers.items(), key=_number) if kind in read),
        "stages:",
        *(f"  {place}: {stage.name}" for place, stage in enumerate(lifecycle.stages)),
    ]
    comments = "".join(f"-- {one_line(line)}\n" for line in head)
    text = translated(query.sql, engine, comments={step.name: step.comment for step in query.steps})
    return comments + _in_lines(text, ENGINES[engine].name)


def _in_lines(text: str, dialect: str) -> str:
    """The query with each case that is added to others on a line of its own."""
    found = pairwise(sqlglot.tokenize(text, read=dialect))
    added = [plus for plus, case in found if (plus.token_type, case.token_type) == (TokenType.PLUS, TokenType.CASE)]
    for plus in reversed(added):
        line = text[text.rfind("\n", 0, plus.start) + 1 : plus.start]
        indent = line[: len(line) - len(line.lstrip())]
        text = f"{text[: plus.start].rstrip()}\n{indent}  {text[plus.start :]}"
    return text


def _number(item: tuple[object, int]) -> int:
    return item[1]

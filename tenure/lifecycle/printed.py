"""The query of a lifecycle as people read it: one comment a step, in the dialect of an engine."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.errors import UsageError
from tenure.lifecycle.compiler import compile_lifecycles
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View
from tenure.lifecycle.passes import prepare
from tenure.lifecycle.registers import Feeds
from tenure.warehouse.dialects import ENGINES, translated
from tenure.warehouse.measures import births


def lifecycle_sql(lifecycle: Lifecycle, others: Sequence[Lifecycle] = (), *, engine: str = "duckdb") -> str:
    """The query from `measures` to the history of a lifecycle, formatted, for an engine.

    Kinds of measures are numbered in the order in which the conditions ask for them, and listed at the top.
    Raises UsageError for an engine that is not known.
    """
    if engine not in ENGINES:
        raise UsageError(f"There is no engine {engine!r}.", hint=f"There are: {', '.join(sorted(ENGINES))}.")
    every = [lifecycle, *others]
    codes = {one.name: place for place, one in enumerate(every, start=1)}
    ready = prepare(every, codes)
    numbers = {kind: place for place, kind in enumerate(ready.kinds, start=1)}
    feeds = Feeds(View().measures(), numbers, "stage_codes", ready.codes, ready.stages)
    chosen = next(one for a_pass in ready.passes for one in a_pass.lifecycles if one.name == lifecycle.name)
    query = compile_lifecycles([chosen], feeds, births=f"({births(lifecycle.unit)})")
    used = [
        f"--   {number}: {kind.told()}"
        for kind, number in numbers.items()
        if f"kind = {number}" in query or f"({number}" in query or f", {number}" in query
    ]
    stages = [f"--   {place}: {stage.name}" for place, stage in enumerate(lifecycle.stages)]
    head = [f"-- {lifecycle.title}: every stay in every stage, from the measures of its events", "-- kinds:", *used,
            "-- stages:", *stages]  # fmt: skip
    return "\n".join(head) + "\n" + translated(query, engine)

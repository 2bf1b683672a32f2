"""The names that the editor completes: functions, short names of events, stages, traits, and keys of the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from tenure.events import EventSpec, bindings
from tenure.expressions import FUNCTIONS
from tenure.expressions.names import written_event, written_part
from tenure.ingest.source import Source
from tenure.lifecycle.definition import LifecycleSpec, StageSpec
from tenure.metrics.definition import MetricSpec
from tenure.metrics.targets import TargetSpec
from tenure.server import holding
from tenure.workspace.config import SegmentSpec, WorkspaceConfig


class Word(TypedDict):
    """A name with what it is, and what is put in for it."""

    word: str
    kind: str
    means: str


def words() -> list[Word]:
    """Every name once, in the order in which kinds are offered."""
    found: dict[tuple[str, str], Word] = {}
    for word in (*_functions(), *_events(), *_stages(), *_traits(), *_keys()):
        found.setdefault((word["word"], word["kind"]), word)
    return list(found.values())


def _functions() -> Iterator[Word]:
    for function in FUNCTIONS.values():
        yield {"word": function.name, "kind": "function", "means": f"{function.signature}. {function.means}"}


def _events() -> Iterator[Word]:
    for name, binding in bindings(holding.workspace().definitions.config.bindings).items():
        yield {"word": written_event(name), "kind": "event", "means": ", ".join(binding.events)}


def _stages() -> Iterator[Word]:
    for lifecycle in holding.workspace().definitions.lifecycles:
        for stage in lifecycle.stages:
            yield {"word": stage.name, "kind": "stage", "means": f"{stage.title}, of {lifecycle.title}"}


def _traits() -> Iterator[Word]:
    for name in holding.workspace().roster.traits():
        yield {"word": written_part("trait", name), "kind": "trait", "means": ""}


def _keys() -> Iterator[Word]:
    for model in (WorkspaceConfig, LifecycleSpec, StageSpec, SegmentSpec, EventSpec, TargetSpec, MetricSpec, Source):
        told = model.model_json_schema()
        properties = told.get("properties") or told.get("$defs", {}).get(model.__name__, {}).get("properties", {})
        for name, what in properties.items():
            yield {"word": f"{name}:", "kind": "key", "means": str(what.get("description", ""))}

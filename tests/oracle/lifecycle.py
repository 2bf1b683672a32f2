"""A lifecycle as it stands in YAML, taken apart."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from .evaluate import Moment, parsed, worth

WINDOWED = ("count", "sum", "avg", "min", "max", "distinct")

Definition = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lifecycle:
    """Stages with their conditions by precedence: main stages in their order, then side stages in theirs."""

    name: str
    unit: str
    main: list[tuple[str, str]]
    side: list[tuple[str, str]]
    otherwise: str | None
    forward: bool
    clear: str | None
    bindings: Mapping[str, Mapping[str, object]]

    def rank(self, stage: object) -> int | None:
        """The place of a stage: -1 for `otherwise`, None for a name that is not a stage."""
        names = [name for name, _ in self.main + self.side]
        return names.index(stage) if stage in names else -1 if stage == self.otherwise else None

    def conditions(self) -> list[str]:
        return [when for _, when in self.main + self.side] + ([] if self.clear is None else [self.clear])

    @cached_property
    def calls(self) -> list[tuple[str, ast.Call]]:
        """Every function call in its conditions, with the function's name."""
        return [
            (node.func.id, node)
            for condition in self.conditions()
            for node in ast.walk(parsed(condition))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]

    def asked(self) -> set[str]:
        """The other lifecycles that its conditions ask for their stage."""
        return {node.args[0].value for name, node in self.calls if name == "stage"}  # type: ignore[attr-defined]

    def looks_back(self) -> bool:
        """Whether its conditions ask for its own past."""
        return any(name in {"was", "since_entered"} for name, _ in self.calls)

    def windows(self) -> set[int]:
        """The lengths of the windows in its conditions, in microseconds."""
        nothing = Moment(time=0, events=[], bindings={})
        return {
            ceil(worth(keyword.value, nothing))  # type: ignore[arg-type]
            for name, node in self.calls
            for keyword in node.keywords
            if name in WINDOWED and keyword.arg == "within"
        }


def read_definition(definition: Definition) -> Lifecycle:
    """The lifecycle that a mapping with the keys of a lifecycle file means."""
    listed = definition["stages"]
    assert isinstance(listed, list)
    stages = [(name, facts) for entry in listed for name, facts in entry.items()]
    clear = definition.get("clear")
    return Lifecycle(
        name=str(definition["lifecycle"]),
        unit=str(definition.get("unit", "customer")),
        main=[(name, facts["when"]) for name, facts in stages if not facts.get("side") and not facts.get("otherwise")],
        side=[(name, facts["when"]) for name, facts in stages if facts.get("side")],
        otherwise=next((name for name, facts in stages if facts.get("otherwise")), None),
        forward=definition.get("direction") == "forward",
        clear=None if clear is None else str(clear),
        bindings=bindings_of(definition),
    )


def bindings_of(definition: Definition) -> dict[str, dict[str, object]]:
    """The short names in their full form: {name: {events: [...], where, value}}."""
    bindings = {}
    written = definition["events"]
    assert isinstance(written, Mapping)
    for short, facts in written.items():
        full = {"event": facts} if isinstance(facts, str) else dict(facts)
        names = full["event"] if "event" in full else full["events"]
        bindings[short] = {
            "events": [names] if isinstance(names, str) else list(names),
            "where": full.get("where"),
            "value": full.get("value"),
        }
    return bindings

"""Stages that any lifecycle may have beside its own: at risk, lapsed, and four more.

    with_stages(library.document("shopper").text, ["at_risk", "lapsed"])

They stand in an order of their own after the lifecycle's stages, but before its own stages of phase *gone*; reactivated
and at_risk also before its own of phase *risk*.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files

from pydantic import Field

from tenure.documents import DefinitionModel, parse, validate
from tenure.errors import UsageError
from tenure.expressions import parse as parse_condition
from tenure.lifecycle.definition import LifecycleSpec, StageSpec
from tenure.lifecycle.library.written import stage
from tenure.lifecycle.silence import DAY, length, silences

WINDOWS = {"at_risk": 90, "lapsed": 180}
"""Days of silence as long as they are not fitted."""
_BEFORE_RISK = ("reactivated", "at_risk")


class AddOnSpec(StageSpec):
    """An add-on stage as written."""

    by_use: str | None = None
    """The condition where people use without paying."""
    not_with: tuple[str, ...] = ()
    """Lifecycles that have a stage for the same."""


class AddOns(DefinitionModel):
    """The file of the add-on stages."""

    none_in: tuple[str, ...] = ()
    """Lifecycles that take none."""
    by_use: tuple[str, ...] = ()
    """Lifecycles of people who use without paying."""
    stages: tuple[dict[str, AddOnSpec], ...] = Field(min_length=1)
    """The stages in their order."""


@cache
def _add_ons() -> AddOns:
    text = files(__package__).joinpath("stages/add-ons.yaml").read_text(encoding="utf-8")
    return validate(AddOns, parse(text, file="library/stages/add-ons.yaml"))


def names() -> tuple[str, ...]:
    """The names of the add-on stages in their order."""
    return tuple(_stages())


def specs() -> dict[str, AddOnSpec]:
    """The add-on stages by name, in their order."""
    return dict(_stages())


def used_without_paying() -> tuple[str, ...]:
    """The lifecycles whose add-on stages count `activity` in the place of `purchase`."""
    return _add_ons().by_use


def fitting(lifecycle: LifecycleSpec) -> tuple[str, ...]:
    """The add-on stages that the lifecycle can take, in their order; those that it has already are not among them."""
    if lifecycle.lifecycle in _add_ons().none_in:
        return ()
    own = {name for written in lifecycle.stages for name in written}
    return tuple(
        name for name, spec in _stages().items() if name not in own and lifecycle.lifecycle not in spec.not_with
    )


def refuse(lifecycle: LifecycleSpec, wanted: Collection[str]) -> None:
    """Nothing; raises UsageError where an add-on stage is wanted that the lifecycle neither has nor can take."""
    own = {name for written in lifecycle.stages for name in written}
    taken = fitting(lifecycle)
    for name in wanted:
        if name not in own and name not in taken:
            hint = f"It can take: {', '.join(taken) or 'none'}."
            raise UsageError(f"{lifecycle.lifecycle} takes no stage {name!r}.", hint=hint)


def with_stages(text: str, wanted: Collection[str]) -> str:
    """The text of a lifecycle's file with those of the wanted add-on stages that fit, each in its place."""
    document = parse(text, file="lifecycle")
    lifecycle = validate(LifecycleSpec, document)
    chosen = [name for name in fitting(lifecycle) if name in wanted]
    if not chosen:
        return text
    rank = {name: place for place, name in enumerate(_stages())}
    inserted: dict[int, list[str]] = {}
    if not text.endswith("\n"):
        text += "\n"
    own = [next(iter(written.items())) for written in lifecycle.stages]
    for name in chosen:
        places = [place for place, (other, spec) in enumerate(own) if _follows(name, other, spec, rank)]
        start = len(text)
        if places:
            line, _ = document.place(("stages", places[0], own[places[0]][0]), key=True)
            start = document.line_starts[line - 1]
        inserted.setdefault(start, []).append(stage(name, _shown(name, lifecycle.lifecycle)))
    for start, parts in sorted(inserted.items(), reverse=True):
        text = text[:start] + "".join(parts) + text[start:]
    return _declared(text)


def _stages() -> dict[str, AddOnSpec]:
    return {name: spec for written in _add_ons().stages for name, spec in written.items()}


def _follows(name: str, other: str, spec: StageSpec, rank: dict[str, int]) -> bool:
    """Whether the add-on stage comes before the lifecycle's stage `other`."""
    if other in rank:
        return rank[name] < rank[other]
    return spec.phase == "gone" or (spec.phase == "risk" and name in _BEFORE_RISK)


def _shown(name: str, lifecycle: str) -> AddOnSpec:
    spec = _stages()[name]
    used = lifecycle in _add_ons().by_use and spec.by_use is not None
    return spec.model_copy(update={"when": spec.by_use}) if used else spec


def _declared(text: str) -> str:
    """The text with every window declared that its conditions wait for."""
    document = parse(text, file="lifecycle")
    lifecycle = validate(LifecycleSpec, document)
    conditions = [spec.when for written in lifecycle.stages for spec in written.values() if spec.when]
    lengths = {length(found) // DAY for one in conditions for found in silences(parse_condition(one))}
    missing = [name for name, days in WINDOWS.items() if days in lengths and name not in lifecycle.windows]
    if not missing:
        return text
    first = document.place(("stages",), key=True)[0]
    if lifecycle.windows:
        first = document.place(("windows", next(iter(lifecycle.windows))), key=True)[0]
    start = document.line_starts[first - 1]
    lines = "".join(f"  {name}: {WINDOWS[name]}\n" for name in missing)
    return text[:start] + ("" if lifecycle.windows else "windows:\n") + lines + text[start:]

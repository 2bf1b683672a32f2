"""Aliases: the stages of another lifecycle under other names, some of them joined into one.

A joined stage holds whoever is in one of its parts, so its condition is that one of theirs holds: as the parts stand
side by side, the last stage that holds is the same either way.
"""

from __future__ import annotations

from pydantic import Field

from tenure.documents import DefinitionModel
from tenure.expressions import parse
from tenure.lifecycle.definition import LifecycleSpec, Phase, StageSpec, implies
from tenure.lifecycle.library.written import head, stage


class JoinedSpec(DefinitionModel):
    """One stage of an alias: the stages that it joins, and what it is called here."""

    joins: tuple[str, ...] = Field(min_length=1)
    """Stages of the other lifecycle, side by side there."""
    title: str
    """The stage's name for people."""
    means: str
    """One sentence: what being here says about the customer."""
    sense: str | None = None
    """In which sense the stage's name is used."""
    phase: Phase | None = None
    """Default: that of the first stage joined, as is the kind."""


class AliasSpec(DefinitionModel):
    """An alias as written."""

    lifecycle: str
    """The alias's own name."""
    title: str
    """The name for people."""
    means: str
    """One sentence: how it cuts the journey, and for whom."""
    source: str
    """Where this way to cut the journey comes from."""
    trades: tuple[str, ...]
    """What is sold where it fits."""
    alias: str
    """The lifecycle whose stages are joined."""
    stages: tuple[dict[str, JoinedSpec], ...] = Field(min_length=1)
    """The stages in the order of the journey."""


def joined(alias: AliasSpec, original: LifecycleSpec) -> str:
    """The text of the lifecycle file that the alias stands for."""
    parts = {name: spec for written in original.stages for name, spec in written.items()}
    text = head(alias.lifecycle, alias.title, alias.means, alias.source, alias.trades)
    for written in alias.stages:
        for name, spec in written.items():
            found = [parts[part] for part in spec.joins]
            text += stage(
                name,
                StageSpec(
                    title=spec.title, means=spec.means, sense=spec.sense, kind=found[0].kind,
                    phase=spec.phase or found[0].phase, when=_either([part.when for part in found if part.when]),
                ),
            )  # fmt: skip
    return text


def _either(conditions: list[str]) -> str:
    """That one of the conditions holds; those that another one covers are left out."""
    trees = [parse(condition) for condition in conditions]
    return " or ".join(
        condition
        for condition, tree in zip(conditions, trees, strict=True)
        if not any(implies(tree, other) for other in trees if other is not tree)
    )

"""Words that name stages of several lifecycles in different senses."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.lifecycle import library


def senses() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each stage name with more than one sense: the lifecycles that use it in each; names and lifecycles sorted."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in library.names():
        for stage in library.lifecycle(name).stages:
            if stage.sense:
                found.setdefault(stage.name, {}).setdefault(stage.sense, []).append(name)
    return {
        stage: {sense: tuple(names) for sense, names in told.items()}
        for stage, told in sorted(found.items())
        if len(told) > 1
    }

"""Stages added, taken out and put elsewhere: what forms change in the list of a lifecycle's stages.

The order of the list decides: everybody is in the last stage whose condition holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from tenure.documents.editing import scalar, with_order
from tenure.errors import UsageError
from tenure.lifecycle.definition import Kind, Phase
from tenure.server.access.definition_forms import NAME, Texts, Written, where
from tenure.server.access.reader import Reader

KINDS: tuple[str, ...] = get_args(Kind)
PHASES: tuple[str, ...] = get_args(Phase)
_MOST = 60


def with_new_stage(
    reader: Reader, lifecycle: str, name: str, fields: Mapping[str, str], *, after: str | None, side: bool = False
) -> Texts:
    """The files with one stage more, behind another one or, without `after`, before all.

    `fields` are its texts: title, means, kind, phase, when. Raises UsageError for what no stage can be.
    """
    found = where(reader, lifecycle)
    names = names_in(found)
    if not NAME.fullmatch(name) or "-" in name:
        raise UsageError(f"{name[:60]!r} cannot be the name of a stage.", hint="Take letters, digits and _.")
    if name in names:
        raise UsageError(f"There is a stage {name!r} already.", hint="Take another name.")
    if not fields.get("when", "").strip():
        raise UsageError("A stage needs a condition.", hint="Such as: count(purchase) >= 3")
    if len(names) >= _MOST:
        raise UsageError(f"A lifecycle of more than {_MOST} stages is not for people to read.")
    for key, known in (("kind", KINDS), ("phase", PHASES)):
        if fields.get(key, "") not in ("", *known):
            raise UsageError(f"There is no {key} {fields[key][:40]!r}.", hint=f"There are: {', '.join(known)}.")
    place = 0 if after is None else _place(found, after) + 1
    told = {key: fields.get(key, "").strip() for key in ("title", "means", "kind", "phase", "when")}
    lines = [f"- {name}:", *(f"    {key}: {scalar(text, indent=6)}" for key, text in told.items() if text)]
    lines += ["    side: true"] if side else []
    order: list[int | str] = list(range(len(names)))
    order.insert(place, "\n".join(lines) + "\n")
    return _ordered(found, order)


def without_stage(reader: Reader, lifecycle: str, stage: str) -> Texts:
    """The files without a stage. Raises UsageError where it is the only one."""
    found = where(reader, lifecycle)
    place, count = _place(found, stage), len(names_in(found))
    if count < 2:
        raise UsageError("A lifecycle needs a stage.", hint="Make another one first.")
    return _ordered(found, [one for one in range(count) if one != place])


def with_stage_moved(reader: Reader, lifecycle: str, stage: str, *, after: str | None) -> Texts:
    """The files with a stage behind another one or, without `after`, before all."""
    found = where(reader, lifecycle)
    place = _place(found, stage)
    rest = [one for one in range(len(names_in(found))) if one != place]
    rest.insert(0 if after is None else rest.index(_place(found, after)) + 1 if after != stage else place, place)
    return _ordered(found, rest)


def names_in(found: Written) -> tuple[str, ...]:
    """The names of the stages that a file lists, in their order; empty for what is no list of stages."""
    listed = found.document.value(("stages",))
    return tuple(next(iter(one), "") for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _place(found: Written, stage: str) -> int:
    names = names_in(found)
    if stage not in names:
        raise UsageError(f"There is no stage {stage[:60]!r} in this lifecycle.", hint="Open the page anew.")
    return names.index(stage)


def _ordered(found: Written, order: list[int] | list[int | str]) -> Texts:
    return {found.file: with_order(found.document, ("stages",), order)}

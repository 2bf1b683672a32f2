"""What forms change in the workspace's files: each gives the new texts, which `definitions.change` writes.

texts = with_stage(user, "classic", "at_risk", {"when": "since(purchase) >= days(60)"})
definitions.change(user, texts, note="At risk after 60 days")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.documents import Document, did_you_mean, parse
from tenure.documents import Path as Place
from tenure.documents.document import Data
from tenure.documents.editing import flow, scalar, with_item, with_order, with_value
from tenure.errors import UsageError
from tenure.lifecycle import library
from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.target_file import Reach, TargetRow, with_targets
from tenure.server import holding
from tenure.server.access import definitions
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.changed_files import TARGETS_FILE, definition_files, text_of
from tenure.workspace.config import CONFIG_FILE, lifecycle_name

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
# what forms and the stage sheet change of a stage
STAGE_KEYS = ("title", "means", "when", "sense", "kind", "phase", "owner", "needs", "processes", "metrics")

Texts = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a lifecycle or segment is written: its file, the path to it in there, and whether it is the library's own.

    `base` is the mark of the text as it is.
    """

    file: str
    document: Document
    path: Place
    base: str
    library: bool = False

    def value(self, key: str) -> Data:
        """What stands at a key of it."""
        held = self.document.value(self.path)
        if isinstance(held, str):
            return held if key == "when" else None
        return held.get(key) if isinstance(held, dict) else None


def where(reader: Reader, name: str) -> Written:
    """Where a lifecycle or segment is written. Raises UsageError where there is none of that name."""
    require(reader, Right.DEFINE)
    folder = holding.workspace().folder
    for file in definition_files(folder):
        if not file.startswith(("lifecycles/", "segments/")):
            continue
        document = _document(file)
        called = document.value(("lifecycle",)) if file.startswith("lifecycles/") else _stem(file)
        if called == name:
            return Written(file=file, document=document, path=(), base=definitions.digest(text_of(folder, file)))
    config = _document(CONFIG_FILE)
    base = definitions.digest(text_of(folder, CONFIG_FILE))
    if config.value(("segments", name)) is not None:
        return Written(file=CONFIG_FILE, document=config, path=("segments", name), base=base)
    for entry in holding.workspace().definitions.config.lifecycles:
        known = lifecycle_name(entry)
        if known in library.names() and library.document(known).value(("lifecycle",)) == name:
            return Written(
                file=f"lifecycles/{known}.yaml", document=library.document(known), path=(), base="", library=True
            )
    names = [one.name for one in holding.workspace().definitions.lifecycles]
    raise UsageError(f"There is no lifecycle or segment {name!r}.", hint=did_you_mean(name, names))


def with_stage(reader: Reader, lifecycle: str, stage: str, fields: Mapping[str, Data]) -> Texts:
    """The files with some keys of a stage changed; None or an empty text takes a key away.

    A lifecycle of the library is copied into the workspace on the way.
    """
    found = where(reader, lifecycle)
    stages = found.document.value(("stages",))
    listed = stages if isinstance(stages, list) else []
    place = next((place for place, one in enumerate(listed) if isinstance(one, dict) and stage in one), None)
    if place is None:
        raise UsageError(f"There is no stage {stage!r} in {lifecycle}.")
    document = found.document
    for key, value in fields.items():
        if key not in STAGE_KEYS:
            raise UsageError(f"A form does not change {key!r} of a stage.", hint="Change it as text.")
        wanted = None if value in ("", [], ()) else value
        if isinstance(document.value(("stages", place)), dict) and document.value(("stages", place, stage)) is None:
            document = parse(with_value(document, ("stages", place, stage), {}), file=found.file)
        document = parse(with_value(document, ("stages", place, stage, key), wanted), file=found.file)
    return {found.file: document.text}


def with_segment(reader: Reader, name: str, *, when: str, title: str = "", means: str = "") -> Texts:
    """The files with a segment, new or changed."""
    require(reader, Right.DEFINE)
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} cannot be the name of a segment.", hint="Take letters, digits and _, such as one_time."
        )
    if not when.strip():
        raise UsageError("A segment needs a condition.", hint="Such as: count(purchase) == 1")
    fields = {"when": when.strip(), "title": title.strip() or None, "means": means.strip() or None}
    try:
        found = where(reader, name)
    except UsageError:
        lines = [f"{key}: {scalar(text, indent=2)}" for key, text in fields.items() if text]
        return {f"segments/{name}.yaml": "\n".join(lines) + "\n"}
    if found.file.startswith("lifecycles/"):
        raise UsageError(f"There is a lifecycle {name!r}.", hint="Take another name.")
    held = found.document.value(found.path)
    if isinstance(held, str):
        short: Data = fields["when"] if not (fields["title"] or fields["means"]) else _given(fields)
        if found.path:
            return {found.file: with_value(found.document, found.path, short)}
        return {
            found.file: "\n".join(f"{key}: {scalar(text, indent=2)}" for key, text in fields.items() if text) + "\n"
        }
    document = found.document
    for key, text in fields.items():
        document = parse(with_value(document, (*found.path, key), text), file=found.file)
    return {found.file: document.text}


def without_segment(reader: Reader, name: str) -> Texts:
    """The files without a segment."""
    found = where(reader, name)
    if found.file.startswith("lifecycles/"):
        raise UsageError(f"{name} is a lifecycle.", hint="Take it out of `lifecycles:` as text.")
    return {found.file: with_value(found.document, found.path, None) if found.path else None}


def with_library(reader: Reader, name: str) -> Texts:
    """The files with a lifecycle of the library copied into them, and worked out."""
    require(reader, Right.DEFINE)
    if name not in library.names():
        raise UsageError(f"The library has no lifecycle {name!r}.", hint=did_you_mean(name, library.names()))
    file = f"lifecycles/{name}.yaml"
    folder = holding.workspace().folder
    if text_of(folder, file) is not None:
        raise UsageError(f"There is a {file} already.", hint="Edit that one.")
    texts: Texts = {file: library.document(name).text}
    config = _document(CONFIG_FILE)
    listed = config.value(("lifecycles",))
    entries = [listed] if isinstance(listed, str) else list(listed) if isinstance(listed, list) else []
    if entries and name not in {lifecycle_name(str(entry)) for entry in entries}:
        texts[CONFIG_FILE] = (
            with_item(config, ("lifecycles",), name, f"- {name}\n")
            if isinstance(listed, list)
            else with_value(config, ("lifecycles",), [*entries, name])
        )
    return texts


def with_event(
    reader: Reader, name: str, *, events: Sequence[str], where: str = "", value: Sequence[str] = ()
) -> Texts:  # fmt: skip
    """The files with a short name of events, new or changed."""
    require(reader, Right.DEFINE)
    if not NAME.fullmatch(name) or "-" in name:
        raise UsageError(f"{name[:60]!r} cannot be a short name.", hint="Take letters, digits and _, such as visit.")
    told: dict[str, Data] = {"event": list(events) if len(events) != 1 else events[0]}
    if where.strip():
        told["where"] = where.strip()
    if value:
        told["value"] = list(value) if len(value) != 1 else value[0]
    config = _document(CONFIG_FILE)
    if isinstance(config.value(("events",)), dict):
        return {CONFIG_FILE: with_value(config, ("events", name), told)}
    head = config.text if config.text.endswith("\n") else f"{config.text}\n"
    lines = [f"    {key}: {flow(one)}" for key, one in told.items()]
    return {CONFIG_FILE: "\n".join([f"{head}events:", f"  {name}:", *lines]) + "\n"}


def without_event(reader: Reader, name: str) -> Texts:
    """The files without a short name of events."""
    require(reader, Right.DEFINE)
    config = _document(CONFIG_FILE)
    held = config.value(("events",))
    if not isinstance(held, dict) or name not in held:
        raise UsageError(f"tenure.yaml defines no event {name[:60]!r}.")
    return {CONFIG_FILE: with_value(config, ("events", name) if len(held) > 1 else ("events",), None)}


def with_target(
    reader: Reader, *, metric: str, period: PeriodUnit, value: Decimal | None = None, low: Decimal | None = None,
    high: Decimal | None = None, stage: str | None = None, lifecycle: str | None = None, note: str | None = None,
    file: str | None = None, place: int | None = None,
) -> Texts:  # fmt: skip
    """The files with a target, new, or in the place of one."""
    require(reader, Right.DEFINE)
    row = TargetRow(
        metric=metric, period=period, reach=Reach(value=value, low=low, high=high), stage=stage, lifecycle=lifecycle,
        note=note,
    )  # fmt: skip
    name = file or TARGETS_FILE
    text = text_of(holding.workspace().folder, name) or ""
    if place is None:
        return {name: with_targets(text, [row])}
    _target(_document(name), place)
    return {name: with_targets(text, [], {place: row})}


def without_target(reader: Reader, file: str, place: int) -> Texts:
    """The files without a target."""
    require(reader, Right.DEFINE)
    document = _document(file)
    _target(document, place)
    held = document.value(("targets",))
    listed = held if isinstance(held, list) else []
    return {file: with_order(document, ("targets",), [at for at in range(len(listed)) if at != place])}


def _target(document: Document, place: int) -> Data:
    held = document.value(("targets",))
    if not isinstance(held, list) or not 0 <= place < len(held):
        raise UsageError("There is no such target any more.", hint="Open the page anew.")
    return held[place]


def _document(file: str) -> Document:
    return parse((text_of(holding.workspace().folder, file) or "").removeprefix("\ufeff"), file=file)


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]


def _given(fields: Mapping[str, str | None]) -> dict[str, Data]:
    return {key: text for key, text in fields.items() if text}

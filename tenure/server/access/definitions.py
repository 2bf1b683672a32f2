"""The workspace's files: read, checked as a whole, previewed, changed and changed back.

    change(user, {"targets.yaml": text}, note="More orders", bases={"targets.yaml": digest_that_was_seen})

`bases` are the marks (`digest`) of the texts that somebody saw when they began: where a file is not that any more, the
change is refused. A change is checked, written, applied and recorded by the worker, or nothing of it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from django.db import transaction

from tenure.documents import MAX_BYTES, parse
from tenure.errors import DefinitionError, Problem, UsageError
from tenure.server import holding, loops
from tenure.server.access.reader import Denied, Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Change
from tenure.workspace.changed_files import (
    TARGETS_FILE,
    Preview,
    changed_files,
    definition_file,
    definition_files,
    preview,
    text_of,
    write_files,
)
from tenure.workspace.config import CONFIG_FILE

Texts = Mapping[str, str | None]
# what of tenure.yaml decides on what comes in and goes out, where to, and who is whom
IMPORTED = ("sources", "exports", "rates", "currency", "timezone", "identity", "retention", "consent")
_MARK = "\ufeff"
MOST_FILES = 20
MOST_PEOPLE = 200
# seconds in which a page waits for its turn
PATIENCE = 40
WORKS = "applying a definition"


class Stale(UsageError):
    """Somebody changed a file meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A definition file: its name, its text ("" where it is not there yet), and the mark of that text."""

    name: str
    text: str
    base: str


def files(reader: Reader) -> tuple[str, ...]:
    """The names of the definition files; for those who define, as sources show where data come from."""
    require(reader, Right.DEFINE)
    return definition_files(holding.workspace().folder)


def file(reader: Reader, name: str) -> File:
    """A definition file as it is now; an empty one where there is none of that name."""
    require(reader, Right.DEFINE)
    text = text_of(holding.workspace().folder, name)
    return File(name=name, text=text or "", base=digest(text))


def digest(text: str | None) -> str:
    """The mark of a text, by which a change knows whether it is still the one that was seen; empty for no file."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def problems(reader: Reader, texts: Texts) -> tuple[Problem, ...]:
    """What would be wrong in all the workspace's files with these changed; nothing is written."""
    require(reader, Right.DEFINE)
    try:
        with changed_files(holding.workspace(), _as_kept(texts)):
            return ()
    except DefinitionError as error:
        return error.problems


def previewed(reader: Reader, texts: Texts, *, bases: Mapping[str, str] | None = None) -> Future[Preview]:
    """What the changed files would do, to come; nothing is written. Raises as `change` does where that can be told."""
    texts = _may_change(reader, texts)
    _fresh(texts, bases)
    with changed_files(holding.workspace(), texts):
        pass

    def work() -> Preview:
        with holding.writing:
            return preview(holding.workspace(), texts, most=MOST_PEOPLE)

    return loops.ask("previewing a definition", work)


def change(
    user: User | None, texts: Texts, *, note: str = "", bases: Mapping[str, str] | None = None,
    undoes: Change | None = None, address: str | None = None, reader: Reader | None = None,
) -> Change:  # fmt: skip
    """The change, once it is written, applied and recorded.

    Raises Denied, Stale, or DefinitionError with every problem that the workspace's files would have; nothing is
    changed then. `reader` is who asks where that is no user.
    """
    begun = begin(user, texts, note=note, bases=bases, undoes=undoes, address=address, reader=reader)
    try:
        return begun.result(PATIENCE)
    except TimeoutError:
        if begun.cancel():
            raise UsageError(
                f"The worker is busy with something else: {loops.busy_with() or 'a long task'}. Nothing was changed.",
                hint="Try again in a few minutes.",
            ) from None
        # it has begun, and is not broken off
        return begun.result()


def begin(
    user: User | None, texts: Texts, *, note: str = "", bases: Mapping[str, str] | None = None,
    undoes: Change | None = None, address: str | None = None, reader: Reader | None = None,
) -> Future[Change]:  # fmt: skip
    """The change, to come: as `change`, for a page that does not wait."""
    asking = reader or user
    if asking is None:
        raise Denied("Nobody asks for this change.")
    texts = _may_change(asking, texts, exact=undoes is not None)
    _fresh(texts, bases)
    who = user.username if user else str(getattr(reader, "name", "system"))

    def work() -> Change:
        with holding.writing:
            _fresh(texts, bases)
            # sources may have changed meanwhile: what left them as they were would take that back now
            _may_change(asking, texts, exact=True)
            return _done(user, who, texts, note=note, undoes=undoes, address=address)

    return loops.ask(WORKS, work)


def done_here(
    user: User, texts: Texts, *, note: str, undoes: Change | None = None, address: str | None = None
) -> Change:  # fmt: skip
    """The change, made in this thread: for what the worker does already. Raises as `change` does."""
    texts = _may_change(user, texts, exact=undoes is not None)
    with holding.writing:
        return _done(user, user.username, texts, note=note, undoes=undoes, address=address)


def undo(user: User, number: int, *, address: str | None = None) -> Change:
    """The new change that takes one back. Raises Stale where its files were changed again since."""
    found = one_change(user, number)
    before = {name: pair[0] for name, pair in found.files.items()}
    bases = {name: digest(pair[1]) for name, pair in found.files.items()}
    return change(user, before, note=f"Takes back: {found.note or 'no note'}"[:300], bases=bases, undoes=found,
                  address=address)  # fmt: skip


def changes(reader: Reader, *, file: str | None = None, offset: int = 0, limit: int = 51) -> list[Change]:
    """The changes, the newest first."""
    require(reader, Right.DEFINE)
    found = Change.objects.all()
    if file:
        found = found.filter(files__has_key=definition_file(file))
    return list(found.select_related("user", "undoes")[offset : offset + limit])


def one_change(reader: Reader, number: int) -> Change:
    """A change by its number. Raises UsageError where there is none."""
    require(reader, Right.DEFINE)
    found = Change.objects.select_related("user", "undoes").filter(pk=number).first()
    if found is None:
        raise UsageError("There is no such change.")
    return found


def may_apply(reader: Reader, texts: Texts) -> bool:
    """Whether somebody may make this change: what decides on imports is for those who may change sources."""
    return reader.may(Right.DEFINE) and (reader.may(Right.SOURCES) or not _touches_imports(_as_kept(texts)))


def _may_change(reader: Reader, texts: Texts, *, exact: bool = False) -> dict[str, str | None]:
    require(reader, Right.DEFINE)
    kept = _as_kept(texts, exact=exact)
    if not reader.may(Right.SOURCES) and _touches_imports(kept):
        raise Denied(
            f"Only administrators change {', '.join(IMPORTED[:-1])} and {IMPORTED[-1]}.",
            hint="They decide on what comes in, and goes out. Leave them as they are, or ask an administrator.",
        )
    return kept


def _as_kept(texts: Texts, *, exact: bool = False) -> dict[str, str | None]:
    """The texts by checked names, unchanged ones left out; with the line ends of what they replace, unless exact."""
    if len(texts) > MOST_FILES:
        raise UsageError(f"At most {MOST_FILES} files are changed at once.")
    folder = holding.workspace().folder
    found: dict[str, str | None] = {}
    for name, text in texts.items():
        before = text_of(folder, definition_file(name))
        if text is not None and text != before:
            if len(text) > MAX_BYTES:
                raise UsageError(f"{name} would be larger than 1 MB: too large for a definition.")
            text = text if exact else _as_written(text, before)
            if "\0" in text:
                raise UsageError(f"{name} would hold a sign that no text has (U+0000).", hint="Remove it.")
        if text == before:
            continue
        if name == CONFIG_FILE and text is None:
            raise UsageError(f"A workspace needs its {CONFIG_FILE}.")
        found[name] = text
    return found


def _as_written(text: str, before: str | None) -> str:
    """The text with the line ends and the mark of the file that it replaces: a browser ends lines with two signs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if before is None:
        return text
    if before.count("\r\n") * 2 > before.count("\n"):
        text = text.replace("\n", "\r\n")
    return _MARK + text.removeprefix(_MARK) if before.startswith(_MARK) else text


def _touches_imports(texts: Texts) -> bool:
    text = texts.get(CONFIG_FILE)
    if text is None:
        return False
    return _imported(text) != _imported(text_of(holding.workspace().folder, CONFIG_FILE) or "")


def _imported(text: str) -> object:
    """What a text of tenure.yaml says of imports; the text itself where it cannot be read."""
    try:
        data = parse(text.removeprefix(_MARK), file=CONFIG_FILE).data
    except DefinitionError:
        return text
    return {key: data.get(key) for key in IMPORTED} if isinstance(data, dict) else text


def _fresh(texts: Texts, bases: Mapping[str, str] | None) -> None:
    folder = holding.workspace().folder
    for name in texts:
        if bases is not None and bases.get(name, "") != digest(text_of(folder, name)):
            raise Stale(
                f"{name} was changed by somebody else since you opened it. Nothing of yours was written.",
                hint="Copy what you wrote, open it anew, and put it in there.",
            )


def _done(
    user: User | None, who: str, texts: Texts, *, note: str, undoes: Change | None, address: str | None
) -> Change:  # fmt: skip
    ws = holding.workspace()
    if not texts:
        raise UsageError("Nothing is different.", hint="The files say this already.")
    with changed_files(ws, texts):
        pass
    before = {name: text_of(ws.folder, name) for name in texts}
    write_files(ws.folder, texts)
    try:
        holding.changed().roster.refresh()
        with transaction.atomic():
            made = Change.objects.create(
                user=user, who=who, note=note.strip()[:300], undoes=undoes,
                files={name: [before[name], text] for name, text in texts.items()},
            )  # fmt: skip
            did = "took back a change of" if undoes else "changed"
            record(user, did, ", ".join(sorted(texts)), address=address, change=made.pk, note=made.note,
                   **({} if user else {"who": who}))  # fmt: skip
    except BaseException:
        write_files(ws.folder, before)
        holding.changed()
        loops.hurry("histories")
        raise
    return made


__all__ = [
    "TARGETS_FILE", "Denied", "File", "Preview", "Stale", "begin", "change", "changes", "digest", "done_here", "file",
    "files",
    "may_apply", "one_change", "previewed", "problems", "undo",
]  # fmt: skip

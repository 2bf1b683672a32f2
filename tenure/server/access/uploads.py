"""Files that people upload: kept aside, looked at, and taken in as sources once somebody has said what they hold."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tenure.documents import parse
from tenure.documents.editing import with_item, with_value
from tenure.errors import SourceError, UsageError
from tenure.ingest.column_names import ROLES, Role
from tenure.ingest.dialect import dialect
from tenure.ingest.known_exports import export_named
from tenure.ingest.recognise import export_sources, recognise
from tenure.ingest.report import LoadReport, Progress
from tenure.ingest.sample import Sample, sample, source_of
from tenure.ingest.source import Source
from tenure.ingest.source_text import written_sources
from tenure.ingest.tables import LoadSettings, load
from tenure.server import holding, loops
from tenure.server.access import definitions
from tenure.server.access.data import imported
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.environment import OWN_FOLDER
from tenure.warehouse.duckdb import Store
from tenure.workspace.changed_files import text_of
from tenure.workspace.config import CONFIG_FILE

MOST_BYTES = 60 * 2**20
ENDINGS = ("csv", "tsv", "txt", "parquet", "jsonl", "ndjson")
PURCHASE = "Order Completed"
_KEPT = 86_400  # seconds that a file waits for somebody to say what it holds
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")
_ENDING = re.compile(rf"\.({'|'.join(ENDINGS)})(\.gz|\.zst)?$", re.IGNORECASE)
_OLD = 30 * 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that waits: the name under which it is asked for, its own name, and where it is."""

    token: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What somebody says a file holds: the event of each row, its columns by role, and which of them are traits."""

    event: str = PURCHASE
    columns: Mapping[Role, str] = field(default_factory=dict, hash=False)
    traits: tuple[str, ...] = ()

    @property
    def purchases(self) -> bool:
        """Whether the rows are sales, or lines of sales."""
        return self.event == PURCHASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A file as it would be read: its sample, the sources, what had to be decided, and what would load and not.

    `problem` tells what is missing; there is nothing to take in then.
    """

    sample: Sample
    columns: Mapping[Role, str]
    sources: tuple[Mapping[str, object], ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()
    reports: tuple[LoadReport, ...] = ()
    currency: str | None = None
    timezone: str | None = None
    problem: UsageError | SourceError | None = None

    @property
    def loaded(self) -> int:
        """The events that would load."""
        return sum(one.loaded for one in self.reports)

    @property
    def rejected(self) -> dict[str, int]:
        """The rows that would be refused, by reason."""
        found: dict[str, int] = {}
        for one in self.reports:
            for reason, count in one.rejected.items():
                found[reason] = max(found.get(reason, 0), count)
        return found

    @property
    def last_time(self) -> int | None:
        """The moment of the last event, in microseconds UTC."""
        times = [file.last_time for one in self.reports for file in one.files if file.last_time is not None]
        return max(times, default=None)


def keep(user: User, name: str, size: int, parts: Iterable[bytes], *, address: str | None = None) -> Upload:
    """The upload, kept aside until somebody says what it holds. Raises UsageError where it is too large or no table."""
    require(user, Right.SOURCES)
    safe = safe_name(name)
    if size > MOST_BYTES:
        raise UsageError(
            f"{safe} is larger than {MOST_BYTES // 2**20} MB.",
            hint="Put it into the workspace's folder on the server, and name it under `sources:`.",
        )
    folder = _folder()
    _tidied(folder)
    token = secrets.token_urlsafe(12)
    (folder / token).mkdir(parents=True, mode=0o700)
    path = folder / token / safe
    try:
        taken = _written(path, parts)
        _looks_right(path)
    except BaseException:
        shutil.rmtree(folder / token, ignore_errors=True)
        raise
    record(user, "uploaded", safe, address=address, bytes=taken)
    return Upload(token=token, name=safe, path=path)


def _written(path: Path, parts: Iterable[bytes]) -> int:
    """How many bytes were written. Raises UsageError where they are too many."""
    taken = 0
    with path.open("wb") as file:
        for part in parts:
            taken += len(part)
            if taken > MOST_BYTES:
                raise UsageError(f"{path.name} is larger than {MOST_BYTES // 2**20} MB.")
            file.write(part)
    return taken


def find(reader: Reader, token: str) -> Upload | None:
    """The upload of that name, where it still waits."""
    require(reader, Right.SOURCES)
    if not _TOKEN.fullmatch(token) or not (folder := _folder() / token).is_dir():
        return None
    path = next((one for one in folder.iterdir() if one.is_file()), None)
    return None if path is None else Upload(token=token, name=path.name, path=path)


def drop(user: User, upload: Upload) -> None:
    """Nothing; the file is not there any more."""
    require(user, Right.SOURCES)
    shutil.rmtree(upload.path.parent, ignore_errors=True)


def understood(reader: Reader, upload: Upload, mapped: Mapped) -> Future[Understood]:
    """How the file would be read, to come; nothing is written."""
    require(reader, Right.SOURCES)
    return loops.ask("looking at an uploaded file", lambda: _understood(upload, mapped))


def take_in(
    user: User, upload: Upload, found: Understood, *, as_of_last: bool, progressed: Callable[[Progress], None],
    address: str | None = None,
) -> Future[tuple[LoadReport, ...]]:  # fmt: skip
    """What became of the file, to come: it is moved into data/, its sources are written, and it is imported."""
    require(user, Right.SOURCES)
    if found.problem is not None or not found.sources:
        raise found.problem or UsageError("There is nothing to take in.")

    def work() -> tuple[LoadReport, ...]:
        with holding.writing:
            return _taken_in(user, upload, found, as_of_last=as_of_last, progressed=progressed, address=address)

    return loops.ask("importing an uploaded file", work)


def safe_name(name: str) -> str:
    """The name under which a file is kept: no folders, plain letters, an ending that tells what it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    ending = _ENDING.search(last)
    if ending is None:
        raise UsageError(
            f"{last[:80]!r} is no file that can be read.", hint=f"CSV, Parquet or JSON Lines: {', '.join(ENDINGS)}."
        )
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", last[: ending.start()]).strip("-._")[:80]
    return f"{stem or 'upload'}{ending[0].lower()}"


def fresh() -> bool:
    """Whether the workspace reads nothing yet."""
    return not holding.workspace().definitions.config.sources


def _understood(upload: Upload, mapped: Mapped) -> Understood:
    seen = sample(upload.path)
    columns = {**seen.suggested, **mapped.columns}
    given = {role: column for role, column in mapped.columns.items() if column}
    target = f"data/{_free(upload.name)}"
    try:
        written = dialect(upload.path)
        if written.known and mapped == Mapped():
            export = export_named(written.known)
            told: list[dict[str, Any]] = export_sources(upload.path, written, target)
            notes: tuple[str, ...] = (f"recognised by its columns: {export.title}", *filter(None, [export.note]))
            currency, timezone = None, None
        elif mapped.purchases:
            known = recognise(upload.path, given=given, name=target)
            columns = {**columns, **known.columns}
            told = [_as_written(one) for one in known.sources]
            if mapped.traits:
                held = dict(told[0].get("traits") or {})
                told[0]["traits"] = {
                    **held, **{one: _quoted(one) for one in mapped.traits if one not in held.values()}
                }  # fmt: skip
            notes, currency, timezone = known.notes, known.currency, known.timezone
            own = holding.workspace().definitions.config.currency
            if own and currency and own != currency:
                notes = (*notes, f"the workspace counts in {own}: amounts are taken as they are, not converted")
        else:
            told = [_plain(upload, seen, mapped, columns, target)]
            notes, currency, timezone = (), None, None
        told = _renamed(told, upload.name.split(".")[0])
        reports = _tried(upload, told, currency, timezone)
    except (UsageError, SourceError) as error:
        return Understood(sample=seen, columns=columns, problem=error)
    return Understood(
        sample=seen, columns=columns, sources=tuple(told), text=written_sources(told), notes=tuple(notes),
        reports=reports, currency=currency, timezone=timezone,
    )  # fmt: skip


def _plain(
    upload: Upload, seen: Sample, mapped: Mapped, columns: Mapping[Role, str], target: str
) -> dict[str, Any]:  # fmt: skip
    """The source of a file that holds no sales: one event a row, all other columns its properties."""
    customer, moment = columns.get("customer"), columns.get("time")
    if not customer or not moment:
        raise UsageError("It is not said whose the rows are, or when.", hint="Choose those two columns.")
    used = (customer, moment, *mapped.traits)
    rest = [one for one, kind in seen.columns if one not in used and kind not in ("empty", "nested")]
    return source_of(
        upload.path, target, source=upload.name.split(".")[0], event=mapped.event, customer=customer, time=moment,
        properties=rest, traits=mapped.traits,
    )  # fmt: skip


def _tried(
    upload: Upload, sources: Sequence[Mapping[str, object]], currency: str | None, timezone: str | None
) -> tuple[LoadReport, ...]:
    """What would become of the file, found out in a store of its own."""
    config = holding.workspace().definitions.config
    settings = LoadSettings(
        timezone=(timezone or config.timezone) if fresh() else config.timezone,
        currency=config.currency or currency,
    )  # fmt: skip
    # beside the file, so that a second name of it costs nothing
    with tempfile.TemporaryDirectory(dir=upload.path.parent) as made:
        folder = Path(made)
        (folder / "data").mkdir()
        (folder / "data" / _free(upload.name)).hardlink_to(upload.path)
        with Store.open(folder / "store.duckdb", threads=2) as store:
            return tuple(
                load(store, Source.model_validate(one), folder=folder, settings=settings, received_at=holding.now())
                for one in sources
            )


def _taken_in(
    user: User, upload: Upload, found: Understood, *, as_of_last: bool, progressed: Callable[[Progress], None],
    address: str | None,
) -> tuple[LoadReport, ...]:  # fmt: skip
    ws = holding.workspace()
    target = ws.folder / "data" / _free(upload.name)
    names = tuple(str(one["name"]) for one in found.sources)
    if target.name != Path(str(found.sources[0].get("files", target.name))).name:
        raise UsageError("Another file of that name came in meanwhile.", hint="Look at yours again.")
    text = text_of(ws.folder, CONFIG_FILE) or ""
    settings: dict[str, Any] = {}
    if fresh():
        config = ws.definitions.config
        settings = {
            "currency": found.currency if config.currency is None else None,
            "timezone": found.timezone if config.timezone == "UTC" else None,
            "as_of": "last_event" if as_of_last else None,
        }
    target.parent.mkdir(exist_ok=True)
    shutil.move(upload.path, target)
    made = None
    try:
        made = definitions.done_here(
            user, {CONFIG_FILE: _with(text, found, settings)}, note=f"Reads {target.name}", address=address
        )
        reports = imported(names, progressed)
    except BaseException:
        if made is not None:
            definitions.done_here(user, {name: pair[0] for name, pair in made.files.items()},
                               note=f"Takes back: {made.note}", undoes=made, address=address)  # fmt: skip
        shutil.move(target, upload.path)
        raise
    shutil.rmtree(upload.path.parent, ignore_errors=True)
    return reports


def _with(text: str, found: Understood, settings: Mapping[str, Any]) -> str:
    """The text of tenure.yaml with the sources, and with settings where it says nothing yet."""
    for key, value in settings.items():
        if value:
            text = with_value(parse(text, file=CONFIG_FILE), (key,), value)
    for one in found.sources:
        lines = written_sources([one]).partition("\n")[2]
        text = with_item(parse(text, file=CONFIG_FILE), ("sources",), _data(one), lines)
    return text


def _data(source: Mapping[str, object]) -> Any:
    """A source as the file says it."""
    lines = written_sources([source])
    listed = parse(lines, file=CONFIG_FILE).value(("sources",))
    assert isinstance(listed, list)
    return listed[0]


def _as_written(source: Source) -> dict[str, Any]:
    told = source.model_dump(mode="json", exclude_defaults=True)
    for key in ("files", "folders"):
        if key in told and len(told[key]) == 1:
            told[key] = told[key][0]
    return told


def _renamed(sources: Sequence[dict[str, Any]], stem: str) -> list[dict[str, Any]]:
    """The sources under names that are free: message ids begin with them."""
    taken = {one.name for one in holding.workspace().definitions.config.sources}
    found = []
    for one in sources:
        name, number = str(one["name"]), 2
        if name in taken:
            name = base = f"{stem}-{name}" if stem != name and name in ("orders", "refunds") else name
            while name in taken:
                name, number = f"{base}-{number}", number + 1
        taken.add(name)
        found.append({**one, "name": name})
    return found


def _free(name: str) -> str:
    """The name, or the next one that no file of data/ has."""
    folder, number = holding.workspace().folder / "data", 2
    ending = _ENDING.search(name)
    assert ending is not None
    stem, free = name[: ending.start()], name
    while (folder / free).exists():
        free, number = f"{stem}-{number}{ending[0]}", number + 1
    return free


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _looks_right(path: Path) -> None:
    """Raises UsageError where the content is plainly not what the name says."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise UsageError(f"{path.name} is empty.", hint="Export it again.")
    parquet = path.suffix.lower() == ".parquet"
    if parquet != head.startswith(b"PAR1"):
        raise UsageError(
            f"{path.name} is not what its name says.", hint="Export it again, or give it its right ending."
        )
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not parquet and path.suffix.lower() not in (".gz", ".zst") and b"\0" in head and not wide:
        raise UsageError(f"{path.name} is no text.", hint="Export the table as CSV.")


def _folder() -> Path:
    return holding.workspace().folder / OWN_FOLDER / "uploads"


def _tidied(folder: Path) -> None:
    """Removes what nobody came back to."""
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.is_dir() and time.time() - one.stat().st_mtime > _KEPT:
            shutil.rmtree(one, ignore_errors=True)


def old(moment: int | None) -> bool:
    """Whether a moment lies more than 30 days back."""
    return moment is not None and holding.now() - moment > _OLD


__all__ = ["ENDINGS", "MOST_BYTES", "PURCHASE", "ROLES", "Mapped", "Understood", "Upload", "drop", "find", "fresh",
           "keep", "old", "safe_name", "take_in", "understood"]  # fmt: skip

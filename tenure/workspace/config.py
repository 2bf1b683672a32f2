"""What `tenure.yaml` says: the models that check it, its JSON Schema for editors, and what only the files can tell.

    document = read(folder / "tenure.yaml", file="tenure.yaml")
    config = load_config(document, library=LIBRARY, lifecycles=("store",), segments=())

Conditions are kept as text here; `condition_texts` tells where each stands, for whoever parses them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from tenure.documents import (
    Data,
    DefinitionModel,
    Document,
    Path,
    Texts,
    did_you_mean,
    listing,
    problem_at,
    problems_of,
    validate,
)
from tenure.engage.consent import ConsentTrait
from tenure.errors import DefinitionError, Problem
from tenure.events import EventBinding, EventSpec
from tenure.ingest.source import Source
from tenure.metrics.costs import CostsSpec
from tenure.warehouse.identity.written import IdentitySpec
from tenure.warehouse.retention import KeptFor
from tenure.workspace.export_spec import ExportSpec

CONFIG_FILE = "tenure.yaml"
DEFAULT_MONEY = "sum(purchase, within=days(365))"

TextKind = Literal["condition", "value", "where"]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MonthName = Literal[
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip

_SHORT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SegmentSpec(DefinitionModel):
    """A named group of people: a condition, or a mapping with the condition and what to call it."""

    when: str = Field(min_length=1)
    """The condition under which somebody is in the segment."""
    title: str | None = None
    """The name shown to people; default: the segment's name."""
    means: str | None = None
    """One sentence: who these people are."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: object) -> object:
        return {"when": written} if isinstance(written, str | bool | int) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Both forms, for editors."""
        return {
            "anyOf": [{"type": "string", "description": "The condition."}, handler.resolve_ref_schema(handler(core))]
        }


class WorkspaceConfig(DefinitionModel):
    """A workspace: where its events come from, and what is worked out from them."""

    name: str = Field(min_length=1)
    """What the workspace is called on pages and in reports."""
    owner: str | None = None
    """Who answers for these definitions: a person, team or address."""
    timezone: str = "UTC"
    """The time zone of times that carry none, as in the IANA database: Europe/London."""
    currency: str | None = None
    """The currency of all amounts, three letters (ISO 4217): GBP."""
    week_start: WeekDay = "monday"
    """The day on which weeks begin, where figures are told by week."""
    year_start: MonthName = "january"
    """The month in which years and quarters begin: a year from april on is called 2024/25."""
    as_of: str = "now"
    """The moment the figures are for: now, last_event, a date (its whole day counts), or a date and time."""
    lifecycles: Texts = ()
    """Lifecycles to work out: of the library by name (classic), or files of lifecycles/. Default: all files there."""
    segments: dict[str, SegmentSpec] = Field(default_factory=dict)
    """Named groups of people, each with its condition. Files in segments/ add to them."""
    events: dict[str, EventSpec] = Field(default_factory=dict)
    """Short names for what conditions count, beside the standard ones and before them."""
    sources: tuple[Source, ...] = ()
    """The tables that events are read from."""
    exports: tuple[ExportSpec, ...] = ()
    """Where copies of stages, segments, scores and histories are kept up to date: files, or a PostgreSQL schema."""
    exclude: str | None = Field(default=None, min_length=1)
    """A condition: whoever meets it (staff, tests, wholesale) is left out of every figure."""
    money: str = Field(default=DEFAULT_MONEY, min_length=1)
    """What a person is worth where populations are shown in money, in the language of conditions."""
    margin: Annotated[Decimal, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})] | None = None
    """The share of revenue that is margin (0.3 is 30 %), for orders that do not carry their own."""
    discount: Annotated[Decimal, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})] = Decimal("0.1")
    """The yearly rate by which money that comes later counts less (0.1 is 10 %) in score.clv."""
    costs: CostsSpec = Field(default_factory=CostsSpec)
    """What an order, case, message or return costs, where no event tells it: {order: 4.50, case: 6, message: 0.02}."""
    rates: str | None = None
    """A CSV file of exchange rates into `currency`: columns currency, date, rate."""
    consent: dict[str, ConsentTrait] = Field(default_factory=dict)
    """Traits that tell of consent, each with its channel and purpose: {accepts_marketing: {channel: email}}."""
    identity: IdentitySpec = Field(default_factory=IdentitySpec)
    """How ids become customers: what merges two of them, how many ids one has, which values say nothing."""
    retention: dict[str, KeptFor] = Field(default_factory=dict)
    """How long events are kept, by name, and `default` for all others: {Page Viewed: 400 days}. Default: for ever."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        known = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
        if name not in known:
            raise ValueError(
                f"There is no time zone '{name}'. {did_you_mean(name, known) or 'Example: Europe/London.'}"
            )
        return name

    @field_validator("currency")
    @classmethod
    def _code(cls, code: str | None) -> str | None:
        if code is not None and not re.fullmatch("[A-Z]{3}", code):
            written = code.upper() if re.fullmatch("[A-Za-z]{3}", code) else "EUR, GBP or USD, say"
            raise ValueError(f"'currency' must be three capital letters (ISO 4217), not '{code}'. Write {written}.")
        return code

    @field_validator("as_of")
    @classmethod
    def _moment(cls, written: str) -> str:
        if written not in ("now", "last_event"):
            try:
                _iso(written)
            except ValueError:
                hint = did_you_mean(written, ("now", "last_event")) or "Write a date as 2024-12-31."
                raise ValueError(f"'as_of' must be now, last_event or a date, not '{written}'. {hint}") from None
        return written

    @field_validator("margin", "discount")
    @classmethod
    def _share(cls, share: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"'{info.field_name}' must be a share between 0 and 1, not {share}. Write 0.3 for 30 %.")
        return share

    @property
    def as_of_time(self) -> datetime | None:
        """The fixed moment of `as_of`, in UTC; None where it is `now` or `last_event`.

        A date stands for its last microsecond, a time without offset is taken in the workspace's time zone; a local
        time that does not exist moves forward by the gap, of one that exists twice the first is meant.
        """
        if self.as_of in ("now", "last_event"):
            return None
        moment = _iso(self.as_of)
        if not isinstance(moment, datetime):
            following = moment + timedelta(days=1)
            midnight = datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(self.timezone))
            return midnight.astimezone(UTC) - timedelta(microseconds=1)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.timezone))).astimezone(UTC)

    @property
    def first_weekday(self) -> int:
        """The day on which weeks begin: 0 for Monday to 6 for Sunday."""
        return get_args(WeekDay).index(self.week_start)

    @property
    def first_month(self) -> int:
        """The month in which years begin: 1 to 12."""
        return get_args(MonthName).index(self.year_start) + 1

    @property
    def bindings(self) -> Mapping[str, EventBinding]:
        """What the workspace's own short names stand for."""
        return {name: spec.binding(name) for name, spec in self.events.items()}


def load_config(
    document: Document,
    *,
    library: Collection[str],
    lifecycles: Collection[str] = (),
    segments: Collection[str] = (),
) -> WorkspaceConfig:
    """The configuration in `document`.

    `library` are the names of the library's lifecycles, `lifecycles` and `segments` those of the workspace's files.
    Raises DefinitionError with everything wrong, be it the shape of the file or what it names.
    """
    problems = problems_of(WorkspaceConfig, document)
    problems += _naming_problems(document, library=library, lifecycles=lifecycles, segments=segments)
    if problems:
        raise DefinitionError(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return validate(WorkspaceConfig, document)


def lifecycle_name(entry: str) -> str:
    """The lifecycle that an entry of `lifecycles:` names: `lifecycles/store.yaml` and `store` are both `store`."""
    path = PurePosixPath(entry)
    return path.stem if path.suffix in (".yaml", ".yml") else entry


def condition_texts(document: Document) -> Iterator[tuple[Path, TextKind, str]]:
    """Every text of the file in the language of conditions: its path, what it must be, and the text."""
    yield from _text(document, ("exclude",), "condition")
    yield from _text(document, ("money",), "value")
    for name in _mapping(document.value(("segments",))):
        yield from _text(document, _inner(document, ("segments", name), "when"), "condition")
    for name in _mapping(document.value(("events",))):
        yield from _text(document, ("events", name, "where"), "where")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `tenure.yaml`, with a description of every key, for editors."""
    schema = WorkspaceConfig.model_json_schema()
    schema["properties"]["as_of"]["examples"] = ["now", "last_event", "2024-12-31"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": CONFIG_FILE}


def _naming_problems(
    document: Document, *, library: Collection[str], lifecycles: Collection[str], segments: Collection[str]
) -> Iterator[Problem]:
    yield from _source_names(document)
    yield from _export_names(document)
    listed = document.value(("lifecycles",))
    entries = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    known = {*library, *lifecycles}
    named: dict[str, Path] = {}
    for position, entry in enumerate(entries):
        path: Path = ("lifecycles", position) if isinstance(listed, list) else ("lifecycles",)
        if not isinstance(entry, str):
            continue
        name = lifecycle_name(entry)
        if name in named:
            yield problem_at(document, path, f"The lifecycle '{name}' is listed twice.", "Remove one.")
        elif name not in known:
            hint = did_you_mean(name, known) or f"There are {listing(sorted(known), 'and')}." if known else ""
            yield problem_at(document, path, f"There is no lifecycle '{name}'.", hint)
        named[name] = path
    for name in _mapping(document.value(("segments",))):
        path = ("segments", name)
        if name in named or name in lifecycles:
            message = f"The segment '{name}' has the name of a lifecycle; stage('{name}') could mean either."
            yield problem_at(document, path, message, "Rename it.", key=True)
        elif name in segments:
            message = f"The segment '{name}' has a file in segments/ as well."
            yield problem_at(document, path, message, "Keep one of them.", key=True)
    for name in _mapping(document.value(("events",))):
        if not _SHORT_NAME.fullmatch(name) or keyword.iskeyword(name):
            message = f"'{name}' cannot be a short name: conditions could not call it."
            hint = "Take a word of letters, digits and _ that Python does not reserve."
            yield problem_at(document, ("events", name), message, hint, key=True)


def _source_names(document: Document) -> Iterator[Problem]:
    sources = document.value(("sources",))
    first: dict[str, int] = {}
    for position, source in enumerate(sources if isinstance(sources, list) else []):
        name = source.get("name") if isinstance(source, dict) else None
        if not isinstance(name, str):
            continue
        path: Path = ("sources", position, "name")
        if name in first:
            message = f"Two sources are named '{name}' (first in line {first[name]}); message ids could collide."
            yield problem_at(document, path, message, "Rename one.")
        first.setdefault(name, document.place(path)[0])


def _export_names(document: Document) -> Iterator[Problem]:
    exports = document.value(("exports",))
    names: dict[str, int] = {}
    schemas: dict[tuple[object, object], str] = {}
    for position, export in enumerate(exports if isinstance(exports, list) else []):
        name = export.get("name") if isinstance(export, dict) else None
        if not isinstance(export, dict) or not isinstance(name, str):
            continue
        path: Path = ("exports", position, "name")
        if name in names:
            message = f"Two exports are named '{name}' (first in line {names[name]})."
            yield problem_at(document, path, message, "Rename one.")
        names.setdefault(name, document.place(path)[0])
        schema = (export.get("database"), export.get("schema_name", "tenure"))
        if export.get("to") == "postgresql" and schemas.setdefault(schema, name) != name:
            message = f"The exports '{schemas[schema]}' and '{name}' go to the same tables."
            yield problem_at(document, path, message, "Give one of them another `schema_name`.")


def _iso(written: str) -> date | datetime:
    """A date, or a date and time, from its ISO 8601 text."""
    return date.fromisoformat(written) if len(written) <= len("2024-12-31") else datetime.fromisoformat(written)


def _inner(document: Document, path: Path, key: str) -> Path:
    return (*path, key) if isinstance(document.value(path), dict) else path


def _text(document: Document, path: Path, kind: TextKind) -> Iterator[tuple[Path, TextKind, str]]:
    text = document.value(path)
    if isinstance(text, str):
        yield path, kind, text


def _mapping(data: Data) -> Mapping[str, Data]:
    return data if isinstance(data, dict) else {}

"""Events that a program hands over: notes, calls, actions, and whatever else happens inside the application.

    recorded = append(store, [Event(name="Noted", time=now, properties={"text": "Prices went up"})], received_at=now)
    recorded.loaded, recorded.refused

They enter the log as imported ones do: typed, with traits and measures, and once, however often they come.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import pyarrow as pa

from tenure.events import ALIASES, EVENTS, Event
from tenure.ingest.exact_json import UNREADABLE, NotJson, json_object
from tenure.ingest.timestamps import EARLIEST, LATEST
from tenure.warehouse.duckdb import Store
from tenure.warehouse.store import ARRIVING, OPTIONAL, Appended, Arrival, OnChange

OWN = "tenure"
BATCH = 50_000
_TYPES = ("track", "identify", "page", "screen", "group", "alias")
_COLUMNS = pa.schema([one.with_nullable(True) for one in (*ARRIVING, *OPTIONAL)])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Something that ought to have been an event: why it is none, and what is shown of it."""

    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that cannot be used: its place among those handed over, counted from 1, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the events: `read` = `loaded` + `duplicates` + `changed` + those `refused`.

    A duplicate is in the log as it came, a change was there with other content and follows `on_change`.
    """

    appended: Appended
    refused: tuple[Refused, ...]

    @property
    def read(self) -> int:
        """How many were handed over."""
        return self.appended.read

    @property
    def loaded(self) -> int:
        """How many are new in the log."""
        return self.appended.loaded

    @property
    def duplicates(self) -> int:
        """How many were there already."""
        return self.appended.duplicates

    @property
    def changed(self) -> int:
        """How many were there with other content."""
        return self.appended.changed


def append(
    store: Store, events: Iterable[Event | Unusable], *, received_at: int, source: str = OWN, batch: str = "",
    on_change: OnChange = "reject",
) -> Recorded:  # fmt: skip
    """What became of the events, all of them in one transaction; those that cannot be used are among the rejected rows.

    `received_at` (microseconds UTC) is that of events which do not say it themselves; `source` and `batch` are the
    names under which loads and rejected rows list them, and `Store.fingerprints(source)` tells which batches were
    taken. The events may be of people who are not known yet, and dated later than now. What is unusable from the
    start is written down with the rows that are refused. Raises DiskFull.
    """
    refused: list[Refused] = []
    arrival = Arrival(
        source=source, file=batch, fingerprint=batch, received_at=received_at, on_change=on_change
    )  # fmt: skip
    appended = store.append(_batches(events, received_at, refused), arrival)
    return Recorded(appended=appended, refused=tuple(refused))


def _batches(events: Iterable[Event | Unusable], received_at: int, refused: list[Refused]) -> Iterator[pa.RecordBatch]:
    rows = (_row(event, position, received_at, refused) for position, event in enumerate(events, start=1))
    while part := list(islice(rows, BATCH)):
        columns = zip(*part, strict=True)
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, _COLUMNS, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=_COLUMNS)


def _row(event: Event | Unusable, position: int, received_at: int, refused: list[Refused]) -> Sequence[object]:
    """The event as an arriving row; with a reason where it cannot be used."""
    if isinstance(event, Unusable):
        reason, raw = event.reason, event.raw
    else:
        try:
            return _arriving(event, position, received_at)
        except NotJson as error:
            reason, raw = error.reason, _raw(event)
    refused.append(Refused(position=position, reason=reason))
    row = dict.fromkeys(_COLUMNS.names)
    return tuple((row | {"position": position, "reason": reason, "raw": raw}).values())


def _arriving(event: Event, position: int, received_at: int) -> Sequence[object]:
    name = _text(event.name, "event name")
    if name is None:
        raise NotJson("no event name")
    name = ALIASES.get(name, name)
    customer, visitor = _text(event.customer_id, "customer"), _text(event.anonymous_id, "visitor")
    account = _text(event.account, "account")
    standard = EVENTS.get(name)
    if standard is not None and standard.customer == "always" and not (customer or visitor or account):
        raise NotJson("no customer")
    if standard is not None and standard.customer == "never" and (customer or visitor):
        raise NotJson(f"{name} belongs to no customer")
    if event.traits and not (customer or visitor):
        raise NotJson("traits without a customer")
    if event.type not in _TYPES:
        raise NotJson("the type is unknown")
    time = _time(event.time)
    properties = json_object(event.properties, "properties")
    traits = json_object(event.traits, "traits", nulls=True) if event.traits else None
    context = json_object(event.context, "context") if event.context else None
    message = _text(event.message_id, "message id")
    if message is None:
        said = (name, time, customer, visitor, account, properties, traits, context, event.type)
        message = f"{OWN}:{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]}"
    # in the order of _COLUMNS; there is no reason to refuse it, and nothing to show of that
    return (
        position, message, customer, visitor, account, name, time, properties, traits, None, None, event.type,
        received_at if event.received_at is None else event.received_at, context,
    )  # fmt: skip


def _text(value: object, what: str) -> str | None:
    """An id or a name without the blanks around it; None where nothing is left."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotJson(f"the {what} is no text")
    if not (value.isascii() and "\x00" not in value) and UNREADABLE.search(value):
        raise NotJson(f"the {what} is no readable text")
    return value.strip() or None


def _time(value: object) -> int:
    """The moment in microseconds UTC."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NotJson("the time has no time zone")
        value = (value - _EPOCH) // _MICROSECOND
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotJson("no time" if value is None else "the time cannot be read")
    if not EARLIEST <= value <= LATEST:
        raise NotJson("the time cannot be read")
    return value


def _raw(event: Event) -> str:
    """What is shown of an event that was refused, whatever it holds."""
    told = {
        "name": event.name, "time": event.time, "customer_id": event.customer_id, "message_id": event.message_id,
        "properties": event.properties,
    }  # fmt: skip
    try:
        return json.dumps(told, default=str).replace("\\u0000", "")
    except (TypeError, ValueError, RecursionError):
        return json.dumps({**told, "properties": str(type(event.properties))}, default=str)

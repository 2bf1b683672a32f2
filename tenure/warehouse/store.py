"""What an event store takes in and gives back, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

OnChange = Literal["reject", "replace", "keep"]
# why units are looked at anew: events as they happen, files of the past, people who became one, somebody erased
Cause = Literal["event", "import", "merge", "erase"]

# rows on their way into the log; rows with a `reason` are rejected, `raw` is what they were
ARRIVING = pa.schema(
    [
        pa.field("position", pa.int64(), nullable=False),
        pa.field("message_id", pa.string()),
        pa.field("customer_id", pa.string()),
        pa.field("anonymous_id", pa.string()),
        pa.field("account", pa.string()),
        pa.field("name", pa.string()),
        pa.field("time", pa.int64()),
        pa.field("properties", pa.string()),
        pa.field("traits", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.string()),
    ]
)
# what a batch may say of each row besides
OPTIONAL = pa.schema(
    [pa.field("type", pa.string()), pa.field("received_at", pa.int64()), pa.field("context", pa.string())]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is said of a whole file or batch.

    `received_at` is in microseconds UTC; `by_content` marks message ids that are made of the rows' content, so that
    equal rows are as many events; `whole` tells that what an earlier reading of the file refused is read again. `cause`
    is left with the units whose histories change by it.
    """

    source: str
    file: str = ""
    fingerprint: str = ""
    received_at: int
    type: str = "track"
    on_change: OnChange = "reject"
    by_content: bool = False
    whole: bool = True
    cause: Cause = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row whose message id is loaded already with other content; `was` and `now` name only what differs."""

    message_id: str
    position: int
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of the rows of one file or batch.

    `read` = `loaded` + `duplicates` + `changed` + those `rejected` on arrival. What became of the changed rows is up to
    `on_change`: rejected, in place of the old ones (`replaced`), or ignored.
    """

    read: int = 0
    loaded: int = 0
    duplicates: int = 0
    changed: int = 0
    replaced: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    future: int = 0
    first_time: int | None = None
    last_time: int | None = None
    new_customers: int = 0

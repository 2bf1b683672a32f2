"""How far a table was read: the last value of the column that tells what is new, and from where to go on.

seen = highest(None, batch.column("updated_at"))
Since(column="updated_at", value=from_where(seen, overlap="1 hour"))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Value: TypeAlias = datetime | date | Decimal | int | float | str

# late commits: a row may carry a time, or a number of a sequence, before others that were seen earlier
OVERLAP = timedelta(hours=1)
NUMBERS = 1_000

_READERS: Mapping[str, Any] = {
    "moment": datetime.fromisoformat, "day": date.fromisoformat, "number": Decimal, "text": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Only rows whose `column` is `value` or more."""

    column: str
    value: Value


def highest(so_far: Value | None, column: pa.Array) -> Value | None:
    """The highest value of a column and of those before."""
    found: Value | None = pc.max(column).as_py() if len(column) else None
    if found is None or so_far is None:
        return found if so_far is None else so_far
    return max(so_far, found)


def capped(value: Value | None, *, now: datetime, local: datetime) -> Value | None:
    """The value, or the present where it lies in the future: a row of the year 2999 hides no later one.

    `now` has an offset, `local` is the same moment by the clock that the database's naive times are from.
    """
    if isinstance(value, datetime):
        return min(value, now if value.tzinfo else local)
    return min(value, local.date()) if isinstance(value, date) else value


def from_where(value: Value, overlap: timedelta | int | None) -> Value:
    """The value from which to read on, so that ties and late commits come again; a text is its own."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        stretch = overlap if isinstance(overlap, timedelta) else OVERLAP
        return value - stretch if isinstance(value, datetime) else value - max(stretch, timedelta(days=1))
    return value - (overlap if isinstance(overlap, int) else NUMBERS)


def written(column: str, value: Value) -> str:
    """The column and the value as one text."""
    kind = "text"
    if isinstance(value, datetime | date):
        kind = "moment" if isinstance(value, datetime) else "day"
        text = value.isoformat()
    else:
        kind = "text" if isinstance(value, str) else "number"
        text = str(value)
    return json.dumps([column, kind, text], ensure_ascii=False)


def read(text: str) -> tuple[str, Value]:
    """The column and the value that `written` wrote."""
    column, kind, value = json.loads(text)
    found = _READERS[kind](value)
    # an index over whole numbers is of no use to one with decimals
    return column, int(found) if kind == "number" and found == int(found) else found

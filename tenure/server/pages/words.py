"""What an address says, read with care: filters, numbers, moments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from tenure.errors import UsageError
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster import SORTS, Asked
from tenure.server import holding

MOST_OFFSET = 1_000_000


def asked_of(query: QueryDict) -> Asked:
    """The filters of a list, from its address: q, in.<lifecycle>, is.<trait>, from, to, quiet, due, sort."""
    ws = holding.workspace()
    stages = tuple(
        (key[3:], tuple(query.getlist(key))) for key in query if key.startswith("in.") and any(query.getlist(key))
    )
    traits = tuple(
        (key[3:], tuple(query.getlist(key))) for key in query if key.startswith("is.") and any(query.getlist(key))
    )
    now = ws.refreshed_as_of or ws.as_of
    quiet, due = whole(query, "quiet"), whole(query, "due")
    sort = query.get("sort", "-money")
    if sort.lstrip("-") not in SORTS:
        sort = "-money"
    return Asked(
        search=query.get("q", "")[:100], stages=stages, traits=traits, money_from=amount(query, "from"),
        money_to=amount(query, "to"), seen_before=None if quiet is None else now - quiet * DAY,
        moves_by=None if due is None else now + due * DAY, sort=sort.lstrip("-"), descending=sort.startswith("-"),
    )  # fmt: skip


def whole(query: Mapping[str, Any], name: str, *, most: int = 36_500) -> int | None:
    """A whole number of the address, None where there is none. Raises UsageError where it is something else."""
    written = str(query.get(name) or "").strip()
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or int(written[:12]) > most:
        raise UsageError(f"{name} must be a whole number up to {most:,}, not {written[:40]!r}.")
    return int(written)


def amount(query: Mapping[str, Any], name: str) -> Decimal | None:
    """An amount of the address, None where there is none. Raises UsageError where it is something else."""
    written = str(query.get(name) or "").strip().replace(",", "")
    if not written:
        return None
    try:
        value = Decimal(written[:40])
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise UsageError(f"{name} must be an amount such as 250, not {written[:40]!r}.")
    return value


def offset_of(query: Mapping[str, Any]) -> int:
    """From which row on a list is shown."""
    return whole(query, "offset", most=MOST_OFFSET) or 0


def with_query(query: QueryDict, **changed: object) -> str:
    """The address's query with some of it changed; None takes it away."""
    kept = [(key, value) for key in query for value in query.getlist(key) if value and key not in changed]
    return urlencode(kept + [(key, str(value)) for key, value in changed.items() if value is not None])

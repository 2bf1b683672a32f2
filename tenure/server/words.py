"""What an address says, read with care: filters, numbers, moments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.formats import get_format

from tenure.errors import UsageError
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster import SORTS, Asked
from tenure.server import holding

MOST_OFFSET = 1_000_000
# days beyond cannot be counted from
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def asked_of(query: QueryDict) -> Asked:
    """The filters of a list, from its address.

    q; in.<lifecycle> (stages of it, or none), is.<trait> (values); from and to (money), from.<score> and to.<score>
    (what the last scores of a name are at least and at most); quiet (days without an event);
    of the lifecycle that is shown: due (days until the next move), next (the stage of that), entered (days since the
    stage began, at most), stayed (at least); account; sort.
    """
    ws = holding.workspace()
    stages = tuple(
        (key[3:], tuple(filter(None, query.getlist(key))))
        for key in query
        if key.startswith("in.") and any(query.getlist(key))
    )
    traits = tuple(
        (key[3:], tuple(filter(None, query.getlist(key))))
        for key in query
        if key.startswith("is.") and any(query.getlist(key))
    )
    names = dict.fromkeys(key.partition(".")[2] for key in query if key.startswith(("from.", "to.")))
    bounds = ((name[:100], amount(query, f"from.{name}"), amount(query, f"to.{name}")) for name in names)
    now = ws.refreshed_as_of or ws.as_of
    quiet, due, entered = whole(query, "quiet"), whole(query, "due"), whole(query, "entered")
    stayed = whole(query, "stayed")
    sort = query.get("sort", "-money")
    if sort.lstrip("-") not in SORTS:
        sort = "-money"
    return Asked(
        scores=tuple(one for one in bounds if one[1:] != (None, None)),
        search=query.get("q", "")[:100], stages=stages, traits=traits, money_from=amount(query, "from"),
        money_to=amount(query, "to"), seen_before=None if quiet is None else now - quiet * DAY,
        moves_by=None if due is None else now + due * DAY, to=tuple(filter(None, query.getlist("next"))),
        entered_since=None if entered is None else now - entered * DAY,
        entered_before=None if stayed is None else now - stayed * DAY, account=query.get("account", "")[:300],
        sort=sort.lstrip("-"), descending=sort.startswith("-"), kind=_kind(lifecycle_of(query)),
    )  # fmt: skip


def lifecycle_of(query: QueryDict) -> str | None:
    """The lifecycle whose stages a list shows: the one that is named, one that filters, or the first of people."""
    if name := query.get("lifecycle"):
        return name
    defined = [one for one in holding.workspace().definitions.lifecycles if not one.segment]
    filtering = [one.name for one in defined if any(query.getlist(f"in.{one.name}"))]
    of_people = [one.name for one in defined if one.unit == "customer"]
    return next(iter([*filtering, *of_people, *(one.name for one in defined)]), None)


def _kind(lifecycle: str | None) -> str:
    return holding.workspace().lifecycle(lifecycle).unit


def whole(query: Mapping[str, Any], name: str, *, most: int = 36_500) -> int | None:
    """A whole number of the address, None where there is none. Raises UsageError where it is something else."""
    written = str(query.get(name) or "").strip()
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 20 or int(written) > most:
        raise UsageError(f"{name} must be a whole number up to {most:,}, not {written[:40]!r}.")
    return int(written)


def typed(text: str) -> Decimal | None:
    """A number as people type it, None for anything else: 1,234.5 in English, 1.234,5 in German.

    Signs between thousands are those of the language; where they stand for no thousands, comma and point are decimal.
    """
    written = text.strip().replace("\u00a0", "").replace(" ", "")[:40]
    apart = get_format("THOUSAND_SEPARATOR")
    if apart in (",", ".") and re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(apart)}\d{{3}})+([.,]\d+)?", written):
        written = written.replace(apart, "")
    if not re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", written):
        return None
    return Decimal(written.replace(",", "."))


def amount(query: Mapping[str, Any], name: str) -> Decimal | None:
    """An amount of the address, None where there is none. Raises UsageError where it is something else."""
    # an address means the same to everybody, whatever their language
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


def day(query: Mapping[str, Any], name: str) -> date | None:
    """A day of the address, None where there is none. Raises UsageError where it is something else."""
    written = str(query.get(name) or "").strip()
    if not written:
        return None
    try:
        found = date.fromisoformat(written[:10])
    except ValueError:
        found = date.min
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise UsageError(f"{written[:40]!r} is no day.", hint="Write it as 2025-06-30.")
    return found


def offset_of(query: Mapping[str, Any]) -> int:
    """From which row on a list is shown."""
    return whole(query, "offset", most=MOST_OFFSET) or 0


def with_query(query: QueryDict, **changed: object) -> str:
    """The address's query with some of it changed; None takes it away."""
    kept = [(key, value) for key in query for value in query.getlist(key) if value and key not in changed]
    return urlencode(kept + [(key, str(value)) for key, value in changed.items() if value is not None])

"""What is up for renewal: every term that ends within a year, or ended a month ago at most and was not renewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import day_of
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import later
from tenure.server.access.people import PAGE, Person, people_of
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.roster import risky

LATE = "late"
NOBODY = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A term that ends: whose, when (microseconds UTC), and what the next one is worth (None: not known).

    `month` is the first day of the month in which it is due, or LATE where that day is past; `risk` tells that notice
    was given, or that they are in a stage of risk or gone.
    """

    customer: str
    subscription: str | None
    due: int
    month: str
    value: Decimal | None
    months: int | None
    noticed: bool
    risk: bool
    stage: str | None
    owner: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The renewals of a month: how many, what they are worth, and the same of those at risk."""

    month: str
    count: int
    value: Decimal
    at_risk: int
    value_at_risk: Decimal

    @property
    def day(self) -> date | None:
        """Its first day; None for those that are late."""
        return None if self.month == LATE else date.fromisoformat(self.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewals:
    """The months, and a page of the renewals asked for with who they are of."""

    months: tuple[Month, ...]
    total: Month
    owners: Mapping[str, int]
    count: int
    value: Decimal
    rows: tuple[tuple[Renewal, Person | None], ...]
    more: bool
    lifecycle: Lifecycle


def renewals(
    reader: Reader, *, month: str = "", risk: bool = False, owner: str = "", within: int | None = None,
    offset: int = 0, limit: int = PAGE,
) -> Renewals | None:  # fmt: skip
    """What is up for renewal, by month; and those of a month, at risk, of an owner or within so many days.

    None while it is being worked out.
    """
    require(reader, Right.PEOPLE)
    found = later(coming)
    if found is None:
        return None
    ws = holding.workspace()
    now = ws.refreshed_as_of or ws.as_of
    months, total, owners = _summary(owner)
    latest = None if within is None else now + within * DAY
    chosen = [
        one for one in found
        if (not month or one.month == month) and (not risk or one.risk) and _owned(one, owner)
        and (latest is None or one.due <= latest)
    ]  # fmt: skip
    page = chosen[offset : offset + limit]
    there = people_of([one.customer for one in page])
    return Renewals(
        months=months, total=total, owners=owners, count=len(chosen), value=_sum(chosen),
        rows=tuple((one, there.get(one.customer)) for one in page), more=len(chosen) > offset + limit,
        lifecycle=ws.lifecycle(),
    )  # fmt: skip


@kept(most=2)
def coming() -> tuple[Renewal, ...]:
    """All of them, the earliest first; for those who may see people."""
    ws = holding.workspace()
    lifecycle = ws.lifecycle()
    now = ws.roster.kept.as_of
    lost = {*risky(lifecycle), *(at for at, stage in enumerate(lifecycle.stages) if stage.kind == "former")}
    found = []
    for row in ws.roster.renewals().to_pylist():
        place = row["stage"]
        late = row["due"] <= now
        found.append(
            Renewal(
                customer=row["customer_id"], subscription=row["subscription"], due=row["due"],
                month=LATE if late else day_of(ws.zone, row["due"]).replace(day=1).isoformat(), value=row["value"],
                months=row["months"], noticed=row["noticed"], risk=row["noticed"] or place in lost,
                stage=None if place is None else lifecycle.stages[place].name, owner=row["owner"] or "",
                account=row["account"] or "",
            )
        )  # fmt: skip
    return tuple(found)


@kept(most=32)
def _summary(owner: str) -> tuple[tuple[Month, ...], Month, Mapping[str, int]]:
    """The months of an owner's renewals (of everybody's), their total, and how many each owner has."""
    owners: Counter[str] = Counter()
    by_month: dict[str, list[Renewal]] = {}
    for one in coming():
        owners[one.owner] += 1
        if _owned(one, owner):
            by_month.setdefault(one.month, []).append(one)
    # what is late goes before every month
    names = sorted(by_month, key=lambda month: "" if month == LATE else month)
    total = _month("", [one for name in names for one in by_month[name]])
    return tuple(_month(name, by_month[name]) for name in names), total, dict(sorted(owners.items()))


def _owned(one: Renewal, owner: str) -> bool:
    return not owner or one.owner == ("" if owner == NOBODY else owner)


def _month(name: str, found: list[Renewal]) -> Month:
    lost = [one for one in found if one.risk]
    return Month(
        month=name, count=len(found), value=_sum(found), at_risk=len(lost), value_at_risk=_sum(lost),
    )  # fmt: skip


def _sum(found: list[Renewal]) -> Decimal:
    return sum((one.value for one in found if one.value is not None), Decimal(0))

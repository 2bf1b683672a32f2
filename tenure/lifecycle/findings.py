"""What stands out in a lifecycle, in sentences that each come with the command that lists the people.

    for finding in findings(observed, money=money, day=day):
        finding.sentence, finding.command, finding.rows

A sentence says nothing that its list does not show: its count is the number of rows of the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.warehouse.connection import Connection
from tenure.warehouse.where import property_number

FORECAST_DAYS = 14
SENTENCES = 3
# a level with less of the money at risk is no news
_WEIGHTY = Decimal("0.1")
_HALF = 0.5

Written = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All events of one name: how many, of how many people, with what revenue, from when to when (microseconds UTC)."""

    events: int
    people: int
    revenue: Decimal
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A sentence, the command (without `tenure`) that lists those it speaks of, and how many rows that gives."""

    sentence: str
    command: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the findings are made from, read from one workspace at one moment.

    `at_risk`, `reactivated` and `once` (those who bought once) tables of people,
    `due` one of moves within the next 14 days, with the columns that `Workspace.people` and `Workspace.due` give.
    `at_risk_days` and `lapsed_days` are the windows, `customers` how many have bought at all,
    from `first` on (microseconds UTC); `once_name` is the segment of those who bought once,
    `levels` are the stages in the order of the journey.
    """

    at_risk: pa.Table
    due: pa.Table
    once: pa.Table
    reactivated: pa.Table
    at_risk_days: int
    lapsed_days: int
    customers: int
    first: int
    levels: tuple[str, ...]
    once_name: str = "one_time"


def totals(connection: Connection, *, as_of: int | None = None) -> dict[str, Total]:
    """What the log holds up to `as_of` (microseconds UTC), by the name of the event."""
    limit = f"WHERE time <= {as_of}" if as_of is not None else ""
    rows = connection.execute(
        f"SELECT name, count(*), count(DISTINCT customer), coalesce(sum({property_number('revenue')}), 0), min(time), "
        f"max(time) FROM events {limit} GROUP BY name"
    ).fetchall()
    return {
        name: Total(events=events, people=people, revenue=revenue, first=first, last=last)
        for name, events, people, revenue, first, last in rows
    }


def findings(observed: Observed, *, money: Callable[[Decimal], str], day: Callable[[int], str]) -> tuple[Finding, ...]:
    """The three findings that weigh most; fewer where there is less to say.

    `money` and `day` write an amount and the day of a moment as the reader is used to.
    """
    found = [
        _left_behind(observed, money), _due(observed, money), _once(observed, day), _returned(observed, money),
    ]  # fmt: skip
    return tuple(finding for finding in found if finding is not None)[:SENTENCES]


def _left_behind(observed: Observed, money: Written) -> Finding | None:
    """Those at risk who came from the highest level that a tenth of their money comes from."""
    people = observed.at_risk
    if not people.num_rows:
        return None
    by_level = people.group_by("previous").aggregate([("money", "sum"), ("customer_id", "count")]).to_pylist()
    total = sum(row["money_sum"] for row in by_level)
    known = [row for row in by_level if row["previous"] in observed.levels and row["money_sum"] >= total * _WEIGHTY]
    if not known:
        return None
    most = max(known, key=lambda row: observed.levels.index(row["previous"]))
    count = most["customer_id_count"]
    return Finding(
        sentence=f"{count:,} of your {_called(most['previous'])}, worth {money(most['money_sum'])} in the last 365 "
        f"days, {'has' if count == 1 else 'have'} not ordered for {observed.at_risk_days} days or more.",
        command=f"people --stage at_risk --from {most['previous']}",
        rows=count,
    )


def _due(observed: Observed, money: Written) -> Finding | None:
    """The moves that silence brings in the next days."""
    moves = observed.due
    count = moves.num_rows
    if not count:
        return None
    first = moves.group_by("customer_id").aggregate([("money", "max")])
    people, worth = first.num_rows, money(pc.sum(first["money_max"]).as_py())
    targets = moves.group_by("to").aggregate([("customer_id", "count")]).to_pylist()
    targets.sort(key=lambda row: (-row["customer_id_count"], row["to"] or ""))
    told = ", ".join(f"{row['customer_id_count']:,} to {_stage(row['to'])}" for row in targets)
    if people == count:
        who = f"{_people(count)}, worth {worth}, will change stage"
        told = f"{told}."
    else:
        who = f"{count:,} changes of stage will come"
        told = f"{told}; of {_people(people)}, worth {worth}."
    return Finding(
        sentence=f"{who} within {FORECAST_DAYS} days if nobody orders: {told}",
        command=f"forecast --days {FORECAST_DAYS} --people",
        rows=count,
    )


def _once(observed: Observed, day: Callable[[int], str]) -> Finding | None:
    """Those who bought once and not again."""
    people = observed.once
    count = people.num_rows
    if not count:
        return None
    percent = 100 * count / observed.customers
    share = f"{percent:.0f} %" if percent >= _HALF else "<1 %"
    return Finding(
        sentence=f"{count:,} of your {observed.customers:,} customers ({share}) {'has' if count == 1 else 'have'} "
        f"bought only once since "
        f"{day(observed.first)}.",
        command=f"people --lifecycle {observed.once_name}",
        rows=count,
    )


def _returned(observed: Observed, money: Written) -> Finding | None:
    """Those who came back after they had counted as lost."""
    people = observed.reactivated
    count = people.num_rows
    if not count:
        return None
    worth = pc.sum(people["money"]).as_py()
    return Finding(
        sentence=f"{count:,} customer{'s' if count != 1 else ''}, worth {money(worth)} in the last 365 days, came back "
        f"after a silence of {observed.lapsed_days} days or more.",
        command="people --stage reactivated",
        rows=count,
    )


def _called(level: str) -> str:
    names = {"loyalty": "loyal customers", "retention": "repeat customers", "conversion": "first-time buyers",
             "reactivated": "customers who had come back"}  # fmt: skip
    return names.get(level, "customers")


def _people(count: int) -> str:
    return f"{count:,} {'people' if count != 1 else 'person'}"


def _stage(name: str | None) -> str:
    return (name or "no stage").replace("_", " ")

"""What it cost to win customers beside what they bring: by acquisition cohort, by channel, and when it is paid back.

A group's margin per customer is followed by months since the first purchase: that of a month is the mean of those who
have lived through it, and the months add up, so that late-comers count as far as they are known (W. Nelson, Graphical
Analysis of System Repair Data, Journal of Quality Technology 20, 1988, 24-35: the mean cumulative function).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tenure.events import EventBinding
from tenure.expressions import parse_where
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope
from tenure.metrics.split import split_kind
from tenure.predict.features import Units
from tenure.predict.special import Floats
from tenure.predict.value.people import Valued, orders_sql
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure
from tenure.warehouse.where import condition_sql, property_number, property_text, quote

# a mean month: 365.25 / 12 days, in microseconds
MONTH = 2_629_800_000_000
# a month in which fewer were known ends the curve
LEAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Customers won in a time or by a channel (`part`; None: by none that is known).

    `spend` is what winning them cost, None where none is recorded. `so_far` is the margin of all their purchases,
    `expected` that of the horizon to come; `curve` the margin per customer after one month, two, and so on.
    """

    part: str | None
    people: int
    spend: Decimal | None
    so_far: float
    expected: float
    curve: tuple[float, ...]

    @property
    def cac(self) -> float | None:
        """What each cost; None without spend or people."""
        return None if self.spend is None or not self.people else float(self.spend) / self.people

    @property
    def each(self) -> float | None:
        """What each is worth: the margin so far and the one expected."""
        return (self.so_far + self.expected) / self.people if self.people else None

    @property
    def ratio(self) -> float | None:
        """How many times over each brings back what it cost."""
        return self.each / self.cac if self.cac and self.each is not None else None

    @property
    def payback(self) -> int | None:
        """After how many months the margin per customer covers what each cost; None where it has not yet."""
        if self.cac is None:
            return None
        return next((at for at, brought in enumerate(self.curve, start=1) if brought >= self.cac), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bought:
    """Purchases: whose (places among the people), in which month since their first (from 0), and their margin."""

    place: Units
    age: Units
    margin: Floats


def groups(
    parts: Sequence[str | None], of: Units, people: Valued, bought: Bought, spend: Mapping[str | None, Decimal], *,
    now: int,
) -> tuple[Group, ...]:  # fmt: skip
    """The groups in the order of `parts`; `of` is the place of each person's part, -1 for whoever is left out."""
    lived = (now - people.first) // MONTH
    ages = int(lived.max()) if len(lived) else 0
    whose = of[bought.place]
    known = (whose >= 0) & (bought.age < lived[bought.place])
    size = len(parts) * max(ages, 1)
    cell = whose[known] * max(ages, 1) + bought.age[known]
    brought = np.bincount(cell, bought.margin[known], minlength=size).reshape(len(parts), -1)
    found = []
    for place, part in enumerate(parts):
        there = of == place
        # how many have lived through each month
        at_risk = len(lived[there]) - np.cumsum(np.bincount(lived[there], minlength=ages + 1))[: max(ages, 1)]
        enough = int(np.argmax(at_risk < LEAST)) if np.any(at_risk < LEAST) else len(at_risk)
        curve = np.cumsum(brought[place, :enough] / np.maximum(at_risk[:enough], 1))
        found.append(
            Group(
                part=part, people=int(there.sum()), spend=spend.get(part), so_far=float(people.margin[there].sum()),
                expected=float(people.value[there].sum()), curve=tuple(map(float, curve)),
            )
        )  # fmt: skip
    return tuple(found)


def together(found: Sequence[Group], curve: tuple[float, ...]) -> Group:
    """All groups in one; what was spent for none of them counts too."""
    spends = [one.spend for one in found if one.spend is not None]
    return Group(
        part=None, people=sum(one.people for one in found), spend=sum(spends, Decimal(0)) if spends else None,
        so_far=sum(one.so_far for one in found), expected=sum(one.expected for one in found), curve=curve,
    )  # fmt: skip


def purchases(
    connection: Connection, scope: Scope, people: Valued, bought: EventBinding, *, margin: Decimal | None
) -> Bought:
    """Every purchase of the people, by the month since their first."""
    rows = orders_sql(connection, scope, bought, margin=margin, columns="time, margin")
    table = connection.sql(
        f"SELECT unit, (time - min(time) OVER (PARTITION BY unit)) // {MONTH} AS age, "
        f"CAST(coalesce(margin, 0) AS DOUBLE) AS margin FROM ({rows})"
    ).to_arrow_table()
    unit = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    place = np.minimum(np.searchsorted(people.units, unit), max(len(people) - 1, 0))
    there = people.units[place] == unit if len(people) else np.zeros(len(unit), dtype=np.bool_)
    return Bought(
        place=place[there], age=np.asarray(table["age"].to_numpy(), dtype=np.int64)[there],
        margin=np.asarray(table["margin"].to_numpy(), dtype=np.float64)[there],
    )  # fmt: skip


def channels(connection: Connection, scope: Scope, people: Valued, by: str = "channel") -> tuple[list[str], Units]:
    """The channels (sources, campaigns …) of first touches, and the place of each person's; -1 where none is known."""
    kind = split_kind(by)
    number = ensure(connection, [kind])[kind]
    table = connection.sql(
        f"SELECT unit, arg_min(text, (time, tie)) AS part FROM measures WHERE kind = {number} "
        f"AND text IS NOT NULL AND text <> '' AND time <= {scope.now} GROUP BY unit"
    ).to_arrow_table()
    coded = table["part"].combine_chunks().dictionary_encode()
    unit = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    of = np.full(len(people), -1, dtype=np.int64)
    if len(people) and len(unit):
        place = np.minimum(np.searchsorted(people.units, unit), len(people) - 1)
        there = people.units[place] == unit
        of[place[there]] = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)[there]
    return coded.dictionary.to_pylist(), of


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Something that was spent on winning customers: when, on which channel; or on whom, by the key of the unit."""

    time: int
    amount: Decimal
    channel: str | None = None
    unit: int | None = None


def spent(connection: Connection, scope: Scope, by: str = "channel") -> tuple[Spent, ...]:
    """What marketing and sales spent, summed by day and channel, and costs of acquisition that belong to somebody."""
    spend, cost = meaning("spend", scope.lifecycle.events), meaning("cost", scope.lifecycle.events)
    amount = f"coalesce({', '.join(property_number(name) for name in spend.values) or 'NULL'})"
    where = f" AND {condition_sql(parse_where(spend.where))}" if spend.where else ""
    names = ", ".join(map(quote, spend.events))
    rows = connection.execute(
        f"SELECT min(time), nullif({property_text(by)}, ''), sum({amount}) FROM events WHERE name IN ({names}) "
        f"AND time <= {scope.now}{where} GROUP BY time // 86400000000, 2"
    ).fetchall()
    found = [
        Spent(time=time, channel=channel, amount=Decimal(sum_)) for time, channel, sum_ in rows if sum_ is not None
    ]
    won = "kind == 'acquisition'"
    kind = MeasureKind(
        unit=scope.lifecycle.unit, events=cost.events, properties=cost.values,
        where=f"({cost.where}) and {won}" if cost.where else won,
    )  # fmt: skip
    number = ensure(connection, [kind])[kind]
    own = connection.execute(
        f"SELECT unit, min(time), sum(value) FROM measures WHERE kind = {number} AND time <= {scope.now} GROUP BY unit"
    ).fetchall()
    found += [Spent(time=time, unit=unit, amount=Decimal(sum_)) for unit, time, sum_ in own if sum_ is not None]
    return tuple(sorted(found, key=lambda one: one.time))

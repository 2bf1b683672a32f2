"""What customers are worth to a workspace: `ws.value`, from the scores that `ws.predictions.write()` keeps.

with tenure.open("shop") as ws:
    ws.value.spread().top                    # the share of all value that the best tenth holds
    ws.value.channels()                      # by channel: what a customer cost, is worth, and when it is paid back
    ws.value.people("saving")                # everybody with a chance to be lost, most at stake first
    ws.value.contact(ws.people(stage="at_risk"), cost=0.5)
    ws.value.products().rows
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from tenure.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from tenure.lifecycle.moves.scope import Scope
    from tenure.lifecycle.periods import Period, PeriodUnit
    from tenure.predict.features import Units
    from tenure.predict.value.contact import ContactValue, Uplift
    from tenure.predict.value.payback import Group
    from tenure.predict.value.people import Valued
    from tenure.predict.value.products import Products
    from tenure.predict.value.saving import Saving
    from tenure.predict.value.serving import Served, Unprofitable
    from tenure.predict.value.spread import Spread
    from tenure.warehouse.connection import Connection
    from tenure.workspace.workspace import Workspace

    Places = np.ndarray[tuple[int], np.dtype[np.int64]]

T = TypeVar("T")

DAYS = 90
YEAR_DAYS = 365
LISTS = ("everybody", "tenth", "cohort", "channel", "saving", "unprofitable", "product")
CHANCES = ("p_churn", "p_alive", "next_offer", "lead")
NONE = "(unknown)"
_DAY = 86_400_000_000
_HORIZON = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the figures of value rest on: `people` with a value of purchases within `horizon` days, as of a moment.

    `churn_days` is what the chances to be lost are of (None: none are written). `margin` is the part of revenue that
    is margin, None where nothing tells one and revenue counts in full; `own` whether orders carry their own.
    """

    people: int
    as_of: int
    horizon: int
    churn_days: int | None
    margin: float | None
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """Customers by when or by what they were won, and all of them together; what `by` is, such as month or channel.

    Costs are told of groups from the first moment that spend is recorded (`since`; None: none ever was).
    """

    by: str
    groups: tuple[Group, ...]
    all: Group
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retaining:
    """What keeping a customer cost in the last `days` days, beside what winning one did.

    `kept` were customers then and are now; `spent` went into service, messages and incentives for those who were. `won`
    bought for the first time, `acquiring` is what was spent on that. None where nothing is known of it.
    """

    days: int
    kept: int
    spent: float | None
    won: int
    acquiring: float | None

    @property
    def retain(self) -> float | None:
        """The cost for each kept."""
        return self.spent / self.kept if self.spent is not None and self.kept else None

    @property
    def acquire(self) -> float | None:
        """The cost for each won."""
        return self.acquiring / self.won if self.acquiring is not None and self.won else None


class ValueOf:
    """Value in a workspace. `name` is a lifecycle, by default the first: its unit is who buys.

    Every method raises UsageError where no values are predicted yet.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def basis(self, name: str | None = None) -> Basis:
        """What all these figures rest on."""
        people = self._asked(name, lambda connection, scope, found: found)
        purchases, churn = (self._ws.predictions.card(model) for model in ("purchases", "churn"))
        return Basis(
            people=len(people), as_of=people.as_of, horizon=purchases.horizon if purchases else _HORIZON,
            churn_days=churn.horizon if churn else None, margin=people.share, own=people.own,
        )  # fmt: skip

    def spread(self, name: str | None = None) -> Spread:
        """How value is spread: histogram, quantiles, tenths, and the share of the first of these."""
        from tenure.predict.value.spread import spread

        return self._asked(name, lambda connection, scope, people: spread(people.value))

    def cohorts(self, name: str | None = None, *, unit: PeriodUnit = "quarter") -> Payback:
        """Customers by the period of their first purchase: what they cost, are worth, and when that is paid back."""
        from tenure.predict.value.payback import spent

        def asked(connection: Connection, scope: Scope, people: Valued) -> Payback:
            periods = self._periods(scope, people, unit)
            of, whole = _in_periods(people.first, periods), spent(connection, scope)
            spend: dict[str | None, Decimal] = {}
            for one in whole:
                place = _owner(people, one.unit, of) if one.unit is not None else _period_of(one.time, periods)
                if place >= 0:
                    named = periods[place].name
                    spend[named] = spend.get(named, Decimal(0)) + one.amount
            since = min((one.time for one in whole), default=None)
            return self._payback(connection, scope, people, [one.name for one in periods], of, spend, unit, since)

        return self._asked(name, asked)

    def channels(self, name: str | None = None, *, by: str = "channel") -> Payback:
        """Customers by their first touch: what they cost, are worth, and when that is paid back.

        Where spend is recorded, these are the customers won since.
        """
        import numpy as np

        from tenure.predict.value.payback import channels, spent

        def asked(connection: Connection, scope: Scope, people: Valued) -> Payback:
            parts, of = channels(connection, scope, people, by)
            whole = spent(connection, scope, by)
            since = min((one.time for one in whole if one.unit is None), default=None)
            known = [*parts, NONE]
            of = np.where(of < 0, len(parts), of)
            if since is not None:
                of = np.where(people.first >= since, of, -1)
            spend: dict[str | None, Decimal] = {}
            for one in whole:
                place = _owner(people, one.unit, of) if one.unit is not None else -1
                named = known[place] if place >= 0 else one.channel if one.unit is None else None
                if one.unit is None or place >= 0:
                    spend[named or NONE] = spend.get(named or NONE, Decimal(0)) + one.amount
            known += [part for part in spend if part is not None and part not in known]
            return self._payback(connection, scope, people, known, of, spend, by, since)

        return self._asked(name, asked)

    def _payback(
        self, connection: Connection, scope: Scope, people: Valued, parts: list[str], of: Units,
        spend: dict[str | None, Decimal], by: str, since: int | None,
    ) -> Payback:  # fmt: skip
        import numpy as np

        from tenure.predict.value.payback import groups, purchases, together

        bought = purchases(connection, scope, people, self._bought(scope), margin=self._margin)
        found = groups(parts, of, people, bought, spend, now=scope.now)
        (every,) = groups(["all"], np.where(of >= 0, 0, -1), people, bought, {}, now=scope.now)
        shown = tuple(one for one in found if one.people or one.spend)
        return Payback(by=by, groups=shown, all=together(found, every.curve), since=since)

    def saving(self, name: str | None = None) -> Saving:
        """What of the value is at stake, by the chance to be lost. Raises UsageError where no chances are written."""
        import numpy as np

        from tenure.predict.value.saving import saving

        def asked(connection: Connection, scope: Scope, people: Valued) -> Saving:
            if not np.isfinite(people.churn).any():
                raise UsageError("Nobody's chance to be lost is predicted.", hint="Run `tenure predict churn --write`.")
            return saving(people.value, people.churn)

        return self._asked(name, asked)

    def unprofitable(self, name: str | None = None) -> Unprofitable:
        """Whose expected margin is below the cost to serve them, by kind of cost, and what each is known from."""
        from tenure.predict.value.serving import unprofitable

        return self._asked(name, lambda *asked: unprofitable(asked[2], self._served(*asked)))

    def retaining(self, name: str | None = None, *, days: int = YEAR_DAYS) -> Retaining:
        """What keeping a customer cost beside what winning one did, in the last `days` days."""
        from tenure.workspace.value_costs import retaining

        return self._asked(
            name,
            lambda connection, scope, people: retaining(
                connection, scope, people, self._ws.definitions.config.costs, days
            ),
        )

    def products(self, name: str | None = None, *, days: int = DAYS) -> Products:
        """What each product does: second purchases within `days` of first buyers, returns, ratings; which to promote.

        Raises UsageError where no purchase carries products.
        """
        from tenure.predict.value.products import products

        def asked(connection: Connection) -> Products:
            found = self._counts(connection, self._ws.moves.scope(name), days)
            return products(found.rows, days=days, people=found.people, again=found.again, survey=found.survey)

        return self._ws._store.answer(asked)

    def contact(
        self, people: pa.Table | Iterable[str], name: str | None = None, *, chance: str = CHANCES[0],
        uplift: float | None = None, cost: Decimal | float | None = None, action: str | None = None,
        goal: str | None = None,
    ) -> ContactValue:  # fmt: skip
        """What it is worth to contact these people: value times chance times uplift, less the cost of a contact.

        `uplift` is assumed (of ten who would be lost, so many are kept). Without one it is what the hold-out of
        `action` measured, or that of the last action with the same `goal`; where there is none, a tenth is assumed.
        `cost` is of one contact, by default that of a message in tenure.yaml.
        """
        from tenure.workspace.value_costs import contacted, uplift_of

        if chance not in CHANCES:
            raise UsageError(f"There is no chance {chance!r}.", hint=f"There are: {', '.join(CHANCES)}.")
        costs = self._ws.definitions.config.costs
        told: Uplift = uplift_of(self._ws, uplift, action, goal)
        each = float(cost if cost is not None else costs.message or 0)
        if not 0 <= each < 1e12:
            raise UsageError(f"{cost} is no cost of a contact.", hint="Give an amount, such as 0.50.")
        return self._asked(
            name, lambda connection, scope, found: contacted(connection, found, people, chance, told, each)
        )  # fmt: skip

    def people(
        self, which: str, part: str = "", name: str | None = None, *, unit: PeriodUnit = "quarter", by: str = "channel",
        days: int = DAYS,
    ) -> pa.Table:  # fmt: skip
        """Who is behind a figure: customer_id, value and what else the list tells, the most important first.

        `which` is everybody, tenth (1 to 10), cohort (2025-Q1), channel (email), saving (a band: 50, 25, 10, 0; all),
        unprofitable (a kind of cost: who would be profitable without; all) or product (its buyers first; `again:` and
        the product: who came back). Raises UsageError for what does not exist.
        """
        from tenure.workspace.value_lists import listed, product_people

        if which == "product":
            return self._ws._store.answer(
                lambda connection: product_people(
                    connection, self._counts(connection, self._ws.moves.scope(name), days), part
                )
            )
        return self._asked(
            name, lambda connection, scope, found: listed(self, connection, scope, found, which, part, unit, by)
        )  # fmt: skip

    # --- what the rest is made of

    @property
    def _margin(self) -> Decimal | None:
        return self._ws.definitions.config.margin

    def _bought(self, scope: Scope) -> Any:
        from tenure.lifecycle.bound import meaning
        from tenure.workspace.predictions import PURCHASE

        return meaning(PURCHASE, scope.lifecycle.events)

    def _asked(self, name: str | None, tell: Callable[[Connection, Scope, Valued], T]) -> T:
        from tenure.predict.value.people import valued

        def asked(connection: Connection) -> T:
            scope = self._ws.moves.scope(name)
            people = valued(connection, scope, self._bought(scope), margin=self._margin)
            if not len(people):
                raise UsageError("Nobody's value is predicted yet.", hint="Run `tenure predict --write`.")
            return tell(connection, scope, people)

        return self._ws._store.answer(asked)

    def _served(self, connection: Connection, scope: Scope, people: Valued) -> Served:
        from tenure.predict.value.serving import paid, served
        from tenure.workspace.value_costs import known_days

        card = self._ws.predictions.card("purchases")
        return served(
            paid(connection, scope, people, self._ws.definitions.config.costs), people,
            known_days=known_days(connection, scope, people), horizon=card.horizon if card else _HORIZON,
        )  # fmt: skip

    def _counts(self, connection: Connection, scope: Scope, days: int) -> Any:
        from tenure.lifecycle.moves.scope import edges_of
        from tenure.predict.value.product_counts import counts
        from tenure.workspace.calendar import all_periods

        if not 1 <= days <= 3650:
            raise UsageError(f"{days} days are no time to come back in.", hint="Give a number from 1 to 3,650.")
        first = self._ws.first_event or scope.now
        edges = edges_of(all_periods(self._ws, "month", since=first, until=scope.now))
        found = counts(connection, scope, self._bought(scope), self._ws.zone, edges, days=days)
        if not found.rows.num_rows:
            raise UsageError("No purchase tells its products.", hint="Bring in orders with `products`.")
        return found

    def _periods(self, scope: Scope, people: Valued, unit: PeriodUnit) -> tuple[Period, ...]:
        from tenure.workspace.calendar import all_periods

        return all_periods(self._ws, unit, since=int(people.first.min()), until=scope.now)


def _in_periods(moments: Units, periods: tuple[Period, ...]) -> Units:
    import numpy as np

    begins = np.array([one.begins for one in periods], dtype=np.int64)
    return np.searchsorted(begins, moments, side="right") - 1


def _period_of(moment: int, periods: tuple[Period, ...]) -> int:
    return next((at for at, one in enumerate(periods) if one.begins <= moment < one.ends), -1)


def _owner(people: Valued, unit: int, of: Units) -> int:
    """The part of whom a cost belongs to; -1 where they are none of these people."""
    import numpy as np

    place = int(np.searchsorted(people.units, unit))
    return int(of[place]) if place < len(people) and people.units[place] == unit else -1

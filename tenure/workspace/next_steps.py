"""What everybody does next in a workspace: when they buy again, and what could be offered.

found = ws.predictions.next_orders()         # rules judged on the hold-out, and everybody's median and limits
found = ws.predictions.offers()              # products to offer, by the rule that named best what was bought
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tenure.errors import FitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.predict.features import Units
    from tenure.predict.judged import Bools
    from tenure.predict.next_order import NextOrder, Silence
    from tenure.predict.offers import Offers
    from tenure.predict.special import Floats
    from tenure.predict.summary import Known, Summary
    from tenure.workspace.predictions import Card
    from tenure.workspace.workspace import Workspace

JUDGED_DAYS = 90
_DAY = 86_400_000_000


class NextStepsOf:
    """Next orders and next offers of a workspace. `name` is a lifecycle, by default the first: its unit is who buys."""

    _ws: Workspace

    def next_orders(self, name: str | None = None, *, days: int = JUDGED_DAYS, card: Card | None = None) -> NextOrder:
        """When everybody who bought buys next, by the rule that foretold the last `days` days best.

        `card` is a prediction of purchases that was made already, whose model is looked at. Raises FitError where there
        is too little to tell.
        """
        from tenure.predict.fitting import fit
        from tenure.predict.next_order import (
            NextOrder,
            band,
            judge,
            silence_of_everybody,
            silence_of_model,
            silence_of_rhythm,
        )
        from tenure.predict.waits import first_after, waits

        card = card or self.purchases(name)  # type: ignore[attr-defined]
        days = min(days, self._longest(name))  # type: ignore[attr-defined]
        if days < 7:
            raise FitError("The log is too short to judge a next order.", hint="Bring in a longer time.")
        known: Summary = self.summary(name, held_out=days)  # type: ignore[attr-defined]
        there = known.before.frequency >= 0
        model = card.used.name if not card.used.naive else None
        if model is None and card.choice.best_model is not None:
            model = card.choice.best_model.name

        def of_model(who: Known, rows: Bools) -> Silence | None:
            if model is None:
                return None
            customers = who.frequency[rows], who.recency[rows], who.T[rows]
            try:
                return silence_of_model(fit(model, *customers), *customers)
            except FitError:
                return None

        kind = self._bought(name)
        with self._ws._store.aside() as connection:
            now, zone = self._ws.moment(None), self._ws.zone
            ((first,),) = connection.execute(f"SELECT min(time) FROM measures WHERE kind = {kind}").fetchall()

            def rules(end: int, who: Known, rows: Bools) -> list[tuple[str, Silence]]:
                units = known.units[rows]
                found: list[tuple[str, Silence]] = []
                if (by_model := of_model(who, rows)) is not None:
                    found.append(("model", by_model))
                waited = waits(connection, kind, zone, units, first=first, until=now, end=end)
                if waited.gaps.any():
                    found.append(("rhythm", silence_of_rhythm(waited)))
                before = first_after(connection, kind, zone, units, first=first, until=now, after=end - days, days=days)
                found.append(("everybody", silence_of_everybody(before, float(days), len(units))))
                return found

            came = first_after(
                connection, kind, zone, known.units[there], first=first, until=now, after=known.end, days=days
            )
            trials = judge(rules(known.end, known.before, there), came, float(days))
            everybody = np.ones(len(known.units), dtype=np.bool_)
            silence = dict(rules(known.until, known.after, everybody))[trials[0].name]
        low, median, high = band(silence)
        return NextOrder(
            trials=trials, used=trials[0], units=known.units, days=days, customers=int(there.sum()),
            came=int(np.isfinite(came).sum()), low=low, median=median, high=high,
        )  # fmt: skip

    def next_order_rows(self, found: NextOrder, most: int | None = None) -> pa.Table:
        """Everybody who bought (or so many), the first expected first: customer_id, days (median), low, high.

        Null days are for those of whom no purchase is expected.
        """
        order = np.argsort(found.median, kind="stable")[:most]

        def days(values: Floats) -> pa.Array:
            shown = values[order]
            return pa.array(np.where(np.isfinite(shown), np.round(shown, 1), np.nan), from_pandas=True)

        return pa.table({
            "customer_id": pa.array(self._names(found.units[order]), pa.string()), "days": days(found.median),
            "low": days(found.low), "high": days(found.high),
        })  # fmt: skip

    def offers(
        self, name: str | None = None, *, days: int = JUDGED_DAYS, available: Collection[str] | None = None,
        lowest_margin: float | None = None, again: Collection[str] = (), k: int = 10,
    ) -> Offers:  # fmt: skip
        """What to offer everybody, by the rule that named best what was newly bought in the last `days` days.

        Nobody is offered what they have, but for products in `again`. `available` are those that can be had (default:
        what was bought in those days), `lowest_margin` leaves out products that bring less.
        """
        from tenure.lifecycle.bound import meaning
        from tenure.predict.baskets import baskets
        from tenure.predict.offers import offers
        from tenure.workspace.predictions import PURCHASE

        if days < 1 or k < 1:
            raise UsageError("Days and products to offer are at least 1.", hint="Leave them out.")
        scope = self._ws.moves.scope(name)
        bought = meaning(PURCHASE, scope.lifecycle.events)
        with self._ws._store.aside() as connection:
            found = baskets(connection, bought, scope.lifecycle.unit, as_of=scope.now, kept=scope.kept())
        if not len(found.units):
            raise FitError(
                "No purchase tells its products.",
                hint='Map them in the source: `products: "list(sku)"` under properties.',
            )
        return offers(
            found, split=scope.now - days * _DAY, k=k, lowest_margin=lowest_margin, again=frozenset(again),
            available=None if available is None else frozenset(available),
        )  # fmt: skip

    def offer_rows(self, found: Offers, most: int | None = None) -> pa.Table:
        """Everybody with something to offer (or so many): customer_id, products (the best first), because (what they
        have that goes with the first), chance with low and high.
        """
        order = np.argsort(-np.nan_to_num(found.chance, nan=-1.0), kind="stable")
        order = order[found.offered[order, 0] >= 0][:most]
        products = [[found.products[at] for at in row if at >= 0] for row in found.offered[order].tolist()]
        because = [found.products[at] if at >= 0 else None for at in found.because[order].tolist()]
        return pa.table({
            "customer_id": pa.array(self._names(found.units[order]), pa.string()),
            "products": pa.array(["; ".join(row) for row in products], pa.string()),
            "because": pa.array(because, pa.string()), "chance": found.chance[order], "low": found.low[order],
            "high": found.high[order],
        })  # fmt: skip

    def _bought(self, name: str | None) -> int:
        """The number of the kind of measures that purchases are."""
        from tenure.lifecycle.bound import meaning
        from tenure.warehouse.measures import MeasureKind, ensure
        from tenure.workspace.predictions import PURCHASE

        lifecycle = self._ws.lifecycle(name)
        bound = meaning(PURCHASE, lifecycle.events)
        kind = MeasureKind(unit=lifecycle.unit, events=bound.events, where=bound.where, properties=bound.values)
        return self._ws._store.answer(lambda connection: ensure(connection, [kind])[kind])

    def _names(self, units: Units) -> Sequence[str]:
        return self._ids(units.tolist())  # type: ignore[attr-defined, no-any-return]

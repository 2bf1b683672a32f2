"""What the customers of a workspace are expected to buy: `ws.predictions`.

with tenure.open("shop") as ws:
    card = ws.predictions.purchases(horizon=365)
    card.choice.trials                    # every model and both naive rules on the hold-out, the best first
    ws.predictions.rows(card)             # customers: P(alive), purchases with limits, what they are worth
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tenure.errors import FitError, UsageError

if TYPE_CHECKING:
    from tenure.lifecycle.moves.scope import Scope
    from tenure.predict.choice import Choice, Trial
    from tenure.predict.fitted import Fitted
    from tenure.predict.intervals import Interval, Layer
    from tenure.predict.special import Floats
    from tenure.predict.summary import Summary
    from tenure.workspace.workspace import Workspace

HORIZON = 365
PURCHASE = "purchase"
LEVEL = 0.8
_LONGEST = 3650
_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """A prediction with what speaks for it and against it.

    `used` is the rule that the figures come from; `fitted` is its model on all the data, None for a naive rule. `total`
    are the purchases of all customers in `horizon` days with limits of four outcomes in five, None for a naive rule.
    `purchases` and `purchase_value` are of each customer, in the order of `known.units`. `value` is the model of what a
    purchase is worth, None where there is none, and `no_value` says why.
    """

    horizon: int
    known: Summary
    choice: Choice
    used: Trial
    asked: bool
    fitted: Fitted | None
    purchases: Floats
    total: Interval | None
    value: Fitted | None
    no_value: str
    purchase_value: Floats | None
    seed: int

    @property
    def expected(self) -> float:
        """The purchases expected of all together."""
        return float(self.purchases.sum())


class Predictions:
    """Predictions of a workspace. `name` is a lifecycle, by default the first: its unit is who buys."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def summary(self, name: str | None = None, *, held_out: int = 0, since: str | None = None) -> Summary:
        """What is known of everybody who bought, of which the last `held_out` days are kept apart."""
        from tenure.lifecycle.bound import meaning
        from tenure.predict.summary import summary
        from tenure.warehouse.measures import MeasureKind, ensure

        with self._ws._store.transaction() as connection:
            scope: Scope = self._ws.moves.scope(name)
            bought = meaning(PURCHASE, scope.lifecycle.events)
            kind = MeasureKind(
                unit=scope.lifecycle.unit, events=bought.events, where=bought.where, properties=bought.values
            )
            number = ensure(connection, [kind])[kind]
            return summary(
                connection, number, self._ws.zone, until=scope.now, held_out=held_out, kept=scope.kept(),
                since=self._ws.moment(since) if since else None,
            )  # fmt: skip

    def purchases(
        self, name: str | None = None, *, model: str | None = None, horizon: int = HORIZON, seed: int = 1
    ) -> Card:
        """What everybody is expected to buy in the next `horizon` days, by the rule that did best on the hold-out.

        The hold-out is as long as the horizon, and at most a third of the time that the log goes over. Raises
        UsageError for a model or horizon that cannot be, FitError where there is too little to tell.
        """
        from tenure.documents import did_you_mean
        from tenure.predict.choice import CANDIDATES, NAIVE, choose

        if not 1 <= horizon <= _LONGEST:
            raise UsageError(f"{horizon} days cannot be predicted.", hint=f"Name a number from 1 to {_LONGEST:,}.")
        rules = (*CANDIDATES, *NAIVE)
        if model is not None and model not in rules:
            hint = did_you_mean(model, rules) or f"There are {', '.join(rules)}."
            raise UsageError(f"There is no model {model!r} of purchases.", hint=hint)
        known = self.summary(name)
        if not len(known.units):
            raise UsageError("Nobody has bought anything.", hint="Bring in orders with `tenure run`.")
        days = min(horizon, (known.until - known.begin) // 3)
        if days < 1:
            raise FitError("All purchases lie within two days.", hint="Bring in a longer time with `tenure run`.")
        known = self.summary(name, held_out=days)
        choice = choose(known)
        used = next((one for one in choice.trials if one.name == model), choice.best)
        if used is None or (model is not None and used.score is None):
            raise FitError(used.why if used else "No rule could be tried.", hint="Bring in a longer time.")
        return self._card(known, choice, used, horizon, seed, asked=model is not None)

    def _card(self, known: Summary, choice: Choice, used: Trial, horizon: int, seed: int, *, asked: bool) -> Card:
        from tenure.predict.choice import naive, rows_of
        from tenure.predict.fitting import fit_rows
        from tenure.predict.registry import PURCHASES

        now, fitted, total = known.after, None, None
        value, no_value = self._value(known)
        if used.naive:
            # the rule was made for the length of the hold-out
            expected = naive(used.name, now, float(choice.days)) * (horizon / choice.days)
        else:
            fitted = fit_rows(PURCHASES[used.name], rows_of(now))
            customers = (now.frequency, now.recency, now.T)
            expected = fitted.expected_purchases(float(horizon), *customers)
            total = fitted.interval(
                float(horizon), *customers, layers=_layers(fitted), model_error=choice.model_error(used), level=LEVEL,
                draws=_DRAWS, seed=seed,
            )  # fmt: skip
        worth = value.expected_value(now.frequency, np.maximum(now.value, 0.0)) if value is not None else None
        return Card(
            horizon=horizon, known=known, choice=choice, used=used, asked=asked, fitted=fitted, purchases=expected,
            total=total, value=value, no_value=no_value, purchase_value=worth, seed=seed,
        )  # fmt: skip

    def rows(self, card: Card, most: int | None = None) -> pa.Table:
        """Everybody who bought (or so many of them), who is expected to bring most first, with limits of their own."""
        now = card.known.after
        by = card.purchases if card.purchase_value is None else card.purchase_value * card.purchases
        order = np.argsort(-by, kind="stable")[:most]
        numbers: dict[str, Any] = {
            "frequency": now.frequency[order].astype(np.int64), "recency_days": now.recency[order].astype(np.int64),
            "known_days": now.T[order].astype(np.int64),
        }  # fmt: skip
        if card.fitted is None:
            numbers["purchases"] = card.purchases[order]
        else:
            customers = (now.frequency[order], now.recency[order], now.T[order])
            own = card.fitted.interval(
                float(card.horizon), *customers, layers=_layers(card.fitted), of="each", level=LEVEL, draws=_DRAWS,
                model_error=card.choice.model_error(card.used), seed=card.seed,
            )  # fmt: skip
            numbers["p_alive"] = card.fitted.p_alive(*customers)
            numbers |= {"purchases": card.purchases[order], "purchases_low": own.low, "purchases_high": own.high}
        if card.purchase_value is not None:
            numbers |= {"purchase_value": card.purchase_value[order], "value": by[order]}
        names = self._ws._store.connection().sql("SELECT key, id FROM units").to_arrow_table()
        found = dict(zip(names["key"].to_pylist(), names["id"].to_pylist(), strict=True))
        ids = [found[key] for key in card.known.units[order].tolist()]
        return pa.table({
            "customer_id": pa.array(ids, type=pa.string()),
            **{name: pa.array(values, from_pandas=True) for name, values in numbers.items()},
        })  # fmt: skip

    def _value(self, known: Summary) -> tuple[Fitted | None, str]:
        from tenure.predict.fitting import fit

        now = known.after
        try:
            found = fit("gamma_gamma", now.frequency, monetary_value=now.value)
        except FitError as error:
            return None, str(error)
        if found.params["q"] <= 1:
            return None, "Values are so unequal that their mean cannot be told from these."
        return found, ""


def _layers(fitted: Fitted) -> tuple[Layer, ...]:
    """Of what an interval can tell: where the parameters are not bound, not of them."""
    return ("parameter", "process", "model") if fitted.covariance is not None else ("process", "model")

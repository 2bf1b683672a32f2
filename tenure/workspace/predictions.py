"""What the customers of a workspace are expected to do: `ws.predictions`.

with tenure.open("shop") as ws:
    card = ws.predictions.purchases(horizon=365)
    card.choice.trials                    # every model and both naive rules on the hold-out, the best first
    ws.predictions.rows(card)             # customers: P(alive), purchases with limits, what they are worth

Chances, next orders, offers and written scores have their own files; see `chances`, `next_steps`, `scored`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from tenure.errors import FitError, UsageError
from tenure.workspace.chances import ChancesOf
from tenure.workspace.next_steps import NextStepsOf
from tenure.workspace.scored import LEVEL, ScoresOf

if TYPE_CHECKING:
    from tenure.predict.card import ModelCard
    from tenure.predict.choice import Choice, Trial
    from tenure.predict.fitted import Fitted
    from tenure.predict.intervals import Ends, Interval, Layer
    from tenure.predict.scores import Written
    from tenure.predict.special import Floats
    from tenure.predict.spend import Spend
    from tenure.predict.summary import Summary
    from tenure.workspace.workspace import Workspace

Rows: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"

HORIZON = 365
PURCHASE = "purchase"
_LONGEST = 3650
_DRAWS = 200
_NO_ENDS = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """A prediction with what speaks for it and against it.

    `used` is the rule that the figures come from; `fitted` is its model on all the data, None for a naive rule. `total`
    are the purchases of all customers in `horizon` days with limits of four outcomes in five, None for a naive rule.
    `purchases` are of each customer, in the order of `known.units`; `spend` tells what a purchase of each is worth.
    """

    horizon: int
    known: Summary
    choice: Choice
    used: Trial
    asked: bool
    fitted: Fitted | None
    purchases: Floats
    total: Interval | None
    spend: Spend
    seed: int

    @property
    def expected(self) -> float:
        """The purchases expected of all together."""
        return float(self.purchases.sum())


class Predictions(ChancesOf, NextStepsOf, ScoresOf):
    """Predictions of a workspace. `name` is a lifecycle, by default the first: its unit is who buys."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def summary(self, name: str | None = None, *, held_out: int = 0, since: str | None = None) -> Summary:
        """What is known of everybody who bought, of which the last `held_out` days are kept apart."""
        from tenure.predict.summary import summary

        scope, kind = self._ws.moves.scope(name), self._bought(name)
        with self._ws._store.aside() as connection:
            return summary(
                connection, kind, self._ws.zone, until=scope.now, held_out=held_out, kept=scope.kept(),
                since=self._ws.moment(since) if since else None,
            )  # fmt: skip

    def _held_out(self, name: str | None, horizon: int) -> Summary:
        """What is known of everybody, with a hold-out as long as the horizon, and at most a third of the time."""
        if not 1 <= horizon <= _LONGEST:
            raise UsageError(f"{horizon} days cannot be predicted.", hint=f"Name a number from 1 to {_LONGEST:,}.")
        days = min(horizon, self._longest(name))
        known = self.summary(name, held_out=days)
        if not len(known.units):
            raise UsageError("Nobody has bought anything.", hint="Bring in orders with `tenure run`.")
        if days < 1:
            raise FitError("All purchases lie within two days.", hint="Bring in a longer time with `tenure run`.")
        return known

    def _longest(self, name: str | None) -> int:
        """The longest hold-out in days: a third of the time since the first purchase."""
        from tenure.predict.summary import span

        scope, kind = self._ws.moves.scope(name), self._bought(name)
        with self._ws._store.aside() as connection:
            begin, until = span(connection, kind, self._ws.zone, until=scope.now, kept=scope.kept())
        return (until - begin) // 3

    def purchases(
        self, name: str | None = None, *, model: str | None = None, horizon: int = HORIZON, seed: int = 1
    ) -> Card:
        """What everybody is expected to buy in the next `horizon` days, by the rule that did best on the hold-out.

        The hold-out is as long as the horizon, and at most a third of the time that the log goes over. Raises
        UsageError for a model or horizon that cannot be, FitError where there is too little to tell.
        """
        from tenure.documents import did_you_mean
        from tenure.predict.choice import CANDIDATES, NAIVE, choose

        rules = (*CANDIDATES, *NAIVE)
        if model is not None and model not in rules:
            hint = did_you_mean(model, rules) or f"There are {', '.join(rules)}."
            raise UsageError(f"There is no model {model!r} of purchases.", hint=hint)
        known = self._held_out(name, horizon)
        choice = choose(known)
        used = next((one for one in choice.trials if one.name == model), choice.best)
        if used is None or (model is not None and used.score is None):
            raise FitError(used.why if used else "No rule could be tried.", hint="Bring in a longer time.")
        return self._card(known, choice, used, horizon, seed, asked=model is not None)

    def _card(self, known: Summary, choice: Choice, used: Trial, horizon: int, seed: int, *, asked: bool) -> Card:
        from tenure.predict.choice import naive, rows_of
        from tenure.predict.fitting import fit_rows
        from tenure.predict.registry import PURCHASES
        from tenure.predict.spend import spend

        now, fitted, total = known.after, None, None
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
        return Card(
            horizon=horizon, known=known, choice=choice, used=used, asked=asked, fitted=fitted, purchases=expected,
            total=total, spend=spend(known), seed=seed,
        )  # fmt: skip

    def spend(self, name: str | None = None, *, horizon: int = HORIZON) -> Spend:
        """What a purchase of everybody is worth, by the rule that told the same hold-out best.

        Raises FitError where there is too little to tell.
        """
        from tenure.predict.spend import spend

        found = spend(self._held_out(name, horizon))
        if found.value is None:
            raise FitError(found.why, hint="Bring in orders with their `value`, or a longer time.")
        return found

    def spend_rows(self, found: Spend, most: int | None = None) -> pa.Table:
        """Everybody who bought (or so many), the most valuable purchases first: customer_id, purchases after the first,
        their mean value, and the value expected of another with what the parameters leave uncertain of it.
        """
        assert found.value is not None
        now, (low, high) = found.known.after, found.limits(LEVEL)
        order = np.argsort(-found.value, kind="stable")[:most]
        return pa.table({
            "customer_id": pa.array(self._ids(found.known.units[order].tolist()), type=pa.string()),
            "purchases": now.frequency[order].astype(np.int64),
            "mean_value": pa.array(np.where(now.frequency > 0, now.value, np.nan)[order], from_pandas=True),
            "order_value": found.value[order],
            **{
                end: pa.nulls(len(order), pa.float64()) if limit is None else limit[order]
                for end, limit in (("low", low), ("high", high))
            },
        })  # fmt: skip

    def rows(self, card: Card, most: int | None = None) -> pa.Table:
        """Everybody who bought (or so many of them), who is expected to bring most first, with limits of their own."""
        now, each = card.known.after, card.spend.value
        by = card.purchases if each is None else each * card.purchases
        order = np.argsort(-by, kind="stable")[:most]
        numbers: dict[str, Any] = {
            "frequency": now.frequency[order].astype(np.int64), "recency_days": now.recency[order].astype(np.int64),
            "known_days": now.T[order].astype(np.int64),
        }  # fmt: skip
        if card.fitted is not None:
            own = self._each(card, order)
            numbers["p_alive"] = card.fitted.p_alive(now.frequency[order], now.recency[order], now.T[order])
        numbers["purchases"] = card.purchases[order]
        if card.fitted is not None:
            numbers |= {"purchases_low": own.low, "purchases_high": own.high}
        if each is not None:
            numbers |= {"purchase_value": each[order], "value": by[order]}
        return pa.table({
            "customer_id": pa.array(self._ids(card.known.units[order].tolist()), type=pa.string()),
            **{name: pa.array(values, from_pandas=True) for name, values in numbers.items()},
        })  # fmt: skip

    def _each(self, card: Card, rows: Rows) -> Interval:
        """The limits of each of these customers' purchases."""
        assert card.fitted is not None
        now = card.known.after
        return card.fitted.interval(
            float(card.horizon), now.frequency[rows], now.recency[rows], now.T[rows], layers=_layers(card.fitted),
            of="each", level=LEVEL, draws=_DRAWS, model_error=card.choice.model_error(card.used), seed=card.seed,
        )  # fmt: skip

    def _of_purchases(self, card: Card, as_of: int) -> list[Written]:
        """The scores of a prediction of purchases: purchases, p_alive, and what they bring as clv."""
        from tenure import predict
        from tenure.predict.intervals import Counted, courses
        from tenure.predict.scores import Written
        from tenure.predict.worth import expected, future

        def written(name: str, value: Floats, ends: Ends | tuple[None, None] = _NO_ENDS) -> Written:
            low, high = ends
            return Written(
                name=name, model=card.used.name, as_of=as_of, units=card.known.units, value=value, low=low, high=high
            )

        if card.fitted is None:
            return [written("purchases", card.purchases)]
        now, config, layers = card.known.after, self._ws.definitions.config, _layers(card.fitted)
        made = future(
            card.fitted, 1.0 if card.spend.source is None else card.spend.source, now.frequency, now.recency, now.T,
            monetary_value=now.value, margin=float(1 if config.margin is None else config.margin),
            rate=predict.discount(float(config.discount)), horizon=float(card.horizon), covariates=None,
        )  # fmt: skip
        counted = Counted(
            layers=layers, model_error=card.choice.model_error(card.used), level=LEVEL, draws=_DRAWS, seed=card.seed
        )
        # the same courses of the future tell of all three
        alive, number, brings = courses(made, counted)
        chance = card.fitted.p_alive(now.frequency, now.recency, now.T)
        found = [
            written("purchases", card.purchases, number),
            # who is alive by assumption has no limits either
            written(
                "p_alive", chance, np.where(np.isnan(chance), np.nan, alive) if "parameter" in layers else _NO_ENDS
            ),
        ]
        return found if card.spend.value is None else [*found, written("clv", expected(made), brings)]

    def _settings(self, card: Card) -> tuple[str, ...]:
        """What the scores of a prediction of purchases count, a sentence each."""
        if card.fitted is None:
            return ()
        config, layers = self._ws.definitions.config, _layers(card.fitted)
        named = f"{', '.join(layers[:-1])} and {layers[-1]}"
        told = [f"Limits of purchases hold four cases in five and count these layers: {named}."]
        if "parameter" in layers:
            told.append("Those of the chance to be still a customer count how uncertain the parameters are.")
        if card.spend.value is not None:
            kept = (
                "in full, as there is no `margin`" if config.margin is None else f"by a margin of {config.margin:.0%}"
            )
            told.append(
                f"What purchases bring in {card.horizon:,} days (score.clv) counts {kept}, discounted by "
                f"{config.discount:.3g} a year (`discount` of tenure.yaml); its limits count the same layers."
            )
        return tuple(told)

    def purchases_card(self, card: Card, name: str | None = None) -> ModelCard:
        """The card of a prediction of purchases."""
        from tenure.predict.choice import naive, rows_of
        from tenure.predict.fitting import fit_rows
        from tenure.predict.registry import PURCHASES
        from tenure.predict.told import card_of_purchases, weeks_of
        from tenure.predict.waits import repeat_days

        known, choice = card.known, card.choice
        there = known.before.frequency >= 0
        then = known.before.frequency[there], known.before.recency[there], known.before.T[there]
        before = None
        chance_then = chance_now = None
        if card.used.naive:
            expected = naive(card.used.name, known.before, float(choice.days))[there]
        else:
            before = fit_rows(PURCHASES[card.used.name], rows_of(known.before, there))
            expected = before.expected_purchases(float(choice.days), *then)
            chance_then = 1 - before.p_purchases(0, float(choice.days), *then)
            now = known.after.frequency, known.after.recency, known.after.T
            assert card.fitted is not None
            chance_now = 1 - card.fitted.p_purchases(0, float(choice.days), *now)
        scope, kind = self._ws.moves.scope(name), self._bought(name)
        with self._ws._store.aside() as connection:
            repeats = repeat_days(connection, kind, self._ws.zone, until=scope.now, kept=scope.kept())
        weeks = weeks_of(
            known.until - known.after.T, repeats, before, begin=known.begin, end=known.end, until=known.until
        )
        return card_of_purchases(
            known, choice, card.used, asked=card.asked, fitted=card.fitted, before=before,
            worth=card.spend, chance_then=chance_then, expected_then=expected, chance_now=chance_now, weeks=weeks,
            lifecycle=scope.lifecycle.name, as_of=scope.now, horizon=card.horizon,
            since=self._ws.first_event or scope.now, settings=self._settings(card),
        )  # fmt: skip


def _layers(fitted: Fitted) -> tuple[Layer, ...]:
    """Of what an interval can tell: where the parameters are not bound, not of them."""
    return ("parameter", "process", "model") if fitted.covariance is not None else ("process", "model")

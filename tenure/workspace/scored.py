"""The scores and cards of a workspace: predicted, written for a moment, and told again from there.

ws.predictions.write()                   # purchases, p_alive, clv, order_value, p_churn, lead, …
ws.predictions.cards()                   # the last card of every model
ws.predictions.table("p_churn")          # everybody's last score of a name
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tenure.errors import DefinitionError, FitError, UsageError
from tenure.warehouse.where import quote

if TYPE_CHECKING:
    from tenure.predict.card import ModelCard, Realised
    from tenure.predict.health import Health, HealthDefinition
    from tenure.predict.scores import Told, Written
    from tenure.workspace.workspace import Workspace

HEALTH_FILE = "health.yaml"
LEVEL = 0.8
MODELS = ("purchases", "spend", "churn", "renewal", "lead", "next_order", "next_offer", "health")
DAYS = 90
_DAY = 86_400_000_000
_MOST_REASONED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a model says today, not written yet: its card and scores, or why there are none."""

    model: str
    card: ModelCard | None = None
    scores: tuple[Written, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a model: its card and how many scores of which names were written, or why there are none."""

    model: str
    card: ModelCard | None = None
    written: tuple[tuple[str, int], ...] = ()
    why: str = ""


class ScoresOf:
    """Scores of a workspace. `name` is a lifecycle, by default the first."""

    _ws: Workspace

    # --- health

    def health_definition(self) -> HealthDefinition | None:
        """The health score as health.yaml has it; None where there is no such file.

        Raises DefinitionError with every problem of it.
        """
        from tenure.documents import read, validate
        from tenure.expressions import Names
        from tenure.predict.health import HealthSpec, define_health

        path = self._ws.folder / HEALTH_FILE
        if not path.exists():
            return None
        document = read(path, file=HEALTH_FILE)
        spec = validate(HealthSpec, document)
        defined = self._ws.definitions.lifecycles
        names = Names(
            events=self._ws.lifecycle(spec.lifecycle).events if self._named(spec.lifecycle) else {},
            lifecycles={one.name: tuple(stage.name for stage in one.stages) for one in defined}, scores_allowed=True,
        )  # fmt: skip
        found, problems = define_health(spec, document, names)
        if problems or found is None:
            raise DefinitionError(problems)
        return found

    def _named(self, lifecycle: str | None) -> bool:
        return lifecycle is None or self._ws.definitions.lifecycle(lifecycle) is not None

    def health(self, *, days: int = DAYS) -> Health:
        """Everybody's health by health.yaml, and what came of its bands in the past, within so many days.

        Raises UsageError where there is no such file.
        """
        from tenure.predict.features import Question
        from tenure.predict.health import health, ready_for
        from tenure.workspace.chances import _entered

        defined = self.health_definition()
        if defined is None:
            raise UsageError(
                "No health score is defined.",
                hint=f"Write {HEALTH_FILE}: docs/how-to/use-scores.md has one to begin with.",
            )
        scope = self._scope(defined.lifecycle, days, None)  # type: ignore[attr-defined]
        customers, former = (self._stages(scope.lifecycle, kind) for kind in ("customer", "former"))  # type: ignore[attr-defined]
        question = Question(
            lifecycle=scope.lifecycle, lifecycles=self._ws.definitions.lifecycles, stages=customers, kept=scope.kept()
        )
        self._ws._store.answer(lambda connection: ready_for(connection, defined, question))
        with self._ws._store.aside() as connection:
            return health(
                connection, defined, question, _entered(scope, former), now=scope.now, days=days,
                first=self._ws.first_event or scope.now,
            )  # fmt: skip

    def health_rows(self, found: Health, most: int | None = None) -> pa.Table:
        """Everybody (or so many), the poorest first: customer_id, health, band, why."""
        order = np.argsort(found.score, kind="stable")[:most]
        return pa.table({
            "customer_id": pa.array(self._ids(found.units[order].tolist()), pa.string()),  # type: ignore[attr-defined]
            "health": found.score[order],
            "band": pa.array([found.definition.band(float(one)) for one in found.score[order]], pa.string()),
            "why": pa.array(["; ".join(f"{one.said} ({one.points:+.0f})" for one in found.reasons[at])
                             for at in order.tolist()], pa.string()),
        })  # fmt: skip

    # --- written

    def write(
        self, models: Collection[str] = MODELS, name: str | None = None, *, horizon: int = 365, days: int = DAYS,
        progress: Callable[[str], None] | None = None,
    ) -> tuple[Outcome, ...]:  # fmt: skip
        """What became of each model: its scores and its card are written for the moment of the histories.

        A model for which there is too little is left out, and why is told. Segments and lifecycles that ask for scores
        know of them after the next refresh. The store is written to for as long as the writing takes, not the learning.
        """
        from tenure.documents import did_you_mean

        for one in models:
            if one not in MODELS:
                hint = did_you_mean(one, MODELS) or f"There are {', '.join(MODELS)}."
                raise UsageError(f"There is no model {one!r}.", hint=hint)
        found = []
        for model in (one for one in MODELS if one in models):
            if progress:
                progress(model)
            found.append(self.keep(self.learn(model, name, horizon=horizon, days=days)))
        return tuple(found)

    def learn(self, model: str, name: str | None = None, *, horizon: int = 365, days: int = DAYS) -> Learned:
        """A model's card and scores, or why there are none; nothing is written, and whoever writes need not wait."""
        try:
            card, scores = self._scored(model, name, horizon, days)
        except (FitError, UsageError) as error:
            return Learned(model=model, why=str(error))
        return Learned(model=model, card=card, scores=tuple(scores))

    def keep(self, learned: Learned) -> Outcome:
        """What became of a model whose scores were learned: they and the card are written, of people still there."""
        from tenure.predict.scores import write

        model, card = learned.model, learned.card
        if card is None:
            return Outcome(model=model, why=learned.why)
        at = self._ws._clock()
        with self._ws._store.transaction() as connection:
            counts = tuple((one.name, write(connection, one, written_at=at)) for one in learned.scores)
            connection.execute("DELETE FROM model_cards WHERE name = ? AND as_of = ?", [model, card.as_of])
            connection.execute("INSERT INTO model_cards VALUES (?, ?, ?, ?)", [model, card.as_of, at, card.to_json()])
        return Outcome(model=model, card=card, written=counts)

    def _scored(self, model: str, name: str | None, horizon: int, days: int) -> tuple[ModelCard, list[Written]]:
        """A model's card and its scores."""
        from tenure.predict import told
        from tenure.predict.reasons import Reason, reasons
        from tenure.predict.scores import Written

        as_of, since = self._ws.moment(None), self._ws.first_event or 0
        lifecycle = self._ws.lifecycle(name).name
        match model:
            case "purchases":
                found = self.purchases(name, horizon=horizon)  # type: ignore[attr-defined]
                return self.purchases_card(found, name), self._of_purchases(found, as_of)  # type: ignore[attr-defined]
            case "spend":
                spent = self.spend(name, horizon=horizon)  # type: ignore[attr-defined]
                low, high = spent.limits(LEVEL)
                card = told.card_of_spend(spent, lifecycle=lifecycle, as_of=as_of, horizon=horizon, since=since)
                return card, [
                    Written(name="order_value", model=spent.used.name, as_of=as_of, units=spent.known.units,
                            value=spent.value, low=low, high=high)
                ]  # fmt: skip
            case "churn" | "renewal" | "lead":
                asked = {"churn": self.churn, "renewal": self.renewals, "lead": self.leads}[model]  # type: ignore[attr-defined]
                chances, scored = asked(name, days=days), told.SCORES[model]
                top = np.argsort(-chances.chance, kind="stable")[:_MOST_REASONED].tolist()
                card = told.card_of_chances(chances, realised=self._realised(chances, scored))
                return card, [
                    Written(name=scored, model=chances.used.name, as_of=as_of, units=chances.panel.units,
                            value=chances.chance, low=chances.low, high=chances.high, reasoned=top,
                            reasons=reasons(chances.rule, chances.panel, top))
                ]  # fmt: skip
            case "next_order":
                order = self.next_orders(name, days=days)  # type: ignore[attr-defined]
                return told.card_of_next_order(order, lifecycle=lifecycle, as_of=as_of, since=since), [
                    Written(name="next_order", model=order.used.name, as_of=as_of, units=order.units,
                            value=order.median, low=order.low, high=order.high)
                ]  # fmt: skip
            case "next_offer":
                offers = self.offers(name, days=days)  # type: ignore[attr-defined]
                there = np.flatnonzero(offers.offered[:, 0] >= 0).tolist()
                named = [
                    (
                        Reason(
                            said=", ".join(offers.products[at] for at in offers.offered[row, :3] if at >= 0), points=0.0
                        ),
                    )
                    for row in there
                ]
                return told.card_of_offers(offers, lifecycle=lifecycle, as_of=as_of, since=since, days=days), [
                    Written(name="next_offer", model=offers.used.name, as_of=as_of, units=offers.units,
                            value=offers.chance, low=offers.low, high=offers.high, reasoned=there, reasons=named)
                ]  # fmt: skip
            case _:
                of = self.health(days=days)
                lowest = np.argsort(of.score, kind="stable")[:_MOST_REASONED].tolist()
                return told.card_of_health(of, lifecycle=lifecycle, since=since), [
                    Written(name="health", model=f"{of.definition.name} {of.definition.id}", as_of=as_of,
                            units=of.units, value=of.score, reasoned=lowest, reasons=[of.reasons[at] for at in lowest])
                ]  # fmt: skip

    def _realised(self, chances: object, scored: str) -> list[Realised]:
        """What came of the scores written a horizon ago and earlier."""
        from tenure.predict.card import Realised
        from tenure.predict.chances import Chances

        assert isinstance(chances, Chances)
        step = chances.asked.horizon * _DAY
        rows = (
            self._ws._store.connection()
            .execute(
                f"SELECT as_of, count(*), avg(value), count(came.unit) / count(*) FROM scores AS s "
                f"LEFT JOIN (SELECT DISTINCT o.unit, a.as_of AS at FROM ({chances.asked.outcome}) AS o "
                f"JOIN (SELECT DISTINCT as_of FROM scores WHERE name = ?) AS a "
                f"ON o.time > a.as_of AND o.time <= a.as_of + {step}) AS came "
                f"ON came.unit = s.customer AND came.at = s.as_of "
                f"WHERE s.name = ? AND s.as_of <= {chances.as_of - step} GROUP BY as_of ORDER BY as_of DESC LIMIT 12",
                [scored, scored],
            )
            .fetchall()
        )
        return [
            Realised(as_of=at, people=people, predicted=float(mean), came=float(came))
            for at, people, mean, came in reversed(rows)
        ]

    # --- told

    def cards(self) -> tuple[ModelCard, ...]:
        """The last card of every model whose scores were written, in the order in which they are read."""
        from tenure.predict.card import ModelCard

        rows = (
            self._ws._store.connection()
            .execute("SELECT name, arg_max(body, as_of) FROM model_cards GROUP BY name")
            .fetchall()
        )
        bodies = dict(rows)
        return tuple(ModelCard.from_json(bodies[name]) for name in MODELS if name in bodies)

    def card(self, model: str) -> ModelCard | None:
        """The last card of a model; None where its scores were never written."""
        return next((one for one in self.cards() if one.name == model), None)

    def table(self, score: str) -> pa.Table:
        """Everybody's last score of a name: unit (key), customer_id, value, low, high, as_of (microseconds UTC)."""
        named = quote(score)
        return (
            self._ws._store.connection()
            .sql(
                "SELECT s.customer AS unit, units.id AS customer_id, value, low, high, as_of FROM scores AS s "
                f"JOIN units ON units.key = s.customer WHERE s.name = {named} "
                f"AND as_of = (SELECT max(as_of) FROM scores WHERE name = {named}) ORDER BY value DESC, customer_id"
            )
            .to_arrow_table()
        )

    def reasons_of(self, customer: str) -> tuple[Told, ...]:
        """Why somebody's last scores are what they are."""
        from tenure.predict.scores import told_reasons

        connection = self._ws._store.connection()
        rows = connection.execute("SELECT key FROM units WHERE id = ?", [customer]).fetchall()
        return tuple(one for (key,) in rows for one in told_reasons(connection, key))

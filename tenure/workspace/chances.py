"""The chances of people in a workspace: `ws.predictions.churn()`, `.renewals()`, `.leads()`, and of any event.

found = ws.predictions.churn(days=90)
found.used, found.trials                 # the rule that did best on the hold-out, and all that were tried
ws.predictions.chance_rows(found)        # everybody: chance with limits, and why
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tenure.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.scope import Scope
    from tenure.predict.chances import Asked, Chances
    from tenure.predict.terms import Terms
    from tenure.warehouse.connection import Connection
    from tenure.workspace.workspace import Workspace

DAYS = 90
_LONGEST = 730
CHANCE_MODELS = ("boosted_trees", "by_stage", "by_silence", "by_renewals", "sbg", "bdw")


class ChancesOf:
    """Chances of a workspace. `name` is a lifecycle, by default the first: its stages say who is a customer."""

    _ws: Workspace

    def churn(
        self, name: str | None = None, *, days: int = DAYS, event: str | None = None, model: str | None = None
    ) -> Chances:
        """Everybody's chance to be lost within so many days: to come into a stage of kind `former`.

        With `event` the outcome is that event instead, such as `sub_ended`. Of customers only. Raises UsageError for
        what cannot be asked, FitError where there is too little to tell.
        """
        scope = self._scope(name, days, model)
        customers = self._stages(scope.lifecycle, "customer")
        if event is None:
            lost = self._stages(scope.lifecycle, "former", hint="Or name an event: --event sub_ended.")
            outcome = _entered(scope, lost)
        else:
            outcome = self._ws._store.answer(lambda connection: _happened(connection, scope, event))
        return self._found(scope, "churn", customers, outcome, days, model, frozenset())

    def leads(self, name: str | None = None, *, days: int = DAYS, model: str | None = None) -> Chances:
        """The chance of everybody in a prospect stage to become a customer within so many days."""
        from tenure.predict.features import PURCHASE

        scope = self._scope(name, days, model)
        prospects, customers = (self._stages(scope.lifecycle, kind) for kind in ("prospect", "customer"))
        # a prospect has no purchases to tell of
        columns = frozenset({PURCHASE, "recency", "rhythm", "purchases", "spend"})
        return self._found(scope, "lead", prospects, _entered(scope, customers), days, model, columns)

    def renewals(self, name: str | None = None, *, days: int = DAYS, model: str | None = None) -> Chances:
        """The chance of everybody whose term ends within so many days that it, or one after it in them, is not renewed.

        Terms are those of subscriptions with a `period_end`. Raises UsageError where the log tells of none.
        """
        from tenure.predict.features import known_since
        from tenure.predict.terms import Terms

        scope = self._scope(name, days, model)
        terms = Terms(unit=scope.lifecycle.unit, days=days)
        everywhere = tuple(range(len(scope.lifecycle.stages)))
        with self._ws._store.aside() as connection:
            due = terms.due(scope.now, max(scope.now, known_since(connection)))
            if not connection.execute(f"SELECT 1 FROM ({due}) LIMIT 1").fetchall():
                raise UsageError(
                    f"No subscription's term ends within {days} days.",
                    hint="Bring in Subscription Started and Subscription Renewed with their period_end.",
                )
        return self._found(scope, "renewal", everywhere, terms.lost(scope.now), days, model, frozenset(), terms)

    def chance_rows(self, found: Chances, most: int | None = None) -> pa.Table:
        """Everybody (or so many), the greatest chance first: customer_id, chance, low, high, why."""
        from tenure.predict.reasons import reasons

        order = np.argsort(-found.chance, kind="stable")[:most]
        told = reasons(found.rule, found.panel, order.tolist())
        why = ["; ".join(f"{one.said} ({100 * one.points:+.0f})" for one in mine) for mine in told]
        return pa.table({
            "customer_id": pa.array(self._ids(found.panel.units[order].tolist()), pa.string()),
            "chance": found.chance[order], "low": found.low[order], "high": found.high[order],
            "why": pa.array(why, pa.string()),
        })  # fmt: skip

    def _found(
        self, scope: Scope, what: str, stages: tuple[int, ...], outcome: str, days: int, model: str | None,
        without: frozenset[str], terms: Terms | None = None,
    ) -> Chances:  # fmt: skip
        from tenure.predict.chances import MOST_PEOPLE, Asked, chances
        from tenure.predict.features import Question, ready

        question = Question(
            lifecycle=scope.lifecycle, lifecycles=self._ws.definitions.lifecycles, stages=stages, kept=scope.kept(),
            terms=terms,
        )  # fmt: skip
        reads_scores(question.needed)
        if {one.unit for one in question.needed} == {scope.lifecycle.unit}:
            # where people are very many, some of them tell as much of the past
            question = replace(question, share=min(1.0, MOST_PEOPLE / max(self._many(scope, stages), 1)))
        asked: Asked = Asked(name=what, question=question, outcome=outcome, horizon=days, without=without)
        # whoever writes need not wait until everything is learned
        self._ws._store.answer(lambda connection: ready(connection, question))
        with self._ws._store.aside() as connection:
            return chances(connection, asked, now=scope.now, model=model)

    def _many(self, scope: Scope, stages: tuple[int, ...]) -> int:
        places = ", ".join(map(str, stages))
        query = f"SELECT count(*) FROM ({scope.present()}) WHERE stage IN ({places})"
        ((count,),) = self._ws._store.connection().execute(query).fetchall()
        return int(count)

    def _scope(self, name: str | None, days: int, model: str | None) -> Scope:
        from tenure.documents import did_you_mean

        if not 1 <= days <= _LONGEST:
            raise UsageError(f"{days} days cannot be predicted.", hint=f"Name a number from 1 to {_LONGEST}.")
        if model is not None and model not in CHANCE_MODELS:
            hint = did_you_mean(model, CHANCE_MODELS) or f"There are {', '.join(CHANCE_MODELS)}."
            raise UsageError(f"There is no rule {model!r} of chances.", hint=hint)
        return self._ws.moves.scope(name)

    def _stages(self, lifecycle: Lifecycle, kind: str, hint: str = "") -> tuple[int, ...]:
        found = tuple(place for place, stage in enumerate(lifecycle.stages) if stage.kind == kind)
        if not found:
            raise UsageError(
                f"{lifecycle.name!r} has no stage of kind {kind}.",
                hint=f"Give a stage `kind: {kind}` in its file. {hint}".strip(),
            )
        return found

    def _ids(self, keys: Sequence[int]) -> list[str]:
        names = self._ws._store.connection().sql("SELECT key, id FROM units").to_arrow_table()
        found = dict(zip(names["key"].to_pylist(), names["id"].to_pylist(), strict=True))
        return [found[key] for key in keys]


def reads_scores(lifecycles: Sequence[Lifecycle]) -> None:
    """Nothing; raises UsageError where stages depend on scores, which would foretell themselves."""
    from tenure.expressions.tree import Measure, walk

    for lifecycle in lifecycles:
        for condition in lifecycle.conditions():
            for node in walk(condition):
                if isinstance(node, Measure) and node.function == "score":
                    raise UsageError(
                        f"Stages of {lifecycle.name!r} depend on score.{node.name}: what is predicted of them would "
                        "foretell itself.",
                        hint="Predict by a lifecycle without scores: --lifecycle NAME.",
                    )


def _entered(scope: Scope, stages: Sequence[int]) -> str:
    """SQL of when units came into some stages: unit, time."""
    places = ", ".join(map(str, stages))
    return f"SELECT unit, entered_at AS time FROM ({scope.stays()}) WHERE stage IN ({places})"


def _happened(connection: Connection, scope: Scope, event: str) -> str:
    """SQL of when an event happened to units: unit, time."""
    from tenure.lifecycle.bound import meaning
    from tenure.warehouse.measures import MeasureKind, ensure

    bound = meaning(event, scope.lifecycle.events)
    kind = MeasureKind(unit=scope.lifecycle.unit, events=bound.events, where=bound.where)
    number = ensure(connection, [kind])[kind]
    found = f"SELECT unit, time FROM measures WHERE kind = {number} AND time <= {scope.now}"
    if connection.execute(f"SELECT count(*) FROM ({found})").fetchall() == [(0,)]:
        raise UsageError(f"The log has no event {event!r}.", hint="Name one that it has: `tenure doctor` lists them.")
    return found

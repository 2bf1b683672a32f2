"""Cards made of what was found: of purchases, chances, next orders, offers and health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from tenure.predict.card import BandRow, Class, ModelCard, Parameter, Realised, Trial, Week, verdict
from tenure.predict.chances import Chances, Drift, Tried
from tenure.predict.choice import Choice
from tenure.predict.choice import Trial as TriedPurchases
from tenure.predict.fitted import Fitted
from tenure.predict.health import Health
from tenure.predict.judged import deciles_of_counts, reliability, stability
from tenure.predict.next_order import NextOrder, TriedOrder
from tenure.predict.offers import Offers, TriedOffer
from tenure.predict.renewing import Renewing
from tenure.predict.special import Floats
from tenure.predict.spend import Spend, TriedValue
from tenure.predict.summary import Summary

SCORE, BRIER, AUC = ("log score", True), ("Brier score", False), ("AUC", True)
SCORES = {"churn": "p_churn", "renewal": "p_not_renewed", "lead": "lead"}
_CLASSES = 7

Rule = TypeVar("Rule", Tried, TriedPurchases, TriedValue, TriedOrder, TriedOffer)


def card_of_chances(found: Chances, *, asked: bool = False, realised: Sequence[Realised] = ()) -> ModelCard:
    """The card of chances."""
    titles = {"churn": "Who is lost", "renewal": "Who does not renew", "lead": "Who becomes a customer"}
    trials = _trials(found.trials, found.used.name, lambda one: (one.score, one.brier, one.auc))
    notes = [
        f"{one.group.partition(':')[2]!r} by itself told {one.hit:.0%} of those who have it ({one.then:.1%} of people "
        f"then, {one.now:.1%} today): "
        + ("left out, as it is likely to be known only afterwards." if one.left_out else
           "kept, as people of today have it too; make sure that it is known beforehand.")
        for one in found.leaks
    ]  # fmt: skip
    share = found.asked.question.share
    if share < 1:
        notes.append(f"People are many: of the past {share:.0%} were looked at, a sample made by their keys.")
    if isinstance(found.rule, Renewing):
        notes += found.rule.fitted.notes
    notes += [one.why for one in found.trials if one.why and one.why not in notes]
    return ModelCard(
        name=found.asked.name, title=titles.get(found.asked.name, found.asked.name), used=found.used.title,
        verdict=verdict(trials, asked=asked), trials=trials,
        lifecycle=found.asked.question.lifecycle.name, as_of=found.as_of, horizon=found.asked.horizon,
        window=(found.dates.all()[0], found.as_of), held_out=found.asked.horizon, people=found.people, came=found.hits,
        judged_by=(SCORE, BRIER, AUC), gates=found.gates, bins=found.bins, tenths=found.tenths, drift=found.drift,
        parameters=tuple(_parameters(found.rule.fitted)) if isinstance(found.rule, Renewing) else (),
        notes=tuple(notes), realised=tuple(realised), scores=(SCORES[found.asked.name],),
    )  # fmt: skip


def card_of_purchases(
    known: Summary, choice: Choice, used: TriedPurchases, *, asked: bool, fitted: Fitted | None, before: Fitted | None,
    worth: Spend, chance_then: Floats | None, expected_then: Floats, chance_now: Floats | None,
    weeks: Sequence[Week], lifecycle: str, as_of: int, horizon: int, since: int, settings: Sequence[str] = (),
    realised: Sequence[Realised] = (),
) -> ModelCard:  # fmt: skip
    """The card of purchases; what they are `worth` has a card of its own."""
    there = known.before.frequency >= 0
    x, bought = known.before.frequency[there], (known.after.frequency - known.before.frequency)[there]
    trials, told = verdict_of_purchases(choice, used, asked=asked)
    drift = [
        Drift(name=name, stability=stability(then, now))
        for name, then, now in (
            ("purchases so far", x, known.after.frequency),
            ("days since the last purchase", (known.before.T - known.before.recency)[there],
             known.after.T - known.after.recency),
            ("value of a purchase", known.before.value[there], known.after.value),
        )
    ]  # fmt: skip
    if chance_then is not None and chance_now is not None:
        drift.insert(0, Drift(name="the chance to buy", stability=stability(chance_then, chance_now)))
    notes = [*(fitted.notes if fitted else ()), *settings]
    if worth.why:
        notes.append(f"What purchases are worth is not told: {worth.why}")
    valued = fitted is not None and worth.value is not None
    return ModelCard(
        name="purchases", title="What is bought", used=used.title, verdict=told, lifecycle=lifecycle, as_of=as_of,
        horizon=horizon, window=(since, as_of), held_out=choice.days, people=choice.customers, came=choice.bought,
        judged_by=(SCORE, ("off by", False), ("expected in all", True)), trials=trials,
        parameters=tuple(_parameters(fitted, before)),
        bins=reliability(chance_then, bought > 0) if chance_then is not None else (),
        tenths=deciles_of_counts(expected_then, bought), classes=_classes(x, bought, expected_then),
        weeks=tuple(weeks), drift=tuple(drift), notes=tuple(dict.fromkeys(notes)), realised=tuple(realised),
        scores=("purchases", *(("p_alive",) if fitted else ()), *(("clv",) if valued else ())),
    )  # fmt: skip


def verdict_of_purchases(
    choice: Choice, used: TriedPurchases, *, asked: bool
) -> tuple[tuple[Trial, ...], str]:  # fmt: skip
    """The trials of purchases, and what was chosen and why."""
    trials = _trials(choice.trials, used.name, lambda one: (one.score, one.error, one.expected))
    told, nearer = verdict(trials, asked=asked), min((one for one in choice.trials if one.naive), key=_off)
    if not used.naive and _off(nearer) < _off(used):
        told += f" In single numbers {nearer.title} was nearer: off by {_off(nearer):.3f}, against {_off(used):.3f}."
    return trials, told


def card_of_spend(found: Spend, *, lifecycle: str, as_of: int, horizon: int, since: int) -> ModelCard:
    """The card of what a purchase is worth."""
    known = found.known
    used, notes = found.used, list(found.fitted.notes if found.fitted else ())
    trials = _trials(found.trials, used.name if used else "", lambda one: (one.deviance, one.error, one.expected))
    if used is None:
        told = f"What purchases are worth is not told: {found.why}"
    elif used.deviance is None:
        told = f"Hardly anybody bought in the hold-out: {used.title} is used, and nothing speaks for it or against it."
    else:
        told = verdict(trials)
    parameters = _parameters(found.fitted)
    if found.related is not None:
        customers = max(found.gates[0].there - 1, 1)
        parameters.append(
            Parameter(name="correlation with frequency", value=found.related,
                      error=(1 - found.related**2) / customers**0.5)
        )  # fmt: skip
    notes.append(
        "Gamma-Gamma takes what purchases are worth and how often somebody buys as independent; the correlation says "
        "how far that is so."
    )
    if used is not None and used.naive:
        notes.append("Values are means, which have no limits; score.clv counts them as certain.")
    return ModelCard(
        name="spend", title="What a purchase is worth", used=used.title if used else "nothing", verdict=told,
        lifecycle=lifecycle, as_of=as_of, horizon=horizon, window=(since, as_of), held_out=known.held_out,
        people=found.customers, came=found.purchases,
        judged_by=(("deviance", False), ("off by", False), ("expected in all", True)),
        trials=trials,
        gates=found.gates, parameters=tuple(parameters), values=found.bands,
        drift=(
            Drift(name="value of a purchase", stability=stability(
                known.before.value[known.before.frequency > 0], known.after.value[known.after.frequency > 0])),
        ),
        notes=(f"Purchases in the hold-out brought {found.came:,.0f} in all.", *notes), scores=("order_value",),
    )  # fmt: skip


def _trials(found: Iterable[Rule], used: str, figures: Callable[[Rule], tuple[float | None, ...]]) -> tuple[Trial, ...]:
    """How rules did, as a card has it; `figures` are those of a rule."""
    return tuple(
        Trial(
            title=one.title, naive=one.naive, used=one.name == used, figures=figures(one), why=getattr(one, "why", "")
        )
        for one in found
    )  # fmt: skip


def _off(one: TriedPurchases) -> float:
    return one.error if one.error is not None else float("inf")


def _parameters(fitted: Fitted | None, before: Fitted | None = None) -> list[Parameter]:
    return [
        Parameter(name=f"{name}{when}", value=value, error=_known(model.standard_errors[name]))
        for model, when in ((fitted, ""), (before, " before the hold-out"))
        if model is not None
        for name, value in model.params.items()
    ]


def _known(error: float) -> float | None:
    return error if error == error else None


def _classes(x: Floats, bought: Floats, expected: Floats) -> tuple[Class, ...]:
    found = []
    for place in range(_CLASSES + 1):
        here = x == place if place < _CLASSES else x >= place
        if here.any():
            name = f"{place + 1}" if place < _CLASSES else f"{place + 1} or more"
            found.append(
                Class(name=name, people=int(here.sum()), came=float(bought[here].mean()),
                      expected=float(expected[here].mean()))
            )  # fmt: skip
    return tuple(found)


def card_of_next_order(found: NextOrder, *, lifecycle: str, as_of: int, since: int) -> ModelCard:
    """The card of next orders."""
    trials = _trials(found.trials, found.used.name, lambda one: (one.score, one.within, _known(one.off)))
    return ModelCard(
        name="next_order", title="When people buy next", used=found.used.title,
        verdict=verdict(trials), trials=trials,
        lifecycle=lifecycle, as_of=as_of, horizon=found.days, window=(since, as_of), held_out=found.days,
        people=found.customers, came=found.came,
        judged_by=(SCORE, ("within the limits", True), ("off by days (median)", False)),
        notes=("The limits are those of four cases in five: 80 % within them is right, not more.",),
        scores=("next_order",),
    )  # fmt: skip


def card_of_offers(found: Offers, *, lifecycle: str, as_of: int, since: int, days: int) -> ModelCard:
    """The card of next offers."""
    trials = _trials(found.trials, found.used.name, lambda one: (one.recall, one.rank))
    return ModelCard(
        name="next_offer", title="What people buy next", used=found.used.title,
        verdict=verdict(trials), trials=trials,
        lifecycle=lifecycle, as_of=as_of, horizon=days, window=(since, as_of), held_out=days, people=found.judged,
        came=found.judged, judged_by=((f"recall at {found.k}", True), ("reciprocal rank", True)),
        notes=("Only what people had not bought before counts as right. People judged bought something new.",),
        scores=("next_offer",),
    )  # fmt: skip


def card_of_health(found: Health, *, lifecycle: str, since: int) -> ModelCard:
    """The card of a health score."""
    people, lost = sum(one.people for one in found.tested), sum(one.lost for one in found.tested)
    if not people or not lost:
        told = "There is no past to test the bands by yet."
    elif found.told:
        told = "The bands tell: the healthier the band, the fewer were lost."
    else:
        told = "The bands do not stand in order: of a healthier band more were lost than of a poorer one. Change them."
    return ModelCard(
        name="health", title="Health", used=f"{found.definition.name}, version {found.definition.id}", verdict=told,
        lifecycle=lifecycle, as_of=found.as_of, horizon=found.days,
        window=(min(found.dates, default=since), found.as_of), held_out=found.days, people=people, came=lost,
        judged_by=(), trials=(), scores=("health",),
        bands=tuple(
            BandRow(name=one.band, people=one.people, lost=one.lost, lift=_known(one.lift)) for one in found.tested
        ),
        notes=(
            f"Tested at {len(found.dates)} dates, {found.days} days apart, on people who were customers then.",
            "The score is counted and not estimated, so it has no limits; the bands say how far it tells.",
        ),
    )  # fmt: skip


def weeks_of(
    first_days: Floats, repeats: Floats, fitted: Fitted | None, *, begin: int, end: int, until: int
) -> tuple[Week, ...]:
    """Repeat purchases week by week: those that came, and what a model fitted to `end` expected of everybody who came.

    `first_days` are the local days of everybody's first purchase, `repeats` those of every later one.
    """
    from datetime import date, timedelta

    starts = np.arange(begin, until + 1, 7)
    came = np.histogram(repeats, bins=np.append(starts, starts[-1] + 7))[0]
    expected = np.full(len(starts), np.nan)
    if fitted is not None:
        born, count = np.unique(first_days, return_counts=True)
        ages = np.maximum(np.minimum(np.append(starts, starts[-1] + 7), until + 1)[None, :] - 1 - born[:, None], 0.0)
        by_age = np.unique(ages)
        grown = fitted.expected_purchases(np.maximum(by_age, 1e-9))
        total = (count[:, None] * grown[np.searchsorted(by_age, ages)]).sum(axis=0)
        expected = np.diff(total)
    epoch = date(1970, 1, 1)
    return tuple(
        Week(day=(epoch + timedelta(days=int(day))).isoformat(), came=int(hits), expected=_known(float(wanted)),
             held_out=bool(day > end))
        for day, hits, wanted in zip(starts, came, expected, strict=True)
    )  # fmt: skip

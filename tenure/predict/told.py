"""Cards made of what was found: of purchases, chances, next orders, offers and health."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tenure.predict.card import BandRow, Class, ModelCard, Parameter, Realised, Trial, Week, verdict
from tenure.predict.chances import Chances, Drift
from tenure.predict.choice import Choice
from tenure.predict.choice import Trial as TriedPurchases
from tenure.predict.fitted import Fitted
from tenure.predict.health import Health
from tenure.predict.judged import deciles_of_counts, reliability, stability
from tenure.predict.next_order import NextOrder
from tenure.predict.offers import Offers
from tenure.predict.special import Floats
from tenure.predict.summary import Summary

SCORE, BRIER, AUC = ("log score", True), ("Brier score", False), ("AUC", True)
SCORES = {"churn": "p_churn", "renewal": "p_not_renewed", "lead": "lead"}
_CLASSES = 7


def card_of_chances(found: Chances, *, asked: bool = False, realised: Sequence[Realised] = ()) -> ModelCard:
    """The card of chances."""
    titles = {"churn": "Who is lost", "renewal": "Who does not renew", "lead": "Who becomes a customer"}
    best, model = found.trials[0], found.best_model
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
    if found.used.why:
        notes.append(found.used.why)
    notes += [one.why for one in found.trials if one.why and one.why not in notes]
    return ModelCard(
        name=found.asked.name, title=titles.get(found.asked.name, found.asked.name), used=found.used.title,
        verdict=verdict(found.used.title, naive=found.used.naive, asked=asked, best=best.title,
                        best_model=model.title if model else None),
        lifecycle=found.asked.question.lifecycle.name, as_of=found.as_of, horizon=found.asked.horizon,
        window=(found.dates.all()[0], found.as_of), held_out=found.asked.horizon, people=found.people, came=found.hits,
        judged_by=(SCORE, BRIER, AUC), gates=found.gates, bins=found.bins, tenths=found.tenths, drift=found.drift,
        trials=tuple(
            Trial(title=one.title, naive=one.naive, used=one.name == found.used.name, why=one.why,
                  figures=(one.score, one.brier, one.auc))
            for one in found.trials
        ),
        notes=tuple(notes), realised=tuple(realised), scores=(SCORES[found.asked.name],),
    )  # fmt: skip


def card_of_purchases(
    known: Summary, choice: Choice, used: TriedPurchases, *, asked: bool, fitted: Fitted | None, before: Fitted | None,
    value: Fitted | None, no_value: str, chance_then: Floats | None, expected_then: Floats, chance_now: Floats | None,
    weeks: Sequence[Week], lifecycle: str, as_of: int, horizon: int, since: int, settings: Sequence[str] = (),
    realised: Sequence[Realised] = (),
) -> ModelCard:  # fmt: skip
    """The card of purchases and of what they are worth."""
    there = known.before.frequency >= 0
    x, bought = known.before.frequency[there], (known.after.frequency - known.before.frequency)[there]
    best, model = choice.best, choice.best_model
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
    notes = [*(fitted.notes if fitted else ()), *(value.notes if value else ()), *settings]
    if no_value:
        notes.append(f"What purchases are worth is not told: {no_value}")
    error, nearer = used.error, min((one for one in choice.trials if one.naive), key=_off)
    told = verdict(used.title, naive=used.naive, asked=asked, best=best.title if best else used.title,
                   best_model=model.title if model else None)  # fmt: skip
    if not used.naive and error is not None and _off(nearer) < error:
        told += f" In single numbers {nearer.title} was nearer: off by {_off(nearer):.3f}, against {error:.3f}."
    return ModelCard(
        name="purchases", title="What is bought", used=used.title, verdict=told, lifecycle=lifecycle, as_of=as_of,
        horizon=horizon, window=(since, as_of), held_out=choice.days, people=choice.customers, came=choice.bought,
        judged_by=(SCORE, ("off by", False), ("expected in all", True)),
        trials=tuple(
            Trial(title=one.title, naive=one.naive, used=one.name == used.name, why=one.why,
                  figures=(one.score, one.error, one.expected))
            for one in choice.trials
        ),
        parameters=tuple(_parameters(fitted, value, before)),
        bins=reliability(chance_then, bought > 0) if chance_then is not None else (),
        tenths=deciles_of_counts(expected_then, bought), classes=_classes(x, bought, expected_then), weeks=tuple(weeks),
        drift=tuple(drift), notes=tuple(dict.fromkeys(notes)), realised=tuple(realised),
        scores=("purchases", *(("p_alive",) if fitted else ()), *(("clv",) if value else ())),
    )  # fmt: skip


def _off(one: TriedPurchases) -> float:
    return one.error if one.error is not None else float("inf")


def _parameters(fitted: Fitted | None, value: Fitted | None, before: Fitted | None) -> list[Parameter]:
    found = []
    for model, named in ((fitted, ""), (value, "value ")):
        if model is not None:
            found += [
                Parameter(name=f"{named}{name}", value=one, error=_known(model.standard_errors[name]))
                for name, one in model.params.items()
            ]
    if before is not None and fitted is not None:
        found += [
            Parameter(name=f"{name} before the hold-out", value=one, error=_known(before.standard_errors[name]))
            for name, one in before.params.items()
        ]
    return found


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
    best = next((one for one in found.trials if not one.naive), None)
    return ModelCard(
        name="next_order", title="When people buy next", used=found.used.title,
        verdict=verdict(found.used.title, naive=found.used.naive, asked=False, best=found.trials[0].title,
                        best_model=best.title if best else None),
        lifecycle=lifecycle, as_of=as_of, horizon=found.days, window=(since, as_of), held_out=found.days,
        people=found.customers, came=found.came,
        judged_by=(SCORE, ("within the limits", True), ("off by days (median)", False)),
        trials=tuple(
            Trial(title=one.title, naive=one.naive, used=one.name == found.used.name,
                  figures=(one.score, one.within, _known(one.off)))
            for one in found.trials
        ),
        notes=("The limits are those of four cases in five: 80 % within them is right, not more.",),
        scores=("next_order",),
    )  # fmt: skip


def card_of_offers(found: Offers, *, lifecycle: str, as_of: int, since: int, days: int) -> ModelCard:
    """The card of next offers."""
    best = next((one for one in found.trials if not one.naive), None)
    return ModelCard(
        name="next_offer", title="What people buy next", used=found.used.title,
        verdict=verdict(found.used.title, naive=found.used.naive, asked=False, best=found.trials[0].title,
                        best_model=best.title if best else None),
        lifecycle=lifecycle, as_of=as_of, horizon=days, window=(since, as_of), held_out=days, people=found.judged,
        came=found.judged, judged_by=((f"recall at {found.k}", True), ("reciprocal rank", True)),
        trials=tuple(
            Trial(title=one.title, naive=one.naive, used=one.name == found.used.name, figures=(one.recall, one.rank))
            for one in found.trials
        ),
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

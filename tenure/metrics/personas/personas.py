"""Personas found on behaviour: clusters of people, how stable they are, and what sets each apart.

    found = personas(behaviour(connection, scope, bought, months), seed=1)
    found.personas[0].words("EUR")                     # 'buy more often (6.2 against 1.9 purchases), …'

Where nothing stable is found the result says so, and has no persona.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from tenure.metrics.personas.clusters import (
    LEAST,
    STABLE,
    Floats,
    Ints,
    Tried,
    choose,
    kmeans,
    nearest,
    settle,
    tried,
)
from tenure.metrics.personas.features import Behaviour, Feature
from tenure.metrics.personas.words import Trait

SEED = 1
# from here on they come back nearly whole (Hennig 2007)
VERY_STABLE = 0.85
# below, a cluster is no pattern at all
PATTERN = 0.6
TOLD = 3
# a smaller difference, in standard deviations, sets nobody apart
_APART = 0.3
# so many people show as well as all how many groups there are
_TRIED, _FITTED = 1_500, 20_000
_DRAWS = 10
_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A group of people who behave alike.

    `stability` (0 to 1) is how well it comes back in other draws of people; `traits` are all features, those that
    set it apart most first. `money` is what they spent.
    """

    name: str
    people: int
    share: float
    money: Decimal
    stability: float
    traits: tuple[Trait, ...]

    @property
    def stable(self) -> bool:
        """Whether it comes back well enough to be told."""
        return self.stability >= STABLE

    @property
    def firm(self) -> str:
        """How stable it is, in words."""
        if self.stability >= VERY_STABLE:
            return "very stable"
        return "stable" if self.stable else "uncertain" if self.stability >= PATTERN else "not stable"

    @property
    def apart(self) -> tuple[Trait, ...]:
        """The few traits that set it apart."""
        return tuple(one for one in self.traits if abs(one.difference) >= _APART)[:TOLD]

    def words(self, currency: str | None) -> str:
        """What sets it apart, in words."""
        return ", ".join(one.words(currency) for one in self.apart) or "like all others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Personas:
    """The personas, the largest first; none where none is stable, and then `reason` says why.

    `people` are all who bought; `features` what they were told apart by; `tried` what speaks for each number of groups
    that was looked at; `of` the persona's place of each unit, by the unit's key.
    """

    personas: tuple[Persona, ...]
    people: int
    features: tuple[Feature, ...]
    tried: tuple[Tried, ...]
    reason: str = ""
    units: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False, compare=False)
    places: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the personas."""
        return tuple(one.name for one in self.personas)


def personas(told: Behaviour, *, k: int | None = None, seed: int = SEED) -> Personas:
    """The personas of everybody who bought; with `k` so many of them, stable or not.

    The same people, `k` and `seed` give the same personas.
    """
    count = len(told.units)
    if count < LEAST:
        few = Personas(personas=(), people=count, features=(), tried=())
        return _without(few, f"{count} who bought are too few; it takes {LEAST}.")
    points, features = told.points()
    nothing = Personas(personas=(), people=count, features=features, tried=())
    if not features:
        return _without(nothing, "All who bought did the same.")
    different = len(np.unique(points, axis=0))
    if k is not None and different < k:
        return _without(nothing, f"What people do differs in {different} ways only.")
    random = np.random.default_rng([seed, 0])
    some = _some(points, _TRIED, random)
    if k is None:
        found, looked_at = choose(some, seed, draws=_DRAWS)
        if found is None:
            return _without(
                Personas(personas=(), people=count, features=features, tried=looked_at), _unstable(looked_at)
            )
        chosen = next(one for one in looked_at if one.k == len(found.centres))
    else:
        found = kmeans(some, k, random)
        chosen = tried(some, found, random, draws=_DRAWS)
        looked_at = (chosen,)
    centres = settle(_some(points, _FITTED, random), found.centres).centres
    labels, _ = nearest(points, centres)
    order = np.argsort(-np.bincount(labels, minlength=chosen.k), kind="stable")
    order = np.array([place for place in order if (labels == place).any()])
    renamed = np.full(chosen.k, -1)
    renamed[order] = np.arange(len(order))
    labels = renamed[labels]
    return Personas(
        personas=tuple(
            _persona(told, points, features, labels, place, chosen.each[old]) for place, old in enumerate(order)
        ),
        people=count, features=features, tried=looked_at, units=told.units, places=labels.astype(np.int64),
    )  # fmt: skip


def _without(nothing: Personas, reason: str) -> Personas:
    return Personas(personas=(), people=nothing.people, features=nothing.features, tried=nothing.tried, reason=reason)


def _unstable(tried: Sequence[Tried]) -> str:
    if not tried:
        return "What people do differs too little to make groups."
    best = max(tried, key=lambda one: one.stability)
    if best.stability < STABLE:
        return (
            f"No groups come back when people are drawn anew: the best, {best.k} of them, with a stability of "
            f"{best.stability:.2f}; it takes {STABLE}."
        )
    if not any(one.stability >= STABLE and one.apart for one in tried):
        return (
            "People differ by degrees: the groups that come back when they are drawn anew hold them together no better "
            "than parts of one cloud of the same spread would."
        )
    return "The groups that come back are of a few people only, or no firmer than chance makes them."


def _some(points: Floats, most: int, random: np.random.Generator) -> Floats:
    if len(points) <= most:
        return points
    return points[np.sort(random.choice(len(points), size=most, replace=False))]


def _persona(
    told: Behaviour, points: Floats, features: Sequence[Feature], labels: Ints, place: int, firm: float
) -> Persona:
    inside = labels == place
    traits = []
    for column, feature in enumerate(features):
        drawn = points[:, column]
        spread = drawn.std()
        others = drawn[~inside].mean() if (~inside).any() else drawn.mean()
        at = told.features.index(feature)
        mine, theirs = (_value(told, at, feature, chosen) for chosen in (inside, ~inside))
        difference = float((drawn[inside].mean() - others) / spread)
        # where a few with very much turn the figures round, they do not say what the persona does
        if (mine - theirs) * difference > 0:
            traits.append(Trait(feature=feature, difference=difference, inside=mine, others=theirs))
    traits.sort(key=lambda one: -abs(one.difference))
    people = int(inside.sum())
    return Persona(
        name=f"p{place + 1}", people=people, share=people / len(labels), stability=firm, traits=tuple(traits),
        money=Decimal(repr(float(told.money[inside].sum()))).quantize(_STEP),
    )  # fmt: skip


def _value(told: Behaviour, at: int, feature: Feature, chosen: Ints) -> float:
    if not chosen.any():
        return 0.0
    above, below = told.above[chosen, at], told.below[chosen, at]
    return float(np.median(above)) if feature.kind == "recency" else float(above.sum() / below.sum())

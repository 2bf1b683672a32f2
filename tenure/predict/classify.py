"""Rules that give people a chance: boosted trees, calibrated on later people, and two naive ones.

    boosted = learn_boosted(training, calibration)      # each a Labelled: a panel, and for whom it came
    boosted.chance(panel)

The trees are scikit-learn's histogram gradient boosting. What they give is a score; a curve fitted to people of a later
date than any they learned from makes it a chance (J. C. Platt, Probabilistic Outputs for Support Vector Machines, 1999;
with many of both kinds isotonic regression, B. Zadrozny and C. Elkan, KDD 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tenure.predict.features import RENEWALS, Matrix, Panel
from tenure.predict.judged import Bools
from tenure.predict.special import Floats

BOOSTED = "boosted_trees", "Boosted trees"
STAGE, PURCHASED, ANYTHING = "stage", "days since purchase", "days since any event"
_TREES, _RATE, _LEAVES, _LEAST_LEAF = 120, 0.06, 12, 20
_ISOTONIC = 1000
_SMOOTH = 10.0
_MOST_ROWS = 100_000
_MOST_RENEWALS = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """People as they stood, and for which of them it came within the horizon."""

    panel: Panel
    came: Bools

    @property
    def hits(self) -> int:
        """For how many it came."""
        return int(self.came.sum())


class Rule(Protocol):
    """Something that gives people a chance."""

    @property
    def name(self) -> str:
        """What it is called in code."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def naive(self) -> bool:
        """Whether it is there to be beaten."""

    def chance(self, panel: Panel) -> Floats:
        """The chance of everybody."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boosted:
    """Boosted trees with the curve that makes chances of their scores.

    `curve` tells which kind of curve, `places` which columns of a panel the trees have looked at.
    """

    trees: Any
    fitted_curve: Any
    curve: str
    places: tuple[int, ...]
    name: str = BOOSTED[0]
    title: str = BOOSTED[1]
    naive: bool = False

    def chance(self, panel: Panel) -> Floats:
        """The chance of everybody."""
        return self.chance_of(panel.values)

    def chance_of(self, values: Matrix) -> Floats:
        """The chance of rows of numbers."""
        if not len(values):
            return np.empty(0)
        with _one_thread():
            raw = self.trees.decision_function(values[:, self.places])
        if self.curve == "isotonic":
            return np.asarray(self.fitted_curve.predict(raw), dtype=np.float64)
        return np.asarray(self.fitted_curve.predict_proba(raw[:, None])[:, 1], dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """The share for whom it came, of those alike in one number: `edges` part it (none: a whole number by itself)."""

    name: str
    title: str
    column: str
    edges: Floats | None
    rates: Floats
    naive: bool = True

    def chance(self, panel: Panel) -> Floats:
        """The chance of everybody."""
        return self.rates[_places(panel.column(self.column), self.edges, len(self.rates))]


def learn_boosted(training: Sequence[Labelled], calibration: Labelled, *, seed: int = 1) -> Boosted:
    """Boosted trees of people at several dates, calibrated on people of a later one."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

    values, came = stacked(training, seed)
    columns = training[0].panel.columns
    # a column in which all are alike tells nothing
    places = tuple(place for place in range(len(columns)) if len(np.unique(values[:, place])) > 1)
    named = np.array([bool(columns[place].values) for place in places])
    trees = HistGradientBoostingClassifier(
        max_iter=_TREES, learning_rate=_RATE, max_leaf_nodes=_LEAVES, early_stopping=False, random_state=seed,
        min_samples_leaf=max(_LEAST_LEAF, len(came) // 1000), l2_regularization=1.0,
        categorical_features=named if named.any() else None,
    )  # fmt: skip
    with _one_thread():
        trees.fit(values[:, places], came)
        curve, fitted = _curve(trees.decision_function(calibration.panel.values[:, places]), calibration.came)
    return Boosted(trees=trees, fitted_curve=fitted, curve=curve, places=places)


def _curve(raw: Floats, came: Bools) -> tuple[str, Any]:
    hits = int(came.sum())
    if min(hits, len(came) - hits) >= _ISOTONIC:
        from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

        # nothing is certain: the ends stay away from 0 and 1 by what so many people can tell
        end = 1 / (len(came) + 2)
        return "isotonic", IsotonicRegression(y_min=end, y_max=1 - end, out_of_bounds="clip").fit(raw, came)
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    return "sigmoid", LogisticRegression(C=10.0).fit(raw[:, None], came)


def _one_thread() -> AbstractContextManager[object]:
    """A block with one thread: on a machine that does other work, several wait for each other longer than they work."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limited: AbstractContextManager[object] = threadpool_limits(1, user_api="openmp")
    return limited


def stacked(parts: Sequence[Labelled], seed: int = 1) -> tuple[Matrix, Bools]:
    """The rows of several dates as one, a sample of them where they are very many."""
    values = np.concatenate([one.panel.values for one in parts])
    came = np.concatenate([one.came for one in parts])
    if len(came) > _MOST_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(came), _MOST_ROWS, replace=False))
        values, came = values[chosen], came[chosen]
    return values, came


def learn_naive(parts: Sequence[Labelled]) -> tuple[Rates, ...]:
    """The naive rules: the rate of everybody in the same stage, and that of everybody silent for about as long.

    Where terms end: that of everybody who renewed as often, in place of the second.
    """
    panel = parts[0].panel
    if RENEWALS in {one.name for one in panel.columns}:
        renewed = _rates("by_renewals", "rate of as many renewals", RENEWALS, None, _MOST_RENEWALS, parts)
        return renewed, _rates("by_stage", "rate of the stage", STAGE, None, _stages(panel) + 1, parts)
    silence = PURCHASED if PURCHASED in {one.name for one in panel.columns} else ANYTHING
    values = np.concatenate([one.panel.column(silence) for one in parts])
    known = values[np.isfinite(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 11)[1:-1])) if len(known) else np.empty(0)
    title = "rate of as long a silence"
    return (
        _rates("by_stage", "rate of the stage", STAGE, None, _stages(panel) + 1, parts),
        _rates("by_silence", title, silence, edges, len(edges) + 2, parts),
    )


def _stages(panel: Panel) -> int:
    return len(next(one for one in panel.columns if one.name == STAGE).values)


def _rates(name: str, title: str, column: str, edges: Floats | None, groups: int, parts: Sequence[Labelled]) -> Rates:
    values = np.concatenate([one.panel.column(column) for one in parts])
    came = np.concatenate([one.came for one in parts])
    places = _places(values, edges, groups)
    overall = float(came.mean()) if len(came) else 0.0
    people = np.bincount(places, minlength=groups)
    hits = np.bincount(places, came.astype(np.float64), minlength=groups)
    rates = (hits + _SMOOTH * overall) / (people + _SMOOTH)
    return Rates(name=name, title=title, column=column, edges=edges, rates=np.asarray(rates, dtype=np.float64))


def _places(values: Floats, edges: Floats | None, groups: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The group of each value; who has none is in the last."""
    found = values if edges is None else np.searchsorted(edges, values, side="right").astype(np.float64)
    return np.where(np.isfinite(values), np.clip(found, 0, groups - 2), groups - 1).astype(np.int64)

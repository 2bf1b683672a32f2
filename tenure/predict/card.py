"""The card of a model: what it was fitted to, how it did on the hold-out, and how far people have moved since; frozen.

    card = card_of_chances(found)
    ModelCard.from_json(card.to_json()) == card

A card holds figures and no model, so that a page, a report and a mail tell the same ones years later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tenure.predict.chances import Drift, Gate
from tenure.predict.judged import Bin, Decile


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A rule on the hold-out; `figures` in the order of the card's `judged_by`, None where it could not be tried."""

    title: str
    naive: bool
    used: bool
    figures: tuple[float | None, ...]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A fitted parameter with its standard error; None where the data do not determine it."""

    name: str
    value: float
    error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of purchases: what came, and what the model of before the hold-out expected; None where there is none."""

    day: str
    came: int
    expected: float | None
    held_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Customers who had bought so often before the hold-out: what they bought in it on average, and should have."""

    name: str
    people: int
    came: float
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueBand:
    """Customers who were expected to spend about as much with a purchase: the value expected, the mean of their own
    purchases before (of who has none: of all), and the mean of those in the hold-out.
    """

    least: float
    most: float
    people: int
    expected: float
    naive: float
    came: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """A band of the health score, tested: people, of them lost, and how much more often than all."""

    name: str
    people: int
    lost: int
    lift: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What came of scores that were written before: their mean, what came on average, and of how many people."""

    as_of: int
    people: int
    predicted: float
    came: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model's card. Times are in microseconds UTC; `horizon` in days; what a model has none of is empty.

    `window` are the moments from and to which its data go, `held_out` the days of the hold-out, `people` those judged
    and `came` how often it came among them. `judged_by` names the figures of the trials, and whether more is better.
    """

    name: str
    title: str
    used: str
    verdict: str
    lifecycle: str
    as_of: int
    horizon: int
    window: tuple[int, int]
    held_out: int
    people: int
    came: int
    judged_by: tuple[tuple[str, bool], ...]
    trials: tuple[Trial, ...]
    gates: tuple[Gate, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    bins: tuple[Bin, ...] = ()
    tenths: tuple[Decile, ...] = ()
    weeks: tuple[Week, ...] = ()
    classes: tuple[Class, ...] = ()
    values: tuple[ValueBand, ...] = ()
    bands: tuple[BandRow, ...] = ()
    drift: tuple[Drift, ...] = ()
    realised: tuple[Realised, ...] = ()
    notes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The card as JSON."""
        return json.dumps(_plain(asdict(self)), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """The card that `to_json` wrote."""
        told: dict[str, Any] = json.loads(text)
        for name, kind in _PARTS.items():
            # a card that was written before there was such a part lacks it
            parts = told.get(name, ())
            told[name] = tuple(kind(**{key: _frozen(value) for key, value in one.items()}) for one in parts)
        return cls(**{name: value if name in _PARTS else _frozen(value) for name, value in told.items()})


_PARTS: dict[str, Any] = {
    "trials": Trial, "gates": Gate, "parameters": Parameter, "bins": Bin, "tenths": Decile, "weeks": Week,
    "classes": Class, "values": ValueBand, "bands": BandRow, "drift": Drift, "realised": Realised,
}  # fmt: skip


def _plain(value: Any) -> Any:
    """The value with what JSON lacks as null: NaN and infinity."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return None
    return value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def verdict(trials: Sequence[Trial], *, asked: bool = False) -> str:
    """What was chosen and why, in a sentence; rules come the best first, and are judged by their first figure."""
    tried = [one for one in trials if one.figures[0] is not None]
    best, model = tried[0], next((one for one in tried if not one.naive), None)
    used = next(one for one in trials if one.used)
    if asked and used is not best:
        return f"{begin(used.title)} was asked for; {best.title} did better on the hold-out."
    if used.naive and model is None:
        return f"No model could be learned. {begin(used.title)} is used, the better of the naive rules."
    if used.naive and model is not None:
        if f"{used.figures[0]:.4f}" == f"{model.figures[0]:.4f}":
            return f"{begin(used.title)} did as well on the hold-out as {model.title}, and is simpler: it is used."
        return (
            f"{begin(used.title)} did better on the hold-out than every model, {model.title} the best of them: it is "
            "used."
        )
    return f"{begin(used.title)} did best on the hold-out, better than the naive rules: used."


def begin(text: str) -> str:
    """The text as it begins a sentence; a name such as sBG stays."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def gate_lines(gates: Sequence[Gate]) -> tuple[str, ...]:
    """What there is too little of, a sentence each."""
    return tuple(f"{begin(one.title)}: {one.there:,}; it takes {one.needed:,}." for one in gates if not one.met)

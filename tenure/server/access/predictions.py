"""The cards of models, as they were when their scores were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenure.predict.card import ModelCard
from tenure.predict.scores import Told
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right


def cards(reader: Reader) -> tuple[ModelCard, ...]:
    """The last card of every model."""
    require(reader, Right.FIGURES)
    return holding.workspace().predictions.cards()


def card(reader: Reader, model: str) -> ModelCard | None:
    """The last card of a model; None where its scores were never written."""
    require(reader, Right.FIGURES)
    return next((one for one in cards(reader) if one.name == model), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a score is about: the days ahead, the rule that it comes from, and the name of the card that judges it."""

    days: int
    by: str
    card: str


def about(reader: Reader) -> Mapping[str, About]:
    """What scores are about, by their names."""
    require(reader, Right.PEOPLE)
    return _about()


@kept(1)
def _about() -> Mapping[str, About]:
    told = holding.workspace().predictions.cards()
    return {name: About(days=one.horizon, by=one.used, card=one.name) for one in told for name in one.scores}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Something that moves somebody's score of a name, and by how many points of a hundred (empty: not told)."""

    name: str
    said: str
    points: str


def reasons(reader: Reader, customer: str) -> tuple[Why, ...]:
    """Why somebody's last scores are what they are."""
    require(reader, Right.PEOPLE)
    told = holding.workspace().predictions.reasons_of(customer)
    return tuple(Why(name=one.name, said=one.said, points=_points(one)) for one in told)


def _points(one: Told) -> str:
    if not one.points:
        return ""
    return f"{one.points if one.name == 'health' else 100 * one.points:+.0f}"


@kept(24)
def kept_card(model: str, as_of: int) -> ModelCard | None:
    """A card for its pictures, which are drawn once; `as_of` tells one from the next."""
    found = holding.workspace().predictions.card(model)
    return found if found is not None and found.as_of == as_of else None

"""A health score that a company defines: parts with a weight each, and bands; tested against who was lost.

    # health.yaml
    health: customer_health
    parts:
      - buys:     {weight: 60, good: "since(purchase) < days(45)", fair: "since(purchase) < days(90)"}
      - contacts: {weight: 40, good: "count(complaint, within=days(90)) == 0"}
    bands: {healthy: 70, watch: 40, poor: 0}

A part gives its whole weight where `good` holds, half of it where `fair` does, else nothing. The score is the share of
all weights that somebody has, times 100; the band is the highest whose limit it reaches. Conditions are those of
segments, so that health can be told as of any moment, as it was known then. A definition is known by a hash of what it
says: scores name it, and the test below is that of this version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from pydantic import Field, field_validator

from tenure.documents import DefinitionModel, Document, condition_problem, problem_at
from tenure.errors import ConditionError, Problem
from tenure.expressions import Names, check, parse
from tenure.lifecycle.definition import Lifecycle, segment
from tenure.lifecycle.history import View, compute, prepared
from tenure.predict.features import DAY, Question, Units, known_since, ready, standing
from tenure.predict.judged import Bools
from tenure.predict.reasons import Reason
from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection
from tenure.warehouse.schema import TABLES

FULL = 100.0


class PartSpec(DefinitionModel):
    """A part of the score as written."""

    weight: float = Field(gt=0, le=1000)
    """What it counts beside the other parts."""
    good: str = Field(min_length=1, max_length=2000)
    """The condition under which it gives its whole weight."""
    fair: str | None = Field(default=None, max_length=2000)
    """The condition under which it gives half of it, where `good` does not hold."""
    title: str | None = None
    """The part's name for people."""


class HealthSpec(DefinitionModel):
    """A health score as written."""

    health: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=64)
    """The score's name."""
    lifecycle: str | None = None
    """The lifecycle whose customers have it; default: the first of the workspace."""
    parts: tuple[dict[str, PartSpec], ...] = Field(min_length=1, max_length=30)
    """The parts, each with a name."""
    bands: dict[str, float] = Field(min_length=2, max_length=10)
    """Bands with the least score that each takes, 0 to 100; one of them takes 0."""

    @field_validator("bands")
    @classmethod
    def _from_nothing(cls, bands: dict[str, float]) -> dict[str, float]:
        if min(bands.values()) != 0 or max(bands.values()) > FULL or len(set(bands.values())) < len(bands):
            raise ValueError("Each band takes another least score, from 0 to 100, and one takes 0.")
        return bands

    @field_validator("parts")
    @classmethod
    def _one_name_each(cls, parts: tuple[dict[str, PartSpec], ...]) -> tuple[dict[str, PartSpec], ...]:
        names = [name for part in parts for name in part]
        if any(len(part) != 1 for part in parts) or len(set(names)) < len(names):
            raise ValueError("Each part has one name of its own. Write `- buys: {weight: 50, good: …}`.")
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a health score: its conditions are segments."""

    name: str
    title: str
    weight: float
    good: Lifecycle
    fair: Lifecycle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthDefinition:
    """A health score. `id` changes with whatever changes a score or a band; bands come the healthiest first."""

    name: str
    id: str
    lifecycle: str | None
    parts: tuple[Part, ...]
    bands: tuple[tuple[str, float], ...]

    def band(self, score: float) -> str:
        """The band of a score."""
        return next(name for name, least in self.bands if score >= least)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandTested:
    """A band of the past: how many people were in it, how many of them were lost, and how much more often than all."""

    band: str
    people: int
    lost: int
    share: float
    lift: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Health:
    """Everybody's health now, and what came of the bands of the past: at `dates`, within `days`.

    `told` says whether the bands stood in the order of their shares: the healthier, the fewer were lost.
    """

    definition: HealthDefinition
    as_of: int
    units: Units
    score: Floats
    reasons: tuple[tuple[Reason, ...], ...]
    days: int
    dates: tuple[int, ...]
    tested: tuple[BandTested, ...]
    told: bool


def define_health(
    spec: HealthSpec, document: Document, names: Names
) -> tuple[HealthDefinition | None, tuple[Problem, ...]]:  # fmt: skip
    """The health score, or what is wrong with it."""
    problems: list[Problem] = []
    parts = []
    for place, one in enumerate(spec.parts):
        for name, part in one.items():
            made: dict[str, Lifecycle] = {}
            for way in ("good", "fair"):
                text = getattr(part, way)
                if text is None:
                    continue
                try:
                    condition = parse(text)
                    check(condition, names, text=text)
                except ConditionError as error:
                    problems.append(condition_problem(error, document, ("parts", place, name, way)))
                    continue
                made[way] = segment(f"#{name}.{way}", condition, text, events=names.events)
            if "good" in made:
                title = part.title or name.replace("_", " ")
                parts.append(Part(name=name, title=title, weight=part.weight, good=made["good"], fair=made.get("fair")))
    if spec.lifecycle is not None and spec.lifecycle not in names.lifecycles:
        message = f"There is no lifecycle {spec.lifecycle!r}."
        problems.append(problem_at(document, ("lifecycle",), message, "Name one of the workspace."))
    if problems:
        return None, tuple(problems)
    canonical = {
        "parts": [(one.name, one.weight, one.good.id, one.fair.id if one.fair else None) for one in parts],
        "bands": sorted(spec.bands.items()),
    }
    identity = hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:12]
    bands = tuple(sorted(spec.bands.items(), key=lambda one: -one[1]))
    return HealthDefinition(
        name=spec.health, id=identity, lifecycle=spec.lifecycle, parts=tuple(parts), bands=bands
    ), ()


def health(
    connection: Connection, definition: HealthDefinition, question: Question, outcome: str, *, now: int, days: int,
    first: int, dates: int = 6,
) -> Health:  # fmt: skip
    """Everybody's health now, and of the bands at dates a horizon apart what share was lost (`outcome`: unit, time)."""
    units, score, held = _scores(connection, definition, question, now)
    step = days * DAY
    tested_at = [now - back * step for back in range(1, dates + 1) if now - back * step > first + step // 2]
    bands, lost = [], []
    for date in tested_at:
        then, scores, _ = _scores(connection, definition, question, date)
        table = connection.sql(
            f"SELECT DISTINCT unit FROM ({outcome}) WHERE time > {date} AND time <= {date + step}"
        ).to_arrow_table()
        bands += [definition.band(float(one)) for one in scores]
        lost.append(np.isin(then, np.asarray(table["unit"].to_numpy(), dtype=np.int64)))
    tested = _tested(
        definition, np.array(bands, dtype=np.str_), np.concatenate(lost) if lost else np.empty(0, np.bool_)
    )
    shares = [one.share for one in tested if one.people]
    return Health(
        definition=definition, as_of=now, units=units, score=score, days=days, dates=tuple(tested_at), tested=tested,
        told=len(shares) > 1 and all(before <= after for before, after in pairwise(shares)),
        reasons=tuple(_reasons(definition, held)),
    )  # fmt: skip


def _tested(
    definition: HealthDefinition, bands: np.ndarray[tuple[int], np.dtype[np.str_]], lost: Bools
) -> tuple[BandTested, ...]:
    overall = float(lost.mean()) if len(lost) else 0.0
    found = []
    for name, _ in definition.bands:
        here = bands == name
        people, hits = int(here.sum()), int(lost[here].sum()) if len(lost) else 0
        share = hits / people if people else 0.0
        found.append(
            BandTested(band=name, people=people, lost=hits, share=share,
                       lift=share / overall if overall else float("nan"))
        )  # fmt: skip
    return tuple(found)


def ready_for(connection: Connection, definition: HealthDefinition, question: Question) -> None:
    """Nothing; what the score reads is extracted where it is missing."""
    ready(connection, question)
    prepared(connection, *_conditions(definition, question))


def _conditions(definition: HealthDefinition, question: Question) -> tuple[list[Lifecycle], dict[str, int]]:
    """The conditions of the parts as lifecycles, after those whose stages they ask for, and a number for each."""
    asked: list[Lifecycle] = [one for part in definition.parts for one in (part.good, part.fair) if one is not None]
    if question.lifecycle.unit != "customer":
        asked = [replace(one, unit=question.lifecycle.unit) for one in asked]
    every = [*_referred(question.lifecycles, asked), *asked]
    return every, {one.name: place for place, one in enumerate(every, start=1)}


def _scores(
    connection: Connection, definition: HealthDefinition, question: Question, as_of: int
) -> tuple[Units, Floats, Mapping[str, Floats]]:
    """The customers at a moment (sorted keys), their scores, and the share of each part's weight that they have."""
    by = max(as_of, known_since(connection))
    people = standing(connection, question, as_of, by)
    table = connection.sql(f"SELECT unit FROM {people} ORDER BY unit").to_arrow_table()
    units = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    every, codes = _conditions(definition, question)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE health_codes ({TABLES['stage_codes']})")
    compute(connection, prepared(connection, every, codes), every, View(as_of=as_of, known_at=by), into="health_codes")
    rows = connection.sql(
        f"SELECT lifecycle, unit FROM health_codes WHERE entered_at <= {as_of} "
        f"AND (left_at IS NULL OR left_at > {as_of}) AND unit IN (SELECT unit FROM {people})"
    ).to_arrow_table()
    whose, which = np.asarray(rows["unit"].to_numpy()), np.asarray(rows["lifecycle"].to_numpy())
    held: dict[str, Floats] = {}
    for part in definition.parts:
        good = np.isin(units, whose[which == codes[part.good.name]])
        fair = np.isin(units, whose[which == codes[part.fair.name]]) if part.fair else np.zeros_like(good)
        held[part.name] = np.where(good, 1.0, np.where(fair, 0.5, 0.0))
    whole = sum(part.weight for part in definition.parts)
    score = np.zeros(len(units))
    for part in definition.parts:
        score += FULL * part.weight / whole * held[part.name]
    return units, np.round(score, 6), held


def _referred(lifecycles: Sequence[Lifecycle], asked: Sequence[Lifecycle]) -> list[Lifecycle]:
    """The lifecycles whose stages are asked for, and those that these ask for."""
    names = {name for one in asked for name in one.refers_to}
    before = -1
    while len(names) > before:
        before = len(names)
        names |= {name for one in lifecycles if one.name in names for name in one.refers_to}
    return [one for one in lifecycles if one.name in names]


def _reasons(definition: HealthDefinition, held: Mapping[str, Floats]) -> list[tuple[Reason, ...]]:
    """Of everybody the parts that take most from the whole score, in words: what `good` asks for and is not so."""
    whole = sum(part.weight for part in definition.parts)
    lost = [(part, FULL * part.weight / whole * (1 - held[part.name])) for part in definition.parts]
    found = []
    for at in range(len(next(iter(held.values())))):
        mine = sorted(((float(points[at]), part) for part, points in lost), key=lambda one: -one[0])
        found.append(
            tuple(Reason(said=f"{part.title}: not good", points=-points) for points, part in mine[:3] if points > 0)
        )
    return found

"""Lifecycles and segments as written: a list of named stages, each with a condition.

    spec = validate(LifecycleSpec, read("lifecycles/store.yaml"))
    lifecycle = define(spec, document, standard=bindings, others={"classic": (…)})

A segment is a lifecycle of one stage. Nothing here reads events or knows SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from tenure.documents import DefinitionModel, Document, Path, condition_problem, problem_at
from tenure.errors import ConditionError, Problem
from tenure.events import EventBinding, EventSpec
from tenure.expressions import Names, check_where, examine, parse, parse_where, unparse
from tenure.expressions.tree import And, Comparison, Condition, Constant, Duration, Measure, Or, Value, Was, walk
from tenure.lifecycle.silence import DAY, length, silences

COMPILER_VERSION = 1

Kind = Literal["prospect", "customer", "former"]
Phase = Literal[
    "reach", "acquisition", "activation", "conversion", "retention", "expansion", "loyalty", "advocacy", "service",
    "risk", "gone",
]  # fmt: skip
Window = Literal["at_risk", "lapsed"]


class StageSpec(DefinitionModel):
    """One stage as written."""

    when: str | None = Field(default=None, max_length=2000)
    """The condition under which the customer is in this stage, unless a later one holds too."""
    title: str | None = None
    """The stage's name for people."""
    means: str | None = None
    """One sentence: what being here says about the customer."""
    sense: str | None = None
    """A few words: in which sense the stage's name is used, where other lifecycles use it in another."""
    kind: Kind | None = None
    """prospect: not served yet; customer: has bought; former: was one. Retention and churn are counted from it."""
    phase: Phase | None = None
    """Puts metrics and a colour on a stage of any name."""
    side: bool = False
    """Wins while its condition holds, and takes no part in the mark of `direction: forward`."""
    otherwise: bool = False
    """This stage is for those for whom no other holds."""
    needs: str | tuple[str, ...] = ()
    """What customers need here."""
    processes: str | tuple[str, ...] = ()
    """The business processes that serve this stage."""
    owner: str | None = None
    """Who answers for the stage."""
    metrics: tuple[str, ...] = ()
    """Metrics shown for the stage beside those of its phase."""
    renamed_from: str | None = None
    """The name that this stage had before."""


class LifecycleSpec(DefinitionModel):
    """A lifecycle as written: its name, what it counts, and its stages in the order of the journey."""

    lifecycle: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=64)
    """The lifecycle's name."""
    title: str | None = None
    """The name for people."""
    means: str | None = None
    """One sentence: how this lifecycle cuts the journey, and for whom."""
    source: str | None = None
    """Where this way to cut the journey comes from."""
    trades: tuple[str, ...] = ()
    """What is sold where it fits: shop, subscription, b2b, app, service, donations."""
    unit: str = Field(default="customer", min_length=1, max_length=128)
    """Whose history it is: customer, account, or a property of events that names something, such as deal_id."""
    direction: Literal["free", "forward"] = "free"
    """forward: a customer never falls back to an earlier main stage, unless `clear` holds."""
    clear: str | None = Field(default=None, max_length=2000)
    """With `direction: forward`: when this becomes true, the mark falls to the stage of that moment."""
    events: dict[str, EventSpec] = Field(default_factory=dict)
    """Short names for what is counted; they win over those of the workspace and of the dictionary."""
    windows: dict[Window, Annotated[int, Field(ge=1, le=36_500)]] = Field(default_factory=dict)
    """Days of silence that stand in the conditions, and that `tenure lifecycles --fit` fits to the data."""
    stages: tuple[dict[str, StageSpec], ...] = Field(min_length=1, max_length=100)
    """The stages in the order of the journey: the customer is in the last one whose condition holds."""

    @field_validator("stages")
    @classmethod
    def _one_name_each(cls, stages: tuple[dict[str, StageSpec], ...]) -> tuple[dict[str, StageSpec], ...]:
        for stage in stages:
            if len(stage) != 1:
                raise ValueError("Each stage has one name. Write `- name: {when: …}`.")
        return stages


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: its condition (None with `otherwise`, or where it is only ever set by hand) and what it means."""

    name: str
    title: str
    when: Condition | None
    text: str = ""
    means: str = ""
    sense: str = ""
    kind: Kind | None = None
    phase: Phase | None = None
    side: bool = False
    otherwise: bool = False
    needs: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    owner: str = ""
    metrics: tuple[str, ...] = ()
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """An ordered list of stages over the histories of one kind of unit; `events` are the short names it may use."""

    name: str
    title: str
    stages: tuple[Stage, ...]
    events: Mapping[str, EventBinding] = field(hash=False)
    means: str = ""
    source: str = ""
    trades: tuple[str, ...] = ()
    windows: Mapping[Window, int] = field(default_factory=dict, hash=False)
    unit: str = "customer"
    forward: bool = False
    clear: Condition | None = None
    segment: bool = False

    @property
    def id(self) -> str:
        """The hash of what decides the history: two definitions with one id give the same rows."""
        used = sorted({name for condition in self.conditions() for name in _events_of(condition)})
        canonical = {
            "version": COMPILER_VERSION,
            "name": self.name,
            "unit": self.unit,
            "forward": self.forward,
            "clear": unparse(self.clear) if self.clear else None,
            "stages": [
                [s.name, unparse(s.when) if s.when else None, s.side, s.otherwise, s.renamed_from] for s in self.stages
            ],
            "events": [
                [name, list(self.events[name].events), self.events[name].where, list(self.events[name].values)]
                for name in used
                if name in self.events
            ],
        }
        return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def refers_to(self) -> frozenset[str]:
        """The other lifecycles whose stage its conditions ask for."""
        return frozenset(
            node.name
            for condition in self.conditions()
            for node in walk(condition)
            if isinstance(node, Measure) and node.function == "stage" and node.name
        )

    @property
    def refers_to_itself(self) -> bool:
        """Whether a condition looks back at the lifecycle's own history."""
        return any(
            isinstance(node, Was) or (isinstance(node, Measure) and node.function == "since_entered")
            for condition in self.conditions()
            for node in walk(condition)
        )

    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the lifecycle."""
        found = tuple(stage.when for stage in self.stages if stage.when is not None)
        return (*found, self.clear) if self.clear is not None else found

    def stage(self, name: str) -> Stage | None:
        """The stage of that name."""
        return next((stage for stage in self.stages if stage.name == name), None)


def _events_of(condition: Condition) -> set[str]:
    found: set[str] = set()
    for node in walk(condition):
        if isinstance(node, Measure):
            found |= {name for name in (node.event, node.after) if name}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A lifecycle, and what is wrong or worth a second look in it."""

    lifecycle: Lifecycle | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def define(
    spec: LifecycleSpec,
    document: Document,
    *,
    bindings: Mapping[str, EventBinding],
    others: Mapping[str, Sequence[str]],
    traits: frozenset[str] | None = None,
) -> Defined:
    """The lifecycle that `spec`, read from `document`, describes.

    `bindings` are the short names known outside the file, `others` the stages of the other lifecycles by name.
    Problems carry the place in the file; `lifecycle` is None where there are any.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    events = {**bindings, **{name: written.binding(name) for name, written in spec.events.items()}}
    problems += _filter_problems(spec, document)
    named_in_full: dict[str, EventBinding] = {}
    names = [next(iter(stage)) for stage in spec.stages]
    known = Names(
        events=events,
        stages=tuple(names),
        lifecycle=spec.lifecycle,
        lifecycles={name: tuple(stages) for name, stages in others.items() if name != spec.lifecycle},
        traits=traits,
        scores_allowed=True,
    )

    def condition(text: str, path: Path) -> Condition | None:
        try:
            parsed = parse(text)
        except ConditionError as error:
            problems.append(condition_problem(error, document, path))
            return None
        found = examine(parsed, known, text=text)
        problems.extend(condition_problem(error, document, path) for error in found.errors)
        named_in_full.update(found.events)
        for caution in found.cautions:
            line, column = document.place(path)
            warnings.append(Problem(file=document.file, line=line, column=column, message=str(caution)))
        return parsed

    stages = []
    for place, (name, written) in enumerate(zip(names, (next(iter(s.values())) for s in spec.stages), strict=True)):
        path = ("stages", place, name)
        problems += _stage_problems(document, path, name, written, names[:place])
        when = condition(written.when, (*path, "when")) if written.when is not None else None
        stages.append(_stage(name, written, when))
    if sum(stage.otherwise for stage in stages) > 1:
        problems.append(problem_at(document, ("stages",), "Only one stage can be for everybody else (`otherwise`)."))
    clear = condition(spec.clear, ("clear",)) if spec.clear is not None else None
    if spec.clear is not None and spec.direction != "forward":
        problems.append(problem_at(document, ("clear",), "`clear` needs `direction: forward`."))
    lifecycle = Lifecycle(
        name=spec.lifecycle, title=spec.title or _title(spec.lifecycle), means=spec.means or "",
        source=spec.source or "", trades=spec.trades, windows=spec.windows, unit=spec.unit,
        forward=spec.direction == "forward", clear=clear, stages=tuple(stages), events={**events, **named_in_full},
    )  # fmt: skip
    if not problems:
        warnings += _shadowed(lifecycle, document)
        warnings += _unused_windows(lifecycle, document)
    return Defined(lifecycle=None if problems else lifecycle, problems=tuple(problems), warnings=tuple(warnings))


def _filter_problems(spec: LifecycleSpec, document: Document) -> list[Problem]:
    found = []
    for name, written in spec.events.items():
        if written.where is not None:
            try:
                check_where(parse_where(written.where), text=written.where)
            except ConditionError as error:
                found.append(condition_problem(error, document, ("events", name, "where")))
    return found


def _stage_problems(
    document: Document, path: Path, name: str, written: StageSpec, earlier: Sequence[str]
) -> list[Problem]:
    found = []
    if name in earlier:
        found.append(problem_at(document, path, f"There are two stages {name!r}.", "Give each its own name.", key=True))
    if name in ("clear", "none") or not name.strip() or len(name) > 64:
        found.append(problem_at(document, path, f"A stage cannot be called {name!r}.", key=True))
    if written.otherwise and (written.when is not None or written.side):
        found.append(problem_at(document, path, "`otherwise` stands alone: no `when`, no `side`."))
    return found


def _stage(name: str, written: StageSpec, when: Condition | None) -> Stage:
    def several(value: str | tuple[str, ...]) -> tuple[str, ...]:
        return (value,) if isinstance(value, str) else tuple(value)

    return Stage(
        name=name, title=written.title or _title(name), when=when, text=written.when or "", means=written.means or "",
        sense=written.sense or "", kind=written.kind, phase=written.phase, side=written.side,
        otherwise=written.otherwise, needs=several(written.needs), processes=several(written.processes),
        owner=written.owner or "", metrics=written.metrics, renamed_from=written.renamed_from,
    )  # fmt: skip


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _unused_windows(lifecycle: Lifecycle, document: Document) -> list[Problem]:
    """Windows that no condition waits for: fitting them would change nothing."""
    lengths = {length(found) for condition in lifecycle.conditions() for found in silences(condition)}
    return [
        problem_at(
            document, ("windows", name), f"No condition waits for the {days} days of {name!r}.",
            f"Write `since(purchase) >= days({days})` in one, or take the window away.", key=True,
        )
        for name, days in lifecycle.windows.items()
        if days * DAY not in lengths
    ]  # fmt: skip


def _shadowed(lifecycle: Lifecycle, document: Document) -> list[Problem]:
    """Stages that nobody can be in, because a later one of the same class holds whenever they do."""
    found = []
    for place, stage in enumerate(lifecycle.stages):
        for later in lifecycle.stages[place + 1 :]:
            if stage.when is None or later.when is None or (stage.side and not later.side):
                continue
            if implies(stage.when, later.when):
                message = (
                    f"Nobody can be in {stage.name!r}: whenever it holds, the later stage {later.name!r} holds too."
                )
                found.append(
                    problem_at(document, ("stages", place, stage.name), message, "Change their order.", key=True)
                )
                break
    return found


def implies(condition: Condition, other: Condition) -> bool:
    """Whether `other` plainly holds whenever `condition` does: the same, a part of it, or a lower threshold."""
    if condition == other:
        return True
    if isinstance(condition, And):
        return any(implies(part, other) for part in condition.operands)
    if isinstance(other, Or):
        return any(implies(condition, part) for part in other.operands)
    if isinstance(condition, Or):
        return all(implies(part, other) for part in condition.operands)
    if isinstance(other, And):
        return all(implies(condition, part) for part in other.operands)
    if not isinstance(condition, Comparison) or not isinstance(other, Comparison) or condition.left != other.left:
        return False
    mine, theirs = _threshold(condition.right), _threshold(other.right)
    if mine is None or theirs is None:
        return False
    match condition.op, other.op:
        case (">=" | ">" | "==", ">="):
            return mine >= theirs
        case (">", ">"):
            return mine >= theirs
        case (">=" | "==", ">"):
            return mine > theirs
        case ("<=" | "<" | "==", "<=") | ("<", "<"):
            return mine <= theirs
        case ("<=" | "==", "<"):
            return mine < theirs
    return False


def _threshold(value: Value) -> Decimal | None:
    if isinstance(value, Duration):
        return Decimal(value.microseconds)
    return value.value if isinstance(value, Constant) and isinstance(value.value, Decimal) else None


def segment(
    name: str, condition: Condition, text: str, *, events: Mapping[str, EventBinding], title: str = "", means: str = ""
) -> Lifecycle:
    """The segment as a lifecycle of one stage of the same name; those outside it are in none."""
    stage = Stage(name=name, title=title or _title(name), when=condition, text=text, means=means)
    return Lifecycle(name=name, title=stage.title, means=means, stages=(stage,), events=events, segment=True)

"""Hypothesis strategies for definitions, and for whole cases; `event_logs` stands in `logs`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from hypothesis import strategies as st

from .conditions import BINDINGS, LENGTHS, VALUES, WHERES, Author, Known
from .evaluate import DAY, parsed
from .lifecycle import read_definition
from .logs import Case, event_logs, moments, pick

__all__ = ["FUNCTIONS_AND_OPERATORS", "Case", "cases", "definitions", "drawn", "event_logs", "moments"]

LIFECYCLES = ("alpha", "beta", "gamma")
MAIN = ("reach", "lead", "buyer", "regular")
SIDE = ("at_risk", "lapsed")
OTHERWISE = "rest"

FUNCTIONS_AND_OPERATORS = (
    *("count", "sum", "avg", "min", "max", "distinct", "first", "last", "since", "since_first", "gap"),
    *("was", "since_entered", "stage", "until", "trait", "days", "hours", "minutes", "seconds"),
    *("count within", "sum within", "avg within", "min within", "max within", "distinct within", "count after"),
    *("sum of a property", "avg of a property", "min of a property", "max of a property", "distinct of a property"),
    *("first of a property", "last of a property", "quoted name"),
    *("and", "or", "not", "<", "<=", ">", ">=", "==", "!=", "in", "not in", "is None", "is not None", "chain"),
    *("+", "-", "*", "/", "negative", "number", "text", "True", "False"),
    *("unit", "direction", "clear", "side", "otherwise", "where", "value", "several events"),
)
"""Everything that a definition can be made of."""


@st.composite
def definitions(draw: st.DrawFn) -> list[dict[str, object]]:
    """One to three lifecycles; a later one may ask an earlier one for its stage, and they come in any order."""
    written: list[dict[str, object]] = []
    for name in LIFECYCLES[: pick(draw, (1, 1, 2, 2, 3))]:
        unit = pick(draw, ("customer", "customer", "customer", "customer", "customer", "account_id"))
        others = [one for one in written if one.get("unit", "customer") == unit]
        written.insert(pick(draw, range(len(written) + 1)), a_lifecycle(draw, name, unit, others))
    return written


def a_lifecycle(draw: st.DrawFn, name: str, unit: str, others: list[dict[str, object]]) -> dict[str, object]:
    """A lifecycle as it stands in YAML."""
    short_names = some_of(draw, list(BINDINGS), pick(draw, (2, 2, 3)))
    author = Author(
        draw,
        Known(
            events=short_names,
            traits=unit == "customer",
            others=[(str(one["lifecycle"]), stage_names(one)) for one in others],
            windows=pick(draw, (True, True, False)),
        ),
    )
    main = list(MAIN[: pick(draw, (2, 3, 1, 4))])
    side = list(SIDE[: pick(draw, (0, 0, 1, 1, 2))])
    otherwise = [OTHERWISE] * pick(draw, (0, 0, 0, 1))
    conditions = {stage: author.likely(number) for number, stage in enumerate(main)}
    conditions |= {stage: author.silence() for stage in side}
    for stage in (*main[1:], *side, main[0]):
        if pick(draw, (False, True, True) if stage != main[0] else (False, False, True)):
            conditions[stage] = author.condition()
    if pick(draw, (False, False, True)):
        for stage in some_of(draw, [*main, *side], pick(draw, range(1, 1 + min(2, len(main + side))))):
            term = own_term(author, stage, [*otherwise, *main, *side])
            how = author.one("({0}) and {1}", "({0}) or {1}", "{1}")
            conditions[stage] = how.format(conditions[stage], term)

    facts: dict[str, dict[str, object]] = {stage: {"when": conditions[stage]} for stage in main}
    facts |= {stage: {"when": conditions[stage], "side": True} for stage in side}
    facts |= {stage: {"otherwise": True} for stage in otherwise}
    order = list(main)
    for stage in (*side, *otherwise):  # they may stand anywhere; side stages keep their own order
        first = max((order.index(other) + 1 for other in side if other in order), default=0) if stage in side else 0
        order.insert(len(order) - pick(draw, range(len(order) - first + 1)), stage)

    definition: dict[str, object] = {"lifecycle": name}
    if unit != "customer":
        definition["unit"] = unit
    definition["events"] = {short: a_binding(draw, short) for short in short_names}
    direction = pick(draw, ("none", "none", "none", "none", "forward", "clear", "clear"))
    if direction != "none":
        definition["direction"] = "forward"
    if direction == "clear":
        own = [f"was({main[-1]})", *(f"since_entered({stage}) >= {author.one(*LENGTHS)}" for stage in side)]
        definition["clear"] = author.one(author.comparison(), author.silence(), author.one(*own))
    definition["stages"] = [{stage: facts[stage]} for stage in order]
    return definition


def some_of(draw: st.DrawFn, options: Sequence[str], count: int) -> list[str]:
    """So many different ones of the options."""
    left = list(options)
    return [left.pop(pick(draw, range(len(left)))) for _ in range(count)]


def a_binding(draw: st.DrawFn, short: str) -> object:
    """What a short name stands for, as it stands in YAML."""
    binding: dict[str, object] = {"event": BINDINGS[short]}
    if pick(draw, (False, False, False, True)):
        binding["where"] = pick(draw, (*WHERES[:2], *WHERES))
    if short in VALUES:
        binding["value"] = VALUES[short]
    return binding["event"] if list(binding) == ["event"] and isinstance(binding["event"], str) else binding


def own_term(author: Author, stage: str, ranked: list[str]) -> str:
    """A question about the lifecycle's own past that cannot make it turn in circles.

    `ranked` are the stages by precedence. A higher stage may wait for the time in a lower one, since it ends that
    time; a lower stage may ask anything of a higher one; a stage may end itself by its own time.
    """
    other = author.one(*ranked)
    event, length = author.event(), author.one(*LENGTHS)
    longer = (
        f"since_entered({other}) >= {length}",
        f"since_entered({other}) > {length}",
        f"not since_entered({other}) < {length}",
        f"{length} <= since_entered({other})",
        f"since_entered({other}) > since({event})",
        f"since_entered({other}) * count({event}) >= {length}",
    )
    shorter = (
        f"since_entered({other}) < {length}",
        f"since_entered({other}) <= {length}",
        f"not since_entered({other}) >= {length}",
        f"(since_entered({other}) is None or since_entered({other}) < {length})",
    )
    both = (
        f"hours(12) < since_entered({other}) <= {length}",
        f"2 * since_entered({other}) - since({event}) < {length}",
    )
    once = (f"was({other})", f"not was({other})", f"since_entered({other}) is not None")
    if other == stage:
        return author.one(*shorter, *once)
    if ranked.index(other) < ranked.index(stage):
        return author.one(*longer, *once)
    return author.one(*longer, *shorter, *both, *once)


@st.composite
def cases(draw: st.DrawFn, *, day: int = DAY) -> Case:
    """A log, definitions, and the moments as of which and as known at which the history is asked for."""
    written = draw(definitions())
    events = draw(event_logs(day=day))
    as_of, known_at = draw(moments(day=day)), draw(moments(day=day))
    return Case(events, written, as_of, pick(draw, (None, None, None, known_at)))


# --- what was drawn --------------------------------------------------------------------------------------------------

SIGNS: dict[type[ast.AST], str] = {
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "negative",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is None", ast.IsNot: "is not None",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip


def drawn(definition: dict[str, object]) -> set[str]:
    """Which of FUNCTIONS_AND_OPERATORS the definition uses."""
    used: set[str] = {key for key in ("unit", "direction", "clear") if key in definition}
    lifecycle = read_definition(definition)
    used |= {"side"} if lifecycle.side else set()
    used |= {"otherwise"} if lifecycle.otherwise is not None else set()
    for binding in lifecycle.bindings.values():
        used |= {key for key in ("where", "value") if binding[key] is not None}
        used |= {"several events"} if len(binding["events"]) > 1 else set()  # type: ignore[arg-type]
    for condition in lifecycle.conditions():
        for node in ast.walk(parsed(condition)):
            used |= parts(node)
    return used


def parts(node: ast.AST) -> set[str]:
    """What one node of a condition shows of the language."""
    if type(node) in SIGNS:
        return {SIGNS[type(node)]}
    match node:
        case ast.Compare(ops=ops) if len(ops) > 1:
            return {"chain"}
        case ast.Subscript():
            return {"quoted name"}
        case ast.Name(id="trait"):
            return {"trait"}
        case ast.Constant(value=bool(truth)):
            return {str(truth)}
        case ast.Constant(value=str()):
            return {"text"}
        case ast.Constant(value=value) if value is not None:
            return {"number"}
        case ast.Call(func=ast.Name(id=name), args=[argument, *_], keywords=keywords):
            by_property = isinstance(argument, ast.Attribute | ast.Subscript) and name != "until"
            return {name, *(f"{name} {keyword.arg}" for keyword in keywords)} | (
                {f"{name} of a property"} if by_property else set()
            )
    return set()


def stage_names(definition: dict[str, object]) -> list[str]:
    listed = definition["stages"]
    assert isinstance(listed, list)
    return [name for entry in listed for name in entry]

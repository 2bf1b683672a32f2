"""Where a comparison with something unknown silently leaves people out, or takes them in.

A comparison holds only where both sides are known. `since(order) >= days(90)` is meant so; a comparison that needs two
things known at once, `!=`, and `not` in front of a comparison are usually meant otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tenure.expressions.findings import Findings
from tenure.expressions.names import cited
from tenure.expressions.slopes import constant
from tenure.expressions.tree import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Measure,
    Membership,
    Missing,
    Negative,
    Node,
    Not,
    Or,
    Property,
    Value,
)
from tenure.expressions.unparse import unparse


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a value needs to be known: an event to have happened, a trait to be set."""

    kind: Literal["event", "trait", "score", "stage", "lifecycle", "property"]
    name: str

    @property
    def lacking(self) -> str:
        """Who or what lacks it."""
        match self.kind:
            case "event":
                return f"people without '{self.name}'"
            case "stage":
                return f"people who have never been in '{self.name}'"
            case "lifecycle":
                return f"people in no stage of '{self.name}'"
            case "property":
                return f"events without '{self.name}'"
            case _:
                return f"people whose {self.kind} '{self.name}' is unknown"


Needed = Mapping[Source, Value]
_INVERTED: Mapping[str, Literal["<", "<=", ">", ">="]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def caution_unknowns(node: Condition, findings: Findings) -> None:
    """Add to `findings` the comparisons of `node` whose unknown cases are probably not thought of."""
    _walk(node, frozenset(), node, negated=False, findings=findings)


def needed(value: Value) -> dict[Source, Value]:
    """What has to be there for `value` to be known, each with the part of `value` that needs it."""
    match value:
        case Arithmetic():
            return needed(value.left) | needed(value.right)
        case Negative():
            return needed(value.operand)
        case Property():
            return {Source("property", value.name): value}
        case Measure():
            source = _source(value)
            return {source: value} if source else {}
        case _:
            return {}


def _source(node: Measure) -> Source | None:
    match node.function:
        case "count":
            return Source("event", node.after) if node.after else None
        case "sum" | "distinct":
            return None
        case "trait" | "until":
            return Source("trait", node.name or "")
        case "score":
            return Source("score", node.name or "")
        case "since_entered":
            return Source("stage", node.name or "")
        case "stage":
            return Source("lifecycle", node.name or "")
        case _:
            return Source("event", node.event or "")


def _walk(node: Condition, settled: frozenset[Source], parent: Node, *, negated: bool, findings: Findings) -> None:
    """`settled` is what the conditions around `node` ask for already."""
    match node:
        case And() | Or():
            settling = [_settles(operand, whole=isinstance(node, And)) for operand in node.operands]
            times = Counter(source for sources in settling for source in sources)
            for operand, own in zip(node.operands, settling, strict=True):
                beside = {source for source, count in times.items() if count > (source in own)}
                _walk(operand, settled | beside, node, negated=negated, findings=findings)
        case Not():
            _walk(node.operand, settled, node, negated=not negated, findings=findings)
        case Comparison():
            _check_comparison(node, settled, parent, negated=negated, findings=findings)
        case Membership() if node.negated and not negated:
            unsettled = {source: part for source, part in needed(node.operand).items() if source not in settled}
            _caution_different(node, unsettled, parent, findings)
        case Missing():
            _caution_known(node, findings)
        case _:
            pass


def _settles(node: Condition, *, whole: bool) -> frozenset[Source]:
    """What `node` asks for as it stands beside another condition; `whole` where both have to hold."""
    match node:
        case Missing():
            return frozenset(needed(node.operand))
        case And() | Or():
            return frozenset().union(*(_settles(operand, whole=whole) for operand in node.operands))
        case Comparison():
            counted = _counted(node)
            return counted | frozenset({**needed(node.left), **needed(node.right)}) if whole else counted
        case Membership() if whole:
            return frozenset(needed(node.operand))
        case Not():
            return _settles(node.operand, whole=False)
        case _:
            return frozenset()


def _counted(node: Comparison) -> frozenset[Source]:
    """The event of a comparison that asks whether it has happened: `count(order) >= 1`, `count(order) == 0`."""
    for value, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(value, Measure) and value.function == "count" and value.event and constant(other) is not None:
            return frozenset({Source("event", value.event)})
    return frozenset()


def _check_comparison(
    node: Comparison, settled: frozenset[Source], parent: Node, *, negated: bool, findings: Findings
) -> None:
    needs = {**needed(node.left), **needed(node.right)}
    unsettled = {source: part for source, part in needs.items() if source not in settled}
    if negated:
        if unsettled and node.op in _INVERTED:
            _caution_negated(node, unsettled, parent, findings)
    elif len(unsettled) > 1 and not all(source.kind == "property" for source in unsettled):
        _caution_several(node, unsettled, parent, findings)
    elif node.op == "!=":
        _caution_different(node, unsettled, parent, findings)


def _caution_several(node: Comparison, unsettled: Needed, parent: Node, findings: Findings) -> None:
    # the longer time is the one that never began: `since(checkout) < since(order)` before any order
    right, left = needed(node.right), needed(node.left)
    sides = (left, right) if node.op in (">", ">=") else (right, left)
    part = next(part for side in sides for source, part in side.items() if source in unsettled)
    who = " and ".join(source.lacking for source in unsettled)
    findings.caution(
        node.span,
        f"This leaves out {who}: a comparison with something unknown does not hold.",
        f"If they belong in, write {_beside(node, parent, f'{unparse(part)} is None')}",
    )


def _caution_different(node: Comparison | Membership, unsettled: Needed, parent: Node, findings: Findings) -> None:
    if not unsettled:
        return
    who = " and ".join(source.lacking for source in unsettled)
    part = next(iter(unsettled.values()))
    findings.caution(
        node.span,
        f"This leaves out {who}: what is unknown is not different from anything.",
        f"If they belong in, write {_beside(node, parent, f'{unparse(part)} is None')}",
    )


def _caution_negated(node: Comparison, unsettled: Needed, parent: Node, findings: Findings) -> None:
    who = " and ".join(source.lacking for source in unsettled)
    instead = f"write {unparse(replace(node, op=_INVERTED[node.op]))}"
    if not isinstance(parent, Not):
        instead = f"add: and {unparse(next(iter(unsettled.values())))} is not None"
    findings.caution(node.span, f"With 'not' in front, this takes in {who}.", f"If they do not belong in, {instead}")


def _caution_known(node: Missing, findings: Findings) -> None:
    if not needed(node.operand) and isinstance(node.operand, Measure | Constant):
        always = "holds" if node.negated else "never holds"
        findings.caution(
            node.span, f"{cited(unparse(node.operand))} is never unknown, so this {'always ' * node.negated}{always}."
        )


def _beside(node: Condition, parent: Node, other: str) -> str:
    """`node or other`, in brackets where it stands inside something that binds more tightly."""
    text = f"{unparse(node)} or {other}"
    return f"({text})" if isinstance(parent, And | Not) else text

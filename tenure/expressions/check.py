"""Whether a condition means something here, and whether it is probably meant so.

    checked = examine(parse(text), names, text=text)
    checked.errors          # every ConditionError, in the order of the text
    checked.cautions        # what can be read and is probably meant otherwise

`check` is the short form: it raises the first error and returns the cautions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tenure.errors import ConditionError
from tenure.events import EventBinding
from tenure.expressions.findings import Caution, Findings
from tenure.expressions.kinds import check_kinds
from tenure.expressions.resolve import Names, check_pair, check_property, resolve
from tenure.expressions.tree import And, Comparison, Condition, Membership, Missing, Node, Not, Or, Property, Was, walk
from tenure.expressions.unknowns import caution_unknowns


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in a condition: `errors` forbid it, `cautions` do not; both in the order of the text.

    `events` are the events it names, by the names used: short names, and full names such as 'Order Completed'.
    """

    errors: tuple[ConditionError, ...] = ()
    cautions: tuple[Caution, ...] = ()
    events: Mapping[str, EventBinding] = field(default_factory=dict)


def examine(node: Node, names: Names, *, text: str) -> Checked:
    """Everything that is wrong or odd in a condition or value; `text` is what it was parsed from."""
    findings = Findings(text)
    events = resolve(node, names, findings)
    return _checked(node, findings, events)


def examine_where(node: Condition, *, text: str, events: Sequence[str] = ()) -> Checked:
    """Everything that is wrong or odd in the filter of an event; `events` are the full names it filters."""
    findings = Findings(text)
    for part in walk(node):
        if isinstance(part, Property):
            check_property(part.name, events, part.span, findings)
        if isinstance(part, Comparison) and part.op in ("==", "!="):
            check_pair(part.left, part.right, events, findings)
    return _checked(node, findings, {})


def check(node: Node, names: Names, *, text: str) -> tuple[Caution, ...]:
    """The cautions of a condition or value; raises the first of its errors."""
    return _raised(examine(node, names, text=text))


def check_where(node: Condition, *, text: str, events: Sequence[str] = ()) -> tuple[Caution, ...]:
    """The cautions of an event's filter; raises the first of its errors."""
    return _raised(examine_where(node, text=text, events=events))


def _checked(node: Node, findings: Findings, events: Mapping[str, EventBinding]) -> Checked:
    check_kinds(node, findings)
    if not findings.errors and isinstance(node, Comparison | Membership | Missing | Was | Not | And | Or):
        caution_unknowns(node, findings)
    return Checked(
        errors=tuple(sorted(findings.errors, key=lambda error: error.start)),
        cautions=tuple(sorted(findings.cautions, key=lambda caution: caution.start)),
        events=events,
    )


def _raised(checked: Checked) -> tuple[Caution, ...]:
    if checked.errors:
        raise checked.errors[0]
    return checked.cautions
